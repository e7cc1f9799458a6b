"""The cells of a table as plain values, and as text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.times import utc_stamps

if TYPE_CHECKING:
    import pandas as pd

_DIGITS = 12  # significant digits of a float: more than any model here is worth, fewer than binary noise


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


def cells(column: pd.Series[Any]) -> list[str]:
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
    stamps = utc_stamps(column)
    missing = np.isnat(stamps)
    # Half a millisecond more, cut off: the nearest millisecond.
    nearest = (stamps + np.timedelta64(500, "us")).astype("datetime64[ms]")
    return [
        "" if gone else f"{text}Z" for text, gone in zip(np.datetime_as_string(nearest).tolist(), missing, strict=True)
    ]
