"""Which passes make one block of the finite-key analysis, which of their seconds send, and with which parameters."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from satqkd.analysis.families import family_of, light_counts
from satqkd.analysis.light import Light
from satqkd.analysis.prediction import Prediction
from satqkd.arrays import FloatArray
from satqkd.constants import DAY_S
from satqkd.scenario import Protocol
from satqkd.times import utc_seconds


@dataclass(frozen=True, slots=True)
class BlockCounts:
    """Expected counts of every block and pass.

    Attributes
    ----------
    block_of_pass : ndarray of int
        Block of each pass, -1 for a pass that is not usable, shape (passes,).
    protocols : tuple of DecoyBB84, OneDecoyBB84 or BBM92
        The protocol of each block, with the parameters it runs with.
    sending : ndarray of bool
        The samples that make the key, shape (samples,).
    detections : ndarray
        Clicks of each pass [1], shape (passes,).
    sifted, errors : ndarray
        Matched-basis detections of each pass and errors among them [1], shape (passes, 2, intensities).
    """

    block_of_pass: NDArray[np.intp]
    protocols: tuple[Protocol, ...]
    sending: NDArray[np.bool_]
    detections: FloatArray
    sifted: FloatArray
    errors: FloatArray

    def of_blocks(self) -> tuple[FloatArray, FloatArray]:
        """Return counts and errors of every block, the sums over its passes, shape (blocks, 2, intensities)."""
        used = self.block_of_pass >= 0
        totals = []
        for values in (self.sifted, self.errors):
            total = np.zeros((len(self.protocols), *values.shape[1:]))
            np.add.at(total, self.block_of_pass[used], values[used])
            totals.append(total)
        return totals[0], totals[1]


def pool_passes(prediction: Prediction) -> NDArray[np.intp]:
    """Return the block of each pass, numbered in the order of time, -1 for passes that are not usable.

    Only passes of one satellite over one station share a block: its key is a key between those two. A ``"day"`` is a
    local one from noon to noon, so that a night is not cut in two.
    """
    passes, pool = prediction.passes, prediction.scenario.key.pool
    usable = passes["usable"].to_numpy(dtype=bool)
    pair = passes.groupby(["satellite", "station"], sort=False).ngroup().to_numpy()
    if pool == "pass":
        part = np.arange(len(passes))
    elif pool == "campaign":
        part = np.zeros(len(passes), dtype=np.int64)
    elif pool == "day":
        east = {station.name: station.longitude_deg for station in prediction.scenario.positions}
        longitude = passes["station"].map(east).to_numpy(dtype=float)
        part = np.floor(utc_seconds(passes["tca_utc"]) / DAY_S + longitude / 360.0 - 0.5).astype(np.int64)
    else:
        order = pd.Series(usable).groupby(pair).cumsum().to_numpy() - 1
        part = order // pool
    blocks = np.full(len(passes), -1, dtype=np.intp)
    # Numbered as they first appear: each pair and part by one number.
    parts = np.unique(part[usable], return_inverse=True)[1]
    blocks[usable] = pd.factorize(pair[usable] * (parts.max(initial=0) + 1) + parts)[0]
    return blocks


def count_blocks(prediction: Prediction, light: Light) -> BlockCounts:
    """Choose seconds and parameters of every block as the scenario says, and add up its expected counts.

    Raises
    ------
    InputError
        If the scenario asks to optimise the parameters of a protocol for which that is not offered.
    """
    protocol, wanted = prediction.scenario.protocol, prediction.scenario.key
    block_of_pass = pool_passes(prediction)
    number = int(block_of_pass.max(initial=-1)) + 1
    block = block_of_pass[prediction.samples.pass_index[light.index]]
    weight = prediction.samples.weight_s[light.index]
    kept, protocols = family_of(protocol).choose(
        protocol,
        light,
        block=block,
        weight_s=weight,
        blocks=number,
        parameters=wanted.optimize,
        window=wanted.window == "best",
    )
    return _add_up(prediction, light, block_of_pass, block, weight, kept, protocols)


def _add_up(
    prediction: Prediction,
    light: Light,
    block_of_pass: NDArray[np.intp],
    block: NDArray[np.intp],
    weight: FloatArray,
    kept: NDArray[np.bool_],
    protocols: tuple[Protocol, ...],
) -> BlockCounts:
    passes = len(prediction.passes)
    detections = np.zeros(passes)
    sifted = np.zeros((passes, 2, family_of(prediction.scenario.protocol).intensities(prediction.scenario.protocol)))
    errors = np.zeros_like(sifted)
    # Blocks with the same parameters are counted together: without optimisation that is all of them.
    groups = {protocol: number for number, protocol in enumerate(dict.fromkeys(protocols))}
    group = np.array([groups[protocol] for protocol in protocols], dtype=np.intp)[block]
    order = np.flatnonzero(kept)[np.argsort(group[kept], kind="stable")]
    ends = np.searchsorted(group[order], np.arange(len(groups) + 1))
    for protocol, (begin, end) in zip(groups, pairwise(ends), strict=True):
        chosen = order[begin:end]
        if not chosen.size:
            continue
        counts = light_counts(protocol, light.take(chosen))
        row = prediction.samples.pass_index[light.index[chosen]]
        first = int(row.min())  # a group may be one pass of thousands: add up over its own rows only
        rows = slice(first, int(row.max()) + 1)
        row = row - first
        detections[rows] += np.bincount(row, counts.detected_cps * weight[chosen])
        for cell in np.ndindex(sifted.shape[1:]):
            sifted[(rows, *cell)] += np.bincount(row, counts.sifted_cps[(..., *cell)] * weight[chosen])
            errors[(rows, *cell)] += np.bincount(row, counts.errors_cps[(..., *cell)] * weight[chosen])
    sending = np.zeros(prediction.counted.shape, dtype=bool)
    sending[light.index[kept]] = True
    return BlockCounts(block_of_pass, protocols, sending, detections, sifted, errors)
