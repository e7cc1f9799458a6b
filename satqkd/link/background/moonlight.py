"""Light of Moon or Sun scattered by the air, carried from the V band to any wavelength."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, takes_quantities, within
from satqkd.errors import ValidityWarning, warn
from satqkd.link.air.airmass import airmass

V_BAND_M = 550e-9
V_ZERO_POINT = 1544.0
"""Radiance of a V magnitude of 0 per square arcsecond [W m^-2 sr^-1 um^-1]."""

RADIANCE_PER_NANOLAMBERT = V_ZERO_POINT * np.exp(-20.7233) / 34.08
"""W m^-2 sr^-1 um^-1 in V per nL, by the magnitude scale of Krisciunas & Schaefer (their eq. 1)."""

SUN_OVER_FULL_MOON = 10.0 ** (0.4 * (26.74 - 12.73))
"""Illuminance: V = -26.74 for the Sun, -12.73 for the full Moon of Krisciunas & Schaefer."""

MOON_RADIUS_DEG = 0.26


@dataclass(frozen=True, slots=True)
class Extinction:
    """Zenith extinction in magnitudes at a wavelength, by air and by aerosol, and both in V."""

    rayleigh_mag: float
    aerosol_mag: float
    v_rayleigh_mag: float
    v_aerosol_mag: float

    @property
    def total_mag(self) -> float:
        """Both together."""
        return self.rayleigh_mag + self.aerosol_mag


@takes_quantities
def extinction_at(wavelength_m: float, *, extinction_v_mag: float) -> Extinction:
    """Split a V-band extinction [mag per airmass] into air and aerosol and carry it to a wavelength [m].

    Air is 0.106 mag at sea level (at most 0.9 of the whole) and goes as lambda^-4.08, the rest as lambda^-1.3.
    """
    v = float(within("extinction_v_mag", extinction_v_mag, 0.0, above=True))
    air = min(0.106, 0.9 * v)
    ratio = float(within("wavelength_m", wavelength_m, 0.0, above=True)) / V_BAND_M
    return Extinction(air * ratio**-4.08, (v - air) * ratio**-1.3, air, v - air)


@takes_quantities
def sky_airmass(zenith_distance_deg: ArrayLike) -> FloatArray:
    """Optical path of sky light, (1 - 0.96 sin² Z)^(-1/2), 5 on the horizon (Krisciunas & Schaefer 1991, eq. 3)."""
    z = np.radians(within("zenith_distance_deg", zenith_distance_deg, 0.0, 180.0))
    return np.asarray((1.0 - 0.96 * np.sin(z) ** 2) ** -0.5)


@takes_quantities
def krisciunas_schaefer_nl(
    *,
    phase_angle_deg: ArrayLike,
    separation_deg: ArrayLike,
    moon_zenith_distance_deg: ArrayLike,
    zenith_distance_deg: ArrayLike,
    extinction_v_mag: ArrayLike = 0.172,
) -> FloatArray:
    """Brightness of moonlit sky in the V band.

    Parameters
    ----------
    phase_angle_deg : array_like
        0 at full Moon, 180 at new Moon [deg].
    separation_deg : array_like
        Angle between Moon and line of sight [deg].
    moon_zenith_distance_deg, zenith_distance_deg : array_like
        Zenith distance of the Moon and of the line of sight, 0 to 90 [deg].
    extinction_v_mag : array_like, optional
        Extinction coefficient [mag per airmass]; 0.172 is the paper's, for Mauna Kea.

    Returns
    -------
    ndarray
        Nanolamberts, broadcast shape.

    Notes
    -----
    Krisciunas & Schaefer 1991, PASP 103, 1033, doi:10.1086/132921, eq. 15 with 3, 8, 9, 16 to 21: 8 to 23 % from
    observation. Within 10 deg of the Moon their aureole 6.2e7/rho² is taken only where it exceeds the formula's value
    at 10 deg, so that brightness never falls towards the Moon.

    Examples
    --------
    >>> float(krisciunas_schaefer_nl(phase_angle_deg=0.0, separation_deg=60.0, moon_zenith_distance_deg=30.0,
    ...                              zenith_distance_deg=30.0).round())
    1390.0
    """
    alpha = within("phase_angle_deg", phase_angle_deg, 0.0, 180.0)
    k = within("extinction_v_mag", extinction_v_mag, 0.0)
    illuminance = 10.0 ** (-0.4 * (3.84 + 0.026 * alpha + 4e-9 * alpha**4))
    air, aerosol = _scattering_functions(separation_deg)
    beam = 10.0 ** (-0.4 * k * sky_airmass(within("moon_zenith_distance_deg", moon_zenith_distance_deg, 0.0, 90.0)))
    path = 1.0 - 10.0 ** (-0.4 * k * sky_airmass(within("zenith_distance_deg", zenith_distance_deg, 0.0, 90.0)))
    return np.asarray((air + aerosol) * illuminance * beam * path)


def _scattering_functions(separation_deg: ArrayLike) -> tuple[FloatArray, FloatArray]:
    rho = within("separation_deg", separation_deg, 0.0, 180.0)
    air = 10.0**5.36 * (1.06 + np.cos(np.radians(rho)) ** 2)
    far = 10.0 ** (6.15 - np.maximum(rho, 10.0) / 40.0)
    near = np.where(rho < 10.0, 6.2e7 / np.maximum(rho, 0.25) ** 2, 0.0)
    return np.asarray(air), np.asarray(np.maximum(far, near))


@lru_cache(maxsize=1)
def _solar_table() -> tuple[FloatArray, FloatArray]:
    from satqkd.catalog import data_file

    with data_file("atmosphere", "solar_spectrum.csv").open(encoding="utf-8") as stream:
        rows = [line.split(",") for line in stream if line[0].isdigit()]
    table = np.array(rows, dtype=float)
    return table[:, 0] * 1e-9, table[:, 1]


@takes_quantities
def solar_ratio(wavelength_m: float) -> float:
    """Solar spectral irradiance at a wavelength [m] over that at 550 nm; the table runs from 380 to 2020 nm."""
    wavelengths, irradiance = _solar_table()
    w = float(within("wavelength_m", wavelength_m, 0.0, above=True))
    if not wavelengths[0] <= w <= wavelengths[-1]:
        warn(
            f"Sky brightness at {w * 1e9:.0f} nm is outside the solar spectrum's 380 to 2020 nm: its end is used.",
            ValidityWarning,
        )
    at, reference = np.interp([w, V_BAND_M], wavelengths, irradiance)
    return float(at / reference)


@takes_quantities
def moonlight_w_m2_sr_um(
    *,
    wavelength_m: float,
    elevation_deg: ArrayLike,
    moon_elevation_deg: ArrayLike,
    moon_illumination: ArrayLike,
    moon_separation_deg: ArrayLike,
    extinction_v_mag: float = 0.172,
    irradiance_ratio: float | None = None,
) -> FloatArray:
    """Radiance of moonlit sky at a wavelength, 0 with the Moon's disc below the horizon.

    Parameters
    ----------
    wavelength_m : float
        Wavelength [m].
    elevation_deg, moon_elevation_deg : array_like
        Elevation of the line of sight and of the Moon [deg].
    moon_illumination : array_like
        Illuminated fraction of the disc [1].
    moon_separation_deg : array_like
        Angle between Moon and line of sight [deg].
    extinction_v_mag : float, optional
        V-band extinction [mag per airmass].
    irradiance_ratio : float or None, optional
        Solar irradiance at the wavelength over that at 550 nm; by default `solar_ratio`.

    Returns
    -------
    ndarray
        [W m^-2 sr^-1 um^-1].

    Notes
    -----
    Krisciunas & Schaefer's two scattering terms, air and aerosol, each scaled by its own extinction law, times the
    solar spectrum and the redness of the Moon, lambda^0.7 (assumed: a rough fit to lunar reflectances between 0.5 and
    1.6 um). In V it is their formula, save that the direct moonbeam is dimmed by the full Kasten-Young airmass, so that
    moonrise is no step.
    """
    lit = within("moon_illumination", moon_illumination, 0.0, 1.0)
    moon = within("moon_elevation_deg", moon_elevation_deg, -90.0, 90.0)
    alpha = np.degrees(np.arccos(np.clip(2.0 * lit - 1.0, -1.0, 1.0)))
    illuminance = 10.0 ** (-0.4 * (3.84 + 0.026 * alpha + 4e-9 * alpha**4))
    spectrum = solar_ratio(wavelength_m) if irradiance_ratio is None else irradiance_ratio
    redness = (wavelength_m / V_BAND_M) ** 0.7
    extinction = extinction_at(wavelength_m, extinction_v_mag=extinction_v_mag)
    beam = 10.0 ** (-0.4 * extinction.total_mag * airmass(np.maximum(moon, 0.0)))
    radiance = scattered_w_m2_sr_um(
        illuminance * beam * spectrum, elevation_deg=elevation_deg,
        separation_deg=moon_separation_deg, extinction=extinction,
    )  # fmt: skip
    risen = np.clip((moon + MOON_RADIUS_DEG) / (2.0 * MOON_RADIUS_DEG), 0.0, 1.0)
    return np.asarray(radiance * redness * risen)


def scattered_w_m2_sr_um(
    irradiance: ArrayLike,
    *,
    elevation_deg: ArrayLike,
    separation_deg: ArrayLike,
    extinction: Extinction,
) -> FloatArray:
    """Radiance that air and aerosol scatter into the line of sight out of a beam of sunlight.

    Parameters
    ----------
    irradiance : array_like
        Of the dimmed beam at the wavelength, in the unit of Krisciunas & Schaefer's illuminance (0.0291 for an undimmed
        full Moon in V).
    elevation_deg, separation_deg : array_like
        Elevation of the line of sight, and its angle from the source [deg].
    extinction : Extinction
        Of the air, at this wavelength.

    Returns
    -------
    ndarray
        [W m^-2 sr^-1 um^-1].
    """
    elevation = within("elevation_deg", elevation_deg, -1.0, 90.0 + 1e-6)
    path = 1.0 - 10.0 ** (-0.4 * extinction.total_mag * sky_airmass(90.0 - np.clip(elevation, 0.0, 90.0)))
    air, aerosol = _scattering_functions(separation_deg)
    v_total = extinction.v_rayleigh_mag + extinction.v_aerosol_mag
    share = v_total / extinction.total_mag
    mix = air * share * extinction.rayleigh_mag / extinction.v_rayleigh_mag
    mix = mix + aerosol * share * extinction.aerosol_mag / extinction.v_aerosol_mag
    return np.asarray(RADIANCE_PER_NANOLAMBERT * irradiance * mix * path)
