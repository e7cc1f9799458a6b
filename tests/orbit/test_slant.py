"""Range over a circular orbit, for budgets without a pass."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from satqkd.errors import InputError
from satqkd.orbit.slant import mean_altitude_m, slant_range_m


def test_overhead_it_is_the_difference_of_heights():
    assert float(slant_range_m(90.0, orbit_altitude_m=500e3, station_altitude_m=2e3)) == pytest.approx(498e3)


def test_at_the_horizon_it_is_pythagoras():
    """Analytic limit: sqrt((R + h)^2 - R^2)."""
    radius = 6_371_000.0
    expected = np.sqrt((radius + 500e3) ** 2 - radius**2)
    assert float(slant_range_m(0.0, orbit_altitude_m=500e3)) == pytest.approx(expected)


@given(st.floats(0.0, 90.0), st.floats(2e5, 4e7))
def test_lower_is_farther(elevation, altitude):
    near, far = slant_range_m([90.0, elevation], orbit_altitude_m=altitude)
    assert near <= far * (1 + 1e-12)


def test_geostationary_height():
    """35,786 km for one turn in a sidereal day (IAU 1.00273781 rev/d)."""
    assert float(mean_altitude_m(1.00273781)) == pytest.approx(35_786e3, abs=1e3)


def test_an_orbit_below_the_station_is_refused():
    with pytest.raises(InputError, match="above station_altitude_m"):
        slant_range_m(30.0, orbit_altitude_m=100.0, station_altitude_m=2000.0)
