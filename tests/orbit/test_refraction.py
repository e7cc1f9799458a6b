"""Refraction against Skyfield, its inverse, and its limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from skyfield.earthlib import refract

from satqkd.errors import InputError
from satqkd.orbit import Refraction

AIR = Refraction()
# Skyfield has Bennett's formula too, with its constants rounded: 0.28 for 283/1010 is 0.07 % of half a degree.
SKYFIELD_DEG = 4e-4


@pytest.mark.parametrize("altitude", [0.0, 890.0, 3000.0])
def test_apparent_elevation_is_skyfields(altitude):
    true = np.linspace(0.0, 89.0, 90)
    expected = refract(true, 10.0, 1010.0 * np.exp(-altitude / 9.1e3))
    assert np.abs(AIR.apparent_elevation_deg(true, altitude) - expected).max() < SKYFIELD_DEG


def test_at_the_horizon():
    """Bennett 1982: 34.5 arc minutes at 0 deg apparent, for 1010 hPa and 10 deg C."""
    assert 60.0 * -AIR.true_elevation_deg(0.0) == pytest.approx(34.5, abs=0.1)


@given(st.floats(-0.9, 90.0), st.floats(0.0, 5000.0))
def test_there_and_back(apparent, altitude):
    true = AIR.true_elevation_deg(apparent, altitude)
    assert true <= apparent
    assert float(AIR.apparent_elevation_deg(true, altitude)) == pytest.approx(apparent, abs=1e-5)


@given(st.floats(-0.9, 89.0), st.floats(1e-3, 1.0))
def test_higher_stays_higher(apparent, step):
    assert AIR.true_elevation_deg(apparent + step) > AIR.true_elevation_deg(apparent)


def test_no_air_no_refraction():
    assert Refraction(pressure_hpa=0.0).true_elevation_deg(5.0) == 5.0
    assert AIR.true_elevation_deg(-5.0) == -5.0
    assert float(AIR.true_elevation_deg(90.0)) == pytest.approx(90.0, abs=1e-9)


def test_limits():
    with pytest.raises(InputError, match="pressure_hpa"):
        Refraction(pressure_hpa=-1.0)
    with pytest.raises(InputError, match="temperature_c"):
        Refraction(temperature_c=-200.0)
