"""Tail bounds: how far a count can lie from its expectation, except with a chosen probability."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, as_floats, takes_quantities

TailBound = Literal["hoeffding", "chernoff"]


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


TAIL_BOUNDS: dict[TailBound, Callable[..., tuple[FloatArray, FloatArray]]] = {
    "hoeffding": hoeffding,
    "chernoff": chernoff,
}
