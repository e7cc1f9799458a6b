"""Fetch element sets from CelesTrak, politely: a dated file each time, and none again within two hours.

CelesTrak's general perturbations data (Dr T. S. Kelso, https://celestrak.org/usage-policy.php) change every few hours
at most, and it asks not to be asked more often than that.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import time
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException
from pathlib import Path

from satqkd.arrays import takes_quantities
from satqkd.errors import InputError, NetworkError, NothingFoundError
from satqkd.files import text_writer, written_whole
from satqkd.orbit.elements import slug
from satqkd.orbit.formats import scan_elements
from satqkd.reads import ORIGIN_SUFFIX, origin_text
from satqkd.times import to_datetime64, to_iso

CELESTRAK_URL = "https://celestrak.org/NORAD/elements/gp.php"
FRESH_S = 7200.0
"""CelesTrak's data are not asked for again before this [s]."""
_QUERIES = {"catalog_number": "CATNR", "name": "NAME", "group": "GROUP"}
_STAMP = "%Y%m%dT%H%M%SZ"
_LARGEST_BYTES = 200_000_000
_NOTHING = ("no gp data found", "no supgp data found")


@takes_quantities
def fetch_elements(
    *,
    catalog_number: int | None = None,
    name: str | None = None,
    group: str | None = None,
    folder: str | Path | None = None,
    base_url: str = CELESTRAK_URL,
    timeout_s: float = 10.0,
    max_age_s: float = FRESH_S,
) -> Path:
    """Fetch the newest element sets of an object, of all whose name holds a text, or of a group.

    Parameters
    ----------
    catalog_number, name, group : int or str
        One of the three, e.g. 41731, ``"QUBE"`` or ``"stations"``.
    folder : path, optional
        Where the files are kept; by default in the user's cache directory.
    base_url : str
        The service, which takes CelesTrak's queries.
    timeout_s : float
        Longest wait for the whole answer [s].
    max_age_s : float
        A file younger than this [s] is returned without asking; for CelesTrak itself at least 7200.

    Returns
    -------
    Path
        A file of OMM as JSON, as it came; its name ends in the time it was fetched.

    Raises
    ------
    InputError
        If not exactly one of the three is given, or a number is out of range.
    NothingFoundError
        If the service knows no such object (exit code 3).
    NetworkError
        If there is no answer in time, or none that is OMM (exit code 5); files already there stay.
    """
    key, value = _query(catalog_number, name, group)
    _check_numbers(base_url, timeout_s, max_age_s)
    place = Path(folder) if folder is not None else _cache_folder()
    stem = f"{key.lower()}-{_file_word(value)}-"
    kept = sorted(place.glob(f"{stem}????????T??????Z.json"))
    if kept and 0.0 <= time.time() - _fetched_at(kept[-1]) < max_age_s:
        return kept[-1]
    hint = "Check the connection and try again."
    if kept:
        hint += f" What was fetched last is in {kept[-1]}."
    separator = "&" if "?" in base_url else "?"
    url = f"{base_url}{separator}{urllib.parse.urlencode({key: value, 'FORMAT': 'JSON'})}"
    text = _ask(url, timeout_s, hint)
    if text is None:
        raise NothingFoundError(
            f"The service has no elements of {key} {value}.", "Check the catalogue number, name or group."
        )
    now = time.time()
    path = place / f"{stem}{time.strftime(_STAMP, time.gmtime(now))}.json"
    origin = origin_text(text.encode(), url=without_secrets(url), fetched_utc=to_iso(to_datetime64(now)))
    written_whole({path: text_writer(text), path.with_name(path.name + ORIGIN_SUFFIX): text_writer(origin)})
    return path


def without_secrets(url: str) -> str:
    """Return a web address without a password, and without what a query calls a key or token."""
    parts = urllib.parse.urlsplit(url)
    query = [
        (name, value)
        for name, value in urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
        if not any(word in name.lower() for word in ("token", "key", "secret", "password", "auth"))
    ]
    place = parts.netloc.rpartition("@")[2]
    return urllib.parse.urlunsplit(parts._replace(netloc=place, query=urllib.parse.urlencode(query)))


