"""The error rate of the raw key by cause."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, as_floats, takes_quantities, within
from satqkd.link.receiver.detector import Detector, click_statistics


def combined_error(*errors: ArrayLike) -> FloatArray:
    """Probability that independent causes flip a bit an odd number of times.

    Parameters
    ----------
    *errors : array_like
        Probability of a flip by each cause, in [0, 1/2].

    Returns
    -------
    ndarray
        (1 - prod(1 - 2 e))/2: the sum of the causes where they are small, never above 1/2.
    """
    kept = np.ones(())
    for error in errors:
        kept = kept * (1.0 - 2.0 * within("error", error, 0.0, 0.5))
    return np.asarray((1.0 - kept) / 2.0)


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """Shares of the error rate, arrays of one shape; their sum is the error rate of `click_statistics`."""

    source: FloatArray
    misalignment: FloatArray
    rotation: FloatArray
    background: FloatArray
    dark: FloatArray
    stray: FloatArray

    @property
    def qber(self) -> FloatArray:
        """All causes together [1]."""
        return np.asarray(sum(getattr(self, field.name) for field in fields(self)))


@takes_quantities
def error_budget(
    *,
    mean_photon_number: ArrayLike,
    transmittance: ArrayLike,
    detector: Detector,
    background_cps: ArrayLike,
    source_error: ArrayLike = 0.0,
    misalignment_error: ArrayLike = 0.0,
    rotation_error: ArrayLike = 0.0,
    basis_probability: ArrayLike = 0.5,
    stray_probability: ArrayLike = 0.0,
) -> ErrorBudget:
    """Split the error rate of one intensity into its causes.

    Parameters
    ----------
    mean_photon_number : array_like
        Mean photon number at the exit aperture [1].
    transmittance : array_like
        Total transmittance, detectors included; `LinkBudget.transmittance`.
    detector : Detector
        Its dark counts, gate and number.
    background_cps : array_like
        Background counts of the whole receiver [1/s].
    source_error, misalignment_error, rotation_error : array_like, optional
        Probability of a wrong bit by the prepared state, by the receiver's analysis, by turned bases.
    basis_probability : array_like, optional
        Probability that the receiver chooses this basis.
    stray_probability : array_like, optional
        After-pulses and spill per gate; `Detector.stray_click_probability`.

    Returns
    -------
    ErrorBudget
        Broadcast shape of the arguments.

    Notes
    -----
    Errors of the light alone are shared in proportion to the three probabilities, what noise adds to them in proportion
    to the rates of its sources, so that the shares add up exactly. Where nothing clicks there is no error to share: the
    error rate's 1/2 goes to the dark.
    """
    parts = [
        within(name, value, 0.0, 0.5)
        for name, value in (
            ("source_error", source_error),
            ("misalignment_error", misalignment_error),
            ("rotation_error", rotation_error),
        )
    ]
    e_d = combined_error(*parts)
    shares = {"basis_probability": basis_probability, "stray_probability": stray_probability}
    noise = detector.noise_probability(background_cps, **shares)
    gain, total = click_statistics(mean_photon_number, transmittance, noise, e_d)
    light_gain, light_error = click_statistics(mean_photon_number, transmittance, 0.0, e_d)
    from_light = np.where(gain > 0.0, light_gain * light_error / np.where(gain > 0.0, gain, 1.0), 0.0)
    from_noise = np.maximum(total - from_light, 0.0)
    light = [np.asarray(from_light * weight) for weight in _weights(*parts)]
    effective = 2.0 / as_floats("basis_probability", basis_probability) if detector.count == 4 else 2.0
    dark = effective * detector.dark_count_hz * detector.gate_s
    sky = within("background_cps", background_cps, 0.0) * detector.gate_s
    stray = within("stray_probability", stray_probability, 0.0, 1.0)
    weights = _weights(sky, dark, stray, nothing=1)
    terms = np.broadcast_arrays(*light, *(from_noise * weight for weight in weights))
    return ErrorBudget(*terms)


def _weights(*parts: ArrayLike, nothing: int = 0) -> list[FloatArray]:
    """Shares of each part in the sum; the part numbered `nothing` gets all where all are zero."""
    arrays = [np.asarray(part, dtype=float) for part in parts]
    whole = np.asarray(sum(arrays))
    empty = whole <= 0.0
    safe = np.where(empty, 1.0, whole)
    return [np.where(empty, float(i == nothing), array / safe) for i, array in enumerate(arrays)]
