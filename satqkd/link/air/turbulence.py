"""Optical turbulence above a station: profile, coherence, angles, times. On a downlink it only blurs the image.

Scintillation (`satqkd.link.air.scintillation`) makes a downlink's light flicker without lowering its mean, so the mean
budget asks turbulence for one number: Fried's parameter, which the receiver's field stop turns into a loss. Angles,
times and winds wait for adaptive optics and the uplink.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, takes_quantities, within
from satqkd.errors import ValidityWarning, warn
from satqkd.fields import NonNegative, Positive, noun, one_of
from satqkd.link.quadrature import gauss_legendre
from satqkd.link.sight import DARK_NIGHT, LineOfSight, SkyLight

SurfaceTerm = Literal["site", "bare"]
TOP_M = 100_000.0
"""Height above sea level at which the integrals end."""

LOWEST_ELEVATION_DEG = 10.0
"""Below this the flat-layer secant and the weak-turbulence theory behind r0 and its kin are not to be trusted."""


@takes_quantities
def hufnagel_valley(
    height_m: ArrayLike,
    *,
    wind_m_s: ArrayLike = 21.0,
    ground_cn2: ArrayLike = 1.7e-14,
    site_altitude_m: float = 0.0,
    surface_term: SurfaceTerm = "site",
) -> FloatArray:
    """Refractive-index structure parameter of the Hufnagel-Valley model.

    Parameters
    ----------
    height_m : array_like
        Height above sea level [m].
    wind_m_s : array_like, optional
        Root-mean-square wind between 5 and 20 km [m/s]; 21 with the default ground value is HV 5/7.
    ground_cn2 : array_like, optional
        Structure parameter at the ground at sea level [m^(-2/3)].
    site_altitude_m : float, optional
        Altitude of the station [m].
    surface_term : {"site", "bare"}, optional
        "site" moves the surface layer up with the station and thins it, A exp(-h0/700) exp(-(h - h0)/100); "bare"
        leaves it at sea level, so that a mountain station sits above it.

    Returns
    -------
    ndarray
        Cn² [m^(-2/3)].

    Notes
    -----
    0.00594 (v/27)² (1e-5 h)^10 exp(-h/1000) + 2.7e-16 exp(-h/1500) + surface term; Andrews & Phillips, Laser Beam
    Propagation through Random Media, 2nd ed. (2005), eq. 12.1, doi:10.1117/3.626196.
    """
    h = within("height_m", height_m, -500.0)
    v = within("wind_m_s", wind_m_s, 0.0)
    a = within("ground_cn2", ground_cn2, 0.0)
    one_of("surface_term", surface_term, ("site", "bare"))
    base = site_altitude_m if surface_term == "site" else 0.0
    surface = a * np.exp(-base / 700.0) * np.exp(-(h - base) / 100.0)
    # The tropopause term in logarithms: (1e-5 h)^10 alone would do for floats, but not below sea level.
    high = 0.00594 * (v / 27.0) ** 2 * (1e-5 * np.maximum(h, 0.0)) ** 10 * np.exp(-h / 1000.0)
    return np.asarray(high + 2.7e-16 * np.exp(-h / 1500.0) + surface)


@takes_quantities
def bufton_wind_m_s(
    height_m: ArrayLike, *, ground_wind_m_s: ArrayLike = 5.0, slew_rad_s: ArrayLike = 0.0
) -> FloatArray:
    """Wind across the line of sight at a height above the station [m/s].

    Parameters
    ----------
    height_m : array_like
        Height above the station [m].
    ground_wind_m_s : array_like, optional
        Wind at the ground [m/s].
    slew_rad_s : array_like, optional
        Angular rate at which the line of sight follows the satellite [rad/s], which adds omega h.

    Notes
    -----
    v_g + 30 exp(-((h - 9400)/4800)²) + omega h; Andrews & Phillips (2005), eq. 12.2, after Bufton 1973.
    """
    h = within("height_m", height_m, 0.0)
    ground = within("ground_wind_m_s", ground_wind_m_s, 0.0)
    return np.asarray(ground + 30.0 * np.exp(-(((h - 9400.0) / 4800.0) ** 2)) + within("slew_rad_s", slew_rad_s) * h)


@takes_quantities
def bufton_rms_wind_m_s(ground_wind_m_s: ArrayLike) -> FloatArray:
    """Root-mean-square Bufton wind between 5 and 20 km [m/s]: sqrt(vg² + 30.69 vg + 348.91)."""
    ground = within("ground_wind_m_s", ground_wind_m_s, 0.0)
    return np.asarray(np.sqrt(ground**2 + 30.69 * ground + 348.91))


@takes_quantities
def itu_rms_wind_m_s(ground_wind_m_s: ArrayLike) -> FloatArray:
    """Root-mean-square wind of ITU-R P.1621-2 [m/s]: sqrt(vg² + 33.11 vg + 360.31)."""
    ground = within("ground_wind_m_s", ground_wind_m_s, 0.0)
    return np.asarray(np.sqrt(ground**2 + 33.11 * ground + 360.31))


@takes_quantities
def fried_parameter_m(cn2_integral: ArrayLike, *, wavelength_m: ArrayLike, elevation_deg: ArrayLike) -> FloatArray:
    """Fried's coherence diameter of a plane wave.

    Parameters
    ----------
    cn2_integral : array_like
        Integral of Cn² over height above the station [m^(1/3)]; see `HufnagelValley.moment`.
    wavelength_m : array_like
        Wavelength [m].
    elevation_deg : array_like
        Elevation, greater than 0 [deg].

    Returns
    -------
    ndarray
        r0 = [0.423 k² sec z int Cn² dh]^(-3/5) [m]; infinite without turbulence.

    Notes
    -----
    Andrews & Phillips (2005), eq. 12.23. The layers are flat: not to be trusted below some 10 deg.
    """
    k, secant = wavenumber_and_secant(wavelength_m, elevation_deg)
    integral = within("cn2_integral", cn2_integral, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray((0.423 * k**2 * secant * integral) ** -0.6)


@takes_quantities
def isoplanatic_angle_rad(moment_5_3: ArrayLike, *, wavelength_m: ArrayLike, elevation_deg: ArrayLike) -> FloatArray:
    """Angle over which the wavefront stays the same.

    Parameters
    ----------
    moment_5_3 : array_like
        Integral of Cn² h^(5/3) over height h above the station [m^2].
    wavelength_m, elevation_deg : array_like
        Wavelength [m] and elevation [deg].

    Returns
    -------
    ndarray
        theta0 = [2.914 k² sec^(8/3) z int Cn² h^(5/3) dh]^(-3/5) [rad]; Andrews & Phillips (2005), eq. 12.30.
    """
    k, secant = wavenumber_and_secant(wavelength_m, elevation_deg)
    with np.errstate(divide="ignore"):
        return np.asarray((2.914 * k**2 * secant ** (8.0 / 3.0) * within("moment_5_3", moment_5_3, 0.0)) ** -0.6)


@takes_quantities
def greenwood_frequency_hz(wind_moment: ArrayLike, *, wavelength_m: ArrayLike, elevation_deg: ArrayLike) -> FloatArray:
    """Bandwidth an adaptive optics loop needs.

    Parameters
    ----------
    wind_moment : array_like
        Integral of Cn² V^(5/3) over height above the station [m^2 s^(-5/3)]; see `HufnagelValley.wind_moment`.
    wavelength_m, elevation_deg : array_like
        Wavelength [m] and elevation [deg].

    Returns
    -------
    ndarray
        f_G = [0.102 k² sec z int Cn² V^(5/3) dh]^(3/5) [Hz]; Greenwood 1977, J. Opt. Soc. Am. 67, 390,
        doi:10.1364/JOSA.67.000390.
    """
    k, secant = wavenumber_and_secant(wavelength_m, elevation_deg)
    return np.asarray((0.102 * k**2 * secant * within("wind_moment", wind_moment, 0.0)) ** 0.6)


@takes_quantities
def wavenumber_and_secant(wavelength_m: ArrayLike, elevation_deg: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Wavenumber [1/m] of a wavelength [m], and secant of the zenith angle at an elevation [deg]."""
    k = 2.0 * np.pi / within("wavelength_m", wavelength_m, 0.0, above=True)
    elevation = within("elevation_deg", elevation_deg, 0.0, 90.0 + 1e-6, above=True)
    return np.asarray(k), np.asarray(1.0 / np.sin(np.radians(elevation)))


