"""What the detectors of either basis see: noise counts, and what dead time leaves."""

from __future__ import annotations

import numpy as np

from satqkd.arrays import FloatArray
from satqkd.link.receiver.detector import Detector, dead_time_factor


def basis_shares(key_basis_probability: float) -> FloatArray:
    """Return the probabilities of choosing either basis (Z, X) [1], shape (2,)."""
    return np.array([key_basis_probability, 1.0 - key_basis_probability])


def noise_by_basis_cps(background_cps: FloatArray, detector: Detector, shares: FloatArray) -> FloatArray:
    """Return noise counts of the detectors of either basis [1/s], shape (n, 2).

    A splitter shares out the sky's light, but both its pairs of detectors count in the dark all the time; a single pair
    with an active choice measures in a basis for that basis' share of the time.
    """
    dark = 2.0 * detector.dark_count_hz * (np.ones(2) if detector.count == 4 else shares)
    return background_cps[:, None] * shares + dark


def alive_share(clicks_cps: FloatArray, detector: Detector) -> FloatArray:
    """Return the share of clicks that dead time leaves, from the clicks in either basis [1/s], shape (n, 2)."""
    if detector.count == 4:
        each = clicks_cps / 2.0
    else:
        each = np.broadcast_to(clicks_cps.sum(axis=1, keepdims=True) / 2.0, clicks_cps.shape)
    return dead_time_factor(each, dead_time_s=detector.dead_time_s)
