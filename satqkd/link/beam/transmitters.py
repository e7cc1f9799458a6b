"""How wide the beam is where it arrives, and what share of it a telescope catches."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, takes_quantities, within
from satqkd.fields import Aperture, Divergence, Waist, noun
from satqkd.link.beam.divergence import DEFINITIONS as DEFINITIONS, DivergenceDefinition, check_definition
from satqkd.link.beam.gaussian import captured_fraction
from satqkd.link.beam.pointing import PointingErrors, mean_pointing_transmittance
from satqkd.link.sight import LineOfSight


@takes_quantities
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
    angle = within("divergence_rad", divergence_rad, 0.0)
    check_definition("divergence_definition", divergence_definition, float(angle) if angle.ndim == 0 else None)
    radius = within("transmitter_aperture_m", transmitter_aperture_m, 0.0, above=True) / 2.0
    if divergence_definition == "1/e2":
        return angle / 2.0, radius
    if divergence_definition == "fwhm":
        return angle / np.sqrt(2.0 * np.log(2.0)), radius
    return angle / np.sqrt(2.0), radius * np.sqrt(2.0)


@takes_quantities
def measured_beam_radius_m(
    range_m: ArrayLike,
    *,
    divergence_rad: ArrayLike,
    divergence_definition: DivergenceDefinition,
    transmitter_aperture_m: ArrayLike,
) -> FloatArray:
    """1/e² radius at a range of the Gaussian that stands for a beam of measured divergence [m].

    Parameters
    ----------
    range_m : array_like
        Distance [m], any shape.
    divergence_rad, divergence_definition, transmitter_aperture_m
        As `gaussian_of_divergence` takes them.

    Returns
    -------
    ndarray
        w(L) [m], broadcast shape of the arguments.

    Notes
    -----
    Gaussian (``1/e2``, ``fwhm``): w = sqrt(w_exit² + (theta_w L)²). Second moments add so for any beam whose waist is
    at the exit (ISO 11146-1), and with theta_w = lambda/(pi w_exit) it is the collimated beam itself; the sum
    of the two would be 0.57 dB more loss for a waist of 0.1 m at 500 km. ``uniform`` is ray optics, a disc that widens
    as a cone: w = w_exit + theta_w L. In quadrature it would lose 0.2 to 0.4 dB less over a Micius pass.
    """
    length = within("range_m", range_m, 0.0)
    half_angle, exit_radius = gaussian_of_divergence(
        divergence_rad, divergence_definition=divergence_definition, transmitter_aperture_m=transmitter_aperture_m
    )
    if divergence_definition == "uniform":
        return np.asarray(exit_radius + half_angle * length)
    return np.asarray(np.hypot(exit_radius, half_angle * length))


@takes_quantities
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
    The Gaussian of `measured_beam_radius_m`; a measured divergence includes aberrations, so that no diffraction limit
    is imposed here; `Transmitter.doubt` tells where it is beaten.

    Examples
    --------
    >>> import math
    >>> eta = geometric_transmittance(1.2e6, aperture_m=1.0, divergence_rad=10e-6, divergence_definition="uniform",
    ...                               transmitter_aperture_m=0.3)
    >>> round(-10 * math.log10(eta), 1)
    21.8
    """
    radius = measured_beam_radius_m(
        range_m,
        divergence_rad=divergence_rad,
        divergence_definition=divergence_definition,
        transmitter_aperture_m=transmitter_aperture_m,
    )
    return captured_fraction(radius, aperture_m=aperture_m, obscuration_ratio=obscuration_ratio)


@takes_quantities
def diffraction_half_angle_rad(aperture_m: ArrayLike, *, wavelength_m: ArrayLike) -> FloatArray:
    """1/e² half-angle of the Gaussian as bright on axis as light that fills an aperture evenly [rad].

    Parameters
    ----------
    aperture_m : array_like
        Diameter of the exit aperture [m].
    wavelength_m : array_like
        Wavelength [m].

    Returns
    -------
    ndarray
        sqrt(2) lambda/(pi a), a the radius: the on-axis gain (2 pi a/lambda)² of the even beam, the largest an aperture
        can have, is the 8/theta_w² of a Gaussian.
    """
    radius = within("aperture_m", aperture_m, 0.0, above=True) / 2.0
    return np.asarray(np.sqrt(2.0) * within("wavelength_m", wavelength_m, 0.0, above=True) / (np.pi * radius))


@takes_quantities
def collimated_beam_radius_m(
    range_m: ArrayLike, *, wavelength_m: ArrayLike, waist_radius_m: ArrayLike, beam_quality: ArrayLike = 1.0
) -> FloatArray:
    """1/e² radius of a collimated Gaussian beam at a range.

    Parameters
    ----------
    range_m : array_like
        Distance from the waist [m].
    wavelength_m : array_like
        Wavelength [m].
    waist_radius_m : array_like
        1/e² radius of the waist, at the transmitter [m].
    beam_quality : array_like, optional
        M², the divergence in units of that of a perfect beam, at least 1.

    Returns
    -------
    ndarray
        w0 sqrt(1 + (M² L/z_R)²), z_R = pi w0²/lambda [m].
    """
    length = within("range_m", range_m, 0.0)
    w0 = within("waist_radius_m", waist_radius_m, 0.0, above=True)
    rayleigh = np.pi * w0**2 / within("wavelength_m", wavelength_m, 0.0, above=True)
    return np.asarray(w0 * np.hypot(1.0, within("beam_quality", beam_quality, 1.0) * length / rayleigh))


