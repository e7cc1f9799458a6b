"""The receiving telescope and its optics up to the detectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from satqkd.errors import InputError
from satqkd.limits import Fraction, Positive, PositiveFraction, check_limits
from satqkd.link.checks import within
from satqkd.units import FloatArray


def collecting_area_m2(aperture_m: ArrayLike, *, obscuration_ratio: ArrayLike = 0.0) -> FloatArray:
    """Area [m²] of a telescope of a diameter [m] with a central obscuration (diameter over diameter)."""
    diameter = within("aperture_m", aperture_m, 0.0, above=True)
    g = within("obscuration_ratio", obscuration_ratio, 0.0, 1.0)
    return np.asarray(np.pi / 4.0 * diameter**2 * (1.0 - g**2))


def solid_angle_sr(field_of_view_rad: ArrayLike) -> FloatArray:
    """Solid angle [sr] of a circular field of a full angle [rad], small angles: pi (FOV/2)²."""
    return np.asarray(np.pi / 4.0 * within("field_of_view_rad", field_of_view_rad, 0.0) ** 2)


@dataclass(frozen=True, slots=True, kw_only=True)
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
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    field_of_view_rad: Positive
    filter_bandwidth_m: Positive
    aperture_m: Positive | None = None
    obscuration_ratio: Fraction = 0.0
    optics_transmittance: PositiveFraction = 1.0

    def __post_init__(self) -> None:
        check_limits(self)
        if self.aperture_m is not None:
            within("Receiver.aperture_m", self.aperture_m, 0.0, above=True)
        if self.obscuration_ratio >= 1.0:
            raise InputError("Receiver.obscuration_ratio = 1 leaves no telescope: it must be less than 1.")
