"""How wide the beam is where it arrives, and what share of it a telescope catches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from satqkd.limits import NonNegative, Positive, check_limits
from satqkd.link.checks import one_of, within
from satqkd.link.gaussian import captured_fraction
from satqkd.link.pointing import mean_pointing_transmittance
from satqkd.units import FloatArray

DivergenceDefinition = Literal["1/e2", "fwhm", "uniform"]
DEFINITIONS: tuple[DivergenceDefinition, ...] = ("1/e2", "fwhm", "uniform")


def gaussian_of_divergence(
    divergence_rad: ArrayLike, *, divergence_definition: DivergenceDefinition, transmitter_aperture_m: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Convert a measured divergence to the 1/e² half-angle and exit radius of the Gaussian that stands for it.

    Parameters
    ----------
    divergence_rad : array_like
        Full angle [rad].
    divergence_definition : {"1/e2", "fwhm", "uniform"}
        What the full angle measures: the 1/e² width of a Gaussian, its full width at half maximum, or a top-hat disc,
        replaced by the Gaussian of the same power and on-axis irradiance.
    transmitter_aperture_m : array_like
        Diameter of the exit aperture [m].

    Returns
    -------
    half_angle_rad, exit_radius_m : ndarray
        1/e² half-angle [rad] and radius at the exit aperture [m].

    Notes
    -----
    FWHM of a Gaussian is sqrt(2 ln 2) = 1.1774 times its 1/e² half-width. On-axis irradiance of a disc of half-angle
    theta/2 is P/(pi theta²/4 L²), of a Gaussian 2P/(pi theta_w² L²): equal for theta_w = theta/sqrt(2).
    """
    one_of("divergence_definition", divergence_definition, DEFINITIONS)
    angle = within("divergence_rad", divergence_rad, 0.0)
    radius = within("transmitter_aperture_m", transmitter_aperture_m, 0.0, above=True) / 2.0
    if divergence_definition == "1/e2":
        return angle / 2.0, radius
    if divergence_definition == "fwhm":
        return angle / np.sqrt(2.0 * np.log(2.0)), radius
    return angle / np.sqrt(2.0), radius * np.sqrt(2.0)


def geometric_transmittance(
    range_m: ArrayLike,
    *,
    aperture_m: ArrayLike,
    divergence_rad: ArrayLike,
    divergence_definition: DivergenceDefinition,
    transmitter_aperture_m: ArrayLike,
    obscuration_ratio: ArrayLike = 0.0,
) -> FloatArray:
    """Share of a beam of measured divergence that reaches the receiver telescope.

    Parameters
    ----------
    range_m : array_like
        Distance [m], any shape.
    aperture_m : array_like
        Diameter of the receiver [m].
    divergence_rad : array_like
        Full angle [rad].
    divergence_definition : {"1/e2", "fwhm", "uniform"}
        What the angle measures; see `gaussian_of_divergence`.
    transmitter_aperture_m : array_like
        Diameter of the transmitter's exit aperture [m].
    obscuration_ratio : array_like, optional
        Central obscuration of the receiver, diameter over diameter.

    Returns
    -------
    ndarray
        Transmittance in [0, 1], broadcast shape of the arguments.

    Raises
    ------
    InputError
        For a negative or non-finite argument, or an unknown definition.

    Notes
    -----
    w(L) = w_exit + theta_w L: a measured divergence includes aberrations, so the diffraction limit is not imposed.

    Examples
    --------
    >>> import math
    >>> eta = geometric_transmittance(1.2e6, aperture_m=1.0, divergence_rad=10e-6, divergence_definition="uniform",
    ...                               transmitter_aperture_m=0.3)
    >>> round(-10 * math.log10(eta), 1)
    21.8
    """
    length = within("range_m", range_m, 0.0)
    half_angle, exit_radius = gaussian_of_divergence(
        divergence_rad, divergence_definition=divergence_definition, transmitter_aperture_m=transmitter_aperture_m
    )
    return captured_fraction(
        exit_radius + half_angle * length, aperture_m=aperture_m, obscuration_ratio=obscuration_ratio
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmitter:
    """A transmitter telescope known by its measured divergence.

    Parameters
    ----------
    aperture_m : float
        Diameter of the exit aperture [m].
    divergence_rad : float
        Full angle of the beam [rad].
    divergence_definition : {"1/e2", "fwhm", "uniform"}
        What that angle measures; see `gaussian_of_divergence`.
    pointing_jitter_rad : float, optional
        Standard deviation of the pointing error per axis [rad].
    pointing_bias_rad : float, optional
        Static pointing error [rad].
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    aperture_m: Positive
    divergence_rad: Positive
    divergence_definition: DivergenceDefinition
    pointing_jitter_rad: NonNegative = 0.0
    pointing_bias_rad: NonNegative = 0.0
    model: Literal["measured-divergence"] = "measured-divergence"

    def __post_init__(self) -> None:
        check_limits(self)
        one_of("Transmitter.divergence_definition", self.divergence_definition, DEFINITIONS)
        one_of("Transmitter.model", self.model, ("measured-divergence",))

    def beam_radius_m(self, range_m: ArrayLike) -> FloatArray:
        """1/e² radius of the steady beam [m] at a range [m]."""
        half_angle, exit_radius = gaussian_of_divergence(
            self.divergence_rad,
            divergence_definition=self.divergence_definition,
            transmitter_aperture_m=self.aperture_m,
        )
        return np.asarray(exit_radius + half_angle * within("range_m", range_m, 0.0))

    def geometric_transmittance(
        self, range_m: ArrayLike, *, wavelength_m: float, aperture_m: float, obscuration_ratio: float = 0.0
    ) -> FloatArray:
        """Share of the beam that reaches a receiver; a measured divergence does not ask the wavelength."""
        return captured_fraction(
            self.beam_radius_m(range_m), aperture_m=aperture_m, obscuration_ratio=obscuration_ratio
        )

    def pointing_transmittance(
        self,
        range_m: ArrayLike,
        *,
        elevation_deg: ArrayLike,
        wavelength_m: float,
        aperture_m: float,
        obscuration_ratio: float = 0.0,
    ) -> FloatArray:
        """Mean over the pointing errors, relative to the steady beam; see `mean_pointing_transmittance`."""
        return mean_pointing_transmittance(
            range_m,
            beam_radius_m=self.beam_radius_m(range_m),
            aperture_m=aperture_m,
            jitter_rad=self.pointing_jitter_rad,
            bias_rad=self.pointing_bias_rad,
            obscuration_ratio=obscuration_ratio,
        )
