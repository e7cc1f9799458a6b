"""Leap seconds, UT1 and sidereal time against Skyfield."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from skyfield.api import load
from skyfield.sgp4lib import theta_GMST1982

from satqkd.orbit.timescale import (
    EARTH_ROTATION_RAD_S,
    datetime64_from_tai,
    delta_t_s,
    gmst_rad,
    leap_seconds_between,
    posix_from_tai,
    tai_from_datetime64,
    tai_from_posix,
    turned_back,
    utc_offset_s,
)
from satqkd.times import to_posix

LEAP = to_posix("2017-01-01")
SKYFIELD = load.timescale()
ANGLE_RAD = 1e-10  # a double's resolution of Julian dates; 1e-10 rad are 0.6 mm at the equator


def test_offset_before_after_and_in_the_leap_second_of_2016():
    before = tai_from_posix(LEAP - 0.5)
    after = tai_from_posix(LEAP)
    assert float(before - (LEAP - 0.5)) == 36.0
    assert float(after - LEAP) == 37.0
    # In the inserted second UTC stands still at midnight.
    assert posix_from_tai(LEAP + 36.5) == LEAP
    assert posix_from_tai(LEAP + 37.5) == pytest.approx(LEAP + 0.5, abs=1e-6)


def test_leap_seconds_inside_an_interval():
    assert leap_seconds_between(LEAP, LEAP + 100.0).tolist() == [LEAP + 37.0]
    assert leap_seconds_between(LEAP + 38.0, LEAP + 1e8).size == 0
    # All since 1972: 27 by the end of 2016 (IERS Bulletin C).
    assert leap_seconds_between(0.0, LEAP + 100.0).size == 27


@given(st.floats(to_posix("1972-07-02"), to_posix("2060-01-01")))
def test_utc_and_back(posix):
    assert float(posix_from_tai(tai_from_posix(posix))) == pytest.approx(posix, abs=1e-6)


def test_stamps_and_back():
    stamps = np.array(["2016-12-31T23:59:59.999999", "2017-01-01T00:00:00.000001"], dtype="datetime64[us]")
    tai = tai_from_datetime64(stamps)
    assert (datetime64_from_tai(tai) == stamps).all()
    assert tai[1] - tai[0] == pytest.approx(1.000002, abs=1e-6)


@pytest.fixture
def times():
    return np.random.default_rng(5).uniform(to_posix("1990-01-01"), to_posix("2045-01-01"), 2000)


def test_sidereal_time_and_delta_t_are_skyfields(times):
    whole, rest = np.divmod(times, 86400.0)
    time = SKYFIELD.tt_jd(2440587.5 + whole, (rest + 32.184) / 86400.0)
    theta, rate = theta_GMST1982(time.whole, time.ut1_fraction)
    away = (gmst_rad(times) - theta + np.pi) % (2.0 * np.pi) - np.pi
    assert np.abs(away).max() < ANGLE_RAD
    assert np.abs(delta_t_s(times) - time.delta_t).max() < 1e-6
    assert rate.mean() / 86400.0 == pytest.approx(EARTH_ROTATION_RAD_S, rel=1e-10)
    assert np.abs(utc_offset_s(times) - time._leap_seconds()).max() < 1e-6


@pytest.mark.parametrize(("step", "count"), [(400.0, 7000), (3600.0, 9000), (7.0, 3)])
def test_even_turn_is_the_sidereal_time(step, count):
    start = to_posix("2016-12-20T12:00:00.5")
    exact = np.exp(-1j * gmst_rad(start + step * np.arange(count)))
    assert np.abs(turned_back(start, step, count) - exact).max() < ANGLE_RAD
