"""Stations: WGS84 against Skyfield, limits, and lists of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from skyfield.api import wgs84

from satqkd.errors import InputError
from satqkd.orbit import Station
from satqkd.orbit.station import as_stations, horizons, station_rows

places = st.builds(
    Station,
    name=st.just("here"),
    latitude_deg=st.floats(-90.0, 90.0),
    longitude_deg=st.floats(-180.0, 360.0),
    altitude_m=st.floats(-500.0, 9000.0),
)


@given(places)
def test_position_is_skyfields(place):
    expected = wgs84.latlon(place.latitude_deg, place.longitude_deg, place.altitude_m).itrs_xyz.m
    assert np.abs(place.position_m - expected).max() < 1e-6


@given(places)
def test_axes_are_orthonormal_and_right_handed(place):
    axes = place.east_north_up
    assert np.abs(axes @ axes.T - np.eye(3)).max() < 1e-12
    assert np.linalg.det(axes) == pytest.approx(1.0)
    assert axes[2] @ place.position_m > 0.9 * np.linalg.norm(place.position_m)


def test_stacked_frames_are_those_of_each(stations):
    stacked = horizons(list(stations.values()))
    for k, place in enumerate(stations.values()):
        assert np.array_equal(stacked.position_m[:, k], place.position_m)
        assert np.array_equal(stacked.east_north_up[:, :, k], place.east_north_up)
        assert np.array_equal(stacked.of(np.array([k])).up[:, 0], place.east_north_up[2])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"latitude_deg": 91.0}, ["latitude_deg", "91", "90"]),
        ({"longitude_deg": 400.0}, ["longitude_deg", "400", "360"]),
        ({"altitude_m": 2e4}, ["altitude_m", "20000", "9000"]),
        ({"latitude_deg": float("nan")}, ["latitude_deg", "nan"]),
        ({"name": " "}, ["name"]),
    ],
)
def test_limits_are_named(values, words):
    with pytest.raises(InputError) as caught:
        Station(**{"name": "here", "latitude_deg": 0.0, "longitude_deg": 0.0, **values})
    assert all(word in str(caught.value) for word in words)


def test_lists_are_checked(xinglong):
    with pytest.raises(InputError, match="No station"):
        as_stations([])
    with pytest.raises(InputError, match="Two stations are called 'xinglong'"):
        as_stations([xinglong, xinglong])
    with pytest.raises(InputError, match="is no Station"):
        as_stations(["xinglong"])  # type: ignore[list-item]
    with pytest.raises(InputError, match="xinglong"):
        station_rows(horizons([xinglong]), np.array(["xinglng"], dtype=object))
