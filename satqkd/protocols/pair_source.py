"""Coincidences of a source of entangled photon pairs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, takes_quantities, within
from satqkd.errors import ValidityWarning, warn

_DENSE = 0.1
"""Pairs or clicks per coincidence window above which treating coincidences as rare is no good."""


_ERF = np.frompyfunc(math.erf, 1, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Coincidences:
    """Coincidence rates between two receivers, whatever their bases.

    Attributes
    ----------
    rate_cps : ndarray
        Coincidences, true and accidental [1/s].
    accidental_cps : ndarray
        Accidental ones among them [1/s].
    error_rate : ndarray
        Share of unequal bits among those of matched bases [1]; 1/2 where there are none.
    """

    rate_cps: FloatArray
    accidental_cps: FloatArray
    error_rate: FloatArray


@takes_quantities
def coincidences(
    *,
    pair_rate_hz: ArrayLike,
    transmittance_a: ArrayLike,
    transmittance_b: ArrayLike,
    noise_a_cps: ArrayLike,
    noise_b_cps: ArrayLike,
    coincidence_window_s: ArrayLike,
    misalignment_error: ArrayLike,
    jitter_a_s: ArrayLike = 0.0,
    jitter_b_s: ArrayLike = 0.0,
) -> Coincidences:
    """Return true and accidental coincidences of the two photons of each pair.

    Parameters
    ----------
    pair_rate_hz : array_like
        Pairs the source makes per second [1/s].
    transmittance_a, transmittance_b : array_like
        Transmittance from the source to a click of either receiver [1].
    noise_a_cps, noise_b_cps : array_like
        Noise counts of either receiver, all its detectors together [1/s].
    coincidence_window_s : array_like
        Full width of the coincidence window [s].
    misalignment_error : array_like
        Probability that a true pair measured in one basis gives unequal bits [1].
    jitter_a_s, jitter_b_s : array_like, optional
        Standard deviation of the Gaussian timing error of a click of either receiver [s].

    Returns
    -------
    Coincidences
        Rates and error rate, broadcast shape of the arguments.

    Raises
    ------
    InputError
        For a negative or infinite rate, or a transmittance or probability outside [0, 1].

    Notes
    -----
    ``R eta_A eta_B`` true coincidences, ``S_A S_B tau_c`` accidental ones from the singles ``S = R eta + noise``, whose
    bits agree by chance. The times of the two clicks of a pair differ by the errors of both, of variance
    ``sigma_A² + sigma_B²``: the window accepts ``erf(tau_c/(sqrt(8) sigma))`` of the true ones. Valid while less than
    one pair or click falls into a window; a warning says where not.
    """
    given = {
        "pair_rate_hz": pair_rate_hz,
        "transmittance_a": transmittance_a,
        "transmittance_b": transmittance_b,
        "noise_a_cps": noise_a_cps,
        "noise_b_cps": noise_b_cps,
        "coincidence_window_s": coincidence_window_s,
        "misalignment_error": misalignment_error,
        "jitter_a_s": jitter_a_s,
        "jitter_b_s": jitter_b_s,
    }
    shares = ("transmittance_a", "transmittance_b", "misalignment_error")
    rate, eta_a, eta_b, noise_a, noise_b, window, error, jitter_a, jitter_b = (
        within(name, value, 0.0, 1.0 if name in shares else np.inf) for name, value in given.items()
    )
    singles_a, singles_b = rate * eta_a + noise_a, rate * eta_b + noise_b
    if np.any(np.maximum(rate, np.maximum(singles_a, singles_b)) * window > _DENSE):
        warn(
            f"more than {_DENSE:g} pairs or clicks per coincidence window: the coincidence rates are first order in it",
            ValidityWarning,
        )
    true = rate * eta_a * eta_b * _accepted(window, np.hypot(jitter_a, jitter_b))
    accidental = singles_a * singles_b * window
    total = true + accidental
    wrong = error * true + 0.5 * accidental
    some = total > 0.0
    return Coincidences(
        rate_cps=total, accidental_cps=accidental, error_rate=np.where(some, wrong / np.where(some, total, 1.0), 0.5)
    )


def _accepted(window_s: FloatArray, spread_s: FloatArray) -> FloatArray:
    """Return the share of time differences of a standard deviation that fall into a window of a full width."""
    with np.errstate(divide="ignore", invalid="ignore"):
        argument = np.where(spread_s > 0.0, window_s / (math.sqrt(8.0) * spread_s), np.inf)
    return np.asarray(_ERF(argument), dtype=float)
