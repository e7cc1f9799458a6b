"""A ground station: where it stands, and the frame of its own horizon."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satqkd.arrays import FloatArray
from satqkd.constants import WGS84_FLATTENING, WGS84_RADIUS_M
from satqkd.errors import InputError, did_you_mean, shown
from satqkd.fields import Altitude, Latitude, Longitude, noun


@noun(kw_only=False)
class Station:
    """A place on the Earth by WGS84 geodetic coordinates.

    Parameters
    ----------
    name : str
        Our catalogue id, e.g. ``xinglong``.
    latitude_deg, longitude_deg : float
        Geodetic latitude [deg], north positive, and longitude [deg], east positive.
    altitude_m : float
        Height above the ellipsoid [m].
    """

    name: str
    latitude_deg: Latitude
    longitude_deg: Longitude
    altitude_m: Altitude = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise InputError(f"Station.name = {shown(self.name)} is no name.", "Give the station a short name.")

    @property
    def position_m(self) -> FloatArray:
        """Earth-fixed position [m], shape (3,)."""
        return _positions_m(*(np.array([x]) for x in (self.latitude_deg, self.longitude_deg, self.altitude_m)))[:, 0]

    @property
    def east_north_up(self) -> FloatArray:
        """Axes east, north and up of the geodetic horizon in the Earth-fixed frame, shape (3, 3)."""
        return _axes(np.array([self.latitude_deg]), np.array([self.longitude_deg]))[:, :, 0]


def _positions_m(latitude_deg: FloatArray, longitude_deg: FloatArray, altitude_m: FloatArray) -> FloatArray:
    """Return Earth-fixed positions [m] of WGS84 geodetic coordinates, shape (3, n)."""
    latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
    eccentricity_squared = WGS84_FLATTENING * (2.0 - WGS84_FLATTENING)
    normal = WGS84_RADIUS_M / np.sqrt(1.0 - eccentricity_squared * np.sin(latitude) ** 2)
    across = (normal + altitude_m) * np.cos(latitude)
    along = (normal * (1.0 - eccentricity_squared) + altitude_m) * np.sin(latitude)
    return np.array([across * np.cos(longitude), across * np.sin(longitude), along])


def _axes(latitude_deg: FloatArray, longitude_deg: FloatArray) -> FloatArray:
    """Return the axes east, north and up of geodetic horizons in the Earth-fixed frame, shape (3, 3, n)."""
    latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
    sin_lat, cos_lat, sin_lon, cos_lon = np.sin(latitude), np.cos(latitude), np.sin(longitude), np.cos(longitude)
    return np.array(
        [
            [-sin_lon, cos_lon, np.zeros_like(sin_lon)],
            [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
            [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
        ]
    )


@dataclass(frozen=True, slots=True)
class Horizons:
    """The frames of several stations as arrays: positions [m], (3, n), and axes east, north, up, (3, 3, n)."""

    names: tuple[str, ...]
    position_m: FloatArray
    east_north_up: FloatArray

    def of(self, chosen: NDArray[np.int64]) -> Horizons:
        """Return the frames of some of the stations."""
        names = tuple(self.names[k] for k in chosen)
        return Horizons(names, self.position_m[:, chosen], self.east_north_up[:, :, chosen])

    @property
    def up(self) -> FloatArray:
        """The vertical of each station, shape (3, n)."""
        return np.asarray(self.east_north_up[2])


def as_stations(stations: Station | Sequence[Station]) -> tuple[Station, ...]:
    """Return stations as a tuple, refusing an empty list and two stations of one name."""
    if isinstance(stations, str) or not isinstance(stations, Station | Iterable):
        raise InputError(f"{shown(stations)} is no Station, nor several.", "Give Station(name=, latitude_deg=, ...).")
    try:
        chosen = (stations,) if isinstance(stations, Station) else tuple(stations)
    except TypeError:  # an array of no dimension says that it can be gone through
        raise InputError(f"{shown(stations)} is no Station, nor several.") from None
    if not chosen:
        raise InputError("No station was given.", "Give at least one Station.")
    for item in chosen:
        if not isinstance(item, Station):
            raise InputError(
                f"{shown(item)} is no Station.", "Build one: Station(name=, latitude_deg=, longitude_deg=)."
            )
    names = [item.name for item in chosen]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"Two stations are called {twice[0]!r}.", "Every station of a search needs its own name.")
    return chosen


def horizons(stations: Sequence[Station]) -> Horizons:
    """Stack the frames of stations."""
    coordinates = np.array([(place.latitude_deg, place.longitude_deg, place.altitude_m) for place in stations]).T
    names = tuple(place.name for place in stations)
    return Horizons(names, _positions_m(*coordinates), _axes(coordinates[0], coordinates[1]))


def station_rows(frames: Horizons, names: NDArray[Any]) -> NDArray[np.int64]:
    """Return the index among `frames` of each station name.

    Raises
    ------
    InputError
        If a name is not among them.
    """
    index = {name: place for place, name in enumerate(frames.names)}
    known = {name: index.get(name, -1) for name in set(names.tolist())}
    for name, place in known.items():
        if place < 0:
            raise InputError(
                f"The passes name station {shown(name)}, which was not given.", did_you_mean(str(name), index)
            )
    return np.array([known[name] for name in names.tolist()], dtype=np.int64)
