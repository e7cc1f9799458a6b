"""A line of sight and a sky are checked once, at birth, and frozen."""

import numpy as np
import pytest
from astropy import units as u

from satqkd.errors import InputError
from satqkd.link.sight import DARK_NIGHT, LineOfSight, SkyLight
from tests.support.sight import seen


def test_arrays_of_one_shape_that_cannot_be_written():
    sight = LineOfSight(elevation_deg=[20.0, 60.0], range_m=1.1e6, azimuth_deg=90.0 * u.deg)
    for name in ("elevation_deg", "range_m", "azimuth_deg", "range_rate_m_s", "point_ahead_rad"):
        assert getattr(sight, name).shape == (2,)
        with pytest.raises(ValueError, match="read-only"):
            getattr(sight, name)[0] = 0.0
    assert seen(60.0).elevation_deg.shape == ()
    assert DARK_NIGHT.sun_elevation_deg == -90.0


def test_what_is_given_stays_the_user_s_own():
    mine = np.array([20.0, 60.0])
    LineOfSight(elevation_deg=mine, range_m=mine * 1e4)
    mine[0] = 30.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"elevation_deg": 91.0}, "elevation_deg"),
        ({"elevation_deg": np.nan}, "elevation_deg"),
        ({"range_m": 0.0}, "range_m"),
        ({"range_m": [1e6, 2e6, 3e6], "elevation_deg": [1.0, 2.0]}, "do not go together"),
        ({"range_rate_m_s": 1e6}, "range_rate_m_s"),
        ({"station_altitude_m": 2e4}, "station_altitude_m"),
        ({"azimuth_deg": 3 * u.m}, "azimuth_deg"),
    ],
)
def test_a_sight_that_cannot_be(wrong, message):
    with pytest.raises(InputError, match=message):
        LineOfSight(**{"elevation_deg": 45.0, "range_m": 1e6, **wrong})


@pytest.mark.parametrize(
    "wrong", [{"sun_elevation_deg": 91.0}, {"moon_illumination": 1.1}, {"moon_separation_deg": -1.0}]
)
def test_a_sky_that_cannot_be(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        SkyLight(**wrong)
