"""Counts that somebody has measured, as files hold them: detections and errors by block, basis and intensity."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.arrays import FloatArray
from satqkd.errors import InputError, did_you_mean, shown
from satqkd.parsing import parse_json
from satqkd.reads import FileRead, file_read

if TYPE_CHECKING:
    import pandas as pd

COLUMNS_READ = ("block", "basis", "intensity", "detections", "errors", "leakage_bits")
_NEEDED = ("basis", "detections", "errors")
_BASES = {"z": 0, "key": 0, "x": 1, "test": 1}
_NAMES = (("signal",), ("signal", "decoy"), ("signal", "decoy", "weakest"))
_EXAMPLE = (
    "One line for each basis and intensity: basis,intensity,detections,errors such as Z,0.5,1200345,14210; with "
    "several blocks a column block, with measured leakage a column leakage_bits."
)


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredCounts:
    """Counts of blocks that were measured.

    Attributes
    ----------
    blocks : tuple of str
        What they are called, in their order.
    detections, errors : ndarray
        Matched-basis detections and the errors among them [1], shape (blocks, 2, intensities).
    leakage_bits : ndarray
        What correcting each basis revealed [bit], NaN where that was not measured, shape (blocks, 2).
    file : FileRead, optional
        Where they were read from.
    """

    blocks: tuple[str, ...]
    detections: FloatArray
    errors: FloatArray
    leakage_bits: FloatArray
    file: FileRead | None = None


def read_counts(
    source: str | Path | pd.DataFrame | Sequence[Mapping[str, Any]], intensities: Sequence[float]
) -> MeasuredCounts:
    """Return counts from a CSV or JSON file, a table, or a list of rows.

    Parameters
    ----------
    source : str, Path, pandas.DataFrame or list of mappings
        Rows of ``basis`` (Z and X, or key and test), ``intensity`` (its mean photon number, or signal, decoy, weakest;
        not needed where there is one), ``detections`` and ``errors``; ``block`` where there are several, and
        ``leakage_bits``, that of the whole basis, in any of its rows. JSON is a list of such objects.
    intensities : sequence of float
        Mean photon numbers that are told apart, signal first; one for pairs.

    Raises
    ------
    InputError
        With row and column, where a number is missing, is none or cannot be, a basis or an intensity is not known, or
        there are two rows for the same.
    """
    file, rows = _rows(source)
    if not rows:
        raise InputError(f"{_called(source)} has no rows of counts.", _EXAMPLE)
    return _gathered(rows, intensities, _called(source), file)


def _called(source: Any) -> str:
    return str(source) if isinstance(source, str | Path) else "the table of counts"


def _rows(source: Any) -> tuple[FileRead | None, list[tuple[str, Mapping[str, Any]]]]:
    """Return the rows of a source, each with what errors call it."""
    if hasattr(source, "to_dict") and hasattr(source, "columns"):
        source = source.to_dict("records")
    if not isinstance(source, str | Path):
        if isinstance(source, Mapping) or not isinstance(source, Iterable):
            raise InputError(f"{shown(source)} is neither a file nor a table of counts.", _EXAMPLE)
        return None, _named(list(source), "row")
    path = Path(source)
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise InputError(f"{path} cannot be read: {cause}.", "Give a CSV or JSON file of counts.") from None
    if text.lstrip().startswith(("[", "{")):
        return file_read(path, raw), _named(_from_json(text, str(path)), f"{path}, entry")
    return file_read(path, raw), _from_csv(text, str(path))


def _from_json(text: str, name: str) -> list[Any]:
    try:
        found = parse_json(text, name)
    except json.JSONDecodeError as error:
        raise InputError(f"{name} is no JSON: {error}.", _EXAMPLE) from None
    if isinstance(found, dict) and isinstance(found.get("counts"), list):
        found = found["counts"]
    if not isinstance(found, list):
        raise InputError(f"{name} holds {type(found).__name__}, not a list of rows.", _EXAMPLE)
    return found


def _from_csv(text: str, name: str) -> list[tuple[str, Mapping[str, Any]]]:
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not lines:
        return []
    try:
        parsed = list(csv.reader(io.StringIO("\n".join(line for _, line in lines)), skipinitialspace=True))
    except csv.Error as error:
        raise InputError(f"{name} is no CSV: {error}.", _EXAMPLE) from None
    header = [cell.strip() for cell in parsed[0]]
    rows: list[tuple[str, Mapping[str, Any]]] = []
    for (number, _), cells in zip(lines[1:], parsed[1:], strict=False):
        if len(cells) != len(header):
            raise InputError(f"{name}, line {number}, has {len(cells)} columns, its heading {len(header)}.", _EXAMPLE)
        rows.append((f"{name}, line {number}", dict(zip(header, cells, strict=True))))
    if not rows:
        _check_columns(header, f"{name}, line {lines[0][0]}")
    return rows


def _named(rows: Iterable[Any], what: str) -> list[tuple[str, Mapping[str, Any]]]:
    named = [(f"{what} {number}", row) for number, row in enumerate(rows, start=1)]
    for where, row in named:
        if not isinstance(row, Mapping):
            raise InputError(f"{where} is {shown(row)}, not a row with named values.", _EXAMPLE)
    return named


def _check_columns(names: Iterable[Any], where: str) -> None:
    given = [str(name) for name in names]
    for name in given:
        if name not in COLUMNS_READ:
            raise InputError(f"{where}: a column {shown(name)} is not known.", did_you_mean(name, COLUMNS_READ))
    for name in _NEEDED:
        if name not in given:
            raise InputError(f"{where}: there is no column {name}.", _EXAMPLE)


def _gathered(
    rows: Sequence[tuple[str, Mapping[str, Any]]], intensities: Sequence[float], name: str, file: FileRead | None
) -> MeasuredCounts:
    blocks: dict[str, int] = {}
    for where, row in rows:
        _check_columns(row, where)
        block = row.get("block")
        blocks.setdefault("1" if _empty(block) else str(block).strip(), len(blocks))
    shape = (len(blocks), 2, len(intensities))
    detections, errors, leakage = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape[:2], np.nan)
    lines: dict[tuple[int, int, int], str] = {}
    for where, row in rows:
        block = blocks["1" if _empty(row.get("block")) else str(row["block"]).strip()]
        cell = (block, _basis(row["basis"], where), _intensity(row.get("intensity"), intensities, where))
        if cell in lines:
            raise InputError(f"{where} is for the same block, basis and intensity as {lines[cell]}.", _EXAMPLE)
        lines[cell] = where
        detections[cell] = _number(row["detections"], f"{where}, column detections")
        errors[cell] = _number(row["errors"], f"{where}, column errors")
        if errors[cell] > detections[cell]:
            raise InputError(
                f"{where}, column errors: {errors[cell]:g} errors among {detections[cell]:g} detections cannot be.",
                "Errors are those among the detections of the same row.",
            )
        if not _empty(row.get("leakage_bits")):
            bits = _number(row["leakage_bits"], f"{where}, column leakage_bits")
            if leakage[cell[:2]] not in (bits,) and not np.isnan(leakage[cell[:2]]):
                raise InputError(
                    f"{where}, column leakage_bits: {bits:g}, but another row of that basis has {leakage[cell[:2]]:g}.",
                    "It is what correcting the whole basis revealed: give it once.",
                )
            leakage[cell[:2]] = bits
    for block, basis, which in np.argwhere(np.isnan(detections)).tolist():
        called = list(blocks)[block]
        raise InputError(
            f"{name}: block {called} has no row for basis {'ZX'[basis]}"
            + (f" and intensity {intensities[which]:g}." if len(intensities) > 1 else "."),
            "A block needs every basis with every intensity; write 0 where nothing was detected.",
        )
    return MeasuredCounts(tuple(blocks), detections, errors, leakage, file)


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value != value


def _basis(value: Any, where: str) -> int:
    known = _BASES.get(str(value).strip().lower())
    if known is None:
        raise InputError(
            f"{where}, column basis: {shown(value)} is no basis.", "Write Z (which gives key) or X (which tests it)."
        )
    return known


def _intensity(value: Any, intensities: Sequence[float], where: str) -> int:
    if _empty(value) and len(intensities) == 1:
        return 0
    names = _NAMES[len(intensities) - 1]
    if isinstance(value, str) and value.strip().lower() in names:
        return names.index(value.strip().lower())
    try:
        number = float(value)
        return next(k for k, one in enumerate(intensities) if abs(number - one) <= 1e-6 * max(abs(one), 1e-3))
    except (TypeError, ValueError, StopIteration):
        allowed = ", ".join(f"{one:g}" for one in intensities)
        raise InputError(
            f"{where}, column intensity: {shown(value)} is none of {allowed} ({', '.join(names)}).",
            "Mean photon numbers are the scenario's; change them with --set protocol.intensities=[...].",
        ) from None


def _number(value: Any, where: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(f"{where}: {shown(value)} is no number.", _EXAMPLE) from None
    if not (np.isfinite(number) and number >= 0.0):
        raise InputError(f"{where}: {shown(value)} is out of range: it must be at least 0 and finite.")
    return number
