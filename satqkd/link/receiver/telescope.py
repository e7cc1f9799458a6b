"""The receiving telescope and its optics up to the detectors."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, takes_quantities, within
from satqkd.errors import InputError
from satqkd.fields import Aperture, FieldOfView, FilterWidth, Fraction, PointingAngle, PositiveFraction, noun, one_of
from satqkd.link.receiver.field_stop import field_stop_transmittance

FilterShape = Literal["flat", "gaussian"]


@takes_quantities
def collecting_area_m2(aperture_m: ArrayLike, *, obscuration_ratio: ArrayLike = 0.0) -> FloatArray:
    """Area [m²] of a telescope of a diameter [m] with a central obscuration (diameter over diameter)."""
    diameter = within("aperture_m", aperture_m, 0.0, above=True)
    g = within("obscuration_ratio", obscuration_ratio, 0.0, 1.0)
    return np.asarray(np.pi / 4.0 * diameter**2 * (1.0 - g**2))


@takes_quantities
def filter_transmittance(
    shift_m: ArrayLike, *, filter_bandwidth_m: ArrayLike, filter_shape: FilterShape = "flat"
) -> FloatArray:
    """Transmittance of a spectral filter for a narrow line, relative to its centre.

    Parameters
    ----------
    shift_m : array_like
        Distance of the line from the filter's centre, e.g. by the Doppler effect [m].
    filter_bandwidth_m : array_like
        Equivalent width of the filter, the integral of its relative transmittance [m].
    filter_shape : {"flat", "gaussian"}, optional
        A flat top with steep sides, or a Gaussian of the same equivalent width.

    Returns
    -------
    ndarray
        In [0, 1]; for the Gaussian exp(-pi (shift/width)²).
    """
    one_of("filter_shape", filter_shape, ("flat", "gaussian"))
    detuning = within("shift_m", shift_m) / within("filter_bandwidth_m", filter_bandwidth_m, 0.0, above=True)
    if filter_shape == "gaussian":
        return np.asarray(np.exp(-np.pi * detuning**2))
    return np.asarray(np.where(np.abs(detuning) <= 0.5, 1.0, 0.0))


@takes_quantities
def solid_angle_sr(field_of_view_rad: ArrayLike) -> FloatArray:
    """Solid angle [sr] of a circular field of a full angle [rad], small angles: pi (FOV/2)²."""
    return np.asarray(np.pi / 4.0 * within("field_of_view_rad", field_of_view_rad, 0.0) ** 2)


@noun
class Receiver:
    """A receiving telescope, its field stop and its filter.

    Parameters
    ----------
    aperture_m : float or None, optional
        Diameter [m]; None where each station supplies its own telescope.
    obscuration_ratio : float, optional
        Central obscuration, diameter over diameter.
    optics_transmittance : float, optional
        From the telescope's entrance to the detectors, filter included, detectors not.
    field_of_view_rad : float
        Full angle of the field stop on the sky [rad].
    filter_bandwidth_m : float
        Equivalent width of the spectral filter [m].
    filter_shape : {"flat", "gaussian"}, optional
        Shape of the filter, which decides what a Doppler shift costs; see `filter_transmittance`.
    pointing_jitter_rad : float, optional
        Standard deviation of the telescope's tracking error per axis [rad], against the field stop.
    pointing_bias_rad : float, optional
        Static tracking error [rad].
    """

    field_of_view_rad: FieldOfView
    filter_bandwidth_m: FilterWidth
    aperture_m: Aperture | None = None
    obscuration_ratio: Fraction = 0.0
    optics_transmittance: PositiveFraction = 1.0
    filter_shape: FilterShape = "flat"
    pointing_jitter_rad: PointingAngle = 0.0
    pointing_bias_rad: PointingAngle = 0.0

    def __post_init__(self) -> None:
        if self.obscuration_ratio >= 1.0:
            raise InputError("Receiver.obscuration_ratio = 1 leaves no telescope: it must be less than 1.")

    @takes_quantities
    def doubt(self, *, wavelength_m: float) -> str:
        """Return what is wrong at a wavelength [m] if the field of view is smaller than a point's diffraction image.

        The Airy disc of a star has a diameter of 2.44 lambda/D on the sky; `field_stop_transmittance` knows seeing and
        tracking, not that, so that a smaller field costs light for which nothing is charged.
        """
        if self.aperture_m is None:
            return ""
        disc = 2.44 * wavelength_m / self.aperture_m
        if self.field_of_view_rad >= disc:
            return ""
        return (
            f"link.receiver.field_of_view_rad = {self.field_of_view_rad:g} is smaller than the diffraction image of "
            f"a point, 2.44 lambda/D = {disc:.3g} rad for {self.aperture_m:g} m at {wavelength_m * 1e9:.4g} nm: the "
            "light that does not pass is not charged here."
        )

    @takes_quantities
    def field_stop_transmittance(self, fried_parameter_m: ArrayLike, *, wavelength_m: float) -> FloatArray:
        """Share of the signal that passes the field stop, blurred by seeing and shaken by tracking errors."""
        return field_stop_transmittance(
            fried_parameter_m,
            wavelength_m=wavelength_m,
            field_of_view_rad=self.field_of_view_rad,
            jitter_rad=self.pointing_jitter_rad,
            bias_rad=self.pointing_bias_rad,
        )

    @takes_quantities
    def filter_transmittance(self, shift_m: ArrayLike) -> FloatArray:
        """Share of the signal that passes the filter although it is shifted in wavelength [m]."""
        return filter_transmittance(shift_m, filter_bandwidth_m=self.filter_bandwidth_m, filter_shape=self.filter_shape)
