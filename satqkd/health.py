"""Whether an installation and its results are whole: versions, data by their hashes, cache, rights."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from satqkd import catalog
from satqkd._version import __version__
from satqkd.errors import InputError
from satqkd.parsing import parse_json

SIDECAR = ".meta.json"


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a checkup found: lines to show, and the shipped files that are missing or changed."""

    lines: dict[str, str]
    damaged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What the files of a manifest are: ``whole``, ``changed`` or ``missing``."""

    manifest: Path
    files: Mapping[str, str]


def checkup() -> Checkup:
    """Look at the installation: Python, libraries, shipped data against their list of hashes, cache, terminal."""
    damaged = damaged_data()
    listed = len(_shipped_hashes())
    lines = {
        "satqkd": f"{__version__}, in {Path(__file__).parent}",
        "Python": f"{platform.python_version()}, {platform.platform()}",
        "libraries": ", ".join(f"{name} {said}" for name, said in _libraries().items()),
        "data": f"{catalog.data_root()}: {listed - len(damaged)} of {listed} files whole",
        "elements": _newest_elements(),
        "cache": _cache(),
        "working folder": f"{Path.cwd()}, {'can' if os.access('.', os.W_OK) else 'cannot'} be written",
        "terminal": _terminal(),
    }
    return Checkup(lines, damaged)


def damaged_data() -> tuple[str, ...]:
    """Return the shipped files that are missing, or not those of ``data/SHA256SUMS``."""
    root = catalog.data_root()
    return tuple(name for name, digest in _shipped_hashes().items() if _digest(root / name) != digest)


def verify(results: Path) -> Verified:
    """Compare files with the hashes that were written beside them.

    Parameters
    ----------
    results : Path
        A folder with a ``manifest.json``, a manifest or sidecar itself, or a table with a sidecar ``NAME.meta.json``.

    Raises
    ------
    InputError
        If there is no manifest, or none that can be read.
    """
    manifest = _manifest_of(results)
    try:
        said: Any = parse_json(manifest.read_text(encoding="utf-8"), str(manifest))
        hashes = {str(name): str(digest) for name, digest in said["sha256"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{manifest} cannot be read as a manifest ({error}).", "It needs a table sha256.") from None
    files = {}
    for name, digest in sorted(hashes.items()):
        # A name leads to a neighbour of the manifest, never elsewhere.
        found = _digest(manifest.parent / Path(name).name)
        files[name] = "missing" if found is None else "whole" if found == digest else "changed"
    return Verified(manifest, files)


def _manifest_of(results: Path) -> Path:
    sidecar = results.with_name(results.name + SIDECAR) if results.name else results
    for candidate in (results / "manifest.json", sidecar, results):
        try:
            if candidate.is_file():
                return candidate
        except OSError:
            continue
    raise InputError(f"{results} has no manifest.", "Give a folder that satqkd relay -o has written, or a table.")


def _shipped_hashes() -> dict[str, str]:
    lines = catalog.data_file("SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _libraries() -> dict[str, str]:
    try:
        wanted = [text.split(">")[0].strip() for text in requires("satqkd") or [] if "extra" not in text]
    except PackageNotFoundError:
        return {}
    found = {}
    for name in sorted(wanted):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def _newest_elements() -> str:
    """Return the age of the newest shipped element set of each satellite, by the file it is in."""
    ages = {}
    for name, satellite in catalog.entries("satellites").items():
        from satqkd.orbit import read_elements

        sets = read_elements(catalog.data_file("satellites", satellite["file"]), skip_bad=True)
        own = [one.epoch_utc for one in sets if one.catalog_number == satellite["catalog_number"]]
        if own:
            ages[name] = (time.time() - float(max(own).astype("datetime64[s]").astype(int))) / 86400.0
    return (
        ", ".join(f"{name} {age:.0f} d old" for name, age in ages.items()) + "; satqkd elements fetch brings new ones"
    )


def _cache() -> str:
    from platformdirs import user_cache_path

    place = user_cache_path("satqkd") / "elements"
    if not place.is_dir():
        return f"{place}, empty"
    files = sorted(place.glob("*Z.json"), key=lambda path: path.stem.rpartition("-")[2])
    newest = f", the newest of {files[-1].stem.rpartition('-')[2]}" if files else ""
    return f"{place}, {len(files)} files{newest}, {'can' if os.access(place, os.W_OK) else 'cannot'} be written"


def _terminal() -> str:
    kind = "a terminal" if sys.stdout is not None and sys.stdout.isatty() else "no terminal"
    return f"{kind}, {shutil.get_terminal_size().columns} columns, {getattr(sys.stdout, 'encoding', 'no')} encoding"
