"""Rows of numbers that somebody has measured, from CSV, JSON, tables and lists, each with what errors call it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from satqkd.errors import InputError, shown
from satqkd.parsing import parse_json
from satqkd.reads import FileRead, file_read

Row = tuple[str, Mapping[str, Any]]
"""Where it stands, and its values by column."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as read.

    Attributes
    ----------
    name : str
        What the source is called.
    columns : tuple of str
        Its columns; those of its first row where it has no heading.
    rows : list of (str, mapping)
    file : FileRead, optional
        Where they were read from.
    """

    name: str
    columns: tuple[str, ...]
    rows: list[Row]
    file: FileRead | None = None


def read_rows(source: Any, *, what: str, hint: str) -> Rows:
    """Return the rows of a CSV or JSON file, a table, or a list of mappings.

    Parameters
    ----------
    source : str, Path, pandas.DataFrame, list of mappings or Rows
        Of CSV, empty lines and those that begin with ``#`` do not count, and semicolons or tabs are as good as commas;
        JSON is a list of objects, or an object that holds one under ``rows`` or `what`.
    what : str
        What they hold, in messages: ``counts``.
    hint : str
        What to do about rows that cannot be read.
    """
    if isinstance(source, Rows):
        return source
    if hasattr(source, "to_dict") and hasattr(source, "columns"):
        source = source.to_dict("records")
    if not isinstance(source, str | Path):
        if isinstance(source, Mapping) or not isinstance(source, Iterable):
            raise InputError(f"{shown(source)} is neither a file nor a table of {what}.", hint)
        return _named(f"the table of {what}", list(source), "row", hint)
    path = Path(source)
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise InputError(f"{path} cannot be read: {cause}.", f"Give a CSV or JSON file of {what}.") from None
    if text.lstrip().startswith(("[", "{")):
        return _named(str(path), _from_json(text, str(path), what, hint), f"{path}, entry", hint, file_read(path, raw))
    return _from_csv(text, str(path), hint, file_read(path, raw))


def number_in(value: Any, where: str, *, least: float = -np.inf, hint: str = "") -> float:
    """Return a number of a cell, refusing what is none, not finite, or below the least."""
    try:
        number = float("" if isinstance(value, bool | np.bool_) else value)
    except (TypeError, ValueError):
        raise InputError(f"{where}: {shown(value)} is no number.", hint) from None
    if not (np.isfinite(number) and number >= least):
        bound = f"at least {least:g} and finite" if np.isfinite(least) else "finite"
        raise InputError(f"{where}: {shown(value)} is out of range: it must be {bound}.")
    return number


def is_empty(value: Any) -> bool:
    """Whether a cell holds nothing."""
    return value is None or (isinstance(value, str) and not value.strip()) or value != value


def _from_json(text: str, name: str, what: str, hint: str) -> list[Any]:
    try:
        found = parse_json(text, name)
    except json.JSONDecodeError as error:
        raise InputError(f"{name} is no JSON: {error}.", hint) from None
    inner = next((found[key] for key in (what, "rows") if isinstance(found, dict) and key in found), found)
    if not isinstance(inner, list):
        raise InputError(f"{name} holds {type(inner).__name__}, not a list of rows.", hint)
    return inner


def _from_csv(text: str, name: str, hint: str, file: FileRead) -> Rows:
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    top = lines[0][1] if lines else ""
    between = next((one for one in ";\t" if one in top and "," not in top), ",")
    try:
        cells = list(csv.reader([line for _, line in lines], delimiter=between, skipinitialspace=True))
    except csv.Error as error:
        raise InputError(f"{name} is no CSV: {error}.", hint) from None
    if not cells or len(cells) != len(lines):
        return Rows(name, (), [], file)
    heading = [cell.strip() for cell in cells[0]]
    for column in heading:
        if heading.count(column) > 1:
            raise InputError(f"{name}, line {lines[0][0]}: there are two columns {column!r}.", hint)
    rows: list[Row] = []
    for (number, _), own in zip(lines[1:], cells[1:], strict=True):
        if len(own) != len(heading):
            raise InputError(f"{name}, line {number}, has {len(own)} columns, its heading {len(heading)}.", hint)
        rows.append((f"{name}, line {number}", dict(zip(heading, own, strict=True))))
    return Rows(name, tuple(heading), rows, file)


def _named(name: str, rows: Sequence[Any], what: str, hint: str, file: FileRead | None = None) -> Rows:
    named: list[Row] = [(f"{what} {number}", row) for number, row in enumerate(rows, start=1)]
    for where, row in named:
        if not isinstance(row, Mapping):
            raise InputError(f"{where} is {shown(row)}, not a row with named values.", hint)
    return Rows(name, tuple(str(one) for one in named[0][1]) if named else (), named, file)
