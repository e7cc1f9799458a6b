"""How light from a satellite flickers on the ground: Rytov variance, scintillation index, aperture averaging.

Nothing here lowers the mean transmittance of a downlink; these numbers describe its distribution.
The budget does not ask them: they wait for fading, and serve who asks them from Python.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, takes_quantities, within
from satqkd.link.air.turbulence import TOP_M, HufnagelValley, cn2_weights, wavenumber_and_secant
from satqkd.link.quadrature import gauss_legendre


@takes_quantities
def rytov_variance(moment_5_6: ArrayLike, *, wavelength_m: ArrayLike, elevation_deg: ArrayLike) -> FloatArray:
    """Rytov variance of a plane wave from space.

    Parameters
    ----------
    moment_5_6 : array_like
        Integral of Cn² h^(5/6) over height h above the station [m^(7/6)]; see `HufnagelValley.moment`.
    wavelength_m : array_like
        Wavelength [m].
    elevation_deg : array_like
        Elevation, greater than 0 [deg].

    Returns
    -------
    ndarray
        2.25 k^(7/6) sec^(11/6) z int Cn² h^(5/6) dh [1]: the variance of the log-irradiance of a point receiver, as
        long as it is small against 1 (Andrews & Phillips 2005, eq. 12.38; ITU-R P.1622).
    """
    k, secant = wavenumber_and_secant(wavelength_m, elevation_deg)
    moment = within("moment_5_6", moment_5_6, 0.0)
    return np.asarray(2.25 * k ** (7.0 / 6.0) * secant ** (11.0 / 6.0) * moment)


@takes_quantities
def gamma_gamma_parameters(rytov_variance: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Effective numbers of large and small eddies of a gamma-gamma distributed irradiance, point receiver.

    Parameters
    ----------
    rytov_variance : array_like
        Rytov variance, greater than 0 [1].

    Returns
    -------
    alpha, beta : ndarray
        1/alpha and 1/beta are the variances of the large and small scale factors.

    Notes
    -----
    Plane wave, no inner scale; Andrews & Phillips (2005), eq. 9.131 with 9.46 and 9.47.
    """
    sigma2 = within("rytov_variance", rytov_variance, 0.0, above=True)
    large, small = _log_variances(sigma2)
    return np.asarray(1.0 / np.expm1(large)), np.asarray(1.0 / np.expm1(small))


@takes_quantities
def scintillation_index(rytov_variance: ArrayLike) -> FloatArray:
    """Normalised variance of the irradiance on a point receiver, from weak to strong turbulence.

    Parameters
    ----------
    rytov_variance : array_like
        Rytov variance [1].

    Returns
    -------
    ndarray
        exp(0.49 s²/(1 + 1.11 s^(12/5))^(7/6) + 0.51 s²/(1 + 0.69 s^(12/5))^(5/6)) - 1; Andrews & Phillips (2005),
        eq. 9.47: equal to the Rytov variance where that is small, near 1 where it is large.
    """
    large, small = _log_variances(within("rytov_variance", rytov_variance, 0.0))
    return np.asarray(np.expm1(large + small))


def _log_variances(sigma2: FloatArray) -> tuple[FloatArray, FloatArray]:
    strength = sigma2 ** (6.0 / 5.0)
    large = 0.49 * sigma2 / (1.0 + 1.11 * strength) ** (7.0 / 6.0)
    small = 0.51 * sigma2 / (1.0 + 0.69 * strength) ** (5.0 / 6.0)
    return large, small


@takes_quantities
def aperture_averaging_andrews(aperture_m: ArrayLike, *, wavelength_m: ArrayLike, path_m: ArrayLike) -> FloatArray:
    """Factor by which an aperture lowers the scintillation index of a plane wave: Andrews' horizontal-path form.

    Parameters
    ----------
    aperture_m : array_like
        Diameter [m].
    wavelength_m : array_like
        Wavelength [m].
    path_m : array_like
        Length of the path, or the distance to the turbulence that scintillates [m].

    Returns
    -------
    ndarray
        [1 + 1.062 k D²/(4 L)]^(-7/6); Andrews 1992, J. Opt. Soc. Am. A 9, 597, doi:10.1364/JOSAA.9.000597.
    """
    k = 2.0 * np.pi / within("wavelength_m", wavelength_m, 0.0, above=True)
    d = within("aperture_m", aperture_m, 0.0)
    return np.asarray((1.0 + 1.062 * k * d**2 / (4.0 * within("path_m", path_m, 0.0, above=True))) ** (-7.0 / 6.0))


