"""What error correction reveals."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, as_floats, takes_quantities
from satqkd.protocols.bounds.entropy import binary_entropy


@takes_quantities
def error_correction_leakage(*, key_bits: ArrayLike, error_rate: ArrayLike, efficiency: float = 1.16) -> FloatArray:
    """Return the expected leakage of error correction, ``f n h(Q)``.

    Parameters
    ----------
    key_bits : array_like
        Length n of the raw key [bit], any shape.
    error_rate : array_like
        Error rate Q of the raw key [1], broadcast with `key_bits`; above 1/2 it costs what 1/2 costs.
    efficiency : float
        Ratio f of what is revealed to the Shannon limit [1].

    Returns
    -------
    ndarray
        Leakage [bit].

    Notes
    -----
    An estimate made before the pass. The length of a key that was distilled takes the bits actually revealed.
    """
    rate = np.minimum(as_floats("error_rate", error_rate), 0.5)
    return np.asarray(efficiency * as_floats("key_bits", key_bits) * binary_entropy(rate))


@takes_quantities
def finite_block_leakage(
    *, key_bits: ArrayLike, error_rate: ArrayLike, epsilon_correctness: float, efficiency: float = 1.16
) -> FloatArray:
    """Return the least leakage a one-way code of finite length can reach, or ``f n h(Q)`` where that is more.

    Parameters
    ----------
    key_bits : array_like
        Length n of the raw key [bit], any shape.
    error_rate : array_like
        Error rate Q of the raw key [1], broadcast with `key_bits`; above 1/2 it costs what 1/2 costs.
    epsilon_correctness : float
        Probability that the corrected keys differ [1].
    efficiency : float
        Ratio f of what is revealed to the Shannon limit [1], for long blocks.

    Returns
    -------
    ndarray
        Leakage [bit].

    Notes
    -----
    ``n h(Q) + [n (1 - Q) - F^-1(eps_cor; n, 1 - Q) - 1] log2((1 - Q)/Q) - log2(n)/2 - log2(1/eps_cor)`` with the
    inverse of the binomial distribution, binary logarithms throughout: Tomamichel, Martinez-Mateo, Pacher, Elkouss,
    Quantum Inf. Process. 16, 280 (2017), doi:10.1007/s11128-017-1709-5.
    """
    from scipy.special import bdtrik

    n, rate = np.broadcast_arrays(
        np.floor(as_floats("key_bits", key_bits)), np.minimum(as_floats("error_rate", error_rate), 0.5)
    )
    shannon = error_correction_leakage(key_bits=key_bits, error_rate=rate, efficiency=efficiency)
    noisy = (n >= 1.0) & (rate > 0.0)
    n, rate = np.where(noisy, n, 1.0), np.where(noisy, rate, 0.5)
    quantile = np.ceil(bdtrik(epsilon_correctness, n, 1.0 - rate))
    odds = np.log2(1.0 / rate - 1.0)
    code = n * binary_entropy(rate) + (n * (1.0 - rate) - quantile - 1.0) * odds
    code += np.log2(epsilon_correctness) - 0.5 * np.log2(n)
    return np.where(noisy, np.maximum(code, shannon), shannon)


LeakageModel = Literal["efficiency", "finite-block"]


@takes_quantities
def block_leakage(
    model: LeakageModel,
    *,
    key_bits: ArrayLike,
    errors: ArrayLike,
    efficiency: float,
    epsilon_correctness: float,
) -> FloatArray:
    """Return the leakage of a block from its errors by either model [bit]."""
    n = as_floats("key_bits", key_bits)
    rate = as_floats("errors", errors) / np.where(n > 0.0, n, 1.0)
    if model == "efficiency":
        return error_correction_leakage(key_bits=n, error_rate=rate, efficiency=efficiency)
    return finite_block_leakage(
        key_bits=n, error_rate=rate, epsilon_correctness=epsilon_correctness, efficiency=efficiency
    )
