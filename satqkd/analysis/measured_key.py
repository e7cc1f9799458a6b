"""The key of counts that one has: no orbit, no link, only what was detected and what was wrong among it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.analysis.counts import error_share
from satqkd.analysis.counts_file import MeasuredCounts, read_counts
from satqkd.analysis.measured_rows import Rows
from satqkd.analysis.window import ScenarioLike
from satqkd.arrays import FloatArray, IntArray
from satqkd.errors import InputError, ValidityWarning, warn
from satqkd.protocols.bounds.entropy import binary_entropy
from satqkd.protocols.offered import offered
from satqkd.scenario import load_scenario

if TYPE_CHECKING:
    import pandas as pd


def key_from_counts(
    counts: str | Path | pd.DataFrame | Rows | Sequence[Mapping[str, Any]],
    scenario: ScenarioLike = "micius-beijing-vienna",
    *,
    all_proofs: bool = True,
) -> pd.DataFrame:
    """Return the secret key of measured counts, under every proof that is offered side by side.

    Parameters
    ----------
    counts : str, Path, pandas.DataFrame or list of mappings
        A CSV or JSON file, or a table: one row for each basis and intensity of a block, with ``basis`` (Z or X),
        ``intensity`` (mean photon number, or signal, decoy, weakest), ``detections`` and ``errors``; ``block`` where
        there are several, and ``leakage_bits`` where correcting that basis was measured to reveal so many.
    scenario : str, Path, mapping or Scenario
        Whose protocol was run: intensities, probabilities, epsilons, efficiency of the error correction.
    all_proofs : bool
        Whether other proofs and tails than the protocol's own are evaluated, too.

    Returns
    -------
    pandas.DataFrame
        One row for each block and proof, the protocol's own first: ``block``, ``proof``, ``sifted_bits`` and
        ``qber`` (signal, both bases), ``single_photon_events`` and ``phase_error_rate`` of the key
        basis that gives most (missing for pairs), ``leakage_bits``, ``length_bits`` and ``secret_bits``. A length is
        what the counts support, negative where that is none: a proof of fixed length grants no more than was agreed on
        before the block. ``attrs["counts"]`` holds the counts as read.

    Raises
    ------
    InputError
        With row and column, for counts that cannot be; for detectors that no proof here covers.
    """
    checked = load_scenario(scenario)
    measured = read_counts(counts, getattr(checked.protocol, "intensities", (1.0,)))
    own = (getattr(table.detector, "efficiency_mismatch", None) for table in checked.station_tables)
    refuse_uncovered(max(checked.link.detector.efficiency_mismatch, *(one or 0.0 for one in own), 0.0))
    silent = sorted({0, 1} - {order[0] for order in checked.protocol.key_orders})
    if silent and not np.isnan(measured.leakage_bits[:, silent]).all():
        raise InputError(
            f"leakage_bits is given for basis {'ZX'[silent[0]]}, which gives no key here: it tests the other one.",
            "Give it in the rows of basis Z, or let both bases give key: protocol.key_bases.",
        )
    return key_table(checked.protocol, measured, all_proofs=all_proofs)


def refuse_uncovered(efficiency_mismatch: float) -> None:
    """Refuse detectors of unequal efficiency, of which no proof that is offered here knows."""
    if efficiency_mismatch > 0.0:
        raise InputError(
            f"link.detector.efficiency_mismatch = {efficiency_mismatch:g}: no proof that is offered here covers "
            "detectors of different efficiency.",
            "satqkd.protocols.variable_length.secret_key_length does, from counts.",
        )


def key_table(protocol: Any, measured: MeasuredCounts, *, all_proofs: bool) -> pd.DataFrame:
    """Return the table of `key_from_counts` for counts that are at hand."""
    import pandas as pd

    _check_leakage(protocol, measured)
    wanted = offered(protocol) if all_proofs else [protocol]
    rows = [pd.DataFrame(_columns(one, measured)) for one in wanted]
    table = pd.concat(rows, ignore_index=True)
    table = table.iloc[np.argsort(np.tile(np.arange(len(measured.blocks)), len(rows)), kind="stable")]
    table = table.reset_index(drop=True)
    table.attrs["counts"] = measured
    return table


def _columns(protocol: Any, measured: MeasuredCounts) -> dict[str, Any]:
    """Return the columns of all blocks under one proof."""
    key = protocol.secret_key(counts=measured.detections, errors=measured.errors)
    bases = [order[0] for order in protocol.key_orders]
    modelled = np.stack([np.atleast_1d(one.leakage_bits) for one in key.by_basis], axis=1)
    given = measured.leakage_bits[:, bases]
    leakage = np.where(np.isnan(given), modelled, given)
    lengths = np.stack([np.atleast_1d(one.length_bits) for one in key.by_basis], axis=1) + modelled - leakage
    sifted = measured.detections[:, :, 0].sum(axis=1)
    return {
        "block": measured.blocks,
        "proof": protocol.proof_name,
        "sifted_bits": sifted,
        "qber": error_share(measured.errors[:, :, 0].sum(axis=1), sifted),
        "single_photon_events": _of_best(key.by_basis, "single_photon_events", lengths),
        "phase_error_rate": _of_best(key.by_basis, "phase_error_rate", lengths),
        "leakage_bits": leakage.sum(axis=1),
        "length_bits": _together(lengths),
        "secret_bits": np.floor(np.maximum(lengths, 0.0)).astype(np.int64).sum(axis=1),
    }


def _check_leakage(protocol: Any, measured: MeasuredCounts) -> None:
    """Warn of measured leakage that no code reaches: below the Shannon limit of the errors."""
    bases = [order[0] for order in protocol.key_orders]
    given = measured.leakage_bits[:, bases]
    total = measured.detections[:, bases].sum(axis=2)
    limit = total * binary_entropy(error_share(measured.errors[:, bases].sum(axis=2), total))
    for block, basis in np.argwhere(given < limit).tolist():
        warn(
            f"block {measured.blocks[block]}, basis {'ZX'[bases[basis]]}: correcting {total[block, basis]:,.0f} bits "
            f"reveals at least {limit[block, basis]:,.0f} bits at their error rate (Shannon), not "
            f"{given[block, basis]:,.0f}; the key is too long if that was not all.",
            ValidityWarning,
        )


def _together(lengths: FloatArray) -> FloatArray:
    """Return the length of all key bases, each of which gives nothing where its own is negative."""
    positive = np.maximum(lengths, 0.0).sum(axis=1)
    return np.asarray(np.where(positive > 0.0, positive, lengths.max(axis=1)))


def _of_best(by_basis: Sequence[Any], name: str, lengths: FloatArray) -> FloatArray:
    """Return what the key basis with the longest key of each block says of something, NaN where it says nothing."""
    if not hasattr(by_basis[0], name):
        return np.full(len(lengths), np.nan)
    best: IntArray = np.argmax(lengths, axis=1)
    values = np.stack([np.broadcast_to(getattr(one, name), len(lengths)) for one in by_basis], axis=1)
    return np.asarray(np.take_along_axis(values, best[:, None], axis=1)[:, 0])
