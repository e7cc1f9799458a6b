"""The sky above a station: Sun, Moon, twilight, and the Earth's shadow on the satellite, for arrays of instants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satqkd.errors import InputError
from satqkd.orbit.ephemeris import sun_moon_m
from satqkd.orbit.station import WGS84_FLATTENING, WGS84_RADIUS_M, Station, as_stations, horizons, station_rows
from satqkd.orbit.timescale import tai_from_datetime64
from satqkd.orbit.view import dot, elevation_azimuth_deg

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SUN_RADIUS_M = 695.7e6
"""IAU 2015 resolution B3, nominal solar radius."""
TWILIGHT_DEG = {"civil": -6.0, "nautical": -12.0, "astronomical": -18.0}
"""Geometric elevation of the Sun [deg] at which each twilight ends."""
SKY_COLUMNS = (
    "sun_elevation_deg",
    "moon_elevation_deg",
    "moon_illumination",
    "moon_separation_deg",
    "satellite_sunlit",
)


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
    satellite_sunlit: BoolArray


def earth_shadow(satellite_m: FloatArray, sun_m: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Tell where a satellite is in the umbra, and where in the penumbra.

    The cones of the Sun's and the Earth's discs as seen from the satellite; the Earth is the WGS84 ellipsoid, made a
    sphere by stretching the polar axis. No atmosphere.

    Parameters
    ----------
    satellite_m, sun_m : ndarray
        Earth-fixed positions [m], shape (3, n).

    Returns
    -------
    umbra, penumbra : ndarray of bool
        The Sun's disc is wholly, or in part, behind the Earth.
    """
    stretch = np.array([[1.0], [1.0], [1.0 / (1.0 - WGS84_FLATTENING)]])
    satellite = satellite_m * stretch
    to_sun = sun_m * stretch - satellite
    radius, distance = np.sqrt(dot(satellite, satellite)), np.sqrt(dot(to_sun, to_sun))
    earth_disc = np.arcsin(np.minimum(WGS84_RADIUS_M / radius, 1.0))
    sun_disc = np.arcsin(SUN_RADIUS_M / distance)
    apart = np.arccos(np.clip(-dot(satellite, to_sun) / (radius * distance), -1.0, 1.0))
    umbra = apart <= earth_disc - sun_disc
    return umbra, (apart < earth_disc + sun_disc) & ~umbra


def twilight(sun_elevation_deg: FloatArray) -> NDArray[np.str_]:
    """Name the light of the sky by the Sun's geometric elevation [deg].

    ``day`` above 0, then ``civil`` to -6, ``nautical`` to -12, ``astronomical`` to -18 deg, below it ``night``.
    """
    names = np.array(["night", "astronomical", "nautical", "civil", "day"])
    return names[np.searchsorted([-18.0, -12.0, -6.0, 0.0], np.asarray(sun_elevation_deg), side="left")]


def sky_at(tai_s: FloatArray, station_m: FloatArray, east_north_up: FloatArray, satellite_d: FloatArray) -> Sky:
    """Describe Sun, Moon and shadow at instants.

    Parameters
    ----------
    tai_s : ndarray
        Instants [s, TAI since 1970], shape (n,).
    station_m, east_north_up : ndarray
        Earth-fixed position [m] and horizon frame of the station of each instant, (3, n) and (3, 3, n).
    satellite_d : ndarray
        Vector from the station to the satellite [m], Earth-fixed, (3, n).
    """
    sun, moon = sun_moon_m(tai_s)
    umbra, _ = earth_shadow(station_m + satellite_d, sun)
    sun_d, moon_d = sun - station_m, moon - station_m
    phase = _angle(sun - moon, -moon_d)  # at the Moon, between the Sun and the station
    return Sky(
        *elevation_azimuth_deg(east_north_up, sun_d),
        *elevation_azimuth_deg(east_north_up, moon_d),
        moon_illumination=0.5 * (1.0 + np.cos(phase)),
        sun_separation_deg=np.degrees(_angle(sun_d, satellite_d)),
        moon_separation_deg=np.degrees(_angle(moon_d, satellite_d)),
        satellite_sunlit=~umbra,
    )


def _angle(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the angle between vectors (3, n) [rad], exact for small ones too."""
    across = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
    return np.asarray(np.arctan2(np.sqrt(across[0] ** 2 + across[1] ** 2 + across[2] ** 2), dot(a, b)))


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
    wanted = ("station", "tca_utc", "max_elevation_deg", "tca_azimuth_deg", "min_range_m")
    missing = [name for name in wanted if name not in passes]
    if missing:
        raise InputError(f"The pass table has no column {missing[0]!r}.", "Give the table of orbit.find_passes.")
    frames = horizons(as_stations(stations))
    row = station_rows(frames, passes["station"].to_numpy())
    frame = frames.east_north_up.take(row, axis=2)
    toward = direction(passes["max_elevation_deg"].to_numpy(), passes["tca_azimuth_deg"].to_numpy(), frame)
    sky = sky_at(
        tai_from_datetime64(utc_stamps(passes["tca_utc"])),
        frames.position_m.take(row, axis=1),
        frame,
        toward * passes["min_range_m"].to_numpy(),
    )
    table = passes.drop(columns=[name for name in SKY_COLUMNS if name in passes])
    after = list(table.columns).index("min_range_m") + 1
    for place, name in enumerate(SKY_COLUMNS):
        table.insert(after + place, name, getattr(sky, name))
    return table


def direction(elevation_deg: FloatArray, azimuth_deg: FloatArray, frames: FloatArray) -> FloatArray:
    """Return Earth-fixed unit vectors (3, n) of elevations and azimuths [deg] in horizon frames (3, 3, n)."""
    elevation, azimuth = np.radians(elevation_deg), np.radians(azimuth_deg)
    across = np.cos(elevation)
    local = (across * np.sin(azimuth), across * np.cos(azimuth), np.sin(elevation))
    return np.asarray(local[0] * frames[0] + local[1] * frames[1] + local[2] * frames[2])


def utc_stamps(column: Any) -> NDArray[np.datetime64]:
    """Return a table's tz-aware column as ``datetime64[us]`` in UTC."""
    return np.asarray(column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype="datetime64[us]"))
