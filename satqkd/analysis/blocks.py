"""Which passes make one block of the finite-key analysis, which of their stretches send, and with which parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from satqkd.analysis.counts import Counts
from satqkd.analysis.families import family_of, light_counts
from satqkd.analysis.light import Light
from satqkd.analysis.nodes import NodeLight
from satqkd.analysis.prediction import Prediction
from satqkd.analysis.seconds import SecondLight
from satqkd.arrays import BoolArray, FloatArray, IntArray
from satqkd.constants import DAY_S
from satqkd.orbit.spans import Spans
from satqkd.progress import report
from satqkd.scenario import Protocol
from satqkd.times import utc_seconds

_NEARLY_A_KEY_BITS = -2000.0
"""Length from which on a block without key is searched for seconds that give some: nodes are coarser than slots."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockCounts:
    """Expected counts of every block and pass.

    Attributes
    ----------
    block_of_pass : ndarray of int
        Block of each pass, -1 for a pass that is not usable, shape (passes,).
    protocols : tuple of DecoyBB84, OneDecoyBB84 or BBM92
        The protocol of each block, with the parameters it runs with.
    sending : Spans
        The stretches of each pass that make the key.
    seconds_s : ndarray
        How long each pass sends [s], shape (passes,).
    least_loss_db : ndarray
        The least link loss in the stretches that count [dB], infinite without any, shape (passes,).
    detections : ndarray
        Clicks of each pass [1], shape (passes,).
    sifted, errors : ndarray
        Matched-basis detections of each pass and errors among them [1], shape (passes, 2, intensities).
    noise : ndarray, optional
        What of `sifted` there would be without light from the sender [1], where that was asked for.
    """

    block_of_pass: NDArray[np.intp]
    protocols: tuple[Protocol, ...]
    sending: Spans
    seconds_s: FloatArray
    least_loss_db: FloatArray
    detections: FloatArray
    sifted: FloatArray
    errors: FloatArray
    noise: FloatArray | None = None

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


def count_blocks(prediction: Prediction, *, noise: bool = False) -> BlockCounts:
    """Choose stretches and parameters of every block as the scenario says, and add up its expected counts.

    Parameters
    ----------
    prediction : Prediction
    noise : bool, optional
        Tell what of the counts is noise, too.

    Raises
    ------
    InputError
        If the scenario asks to optimise the parameters of a protocol for which that is not offered.
    """
    protocol = prediction.scenario.protocol
    block_of_pass = pool_passes(prediction)
    sums = _Sums(len(block_of_pass), family_of(protocol).intensities(protocol), noise=noise)
    protocols: list[Protocol] = [protocol] * (int(block_of_pass.max(initial=-1)) + 1)
    if prediction.scenario.passes.sampling == "seconds":
        _count_seconds(prediction, block_of_pass, protocols, sums)
    else:
        _count_nodes(prediction, block_of_pass, protocols, sums)
    return BlockCounts(
        block_of_pass,
        tuple(protocols),
        Spans.joined(sums.sending).put(sums.sent_by(), len(block_of_pass)),
        sums.seconds_s,
        sums.least_loss_db,
        sums.detections,
        sums.sifted,
        sums.errors,
        sums.noise,
    )


