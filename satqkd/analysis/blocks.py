"""Which passes make one block of the finite-key analysis, which of their seconds send, and with which parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from satqkd.analysis.counts import intensities_of
from satqkd.analysis.light import Light
from satqkd.analysis.prediction import Prediction
from satqkd.arrays import FloatArray
from satqkd.errors import InputError
from satqkd.link.qber import combined_error
from satqkd.protocols.bbm92 import BBM92
from satqkd.protocols.choice.parameters import optimize
from satqkd.protocols.choice.profiles import Seconds
from satqkd.protocols.fluctuation import key_distribution
from satqkd.scenario import Protocol

SCATTER_COLUMNS = (
    "secret_bits_p10",
    "secret_bits_p50",
    "secret_bits_p90",
    "zero_key_probability",
    "fixed_length_bits",
    "fixed_length_acceptance",
)
"""What drawing the counts adds to the table of passes."""
_DRAWN_TOGETHER = 512  # blocks whose draws are in memory at once
_PARTS = 64  # steps in which the seconds of a block of pairs are tried, the best ones first


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
        seconds = passes["tca_utc"].dt.tz_localize(None).to_numpy(dtype="datetime64[us]").astype(np.int64) * 1e-6
        part = np.floor(seconds / 86400.0 + longitude / 360.0 - 0.5).astype(np.int64)
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
    protocols: tuple[Protocol, ...] = (protocol,) * number
    kept = np.ones(light.index.size, dtype=bool)
    if isinstance(protocol, BBM92):
        if wanted.optimize:
            raise InputError(
                f'key.optimize = true is not offered for protocol.name = "{protocol.name}".',
                "Set key.optimize = false; a pair source has no intensities to choose.",
            )
        if wanted.window == "best" and number:
            kept = _best_seconds_of_pairs(light, protocol, block, weight, number)
    elif (wanted.optimize or wanted.window == "best") and number:
        detector = prediction.scenario.link.detector
        # The search knows one misalignment; turned bases count with their mean, second by second only afterwards.
        mean = float(np.average(light.flip_probability, weights=np.maximum(light.transmittance * weight, 1e-300)))
        best = optimize(
            replace(protocol, misalignment_error=float(combined_error(protocol.misalignment_error, mean))),
            Seconds.of(
                transmittance=light.transmittance,
                background_per_gate=light.background_cps * detector.gate_s,
                weight_s=weight,
                block=block,
                dark_per_gate=2.0 * detector.dark_count_hz * detector.gate_s,
                passive=detector.count == 4,
                blocks=number,
            ),
            parameters=wanted.optimize,
            window=wanted.window == "best",
        )
        kept = best.kept
        if wanted.optimize:
            protocols = tuple(
                replace(best.settings(one), misalignment_error=protocol.misalignment_error) for one in range(number)
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
    sifted = np.zeros((passes, 2, intensities_of(prediction.scenario.protocol)))
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
        counts = light.take(chosen).counts(protocol)
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


def _best_seconds_of_pairs(
    light: Light, protocol: BBM92, block: NDArray[np.intp], weight: FloatArray, number: int
) -> NDArray[np.bool_]:
    """Choose the seconds of every block that make the longest expected key, those with the least errors first."""
    counts = light.counts(protocol)
    order = np.lexsort((-counts.signal_cps, counts.qber, block))
    kept = np.ones(block.size, dtype=bool)
    ends = np.searchsorted(block[order], np.arange(number + 1))
    for begin, end in pairwise(ends):
        own = order[begin:end]
        parts = np.unique(np.rint(np.linspace(0, own.size, _PARTS + 1)).astype(np.intp))[1:] - 1
        if not parts.size:
            continue
        sifted, errors = (
            np.cumsum(rates[own] * weight[own, None, None], axis=0)[parts]
            for rates in (counts.sifted_cps, counts.errors_cps)
        )
        lengths = np.asarray(protocol.secret_key(counts=sifted, errors=errors).length_bits)
        best = int(np.argmax(lengths))
        if lengths[best] > 0.0:
            kept[own[parts[best] + 1 :]] = False
    return kept


def block_keys(counts: BlockCounts) -> tuple[NDArray[np.int64], float]:
    """Return the secret bits of every block, and the epsilon each consumes [1]."""
    sifted, errors = counts.of_blocks()
    bits = np.zeros(len(counts.protocols), dtype=np.int64)
    epsilon = 0.0
    for protocol, rows in blocks_by_protocol(counts).items():
        key = protocol.secret_key(counts=sifted[rows], errors=errors[rows])
        bits[rows], epsilon = key.secret_bits, key.epsilon
    return bits, epsilon


def blocks_by_protocol(counts: BlockCounts) -> dict[Protocol, NDArray[np.intp]]:
    """Return the blocks that run with the same parameters, so that they are evaluated together."""
    rows: dict[Protocol, list[int]] = {}
    for number, protocol in enumerate(counts.protocols):
        rows.setdefault(protocol, []).append(number)
    return {protocol: np.array(numbers, dtype=np.intp) for protocol, numbers in rows.items()}


def key_scatter(counts: BlockCounts, *, seed: int, draws: int) -> pd.DataFrame:
    """Return how the key of every block scatters when its counts do: percentiles and the probability of none.

    Draws Poisson counts and binomial errors about their expectations; see `satqkd.protocols.fluctuation`.
    """
    rng = np.random.default_rng(seed)
    sifted, errors = counts.of_blocks()
    columns = {name: np.zeros(len(counts.protocols)) for name in SCATTER_COLUMNS}
    for protocol, rows in blocks_by_protocol(counts).items():
        for first in range(0, rows.size, _DRAWN_TOGETHER):
            some = rows[first : first + _DRAWN_TOGETHER]
            found = key_distribution(
                protocol.secret_key, counts=sifted[some], errors=errors[some], rng=rng, draws=draws
            )
            for name, values in zip(
                SCATTER_COLUMNS,
                (
                    found.p10_bits,
                    found.p50_bits,
                    found.p90_bits,
                    found.zero_probability,
                    found.fixed_bits,
                    found.fixed_acceptance,
                ),
                strict=True,
            ):
                columns[name][some] = values
    return pd.DataFrame(columns)
