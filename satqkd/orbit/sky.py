"""The sky above a station: Sun, Moon, twilight, and the Earth's shadow on the satellite, for arrays of instants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from satqkd.arrays import BoolArray, FloatArray, IntArray
from satqkd.constants import SUN_RADIUS_M, WGS84_FLATTENING, WGS84_RADIUS_M
from satqkd.errors import InputError
from satqkd.orbit.bodies import SunAndMoon
from satqkd.orbit.engine.view import dot
from satqkd.orbit.station import (
    Horizons,
    Station,
    as_stations,
    horizons,
    station_rows,
)
from satqkd.orbit.timescale import tai_from_datetime64
from satqkd.times import utc_stamps

if TYPE_CHECKING:
    import pandas as pd


TWILIGHT_DEG = {"civil": -6.0, "nautical": -12.0, "astronomical": -18.0}
"""Geometric elevation of the Sun [deg] at which each twilight ends."""
SKY_COLUMNS = (
    "sun_elevation_deg",
    "moon_elevation_deg",
    "moon_illumination",
    "moon_separation_deg",
    "satellite_sunlit",
)


@dataclass(frozen=True)
class Sky:
    """Sun and Moon over stations and the light on satellites, one entry an instant, each computed when asked for.

    Angles in degrees, topocentric, without refraction.

    Parameters
    ----------
    tai_s : ndarray
        Instants [s, TAI since 1970], shape (n,).
    frames : Horizons
    station : ndarray of int
        Index among the frames of each instant's station.
    elevation_deg, azimuth_deg, range_m : ndarray
        Where the satellite stands.
    """

    tai_s: FloatArray
    frames: Horizons
    station: IntArray
    elevation_deg: FloatArray
    azimuth_deg: FloatArray
    range_m: FloatArray

    @cached_property
    def sun_elevation_deg(self) -> FloatArray:
        """Elevation of the Sun's centre."""
        return self._elevation_deg(self._sun_d)

    @cached_property
    def sun_azimuth_deg(self) -> FloatArray:
        """Azimuth of the Sun's centre."""
        return self._azimuth_deg(self._sun_d)

    @cached_property
    def sun_separation_deg(self) -> FloatArray:
        """Angle between the Sun's centre and the satellite."""
        return np.degrees(_angle(self._sun_d, self._satellite_d))

    @cached_property
    def moon_elevation_deg(self) -> FloatArray:
        """Elevation of the Moon's centre."""
        return self._elevation_deg(self._moon_d)

    @cached_property
    def moon_azimuth_deg(self) -> FloatArray:
        """Azimuth of the Moon's centre."""
        return self._azimuth_deg(self._moon_d)

    @cached_property
    def moon_separation_deg(self) -> FloatArray:
        """Angle between the Moon's centre and the satellite."""
        return np.degrees(_angle(self._moon_d, self._satellite_d))

    @cached_property
    def moon_illumination(self) -> FloatArray:
        """Illuminated fraction of the Moon's disc [1]."""
        # At the Moon, between the Sun and the station.
        return np.asarray(0.5 * (1.0 + np.cos(_angle(self._sun_d - self._moon_d, -self._moon_d))))

    @cached_property
    def satellite_sunlit(self) -> BoolArray:
        """Whether the Sun lights the satellite: false in the umbra; the penumbra counts as lit."""
        position = self.frames.position_m.take(self.station, axis=1)
        return ~earth_shadow(position + self._satellite_d, position + self._sun_d)[0]

    @cached_property
    def shadow_depth_deg(self) -> FloatArray:
        """How deep the satellite stands in the umbra: from its edge, positive inside, as an angle at the satellite."""
        position = self.frames.position_m.take(self.station, axis=1)
        earth, sun, apart = _discs(position + self._satellite_d, position + self._sun_d)
        return np.degrees(earth - sun - apart)

    @cached_property
    def _bodies(self) -> SunAndMoon:
        return SunAndMoon(self.tai_s)

    @cached_property
    def _sun_d(self) -> FloatArray:
        """Vector from the station to the Sun [m], Earth-fixed."""
        return self._bodies.sun_m() - self.frames.position_m.take(self.station, axis=1)

    @cached_property
    def _moon_d(self) -> FloatArray:
        return self._bodies.moon_m() - self.frames.position_m.take(self.station, axis=1)

    @cached_property
    def _satellite_d(self) -> FloatArray:
        elevation, azimuth = np.radians(self.elevation_deg), np.radians(self.azimuth_deg)
        across = np.cos(elevation) * self.range_m
        result = across * np.sin(azimuth) * self._axis(0)
        result += across * np.cos(azimuth) * self._axis(1)
        result += np.sin(elevation) * self.range_m * self._axis(2)
        return np.asarray(result)

    def _axis(self, which: int) -> FloatArray:
        return np.asarray(self.frames.east_north_up[which].take(self.station, axis=1))

    def _elevation_deg(self, d: FloatArray) -> FloatArray:
        return np.degrees(np.arcsin(np.clip(dot(self._axis(2), d) / np.sqrt(dot(d, d)), -1.0, 1.0)))

    def _azimuth_deg(self, d: FloatArray) -> FloatArray:
        return np.degrees(np.arctan2(dot(self._axis(0), d), dot(self._axis(1), d))) % 360.0


