"""The Sun, the Moon and the Earth's shadow, for stations and satellites at arrays of times.

Positions come from the shipped excerpt of JPL's DE421: apparent places (light time and annual aberration), then the
station's parallax; no refraction. Diurnal aberration (0.3 arcsec) and light deflection are left out.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satqkd.catalog import data_file
from satqkd.errors import InputError, ValidityWarning
from satqkd.orbit.station import WGS84_FLATTENING, WGS84_RADIUS_M, Station, as_stations, horizons, station_rows
from satqkd.orbit.timescale import (
    DAY_S,
    J2000_JD,
    JD_1970,
    TT_MINUS_TAI_S,
    gmst_rad,
    skyfield_timescale,
    tai_from_datetime64,
)

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

SPEED_OF_LIGHT_M_S = 299792458.0
SUN_RADIUS_M = 695.7e6
"""IAU 2015 resolution B3, nominal solar radius."""
EPHEMERIS = ("ephemeris", "de421_sun_moon_2016_2050.bsp")
_AU_M = 149597870700.0
_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Sky:
    """Sun and Moon over a station and the light on a satellite, one entry an instant.

    Parameters
    ----------
    sun_elevation_deg, sun_azimuth_deg, moon_elevation_deg, moon_azimuth_deg : ndarray
        Topocentric, without refraction [deg].
    moon_illumination : ndarray
        Illuminated fraction of the Moon's disc [1].
    sun_separation_deg, moon_separation_deg : ndarray
        Angle between the body's centre and the satellite [deg], from the station.
    satellite_sunlit : ndarray of bool
        False in the umbra; the penumbra counts as lit.
    """

    sun_elevation_deg: FloatArray
    sun_azimuth_deg: FloatArray
    moon_elevation_deg: FloatArray
    moon_azimuth_deg: FloatArray
    moon_illumination: FloatArray
    sun_separation_deg: FloatArray
    moon_separation_deg: FloatArray
    satellite_sunlit: NDArray[np.bool_]


@cache
def _segments() -> dict[tuple[int, int], Any]:
    """Read the ephemeris into memory; no file stays open."""
    from jplephem.daf import DAF
    from jplephem.spk import SPK

    kernel = SPK(DAF(io.BytesIO(data_file(*EPHEMERIS).read_bytes())))
    return {(segment.center, segment.target): segment for segment in kernel.segments}


def _span_tai_s() -> tuple[float, float]:
    """Return the stretch of time of the ephemeris [s, TAI since 1970], an hour short of either end for light time."""
    segment = _segments()[0, 10]
    return (segment.start_jd - JD_1970) * DAY_S + _HOUR_S, (segment.end_jd - JD_1970) * DAY_S - _HOUR_S


def _interpolate(tai_s: FloatArray, step_s: float, function: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """Interpolate a slow function of time, shape (n, columns), by cubics through its values at whole steps."""
    place = np.floor(tai_s / step_s).astype(np.int64)
    lowest = int(place.min()) - 1
    used = np.zeros(int(place.max()) - lowest + 3, dtype=bool)
    for k in range(4):
        used[place - lowest - 1 + k] = True
    row = np.cumsum(used) - 1
    knots = function(np.asarray((lowest + np.flatnonzero(used)) * step_s))
    x = tai_s / step_s - place
    weights = (
        -x * (x - 1.0) * (x - 2.0) / 6.0,
        (x + 1.0) * (x - 1.0) * (x - 2.0) / 2.0,
        -(x + 1.0) * x * (x - 2.0) / 2.0,
        (x + 1.0) * x * (x - 1.0) / 6.0,
    )
    return np.asarray(sum(w[:, None] * knots[row[place - lowest - 1 + k]] for k, w in enumerate(weights)))


def _orientation(tai_s: FloatArray) -> FloatArray:
    """Return the rotation from the inertial axes to the true equator and equinox, and GAST - GMST(1982), (n, 10).

    At Skyfield's full precession and nutation; between days a cubic is good to a milliarcsecond.
    """

    def daily(knots: FloatArray) -> FloatArray:
        time = skyfield_timescale().tt_jd(JD_1970 + np.floor(knots / DAY_S), TT_MINUS_TAI_S / DAY_S)
        equinoxes = (np.asarray(time.gast) * (np.pi / 12.0) - gmst_rad(knots) + np.pi) % (2.0 * np.pi) - np.pi
        return np.column_stack((np.moveaxis(time.M, 2, 0).reshape(-1, 9), equinoxes))

    return _interpolate(tai_s, DAY_S, daily)


def _of_date(tai_s: FloatArray) -> FloatArray:
    """Return apparent geocentric Sun and Moon [m] on the true equator and equinox, and GAST - GMST(1982), (n, 7)."""
    turn = _orientation(tai_s)
    first, last = _span_tai_s()
    inside = (tai_s >= first) & (tai_s <= last)
    result = np.empty((tai_s.size, 7))
    result[:, 6] = turn[:, 9]
    if inside.any():
        matrix = turn[inside, :9].reshape(-1, 3, 3)
        sun, moon = _apparent(tai_s[inside])
        result[inside, 0:3] = np.einsum("nij,nj->ni", matrix, sun)
        result[inside, 3:6] = np.einsum("nij,nj->ni", matrix, moon)
    if not inside.all():
        result[~inside, 0:3], result[~inside, 3:6] = _almanac(tai_s[~inside])
    return result


def _apparent(tai_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return apparent geocentric Sun and Moon [m] in the axes of the ephemeris."""
    segments = _segments()
    # TT serves for the ephemeris' TDB: they differ by less than 2 ms, in which the Moon moves 2 m.
    days = (tai_s + TT_MINUS_TAI_S) / DAY_S
    systems, systems_rate = segments[0, 3].compute_and_differentiate(JD_1970, days)
    inner, inner_rate = segments[3, 399].compute_and_differentiate(JD_1970, days)
    earth, velocity = systems + inner, (systems_rate + inner_rate) / DAY_S

    def place(*chain: tuple[int, int]) -> FloatArray:
        delay = np.zeros_like(days)
        for _ in range(2):
            seen = sum(segments[link].compute(JD_1970, days - delay) for link in chain) - earth
            delay = np.linalg.norm(seen, axis=0) * 1e3 / SPEED_OF_LIGHT_M_S / DAY_S
        # Annual aberration to first order in v/c leaves out 0.003 arcsec.
        seen = seen + np.linalg.norm(seen, axis=0) * velocity * (1e3 / SPEED_OF_LIGHT_M_S)
        return np.asarray(seen.T * 1e3)

    return place((0, 10)), place((0, 3), (3, 301))