@noun
class Transmitter(PointingErrors):
    """A transmitter telescope known by its measured divergence.

    Parameters
    ----------
    aperture_m : float
        Diameter of the exit aperture [m].
    divergence_rad : float
        Full angle of the beam [rad].
    divergence_definition : {"1/e2", "fwhm", "uniform"}
        What that angle measures; see `gaussian_of_divergence`.
    """

    aperture_m: Aperture
    divergence_rad: Divergence
    divergence_definition: DivergenceDefinition
    model: Literal["measured-divergence"] = "measured-divergence"

    @takes_quantities
    def doubt(self, *, wavelength_m: float) -> str:
        """Return what is wrong with the divergence at a wavelength [m], if it is narrower than diffraction allows.

        Nothing that leaves an aperture of radius a is brighter on axis than light that fills it evenly, whose gain is
        that of a Gaussian of half-angle sqrt(2) lambda/(pi a).
        """
        half_angle, _ = gaussian_of_divergence(
            self.divergence_rad,
            divergence_definition=self.divergence_definition,
            transmitter_aperture_m=self.aperture_m,
        )
        ratio = float(diffraction_half_angle_rad(self.aperture_m, wavelength_m=wavelength_m) / half_angle)
        if ratio <= 1.0:
            return ""
        return (
            f"link.transmitter.divergence_rad = {self.divergence_rad:g} ({self.divergence_definition}) is {ratio:.3g} "
            f"times narrower than an aperture of {self.aperture_m:g} m can send at {wavelength_m * 1e9:.4g} nm: the "
            f"least is {self.divergence_rad * ratio:.3g} rad; on axis the loss is {20.0 * np.log10(ratio):.1f} dB too "
            "small."
        )

    @takes_quantities
    def beam_radius_m(self, range_m: ArrayLike, *, wavelength_m: float) -> FloatArray:
        """1/e² radius of the steady beam [m] at a range [m]; a measured divergence does not ask the wavelength."""
        return measured_beam_radius_m(
            range_m,
            divergence_rad=self.divergence_rad,
            divergence_definition=self.divergence_definition,
            transmitter_aperture_m=self.aperture_m,
        )

    @takes_quantities
    def geometric_transmittance(
        self, sight: LineOfSight, *, wavelength_m: float, aperture_m: float, obscuration_ratio: float = 0.0
    ) -> FloatArray:
        """Share of the steady, centred beam that a receiver catches."""
        return _steady(self, sight, wavelength_m, aperture_m, obscuration_ratio)

    @takes_quantities
    def pointing_transmittance(
        self, sight: LineOfSight, *, wavelength_m: float, aperture_m: float, obscuration_ratio: float = 0.0
    ) -> FloatArray:
        """Mean over the pointing errors, relative to the steady beam; see `mean_pointing_transmittance`."""
        return _shaken(self, sight, wavelength_m, aperture_m, obscuration_ratio)


@noun
class CollimatedGaussian(PointingErrors):
    """A transmitter that sends out an untruncated, collimated Gaussian beam.

    Parameters
    ----------
    waist_radius_m : float
        1/e² radius of the waist, at the exit aperture [m].
    beam_quality : float, optional
        M², at least 1.
    """

    waist_radius_m: Waist
    beam_quality: Annotated[float, Ge(1.0)] = 1.0
    model: Literal["collimated-gaussian"] = "collimated-gaussian"

    @takes_quantities
    def beam_radius_m(self, range_m: ArrayLike, *, wavelength_m: float) -> FloatArray:
        """1/e² radius of the steady beam [m] at a range [m]."""
        return collimated_beam_radius_m(
            range_m, wavelength_m=wavelength_m, waist_radius_m=self.waist_radius_m, beam_quality=self.beam_quality
        )

    @takes_quantities
    def geometric_transmittance(
        self, sight: LineOfSight, *, wavelength_m: float, aperture_m: float, obscuration_ratio: float = 0.0
    ) -> FloatArray:
        """Share of the steady, centred beam that a receiver catches."""
        return _steady(self, sight, wavelength_m, aperture_m, obscuration_ratio)

    @takes_quantities
    def pointing_transmittance(
        self, sight: LineOfSight, *, wavelength_m: float, aperture_m: float, obscuration_ratio: float = 0.0
    ) -> FloatArray:
        """Mean over the pointing errors, relative to the steady beam; see `mean_pointing_transmittance`."""
        return _shaken(self, sight, wavelength_m, aperture_m, obscuration_ratio)


GaussianTransmitter = Transmitter | CollimatedGaussian


def _steady(
    beam: GaussianTransmitter, sight: LineOfSight, wavelength_m: float, aperture_m: float, obscuration_ratio: float
) -> FloatArray:
    radius = beam.beam_radius_m(sight.range_m, wavelength_m=wavelength_m)
    return captured_fraction(radius, aperture_m=aperture_m, obscuration_ratio=obscuration_ratio)


def _shaken(
    beam: GaussianTransmitter, sight: LineOfSight, wavelength_m: float, aperture_m: float, obscuration_ratio: float
) -> FloatArray:
    return mean_pointing_transmittance(
        sight.range_m,
        beam_radius_m=beam.beam_radius_m(sight.range_m, wavelength_m=wavelength_m),
        aperture_m=aperture_m,
        jitter_rad=beam.jitter_rad(sight.elevation_deg),
        bias_rad=beam.pointing_bias_rad,
        obscuration_ratio=obscuration_ratio,
    )
