"""What a model of the link may know: the line of sight to the satellite, and the light in the sky."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, broadcast_floats, within


@dataclass(frozen=True, slots=True, eq=False, init=False)
class LineOfSight:
    """Where a satellite is for one station, sample by sample: read-only arrays of one shape.

    Parameters
    ----------
    elevation_deg : array_like
        Elevation [deg].
    range_m : array_like
        Distance [m].
    azimuth_deg : array_like, optional
        Azimuth, east of north [deg].
    range_rate_m_s : array_like, optional
        Rate at which the range grows [m/s]; at rest by default.
    point_ahead_rad : array_like, optional
        Angle by which light must lead the satellite [rad].
    station_altitude_m : float or array_like, optional
        Altitude of the station above sea level [m]; one for each sample where samples of several stations go together.

    Raises
    ------
    InputError
        Where a number is outside its limits, or the shapes do not go together.
    """

    elevation_deg: FloatArray
    range_m: FloatArray
    azimuth_deg: FloatArray
    range_rate_m_s: FloatArray
    point_ahead_rad: FloatArray
    station_altitude_m: float | FloatArray

    def __init__(
        self,
        *,
        elevation_deg: ArrayLike,
        range_m: ArrayLike,
        azimuth_deg: ArrayLike = 0.0,
        range_rate_m_s: ArrayLike = 0.0,
        point_ahead_rad: ArrayLike = 0.0,
        station_altitude_m: ArrayLike = 0.0,
    ) -> None:
        within("range_m", range_m, 0.0, above=True)
        _settle(
            self,
            {
                "elevation_deg": (elevation_deg, -90.0, 90.0 + 1e-6),
                "range_m": (range_m, 0.0, np.inf),
                "azimuth_deg": (azimuth_deg, -360.0, 720.0),
                "range_rate_m_s": (range_rate_m_s, -3e5, 3e5),
                "point_ahead_rad": (point_ahead_rad, -np.pi, np.pi),
            },
        )
        altitude: Any = within("station_altitude_m", station_altitude_m, -500.0, 9000.0)
        if altitude.ndim and altitude.shape != self.elevation_deg.shape:
            altitude = np.broadcast_to(altitude, self.elevation_deg.shape)
        object.__setattr__(self, "station_altitude_m", altitude if altitude.ndim else float(altitude))


@dataclass(frozen=True, slots=True, eq=False, init=False)
class SkyLight:
    """The light in the sky of one station, sample by sample: read-only arrays of one shape; a dark night by default.

    A further kind of light is one field more.

    Parameters
    ----------
    sun_elevation_deg, moon_elevation_deg : array_like, optional
        Elevation of Sun and Moon [deg].
    moon_illumination : array_like, optional
        Illuminated fraction of the Moon's disc [1].
    moon_separation_deg : array_like, optional
        Angle between Moon and satellite [deg].

    Raises
    ------
    InputError
        Where a number is outside its limits, or the shapes do not go together.
    """

    sun_elevation_deg: FloatArray
    moon_elevation_deg: FloatArray
    moon_illumination: FloatArray
    moon_separation_deg: FloatArray

    def __init__(
        self,
        *,
        sun_elevation_deg: ArrayLike = -90.0,
        moon_elevation_deg: ArrayLike = -90.0,
        moon_illumination: ArrayLike = 0.0,
        moon_separation_deg: ArrayLike = 180.0,
    ) -> None:
        _settle(
            self,
            {
                "sun_elevation_deg": (sun_elevation_deg, -90.0, 90.0),
                "moon_elevation_deg": (moon_elevation_deg, -90.0, 90.0),
                "moon_illumination": (moon_illumination, 0.0, 1.0),
                "moon_separation_deg": (moon_separation_deg, 0.0, 180.0),
            },
        )


def _settle(noun: Any, given: dict[str, tuple[ArrayLike, float, float]]) -> None:
    """Check numbers against their limits, and put them in their places as read-only arrays of one shape."""
    arrays = broadcast_floats(**{name: value for name, (value, _, _) in given.items()})
    for (name, (value, low, high)), array in zip(given.items(), arrays, strict=True):
        within(name, value, low, high)
        own = array.view()  # what the user gave stays writeable
        own.flags.writeable = False
        object.__setattr__(noun, name, own)


DARK_NIGHT = SkyLight()
"""Neither Sun nor Moon."""
