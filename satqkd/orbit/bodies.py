"""Apparent places of the Sun and the Moon in the Earth-fixed frame, from the shipped excerpt of JPL's DE421.

Light time and annual aberration are in; diurnal aberration (0.3 arcsec) and the deflection of light are left out. What
changes slowly is computed at whole hours and days and interpolated, which costs less than a milliarcsecond.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import numpy as np

from satqkd.arrays import FloatArray
from satqkd.catalog import data_file
from satqkd.constants import ASTRONOMICAL_UNIT_M, DAY_S, LIGHT_SPEED_M_S
from satqkd.errors import ValidityWarning, warn
from satqkd.orbit.timescale import J2000_JD, JD_1970, TT_MINUS_TAI_S, gmst_rad, skyfield_timescale

EPHEMERIS = ("ephemeris", "de421_sun_moon_2016_2050.bsp")
_HOUR_S = 3600.0
_DAYS, _HOURS = 64, 512
"""Knots that are computed together and kept for the next who asks."""


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


class _Slow:
    """A slow function of time, shape (rows, n), by cubics through its values at whole steps, made in blocks."""

    def __init__(self, tai_s: FloatArray, step_s: float, size: int, block: Callable[[int], FloatArray]) -> None:
        place = np.floor(tai_s / step_s).astype(np.int64)
        lowest = (int(place.min()) - 1) // size
        used = np.zeros((int(place.max()) + 2) // size - lowest + 1, dtype=bool)
        used[(place - 1) // size - lowest] = True
        used[place // size - lowest] = True
        used[(place + 2) // size - lowest] = True
        blocks = [block(lowest + k) for k in np.flatnonzero(used).tolist()]
        self.knots = np.concatenate(blocks, axis=1)
        # A time's four knots lie in neighbouring blocks, both of which are there.
        self.column = (np.cumsum(used) - 1)[place // size - lowest] * size + place % size
        x = tai_s / step_s - place
        # Lagrange's weights of the knots at -1, 0, 1 and 2.
        self.weights = (
            -x * (x - 1.0) * (x - 2.0) / 6.0,
            (x + 1.0) * (x - 1.0) * (x - 2.0) / 2.0,
            -(x + 1.0) * x * (x - 2.0) / 2.0,
            (x + 1.0) * x * (x - 1.0) / 6.0,
        )

    def rows(self, begin: int, end: int) -> FloatArray:
        """Return some of the function's rows at the times."""
        knots = self.knots[begin:end]
        result = np.zeros((end - begin, self.column.size))
        for k, weight in enumerate(self.weights):
            result += knots.take(self.column + (k - 1), axis=1) * weight
        return result


@lru_cache(maxsize=256)
def _orientation(block: int) -> FloatArray:
    """Return the rotation from the ephemeris' axes to the true equator and equinox, and GAST - GMST(1982), by days."""
    from skyfield.constants import ASEC2RAD
    from skyfield.framelib import ICRS_to_J2000
    from skyfield.functions import mxm
    from skyfield.nutationlib import (
        build_nutation_matrix,
        equation_of_the_equinoxes_complimentary_terms,
        iau2000b_radians,
        mean_obliquity,
    )

    knots = np.asarray((block * _DAYS + np.arange(_DAYS)) * DAY_S, dtype=float)
    time = skyfield_timescale().tt_jd(JD_1970 + np.floor(knots / DAY_S), TT_MINUS_TAI_S / DAY_S)
    # Its 77 largest terms are within a milliarcsecond of the 1365 of the full series, which take ten times as long.
    longitude, obliquity = iau2000b_radians(time)
    mean = mean_obliquity(time.tdb) * ASEC2RAD
    nutation = build_nutation_matrix(mean, mean + obliquity, longitude)
    of_date = mxm(nutation, mxm(time.P, ICRS_to_J2000))
    apparent = longitude * np.cos(mean) + equation_of_the_equinoxes_complimentary_terms(time.tt)
    sidereal = (time.gmst + apparent / (2.0 * np.pi) * 24.0) % 24.0
    equinoxes = (np.asarray(sidereal) * (np.pi / 12.0) - gmst_rad(knots) + np.pi) % (2.0 * np.pi) - np.pi
    return np.vstack((np.asarray(of_date).reshape(9, -1), equinoxes))


