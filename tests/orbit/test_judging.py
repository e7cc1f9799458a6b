"""Limits as roots, against samples every hundredth of a second."""

from __future__ import annotations

import numpy as np
import pytest

import satqkd as sq
from satqkd import orbit
from satqkd.orbit.judging import judge
from satqkd.orbit.samples import PassTracks
from satqkd.orbit.selection import apply_constraints
from satqkd.orbit.spans import Spans

STATIONS = list(sq.load_scenario("micius-beijing-vienna").positions)
FINE_S = 0.01


@pytest.fixture(scope="module")
def elements():
    return sq.load_scenario("micius-beijing-vienna").read_elements()


@pytest.fixture(scope="module")
def table(elements):
    passes = orbit.find_passes(elements, STATIONS, "2017-05-22", "2017-05-26")
    return orbit.add_sky(passes, STATIONS)


def sampled(table, elements, constraints, step_s):
    samples = orbit.sample_passes(table, elements, STATIONS, step_s=step_s)
    result, counted = apply_constraints(table, samples, orbit.sample_sky(samples, table, STATIONS), constraints)
    return result, Spans.of_samples(samples, counted)


SKYLINE = orbit.HorizonMask((0.0, 90.0, 180.0, 270.0), (12.0, 40.0, 15.0, 30.0))
LIMITS = {
    "range": [orbit.MaxRange(9e5)],
    "elevation": [orbit.MinElevation(33.0)],
    "sun": [orbit.SunBelow(-10.0)],
    "sun separation": [orbit.SunSeparation(70.0)],
    "moon separation": [orbit.MoonSeparation(40.0)],
    "sunlit": [orbit.SatelliteSunlit()],
    "dark": [orbit.SatelliteDark()],
    "skyline": [SKYLINE],
    "skyline of one station": [orbit.HorizonMask(SKYLINE.azimuth_deg, SKYLINE.elevation_deg, station="graz")],
    "mount": [orbit.MountKeyhole(0.5)],
    "all": [orbit.MaxRange(1.5e6), orbit.SunBelow(0.0), orbit.SatelliteDark(), SKYLINE, orbit.MoonSeparation(30.0)],
}


@pytest.mark.parametrize("name", LIMITS)
def test_stretches_end_where_the_limit_is_reached(table, elements, name):
    spans, rejections, layers = judge(table, elements, STATIONS, LIMITS[name])
    fine_table, fine = sampled(table, elements, LIMITS[name], FINE_S)
    assert len(spans) == len(fine) > 0
    assert (spans.row == fine.row).all()
    # A mount's lost stretch begins with the last instant at which it followed.
    allowed = 0.02
    assert np.abs(spans.begin_s - fine.begin_s).max() < allowed
    assert np.abs(spans.end_s - fine.end_s).max() < allowed
    assert (~rejections.some == fine_table["usable"]).all()
    reasons = [[cause.reason for cause in causes] for causes in rejections]
    coarse, _ = sampled(table, elements, LIMITS[name], 1.0)
    same = (coarse["usable"] == fine_table["usable"]).to_numpy()
    for row in np.flatnonzero(rejections.some & same).tolist():
        said = [text.split(" (")[0] for text in coarse["reject_reason"].iloc[row].split("; ")]
        assert reasons[row] == said or "together" in {cause.kind for cause in rejections[row]}
    for layer in layers:
        taken = Spans.whole(*edges(table))
        assert (layer.spans.duration_s() < taken.duration_s()[layer.rows]).all()


def edges(table):
    tca = table["tca_utc"]
    return tuple((table[name] - tca).dt.total_seconds().to_numpy() for name in ("aos_utc", "los_utc"))


@pytest.mark.parametrize("lasting", [0.5, 3.0, 8.0])
def test_a_short_dip_through_a_limit_is_found(table, elements, lasting):
    """The limit is the range that a pass keeps below for so long only."""
    row = int(np.argmax(table["max_elevation_deg"]))
    one = table.iloc[[row]]
    tracks = PassTracks.of(one, elements, STATIONS)
    t = np.arange(-20.0, 20.0, 0.001)
    ranges = tracks.at(np.zeros(t.size, dtype=int), t).range_m
    nearest = t[ranges.argmin()]
    limit = float(np.interp(nearest + 0.5 * lasting, t, ranges))
    spans, _, _ = judge(one, elements, STATIONS, [orbit.MaxRange(limit)])
    assert spans.duration_s()[0] == pytest.approx(lasting, abs=0.02)
    # The same as an elevation, which has no quick way.
    heights = tracks.at(np.zeros(t.size, dtype=int), t).elevation_deg
    limit = float(np.interp(t[heights.argmax()] + 0.5 * lasting, t, heights))
    spans, _, _ = judge(one, elements, STATIONS, [orbit.MinElevation(limit)])
    assert spans.duration_s()[0] == pytest.approx(lasting, abs=0.1 * lasting)


def test_a_constraint_of_ones_own_is_asked_every_second(table, elements):
    def odd(row, seconds):
        return np.abs(np.round(seconds.t_s)) % 2 == 1

    own, _, _ = judge(table, elements, STATIONS, [odd])
    _, samples = sampled(table, elements, [odd], 1.0)
    assert (own.row == samples.row).all()
    assert own.begin_s == pytest.approx(samples.begin_s, abs=1e-9)
    assert own.end_s == pytest.approx(samples.end_s, abs=1e-9)


def test_what_is_rejected_stays_so_and_nothing_means_everything(table, elements):
    before = table.assign(usable=False, reject_reason="maintenance")
    spans, rejections, _ = judge(before, elements, STATIONS, [orbit.MaxRange(1e7)])
    assert not len(spans)
    assert set(rejections.texts()) == {"maintenance"}
    spans, rejections, layers = judge(table, elements, STATIONS, [])
    assert not rejections.some.any()
    assert not layers
    assert spans.duration_s() == pytest.approx(table["duration_s"].to_numpy(), abs=2e-6)
    none, _, _ = judge(table.iloc[:0], elements, STATIONS, [orbit.MaxRange(1e6)])
    assert none.passes == 0


def test_eccentric_orbits_keep_their_range_limit():
    """A pass of hours has no convex range: it is looked at on the grid."""
    sets = orbit.sun_synchronous(altitude_m=8e5, ltan_hours=10.0, epoch="2017-05-22", eccentricity=0.08)
    table = orbit.add_sky(orbit.find_passes(sets, STATIONS, "2017-05-22", "2017-05-24"), STATIONS)
    for limits in ([orbit.MaxRange(1.4e6)], [orbit.SatelliteDark()]):
        spans, _, _ = judge(table, sets, STATIONS, limits)
        samples = orbit.sample_passes(table, sets, STATIONS, step_s=0.05)
        _, counted = apply_constraints(table, samples, orbit.sample_sky(samples, table, STATIONS), limits)
        fine = Spans.of_samples(samples, counted)
        assert (spans.row == fine.row).all()
        assert np.abs(spans.begin_s - fine.begin_s).max() < 0.06
        assert np.abs(spans.end_s - fine.end_s).max() < 0.06
