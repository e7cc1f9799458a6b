"""The exact tail of sampling without replacement, for one block at a time."""

from __future__ import annotations

import math

import numpy as np

from satqkd.arrays import FloatArray
from satqkd.protocols.bounds.sampling import divergence, invert_tail

_MOST_TERMS = 1 << 20
"""Terms of the tail that are added one by one; the rest is bounded by a geometric series."""

_SMALLEST_SHARE = -40.0
"""Natural logarithm of a share of the tail too small to matter."""


def most_errors_elsewhere(*, errors: int, sample: int, rest: int, log_inverse_probability: float) -> int:
    """Return how many errors the rest can hold before so few in the sample become too improbable.

    Parameters
    ----------
    errors, sample : int
        Errors in the sample, and its size [1].
    rest : int
        Size of the rest, at least 1 [1].
    log_inverse_probability : float
        Natural logarithm of the inverse probability that is too small [1].

    Returns
    -------
    int
        Smallest m - `errors` with ``P[at most errors in the sample | m in all] < probability`` [1]; `rest` where even
        that is not improbable.

    Notes
    -----
    Hypergeometric distribution, its largest term by Stirling's series and the others by their ratios, so that neither
    loses digits at any size: Loader (2000), "Fast and accurate computation of binomial probabilities".
    """

    def improbable(elsewhere: int) -> bool:
        return -log_tail(errors=errors, sample=sample, elsewhere=elsewhere, rest=rest) > log_inverse_probability

    if not improbable(rest):
        return rest
    arrays = (np.array([float(size)]) for size in (errors, sample, rest))
    sizes = dict(zip(("errors", "sample", "rest"), arrays, strict=True))
    start = np.array([errors / sample])
    closed = float(invert_tail(**sizes, low=start, high=1.0, target=log_inverse_probability)[0]) * rest
    # The closed form is safe and less than 2 % above; where rounding says otherwise the bracket is widened.
    high = min(rest, math.ceil(closed))
    while not improbable(high):
        high = min(rest, high + max(1, high // 50))
    step = max(1, high // 50)
    low = high - step
    while low > 0 and improbable(low):
        high, low, step = low, low - step, 2 * step
    low = max(low, -1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if improbable(middle) else (middle, high)
    return high


def log_tail(*, errors: int, sample: int, elsewhere: int, rest: int) -> float:
    """Return ``ln P[at most errors in the sample | errors + elsewhere in all]``; an upper bound beyond 1e6 terms.

    Parameters
    ----------
    errors, sample : int
        Errors in the sample, and its size [1].
    elsewhere, rest : int
        Errors in the rest, and its size [1].
    """
    total_errors, total = errors + elsewhere, sample + rest
    q = total_errors / total
    term = _log_binomial(errors, sample, q) + _log_binomial(elsewhere, rest, q) - _log_binomial(total_errors, total, q)
    smallest = max(0, total_errors - rest)
    if errors == smallest:
        return term
    first = errors * (rest - elsewhere) / ((elsewhere + 1.0) * (sample - errors + 1.0))
    if first >= 1.0:
        return 0.0  # above the mode the tail is about a half or more: never improbable
    # The ratios fall with every term, so that this many leave nothing a float could hold.
    count = min(errors - smallest, _MOST_TERMS, 1 + math.ceil(_SMALLEST_SHARE / math.log(first)))
    x = errors - np.arange(count, dtype=float)
    ratios = x * (rest - elsewhere - (errors - x)) / ((total_errors - x + 1.0) * (sample - x + 1.0))
    terms = np.cumprod(ratios)
    rest_of_tail = float(terms[-1] * ratios[-1] / (1.0 - ratios[-1])) if count == _MOST_TERMS else 0.0
    return term + math.log1p(float(terms.sum()) + rest_of_tail)


def _log_binomial(k: int, n: int, q: float) -> float:
    """Return the logarithm of the binomial probability of k among n at probability q."""
    if n == 0 or q in (0.0, 1.0):
        return 0.0
    x = k / n
    value = -n * float(divergence(np.array(x), np.array(q), np.array(x - q)))
    if 0 < k < n:
        value += 0.5 * math.log(n / (2.0 * math.pi * k * (n - k))) + _stirling(n) - _stirling(k) - _stirling(n - k)
    return value


def _stirling(n: int) -> float:
    """Return ``ln n!`` less Stirling's ``n ln n - n + ln(2 pi n)/2``."""
    if n < 16:
        return math.lgamma(n + 1.0) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(2.0 * math.pi)
    x = 1.0 / (n * n)
    return (1.0 / 12.0 - x * (1.0 / 360.0 - x * (1.0 / 1260.0 - x / 1680.0))) / n


def phase_error_rates(
    *, errors: FloatArray, sample: FloatArray, rest: FloatArray, log_inverse_probability: float
) -> FloatArray:
    """Return the exact upper bound on the error rate of the rest, block by block [1], at most 1/2.

    Parameters
    ----------
    errors, sample, rest : ndarray
        Errors in the sample, its size, and the size of the rest [1], same shape; expected values count as the whole
        numbers on the safe side of them.
    log_inverse_probability : float
        Natural logarithm of the inverse failure probability [1].
    """
    rates = np.full(errors.shape, 0.5)
    for index in np.ndindex(errors.shape):
        v, d, c = math.ceil(errors[index]), math.floor(sample[index]), math.floor(rest[index])
        if d > 0 and c > 0 and 2 * v < d:
            most = most_errors_elsewhere(errors=v, sample=d, rest=c, log_inverse_probability=log_inverse_probability)
            rates[index] = min(most / c, 0.5)
    return rates