@lru_cache(maxsize=256)
def _of_date(block: int) -> FloatArray:
    """Return apparent geocentric Sun and Moon [m] on the true equator and equinox, and GAST - GMST(1982), by hours."""
    tai = np.asarray((block * _HOURS + np.arange(_HOURS)) * _HOUR_S, dtype=float)
    turn = _Slow(tai, DAY_S, _DAYS, _orientation).rows(0, 10)
    first, last = _span_tai_s()
    inside = (tai >= first) & (tai <= last)
    result = np.empty((7, _HOURS))
    result[6] = turn[9]
    if inside.any():
        matrix = turn[:9, inside].reshape(3, 3, -1)
        sun, moon = _apparent(tai[inside])
        result[0:3, inside] = np.einsum("ijn,jn->in", matrix, sun)
        result[3:6, inside] = np.einsum("ijn,jn->in", matrix, moon)
    if not inside.all():
        result[0:3, ~inside], result[3:6, ~inside] = _almanac(tai[~inside])
    return result


def _apparent(tai_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return apparent geocentric Sun and Moon [m] in the axes of the ephemeris, shape (3, n)."""
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
            delay = np.linalg.norm(seen, axis=0) * 1e3 / LIGHT_SPEED_M_S / DAY_S
        # Annual aberration to first order in v/c leaves out 0.003 arcsec.
        return np.asarray(1e3 * (seen + np.linalg.norm(seen, axis=0) * velocity * (1e3 / LIGHT_SPEED_M_S)))

    return place((0, 10)), place((0, 3), (3, 301))


def _almanac(tai_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return Sun (0.01 deg) and Moon (0.3 deg) [m] of date: low-precision formulas of the Astronomical Almanac."""
    n = (tai_s + TT_MINUS_TAI_S) / DAY_S + JD_1970 - J2000_JD
    t = n / 36525.0

    def sin(start: float, rate: float) -> FloatArray:
        return np.asarray(np.sin(np.radians(start + rate * t)))

    def cos(start: float, rate: float) -> FloatArray:
        return np.asarray(np.cos(np.radians(start + rate * t)))

    g = np.radians(357.528 + 0.9856003 * n)
    sun_longitude = 280.460 + 0.9856474 * n + 1.915 * np.sin(g) + 0.020 * np.sin(2.0 * g)
    sun_distance = (1.00014 - 0.01671 * np.cos(g) - 0.00014 * np.cos(2.0 * g)) * ASTRONOMICAL_UNIT_M
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
        cos_e, sin_e = np.cos(obliquity), np.sin(obliquity)
        return np.asarray(np.array((x, y * cos_e - z * sin_e, y * sin_e + z * cos_e)) * distance)

    return (
        equatorial(sun_longitude, np.zeros_like(n), sun_distance),
        equatorial(longitude, latitude, 6378140.0 / np.sin(np.radians(parallax))),
    )


class SunAndMoon:
    """Apparent geocentric Sun and Moon in the Earth-fixed frame at some instants, each computed when asked for.

    Outside the ephemeris (2016 to 2049) low-precision formulas serve, with a ValidityWarning.

    Parameters
    ----------
    tai_s : ndarray
        Instants [s, TAI since 1970], shape (n,).
    """

    def __init__(self, tai_s: FloatArray) -> None:
        self._count = tai_s.size
        if not self._count:
            return
        first, last = _span_tai_s()
        if tai_s.min() < first or tai_s.max() > last:
            warn(
                "The shipped ephemeris covers 2016 to 2049; "
                "outside it the Sun is good to 0.01 deg, the Moon to 0.3 deg.",
                ValidityWarning,
            )
        self._of_date = _Slow(tai_s, _HOUR_S, _HOURS, _of_date)
        angle = gmst_rad(tai_s) + self._of_date.rows(6, 7)[0]
        self._cos, self._sin = np.cos(angle), np.sin(angle)

    def sun_m(self) -> FloatArray:
        """Return the Sun's position [m], shape (3, n)."""
        return self._turned(0)

    def moon_m(self) -> FloatArray:
        """Return the Moon's position [m], shape (3, n)."""
        return self._turned(3)

    def _turned(self, row: int) -> FloatArray:
        if not self._count:
            return np.zeros((3, 0))
        x, y, z = self._of_date.rows(row, row + 3)
        return np.array((self._cos * x + self._sin * y, self._cos * y - self._sin * x, z))