@noun
class NoTurbulence:
    """No turbulence loss: the field stop is wide, or the atmosphere's number already includes it."""

    model: Literal["none"] = "none"

    @takes_quantities
    def fried_parameter_m(self, sight: LineOfSight, sky: SkyLight = DARK_NIGHT, *, wavelength_m: float) -> FloatArray:
        """Infinite, in the shape of the sight."""
        return np.full(sight.elevation_deg.shape, np.inf)


@noun
class HufnagelValley:
    """The Hufnagel-Valley profile above a station; the defaults are HV 5/7.

    Parameters
    ----------
    wind_m_s : float, optional
        Root-mean-square wind between 5 and 20 km [m/s].
    ground_cn2 : float, optional
        Structure parameter at the ground at sea level [m^(-2/3)].
    surface_term : {"site", "bare"}, optional
        Whether the surface layer moves up with the station; see `hufnagel_valley`.
    ground_wind_m_s : float, optional
        Wind at the ground, for the Bufton profile behind the Greenwood frequency [m/s].
    """

    wind_m_s: NonNegative = 21.0
    ground_cn2: NonNegative = 1.7e-14
    surface_term: SurfaceTerm = "site"
    ground_wind_m_s: Positive = 5.0
    model: Literal["hufnagel-valley"] = "hufnagel-valley"

    @takes_quantities
    def moment(self, power: float, *, altitude_m: float, top_m: float = TOP_M) -> float:
        """Integral of Cn² h^power [m^(1/3 + power)], h from the station's altitude [m] to `top_m` above the sea."""
        within("altitude_m", altitude_m, -500.0, 9000.0)
        return _moment(self, float(power), float(altitude_m), float(top_m))

    @takes_quantities
    def wind_moment(self, *, altitude_m: float, slew_rad_s: float = 0.0) -> float:
        """Integral of Cn² V^(5/3) over height above the station [m^2 s^(-5/3)], V Bufton's wind."""
        within("altitude_m", altitude_m, -500.0, 9000.0)
        height, cn2_weight = cn2_weights(self, float(altitude_m), TOP_M)
        wind = bufton_wind_m_s(height, ground_wind_m_s=self.ground_wind_m_s, slew_rad_s=slew_rad_s)
        return float(cn2_weight @ np.abs(wind) ** (5.0 / 3.0))

    @takes_quantities
    def fried_parameter_m(self, sight: LineOfSight, sky: SkyLight = DARK_NIGHT, *, wavelength_m: float) -> FloatArray:
        """r0 along the line of sight [m], in its shape."""
        elevation = sight.elevation_deg
        if elevation.size and float(elevation.min()) < LOWEST_ELEVATION_DEG:
            warn(
                f"Turbulence at {float(elevation.min()):.1f} deg: the flat-layer Fried parameter is not to be trusted "
                f"below {LOWEST_ELEVATION_DEG:g} deg of elevation; it is taken on down to the horizon.",
                ValidityWarning,
            )
        altitudes, place = np.unique(sight.station_altitude_m, return_inverse=True)
        integrals = np.array([self.moment(0.0, altitude_m=float(one)) for one in altitudes])
        integral = integrals[place.reshape(np.shape(sight.station_altitude_m))]
        # The flat layers' secant would be infinite on the horizon, where the curved Earth's airmass is about 38.
        above = np.maximum(elevation, 1.5)
        return fried_parameter_m(integral, wavelength_m=wavelength_m, elevation_deg=above)


