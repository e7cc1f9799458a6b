"""The natural and the city sky as a sum: airglow and stars, moonlight, twilight, daylight, light pollution."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Gt
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, takes_quantities, within
from satqkd.errors import ValidityWarning, warn
from satqkd.fields import NonNegative, noun
from satqkd.link.background.moonlight import (
    SUN_OVER_FULL_MOON,
    V_ZERO_POINT,
    extinction_at,
    moonlight_w_m2_sr_um,
    scattered_w_m2_sr_um,
    sky_airmass,
    solar_ratio,
)
from satqkd.link.sight import DARK_NIGHT, LineOfSight, SkyLight

NATURAL_V_MAG_ARCSEC2 = 21.83
"""V brightness of a dark zenith at a solar radio flux of 130 sfu, from the same source as the airglow below."""

_AIRGLOW_NM = (365.0, 440.0, 550.0, 640.0, 790.0, 880.0, 1020.0, 1250.0, 1630.0, 2150.0)
_AIRGLOW = (2.6e-6, 2.1e-6, 2.9e-6, 3.5e-6, 6.1e-6, 1.15e-5, 2.2e-5, 2.4e-5, 8.2e-5, 1.4e-5)
"""Dark zenith [W m^-2 sr^-1 um^-1]: UBVRIZYJHK of 22.09, 22.78, 21.83, 21.06, 19.74, 18.76, 17.61, 16.87, 14.42 and
15.25 mag/arcsec² by ESO's SkyCalc (Noll et al. 2012, A&A 543, A92, doi:10.1051/0004-6361/201219040), Paranal, 130 sfu.
Band means: a narrow filter between or on OH lines sees several times less or more."""

_TWILIGHT_NM = (365.0, 440.0, 550.0, 640.0, 790.0)
_TWILIGHT_ZERO_POINT = (1776.0, 2689.0, 1544.0, 926.0, 479.0)  # Bessell et al. 1998, over 2.3504e-11 sr
_TWILIGHT = ((11.78, 1.376, -0.039), (11.84, 1.411, -0.041), (11.84, 1.518, -0.057), (11.40, 1.567, -0.064),
             (10.93, 1.470, -0.062))  # fmt: skip
"""Zenith UBVRI magnitude a0 + a1 x + a2 x², x = Sun's zenith distance - 95 deg, 0 to 10 (Patat et al. 2006, A&A 455,
385, doi:10.1051/0004-6361:20064992, table 1)."""


@takes_quantities
def airglow_w_m2_sr_um(*, wavelength_m: float, elevation_deg: ArrayLike, extinction_v_mag: float = 0.172) -> FloatArray:
    """Radiance of the moonless sky: airglow, zodiacal light, unresolved stars, at mean solar activity.

    Parameters
    ----------
    wavelength_m : float
        Wavelength [m].
    elevation_deg : array_like
        Elevation [deg].
    extinction_v_mag : float, optional
        V-band extinction [mag per airmass].

    Returns
    -------
    ndarray
        [W m^-2 sr^-1 um^-1]; the zenith value times X 10^(-0.4 k (X - 1)) (Krisciunas & Schaefer 1991, eq. 2).
    """
    nm = float(within("wavelength_m", wavelength_m, 0.0, above=True)) * 1e9
    if not _AIRGLOW_NM[0] <= nm <= _AIRGLOW_NM[-1]:
        warn(f"Airglow at {nm:.0f} nm is outside the table's 365 to 2150 nm: its end is used.", ValidityWarning)
    zenith = float(np.exp(np.interp(nm, _AIRGLOW_NM, np.log(_AIRGLOW))))
    k = extinction_at(wavelength_m, extinction_v_mag=extinction_v_mag).total_mag
    x = _path(elevation_deg)
    return np.asarray(zenith * x * 10.0 ** (-0.4 * k * (x - 1.0)))


@takes_quantities
def light_pollution_w_m2_sr_um(sky_quality_v_mag_arcsec2: ArrayLike) -> FloatArray:
    """Artificial part of a zenith brightness as a sky quality meter reads it.

    Parameters
    ----------
    sky_quality_v_mag_arcsec2 : array_like
        Moonless zenith brightness, about V [mag/arcsec²]: 21.8 is natural, 18 a city.

    Returns
    -------
    ndarray
        What exceeds the natural 21.83 [W m^-2 sr^-1 um^-1] in V. Used as it is at other wavelengths: an assumption, and
        a generous one for lamps that emit little beyond 700 nm.
    """
    quality = within("sky_quality_v_mag_arcsec2", sky_quality_v_mag_arcsec2, 0.0, 30.0)
    artificial = 10.0 ** (-0.4 * quality) - 10.0 ** (-0.4 * NATURAL_V_MAG_ARCSEC2)
    return np.asarray(V_ZERO_POINT * np.maximum(artificial, 0.0))


@takes_quantities
def sunlight_w_m2_sr_um(
    *,
    wavelength_m: float,
    elevation_deg: ArrayLike,
    sun_elevation_deg: ArrayLike,
    extinction_v_mag: float = 0.172,
    irradiance_ratio: float | None = None,
) -> FloatArray:
    """Radiance of the clear sky by day and in twilight.

    Parameters
    ----------
    wavelength_m : float
        Wavelength [m].
    elevation_deg, sun_elevation_deg : array_like
        Elevation of the line of sight and of the Sun [deg].
    extinction_v_mag : float, optional
        V-band extinction [mag per airmass].
    irradiance_ratio : float or None, optional
        Solar irradiance at the wavelength over that at 550 nm; by default `solar_ratio`.

    Returns
    -------
    ndarray
        [W m^-2 sr^-1 um^-1], rising with the Sun.

    Notes
    -----
    Sun up: single scattering with the scattering functions of Krisciunas & Schaefer and the Sun in place of the Moon
    (a factor of two: no multiple scattering, no ground). Sun below -5 deg: Patat's zenith fits, taken on with their
    slope at -12 deg, where the night sky begins to show in them. Between, the logarithm is linear. The line of sight
    enters by its path length alone; the distance from the Sun is that of the zenith.
    """
    sun = within("sun_elevation_deg", sun_elevation_deg, -90.0, 90.0)
    extinction = extinction_at(wavelength_m, extinction_v_mag=extinction_v_mag)
    x = _path(elevation_deg)
    ratio = solar_ratio(wavelength_m) if irradiance_ratio is None else irradiance_ratio

    def day(up: FloatArray) -> FloatArray:
        beam = 10.0 ** (-0.4 * (3.84 + extinction.total_mag * sky_airmass(90.0 - up)))
        return scattered_w_m2_sr_um(
            SUN_OVER_FULL_MOON * ratio * beam, elevation_deg=90.0, separation_deg=90.0 - up, extinction=extinction
        )

    horizon, dusk = np.log(day(np.zeros(()))), _log_twilight(wavelength_m, np.asarray(5.0), ratio)
    between = np.exp(dusk + (horizon - dusk) * (np.clip(sun, -5.0, 0.0) + 5.0) / 5.0)
    dark = np.exp(_log_twilight(wavelength_m, np.maximum(-sun, 5.0), ratio))
    zenith = np.where(sun >= 0.0, day(np.maximum(sun, 0.0)), np.where(sun >= -5.0, between, dark))
    k = 0.4 * np.log(10.0) * extinction.total_mag
    return np.asarray(zenith * np.expm1(-k * x) / np.expm1(-k))


def _log_twilight(wavelength_m: float, depression_deg: FloatArray, spectrum: float) -> FloatArray:
    x = depression_deg - 5.0
    near, beyond = np.minimum(x, 7.0), np.maximum(x - 7.0, 0.0)
    bands = []
    for zero_point, (a0, a1, a2) in zip(_TWILIGHT_ZERO_POINT, _TWILIGHT, strict=True):
        magnitude = a0 + a1 * near + a2 * near**2 + (a1 + 14.0 * a2) * beyond
        bands.append(np.log(zero_point) - 0.4 * np.log(10.0) * magnitude)
    nm = float(wavelength_m) * 1e9
    last = _TWILIGHT_NM[-1]
    if nm >= last:
        return np.asarray(bands[-1] + np.log(spectrum / solar_ratio(last * 1e-9)))
    upper = int(np.clip(np.searchsorted(_TWILIGHT_NM, nm), 1, len(_TWILIGHT_NM) - 1))
    low, high = _TWILIGHT_NM[upper - 1], _TWILIGHT_NM[upper]
    t = np.clip((nm - low) / (high - low), 0.0, 1.0)
    return np.asarray((1.0 - t) * bands[upper - 1] + t * bands[upper])


def _path(elevation_deg: ArrayLike) -> FloatArray:
    elevation = within("elevation_deg", elevation_deg, -1.0, 90.0 + 1e-6)
    return sky_airmass(90.0 - np.clip(elevation, 0.0, 90.0))


@noun
class NaturalSky:
    """The sky as the sum of airglow and starlight, moonlight, twilight, daylight and light pollution.

    Parameters
    ----------
    extinction_v_mag : float, optional
        V-band extinction [mag per airmass]; 0.172 is a high, clean site, 0.25 a clear lowland night.
    airglow_factor : float, optional
        Airglow relative to a solar radio flux of 130 sfu; some 0.7 at solar minimum, 1.5 at maximum.
    sky_quality_v_mag_arcsec2 : float or None, optional
        Moonless zenith brightness of the site [mag/arcsec²]; see `light_pollution_w_m2_sr_um`.
    light_pollution_w_m2_sr_um : float, optional
        Artificial zenith radiance at the signal's wavelength, where it is known [W m^-2 sr^-1 um^-1].
    """

    DATA_FILES: ClassVar = ("atmosphere/solar_spectrum.csv",)
    """What it reads of the shipped data."""

    extinction_v_mag: Annotated[float, Gt(0.0)] = 0.172
    airglow_factor: NonNegative = 1.0
    sky_quality_v_mag_arcsec2: NonNegative | None = None
    light_pollution_w_m2_sr_um: NonNegative = 0.0
    model: Literal["natural-sky"] = "natural-sky"

    def __post_init__(self) -> None:
        if self.sky_quality_v_mag_arcsec2 is not None:
            within("NaturalSky.sky_quality_v_mag_arcsec2", self.sky_quality_v_mag_arcsec2, 0.0, 30.0)

    @takes_quantities
    def terms_w_m2_sr_um(
        self, sight: LineOfSight, sky: SkyLight = DARK_NIGHT, *, wavelength_m: float
    ) -> dict[str, FloatArray]:
        """Radiance of each part of the sky [W m^-2 sr^-1 um^-1]: airglow, light_pollution, moonlight, sunlight."""
        k, spectrum = self.extinction_v_mag, solar_ratio(wavelength_m)
        city = self.light_pollution_w_m2_sr_um
        if self.sky_quality_v_mag_arcsec2 is not None:
            city += float(light_pollution_w_m2_sr_um(self.sky_quality_v_mag_arcsec2))
        return {
            "airglow": self.airglow_factor
            * airglow_w_m2_sr_um(wavelength_m=wavelength_m, elevation_deg=sight.elevation_deg, extinction_v_mag=k),
            "light_pollution": np.asarray(city * _path(sight.elevation_deg)),
            "moonlight": moonlight_w_m2_sr_um(
                wavelength_m=wavelength_m,
                elevation_deg=sight.elevation_deg,
                moon_elevation_deg=sky.moon_elevation_deg,
                moon_illumination=sky.moon_illumination,
                moon_separation_deg=sky.moon_separation_deg,
                extinction_v_mag=k,
                irradiance_ratio=spectrum,
            ),
            "sunlight": sunlight_w_m2_sr_um(
                wavelength_m=wavelength_m,
                elevation_deg=sight.elevation_deg,
                sun_elevation_deg=sky.sun_elevation_deg,
                extinction_v_mag=k,
                irradiance_ratio=spectrum,
            ),
        }

    @takes_quantities
    def sky_radiance_w_m2_sr_um(
        self, sight: LineOfSight, sky: SkyLight = DARK_NIGHT, *, wavelength_m: float
    ) -> FloatArray:
        """Sum of `terms_w_m2_sr_um` [W m^-2 sr^-1 um^-1]."""
        return np.asarray(sum(self.terms_w_m2_sr_um(sight, sky, wavelength_m=wavelength_m).values()))
