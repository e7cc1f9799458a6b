"""Samples: the grid and its weights, geometry against Skyfield, and whatever rows are given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from skyfield.api import EarthSatellite, load, wgs84

from satqkd.errors import InputError
from satqkd.orbit import Elements, Station, find_passes, sample_passes, sample_sky
from satqkd.orbit.samples import _grid

SKYFIELD = load.timescale()
ARCSEC_DEG = 1.0 / 3600.0


@pytest.fixture(scope="module")
def table(micius, stations):
    return find_passes(micius, list(stations.values()), "2017-05-10", "2017-05-20", warn_age_days=30.0)


@pytest.fixture(scope="module")
def samples(table, micius, stations):
    return sample_passes(table, micius, list(stations.values()))


@given(
    st.lists(
        st.tuples(st.floats(0.0, 2000.0), st.floats(0.0, 2000.0)).filter(lambda ends: sum(ends) > 1e-6),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([0.1, 0.5, 1.0, 7.0, 60.0, 5000.0]),
)
@settings(deadline=None)
def test_weights_add_up_to_the_duration(ends, step):
    start, end = -np.array([e[0] for e in ends]), np.array([e[1] for e in ends])
    offsets, index, t, weight, _ = _grid(start, end, step)
    assert np.abs(np.bincount(index, weight, minlength=len(start)) - (end - start)).max() < 1e-6
    assert (weight > 0.0).all()
    assert (weight <= step * (1.0 + 1e-9)).all()
    assert ((t >= start[index] - 1e-9) & (t <= end[index] + 1e-9)).all()
    assert offsets[-1] == len(t)
    # TCA is a sample, and the others lie at whole steps unless their slot is cut.
    assert np.isin(0.0, t)
    inner = weight > step * (1.0 - 1e-9)
    assert np.abs(t[inner] / step - np.round(t[inner] / step)).max(initial=0.0) < 1e-9
    for row in range(len(start)):
        assert (np.diff(t[offsets[row] : offsets[row + 1]]) > 0.0).all()


def test_slots_of_one_pass():
    offsets, _, t, weight, begin = _grid(np.array([-2.2]), np.array([1.6]), 1.0)
    assert t.tolist() == [-2.0, -1.0, 0.0, 1.0, 1.55]
    assert weight == pytest.approx([0.7, 1.0, 1.0, 1.0, 0.1])
    assert begin == pytest.approx([-2.2, -1.5, -0.5, 0.5, 1.5])
    assert offsets.tolist() == [0, 5]


def test_every_row_has_its_samples(table, samples):
    assert len(samples.offsets) == len(table) + 1
    duration = np.bincount(samples.pass_index, samples.weight_s)
    assert np.abs(duration - table.duration_s).max() < 1e-6
    for i in (0, 7, len(table) - 1):
        part = samples.of(i)
        assert (samples.pass_index[part] == i).all()
        centre = part.start + int(np.flatnonzero(samples.t_s[part] == 0.0)[0])
        assert samples.time_utc[centre] == table.tca_utc.iloc[i].tz_localize(None).to_datetime64()
        assert samples.elevation_deg[centre] == pytest.approx(table.max_elevation_deg.iloc[i], abs=1e-5)
        assert samples.azimuth_deg[centre] == pytest.approx(table.tca_azimuth_deg.iloc[i], abs=0.01)
        assert samples.elevation_deg[part].max() <= table.max_elevation_deg.iloc[i] + 1e-6
        assert samples.range_m[part].min() >= table.min_range_m.iloc[i] - 0.1
        assert samples.elevation_deg[part].min() > 9.99


def test_geometry_is_skyfields(table, samples, micius, stations):
    """Oracle: Skyfield's full chain at fresh times; 0.1 arcsec, 1 m, 1 cm/s."""
    for i in (3, len(table) // 2, len(table) - 2):
        row = table.iloc[i]
        part = samples.of(i)
        place = stations[row.station]
        epoch = row.tca_utc.tz_localize(None).to_datetime64() - np.timedelta64(
            round(row.elements_age_days * 86400e6), "us"
        )
        item = min(micius, key=lambda one: abs(one.epoch_utc - epoch))
        ground = wgs84.latlon(place.latitude_deg, place.longitude_deg, place.altitude_m)
        when = SKYFIELD.from_datetimes([pd.Timestamp(t, tz="UTC").to_pydatetime() for t in samples.time_utc[part]])
        seen = (EarthSatellite.from_satrec(item.satrec(), SKYFIELD) - ground).at(when)
        altitude, bearing, distance, _, _, rate = seen.frame_latlon_and_rates(ground)
        assert np.abs(samples.elevation_deg[part] - altitude.degrees).max() < 0.1 * ARCSEC_DEG
        turn = (samples.azimuth_deg[part] - bearing.degrees + 180.0) % 360.0 - 180.0
        assert np.abs(turn * np.cos(np.radians(altitude.degrees))).max() < 0.1 * ARCSEC_DEG
        assert np.abs(samples.range_m[part] - distance.m).max() < 1.0
        assert np.abs(samples.range_rate_m_s[part] - rate.m_per_s).max() < 0.01
        # Point-ahead: the velocity across the line of sight in axes that do not turn.
        relative = seen.velocity.m_per_s
        along = np.einsum("cn,cn->n", relative, seen.xyz.m) / distance.m
        across = np.sqrt((relative**2).sum(axis=0) - along**2)
        assert np.abs(samples.point_ahead_rad[part] - 2.0 * across / 299792458.0).max() < 1e-9


def test_rates_are_derivatives(samples, table):
    inner = np.flatnonzero((samples.weight_s[1:-1] > 0.999) & (np.diff(samples.pass_index[1:]) == 0)) + 1
    inner = inner[(samples.weight_s[inner - 1] > 0.999) & (samples.weight_s[inner + 1] > 0.999)]
    inner = inner[samples.pass_index[inner - 1] == samples.pass_index[inner + 1]]
    slope = (samples.range_m[inner + 1] - samples.range_m[inner - 1]) / 2.0
    assert np.abs(slope - samples.range_rate_m_s[inner]).max() < 1.0
    turn = (samples.azimuth_deg[inner + 1] - samples.azimuth_deg[inner - 1] + 180.0) % 360.0 - 180.0
    low = samples.elevation_deg[inner] < 60.0
    assert np.abs(turn / 2.0 - samples.azimuth_rate_deg_s[inner])[low].max() < 1e-3


def test_point_ahead_of_the_check_pass(december, xinglong):
    """Independent program: 51.5 urad at the TCA of the pass of 19 December 2016."""
    table = find_passes(december, xinglong, "2016-12-19T12:00", "2016-12-20")
    samples = sample_passes(table, december, xinglong)
    assert samples.point_ahead_rad[samples.t_s == 0.0][0] == pytest.approx(51.5e-6, abs=0.05e-6)


def test_any_rows_in_any_order(table, samples, micius, stations):
    chosen = table.iloc[[5, 2, 11]]
    few = sample_passes(chosen, micius, list(stations.values())[::-1])
    for i, row in enumerate((5, 2, 11)):
        for name in ("t_s", "range_m", "elevation_deg", "time_utc"):
            assert np.array_equal(getattr(few, name)[few.of(i)], getattr(samples, name)[samples.of(row)])
    sky = sample_sky(few, chosen, list(stations.values()))
    assert len(sky.sun_elevation_deg) == len(few)


def test_no_rows_no_samples(table, micius, stations):
    nothing = sample_passes(table.iloc[:0], micius, list(stations.values()))
    assert len(nothing) == 0
    assert nothing.offsets.tolist() == [0]
    assert sample_sky(nothing, table.iloc[:0], list(stations.values())).satellite_sunlit.size == 0


def test_a_pass_keeps_the_set_that_predicted_it(december, micius, xinglong):
    """From 75 sets the samples take the one of the table, even if the table was made from one alone and far away."""
    table = find_passes(december, xinglong, "2017-01-10", "2017-01-12", warn_age_days=60.0)
    alone = sample_passes(table, december, xinglong)
    among = sample_passes(table, micius, xinglong)
    assert np.array_equal(alone.range_m, among.range_m)


@pytest.mark.parametrize("step", [0.0, -1.0, float("nan"), float("inf")])
def test_steps_are_positive(step, table, micius, stations):
    with pytest.raises(InputError, match="step_s"):
        sample_passes(table, micius, list(stations.values()), step_s=step)


def test_unknown_names_are_refused(table, micius, december, stations):
    with pytest.raises(InputError, match=r"station '(delingha|nanshan|xinglong)'"):
        sample_passes(table, micius, Station("graz", 47.0, 15.5))
    with pytest.raises(InputError, match="satellite 'micius'"):
        sample_passes(table, Elements(micius.renamed("mozi").sets), list(stations.values()))
