"""Distance to a satellite on a circular orbit, for link budgets without a pass."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, as_floats, takes_quantities
from satqkd.constants import EARTH_MEAN_RADIUS_M, WGS84_GM_M3_S2, WGS84_RADIUS_M
from satqkd.errors import InputError


@takes_quantities
def mean_altitude_m(mean_motion_rev_day: ArrayLike) -> FloatArray:
    """Return the height of the semi-major axis over the equator from a mean motion [rev/d], in [m].

    Notes
    -----
    Kepler's third law with WGS84's gravitational constant and equatorial radius.

    Examples
    --------
    >>> float(mean_altitude_m(15.24).round(-3))
    494000.0
    """
    motion = as_floats("mean_motion_rev_day", mean_motion_rev_day) * 2.0 * np.pi / 86400.0
    return np.asarray((WGS84_GM_M3_S2 / motion**2) ** (1.0 / 3.0) - WGS84_RADIUS_M)


@takes_quantities
def slant_range_m(
    elevation_deg: ArrayLike, *, orbit_altitude_m: ArrayLike, station_altitude_m: ArrayLike = 0.0
) -> FloatArray:
    """Return the distance from a station to a satellite on a circular orbit.

    Parameters
    ----------
    elevation_deg : array_like
        Elevation of the satellite [deg].
    orbit_altitude_m, station_altitude_m : array_like
        Heights over a spherical Earth of mean radius [m]; the orbit's must be the greater.

    Returns
    -------
    ndarray
        Distance [m], broadcast shape of the arguments.

    Raises
    ------
    InputError
        If the orbit is not above the station.

    Notes
    -----
    Law of cosines in the triangle of Earth's centre, station and satellite. The flattening of the Earth is left out:
    the true height of an orbit over the ground differs by up to 20 km along it.

    Examples
    --------
    >>> float(slant_range_m(90.0, orbit_altitude_m=500e3))
    500000.0
    """
    station = EARTH_MEAN_RADIUS_M + as_floats("station_altitude_m", station_altitude_m)
    satellite = EARTH_MEAN_RADIUS_M + as_floats("orbit_altitude_m", orbit_altitude_m)
    if np.any(satellite <= station):
        raise InputError("orbit_altitude_m must be above station_altitude_m.")
    sine = np.sin(np.radians(as_floats("elevation_deg", elevation_deg)))
    return np.asarray(np.sqrt((station * sine) ** 2 + satellite**2 - station**2) - station * sine)