@lru_cache(maxsize=256)
def _moment(profile: HufnagelValley, power: float, altitude_m: float, top_m: float) -> float:
    height, cn2_weight = cn2_weights(profile, altitude_m, top_m)
    return float(cn2_weight @ height**power)


@lru_cache(maxsize=64)
def cn2_weights(profile: HufnagelValley, altitude_m: float, top_m: float) -> tuple[FloatArray, FloatArray]:
    """Heights above the station [m] and Cn² times its quadrature weight there [m^(1/3)]: nodes of every moment."""
    # Panels thin where the 100 m surface layer is, and below it for the fractional powers at h = 0.
    near_m = [0.0, 1.0, 10.0, 50.0, 100.0, 200.0, 400.0, 700.0, 1000.0, 1500.0]
    steps = np.array([*near_m, 2e3, 3e3, 4e3, 6e3, 8e3, 1e4, 1.3e4, 1.6e4, 2e4, 3e4, 5e4])
    depth = top_m - altitude_m
    edges = np.concatenate([steps[steps < depth], [depth]])
    height, weight = gauss_legendre(edges)
    cn2 = hufnagel_valley(
        height + altitude_m,
        wind_m_s=profile.wind_m_s,
        ground_cn2=profile.ground_cn2,
        site_altitude_m=altitude_m,
        surface_term=profile.surface_term,
    )
    return height, cn2 * weight
