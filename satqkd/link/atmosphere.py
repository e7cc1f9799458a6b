"""What the air between satellite and station takes: a zenith extinction, a visibility, or a MODTRAN table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from satqkd.errors import InputError
from satqkd.limits import NonNegative, Positive, check_limits
from satqkd.link.checks import one_of, within
from satqkd.units import FloatArray, transmittance

AEROSOL_SCALE_HEIGHT_M = 1200.0
"""Height over which the aerosol of a visibility falls by e; a usual value for the boundary layer."""


def airmass(elevation_deg: ArrayLike) -> FloatArray:
    """Relative optical path through the atmosphere, 1 at the zenith.

    Parameters
    ----------
    elevation_deg : array_like
        Apparent elevation, refraction included, from -1 to 90 [deg]. Given the geometric elevation it is 0.1 % too
        large at 30 deg, 0.9 % at 10 deg and 3 % at 5 deg.

    Returns
    -------
    ndarray
        Airmass [1], shape of the argument.

    Raises
    ------
    InputError
        Below -1 deg, where the formula turns meaningless.

    Notes
    -----
    Kasten & Young 1989, Appl. Opt. 28, 4735, doi:10.1364/AO.28.004735.

    Examples
    --------
    >>> float(airmass(30.0).round(4))
    1.9943
    """
    e = within("elevation_deg", elevation_deg, -1.0, 90.0 + 1e-6)
    return np.asarray(1.0 / (np.sin(np.radians(e)) + 0.50572 * (e + 6.07995) ** -1.6364))


def scattering_per_km(
    visibility_m: ArrayLike, *, wavelength_m: ArrayLike, law: Literal["kruse", "kim"] = "kim"
) -> FloatArray:
    """Aerosol extinction at the ground that goes with a meteorological visibility.

    Parameters
    ----------
    visibility_m : array_like
        Visibility, 2 % contrast [m].
    wavelength_m : array_like
        Wavelength [m].
    law : {"kim", "kruse"}, optional
        Size exponent; they agree above 6 km.

    Returns
    -------
    ndarray
        Extinction [1/km]; times 4.343 it is in dB/km.

    Notes
    -----
    3.912/V (lambda/550 nm)^-q, V in km. q is 1.6 above 50 km and 1.3 above 6 km; below, Kruse et al. 1962 (Elements of
    Infrared Technology) take 0.585 V^(1/3), Kim et al. 2001, Proc. SPIE 4214, 26, doi:10.1117/12.417512, take
    0.16 V + 0.34 above 1 km, V - 0.5 above 0.5 km, else 0.
    """
    one_of("law", law, ("kruse", "kim"))
    v = within("visibility_m", visibility_m, 0.0, above=True) / 1000.0
    wavelength = within("wavelength_m", wavelength_m, 0.0, above=True)
    kim = np.select([v > 1.0, v > 0.5], [0.16 * v + 0.34, v - 0.5], 0.0)
    hazy = kim if law == "kim" else 0.585 * np.cbrt(v)
    q = np.select([v > 50.0, v > 6.0], [1.6, 1.3], hazy)
    return np.asarray(3.912 / v * (wavelength / 550e-9) ** -q)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZenithExtinction:
    """An atmosphere known by its loss at the zenith, which grows with the airmass; nothing is corrected for altitude.

    Parameters
    ----------
    zenith_extinction_db : float
        Loss at the zenith, from the station's altitude up [dB].
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    zenith_extinction_db: NonNegative
    model: Literal["zenith-extinction"] = "zenith-extinction"

    def __post_init__(self) -> None:
        check_limits(self)
        one_of("ZenithExtinction.model", self.model, ("zenith-extinction",))

    def transmittance(self, *, elevation_deg: ArrayLike, wavelength_m: float, altitude_m: float) -> FloatArray:
        """Transmittance, shape of the elevation [deg]; wavelength and altitude are in the number already."""
        return transmittance(self.zenith_extinction_db * airmass(elevation_deg))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visibility:
    """An aerosol layer known by the visibility at sea level; molecules (0.07 dB at 850 nm, zenith) are not in it.

    Parameters
    ----------
    visibility_m : float
        Meteorological visibility at sea level [m].
    law : {"kim", "kruse"}, optional
        Size exponent below 6 km; see `scattering_per_km`.
    scale_height_m : float, optional
        Height over which the aerosol falls by e [m]; a station at h0 has exp(-h0/scale height) of it overhead.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    visibility_m: Positive
    law: Literal["kim", "kruse"] = "kim"
    scale_height_m: Positive = AEROSOL_SCALE_HEIGHT_M
    model: Literal["visibility"] = "visibility"

    def __post_init__(self) -> None:
        check_limits(self)
        one_of("Visibility.law", self.law, ("kruse", "kim"))
        one_of("Visibility.model", self.model, ("visibility",))

    def transmittance(self, *, elevation_deg: ArrayLike, wavelength_m: float, altitude_m: float) -> FloatArray:
        """Transmittance, shape of the elevation [deg], from a station's altitude [m] up."""
        ground = scattering_per_km(self.visibility_m, wavelength_m=wavelength_m, law=self.law)
        depth = ground * self.scale_height_m / 1000.0 * np.exp(-float(altitude_m) / self.scale_height_m)
        return np.asarray(np.exp(-depth * airmass(elevation_deg)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearSkyTable:
    """The shipped MODTRAN table of a cloudless sky: 785 to 850 nm and 1550 nm, elevation 0 to 90 deg.

    The table starts at sea level and is not corrected for a station's altitude: a mountain station loses less.
    Nodes are met exactly; between them, loss over airmass is linear in elevation and monotone cubic in wavelength.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    model: Literal["clear-sky-table"] = "clear-sky-table"

    def __post_init__(self) -> None:
        one_of("ClearSkyTable.model", self.model, ("clear-sky-table",))

    def transmittance(self, *, elevation_deg: ArrayLike, wavelength_m: float, altitude_m: float) -> FloatArray:
        """Transmittance, shape of the elevation [deg]; an elevation or wavelength outside the table is refused."""
        e = within("elevation_deg", elevation_deg, 0.0, 90.0 + 1e-6)
        nodes, loss_per_airmass = _clear_sky_column(float(wavelength_m))
        return transmittance(np.interp(e, nodes, loss_per_airmass) * airmass(e))


@lru_cache(maxsize=1)
def _clear_sky_table() -> tuple[FloatArray, FloatArray, FloatArray]:
    from satqkd.catalog import data_file

    with data_file("atmosphere", "modtran_clear_sky.csv").open(encoding="utf-8") as stream:
        lines = [line for line in stream if not line.startswith("#")]
    wavelengths_m = np.array([float(word) for word in lines[0].split(",")[1:]]) * 1e-9
    table = np.array([[float(word) for word in line.split(",")] for line in lines[1:]])
    elevation = table[:, 0]
    return wavelengths_m, elevation, -10.0 * np.log10(table[:, 1:]) / airmass(elevation)[:, None]


@lru_cache(maxsize=64)
def _clear_sky_column(wavelength_m: float) -> tuple[FloatArray, FloatArray]:
    wavelengths, elevation, loss = _clear_sky_table()
    same = np.isclose(wavelengths, wavelength_m, rtol=0.0, atol=1e-12)
    if same.any():
        return elevation, loss[:, int(np.argmax(same))]
    band = wavelengths < 900e-9
    near = wavelengths[band]
    if not near[0] <= wavelength_m <= near[-1]:
        raise InputError(
            f"wavelength_m = {wavelength_m:g} is not in the clear-sky table: it holds 785e-9 to 850e-9 and 1550e-9.",
            'Choose one of those, or model = "visibility" or "zenith-extinction".',
        )
    return elevation, monotone_cubic(near, loss[:, band], wavelength_m)


def monotone_cubic(nodes: FloatArray, values: FloatArray, at: float) -> FloatArray:
    """Interpolate along the last axis with the monotone cubic of Fritsch and Butland, which never overshoots.

    Parameters
    ----------
    nodes : ndarray
        Increasing positions, shape (n,).
    values : ndarray
        Values, shape (..., n).
    at : float
        Position within the nodes.

    Notes
    -----
    Interior slopes are weighted harmonic means of the neighbouring secants, zero at an extremum; the end slopes are
    those of the parabola through three nodes, held to the sign of, and thrice, the end secant. Fritsch & Butland 1984,
    SIAM J. Sci. Stat. Comput. 5, 300, doi:10.1137/0905021.
    """
    step = np.diff(nodes)
    secant = np.diff(values, axis=-1) / step
    left, right = secant[..., :-1], secant[..., 1:]
    w_left, w_right = 2.0 * step[1:] + step[:-1], step[1:] + 2.0 * step[:-1]
    rising = left * right > 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = np.where(rising, (w_left + w_right) / (w_left / left + w_right / right), 0.0)
    first = _end_slope(step[0], step[1], secant[..., 0], secant[..., 1])
    last = _end_slope(step[-1], step[-2], secant[..., -1], secant[..., -2])
    slope = np.concatenate([first[..., None], inner, last[..., None]], axis=-1)
    i = int(np.clip(np.searchsorted(nodes, at) - 1, 0, len(nodes) - 2))
    h, t = step[i], (at - nodes[i]) / step[i]
    return np.asarray(
        (1.0 + 2.0 * t) * (1.0 - t) ** 2 * values[..., i]
        + t**2 * (3.0 - 2.0 * t) * values[..., i + 1]
        + h * t * (1.0 - t) * ((1.0 - t) * slope[..., i] - t * slope[..., i + 1])
    )


def _end_slope(h: float, h_next: float, secant: FloatArray, secant_next: FloatArray) -> FloatArray:
    parabola = ((2.0 * h + h_next) * secant - h * secant_next) / (h + h_next)
    steepest = 3.0 * np.abs(secant)
    return np.where(parabola * secant > 0.0, np.clip(parabola, -steepest, steepest), 0.0)
