"""Decibels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray as FloatArray, as_floats


def loss_db(transmittance: ArrayLike) -> FloatArray:
    """Convert a transmittance [1] to a loss [dB], >= 0 for a transmittance up to 1; none arriving is infinite loss.

    >>> float(loss_db(0.5).round(4))
    3.0103
    """
    with np.errstate(divide="ignore"):
        # Adding 0.0 turns the -0.0 of a perfect transmittance into 0.0.
        return np.asarray(-10.0 * np.log10(as_floats("transmittance", transmittance)) + 0.0)


def transmittance(loss_db: ArrayLike) -> FloatArray:
    """Convert a loss [dB] to a transmittance [1].

    >>> float(transmittance(10.0))
    0.1
    """
    return np.asarray(10.0 ** (-as_floats("loss_db", loss_db) / 10.0))
