"""Designed orbits: what is asked for is what SGP4 flies, and a design goes through the door of any element set."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from pydantic import TypeAdapter, ValidationError
from skyfield.api import EarthSatellite, load, wgs84
from skyfield.framelib import itrs

from satqkd.errors import InputError
from satqkd.orbit import (
    Station,
    SunSynchronous,
    Walker,
    find_passes,
    read_elements,
    sun_synchronous,
    walker,
    write_elements,
)
from satqkd.orbit.elements.designs import mean_motion_rev_day, sun_synchronous_inclination_deg

EPOCH = "2026-03-01T00:00:00Z"
IRIDIUM = {"altitude_m": 780e3, "inclination_deg": 86.4, "satellites": 66, "planes": 6, "phasing": 2}
ALTITUDE_M = 1e-3
"""SGP4 gets the semi-major axis back from the mean motion with an error of 1e-9 m."""
LOCAL_TIME_S = 0.01
"""Measured: 0.03 ms at the epoch, 1.2 ms a year later."""


@settings(max_examples=60, deadline=None)
@given(st.floats(150e3, 4e7), st.floats(0.0, 180.0), st.floats(0.0, 0.3))
def test_sgp4_recovers_the_altitude(altitude_m, inclination_deg, eccentricity):
    """SGP4's own recovery of Brouwer's mean motion."""
    from sgp4.api import WGS72, Satrec

    motion = mean_motion_rev_day(altitude_m, inclination_deg=inclination_deg, eccentricity=eccentricity)
    model = Satrec()
    model.sgp4init(
        WGS72, "i", 1, 28000.0, 0.0, 0.0, 0.0, eccentricity, 0.0, np.radians(inclination_deg), 0.0,
        motion * np.pi / 720.0, 0.0,
    )  # fmt: skip
    assert model.a * 6378135.0 - 6378137.0 == pytest.approx(altitude_m, abs=ALTITUDE_M)


def test_walker_delta_angles():
    """Walker 55: 24/6/2 by his definition: nodes 60 deg apart, places 90, planes shifted by 30."""
    sets = walker(altitude_m=1200e3, inclination_deg=55.0, satellites=24, planes=6, phasing=2, epoch=EPOCH).sets
    angles = {item.satellite: (item.raan_deg, item.mean_anomaly_deg) for item in sets}
    assert len(angles) == 24
    assert angles["walker-1-1"] == (0.0, 0.0)
    assert angles["walker-1-2"] == pytest.approx((0.0, 90.0))
    assert angles["walker-2-1"] == pytest.approx((60.0, 30.0))
    assert angles["walker-6-4"] == pytest.approx((300.0, (270.0 + 150.0) % 360.0))
    assert {item.eccentricity for item in sets} == {0.0}


def test_walker_star_spreads_over_half_a_turn():
    elements = walker(**IRIDIUM, pattern="star", epoch=EPOCH, raan_deg=350.0)
    nodes = sorted({round(item.raan_deg, 9) for item in elements})
    assert nodes == pytest.approx([20.0, 50.0, 80.0, 110.0, 140.0, 350.0])
    assert len(elements.satellites) == 66
    assert len({item.catalog_number for item in elements}) == 66


def test_a_constellation_keeps_its_shape():
    """All nodes and anomalies drift alike, so that distances between satellites repeat: one day, one hundredth."""
    elements = walker(**IRIDIUM, epoch=EPOCH).sets[:12]
    models = [item.satrec() for item in elements]
    node = [(m.nodedot, m.mdot, m.argpdot) for m in models]
    assert np.ptp(np.array(node), axis=0) == pytest.approx([0.0, 0.0, 0.0], abs=1e-15)
    heights = [np.linalg.norm(m.sgp4(m.jdsatepoch, m.jdsatepochF + 1.0)[1]) - 6378.137 for m in models]
    assert np.abs(np.array(heights) - 780.0).max() < 12.0


@pytest.mark.parametrize(
    ("altitude_m", "published_deg"),
    # Vallado, Fundamentals of Astrodynamics: 800 km and 98.6 deg; Wertz's table gives 97.4 at 500 km, 99.5 at 1000 km.
    [(500e3, 97.4), (800e3, 98.6), (1000e3, 99.5)],
)
def test_sun_synchronous_inclination(altitude_m, published_deg):
    """Published (quoted from memory, one decimal) and, to first order in J2, the analytic limit."""
    found = sun_synchronous_inclination_deg(altitude_m)
    assert found == pytest.approx(published_deg, abs=0.06)
    axis = 6378137.0 + altitude_m
    rate = 2.0 * np.pi / (365.24219 * 86400.0)
    first = -rate / (1.5 * np.sqrt(398600.8e9 / axis**3) * 0.001082616 * (6378135.0 / axis) ** 2)
    assert found == pytest.approx(np.degrees(np.arccos(first)), abs=0.03)


@pytest.mark.parametrize("ltan_hours", [6.0, 10.5, 22.25])
def test_the_local_time_of_the_node_stays_for_a_year(ltan_hours):
    """Independent program: Skyfield's longitudes at ascending nodes, mean solar time being UT1 plus longitude."""
    scale = load.timescale()
    (item,) = sun_synchronous(560e3, ltan_hours, EPOCH)
    satellite = EarthSatellite.from_satrec(item.satrec(), scale)
    for day in (0.0, 91.3, 182.6, 365.2):
        start = scale.utc(2026, 3, 1 + day)
        times = scale.tt_jd(start.tt + np.linspace(0.0, 100.0 / 1440.0, 6001))
        latitude = satellite.at(times).frame_xyz(itrs).km[2]
        up = np.flatnonzero((latitude[:-1] < 0.0) & (latitude[1:] >= 0.0))[0]
        share = -latitude[up] / (latitude[up + 1] - latitude[up])
        node = scale.tt_jd(times.tt[up] + share * (times.tt[up + 1] - times.tt[up]))
        longitude = wgs84.geographic_position_of(satellite.at(node)).longitude.degrees
        local_h = (node.ut1 + 0.5 + longitude / 360.0) % 1.0 * 24.0
        assert ((local_h - ltan_hours + 12.0) % 24.0 - 12.0) * 3600.0 == pytest.approx(0.0, abs=LOCAL_TIME_S)


