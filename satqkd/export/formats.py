"""The formats of tables, once; a new one is a file beside this and a name in `FORMATS`.

Every help names them, so a format's file imports what it renders with when it renders.
"""

from __future__ import annotations

from pathlib import Path

from satqkd.errors import InputError, did_you_mean, shown
from satqkd.export.ecsv import ECSV
from satqkd.export.form import Format
from satqkd.export.json_tables import JSON, JSON_LINES
from satqkd.export.text import CSV, MARKDOWN

FORMATS: dict[str, Format] = {one.name: one for one in (CSV, JSON, JSON_LINES, MARKDOWN, ECSV)}


def table_suffixes() -> tuple[str, ...]:
    """Return the suffixes of table files, with the dot, in the order of the formats."""
    return tuple(f".{suffix}" for one in FORMATS.values() for suffix in one.suffixes)


def format_named(name: str) -> Format:
    """Return a format by its name.

    Raises
    ------
    InputError
        If there is none of that name, or a package that it needs is not installed.
    """
    if name not in FORMATS:
        raise InputError(f"There is no format {shown(name)} for a table.", did_you_mean(name, FORMATS))
    FORMATS[name].check_needs()
    return FORMATS[name]


def format_of(path: Path, given: str | None = None) -> Format:
    """Return the format of an output file: the one given, else that of its suffix.

    Raises
    ------
    InputError
        If neither names a format, or they name two.
    """
    suffix = path.suffix.removeprefix(".").lower()
    by_suffix = next((one.name for one in FORMATS.values() if suffix in one.suffixes), None)
    if given and by_suffix not in (None, given):
        raise InputError(f"{path} has the suffix of another format than --format {given}.", "Give only one of them.")
    form = given or by_suffix
    if form not in FORMATS:
        raise InputError(
            f"{path} has no suffix that names a table format.",
            f"Allowed suffixes: {', '.join(table_suffixes())}; or give --format.",
        )
    return format_named(form)