class _Sums:
    """What passes add up to, and where they send."""

    def __init__(self, passes: int, intensities: int, *, noise: bool) -> None:
        self.seconds_s, self.detections = np.zeros(passes), np.zeros(passes)
        self.least_loss_db = np.full(passes, np.inf)
        self.sifted = np.zeros((passes, 2, intensities))
        self.errors = np.zeros_like(self.sifted)
        self.noise = np.zeros_like(self.sifted) if noise else None
        self.sending: list[Spans] = []
        self._rows: list[IntArray] = []

    def sent_by(self) -> IntArray:
        """Return the passes whose stretches are in `sending`."""
        return np.concatenate([np.zeros(0, dtype=np.int64), *self._rows])

    def send(self, rows: IntArray, spans: Spans) -> None:
        """Enter the stretches in which some passes send."""
        self._rows.append(rows)
        self.sending.append(spans)

    def add(self, protocol: Protocol, light: Light, counts: Counts, *, but: BoolArray | None = None) -> None:
        """Add what a protocol counts in samples to their passes, leaving some out."""
        if not light.row.size:
            return
        first = int(light.row.min())  # a group may be one pass of thousands: add up over its own rows only
        rows = slice(first, int(light.row.max()) + 1)
        row, weight = light.row - first, light.weight_s if but is None else np.where(but, 0.0, light.weight_s)
        self.seconds_s[rows] += np.bincount(row, weight)
        self.detections[rows] += np.bincount(row, counts.detected_cps * weight)
        for cell in np.ndindex(self.sifted.shape[1:]):
            self.sifted[(rows, *cell)] += np.bincount(row, counts.sifted_cps[(..., *cell)] * weight)
            self.errors[(rows, *cell)] += np.bincount(row, counts.errors_cps[(..., *cell)] * weight)
        if self.noise is not None:
            dark = light_counts(protocol, replace(light, transmittance=np.zeros_like(light.transmittance)))
            for cell in np.ndindex(self.sifted.shape[1:]):
                self.noise[(rows, *cell)] += np.bincount(row, dark.sifted_cps[(..., *cell)] * weight)

    def count(self, light: Light, block: NDArray[np.intp], protocols: list[Protocol]) -> None:
        """Count samples with the protocols of their blocks, and add them to their passes."""
        # Blocks with the same parameters are counted together: without optimisation that is all of them.
        own, place = np.unique(block, return_inverse=True)
        groups: dict[Protocol, int] = {}
        group = np.array([groups.setdefault(protocols[one], len(groups)) for one in own.tolist()], dtype=np.intp)[place]
        order = np.argsort(group, kind="stable")
        ends = np.searchsorted(group[order], np.arange(len(groups) + 1))
        for protocol, (begin, end) in zip(groups, pairwise(ends), strict=True):
            if end > begin:
                chosen = light.take(order[begin:end])
                self.add(protocol, chosen, light_counts(protocol, chosen))


def _count_seconds(
    prediction: Prediction, block_of_pass: NDArray[np.intp], protocols: list[Protocol], sums: _Sums
) -> None:
    """Count in samples: all blocks at once."""
    protocol, wanted = prediction.scenario.protocol, prediction.scenario.key
    rows = np.flatnonzero(block_of_pass >= 0)
    light, sums.least_loss_db[rows] = SecondLight(prediction).light(rows)
    kept, found = family_of(protocol).choose(
        protocol,
        light,
        block=block_of_pass[light.row],
        blocks=len(protocols),
        parameters=wanted.optimize,
        window=wanted.window == "best",
    )
    protocols[:] = found
    sent = light.take(np.flatnonzero(kept))
    sums.send(np.arange(len(block_of_pass)), _slots(sent, len(block_of_pass)))
    sums.count(sent, block_of_pass[sent.row], protocols)


def _count_nodes(
    prediction: Prediction, block_of_pass: NDArray[np.intp], protocols: list[Protocol], sums: _Sums
) -> None:
    """Count at nodes, some blocks at a time; in slots where seconds or parameters are chosen."""
    protocol, wanted = prediction.scenario.protocol, prediction.scenario.key
    source = NodeLight(prediction)
    for blocks, rows in _groups(block_of_pass, source.passes_at_once):
        report("light and counts", int(blocks[0]), len(protocols))
        light, counts, sums.least_loss_db[rows] = source.light(rows)
        searched = np.zeros(len(blocks), dtype=bool)
        if wanted.optimize:
            searched[:] = True
        elif wanted.window == "best":
            searched = _worth_searching(protocol, light, counts, np.searchsorted(blocks, block_of_pass[light.row]))
        chosen = searched[np.searchsorted(blocks, block_of_pass[rows])]
        whole, fine = rows[~chosen], rows[chosen]
        sums.send(whole, prediction.plan.spans.take(whole))
        sums.add(protocol, light, counts, but=searched[np.searchsorted(blocks, block_of_pass[light.row])])
        if not len(fine):
            continue
        numbers = blocks[searched]
        slots = source.slots(fine)
        kept, found = family_of(protocol).choose(
            protocol,
            slots,
            block=np.searchsorted(numbers, block_of_pass[slots.row]),
            blocks=len(numbers),
            parameters=wanted.optimize,
            window=wanted.window == "best",
        )
        for number, one in zip(numbers.tolist(), found, strict=True):
            protocols[number] = one
        sent = slots.take(np.flatnonzero(kept))
        sums.send(fine, _slots(sent, len(block_of_pass)).take(fine))
        sums.count(sent, block_of_pass[sent.row], protocols)


