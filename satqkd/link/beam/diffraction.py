"""Exact diffraction: a truncated Gaussian beam from an obscured aperture, shaking or not, into an annular telescope."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, takes_quantities, within
from satqkd.errors import InputError, ValidityWarning, warn
from satqkd.fields import Aperture, Fraction, Waist, noun
from satqkd.link.beam.pointing import PointingErrors
from satqkd.link.quadrature import chebyshev_interpolate, chebyshev_nodes, gauss_legendre
from satqkd.link.sight import LineOfSight

FRAUNHOFER_LIMIT = 0.1
"""Fresnel number a²/(lambda L) up to which a collimated beam loses less than 0.05 dB against one that is focused."""

_TABLE_STEP = 0.05  # in k a_tx a_rx / L; a Hermite cubic of this step is good to 1e-8


@takes_quantities
def diffraction_transmittance(
    range_m: ArrayLike,
    *,
    wavelength_m: float,
    aperture_m: float,
    transmitter_aperture_m: float,
    waist_radius_m: float,
    obscuration_ratio: float = 0.0,
    transmitter_obscuration_ratio: float = 0.0,
    jitter_rad: float = 0.0,
    bias_rad: float = 0.0,
) -> FloatArray:
    """Share of the light leaving a telescope that an annular receiver catches, by the Fraunhofer integral.

    Parameters
    ----------
    range_m : array_like
        Distance [m], any shape.
    wavelength_m : float
        Wavelength [m].
    aperture_m : float
        Diameter of the receiver [m].
    transmitter_aperture_m : float
        Diameter of the exit aperture [m].
    waist_radius_m : float
        1/e² radius of the Gaussian beam in the exit aperture [m].
    obscuration_ratio, transmitter_obscuration_ratio : float, optional
        Central obscuration of the receiver and of the transmitter, diameter over diameter, in [0, 1).
    jitter_rad : float, optional
        Standard deviation of the pointing error per axis [rad].
    bias_rad : float, optional
        Static pointing error [rad].

    Returns
    -------
    ndarray
        Mean transmittance in [0, 1], normalised to the power that leaves the aperture.

    Warns
    -----
    ValidityWarning
        Where the Fresnel number a²/(lambda L) exceeds 0.1: the beam is then in its near field.

    Notes
    -----
    With the optical transfer function T of the exit pupil, s the separation over its radius a and u = k a b/L for a
    receiver of radius b: F = u int_0^2 T(s) exp(-(k a sigma s)²/2) J0(k a bias s) J1(u s) ds, and the annulus is the
    difference of two discs. That is the encircled energy of the far field (Goodman, Introduction to Fourier Optics,
    ch. 4 and 6), with the Gaussian jitter as a further factor of the transfer function. 1e-6 relative. Many ranges
    are read from a table over u.
    """
    length = within("range_m", range_m, 0.0, above=True)
    within("wavelength_m", wavelength_m, 0.0, above=True)
    within("aperture_m", aperture_m, 0.0, above=True)
    a = float(within("transmitter_aperture_m", transmitter_aperture_m, 0.0, above=True)) / 2.0
    within("waist_radius_m", waist_radius_m, 0.0, above=True)
    g = float(within("obscuration_ratio", obscuration_ratio, 0.0, 0.99))
    within("transmitter_obscuration_ratio", transmitter_obscuration_ratio, 0.0, 0.99)
    within("jitter_rad", jitter_rad, 0.0)
    within("bias_rad", bias_rad, 0.0)
    if length.size and a**2 / (wavelength_m * float(length.min())) > FRAUNHOFER_LIMIT:
        warn(
            f"Diffraction at {float(length.min()) / 1e3:.0f} km is in the near field of a {2 * a:g} m aperture "
            f"(Fresnel number above {FRAUNHOFER_LIMIT}): the result is that of a beam focused on the receiver.",
            ValidityWarning,
        )
    return _caught(
        length, wavelength_m, aperture_m, g, a, waist_radius_m, transmitter_obscuration_ratio, jitter_rad, bias_rad
    )


def _caught(
    length: FloatArray, wavelength_m: float, aperture_m: float, g: float, a: float, waist_radius_m: float,
    transmitter_obscuration_ratio: float, jitter_rad: float, bias_rad: float,
) -> FloatArray:  # fmt: skip
    """`diffraction_transmittance` of checked arguments, g the receiver's obscuration, a the transmitter's radius."""
    within("wavelength_m", wavelength_m, 0.0, above=True)
    within("aperture_m", aperture_m, 0.0, above=True)
    within("jitter_rad", jitter_rad, 0.0)
    within("bias_rad", bias_rad, 0.0)
    k = 2.0 * np.pi / wavelength_m
    u = k * a * aperture_m / 2.0 / length
    # An obscuration or a jitter of nothing would only split or scale the integral beyond what floats resolve.
    shadow = transmitter_obscuration_ratio if transmitter_obscuration_ratio > 1e-6 else 0.0
    shake = k * a * jitter_rad if k * a * jitter_rad > 1e-6 else 0.0
    shape = (waist_radius_m / a, shadow, shake, k * a * bias_rad)
    if not (np.isfinite(u).all() and np.isfinite(shape).all()):
        raise InputError(
            f"The diffraction integral leaves the range of floats at wavelength_m = {wavelength_m:g}, aperture_m = "
            f"{aperture_m:g}, jitter_rad = {jitter_rad:g} and bias_rad = {bias_rad:g}."
        )
    caught = _encircled(u, *shape)
    if g > 0.0:
        caught = caught - _encircled(g * u, *shape)
    return np.asarray(np.clip(caught, 0.0, 1.0))


def _encircled(u: FloatArray, waist: float, obscuration: float, shake: float, offset: float) -> FloatArray:
    """Share of the power within the normalised radius u of the receiver's axis."""
    if u.size == 0:
        return u
    low, high = float(u.min()), float(u.max())
    count = int(np.clip((high - low) / _TABLE_STEP, 24, 4000)) + 1
    if u.size <= count:
        return _encircled_over_square(u.ravel(), waist, obscuration, shake, offset)[0].reshape(u.shape) * u**2
    nodes = np.linspace(low, high, count) if high > low else np.array([low, low + _TABLE_STEP])
    value, slope = _encircled_over_square(nodes, waist, obscuration, shake, offset)
    step = nodes[1] - nodes[0]
    i = np.clip(((u - low) / step).astype(int), 0, len(nodes) - 2)
    t = (u - nodes[i]) / step
    left = value[i] * (1.0 + 2.0 * t) + slope[i] * step * t
    right = value[i + 1] * (3.0 - 2.0 * t) - slope[i + 1] * step * (1.0 - t)
    return np.asarray((left * (1.0 - t) ** 2 + right * t**2) * u**2)


