"""What error correction reveals."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from satqkd.protocols.entropy import binary_entropy
from satqkd.units import FloatArray


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
    rate = np.minimum(np.asarray(error_rate, dtype=float), 0.5)
    return np.asarray(efficiency * np.asarray(key_bits, dtype=float) * binary_entropy(rate))