def test_satellites_along_one_sun_synchronous_orbit():
    elements = sun_synchronous(600e3, 18.0, EPOCH, satellites=4, name="QKD Dawn", mean_anomaly_deg=300.0)
    assert elements.satellites == ("qkd-dawn-1", "qkd-dawn-2", "qkd-dawn-3", "qkd-dawn-4")
    assert [item.mean_anomaly_deg for item in elements] == pytest.approx([300.0, 30.0, 120.0, 210.0])
    assert len({item.raan_deg for item in elements}) == 1


@pytest.mark.parametrize("form", ["3le", "omm-json", "omm-csv", "omm-xml"])
@pytest.mark.filterwarnings("ignore:.*more digits than a TLE")
def test_a_design_is_written_and_read_like_any_set(form):
    elements = walker(**IRIDIUM, epoch=EPOCH, name="Net Q")
    again = read_elements(write_elements(elements, form))
    assert again.satellites == elements.satellites
    assert [item.catalog_number for item in again] == [item.catalog_number for item in elements]


def test_a_design_has_passes():
    station = Station("pole", 89.9, 0.0, 0.0)
    passes = find_passes(sun_synchronous(500e3, 10.5, EPOCH), station, EPOCH, "2026-03-02", min_elevation_deg=5.0)
    # Seen from the pole a polar orbit passes once a revolution; 15.2 revolutions a day.
    assert len(passes) in (15, 16)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "planes": ({"planes": 7}, "cannot be spread evenly over 7 planes"),
    "no planes": ({"planes": 0}, "spread evenly|greater than 0"),
    "phasing": ({"phasing": 6}, "0 to 5 with 6 planes"),
    "pattern": ({"pattern": "dleta"}, "'dleta'|delta"),
    "altitude": ({"altitude_m": 780.0}, "altitude_m = 780"),
    "inclination": ({"inclination_deg": 186.4}, "inclination"),
    "too many": ({"satellites": 12000, "planes": 6}, "at most 9999"),
    "epoch": ({"epoch": "soon"}, "time"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("make", [walker, Walker])
def test_numbers_that_make_no_constellation(case, make):
    fields, cause = BAD[case]
    with pytest.raises(InputError, match=cause):
        make(**{**IRIDIUM, "epoch": EPOCH, **fields})


def test_orbits_that_cannot_be_sun_synchronous():
    assert sun_synchronous_inclination_deg(5.86e6) == pytest.approx(165.0, abs=2.0)
    for fields, cause in (
        ({"altitude_m": 6e6}, "too high to be Sun-synchronous"),
        ({"altitude_m": 500e3, "eccentricity": 0.3}, "below 120 km"),
        ({"altitude_m": 500e3, "ltan_hours": 24.0}, "ltan_hours"),
        ({"altitude_m": 500e3, "satellites": 0}, "at least 1|greater than 0"),
        ({"altitude_m": np.nan}, "altitude_m"),
    ):
        for make in (sun_synchronous, SunSynchronous):
            with pytest.raises(InputError, match=cause):
                make(**{"ltan_hours": 6.0, "epoch": EPOCH, **fields})


def test_nouns_say_what_the_functions_do():
    noun = Walker(**IRIDIUM, pattern="star", epoch=EPOCH, name="iridium")
    assert noun.elements() == walker(**IRIDIUM, pattern="star", epoch=EPOCH, name="iridium")
    assert noun.epoch == dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    sun = SunSynchronous(altitude_m=500e3, ltan_hours=10.5, epoch=EPOCH)
    assert sun.elements() == sun_synchronous(500e3, 10.5, EPOCH)
    assert hash(sun) == hash(SunSynchronous(altitude_m=500e3, ltan_hours=10.5, epoch=np.datetime64("2026-03-01")))
    for fields, cause in (
        ({"name": "--"}, "no letter or digit"),
        ({"satellites": 2.5}, "whole number"),
        ({"model": "walker"}, "Allowed: sun-synchronous"),
        ({"altitude_m": True}, "no|not a finite number"),
    ):
        with pytest.raises(InputError, match=cause):
            SunSynchronous(**{"altitude_m": 500e3, "ltan_hours": 10.5, "epoch": EPOCH, **fields})


def test_nouns_serve_a_scenario():
    """They are told apart by `model`, read from plain tables, and refuse keys they do not have."""
    design = TypeAdapter(Walker | SunSynchronous)
    table = {"model": "sun-synchronous", "altitude_m": 500e3, "ltan_hours": 10.5, "epoch": dt.datetime(2026, 3, 1)}  # noqa: DTZ001
    assert isinstance(design.validate_python(table), SunSynchronous)
    with pytest.raises(ValidationError):
        TypeAdapter(SunSynchronous).validate_python({**table, "height_m": 1.0})
