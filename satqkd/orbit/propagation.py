"""Where a satellite is in the Earth-fixed frame: SGP4, and one rotation by the sidereal time of UT1.

Precession and nutation cancel between a satellite and a station, and Skyfield's built-in timescale has no polar
motion, so that this short chain leaves nothing out against Skyfield's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satqkd.orbit.elements import ElementSet
from satqkd.orbit.timescale import (
    DAY_S,
    EARTH_ROTATION_RAD_S,
    datetime64_from_tai,
    gmst_rad,
    posix_from_tai,
    tai_from_datetime64,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

EARTH_GM_M3_S2 = 3.986008e14
"""Gravitational parameter of WGS72, the gravity model of SGP4 [m^3/s^2]."""
_EARTH_RADIUS_M = 6378135.0
_J2 = 1.082616e-3


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


@dataclass(frozen=True, slots=True)
class Track:
    """An arc made ready: its SGP4 model and nodes at equal steps over a stretch of time.

    Parameters
    ----------
    arc : Arc
    model : sgp4.api.Satrec
    start_tai_s, step_s : float
        Time of the first node [s, TAI since 1970] and spacing [s].
    position_km, velocity_km_s : ndarray
        At the nodes, in SGP4's frame TEME, shape (n, 3).
    failure : str
        Empty, or a sentence on why SGP4 ends before the stretch does.
    """

    arc: Arc
    model: Any
    start_tai_s: float
    step_s: float
    position_km: FloatArray
    velocity_km_s: FloatArray
    failure: str = ""

    @property
    def tai_s(self) -> FloatArray:
        """Times of the nodes [s, TAI since 1970]."""
        return np.asarray(self.start_tai_s + self.step_s * np.arange(len(self.position_km)))

    @property
    def end_tai_s(self) -> float:
        """Time of the last node [s, TAI since 1970]."""
        return self.start_tai_s + self.step_s * (len(self.position_km) - 1)

    def locate(self, tai_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return Earth-fixed position [m] and velocity [m/s] at any times, shape (3, n)."""
        return locate(self.model, self.arc.epoch_tai_s, tai_s)


def locate(model: Any, epoch_tai_s: float, tai_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return Earth-fixed position [m] and velocity relative to the turning Earth [m/s] by SGP4, shape (3, n)."""
    position, velocity, _ = _sgp4(model, epoch_tai_s, tai_s)
    return earth_fixed(position, velocity, tai_s)


def _sgp4(model: Any, epoch_tai_s: float, tai_s: FloatArray) -> tuple[FloatArray, FloatArray, NDArray[np.uint8]]:
    days = (tai_s - epoch_tai_s) / DAY_S
    error, position, velocity = model.sgp4_array(np.full(days.shape, model.jdsatepoch), model.jdsatepochF + days)
    return position, velocity, error


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
    pull = -EARTH_GM_M3_S2 / (r2 * np.sqrt(r2))
    oblate = 1.5 * _J2 * _EARTH_RADIUS_M**2 / r2
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


def make_track(arc: Arc, start_tai_s: float, end_tai_s: float, nodes_per_turn: int) -> Track:
    """Run SGP4 on nodes that cover a stretch of time, equal parts of a turn at the angular speed of the perigee.

    Where SGP4 fails inside the stretch, the track is the good part nearest to the epoch, and ends where SGP4 does.
    """
    model, epoch = arc.elements.satrec(), arc.epoch_tai_s
    step = 2.0 * np.pi / perigee_rate_rad_s(arc.elements) / nodes_per_turn
    count = max(2, int(np.ceil((end_tai_s - start_tai_s) / step)) + 1)
    times = np.asarray(start_tai_s + step * np.arange(count))
    position, velocity, error = _sgp4(model, epoch, times)
    if not error.any():
        return Track(arc, model, start_tai_s, step, position, velocity)
    good, bad = np.flatnonzero(error == 0), np.flatnonzero(error)
    if not good.size:
        return Track(arc, model, start_tai_s, step, position[:0], velocity[:0], _failure(arc, int(error[0]), times[0]))
    nearest = good[np.argmin(np.abs(times[good] - epoch))]
    before, after = bad[bad < nearest], bad[bad > nearest]
    first = _last_good(model, epoch, times[before[-1] + 1], times[before[-1]]) if before.size else start_tai_s
    last = _last_good(model, epoch, times[after[0] - 1], times[after[0]]) if after.size else times[-1]
    count = max(2, int(np.ceil((last - first) / step)) + 1)
    step = (last - first) / (count - 1)
    position, velocity, _ = _sgp4(model, epoch, np.asarray(first + step * np.arange(count)))
    edge = after[0] if after.size else before[-1]
    return Track(arc, model, first, step, position, velocity, _failure(arc, int(error[edge]), times[edge]))


def _last_good(model: Any, epoch: float, good: float, bad: float) -> float:
    """Return the time nearest to where SGP4 begins to fail, on the good side, to a millisecond."""
    while abs(bad - good) > 1e-3:
        middle = (good + bad) / 2.0
        if _sgp4(model, epoch, np.array([middle]))[2][0]:
            bad = middle
        else:
            good = middle
    return float(good)


def _failure(arc: Arc, code: int, tai_s: float) -> str:
    from sgp4.api import SGP4_ERRORS

    when = datetime64_from_tai(tai_s).astype("datetime64[m]")
    return f"SGP4 stops for {arc.elements.satellite} ({arc.elements.source}) near {when}Z: {SGP4_ERRORS[code]}"
