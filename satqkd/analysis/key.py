"""The key that the counts of every block grant, how it scatters, and what there would be without end."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from satqkd.analysis.blocks import BlockCounts
from satqkd.arrays import FloatArray, IntArray
from satqkd.columns import SCATTER
from satqkd.protocols.fluctuation import ChannelSpread, counts_through, key_distribution
from satqkd.scenario import Protocol

_DRAWN_TOGETHER = 512  # blocks whose draws are in memory at once


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
    # Most blocks share one object, which is found without comparing its fields a thousand times.
    objects = {id(protocol): protocol for protocol in counts.protocols}
    numbers = {protocol: number for number, protocol in enumerate(dict.fromkeys(objects.values()))}
    of_object = {one: numbers[protocol] for one, protocol in objects.items()}
    of_block = np.array([of_object[id(protocol)] for protocol in counts.protocols], dtype=np.intp)
    return {protocol: np.flatnonzero(of_block == number) for protocol, number in numbers.items()}


def key_scatter(counts: BlockCounts, *, seed: int, draws: int, channel: ChannelSpread) -> pd.DataFrame:
    """Return how the key of every block scatters: mean, percentiles, and the probability of none.

    Every draw gives each pass a channel of its own, and draws Poisson counts and binomial errors about what is expected
    of that; see `satqkd.protocols.fluctuation`.
    """
    rng = np.random.default_rng(seed)
    columns = {name: np.zeros(len(counts.protocols)) for name in SCATTER}
    used = np.flatnonzero(counts.block_of_pass >= 0)
    used = used[np.argsort(counts.block_of_pass[used], kind="stable")]
    ends = np.searchsorted(counts.block_of_pass[used], np.arange(len(counts.protocols) + 1))
    for protocol, rows in blocks_by_protocol(counts).items():
        for first in range(0, rows.size, _DRAWN_TOGETHER):
            some = rows[first : first + _DRAWN_TOGETHER]
            places, block = _members(ends, some)
            expected = _drawn_channels(counts, used[places], block, protocol, channel, rng, draws)
            found = key_distribution(protocol.secret_key, counts=expected[0], errors=expected[1], rng=rng, draws=None)
            for name, values in zip(
                SCATTER,
                (
                    found.mean_bits,
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


def _drawn_channels(
    counts: BlockCounts,
    passes: IntArray,
    block: IntArray,
    protocol: Protocol,
    channel: ChannelSpread,
    rng: np.random.Generator,
    draws: int,
) -> tuple[FloatArray, FloatArray]:
    """Return counts and errors expected of blocks in every draw's channels, shape (draws, blocks, 2, intensities).

    Parameters
    ----------
    passes, block : ndarray of int
        The passes of the blocks, and the block of each, from 0 and rising.
    """
    noise = counts.noise
    assert noise is not None  # who draws has asked for it
    shape = (draws, int(block.max()) + 1, *counts.sifted.shape[1:])
    totals = np.zeros(shape), np.zeros(shape)
    for first in range(0, len(passes), _DRAWN_TOGETHER):
        own, into = passes[first : first + _DRAWN_TOGETHER], block[first : first + _DRAWN_TOGETHER]
        gain, factor = channel.draw(rng, (draws, len(own), 1, 1))
        drawn = counts_through(
            counts=counts.sifted[own],
            errors=counts.errors[own],
            noise=noise[own],
            gain=gain,
            misalignment_error=protocol.misalignment_error,
            misalignment_factor=factor,
        )
        starts = np.append(0, np.flatnonzero(np.diff(into)) + 1)
        for total, values in zip(totals, drawn, strict=True):
            total[:, into[starts]] += np.add.reduceat(values, starts, axis=1)
    return totals


def _members(ends: IntArray, blocks: NDArray[np.intp]) -> tuple[IntArray, IntArray]:
    """Return the places between the ends of some blocks, one block after another, and which of these each is of."""
    sizes = ends[blocks + 1] - ends[blocks]
    places = np.repeat(ends[blocks] - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
    return places, np.repeat(np.arange(len(blocks)), sizes)


def asymptotic_bits(counts: BlockCounts) -> NDArray[np.int64]:
    """Return the asymptotic bits of every pass, with the parameters of its block [bit]."""
    bits = np.zeros(counts.block_of_pass.size, dtype=np.int64)
    # Passes in the order of their blocks, so that those of a block are found without a search over all.
    order = np.argsort(counts.block_of_pass, kind="stable")
    ends = np.searchsorted(counts.block_of_pass[order], np.arange(len(counts.protocols) + 1))
    for protocol, blocks in blocks_by_protocol(counts).items():
        rows = order[_members(ends, blocks)[0]]
        length = protocol.asymptotic_bits(counts=counts.sifted[rows], errors=counts.errors[rows])
        bits[rows] = np.floor(length).astype(np.int64)
    return bits
