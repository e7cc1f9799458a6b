"""Tables as CSV, JSON, JSON lines, Markdown and ECSV, with what made them beside or inside."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.errors import InputError, did_you_mean
from satqkd.files import Writer, is_replaceable, text_writer, written_whole

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("csv", "json", "jsonl", "md", "ecsv")
_HOLD_META = ("json", "ecsv")
_DIGITS = 12  # significant digits of a float: more than any model here is worth, fewer than binary noise


def render(table: pd.DataFrame, form: str, meta: Mapping[str, Any] | None = None) -> str:
    """Write a table as text.

    Parameters
    ----------
    table : pandas.DataFrame
        Any result table; times become ISO 8601 in UTC with milliseconds, missing values empty or null.
    form : {"csv", "json", "jsonl", "md", "ecsv"}
        Format. ``json`` holds `meta`, ``{"rows": [...], "meta": {...}}``, and so does the header of ``ecsv``.
    meta : mapping, optional
        What made the table.

    Raises
    ------
    InputError
        If the format does not exist.
    """
    if form == "json":
        return json.dumps({"rows": rows(table), "meta": dict(meta or {})}, indent=2, default=str) + "\n"
    if form == "jsonl":
        return "".join(json.dumps(row) + "\n" for row in rows(table))
    if form == "csv":
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(table.columns)
        writer.writerows(zip(*(_cells(table[name]) for name in table.columns), strict=True))
        return stream.getvalue()
    if form == "md":
        header = "| " + " | ".join(table.columns) + " |\n|" + " --- |" * len(table.columns) + "\n"
        return header + "".join(
            "| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |\n"
            for row in zip(*(_cells(table[name]) for name in table.columns), strict=True)
        )
    if form == "ecsv":
        from satqkd.export.qtable import ecsv

        return ecsv(table, meta or {})
    raise InputError(f"There is no format {form!r} for a table.", did_you_mean(form, FORMATS))


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as a list of plain dicts, times as ISO text, missing values as None."""
    columns = [_plain_column(table[name]) for name in table.columns]
    return [dict(zip(table.columns, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _plain_column(column: pd.Series[Any]) -> list[Any]:
    if column.dtype.kind == "M":
        return [text or None for text in _stamps(column)]
    return [_plain_cell(value) for value in column.tolist()]


def _plain_cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, np.generic):
        return _plain_cell(value.item())
    return str(value)


def _cells(column: pd.Series[Any]) -> list[str]:
    """Return a column as text, missing values empty."""
    kind = column.dtype.kind
    if kind == "M":
        return _stamps(column)
    if kind == "f":
        return [f"{value:.{_DIGITS}g}" if math.isfinite(value) else "" for value in column.tolist()]
    return [_cell(value) for value in column.tolist()]


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    plain = _plain_cell(value)
    if isinstance(plain, str):
        return _harmless(plain)
    return "" if plain is None else f"{plain:.{_DIGITS}g}" if isinstance(plain, float) else str(plain)


def _harmless(text: str) -> str:
    """Return text that no spreadsheet takes for a formula, and no terminal for a command."""
    shown = "".join(one if one.isprintable() else " " for one in text)
    return f"'{shown}" if shown[:1] in ("=", "+", "-", "@") else shown


def _stamps(column: pd.Series[Any]) -> list[str]:
    """Return times as `satqkd.times.to_iso` writes them, a whole column at once, missing ones empty."""
    utc = column.dt.tz_convert("UTC").dt.tz_localize(None) if column.dt.tz is not None else column
    stamps = utc.to_numpy(dtype="datetime64[us]")
    missing = np.isnat(stamps)
    # Half a millisecond more, cut off: the nearest millisecond.
    nearest = (stamps + np.timedelta64(500, "us")).astype("datetime64[ms]")
    return [
        "" if gone else f"{text}Z" for text, gone in zip(np.datetime_as_string(nearest).tolist(), missing, strict=True)
    ]


def format_of(path: Path, given: str | None = None) -> str:
    """Return the format of an output file: the one given, else that of its suffix.

    Raises
    ------
    InputError
        If neither names a format.
    """
    suffix = path.suffix.removeprefix(".").lower()
    if given and suffix in FORMATS and suffix != given:
        raise InputError(f"{path} has the suffix of another format than --format {given}.", "Give only one of them.")
    form = given or suffix
    if form not in FORMATS:
        raise InputError(
            f"{path} has no suffix that names a table format.",
            "Allowed suffixes: " + ", ".join(f".{name}" for name in FORMATS) + "; or give --format.",
        )
    return form


def table_writers(
    table: pd.DataFrame, path: Path, meta: Mapping[str, Any], form: str | None = None
) -> dict[Path, Writer]:
    """Return what writes a table to a file and, where the format holds no metadata, a sidecar ``NAME.meta.json``."""
    form = format_of(path, form)
    text = render(table, form, meta)
    writers = {path: text_writer(text)}
    if form not in _HOLD_META and is_replaceable(path):
        sidecar = path.with_name(path.name + ".meta.json")
        # With the table's hash, and moved into place last: who reads both can tell whether they belong together.
        made = {**meta, "sha256": {path.name: hashlib.sha256(text.encode()).hexdigest()}}
        writers[sidecar] = text_writer(json.dumps(made, indent=2, default=str) + "\n")
    return writers


def write_table(table: pd.DataFrame, path: Path, meta: Mapping[str, Any], form: str | None = None) -> None:
    """Write a table to a file, whole or not at all; see `table_writers`."""
    written_whole(table_writers(table, path, meta, form))
