"""What a field stop lets through of a star-like image blurred by seeing and shaken by the receiver's tracking."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, as_floats, takes_quantities, within
from satqkd.errors import InputError
from satqkd.link.beam.gaussian import captured_fraction
from satqkd.link.quadrature import chebyshev_interpolate, chebyshev_nodes, gauss_legendre

_SMOOTH = 40  # Chebyshev points over the logarithm of r0; 1e-6 over a factor of 50


@takes_quantities
def seeing_rad(fried_parameter_m: ArrayLike, *, wavelength_m: ArrayLike) -> FloatArray:
    """Full width at half maximum of a long exposure through turbulence: 0.98 lambda/r0 [rad].

    For whoever compares a profile with the seeing measured at a site; the field stop's loss follows from r0 itself.

    Parameters
    ----------
    fried_parameter_m : array_like
        r0 along the path, at the wavelength [m].
    wavelength_m : array_like
        Wavelength [m].
    """
    r0 = within("fried_parameter_m", fried_parameter_m, 0.0, above=True)
    return np.asarray(0.98 * within("wavelength_m", wavelength_m, 0.0, above=True) / r0)


@takes_quantities
def field_stop_transmittance(
    fried_parameter_m: ArrayLike,
    *,
    wavelength_m: float,
    field_of_view_rad: float,
    jitter_rad: float = 0.0,
    bias_rad: float = 0.0,
) -> FloatArray:
    """Share of the light of a point source that passes a round field stop, averaged over seeing and tracking errors.

    Parameters
    ----------
    fried_parameter_m : array_like
        r0 along the path, at the wavelength [m], any shape; infinite without turbulence.
    wavelength_m : float
        Wavelength [m].
    field_of_view_rad : float
        Full angle of the stop on the sky [rad].
    jitter_rad : float, optional
        Standard deviation of the receiver's tracking error per axis [rad].
    bias_rad : float, optional
        Static tracking error [rad].

    Returns
    -------
    ndarray
        Transmittance in [0, 1], shape of `fried_parameter_m`.

    Raises
    ------
    InputError
        For a length that is not positive, an error below zero, or numbers so large that their ratio is no float.

    Notes
    -----
    Encircled energy of Fried's long exposure, transfer function exp(-3.44 (rho/r0)^(5/3)) (Fried 1966, J. Opt. Soc. Am.
    56, 1372, doi:10.1364/JOSA.56.001372): q int exp(-3.44 t^(5/3) - (k sigma r0 t)²/2) J0(k b r0 t) J1(q t) dt with
    q = pi FOV r0/lambda. Its width is the seeing 0.98 lambda/r0, its wings fall as the -11/3 power. Diffraction at
    the telescope is left out: the stop is taken to be many lambda/D wide.
    """
    r0 = as_floats("fried_parameter_m", fried_parameter_m)
    calm = np.isinf(r0)
    within("wavelength_m", wavelength_m, 0.0, above=True)
    within("field_of_view_rad", field_of_view_rad, 0.0, above=True)
    within("jitter_rad", jitter_rad, 0.0)
    within("bias_rad", bias_rad, 0.0)
    rest = _without_seeing(field_of_view_rad, jitter_rad, bias_rad)
    if calm.all():
        return np.full(r0.shape, rest)
    finite = within("fried_parameter_m", r0[~calm], 0.0, above=True)
    low, high = np.log(finite.min()), np.log(finite.max())
    sight = (wavelength_m, field_of_view_rad, jitter_rad, bias_rad)
    if finite.size > _SMOOTH and high > low:
        nodes = chebyshev_nodes(float(low), float(high), _SMOOTH)
        values = chebyshev_interpolate(np.log(finite), nodes, _long_exposure(np.exp(nodes), *sight))
    else:
        values = _long_exposure(finite.ravel(), *sight)
    result = np.full(r0.shape, rest)
    result[~calm] = np.clip(values, 0.0, 1.0)
    return result


def _without_seeing(field_of_view_rad: float, jitter_rad: float, bias_rad: float) -> float:
    if jitter_rad == 0.0:
        return float(2.0 * bias_rad <= field_of_view_rad)
    return float(captured_fraction(2.0 * jitter_rad, aperture_m=field_of_view_rad, offset_m=bias_rad))


def _long_exposure(
    r0: FloatArray, wavelength_m: float, field_of_view_rad: float, jitter_rad: float, bias_rad: float
) -> FloatArray:
    from scipy.special import j0, j1

    k = 2.0 * np.pi / wavelength_m
    q = np.pi * field_of_view_rad * r0 / wavelength_m
    # Beyond t = 4 seeing, and beyond 8/(k sigma r0) jitter, leaves less than 1e-14 of the transfer function. t = y³
    # makes t^(5/3) smooth; a panel holds two or three waves.
    shake, shift = k * jitter_rad * r0[:, None], k * bias_rad * r0[:, None]
    end = np.minimum(4.0, 8.0 / np.maximum(shake, 1e-9))
    waves = float(((q[:, None] + shift) * end).max() / (2.0 * np.pi))
    if not np.isfinite(waves):
        raise InputError(
            f"The field stop's integral leaves the range of floats at wavelength_m = {wavelength_m:g}, "
            f"field_of_view_rad = {field_of_view_rad:g}, jitter_rad = {jitter_rad:g} and bias_rad = {bias_rad:g}."
        )
    edges = np.cbrt(np.linspace(0.0, 1.0, int(min(waves, 4000.0) / 2.0) + 4))
    y, weight = gauss_legendre(edges)
    t = end * y**3
    transfer = np.exp(-3.44 * t ** (5.0 / 3.0) - 0.5 * (shake * t) ** 2) * j0(shift * t)
    return np.asarray(q * ((transfer * j1(q[:, None] * t) * 3.0 * end * y**2) @ weight))