@takes_quantities
def aperture_averaging_yura(
    aperture_m: ArrayLike, *, wavelength_m: ArrayLike, scale_height_m: ArrayLike, elevation_deg: ArrayLike
) -> FloatArray:
    """Factor by which an aperture lowers the scintillation index of light from space: Yura and McKinley's form.

    Parameters
    ----------
    aperture_m : array_like
        Diameter [m].
    wavelength_m : array_like
        Wavelength [m].
    scale_height_m : array_like
        Height of the turbulence that scintillates [m]; see `scintillation_height_m`.
    elevation_deg : array_like
        Elevation, greater than 0 [deg].

    Returns
    -------
    ndarray
        [1 + 1.1 (D²/(lambda h_s sec z))^(7/6)]^(-1); Yura & McKinley 1983, Appl. Opt. 22, 3353,
        doi:10.1364/AO.22.003353.
    """
    k, secant = wavenumber_and_secant(wavelength_m, elevation_deg)
    d = within("aperture_m", aperture_m, 0.0)
    height = within("scale_height_m", scale_height_m, 0.0, above=True)
    return np.asarray(1.0 / (1.0 + 1.1 * (d**2 * k / (2.0 * np.pi * height * secant)) ** (7.0 / 6.0)))


@takes_quantities
def scintillation_height_m(profile: HufnagelValley, *, altitude_m: float) -> float:
    """Height above the station of the turbulence that scintillates [m]: [int Cn² h² dh/int Cn² h^(5/6) dh]^(6/7)."""
    ratio = profile.moment(2.0, altitude_m=altitude_m) / profile.moment(5.0 / 6.0, altitude_m=altitude_m)
    return float(ratio ** (6.0 / 7.0))


@takes_quantities
def weak_scintillation_index(
    profile: HufnagelValley, *, aperture_m: float, wavelength_m: float, elevation_deg: ArrayLike, altitude_m: float
) -> FloatArray:
    """Scintillation index of light from space in an aperture by weak-fluctuation theory, without a fitted form.

    Parameters
    ----------
    profile : HufnagelValley
        The turbulence.
    aperture_m : float
        Diameter, unobscured [m].
    wavelength_m : float
        Wavelength [m].
    elevation_deg : array_like
        Elevation, greater than 0 [deg].
    altitude_m : float
        Altitude of the station [m].

    Returns
    -------
    ndarray
        Index [1], shape of the elevation.

    Notes
    -----
    Plane wave, Kolmogorov spectrum: 8 pi² k² 0.033 int dl Cn²(l) int dq q^(-8/3) [1 - cos(q² l/k)]
    [2 J1(q D/2)/(q D/2)]², l along the line of sight (Tatarskii; Roddier 1981, Prog. Opt. 19, 281). Valid while the
    point receiver's Rytov variance is below some 0.3.
    """
    d = float(within("aperture_m", aperture_m, 0.0, above=True))
    k, secant = wavenumber_and_secant(wavelength_m, elevation_deg)
    height, cn2_weight = cn2_weights(profile, float(altitude_m), TOP_M)
    logs, values = _averaging_table()
    # The inner integral is (D/2)^(5/3) times a function of l/(k (D/2)²) alone.
    distance = np.asarray(secant)[..., None] * height
    argument = np.log(np.maximum(distance / (k * (d / 2.0) ** 2), 1e-300))
    inner = np.exp(np.interp(argument, logs, values))
    # Beyond the table's ends: geometric optics, l², below, and no averaging, l^(5/6), above.
    inner = np.where(argument < logs[0], np.exp(values[0] + 2.0 * (argument - logs[0])), inner)
    inner = np.where(argument > logs[-1], np.exp(values[-1] + 5.0 / 6.0 * (argument - logs[-1])), inner)
    scale = 8.0 * np.pi**2 * 0.033 * k**2 * (d / 2.0) ** (5.0 / 3.0)
    return np.asarray(scale * secant * (inner @ cn2_weight))


@lru_cache(maxsize=1)
def _averaging_table() -> tuple[FloatArray, FloatArray]:
    """Logarithm of int dx x^(-8/3) [1 - cos(x² p)] [2 J1(x)/x]² over log p."""
    from scipy.special import j1

    logs = np.linspace(np.log(1e-6), np.log(1e4), 231)
    values = []
    for p in np.exp(logs):
        # Up to where x² p has turned a hundred times, or the aperture's factor is below 1e-9.
        end = min(1e3, float(np.sqrt(200.0 * np.pi / p)))
        turns = end / np.pi + end**2 * p / np.pi
        edges = np.concatenate([np.geomspace(1e-6, 1e-2 * end, 24), np.linspace(1e-2 * end, end, int(turns) + 8)[1:]])
        x, weight = gauss_legendre(edges, 8)
        swing = 2.0 * np.sin(x**2 * p / 2.0) ** 2
        filtered = weight @ (x ** (-8.0 / 3.0) * swing * (2.0 * j1(x) / x) ** 2)
        # The tail: the cosine averages out and the aperture's factor goes as 4/(pi x³).
        values.append(np.log(filtered + 4.0 / np.pi / (14.0 / 3.0) * end ** (-14.0 / 3.0) if end > 3.0 else filtered))
    return logs, np.array(values)
