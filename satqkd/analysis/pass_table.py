"""The table of passes with the key of each: what analysis adds to what prediction says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from satqkd.analysis.blocks import BlockCounts
from satqkd.analysis.counts import error_share
from satqkd.analysis.families import family_of
from satqkd.analysis.key import asymptotic_bits
from satqkd.analysis.overlaps import overlap_names
from satqkd.analysis.prediction import Prediction
from satqkd.arrays import FloatArray
from satqkd.columns import PARAMETERS, SCATTER
from satqkd.orbit.spans import Spans
from satqkd.orbit.timescale import datetime64_from_tai, tai_from_datetime64
from satqkd.times import utc_column, utc_stamps

if TYPE_CHECKING:
    import pandas as pd


def pass_table(
    prediction: Prediction,
    counts: BlockCounts,
    *,
    secret_bits: NDArray[np.int64],
    scatter: pd.DataFrame | None,
) -> pd.DataFrame:
    """Return the passes with light, counts and key of each; a block's key stands with the pass that completes it.

    Parameters
    ----------
    prediction, counts
        The stages before.
    secret_bits : ndarray of int64
        Of every block [bit].
    scatter : pandas.DataFrame, optional
        How the key of every block scatters, one row a block.
    """
    usable = prediction.passes["usable"].to_numpy(dtype=bool)
    last = _completed_blocks(counts.block_of_pass, counts.seconds_s, len(secret_bits))
    signal = counts.sifted[:, :, 0].sum(axis=1)
    qber = error_share(counts.errors[:, :, 0].sum(axis=1), signal)
    passes = prediction.passes.copy()
    passes["min_link_loss_db"] = np.where(usable, counts.least_loss_db, np.nan)
    passes["detections"] = np.rint(counts.detections).astype(np.int64)
    passes["sifted_bits"] = np.rint(signal).astype(np.int64)
    passes["qber"] = np.where(usable, qber, np.nan)
    passes["asymptotic_bits"] = asymptotic_bits(counts)
    passes["secret_bits"] = np.where(last >= 0, secret_bits[last] if secret_bits.size else 0, 0)
    passes["key_start_utc"], passes["key_end_utc"] = _span(prediction, counts.sending)
    passes["key_seconds_s"] = counts.seconds_s
    passes["block"] = counts.block_of_pass
    passes["overlaps_with"] = overlap_names(passes)
    if prediction.scenario.key.optimize:
        for name, column in _chosen_parameters(counts).items():
            passes[name] = column
    if scatter is not None:
        for name in SCATTER:
            values = scatter[name].to_numpy()
            passes[name] = np.where(last >= 0, values[last] if values.size else 0.0, np.nan)
    protocol = prediction.scenario.protocol
    merits = family_of(protocol).merits(protocol, counts=counts.sifted, errors=counts.errors)
    for name, values in merits.items():
        passes[name] = np.where(usable, values, np.nan)
    return passes


def _completed_blocks(block_of_pass: NDArray[np.intp], seconds: FloatArray, blocks: int) -> NDArray[np.intp]:
    """Return for each pass the block that it completes, -1 where it completes none; a silent pass completes none."""
    completes = np.full(block_of_pass.size, -1, dtype=np.intp)
    used = np.flatnonzero((block_of_pass >= 0) & (seconds > 0.0))
    last = np.full(blocks, -1, dtype=np.intp)
    last[block_of_pass[used]] = used  # the last write wins, and passes are in the order of time
    known = last >= 0
    completes[last[known]] = np.flatnonzero(known)
    return completes


def _chosen_parameters(counts: BlockCounts) -> dict[str, FloatArray]:
    """Return the parameters that each pass's block runs with, NaN for passes in none."""
    of_block = [family_of(one).parameters(one) for one in counts.protocols]
    columns = {name: np.full(counts.block_of_pass.size, np.nan) for name in PARAMETERS}
    for row, block in enumerate(counts.block_of_pass):
        for name, value in of_block[block].items() if block >= 0 else ():
            columns[name][row] = value
    return columns


def _span(prediction: Prediction, sending: Spans) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """Return when the sending stretches of each pass begin and end; NaT where there are none."""
    tca, bounds = utc_stamps(prediction.passes["tca_utc"]), []
    # What a stretch gains by rounding does not reach beyond the pass.
    for edge, (name, limit) in zip(sending.edges_s(), (("aos_utc", np.fmax), ("los_utc", np.fmin)), strict=True):
        stamps = np.full(len(tca), np.datetime64("NaT", "us"))
        known = ~np.isnan(edge)
        stamps[known] = datetime64_from_tai(tai_from_datetime64(tca[known]) + edge[known])
        stamps[known] = limit(stamps[known], utc_stamps(prediction.passes[name])[known])
        bounds.append(utc_column(stamps))
    return bounds[0], bounds[1]