def _almanac(tai_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return Sun (0.01 deg) and Moon (0.3 deg) [m]: low-precision formulas of the Astronomical Almanac, C5 and D22."""
    n = (tai_s + TT_MINUS_TAI_S) / DAY_S + JD_1970 - J2000_JD
    t = n / 36525.0

    def sin(start: float, rate: float) -> FloatArray:
        return np.asarray(np.sin(np.radians(start + rate * t)))

    def cos(start: float, rate: float) -> FloatArray:
        return np.asarray(np.cos(np.radians(start + rate * t)))

    g = np.radians(357.528 + 0.9856003 * n)
    sun_longitude = 280.460 + 0.9856474 * n + 1.915 * np.sin(g) + 0.020 * np.sin(2.0 * g)
    sun_distance = (1.00014 - 0.01671 * np.cos(g) - 0.00014 * np.cos(2.0 * g)) * _AU_M
    longitude = 218.32 + 481267.881 * t + 6.29 * sin(135.0, 477198.87) - 1.27 * sin(259.3, -413335.36)
    longitude += 0.66 * sin(235.7, 890534.22) + 0.21 * sin(269.9, 954397.74)
    longitude += -0.19 * sin(357.5, 35999.05) - 0.11 * sin(186.5, 966404.03)
    latitude = 5.13 * sin(93.3, 483202.02) + 0.28 * sin(228.2, 960400.89)
    latitude += -0.28 * sin(318.3, 6003.15) - 0.17 * sin(217.6, -407332.21)
    parallax = 0.9508 + 0.0518 * cos(135.0, 477198.87) + 0.0095 * cos(259.3, -413335.36)
    parallax += 0.0078 * cos(235.7, 890534.22) + 0.0028 * cos(269.9, 954397.74)
    obliquity = np.radians(23.439 - 0.0000004 * n)

    def equatorial(longitude_deg: FloatArray, latitude_deg: FloatArray, distance: FloatArray) -> FloatArray:
        lam, beta = np.radians(longitude_deg), np.radians(latitude_deg)
        x, y, z = np.cos(beta) * np.cos(lam), np.cos(beta) * np.sin(lam), np.sin(beta)
        turned = (x, y * np.cos(obliquity) - z * np.sin(obliquity), y * np.sin(obliquity) + z * np.cos(obliquity))
        return np.column_stack(turned) * distance[:, None]

    return (
        equatorial(sun_longitude, np.zeros_like(n), sun_distance),
        equatorial(longitude, latitude, 6378140.0 / np.sin(np.radians(parallax))),
    )


def sun_moon_m(tai_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return apparent geocentric Sun and Moon in the Earth-fixed frame [m], shape (n, 3), at TAI seconds since 1970.

    Outside the ephemeris (2016 to 2049) low-precision formulas serve, with a ValidityWarning.
    """
    if tai_s.size == 0:
        return np.zeros((0, 3)), np.zeros((0, 3))
    first, last = _span_tai_s()
    if tai_s.min() < first or tai_s.max() > last:
        warnings.warn(
            "The shipped ephemeris covers 2016 to 2049; outside it the Sun is good to 0.01 deg, the Moon to 0.3 deg.",
            ValidityWarning,
            stacklevel=4,
        )
    of_date = _interpolate(tai_s, _HOUR_S, _of_date)
    angle = gmst_rad(tai_s) + of_date[:, 6]
    cos, sin = np.cos(angle), np.sin(angle)
    turned = np.empty((2, tai_s.size, 3))
    for body in range(2):
        x, y, z = of_date[:, 3 * body : 3 * body + 3].T
        turned[body, :, 0], turned[body, :, 1], turned[body, :, 2] = cos * x + sin * y, cos * y - sin * x, z
    return turned[0], turned[1]


def earth_shadow(satellite_m: FloatArray, sun_m: FloatArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell where a satellite is in the umbra, and where in the penumbra.

    The cones of the Sun's and the Earth's discs as seen from the satellite; the Earth is the WGS84 ellipsoid, made a
    sphere by stretching the polar axis. No atmosphere.

    Parameters
    ----------
    satellite_m, sun_m : ndarray
        Earth-fixed positions [m], shape (n, 3).

    Returns
    -------
    umbra, penumbra : ndarray of bool
        The Sun's disc is wholly, or in part, behind the Earth.
    """
    stretch = np.array([1.0, 1.0, 1.0 / (1.0 - WGS84_FLATTENING)])
    satellite, sun = satellite_m * stretch, sun_m * stretch
    to_sun = sun - satellite
    radius, distance = np.linalg.norm(satellite, axis=1), np.linalg.norm(to_sun, axis=1)
    earth_disc = np.arcsin(np.minimum(WGS84_RADIUS_M / radius, 1.0))
    sun_disc = np.arcsin(SUN_RADIUS_M / distance)
    apart = np.arccos(np.clip(-np.einsum("nc,nc->n", satellite, to_sun) / (radius * distance), -1.0, 1.0))
    umbra = apart <= earth_disc - sun_disc
    return umbra, (apart < earth_disc + sun_disc) & ~umbra


def sky_at(tai_s: FloatArray, station_m: FloatArray, east_north_up: FloatArray, satellite_d: FloatArray) -> Sky:
    """Describe Sun, Moon and shadow at instants.

    Parameters
    ----------
    tai_s : ndarray
        Instants [s, TAI since 1970], shape (n,).
    station_m, east_north_up : ndarray
        Earth-fixed position [m] and horizon frame of the station of each instant, (n, 3) and (n, 3, 3).
    satellite_d : ndarray
        Vector from the station to the satellite [m], Earth-fixed, (n, 3).
    """
    sun, moon = sun_moon_m(tai_s)
    umbra, _ = earth_shadow(station_m + satellite_d, sun)
    # Phase angle at the Moon between the Sun and the Earth's centre.
    phase = _angle(sun - moon, -moon)
    sun_d, moon_d = sun - station_m, moon - station_m
    sun_elevation, sun_azimuth = _elevation_azimuth_deg(east_north_up, sun_d)
    moon_elevation, moon_azimuth = _elevation_azimuth_deg(east_north_up, moon_d)
    return Sky(
        sun_elevation,
        sun_azimuth,
        moon_elevation,
        moon_azimuth,
        0.5 * (1.0 + np.cos(phase)),
        np.degrees(_angle(sun_d, satellite_d)),
        np.degrees(_angle(moon_d, satellite_d)),
        ~umbra,
    )


def _angle(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the angle between vectors [rad], exact for small ones too."""
    return np.asarray(np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), np.einsum("nc,nc->n", a, b)))


