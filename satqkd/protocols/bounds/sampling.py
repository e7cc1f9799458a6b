"""What the errors of a random sample say about those of the rest, which was not looked at."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, broadcast_floats, takes_quantities

_LN2 = float(np.log(2.0))

_MOST_STEPS = 60
"""Steps of Newton's method at most: enough for bisection alone, ten times what it takes."""


@takes_quantities
def gaussian_phase_error(
    *, errors: ArrayLike, sample: ArrayLike, rest: ArrayLike, log2_inverse_epsilon: float
) -> FloatArray:
    """Return the upper bound on the error rate of the rest that decoy-state proofs print, an expansion for many errors.

    Parameters
    ----------
    errors, sample : array_like
        Errors in the sample, and its size [1].
    rest : array_like
        Size of the rest [1].
    log2_inverse_epsilon : float
        Binary logarithm of the inverse failure probability [bit].

    Returns
    -------
    ndarray
        ``b + gamma`` [1], at most 1/2; 1/2 where sample or rest is less than one.

    Notes
    -----
    Lim et al., PRA 89, 022307 (2014), Eq. (5), doi:10.1103/PhysRevA.89.022307, after Fung, Ma, Chau, PRA 81, 012318
    (2010), doi:10.1103/PhysRevA.81.012318. An expansion to second order: below some 50 errors in the sample it is no
    bound any more, and without errors it is zero; see `phase_error_bound`.
    """
    errors, sample, rest = broadcast_floats(errors=errors, sample=sample, rest=rest)
    known = (sample >= 1.0) & (rest >= 1.0) & (errors < 0.5 * sample)
    sample, rest = np.where(known, sample, 1.0), np.where(known, rest, 1.0)
    rate = np.where(known, errors, 0.0) / sample
    inverse = 1.0 / sample + 1.0 / rest
    product = (1.0 - rate) * rate
    positive = product > 0.0
    bits = np.log2(inverse) - np.log2(np.where(positive, product, 1.0)) + 2.0 * log2_inverse_epsilon
    gamma = np.sqrt(inverse * product * np.maximum(bits, 0.0) / _LN2)
    return np.where(known, np.minimum(rate + gamma, 0.5), 0.5)


@takes_quantities
def serfling_phase_error(
    *, errors: ArrayLike, sample: ArrayLike, rest: ArrayLike, log2_inverse_epsilon: float
) -> FloatArray:
    """Return Serfling's upper bound on the error rate of the rest, which does not care how many errors there are.

    Parameters
    ----------
    errors, sample : array_like
        Errors in the sample, and its size [1].
    rest : array_like
        Size of the rest [1].
    log2_inverse_epsilon : float
        Binary logarithm of the inverse of epsilon, whose square is the failure probability [bit].

    Returns
    -------
    ndarray
        ``v/d + sqrt((c + d)/(c d) (d + 1)/d ln(1/eps))`` [1], at most 1/2; 1/2 where sample or rest is less than one.

    Notes
    -----
    Serfling, Ann. Stat. 2, 39 (1974), doi:10.1214/aos/1176342611, as used by Tomamichel et al., Nat. Commun. 3, 634
    (2012), doi:10.1038/ncomms1631. Not symmetric: d is the sample, c the rest.
    """
    errors, sample, rest = broadcast_floats(errors=errors, sample=sample, rest=rest)
    known = (sample >= 1.0) & (rest >= 1.0) & (errors < 0.5 * sample)
    d, c = np.where(known, sample, 1.0), np.where(known, rest, 1.0)
    spread = np.sqrt((1.0 / c + 1.0 / d) * (1.0 + 1.0 / d) * log2_inverse_epsilon * _LN2)
    return np.where(known, np.minimum(np.where(known, errors, 0.0) / d + spread, 0.5), 0.5)


@takes_quantities
def phase_error_bound(
    *, errors: ArrayLike, sample: ArrayLike, rest: ArrayLike, log2_inverse_epsilon: float
) -> FloatArray:
    """Return an upper bound on the error rate of the rest, valid for few errors as well as for many.

    Parameters
    ----------
    errors, sample : array_like
        Errors in the sample, and its size [1].
    rest : array_like
        Size of the rest [1].
    log2_inverse_epsilon : float
        Binary logarithm of the inverse failure probability [bit].

    Returns
    -------
    ndarray
        Upper bound [1], at most 1/2; 1/2 where sample or rest is less than one.

    Notes
    -----
    The larger of `gaussian_phase_error` and of what the hypergeometric distribution allows at the same probability
    (`hypergeometric_tail_exponent`). The printed expansion falls short of the latter, and is no bound, for fewer than
    about 2 ln(1/eps) errors in the sample or in the rest: without errors it would promise a perfect rest. It also falls
    short, by a per mille, for thousands of errors where epsilon is as large as 1e-2, because it takes the probability
    of one count for that of all counts below it.
    """
    arrays = broadcast_floats(errors=errors, sample=sample, rest=rest)
    v, d, c = (array.ravel() for array in arrays)
    bound = gaussian_phase_error(errors=v, sample=d, rest=c, log2_inverse_epsilon=log2_inverse_epsilon)
    target = log2_inverse_epsilon * _LN2
    open_ = np.flatnonzero(bound < 0.5)
    exponent = hypergeometric_tail_exponent(errors=v[open_], sample=d[open_], rest=c[open_], rate=bound[open_])
    short = open_[exponent < target]
    bound[short] = invert_tail(errors=v[short], sample=d[short], rest=c[short], low=bound[short], target=target)
    return bound.reshape(arrays[0].shape)


