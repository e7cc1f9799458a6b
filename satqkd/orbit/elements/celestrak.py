"""Fetch element sets from CelesTrak, politely: a dated file each time, and none again within two hours.

CelesTrak's general perturbations data (Dr T. S. Kelso, https://celestrak.org/usage-policy.php) change every few hours
at most, and it asks not to be asked more often than that.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
import time
import urllib.parse
from pathlib import Path

from satqkd.arrays import takes_quantities
from satqkd.errors import InputError, NetworkError, NothingFoundError, shown
from satqkd.files import text_writer, written_whole
from satqkd.orbit.elements.asking import ask, without_secrets
from satqkd.orbit.elements.files import scan_elements
from satqkd.orbit.elements.sets import slug
from satqkd.parsing import parse_json
from satqkd.reads import ORIGIN_SUFFIX, file_read, origin_text
from satqkd.times import to_datetime64, to_iso

CELESTRAK_URL = "https://celestrak.org/NORAD/elements/gp.php"
FRESH_S = 7200.0
"""CelesTrak's data are not asked for again before this [s]."""
_QUERIES = {"catalog_number": "CATNR", "name": "NAME", "group": "GROUP"}
_STAMP = "%Y%m%dT%H%M%SZ"


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
    number = int(value) if key == "CATNR" else None
    now = time.time()
    kept = _kept(place, stem, base_url, number, now)
    if kept is not None and _origin_fits(kept, base_url) and now - _fetched_at(kept) < max_age_s:
        return kept
    _check_place(place)
    hint = "Check the connection and try again."
    if kept is not None:
        hint += f" What was fetched last is in {kept}."
    separator = "&" if "?" in base_url else "?"
    url = f"{base_url}{separator}{urllib.parse.urlencode({key: value, 'FORMAT': 'JSON'})}"
    answer = ask(url, timeout_s, hint)
    if answer.unchanged:
        if kept is not None:
            return kept
        raise NetworkError(
            f"{without_secrets(url)} says that nothing has changed since it was last asked: {answer.said}.",
            "Wait for the next update and do not repeat the question: services block who does.",
        )
    if answer.text is None:
        raise NothingFoundError(
            f"The service has no elements of {key} {value}.", "Check the catalogue number, name or group."
        )
    _check_answer(answer.text, url, hint, number)
    path = place / f"{stem}{time.strftime(_STAMP, time.gmtime(now))}.json"
    origin = origin_text(answer.text.encode(), url=without_secrets(url), fetched_utc=to_iso(to_datetime64(now)))
    written_whole({path: text_writer(answer.text), path.with_name(path.name + ORIGIN_SUFFIX): text_writer(origin)})
    return path


def _kept(place: Path, stem: str, base_url: str, number: int | None, now: float) -> Path | None:
    """Return the newest file that holds what is asked for: whole, of this service, and not of tomorrow."""
    for path in sorted(place.glob(f"{stem}????????T??????Z.json"), reverse=True):
        if not 0.0 <= _fetched_at(path) <= now or not _origin_fits(path, base_url, unknown=True):
            continue
        try:
            _check_answer(path.read_text(encoding="utf-8"), str(path), "", number)
        except (NetworkError, OSError, UnicodeDecodeError):
            continue  # damaged: as if it were not there
        return path
    return None


def _origin_fits(path: Path, base_url: str, *, unknown: bool = False) -> bool:
    """Whether a file came from a service; of one that does not say, CelesTrak is taken to have sent it."""
    url = file_read(path, path.read_bytes()).url
    if not url:
        return unknown or base_url == CELESTRAK_URL
    wanted, had = (urllib.parse.urlsplit(one) for one in (without_secrets(base_url), url))
    return (wanted.scheme, wanted.netloc, wanted.path) == (had.scheme, had.netloc, had.path)


def _check_place(place: Path) -> None:
    """Refuse a folder that cannot be written before anything is asked for."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise InputError(
            f"{place} cannot be written: {error.strerror or error}.", "Choose another folder with --folder."
        ) from None


def _query(catalog_number: int | None, name: str | None, group: str | None) -> tuple[str, str]:
    asked = {"catalog_number": catalog_number, "name": name, "group": group}
    for word, value in asked.items():
        if value is not None and (not isinstance(value, int | str) or isinstance(value, bool)):
            raise InputError(f"{word} = {shown(value)} is neither a number nor a text.")
        if isinstance(value, int) and not 0 <= value < 10**9:
            raise InputError(f"{word} = {shown(value)} is no catalogue number.", "Give a whole number such as 41731.")
    given = {_QUERIES[word]: str(value).strip() for word, value in asked.items() if value is not None}
    if len(given) != 1 or not next(iter(given.values())):
        raise InputError(
            "Exactly one of catalogue number, name and group must be given.", "For example the catalogue number 41731."
        )
    key, value = next(iter(given.items()))
    if key == "CATNR" and not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise InputError(
            f"catalog_number = {shown(value)} is no catalogue number.", "Give a whole number such as 41731."
        )
    return key, str(int(value)) if key == "CATNR" else value


def _file_word(value: str) -> str:
    """Write what was asked for as a part of a file's name, with a digest where other questions would look the same."""
    word = slug(value)
    return (
        word if word == value.lower() else f"{word}-{hashlib.sha256(value.lower().encode()).hexdigest()[:8]}".strip("-")
    )


def _check_numbers(base_url: str, timeout_s: float, max_age_s: float) -> None:
    if not isinstance(base_url, str):
        raise InputError(f"base_url = {shown(base_url)} is no web address.", "It must begin with https:// or http://.")
    try:
        parts = urllib.parse.urlsplit(base_url)
        host = parts.hostname if parts.port is None or parts.port > 0 else None
    except ValueError:
        parts, host = None, None
    if parts is None or parts.scheme not in ("http", "https") or not host or not base_url.isprintable():
        raise InputError(
            f"base_url = {without_secrets(base_url)!r} is no web address.",
            "It must begin with https:// or http://.",
        )
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


def _check_answer(text: str, url: str, hint: str, number: int | None) -> None:
    """Refuse an answer that is not whole, has no usable element set, or is of another object than was asked for."""
    shown = without_secrets(url)
    try:
        parse_json(text, shown)
        sets = scan_elements(text)[0] if text.lstrip()[:1] in ("[", "{") else ()
    except (ValueError, InputError):
        sets = ()
    if not sets:
        raise NetworkError(f"{shown} did not answer with OMM as JSON, but with {text.strip()[:80]!r}.", hint)
    others = sorted({item.catalog_number for item in sets} - {number})
    if number is not None and others:
        raise NetworkError(f"{shown} was asked for number {number} and answered with {others[0]}.", hint)
