"""Counts that somebody has measured, as files hold them: detections and errors by block, basis and intensity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.analysis.measured_rows import Rows, is_empty, number_in, read_rows
from satqkd.arrays import FloatArray
from satqkd.errors import InputError, did_you_mean, shown
from satqkd.reads import FileRead

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
    source: str | Path | pd.DataFrame | Rows | Sequence[Mapping[str, Any]], intensities: Sequence[float]
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
    found = read_rows(source, what="counts", hint=_EXAMPLE)
    if not found.rows:
        raise InputError(f"{found.name} has no rows of counts.", _EXAMPLE)
    return _gathered(found, intensities)


def _check_columns(names: Iterable[Any], where: str) -> None:
    given = [str(name) for name in names]
    for name in given:
        if name not in COLUMNS_READ:
            raise InputError(f"{where}: a column {shown(name)} is not known.", did_you_mean(name, COLUMNS_READ))
    for name in _NEEDED:
        if name not in given:
            raise InputError(f"{where}: there is no column {name}.", _EXAMPLE)


def _gathered(found: Rows, intensities: Sequence[float]) -> MeasuredCounts:
    rows, name = found.rows, found.name
    blocks: dict[str, int] = {}
    for where, row in rows:
        _check_columns(row, where)
        block = row.get("block")
        blocks.setdefault("1" if is_empty(block) else str(block).strip(), len(blocks))
    shape = (len(blocks), 2, len(intensities))
    detections, errors, leakage = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape[:2], np.nan)
    lines: dict[tuple[int, int, int], str] = {}
    for where, row in rows:
        block = blocks["1" if is_empty(row.get("block")) else str(row["block"]).strip()]
        cell = (block, _basis(row["basis"], where), _intensity(row.get("intensity"), intensities, where))
        if cell in lines:
            raise InputError(f"{where} is for the same block, basis and intensity as {lines[cell]}.", _EXAMPLE)
        lines[cell] = where
        detections[cell] = number_in(row["detections"], f"{where}, column detections", least=0.0, hint=_EXAMPLE)
        errors[cell] = number_in(row["errors"], f"{where}, column errors", least=0.0, hint=_EXAMPLE)
        if errors[cell] > detections[cell]:
            raise InputError(
                f"{where}, column errors: {errors[cell]:g} errors among {detections[cell]:g} detections cannot be.",
                "Errors are those among the detections of the same row.",
            )
        if not is_empty(row.get("leakage_bits")):
            bits = number_in(row["leakage_bits"], f"{where}, column leakage_bits", least=0.0, hint=_EXAMPLE)
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
    return MeasuredCounts(tuple(blocks), detections, errors, leakage, found.file)


def _basis(value: Any, where: str) -> int:
    known = _BASES.get(str(value).strip().lower())
    if known is None:
        raise InputError(
            f"{where}, column basis: {shown(value)} is no basis.", "Write Z (which gives key) or X (which tests it)."
        )
    return known


def _intensity(value: Any, intensities: Sequence[float], where: str) -> int:
    if is_empty(value) and len(intensities) == 1:
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
