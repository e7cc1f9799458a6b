"""What a beam that does not point where it should costs, on average and as a distribution.

The budget asks for the mean; distribution, quantile and the mean of unequal axes wait for fading.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, as_floats, takes_quantities, within
from satqkd.errors import InputError
from satqkd.fields import PointingAngle, noun
from satqkd.link.beam.gaussian import captured_fraction


@takes_quantities
def mean_pointing_transmittance(
    range_m: ArrayLike,
    *,
    beam_radius_m: ArrayLike,
    aperture_m: ArrayLike,
    jitter_rad: ArrayLike,
    bias_rad: ArrayLike = 0.0,
    obscuration_ratio: ArrayLike = 0.0,
) -> FloatArray:
    """Mean transmittance of a jittering, biased Gaussian beam over that of the same beam at rest on its target.

    Parameters
    ----------
    range_m : array_like
        Distance [m], any shape.
    beam_radius_m : array_like
        1/e² radius of the steady beam at that range [m].
    aperture_m : array_like
        Diameter of the receiver [m].
    jitter_rad : array_like
        Standard deviation of the pointing error per axis [rad], Gaussian, the same in both axes.
    bias_rad : array_like, optional
        Static pointing error [rad].
    obscuration_ratio : array_like, optional
        Central obscuration of the receiver, diameter over diameter.

    Returns
    -------
    ndarray
        Transmittance in [0, 1]. A shaking beam that would fill the shadow of the central obscuration is not credited.

    Notes
    -----
    A Gaussian beam convolved with Gaussian jitter is a Gaussian of w² + 4 sigma² L², centred at b L: exact for any
    receiver size. For a small receiver it is theta²/(theta² + 4 sigma²) exp(-2 b²/(theta² + 4 sigma²)).
    """
    length = within("range_m", range_m, 0.0)
    w = within("beam_radius_m", beam_radius_m, 0.0, above=True)
    sigma = within("jitter_rad", jitter_rad, 0.0)
    bias = within("bias_rad", bias_rad, 0.0)
    steady = captured_fraction(w, aperture_m=aperture_m, obscuration_ratio=obscuration_ratio)
    mean = captured_fraction(
        np.hypot(w, 2.0 * sigma * length),
        aperture_m=aperture_m,
        obscuration_ratio=obscuration_ratio,
        offset_m=bias * length,
    )
    # A beam wholly in the shadow of the obscuration catches nothing, steady or not.
    return np.asarray(np.clip(mean / np.maximum(steady, np.finfo(float).tiny), 0.0, 1.0))


@takes_quantities
def pointing_cdf(
    relative_transmittance: ArrayLike, *, half_angle_rad: ArrayLike, jitter_rad: ArrayLike, bias_rad: ArrayLike = 0.0
) -> FloatArray:
    """Probability that the momentary transmittance of a jittering beam is at most a share of the steady one.

    Parameters
    ----------
    relative_transmittance : array_like
        h, momentary over steady transmittance, in [0, 1].
    half_angle_rad : array_like
        1/e² half-angle of the beam [rad].
    jitter_rad : array_like
        Standard deviation of the pointing error per axis [rad], greater than 0.
    bias_rad : array_like, optional
        Static pointing error [rad].

    Returns
    -------
    ndarray
        P(H <= h) in [0, 1].

    Notes
    -----
    Receiver much smaller than the beam: h = exp(-2 rho²/theta²) with rho Rician. Without bias P = h^beta and
    p(h) = beta h^(beta - 1), beta = theta²/(4 sigma²).
    """
    h = within("relative_transmittance", relative_transmittance, 0.0, 1.0)
    theta = within("half_angle_rad", half_angle_rad, 0.0, above=True)
    sigma = within("jitter_rad", jitter_rad, 0.0, above=True)
    bias = within("bias_rad", bias_rad, 0.0)
    if not np.any(bias):
        return np.asarray(h ** (theta**2 / (4.0 * sigma**2)) + 0.0 * bias)
    from scipy.special import chndtr

    with np.errstate(divide="ignore"):
        missed = -0.5 * np.log(h) * (theta / sigma) ** 2
    return np.asarray(1.0 - chndtr(missed, 2.0, (bias / sigma) ** 2))


@takes_quantities
def pointing_quantile(
    probability: ArrayLike, *, half_angle_rad: ArrayLike, jitter_rad: ArrayLike, bias_rad: ArrayLike = 0.0
) -> FloatArray:
    """Share of the steady transmittance that a jittering beam stays under with a probability: inverse `pointing_cdf`.

    It belongs to fading and outage. A key yield uses the mean: a quantile in a photon budget costs what never happens.
    """
    p = within("probability", probability, 0.0, 1.0)
    theta = within("half_angle_rad", half_angle_rad, 0.0, above=True)
    sigma = within("jitter_rad", jitter_rad, 0.0, above=True)
    bias = within("bias_rad", bias_rad, 0.0)
    if not np.any(bias):
        return np.asarray(p ** (4.0 * sigma**2 / theta**2) + 0.0 * bias)
    from scipy.special import chndtrix

    missed = np.where(p > 0.0, chndtrix(np.where(p > 0.0, 1.0 - p, 0.5), 2.0, (bias / sigma) ** 2), np.inf)
    return np.asarray(np.exp(-2.0 * missed * (sigma / theta) ** 2))


@takes_quantities
def mean_pointing_transmittance_per_axis(
    *,
    half_angle_rad: ArrayLike,
    jitter_x_rad: ArrayLike,
    jitter_y_rad: ArrayLike,
    bias_x_rad: ArrayLike = 0.0,
    bias_y_rad: ArrayLike = 0.0,
) -> FloatArray:
    """Mean relative transmittance where the two axes jitter differently, for a receiver smaller than the beam.

    Parameters
    ----------
    half_angle_rad : array_like
        1/e² half-angle of the beam [rad].
    jitter_x_rad, jitter_y_rad : array_like
        Standard deviation of each axis [rad].
    bias_x_rad, bias_y_rad : array_like, optional
        Static error of each axis [rad].

    Returns
    -------
    ndarray
        Product over the axes of theta/sqrt(theta² + 4 sigma²) exp(-2 b²/(theta² + 4 sigma²)).
    """
    theta = within("half_angle_rad", half_angle_rad, 0.0, above=True)
    mean = np.ones(())
    for jitter, bias in ((jitter_x_rad, bias_x_rad), (jitter_y_rad, bias_y_rad)):
        wide = theta**2 + 4.0 * within("jitter_rad", jitter, 0.0) ** 2
        mean = mean * theta / np.sqrt(wide) * np.exp(-2.0 * within("bias_rad", bias) ** 2 / wide)
    return np.asarray(mean)


@noun
class PointingErrors:
    """How a transmitter misses its target; every transmitter has these fields.

    Parameters
    ----------
    pointing_jitter_rad : float, optional
        Standard deviation of the pointing error per axis [rad].
    pointing_bias_rad : float, optional
        Static pointing error [rad].
    pointing_jitter_elevations_deg : tuple of float, optional
        Elevations [deg], increasing, at which the jitter differs from the above.
    pointing_jitter_factors : tuple of float, optional
        Factors on the jitter there; linear in between, constant outside.
    """

    pointing_jitter_rad: PointingAngle = 0.0
    pointing_bias_rad: PointingAngle = 0.0
    pointing_jitter_elevations_deg: tuple[float, ...] = ()
    pointing_jitter_factors: tuple[Annotated[float, Ge(0.0)], ...] = ()

    def __post_init__(self) -> None:
        self.check_factors()

    def check_factors(self) -> None:
        """Raise `InputError` where the factors of the jitter do not go with their elevations."""
        elevations, factors = self.pointing_jitter_elevations_deg, self.pointing_jitter_factors
        if len(elevations) != len(factors) or list(elevations) != sorted(set(elevations)):
            raise InputError(
                f"pointing_jitter_elevations_deg = {list(elevations)} does not go with pointing_jitter_factors = "
                f"{list(factors)}: as many increasing elevations as factors are needed."
            )
        within("pointing_jitter_elevations_deg", elevations, -1.0, 90.0)
        within("pointing_jitter_factors", factors, 0.0)

    @takes_quantities
    def jitter_rad(self, elevation_deg: ArrayLike) -> FloatArray:
        """Jitter per axis [rad] at an elevation [deg]; a scalar where it is the same at all."""
        if not self.pointing_jitter_factors:
            return np.asarray(self.pointing_jitter_rad)
        factor = np.interp(
            as_floats("elevation_deg", elevation_deg), self.pointing_jitter_elevations_deg, self.pointing_jitter_factors
        )
        return np.asarray(self.pointing_jitter_rad * factor)
