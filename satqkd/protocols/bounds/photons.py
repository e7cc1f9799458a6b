"""What the counts of a signal and its decoys tell of vacuum and single photons."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from satqkd.arrays import FloatArray


class PhotonBounds(NamedTuple):
    """What the counts of a block tell of its photons; arrays over blocks.

    Attributes
    ----------
    vacuum : ndarray
        Lower bound on the key-basis detections from vacuum [1], >= 0.
    single, test_single : ndarray
        Lower bounds on the detections from single photons in the key basis and in the test basis [1], below zero where
        the counts are too few to tell.
    test_errors : ndarray
        Upper bound on the errors of the latter [1], >= 0.
    """

    vacuum: FloatArray
    single: FloatArray
    test_single: FloatArray
    test_errors: FloatArray


def vacuum_and_single_photon_events(
    *, lower: FloatArray, upper: FloatArray, intensities: FloatArray, probabilities: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return lower bounds on the detections from vacuum and single photons, given bounds on the counts.

    Parameters
    ----------
    lower, upper : ndarray
        Bounds on the expected counts of each intensity [1], shape (..., 3), signal first.
    intensities, probabilities : ndarray
        Mean photon numbers [1] and the probabilities of choosing them [1], shape (..., 3).

    Returns
    -------
    vacuum_events, single_photon_events : ndarray
        Shape (...) [1]. Vacuum is >= 0; single photons are below zero where the counts are too few to tell, the more so
        the fewer.

    Notes
    -----
    Lim et al., PRA 89, 022307 (2014), Eqs. (2) and (3), doi:10.1103/PhysRevA.89.022307.
    """
    scale = np.exp(intensities) / probabilities
    _, n2_lower, n3_lower = np.moveaxis(scale * lower, -1, 0)
    n1_upper, n2_upper, n3_upper = np.moveaxis(scale * upper, -1, 0)
    mu1, mu2, mu3 = np.moveaxis(intensities, -1, 0)
    tau0, tau1 = photon_number_probabilities(intensities, probabilities)
    y0 = np.maximum((mu2 * n3_lower - mu3 * n2_upper) / (mu2 - mu3), 0.0)
    squares = (mu2 - mu3) * (mu2 + mu3)
    y1 = mu1 * (n2_lower - n3_upper - squares / mu1**2 * (n1_upper - y0)) / (mu1 * (mu2 - mu3) - squares)
    return np.asarray(tau0 * y0), np.asarray(tau1 * y1)


def single_photon_errors(
    *, lower: FloatArray, upper: FloatArray, intensities: FloatArray, probabilities: FloatArray
) -> FloatArray:
    """Return an upper bound on the errors of single photons, given bounds on the error counts.

    Parameters
    ----------
    lower, upper : ndarray
        Bounds on the expected error counts of each intensity [1], shape (..., 3), signal first.
    intensities, probabilities : ndarray
        Mean photon numbers [1] and the probabilities of choosing them [1], shape (..., 3).

    Returns
    -------
    ndarray
        Upper bound, >= 0 [1], shape (...).

    Notes
    -----
    Lim et al., PRA 89, 022307 (2014), Eq. (4), doi:10.1103/PhysRevA.89.022307.
    """
    scale = np.exp(intensities) / probabilities
    _, mu2, mu3 = np.moveaxis(intensities, -1, 0)
    _, tau1 = photon_number_probabilities(intensities, probabilities)
    difference = (scale * upper)[..., 1] - (scale * lower)[..., 2]
    return np.asarray(np.maximum(tau1 * difference / (mu2 - mu3), 0.0))


def photon_number_probabilities(intensities: FloatArray, probabilities: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the probabilities that a pulse holds no photon and one photon [1], over all intensities."""
    weights = probabilities * np.exp(-intensities)
    return weights.sum(axis=-1), (weights * intensities).sum(axis=-1)


def one_decoy_vacuum_events(
    *, lower: FloatArray, upper: FloatArray, intensities: FloatArray, probabilities: FloatArray
) -> FloatArray:
    """Return a lower bound on the detections from vacuum, given bounds on the counts of a signal and one decoy.

    Parameters
    ----------
    lower, upper : ndarray
        Bounds on the expected counts of each intensity [1], shape (..., 2), signal first.
    intensities, probabilities : ndarray
        Mean photon numbers [1] and the probabilities of choosing them [1], shape (..., 2).

    Returns
    -------
    ndarray
        Lower bound, >= 0 [1], shape (...).

    Notes
    -----
    Rusca et al., Appl. Phys. Lett. 112, 171104 (2018), doi:10.1063/1.5023340.
    """
    scale = np.exp(intensities) / probabilities
    mu1, mu2 = np.moveaxis(intensities, -1, 0)
    tau0, _ = photon_number_probabilities(intensities, probabilities)
    difference = mu1 * (scale * lower)[..., 1] - mu2 * (scale * upper)[..., 0]
    return np.asarray(np.maximum(tau0 * difference / (mu1 - mu2), 0.0))


def one_decoy_single_photon_events(
    *,
    lower: FloatArray,
    upper: FloatArray,
    vacuum_upper: FloatArray,
    intensities: FloatArray,
    probabilities: FloatArray,
) -> FloatArray:
    """Return a lower bound on the detections from single photons, given bounds on counts and on vacuum detections.

    Parameters
    ----------
    lower, upper : ndarray
        Bounds on the expected counts of each intensity [1], shape (..., 2), signal first.
    vacuum_upper : ndarray
        Upper bound on the detections from vacuum [1], shape (...).
    intensities, probabilities : ndarray
        Mean photon numbers [1] and the probabilities of choosing them [1], shape (..., 2).

    Returns
    -------
    ndarray
        Lower bound [1], shape (...); below zero where the counts are too few to tell.

    Notes
    -----
    Rusca et al., Appl. Phys. Lett. 112, 171104 (2018), doi:10.1063/1.5023340.
    """
    scale = np.exp(intensities) / probabilities
    mu1, mu2 = np.moveaxis(intensities, -1, 0)
    tau0, tau1 = photon_number_probabilities(intensities, probabilities)
    ratio = (mu2 / mu1) ** 2
    excess = (scale * lower)[..., 1] - ratio * (scale * upper)[..., 0] - (1.0 - ratio) * vacuum_upper / tau0
    return np.asarray(tau1 * mu1 / (mu2 * (mu1 - mu2)) * excess)


def one_decoy_single_photon_errors(
    *, lower: FloatArray, upper: FloatArray, intensities: FloatArray, probabilities: FloatArray
) -> FloatArray:
    """Return an upper bound on the errors of single photons, given bounds on the errors of a signal and one decoy.

    Parameters
    ----------
    lower, upper : ndarray
        Bounds on the expected error counts of each intensity [1], shape (..., 2), signal first.
    intensities, probabilities : ndarray
        Mean photon numbers [1] and the probabilities of choosing them [1], shape (..., 2).

    Returns
    -------
    ndarray
        Upper bound, >= 0 [1], shape (...).

    Notes
    -----
    Rusca et al., Appl. Phys. Lett. 112, 171104 (2018), doi:10.1063/1.5023340.
    """
    scale = np.exp(intensities) / probabilities
    mu1, mu2 = np.moveaxis(intensities, -1, 0)
    _, tau1 = photon_number_probabilities(intensities, probabilities)
    difference = (scale * upper)[..., 0] - (scale * lower)[..., 1]
    return np.asarray(np.maximum(tau1 * difference / (mu1 - mu2), 0.0))
