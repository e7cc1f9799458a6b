"""Why there is no pass: a cause where one shows, and an advice that fits it."""

from __future__ import annotations

import pytest

from satqkd.errors import SatqkdWarning
from satqkd.orbit import Elements, Station, find_passes, walker
from tests.support.elements import reference_elements


def why(elements: Elements, station: Station, start: str, end: str, **options: float) -> tuple[str, str]:
    table = find_passes(elements, station, start, end, **options)
    assert table.empty
    return table.attrs["why_no_pass"]


def test_a_decayed_satellite_is_not_looked_for_further_ahead(micius):
    with pytest.warns(SatqkdWarning, match="SGP4 stops"):
        cause, advice = why(micius, Station("roof", 40.0, 100.0), "2027-01-01", "2027-01-03")
    assert "decayed" in cause
    assert "nearer to the window" in advice
    assert "further ahead" not in advice


def test_an_orbit_that_never_comes_near_is_not_waited_for():
    low = walker(altitude_m=5e5, inclination_deg=20.0, satellites=1, planes=1, epoch="2026-01-01")
    cause, advice = why(low, Station("oslo", 60.0, 10.0), "2026-01-01", "2026-01-03")
    # By hand: from 500 km one sees arccos(6378/6878 cos 10 deg) - 10 deg = 14 deg; 60 - 20 - 14 = 26.
    assert "26 deg of latitude are missing" in cause
    assert "another station" in advice


def test_else_waiting_helps(december):
    cause, advice = why(december, Station("roof", 40.0, 117.0), "2016-12-19T20:00", "2016-12-19T20:10")
    assert cause == ""
    assert "further ahead" in advice


def test_what_hangs_over_one_longitude_is_not_judged_by_latitude():
    fleet = reference_elements("meo_geo_2026-08-11.3le")
    still = Elements(tuple(one for one in fleet if one.mean_motion_rev_day < 1.1))
    empty = [
        find_passes(Elements((one,)), Station("here", 0.0, longitude), "2026-08-11", "2026-08-12")
        for one in still
        for longitude in (0.0, 90.0, 180.0, -90.0)
    ]
    causes = [table.attrs["why_no_pass"][0] for table in empty if table.empty]
    assert causes
    assert not any(causes)
