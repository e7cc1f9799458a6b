"""What chance does to a block: counts drawn about their expectations, and how the key scatters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, takes_quantities
from satqkd.errors import InputError
from satqkd.protocols import checks
from satqkd.protocols.block import BlockKey


@dataclass(frozen=True, slots=True, eq=False)
class KeyDistribution:
    """How the key of a block scatters.

    Attributes
    ----------
    p10_bits, p50_bits, p90_bits : ndarray
        Tenth, fiftieth and ninetieth percentile of the key [bit], shape of the blocks.
    mean_bits : ndarray
        Mean [bit]; it can be positive where most blocks yield nothing.
    zero_probability : ndarray
        Share of the draws that yield nothing [1].
    fixed_bits : ndarray
        The length to agree on before the block that yields most on average [bit]: the proofs are of a fixed length,
        and a block whose counts do not support it is given up.
    fixed_acceptance : ndarray
        Share of the draws that support it [1].
    """

    p10_bits: FloatArray
    p50_bits: FloatArray
    p90_bits: FloatArray
    mean_bits: FloatArray
    zero_probability: FloatArray
    fixed_bits: FloatArray
    fixed_acceptance: FloatArray


@takes_quantities
def sample_counts(
    *, counts: ArrayLike, errors: ArrayLike, rng: np.random.Generator, draws: int | None = None
) -> tuple[FloatArray, FloatArray]:
    """Draw counts about their expectations, and the errors among them.

    Parameters
    ----------
    counts, errors : array_like
        Expected counts and expected errors among them [1], any shape.
    rng : numpy.random.Generator
        Where the chance comes from.
    draws : int, optional
        Number of draws, as a new first axis; without it one draw, without a new axis.

    Returns
    -------
    counts, errors : ndarray
        Whole numbers: counts of Poisson's distribution, errors binomial among them.
    """
    expected = checks.counts_array("counts", counts)
    wrong = checks.counts_array("errors", errors)
    checks.errors_within("errors", wrong, expected)
    shape = expected.shape if draws is None else (draws, *expected.shape)
    rate = np.minimum(wrong / np.where(expected > 0.0, expected, 1.0), 1.0)
    drawn = rng.poisson(expected, size=shape)
    return drawn.astype(float), rng.binomial(drawn, rate).astype(float)


@takes_quantities
def key_distribution(
    secret_key: Callable[..., BlockKey],
    *,
    counts: ArrayLike,
    errors: ArrayLike,
    rng: np.random.Generator,
    draws: int = 200,
) -> KeyDistribution:
    """Return how the key of each block scatters when its counts do.

    Parameters
    ----------
    secret_key : callable
        A protocol's ``secret_key``, called with `counts` and `errors` of shape (draws, ...).
    counts, errors : array_like
        Expected counts and errors as that takes them, shape (..., 2, intensities).
    rng : numpy.random.Generator
        Where the chance comes from.
    draws : int
        Number of draws, at least 1.

    Notes
    -----
    Shot noise of the detections only; weather, turbulence and pointing scatter more. The parameters of the block are
    those chosen beforehand. The percentiles are of the length each draw's counts would support, which tells how a
    prediction scatters; a proof of fixed length grants `fixed_bits` with probability `fixed_acceptance`, or nothing.
    """
    if draws < 1:
        raise InputError(f"draws = {draws!r} is out of range: it must be at least 1.")
    drawn_counts, drawn_errors = sample_counts(counts=counts, errors=errors, rng=rng, draws=draws)
    bits = np.asarray(secret_key(counts=drawn_counts, errors=drawn_errors).secret_bits, dtype=float)
    # The k-th longest of the draws is a length that k of them support.
    longest_first = -np.sort(-bits, axis=0)
    support = (np.arange(draws) + 1.0).reshape(-1, *([1] * (bits.ndim - 1))) / draws
    best = np.argmax(longest_first * support, axis=0)[None]
    fixed = np.take_along_axis(longest_first, best, axis=0)[0]
    low, middle, high = np.percentile(bits, (10.0, 50.0, 90.0), axis=0)
    return KeyDistribution(
        p10_bits=np.asarray(low),
        p50_bits=np.asarray(middle),
        p90_bits=np.asarray(high),
        mean_bits=bits.mean(axis=0),
        zero_probability=(bits == 0.0).mean(axis=0),
        fixed_bits=fixed,
        fixed_acceptance=(bits >= fixed).mean(axis=0),
    )
