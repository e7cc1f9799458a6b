"""Continuous time: TAI seconds between the UTC of the public edge and the UT1 that turns the Earth.

Everything inside the room runs on TAI seconds since 1970-01-01T00:00:00 TAI, which leap seconds do not interrupt.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from satqkd.arrays import FloatArray
from satqkd.constants import DAY_S
from satqkd.times import to_datetime64

JD_1970 = 2440587.5
J2000_JD = 2451545.0
TT_MINUS_TAI_S = 32.184
EARTH_ROTATION_RAD_S = 7.2921158553e-5
"""Rate of `gmst_rad` in UT1, which changes by 1e-13 of itself in a decade [rad/s]."""


@cache
def skyfield_timescale() -> Any:
    """Return Skyfield's built-in timescale: leap seconds and Delta T, without the network."""
    from skyfield.iokit import Loader

    return Loader(".").timescale(builtin=True)


@cache
def _leap_seconds() -> tuple[FloatArray, FloatArray]:
    """Return the midnights that follow a leap second [s, POSIX] and TAI - UTC from each of them on [s]."""
    scale = skyfield_timescale()
    return (np.asarray(scale.leap_dates) - JD_1970) * DAY_S, np.asarray(scale.leap_offsets, dtype=float)


def tai_from_posix(posix_s: ArrayLike) -> FloatArray:
    """Convert POSIX seconds UTC [s] to TAI seconds since 1970 [s]."""
    posix = np.asarray(posix_s, dtype=float)
    midnights, offsets = _leap_seconds()
    return np.asarray(posix + np.concatenate(([offsets[0] - 1.0], offsets))[np.searchsorted(midnights, posix, "right")])


def utc_offset_s(tai_s: ArrayLike) -> FloatArray:
    """Return TAI - UTC [s]; inside a leap second it grows by one, so that UTC stands still at midnight."""
    midnights, offsets = _leap_seconds()
    knots = np.column_stack((midnights + offsets - 1.0, midnights + offsets)).ravel()
    totals = np.column_stack((offsets - 1.0, offsets)).ravel()
    return np.asarray(np.interp(np.asarray(tai_s, dtype=float), knots, totals))


def leap_seconds_between(start_tai_s: float, end_tai_s: float) -> FloatArray:
    """Return the ends [s, TAI] of the leap seconds inside an interval."""
    midnights, offsets = _leap_seconds()
    ends = midnights + offsets
    return np.asarray(ends[(ends > start_tai_s) & (ends < end_tai_s)])


def posix_from_tai(tai_s: ArrayLike) -> FloatArray:
    """Convert TAI seconds since 1970 [s] to POSIX seconds UTC [s]."""
    tai = np.asarray(tai_s, dtype=float)
    return tai - utc_offset_s(tai)


def tai_from_datetime64(utc: ArrayLike) -> FloatArray:
    """Convert ``datetime64`` UTC stamps to TAI seconds since 1970 [s]."""
    microseconds = np.asarray(utc, dtype="datetime64[us]").astype(np.int64)
    return tai_from_posix(microseconds * 1e-6)


def datetime64_from_tai(tai_s: ArrayLike) -> NDArray[np.datetime64]:
    """Convert TAI seconds since 1970 [s] to ``datetime64[us]`` UTC stamps."""
    return to_datetime64(posix_from_tai(tai_s))


def delta_t_s(tai_s: ArrayLike) -> FloatArray:
    """Return Delta T = TT - UT1 [s], measured where Skyfield's table knows it and predicted elsewhere."""
    tt_jd = JD_1970 + (np.asarray(tai_s, dtype=float) + TT_MINUS_TAI_S) / DAY_S
    return np.asarray(skyfield_timescale().delta_t_function(tt_jd), dtype=float)


def gmst_rad(tai_s: ArrayLike) -> FloatArray:
    """Return Greenwich mean sidereal time of 1982 [rad], the angle from TEME to the Earth-fixed frame.

    Vallado, Crawford, Hujsak and Kelso, AIAA 2006-6753, appendix C (doi:10.2514/6.2006-6753), with UT1 for the time.
    """
    tai = np.asarray(tai_s, dtype=float)
    days = (tai + TT_MINUS_TAI_S - delta_t_s(tai)) / DAY_S
    centuries = (days + (JD_1970 - J2000_JD)) / 36525.0
    seconds = 67310.54841 + (8640184.812866 + (0.093104 - 6.2e-6 * centuries) * centuries) * centuries
    # The 0.5 is the fraction of a Julian date at midnight.
    return np.asarray(2.0 * np.pi * ((0.5 + days % 1.0 + seconds / DAY_S) % 1.0))


def turned_back(start_tai_s: float, step_s: float, count: int) -> NDArray[np.complex128]:
    """Return exp(-i `gmst_rad`) at equal steps of time, to 1e-11 rad, for a tenth of what sines would cost.

    The even turn is a product of few powers; what UT1 departs from it is a straight line between days.
    """
    coarse = np.exp(-1j * EARTH_ROTATION_RAD_S * step_s * 256.0 * np.arange(count // 256 + 1))
    fine = np.exp(-1j * EARTH_ROTATION_RAD_S * step_s * np.arange(256))
    even = np.multiply.outer(coarse, fine).ravel()[:count]
    elapsed = step_s * np.arange(count)
    days = np.arange(np.floor(start_tai_s / DAY_S), np.ceil((start_tai_s + elapsed[-1]) / DAY_S) + 1.0) * DAY_S
    uneven = np.unwrap(gmst_rad(days) - EARTH_ROTATION_RAD_S * (days - start_tai_s))
    small = np.interp(elapsed, days - start_tai_s, uneven - uneven[0])
    # Its sine and cosine to the fifth power: it stays below 1e-3 rad in ten years.
    square = small * small
    return np.asarray(even * np.exp(-1j * uneven[0]) * (1.0 - 0.5 * square - 1j * (small - square * small / 6.0)))
