"""Where a satellite is in the Earth-fixed frame: SGP4, and one rotation by the sidereal time of UT1.

Precession and nutation cancel between a satellite and a station, and Skyfield's built-in timescale has no polar
motion, so that this short chain leaves nothing out against Skyfield's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satqkd.arrays import FloatArray, IntArray
from satqkd.constants import DAY_S, SGP4_GM_M3_S2, SGP4_J2, SGP4_RADIUS_M
from satqkd.orbit.elements.sets import ElementSet
from satqkd.orbit.timescale import (
    EARTH_ROTATION_RAD_S,
    gmst_rad,
    posix_from_tai,
    tai_from_datetime64,
)


@dataclass(frozen=True, slots=True)
class Arc:
    """One element set over the stretch of time it serves, on a smooth time of its own.

    SGP4 counts the time since epoch in UTC, as Skyfield does, so that a leap second would stop a satellite in its
    orbit for a second. An arc keeps one TAI - UTC throughout: a pass across a leap second stays smooth.

    Parameters
    ----------
    elements : ElementSet
    utc_offset_s : float
        TAI - UTC [s] that the arc keeps.
    start_tai_s, end_tai_s : float
        The arc serves the passes whose TCA lies between these [s, TAI since 1970].
    """

    elements: ElementSet
    utc_offset_s: float
    start_tai_s: float = -np.inf
    end_tai_s: float = np.inf

    @property
    def epoch_tai_s(self) -> float:
        """Epoch on this arc's own time [s, TAI since 1970]."""
        return float(posix_from_tai(tai_from_datetime64(self.elements.epoch_utc))) + self.utc_offset_s


def locate(model: Any, epoch_tai_s: float, tai_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return Earth-fixed position [m] and velocity relative to the turning Earth [m/s] by SGP4, shape (3, n)."""
    position, velocity, _ = sgp4_teme(model, epoch_tai_s, tai_s)
    return earth_fixed(position, velocity, tai_s)


def sgp4_teme(model: Any, epoch_tai_s: float, tai_s: FloatArray) -> tuple[FloatArray, FloatArray, NDArray[np.uint8]]:
    """Run SGP4 and return its position [km], velocity [km/s], shape (n, 3), and error code, 0 where they are good."""
    days = (tai_s - epoch_tai_s) / DAY_S
    error, position, velocity = model.sgp4_array(np.full(days.shape, model.jdsatepoch), model.jdsatepochF + days)
    return position, velocity, error


def locate_many(
    models: Sequence[Any], epochs_tai_s: FloatArray, model_of: IntArray, tai_s: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return what `locate` does for instants of several satellites; `model_of` says which, shape (n,).

    All but SGP4 itself is done for all of them at once: a few instants of each would cost more in calls than in sums.
    """
    order = np.argsort(model_of, kind="stable")
    own = model_of[order]
    days = (tai_s[order] - epochs_tai_s[own]) / DAY_S
    whole = np.array([model.jdsatepoch for model in models])[own]
    parts = np.array([model.jdsatepochF for model in models])[own] + days
    position, velocity = np.empty((len(order), 3)), np.empty((len(order), 3))
    ends = np.searchsorted(own, np.arange(len(models) + 1)).tolist()
    for model, begin, end in zip(models, ends[:-1], ends[1:], strict=True):
        if end > begin:
            some = slice(begin, end)
            _, position[some], velocity[some] = model.sgp4_array(whole[some], parts[some])
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return earth_fixed(position[back], velocity[back], tai_s)


def earth_fixed(position_km: FloatArray, velocity_km_s: FloatArray, tai_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Turn TEME positions [km] and velocities [km/s], shape (n, 3), with the Earth, into [m] and [m/s], (3, n)."""
    angle = gmst_rad(tai_s)
    cos, sin = np.cos(angle) * 1e3, np.sin(angle) * 1e3  # km -> m in the same step
    x, y, z = position_km.T
    vx, vy, vz = velocity_km_s.T
    r, v = np.empty((3, tai_s.size)), np.empty((3, tai_s.size))
    r[0], r[1], r[2] = cos * x + sin * y, cos * y - sin * x, 1e3 * z
    v[0] = cos * vx + sin * vy + EARTH_ROTATION_RAD_S * r[1]
    v[1] = cos * vy - sin * vx - EARTH_ROTATION_RAD_S * r[0]
    v[2] = 1e3 * vz
    return r, v


def acceleration(position_m: FloatArray, velocity_m_s: FloatArray) -> FloatArray:
    """Return the acceleration [m/s^2] in the turning frame from the oblate Earth alone, shape (3, n).

    Good to 1e-5 of itself for a low orbit; it serves to step from SGP4's position and velocity over a few seconds.
    """
    omega = EARTH_ROTATION_RAD_S
    x, y, z = position_m
    r2 = x * x + y * y + z * z
    pull = -SGP4_GM_M3_S2 / (r2 * np.sqrt(r2))
    oblate = 1.5 * SGP4_J2 * SGP4_RADIUS_M**2 / r2
    across = pull * (1.0 + oblate * (1.0 - 5.0 * z * z / r2)) + omega**2
    result = np.empty_like(position_m)
    result[0] = x * across + 2.0 * omega * velocity_m_s[1]
    result[1] = y * across - 2.0 * omega * velocity_m_s[0]
    result[2] = z * pull * (1.0 + oblate * (3.0 - 5.0 * z * z / r2))
    return result


def perigee_rate_rad_s(elements: ElementSet) -> float:
    """Return the angular speed at the perigee [rad/s], the largest of the orbit."""
    eccentricity = elements.eccentricity
    mean = 2.0 * np.pi * elements.mean_motion_rev_day / DAY_S
    return float(mean * (1.0 + eccentricity) ** 2 / (1.0 - eccentricity**2) ** 1.5)
