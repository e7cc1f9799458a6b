"""Tail bounds: how far a count can lie from its expectation, except with a chosen probability."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, as_floats, takes_quantities

TailBound = Literal["hoeffding", "chernoff", "relative-entropy"]


@takes_quantities
def hoeffding(counts: ArrayLike, *, log_inverse_epsilon: float) -> tuple[FloatArray, FloatArray]:
    """Return counts less and plus Hoeffding's deviation, which goes with the total over intensities.

    Parameters
    ----------
    counts : array_like
        Observed counts [1], shape (..., intensities).
    log_inverse_epsilon : float
        Natural logarithm of the inverse failure probability of one bound [1].

    Returns
    -------
    lower, upper : ndarray
        ``n_k -+ sqrt(n/2 ln(1/eps))`` [1], shape of `counts`; `lower` may be negative.

    Notes
    -----
    Lim et al., PRA 89, 022307 (2014), Eq. (3), doi:10.1103/PhysRevA.89.022307.
    """
    counts = as_floats("counts", counts)
    deviation = np.sqrt(0.5 * log_inverse_epsilon * counts.sum(axis=-1, keepdims=True))
    return counts - deviation, counts + deviation


@takes_quantities
def chernoff(counts: ArrayLike, *, log_inverse_epsilon: float) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper bounds on the expectation of each count, from the multiplicative Chernoff bound.

    Parameters
    ----------
    counts : array_like
        Observed counts [1], any shape.
    log_inverse_epsilon : float
        Natural logarithm `b` of the inverse failure probability of one bound [1].

    Returns
    -------
    lower, upper : ndarray
        ``n - [b/2 + sqrt(2 b n + b^2/4)]`` and ``n + b + sqrt(2 b n + b^2)`` [1], shape of `counts`; `lower` may be
        negative.

    Notes
    -----
    Yin et al., Sci. Rep. 10, 14312 (2020), doi:10.1038/s41598-020-71107-6.
    """
    counts = as_floats("counts", counts)
    b = log_inverse_epsilon
    lower = counts - (0.5 * b + np.sqrt(2.0 * b * counts + 0.25 * b * b))
    upper = counts + b + np.sqrt(2.0 * b * counts + b * b)
    return lower, upper


@takes_quantities
def relative_entropy(counts: ArrayLike, *, log_inverse_epsilon: float) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper bounds on the expectation of each count among their total, by the relative entropy.

    Parameters
    ----------
    counts : array_like
        Observed counts [1], shape (..., intensities).
    log_inverse_epsilon : float
        Natural logarithm `b` of the inverse failure probability of one bound [1].

    Returns
    -------
    lower, upper : ndarray
        Where ``n KL(n_k/n || p) = b``, as ``n p``, n the total [1], shape of `counts`; never on the near side of that.

    Notes
    -----
    Hoeffding, J. Am. Stat. Assoc. 58, 13 (1963), Theorem 1, doi:10.1080/01621459.1963.10500830: for a sum of n
    independent Bernoulli variables, which need not be alike. It is never wider than Hoeffding's deviation nor than the
    Chernoff bounds, both of which follow from it.
    """
    counts = as_floats("counts", counts)
    rest = np.maximum(counts.sum(axis=-1, keepdims=True) - counts, 0.0)
    below, above = _deviation(rest, counts, log_inverse_epsilon), _deviation(counts, rest, log_inverse_epsilon)
    lower = np.where(below > 0.0, np.nextafter(counts - below, -np.inf), counts)
    upper = np.where(above > 0.0, np.nextafter(counts + above, np.inf), counts)
    return np.maximum(lower, 0.0), upper


_NEWTON_STEPS = 60
_CLOSE = 4e-15
"""Relative change of a deviation at which the search ends, and by which it is widened, so that rounding is safe."""


def _deviation(growing: FloatArray, shrinking: FloatArray, b: float) -> FloatArray:
    """Return by how much one part of a total may grow at the cost of the other until the relative entropy is b.

    With d the deviation, ``-g l(d/g) - s l(-d/s) = b``, ``l(u) = ln(1 + u) - u``: the terms linear in d, which would
    take the digits of large counts, have cancelled. The left side is convex, so that Newton's steps from outside stay
    outside.
    """
    free = (growing > 0.0) & (shrinking > 0.0)
    g, s = np.where(free, growing, 1.0), np.where(free, shrinking, 1.0)
    wide = np.sqrt(0.5 * b * (g + s))
    above = b + np.sqrt(2.0 * b * g + b * b)
    below = 0.5 * b + np.sqrt(2.0 * b * s + 0.25 * b * b)
    # Pinsker's and Poisson's bounds on the relative entropy say that the root lies nearer than each of these.
    d = np.minimum(np.minimum(wide, np.minimum(above, below)), s * (1.0 - 2.0**-52))
    for _ in range(_NEWTON_STEPS):
        excess = -g * _log1p_less(d / g) - s * _log1p_less(-d / s) - b
        step = excess * (g + d) * (s - d) / ((g + s) * d)
        nearer = np.where(step > 0.0, d - step, d)
        done = bool((np.abs(step) <= _CLOSE * d).all())
        d = nearer
        if done:
            break
    d = np.minimum(d * (1.0 + _CLOSE), s)
    # A part that is nothing grows to n (1 - e^(-b/n)); a part that is all cannot grow.
    alone = -shrinking * np.expm1(-b / np.maximum(shrinking, 1e-300))
    return np.asarray(np.where(free, d, np.where(growing > 0.0, 0.0, alone * (1.0 + _CLOSE))))


def _log1p_less(u: FloatArray) -> FloatArray:
    """Return ``ln(1 + u) - u`` to full relative precision.

    With ``s = u/(2 + u)`` it is ``-u s + 2 (s^3/3 + s^5/5 + ...)``.
    """
    s = u / (2.0 + u)
    square = s * s
    series = np.zeros_like(s)
    for odd in (15, 13, 11, 9, 7, 5, 3):
        series = series * square + 1.0 / odd
    small = np.abs(u) < 0.1
    with np.errstate(divide="ignore"):
        exact = np.log1p(np.where(small, 0.0, u)) - u
    return np.asarray(np.where(small, -u * s + 2.0 * s * square * series, exact))


TAIL_BOUNDS: dict[TailBound, Callable[..., tuple[FloatArray, FloatArray]]] = {
    "hoeffding": hoeffding,
    "chernoff": chernoff,
    "relative-entropy": relative_entropy,
}