QUANTITIES = tuple(name for name, value in vars(Sky).items() if isinstance(value, cached_property) and name[0] != "_")
"""What a `Sky` tells."""


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
    earth_disc, sun_disc, apart = _discs(satellite_m, sun_m)
    umbra = apart <= earth_disc - sun_disc
    return umbra, (apart < earth_disc + sun_disc) & ~umbra


def _discs(satellite_m: FloatArray, sun_m: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the radii of the Earth's and the Sun's disc, seen from a satellite, and how far apart they are [rad]."""
    stretch = np.array([[1.0], [1.0], [1.0 / (1.0 - WGS84_FLATTENING)]])
    satellite = satellite_m * stretch
    to_sun = sun_m * stretch - satellite
    radius, distance = np.sqrt(dot(satellite, satellite)), np.sqrt(dot(to_sun, to_sun))
    earth_disc = np.arcsin(np.minimum(WGS84_RADIUS_M / radius, 1.0))
    sun_disc = np.arcsin(SUN_RADIUS_M / distance)
    return earth_disc, sun_disc, np.arccos(np.clip(-dot(satellite, to_sun) / (radius * distance), -1.0, 1.0))


def twilight(sun_elevation_deg: FloatArray) -> NDArray[np.str_]:
    """Name the light of the sky by the Sun's geometric elevation [deg].

    ``day`` above 0, then ``civil`` to -6, ``nautical`` to -12, ``astronomical`` to -18 deg, below it ``night``.
    """
    names = np.array(["night", "astronomical", "nautical", "civil", "day"])
    return names[np.searchsorted([-18.0, -12.0, -6.0, 0.0], np.asarray(sun_elevation_deg), side="left")]


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
        `satellite_sunlit`, all at the satellite's place at TCA.
    """
    wanted = ("station", "tca_utc", "max_elevation_deg", "tca_azimuth_deg", "tca_range_m", "min_range_m")
    missing = [name for name in wanted if name not in passes]
    if missing:
        raise InputError(f"The pass table has no column {missing[0]!r}.", "Give the table of orbit.find_passes.")
    frames = horizons(as_stations(stations))
    row = station_rows(frames, passes["station"].to_numpy())
    sky = Sky(
        tai_from_datetime64(utc_stamps(passes["tca_utc"])),
        frames,
        row,
        passes["max_elevation_deg"].to_numpy(),
        passes["tca_azimuth_deg"].to_numpy(),
        passes["tca_range_m"].to_numpy(),
    )
    table = passes.drop(columns=[name for name in SKY_COLUMNS if name in passes])
    after = list(table.columns).index("min_range_m") + 1
    for place, name in enumerate(SKY_COLUMNS):
        table.insert(after + place, name, getattr(sky, name))
    return table