def _slots(light: Light, passes: int) -> Spans:
    """Return the stretches that samples make together."""
    return Spans.of_slots(passes, light.row, light.begin_s, light.begin_s + light.weight_s)


def _groups(block_of_pass: NDArray[np.intp], passes: int) -> Iterator[tuple[NDArray[np.intp], IntArray]]:
    """Return blocks, rising, and their passes, rising, in groups of about so many passes; no block is cut."""
    used = np.flatnonzero(block_of_pass >= 0)
    order = used[np.argsort(block_of_pass[used], kind="stable")]
    sizes = np.bincount(block_of_pass[used]) if len(used) else np.zeros(0, dtype=np.int64)
    ends = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        before = int(ends[first] - sizes[first])
        last = max(first + 1, int(np.searchsorted(ends, before + passes, side="right")))
        yield np.arange(first, last), np.sort(order[before : int(ends[last - 1])])
        first = last


def _worth_searching(protocol: Protocol, light: Light, counts: Counts, block: NDArray[np.intp]) -> BoolArray:
    """Return the blocks that may gain by leaving out seconds: those whose key grows when their worst node counts half.

    Of a block without key every first part of its nodes, best ones first, is asked whether it gives some.
    """
    weight = light.weight_s[:, None, None]
    sifted, errors = counts.sifted_cps * weight, counts.errors_cps * weight
    qber = counts.qber
    if (np.diff(block) < 0).any():  # a block of several passes
        order = np.argsort(block, kind="stable")
        sifted, errors, qber, block = sifted[order], errors[order], qber[order], block[order]
    first = np.append(0, np.flatnonzero(np.diff(block)) + 1)
    sizes = np.diff(np.append(first, len(block)))
    totals = [np.add.reduceat(values, first, axis=0) for values in (sifted, errors)]
    highest = np.flatnonzero(qber == np.repeat(np.maximum.reduceat(qber, first), sizes))
    worst = first.copy()
    worst[np.repeat(np.arange(len(first)), sizes)[highest]] = highest

    def lengths(sifted: FloatArray, errors: FloatArray) -> FloatArray:
        return np.asarray(protocol.secret_key(counts=sifted, errors=np.minimum(errors, sifted)).length_bits)

    whole = lengths(*totals)
    less = lengths(totals[0] - 0.5 * sifted[worst], totals[1] - 0.5 * errors[worst])
    found = less > whole
    without = np.flatnonzero(whole <= 0.0)
    if len(without):
        found[without] = False
        mine = np.flatnonzero(np.isin(block, without))
        mine = mine[np.lexsort((qber[mine], block[mine]))]
        number = block[mine]
        starts = np.append(0, np.flatnonzero(np.diff(number)) + 1)
        running = []
        for values in (sifted[mine], errors[mine]):
            added = np.cumsum(values, axis=0)
            before = np.where(starts[:, None, None] > 0, added[np.maximum(starts - 1, 0)], 0.0)
            running.append(np.maximum(added - np.repeat(before, np.diff(np.append(starts, len(mine))), axis=0), 0.0))
        best = np.maximum.reduceat(lengths(*running), starts)
        found[number[starts]] = best > _NEARLY_A_KEY_BITS
    return found
