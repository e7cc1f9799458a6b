"""What chance does to a block: a channel that is not as forecast, counts drawn about their means, and the key then."""

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
        Share of the draws that support it, of those that it was not found with [1].
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


@dataclass(frozen=True, slots=True)
class ChannelSpread:
    """How far a channel may be from its forecast; the forecast is its median.

    Parameters
    ----------
    loss_db : float
        Standard deviation of the loss, which is normal in decibels [dB].
    misalignment : float
        Factor by which the misalignment error is off at one standard deviation, log-normal [1]; 1 is not at all.
    """

    loss_db: float = 0.0
    misalignment: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a spread that is none."""
        if not (np.isfinite(self.loss_db) and self.loss_db >= 0.0):
            raise InputError(f"loss_db = {self.loss_db!r} is out of range: it must be at least 0 and finite.")
        if not (np.isfinite(self.misalignment) and self.misalignment >= 1.0):
            raise InputError(f"misalignment = {self.misalignment!r} is out of range: it must be at least 1 and finite.")

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[FloatArray, FloatArray]:
        """Return factors on the light that arrives, and on the misalignment error, each of a shape of its own draw."""
        gain = 10.0 ** (-0.1 * self.loss_db * rng.standard_normal(shape))
        return gain, self.misalignment ** rng.standard_normal(shape)


@takes_quantities
def counts_through(
    *,
    counts: ArrayLike,
    errors: ArrayLike,
    noise: ArrayLike,
    gain: ArrayLike,
    misalignment_error: ArrayLike = 0.0,
    misalignment_factor: ArrayLike = 1.0,
) -> tuple[FloatArray, FloatArray]:
    """Return expected counts and errors if the channel passes more or less light than it was taken to.

    Parameters
    ----------
    counts, errors : array_like
        Expected ones as forecast [1], any shape.
    noise : array_like
        What of the counts there would be without light from the sender [1]; half of it is errors.
    gain : array_like
        Light that arrives, over the forecast [1].
    misalignment_error : array_like
        Of the forecast, in [0, 1/2] [1].
    misalignment_factor : array_like
        On it [1]; the error ends at 1/2.

    Notes
    -----
    Light counts in proportion to the transmittance, as it does where few pulses give a click, and noise stays. What of
    the light's errors is not misalignment, such as turned bases, stays as well.
    """
    seen, wrong = checks.counts_array("counts", counts), checks.counts_array("errors", errors)
    dark = np.minimum(checks.counts_array("noise", noise), seen)
    light = seen - dark
    flips = np.clip((wrong - 0.5 * dark) / np.where(light > 0.0, light, 1.0), 0.0, 0.5)
    before = np.clip(np.asarray(misalignment_error, dtype=float), 0.0, 0.5)
    after = np.minimum(before * np.asarray(misalignment_factor, dtype=float), 0.5)
    # Independent flips multiply in 1 - 2e; a factor of one changes nothing.
    kept = np.where(before < 0.5, (1.0 - 2.0 * after) / np.where(before < 0.5, 1.0 - 2.0 * before, 1.0), 1.0)
    change = 0.5 * (1.0 - 2.0 * flips) * (1.0 - kept)
    light_after = light * np.asarray(gain, dtype=float)
    total = dark + light_after
    errors_after = 0.5 * dark + light_after * np.clip(flips + change, 0.0, 0.5)
    return total, np.minimum(errors_after, total)


@takes_quantities
def key_distribution(
    secret_key: Callable[..., BlockKey],
    *,
    counts: ArrayLike,
    errors: ArrayLike,
    rng: np.random.Generator,
    draws: int | None = 200,
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
    draws : int, optional
        Number of draws, at least 1; None if the first axis of `counts` and `errors` holds them: each draw has a channel
        of its own.

    Notes
    -----
    Shot noise of the detections, and what the channels of the draws differ in. The parameters of the block are those
    chosen beforehand. The percentiles are of the length each draw's counts would support, which tells how a prediction
    scatters; a proof of fixed length grants `fixed_bits` with probability `fixed_acceptance`, or nothing. That length
    is found with the first half of the draws and its support with the second, so that it is not tried on what it was
    fitted to; with one draw both are that one.
    """
    if draws is not None and draws < 1:
        raise InputError(f"draws = {draws!r} is out of range: it must be at least 1.")
    drawn_counts, drawn_errors = sample_counts(counts=counts, errors=errors, rng=rng, draws=draws)
    bits = np.asarray(secret_key(counts=drawn_counts, errors=drawn_errors).secret_bits, dtype=float)
    half = max(1, len(bits) // 2)
    fitted, fresh = bits[:half], bits[half:] if len(bits) > 1 else bits
    # The k-th longest of the draws is a length that k of them support.
    longest_first = -np.sort(-fitted, axis=0)
    support = (np.arange(half) + 1.0).reshape(-1, *([1] * (bits.ndim - 1))) / half
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
        fixed_acceptance=(fresh >= fixed).mean(axis=0),
    )