@takes_quantities
def hypergeometric_tail_exponent(
    *, errors: ArrayLike, sample: ArrayLike, rest: ArrayLike, rate: ArrayLike
) -> FloatArray:
    """Return a lower bound on ``-ln P`` of seeing so few errors in the sample if the rest held them at a given rate.

    Parameters
    ----------
    errors, sample : array_like
        Errors in the sample, and its size [1].
    rest, rate : array_like
        Size of the rest, and its error rate [1].

    Returns
    -------
    ndarray
        Exponent [nat]; minus infinity where the rest is not worse than the sample.

    Notes
    -----
    ``P[X = v] = B(v; d, q) B(y; c, q) / B(v + y; c + d, q)`` with v errors of d in the sample, y of c in the rest and
    ``q = (v + y)/(c + d)``. Each binomial of the numerator is at most ``exp(-n D) min(1, 1/sqrt(2 pi n x (1 - x)))``,
    the one of the denominator, at its mean, at least ``1/sqrt(8 n q (1 - q))``, and the terms below v fall faster than
    a geometric series. Within 1 % of the exact quantile from no error to thousands.
    """
    v, d, c, phi = broadcast_floats(errors=errors, sample=sample, rest=rest, rate=rate)
    y = c * phi
    total = c + d
    q = (v + y) / total
    ratio = v * (c - y) / ((y + 1.0) * (d - v + 1.0))
    falling = ratio < 1.0
    numerator = np.maximum(2.0 * np.pi * v * (1.0 - v / d), 1.0) * np.maximum(2.0 * np.pi * y * (1.0 - phi), 1.0)
    spread = 0.5 * np.log(numerator / np.maximum(8.0 * total * q * (1.0 - q), 1.0))
    lead = (phi - v / d) / total
    exponent = d * divergence(v / d, q, -c * lead) + c * divergence(phi, q, d * lead) + spread
    exponent = exponent + np.log1p(-np.where(falling, ratio, 0.0))
    return np.where(falling & (phi > v / d), exponent, -np.inf)


def divergence(x: FloatArray, q: FloatArray, difference: FloatArray) -> FloatArray:
    """Return the relative entropy of two coins of probability x and q [nat], from x, q and x - q.

    The difference is asked for because it is often known better than from x and q.
    """
    return _half_divergence(x, q, difference) + _half_divergence(1.0 - x, 1.0 - q, -difference)


def _half_divergence(x: FloatArray, q: FloatArray, difference: FloatArray) -> FloatArray:
    """Return ``x ln(x/q) + q - x`` from x, q and x - q: by its series where they are near each other."""
    t = difference / np.where(q > 0.0, q, 1.0)
    near = np.abs(t) < 1e-2
    s = np.where(near, t, 0.0)
    series = q * s * s * (1.0 / 2.0 - s * (1.0 / 6.0 - s * (1.0 / 12.0 - s * (1.0 / 20.0 - s * (1.0 / 30.0)))))
    far = (x > 0.0) & ~near
    logarithm = np.log(np.where(far, x, 1.0) / np.where(far, q, 1.0))
    return np.asarray(np.where(near, series, x * logarithm - difference))


def invert_tail(
    *, errors: FloatArray, sample: FloatArray, rest: FloatArray, low: FloatArray, target: float, high: float = 0.5
) -> FloatArray:
    """Return the rate between `low` and `high` whose exponent is the target, or `high` [1].

    Newton's method in the logarithm of the excess over the sample's rate, with the derivative of the exponent's leading
    part, kept between bounds that every step improves.
    """
    sizes = {"errors": errors, "sample": sample, "rest": rest}
    rate = errors / sample
    lower = np.log(np.maximum(low - rate, 1e-12 * (rate + 1.0 / sample)))
    upper = np.log(np.maximum(high - rate, np.exp(lower)))
    guess = np.log((target + np.sqrt(2.0 * target * errors)) * (1.0 / sample + 1.0 / rest))
    guess = np.where((guess > lower) & (guess < upper), guess, 0.5 * (lower + upper))
    highest = upper
    for _ in range(_MOST_STEPS):
        phi = rate + np.exp(guess)
        shortfall = target - hypergeometric_tail_exponent(**sizes, rate=phi)
        lower, upper = np.where(shortfall > 0.0, guess, lower), np.where(shortfall > 0.0, upper, guess)
        if np.all((np.abs(shortfall) <= 1e-13 * target) | (upper - lower <= 1e-14)):
            break
        mean = (errors + rest * phi) / (sample + rest)
        odds = np.log(phi / mean * ((1.0 - mean) / np.maximum(1.0 - phi, 1e-300)))
        step = guess + shortfall / np.maximum(rest * odds * (phi - rate), 1e-300)
        guess = np.where((step > lower) & (step < upper), step, 0.5 * (lower + upper))
    return np.where(upper == highest, high, np.minimum(rate + np.exp(guess), high))
