"""Results as tables in text and in files, with what made them beside or inside."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from satqkd.errors import InputError
from satqkd.export.form import Format
from satqkd.export.formats import format_named, format_of
from satqkd.files import Writer, is_replaceable, text_writer, written_whole

if TYPE_CHECKING:
    import pandas as pd


def render(table: pd.DataFrame, form: str, meta: Mapping[str, Any] | None = None) -> str:
    """Write a table as text.

    Parameters
    ----------
    table : pandas.DataFrame
        Any result table; times become ISO 8601 in UTC with milliseconds, missing values empty or null.
    form : str
        Name of a text format; see `satqkd.export.formats.FORMATS`. ``json`` holds `meta`, ``{"rows": [...], "meta":
        {...}}``, and so does the header of ``ecsv``.
    meta : mapping, optional
        What made the table.

    Raises
    ------
    InputError
        If the format does not exist, or is none of text.
    """
    chosen = format_named(form)
    if chosen.render is None:
        raise InputError(f"The format {form!r} is no text.", "Write it to a file with -o.")
    return chosen.render(table, meta or {})


def table_writers(
    table: pd.DataFrame, path: Path, meta: Mapping[str, Any], form: str | None = None
) -> dict[Path, Writer]:
    """Return what writes a table to a file and, where the format holds no metadata, a sidecar ``NAME.meta.json``."""
    chosen, digests = format_of(path, form), {}

    def write(staged: Path) -> None:
        _written(chosen, table, meta, staged)
        digests[path.name] = hashlib.sha256(staged.read_bytes()).hexdigest()

    if chosen.holds_meta or not is_replaceable(path):
        return {path: lambda staged: _written(chosen, table, meta, staged)}

    def describe(staged: Path) -> None:
        # With the table's hash, and moved into place last: who reads both can tell whether they belong together.
        text_writer(json.dumps({**meta, "sha256": digests}, indent=2, default=str) + "\n")(staged)

    return {path: write, path.with_name(path.name + ".meta.json"): describe}


def _written(form: Format, table: pd.DataFrame, meta: Mapping[str, Any], path: Path) -> None:
    if form.render is not None:
        text_writer(form.render(table, meta))(path)
    elif form.write is not None:
        form.write(table, meta, path)


def write_table(table: pd.DataFrame, path: Path, meta: Mapping[str, Any], form: str | None = None) -> None:
    """Write a table to a file, whole or not at all; see `table_writers`."""
    written_whole(table_writers(table, path, meta, form))