def _elevation_azimuth_deg(east_north_up: FloatArray, d: FloatArray) -> tuple[FloatArray, FloatArray]:
    east, north, up = np.einsum("nij,nj->in", east_north_up, d)
    return np.degrees(np.arctan2(up, np.hypot(east, north))), np.degrees(np.arctan2(east, north)) % 360.0


def add_sky(passes: pd.DataFrame, stations: Station | Sequence[Station]) -> pd.DataFrame:
    """Return a pass table with Sun, Moon and sunlight at TCA after `min_range_m`.

    Parameters
    ----------
    passes : pandas.DataFrame
        Rows of `find_passes`.
    stations : Station or sequence of Station
        At least those of the rows.

    Returns
    -------
    pandas.DataFrame
        A copy with `sun_elevation_deg`, `moon_elevation_deg`, `moon_illumination`, `moon_separation_deg` and
        `satellite_sunlit`. The satellite stands at the shortest range in the direction of TCA, which for a low orbit
        is its place within a kilometre.
    """
    missing = [name for name in ("station", "tca_utc", "max_elevation_deg", "min_range_m") if name not in passes]
    if missing:
        raise InputError(f"The pass table has no column {missing[0]!r}.", "Give the table of orbit.find_passes.")
    frames = horizons(as_stations(stations))
    row = station_rows(frames, passes["station"].to_numpy())
    direction = direction_m(
        passes["max_elevation_deg"].to_numpy(), passes["tca_azimuth_deg"].to_numpy(), frames.east_north_up[row]
    )
    sky = sky_at(
        tai_from_datetime64(utc_stamps(passes["tca_utc"])),
        frames.position_m[row],
        frames.east_north_up[row],
        direction * passes["min_range_m"].to_numpy()[:, None],
    )
    table = passes.drop(columns=[name for name in SKY_COLUMNS if name in passes])
    after = list(table.columns).index("min_range_m") + 1
    for place, name in enumerate(SKY_COLUMNS):
        table.insert(after + place, name, getattr(sky, name))
    return table


SKY_COLUMNS = (
    "sun_elevation_deg",
    "moon_elevation_deg",
    "moon_illumination",
    "moon_separation_deg",
    "satellite_sunlit",
)


def direction_m(elevation_deg: FloatArray, azimuth_deg: FloatArray, east_north_up: FloatArray) -> FloatArray:
    """Return Earth-fixed unit vectors (n, 3) of elevations and azimuths [deg] in horizon frames (n, 3, 3)."""
    elevation, azimuth = np.radians(elevation_deg), np.radians(azimuth_deg)
    across = np.cos(elevation)
    local = np.column_stack((across * np.sin(azimuth), across * np.cos(azimuth), np.sin(elevation)))
    return np.asarray(np.einsum("nij,ni->nj", east_north_up, local))


def utc_stamps(column: Any) -> NDArray[np.datetime64]:
    """Return a table's tz-aware column as ``datetime64[us]`` in UTC."""
    return np.asarray(column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype="datetime64[us]"))