def _encircled_over_square(
    u: FloatArray, waist: float, obscuration: float, shake: float, offset: float
) -> tuple[FloatArray, FloatArray]:
    """F(u)/u², which is smooth down to u = 0, and its derivative."""
    from scipy.special import j0, j1, jv

    # Beyond s = 8/shake the jitter's factor is below 1e-14, beyond 8.5 waists that of the Gaussian pupil.
    reach = min(2.0, 8.5 * waist, 8.0 / max(shake, 1.0))
    waves = (float(u.max()) + offset) * reach / (2.0 * np.pi)
    s, weight, transfer = _pupil(waist, obscuration, reach, 2 ** math.ceil(math.log2(1.0 + min(waves, 2000.0))))
    kernel = weight * transfer * np.exp(-0.5 * (shake * s) ** 2) * j0(offset * s)
    argument = np.outer(u, s)
    # J1(x)/x and its derivative -J2(x)/x, both finite at 0
    small = np.maximum(argument, 1e-8)
    value = (j1(small) / small) @ (kernel * s)
    slope = -(jv(2, small) / small) @ (kernel * s * s)
    return value, slope


@lru_cache(maxsize=32)
def _pupil(waist: float, obscuration: float, reach: float, panels: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Nodes and weights over the pupil separation, and the transfer function there; its kinks are panel edges."""
    kinks = [k for k in (2.0 * obscuration, 1.0 - obscuration, 1.0 + obscuration) if 0.0 < k < reach]
    edges = np.unique(np.concatenate([np.linspace(0.0, reach, panels + 1), kinks]))
    s, weight = gauss_legendre(edges)
    overlap = _overlap(s, 1.0, 1.0, waist)
    if obscuration > 0.0:
        overlap = overlap - 2.0 * _overlap(s, 1.0, obscuration, waist) + _overlap(s, obscuration, obscuration, waist)
    power = np.pi * waist**2 / 2.0 * math.exp(-2.0 * (obscuration / waist) ** 2)
    power *= -math.expm1(-2.0 * (1.0 - obscuration**2) / waist**2)
    return s, weight, overlap / power


def _overlap(s: FloatArray, a: float, b: float, waist: float) -> FloatArray:
    """Integrate the product of two Gaussian pupils s apart over the lens common to discs of radius a >= b.

    The product is exp(-s²/(2 w²)) exp(-2 r²/w²) about the midpoint; at each r the lens is an arc of known length. The
    radial integral is split where the arc begins, ends or changes its bound, and stretched to tame the square roots.
    """
    half = s / 2.0
    tip = np.sqrt(np.maximum((a**2 + b**2) / 2.0 - half**2, 0.0))
    edges = np.sort(np.stack([np.zeros_like(s), np.abs(half - b), np.abs(a - half), tip, half + b]), axis=0)
    edges = np.minimum(edges, 4.5 * waist)  # beyond, the Gaussian is below 1e-17
    x, w = gauss_legendre([-1.0, 1.0], 40)
    stretched, jacobian = (3.0 * x - x**3) / 2.0, 1.5 * (1.0 - x**2) * w
    middle, width = (edges[1:] + edges[:-1]) / 2.0, (edges[1:] - edges[:-1]) / 2.0
    r = middle[..., None] + width[..., None] * stretched
    h = half[None, :, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = np.clip((r**2 + h**2 - a**2) / (2.0 * r * h), -1.0, 1.0)
        upper = np.clip((b**2 - r**2 - h**2) / (2.0 * r * h), -1.0, 1.0)
    arc = 2.0 * np.maximum(np.arccos(lower) - np.arccos(upper), 0.0)
    radial = ((arc * np.exp(-2.0 * (r / waist) ** 2) * r) @ jacobian) * width
    return np.asarray(radial.sum(axis=0) * np.exp(-2.0 * (half / waist) ** 2))


@noun
class TruncatedGaussian(PointingErrors):
    """A transmitter telescope known by the Gaussian beam in its exit aperture: exact far-field diffraction.

    Parameters
    ----------
    aperture_m : float
        Diameter of the exit aperture [m].
    waist_radius_m : float
        1/e² radius of the Gaussian in the exit aperture [m]; far more than the aperture is a uniform beam.
    obscuration_ratio : float, optional
        Central obscuration of the exit aperture, diameter over diameter.
    """

    aperture_m: Aperture
    waist_radius_m: Waist
    obscuration_ratio: Fraction = 0.0
    model: Literal["diffraction"] = "diffraction"

    def __post_init__(self) -> None:
        self.check_factors()
        within("TruncatedGaussian.obscuration_ratio", self.obscuration_ratio, 0.0, 0.99)

    @takes_quantities
    def geometric_transmittance(
        self, sight: LineOfSight, *, wavelength_m: float, aperture_m: float, obscuration_ratio: float = 0.0
    ) -> FloatArray:
        """Share of the steady, centred beam that a receiver catches; warns of the near field."""
        return diffraction_transmittance(
            sight.range_m,
            wavelength_m=wavelength_m,
            aperture_m=aperture_m,
            transmitter_aperture_m=self.aperture_m,
            waist_radius_m=self.waist_radius_m,
            obscuration_ratio=obscuration_ratio,
            transmitter_obscuration_ratio=self.obscuration_ratio,
        )

    @takes_quantities
    def pointing_transmittance(
        self, sight: LineOfSight, *, wavelength_m: float, aperture_m: float, obscuration_ratio: float = 0.0
    ) -> FloatArray:
        """Mean over the pointing errors, relative to the steady beam."""
        receiver = (wavelength_m, aperture_m, obscuration_ratio)
        jitter, bias = self.jitter_rad(sight.elevation_deg), self.pointing_bias_rad
        length = sight.range_m
        steady = self._mean(length, *receiver, 0.0, 0.0)
        low, high = float(jitter.min()), float(jitter.max())
        if high - low <= max(1e-9 * low, 1e-15):
            mean = self._mean(length, *receiver, high, bias)
        else:
            length, jitter = np.broadcast_arrays(length, jitter)
            nodes = chebyshev_nodes(low**2, high**2, 12)
            table = np.stack([self._mean(length.ravel(), *receiver, float(np.sqrt(n)), bias) for n in nodes])
            logs = np.log(np.maximum(table, np.finfo(float).tiny))
            mean = np.exp(chebyshev_interpolate(jitter.ravel() ** 2, nodes, logs)).reshape(length.shape)
        return np.asarray(np.clip(mean / np.maximum(steady, np.finfo(float).tiny), 0.0, 1.0))

    def _mean(
        self, range_m: ArrayLike, wavelength_m: float, aperture_m: float, obscuration_ratio: float,
        jitter_rad: float, bias_rad: float,
    ) -> FloatArray:  # fmt: skip
        return _caught(
            within("range_m", range_m, 0.0, above=True), wavelength_m, aperture_m, obscuration_ratio,
            self.aperture_m / 2.0, self.waist_radius_m, self.obscuration_ratio, jitter_rad, bias_rad,
        )  # fmt: skip