def _query(catalog_number: int | None, name: str | None, group: str | None) -> tuple[str, str]:
    given = {
        _QUERIES[word]: str(value).strip()
        for word, value in (("catalog_number", catalog_number), ("name", name), ("group", group))
        if value is not None
    }
    if len(given) != 1 or not next(iter(given.values())):
        raise InputError(
            "Exactly one of catalogue number, name and group must be given.", "For example the catalogue number 41731."
        )
    key, value = next(iter(given.items()))
    if key == "CATNR" and not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise InputError(f"catalog_number = {value!r} is no catalogue number.", "Give a whole number such as 41731.")
    return key, str(int(value)) if key == "CATNR" else value


def _file_word(value: str) -> str:
    """Write what was asked for as a part of a file's name, with a digest where other questions would look the same."""
    word = slug(value)
    return (
        word if word == value.lower() else f"{word}-{hashlib.sha256(value.lower().encode()).hexdigest()[:8]}".strip("-")
    )


def _check_numbers(base_url: str, timeout_s: float, max_age_s: float) -> None:
    if urllib.parse.urlsplit(base_url).scheme not in ("http", "https"):
        raise InputError(f"base_url = {base_url!r} is no web address.", "It must begin with https:// or http://.")
    if not 0.0 < timeout_s <= 3600.0:
        raise InputError(f"timeout_s = {timeout_s:g} is out of range: it must be above 0 and at most 3600.")
    least = FRESH_S if base_url == CELESTRAK_URL else 0.0
    if not max_age_s >= least:
        raise InputError(
            f"max_age_s = {max_age_s:g} is out of range: it must be at least {least:g}.",
            "CelesTrak asks not to be asked for the same data within two hours.",
        )


def _cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("satqkd") / "elements"


def _fetched_at(path: Path) -> float:
    """Return when a file was fetched [s, POSIX], by its name: copying changes the time stamps of files."""
    stamp = path.stem.rpartition("-")[2]
    try:
        return dt.datetime.strptime(stamp, _STAMP).replace(tzinfo=dt.UTC).timestamp()
    except ValueError:
        return -1.0


def _ask(url: str, timeout_s: float, hint: str) -> str | None:
    """Return the answer, seen to hold OMM, or None if the service says that there is nothing."""
    from satqkd._version import __version__

    request = urllib.request.Request(url, headers={"User-Agent": f"satqkd/{__version__}"})
    deadline = time.monotonic() + timeout_s
    body = io.BytesIO()
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            while chunk := answer.read1(1 << 16):
                body.write(chunk)
                # The socket's time limit holds for each piece only; an answer that trickles would never end.
                if time.monotonic() > deadline:
                    raise TimeoutError("timed out")
                if body.tell() > _LARGEST_BYTES:
                    raise NetworkError(f"{url} answered with more than {_LARGEST_BYTES / 1e6:.0f} MB.", hint)
            promised = answer.headers.get("Content-Length")
        if promised is not None and promised.isdigit() and body.tell() != int(promised):
            raise NetworkError(f"{url} broke off after {body.tell()} of {promised} bytes.", hint)
        text = body.getvalue().decode("utf-8-sig")
    except urllib.error.HTTPError as error:
        with error:
            said = " ".join(error.read(2000).decode("utf-8", errors="replace").split())
        if said.lower().startswith(_NOTHING):
            return None
        words = f": {said[:200]}" if said and "<" not in said else ""
        raise NetworkError(f"{url} answered {error.code} {error.reason}{words}.", hint) from None
    except UnicodeDecodeError:
        raise NetworkError(f"{url} did not answer with text.", hint) from None
    except (OSError, HTTPException) as error:
        cause = getattr(error, "reason", None) or error
        raise NetworkError(f"{url} did not answer: {cause}.", hint) from None
    if text.strip().lower().startswith(_NOTHING) or text.split() == ["[", "]"] or text.strip() == "[]":
        return None
    _check_answer(text, url, hint)
    return text


def _check_answer(text: str, url: str, hint: str) -> None:
    """Refuse an answer without a usable element set, or that breaks off; single bad sets are the reader's to judge."""
    sound = text.lstrip().startswith(("[", "{")) and text.rstrip().endswith(("]", "}"))
    if not sound or not scan_elements(text)[0]:
        raise NetworkError(f"{url} did not answer with OMM as JSON, but with {text.strip()[:80]!r}.", hint)
