"""Finds what is shipped in ``data/`` and reads it into plain mappings: satellites, stations, terminals, scenarios."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from satqkd import parsing
from satqkd.errors import DataError, InputError, did_you_mean
from satqkd.reads import FileRead, file_read

KINDS = ("satellites", "stations", "scenarios", "terminals")
"""What the catalogue lists, each a folder of ``data/``."""


@cache
def data_root() -> Path:
    """Return the folder of shipped data: inside the installed package, else beside it in a checkout.

    Raises
    ------
    DataError
        If neither exists (exit code 4).
    """
    package = Path(__file__).resolve().parent
    for candidate in (package / "_data", package.parent / "data"):
        if (candidate / "MANIFEST.toml").is_file():
            return candidate
    raise DataError(
        f"The shipped data are missing: no MANIFEST.toml in {package / '_data'} or {package.parent / 'data'}.",
        "Install satqkd again; a wheel holds its data.",
    )


def data_file(*parts: str) -> Path:
    """Return the path of one shipped file, e.g. ``data_file("ephemeris", "de421_sun_moon_2016_2050.bsp")``.

    Raises
    ------
    DataError
        If it is not there (exit code 4).
    """
    path = data_root().joinpath(*parts)
    if not path.is_file():
        raise DataError(f"The shipped file {'/'.join(parts)} is missing from {data_root()}.", "Install satqkd again.")
    return path


@cache
def _shipped_read(path: Path, size: int, changed_ns: int) -> FileRead:
    return file_read(path, path.read_bytes(), shown="data/" + path.relative_to(data_root()).as_posix())


def shipped_read(*parts: str) -> FileRead:
    """Return the record of one shipped file; its digest is computed once in a process."""
    path = data_file(*parts)
    state = path.stat()
    return _shipped_read(path, state.st_size, state.st_mtime_ns)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file into a dict.

    Raises
    ------
    InputError
        If the file cannot be read or is no TOML; the message names file and line.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None
    return parse_toml(raw, path)


def parse_toml(raw: bytes, path: Path) -> dict[str, Any]:
    """Parse the bytes of a TOML file; raises as `read_toml`."""
    try:
        return parsing.parse_toml(raw.decode("utf-8-sig").replace("\r\n", "\n"), str(path))
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start}).") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not valid TOML: {error}.") from None


@cache
def _satellites() -> dict[str, dict[str, Any]]:
    return read_toml(data_file("satellites", "satellites.toml"))


STATUSES = {
    "published": "by the station itself or a paper of its own",
    "catalogued": "in a catalogue of observatories or of astropy",
    "quoted": "in a program or table that quotes a source",
    "estimated": "by us, from a map or a neighbour",
    "contested": "sources differ",
    "unverified": "nobody has confirmed it",
    "unknown": "there is no value",
}
"""How well a station's position, altitude or aperture is known."""
DOUBTFUL = ("estimated", "contested", "unverified")
"""Statuses of a value that decides a result and should be told."""


@cache
def _stations() -> dict[str, dict[str, Any]]:
    numbers = {"latitude_deg", "longitude_deg", "altitude_m", "aperture_m"}
    with data_file("stations", "ground_stations.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(line for line in stream if not line.startswith("#")))
    for row in rows:
        for key in ("position_status", "altitude_status", "aperture_status"):
            if row[key] not in STATUSES:
                raise DataError(f"Station {row['id']}: {key} = {row[key]!r} is none of {', '.join(STATUSES)}.")
    return {
        row["id"]: {
            key: float(value) if key in numbers else value for key, value in row.items() if key != "id" and value
        }
        for row in rows
    }


@cache
def _toml_folder(folder: str) -> dict[str, dict[str, Any]]:
    return {path.stem: read_toml(path) for path in sorted((data_root() / folder).glob("*.toml"))}


def entries(kind: str) -> Mapping[str, Mapping[str, Any]]:
    """Return everything of one kind, by name.

    Parameters
    ----------
    kind : str
        One of `KINDS`.

    Raises
    ------
    InputError
        If the kind does not exist.
    """
    if kind == "satellites":
        return _satellites()
    if kind == "stations":
        return _stations()
    if kind in KINDS:
        return _toml_folder(kind)
    raise InputError(f"The catalogue has no kind {kind!r}.", did_you_mean(kind, KINDS))


def entry(kind: str, name: str) -> Mapping[str, Any]:
    """Return one entry of the catalogue.

    Raises
    ------
    InputError
        If the name is not in the catalogue; the nearest names are suggested.
    """
    found = entries(kind)
    if name not in found:
        raise InputError(
            f"There is no {kind.removesuffix('s')} {name!r} in the catalogue.",
            did_you_mean(name, found) if found else "The catalogue lists none.",
        )
    return found[name]
