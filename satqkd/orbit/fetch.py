"""Fetch element sets from CelesTrak, politely: a dated file each time, and none again within two hours.

CelesTrak's general perturbations data (Dr T. S. Kelso, https://celestrak.org/usage-policy.php) change every few hours
at most, and it asks not to be asked more often than that.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from satqkd.errors import InputError, NetworkError, NothingFoundError
from satqkd.orbit.elements import Elements, slug
from satqkd.orbit.formats import read_elements

CELESTRAK_URL = "https://celestrak.org/NORAD/elements/gp.php"
_FRESH_S = 2.0 * 3600.0
_QUERIES = {"catalog_number": "CATNR", "name": "NAME", "group": "GROUP"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch brought.

    Parameters
    ----------
    path : Path
        The dated file, OMM as JSON as it came.
    elements : Elements
    from_cache : bool
        The file is younger than two hours and nothing was asked.
    """

    path: Path
    elements: Elements
    from_cache: bool


def fetch_elements(
    *,
    catalog_number: int | None = None,
    name: str | None = None,
    group: str | None = None,
    directory: str | Path | None = None,
    url: str = CELESTRAK_URL,
    timeout_s: float = 20.0,
) -> Fetched:
    """Fetch the newest element sets of an object, of all whose name holds a word, or of a group.

    Parameters
    ----------
    catalog_number, name, group : int or str
        One of the three, e.g. 41731, ``"QUBE"`` or ``"stations"``.
    directory : path, optional
        Where the file goes; by default the user's cache directory.
    url : str
        The service, which takes CelesTrak's queries.
    timeout_s : float
        How long to wait for an answer [s].

    Raises
    ------
    InputError
        If not exactly one of the three is given.
    NothingFoundError
        If the service knows no such object (exit code 3).
    NetworkError
        If there is no answer, or none that is an OMM (exit code 5).
    """
    key, value = _query(catalog_number, name, group)
    folder = Path(directory) if directory is not None else _cache_directory()
    stem = f"gp-{key.lower()}-{slug(value)}-"
    known = sorted(folder.glob(f"{stem}????????T??????Z.json"))
    if known and 0.0 <= time.time() - known[-1].stat().st_mtime < _FRESH_S:
        return Fetched(known[-1], read_elements(known[-1]), from_cache=True)
    text = _ask(f"{url}?{urllib.parse.urlencode({key: value, 'FORMAT': 'JSON'})}", timeout_s, known, f"{key} {value}")
    path = folder / f"{stem}{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.json"
    folder.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".part")
    whole.write_text(text, encoding="utf-8")
    os.replace(whole, path)
    return Fetched(path, read_elements(path), from_cache=False)


def _query(catalog_number: int | None, name: str | None, group: str | None) -> tuple[str, str]:
    given = {
        _QUERIES[word]: str(value).strip()
        for word, value in (("catalog_number", catalog_number), ("name", name), ("group", group))
        if value is not None
    }
    if len(given) != 1 or not next(iter(given.values())):
        raise InputError(
            f"{len(given)} of catalogue number, name and group were given.", "Give exactly one of the three."
        )
    key, value = next(iter(given.items()))
    if key == "CATNR" and not value.isdigit():
        raise InputError(f"catalog_number = {value!r} is no catalogue number.", "Give a whole number such as 41731.")
    return key, value


def _cache_directory() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("satqkd") / "elements"


def _ask(url: str, timeout_s: float, known: list[Path], what: str) -> str:
    """Return the answer, which is checked to be a JSON list."""
    from satqkd import __version__

    hint = "Check the connection and try again."
    if known:
        hint += f" The last answer is in {known[-1]}."
    request = urllib.request.Request(url, headers={"User-Agent": f"satqkd/{__version__}"})
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            text: str = answer.read().decode("utf-8")
    except urllib.error.HTTPError as error:
        with error:
            body = error.read(2000).decode("utf-8", errors="replace")
        if "No GP data found" in body:
            raise _unknown(what) from None
        raise NetworkError(f"{url} answered {error.code} {error.reason}.", hint) from None
    except (OSError, HTTPException, UnicodeDecodeError) as error:
        raise NetworkError(f"{url} did not answer: {getattr(error, 'reason', None) or error}.", hint) from None
    if "No GP data found" in text[:200]:
        raise _unknown(what)
    try:
        records = json.loads(text)
    except json.JSONDecodeError:
        raise NetworkError(f"{url} did not answer with JSON: {text[:80]!r}.", hint) from None
    if not records:
        raise _unknown(what)
    return text


def _unknown(what: str) -> NothingFoundError:
    return NothingFoundError(f"The service has no elements for {what}.", "Check the number, name or group.")
