"""The pass table: published passes, windows, epochs, names, ages, and what is refused."""

from __future__ import annotations

import csv
import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from satqkd.errors import InputError, SatqkdWarning, StaleElementsWarning
from satqkd.orbit import Elements, Refraction, Station, find_passes, read_elements, sample_passes, walker
from tests.support import REFERENCE
from tests.support.elements import STATIONS, reference_elements, verification_elements

COLUMNS = [
    "pass_id",
    "satellite",
    "station",
    "aos_utc",
    "tca_utc",
    "los_utc",
    "duration_s",
    "max_elevation_deg",
    "aos_azimuth_deg",
    "tca_azimuth_deg",
    "los_azimuth_deg",
    "min_range_m",
    "elements_age_days",
    "truncated",
    "usable",
    "reject_reason",
    "tca_range_m",
]
DAY = pd.Timedelta(days=1)


def passes(elements, stations, start, end, **options) -> pd.DataFrame:
    return find_passes(elements, stations, start, end, **{"warn_age_days": 1e4, **options})


def stamp(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


# Published and computed passes ------------------------------------------------------------------------------------


def test_check_pass_of_19_december_2016(december, xinglong):
    """Independent program: Skyfield 1.55. Published: Liao et al., Nature 549, 43 (2017): 645 to 1200 km, 273 s."""
    table = passes(december, xinglong, "2016-12-19T12:00", "2016-12-20")
    assert len(table) == 1
    row = table.iloc[0]
    # 0.01 s is the rounding of the printed times.
    for column, expected in (("aos_utc", "16:48:43.74"), ("tca_utc", "16:52:13.46"), ("los_utc", "16:55:40.81")):
        assert abs((row[column] - stamp(f"2016-12-19T{expected}")).total_seconds()) < 0.01
    assert row.max_elevation_deg == pytest.approx(47.829, abs=0.0005)
    assert row.min_range_m == pytest.approx(645.26e3, abs=10.0)
    assert row.pass_id == "micius-xinglong-20161219T164843Z"
    assert not row.truncated
    samples = sample_passes(table, december, xinglong, step_s=0.1)
    within = samples.weight_s[samples.range_m <= 1.2e6].sum()
    assert within == pytest.approx(272.6, abs=0.15)  # the step, and the rounding of 272.6


@pytest.mark.parametrize(
    "flight",
    list(csv.DictReader((REFERENCE / "orbit" / "flights.csv").read_text().splitlines())),
    ids=lambda flight: f"{flight['station']}-{flight['tca_utc'][:10]}",
)
def test_published_flights(flight, micius, stations):
    """Independent program: Skyfield 1.55 on the same element set (printed to 10 ms, 1e-3 deg, 1 m, 0.1 s)."""
    around = pd.Timestamp(flight["tca_utc"])
    table = passes(micius, stations[flight["station"]], around - pd.Timedelta("30min"), around + pd.Timedelta("30min"))
    row = table.iloc[(table.tca_utc - around).abs().argmin()]
    assert abs((row.tca_utc - around).total_seconds()) < 0.02
    assert row.max_elevation_deg == pytest.approx(float(flight["max_elevation_deg"]), abs=0.001)
    assert row.min_range_m == pytest.approx(float(flight["min_range_m"]), abs=2.0)
    samples = sample_passes(table.loc[[row.name]], micius, stations[flight["station"]], step_s=0.1)
    within = samples.weight_s[samples.range_m <= 1.2e6].sum()
    assert within == pytest.approx(float(flight["seconds_within_1200_km"]), abs=0.2)


def test_sparse_geometry_of_115_passes(micius, stations):
    """Independent program: Skyfield 1.55, times to a second, elevations to 0.01 deg, ranges to 100 m."""
    rows = list(csv.DictReader((REFERENCE / "orbit" / "micius_passes.csv").read_text().splitlines()))
    compared = 0
    for row in rows:
        place = stations.get(row["site"].lower())
        if place is None:
            continue
        rise = stamp(row["rise"])
        table = passes(micius, place, rise - pd.Timedelta("10min"), rise + pd.Timedelta("20min"))
        found = table[(table.aos_utc - rise).abs() < pd.Timedelta("60s")]
        if abs(float(row["tle_age_d"]) - float(found.elements_age_days.iloc[0])) > 0.02:
            continue  # made with another set
        assert abs((found.aos_utc.iloc[0] - rise).total_seconds()) < 1.0
        assert found.duration_s.iloc[0] == pytest.approx(float(row["dur_s"]), abs=0.2)
        # The reference's culmination is searched to half a second, in which the zenith is passed by.
        slack = 0.006 if float(row["max_el"]) < 85.0 else 0.02
        assert found.max_elevation_deg.iloc[0] == pytest.approx(float(row["max_el"]), abs=slack)
        assert found.min_range_m.iloc[0] == pytest.approx(float(row["min_range_km"]) * 1e3, abs=60.0)
        compared += 1
    assert compared > 80


# The table --------------------------------------------------------------------------------------------------------


def test_columns_types_and_order(micius, stations):
    table = passes(micius, list(stations.values()), "2017-05-22", "2017-05-24")
    assert list(table.columns) == COLUMNS
    for column in ("aos_utc", "tca_utc", "los_utc"):
        assert str(table[column].dtype) == "datetime64[us, UTC]"
    assert table.aos_utc.is_monotonic_increasing
    assert table.usable.all()
    assert (table.reject_reason == "").all()
    assert table.pass_id.is_unique
    assert set(table.station) == set(stations)
    assert ((table.aos_utc <= table.tca_utc) & (table.tca_utc <= table.los_utc)).all()
    assert np.abs(table.duration_s - (table.los_utc - table.aos_utc).dt.total_seconds()).max() < 1e-6
    azimuths = table[["aos_azimuth_deg", "tca_azimuth_deg", "los_azimuth_deg"]].to_numpy()
    assert ((azimuths >= 0.0) & (azimuths < 360.0)).all()


def test_an_empty_table_has_the_same_columns(december):
    table = passes(december, Station("far", -89.0, 0.0), "2016-12-19T16:50", "2016-12-19T16:51")
    assert len(table) == 0
    assert list(table.columns) == COLUMNS
    assert str(table.aos_utc.dtype) == "datetime64[us, UTC]"


def test_every_kind_of_time_is_taken(december, xinglong):
    expected = passes(december, xinglong, "2016-12-19", "2016-12-20").pass_id.tolist()
    for start, end in (
        (stamp("2016-12-19"), stamp("2016-12-20")),
        (np.datetime64("2016-12-19"), np.datetime64("2016-12-20")),
        ("2016-12-19T08:00+08:00", "2016-12-20T08:00+08:00"),
    ):
        assert passes(december, xinglong, start, end).pass_id.tolist() == expected


def test_two_passes_in_one_second_get_two_names(december, xinglong):
    """A designed twin a tenth of a second ahead, under the same name, rises in the same second at some station."""
    from satqkd.orbit.passes import _pass_ids

    aos = np.array(["2017-01-01T00:00:00.1", "2017-01-01T00:00:00.9", "2017-01-01T00:00:01"], dtype="datetime64[us]")
    zero = np.zeros(3, dtype=np.int64)
    names = _pass_ids(zero, zero, ["micius"], [xinglong], aos).tolist()
    assert names == [
        "micius-xinglong-20170101T000000Z",
        "micius-xinglong-20170101T000000Z-2",
        "micius-xinglong-20170101T000001Z",
    ]


@given(st.lists(st.integers(0, 4_000_000_000), min_size=1, max_size=20))
@settings(max_examples=30)
def test_stamps_are_iso(seconds):
    from satqkd.orbit.passes import _stamps

    times = np.array(seconds, dtype="int64").astype("datetime64[s]")
    expected = [pd.Timestamp(t).strftime("%Y%m%dT%H%M%SZ") for t in times]
    assert _stamps(times.astype("datetime64[us]")) == expected


# Windows ----------------------------------------------------------------------------------------------------------


def test_a_window_cuts_a_pass(december, xinglong):
    whole = passes(december, xinglong, "2016-12-19T12:00", "2016-12-20").iloc[0]
    table = passes(december, xinglong, "2016-12-19T16:50", "2016-12-19T16:54")
    row = table.iloc[0]
    assert row.truncated
    assert row.aos_utc == stamp("2016-12-19T16:50")
    assert row.los_utc == stamp("2016-12-19T16:54")
    assert row.duration_s == 240.0
    # The culmination is inside, so that TCA, elevation and range are those of the whole pass.
    assert abs((row.tca_utc - whole.tca_utc).total_seconds()) < 1e-3
    assert row.max_elevation_deg == pytest.approx(whole.max_elevation_deg, abs=1e-6)
    assert row.min_range_m == pytest.approx(whole.min_range_m, abs=0.1)


@pytest.mark.parametrize(("start", "end", "at"), [("16:49", "16:50", "end"), ("16:54", "16:55", "start")])
def test_a_window_on_one_side_of_the_culmination(december, xinglong, start, end, at):
    row = passes(december, xinglong, f"2016-12-19T{start}", f"2016-12-19T{end}").iloc[0]
    edge = stamp(f"2016-12-19T{end if at == 'end' else start}")
    assert row.truncated
    assert row.tca_utc == edge
    assert row.duration_s == 60.0
    samples = sample_passes(passes(december, xinglong, f"2016-12-19T{start}", f"2016-12-19T{end}"), december, xinglong)
    assert row.min_range_m == pytest.approx(samples.range_m.min(), abs=1.0)
    assert row.max_elevation_deg == pytest.approx(samples.elevation_deg.max(), abs=1e-6)


def test_a_window_that_ends_in_the_middle_is_marked_on_that_side(december, xinglong):
    row = passes(december, xinglong, "2016-12-19T16:00", "2016-12-19T16:54").iloc[0]
    assert row.truncated
    assert abs((row.aos_utc - stamp("2016-12-19T16:48:43.736")).total_seconds()) < 0.01


def test_windows_add_up(december, stations):
    """Cut at any instant, the seconds of visibility stay the same."""
    places = list(stations.values())
    whole = passes(december, places, "2016-12-19", "2016-12-21")
    cut = stamp("2016-12-19T16:51:07.5")
    parts = [passes(december, places, "2016-12-19", cut), passes(december, places, cut, "2016-12-21")]
    assert sum(part.duration_s.sum() for part in parts) == pytest.approx(whole.duration_s.sum(), abs=1e-4)
    assert sum(part.truncated.sum() for part in parts) == 2


@given(st.floats(0.0, 47.0), st.floats(0.0, 2000.0), st.floats(1.0, 3000.0))
@settings(max_examples=25, deadline=None)
def test_any_window_and_mask_is_sound(mask, begin, length):
    elements = _december()
    start = stamp("2016-12-19T16:35") + pd.Timedelta(seconds=begin)
    table = passes(elements, STATIONS["xinglong"], start, start + pd.Timedelta(seconds=length), min_elevation_deg=mask)
    assert len(table) <= 1
    stamp_resolution = pd.Timedelta("1us")
    for row in table.itertuples():
        assert start - stamp_resolution <= row.aos_utc <= row.tca_utc <= row.los_utc
        assert row.los_utc <= start + pd.Timedelta(seconds=length) + stamp_resolution
        assert row.max_elevation_deg >= mask - 1e-9
        assert row.max_elevation_deg <= 47.83
        assert row.min_range_m >= 645.2e3


def _december() -> Elements:
    from satqkd.catalog import data_file

    sets = read_elements(data_file("satellites", "micius_qss_41731.3le"), satellite="micius")
    return Elements(tuple(item for item in sets if str(item.epoch_utc).startswith("2016-12-19")))


# Extreme geometry -------------------------------------------------------------------------------------------------


def test_a_pass_shorter_than_a_second(december, xinglong):
    top = passes(december, xinglong, "2016-12-19T12:00", "2016-12-20").iloc[0]
    table = passes(december, xinglong, "2016-12-19T12:00", "2016-12-20", min_elevation_deg=top.max_elevation_deg - 1e-6)
    assert len(table) == 1
    assert 0.0 < table.duration_s.iloc[0] < 0.5
    assert abs((table.tca_utc.iloc[0] - top.tca_utc).total_seconds()) < 0.01
    assert passes(
        december, xinglong, "2016-12-19T12:00", "2016-12-20", min_elevation_deg=top.max_elevation_deg + 1e-6
    ).empty


def test_stations_at_the_poles(december):
    """A polar orbiter passes a pole on every revolution."""
    poles = [Station("north", 90.0, 0.0), Station("south", -90.0, 0.0, 2800.0)]
    table = passes(december, poles, "2016-12-19", "2016-12-21")
    assert table.groupby("station").size().between(30, 31).all()
    assert table.max_elevation_deg.between(26.0, 29.0).all()  # 490 km high and 7.4 deg from the pole


def test_always_visible_and_never_visible():
    """A geostationary satellite stands in one pass as long as the window, or in none."""
    satellite = reference_elements("meo_geo_2026-08-11.3le").of("intelsat-10-02")  # at 359 deg east
    places = [Station("below", 0.0, 0.0), Station("behind", 0.0, 180.0)]
    table = passes(satellite, places, "2026-08-11", "2026-08-21")
    assert table.station.tolist() == ["below"]
    row = table.iloc[0]
    assert row.truncated
    assert row.duration_s == 10.0 * 86400.0
    samples = sample_passes(table, satellite, places, step_s=60.0)
    assert row.max_elevation_deg == pytest.approx(samples.elevation_deg.max(), abs=1e-4)
    assert row.min_range_m == pytest.approx(samples.range_m.min(), abs=5.0)


def test_several_culminations_in_one_pass():
    """A Molniya satellite rises, sinks and rises again within a pass: the highest counts."""
    satellite = Elements(tuple(item for item in verification_elements() if item.catalog_number == 9880))
    place = Station("steppe", 45.0, 60.0)
    start = pd.Timestamp(satellite.sets[0].epoch_utc).tz_localize("UTC")
    table = passes(satellite, place, start, start + 3 * DAY)
    samples = sample_passes(table, satellite, place, step_s=5.0)
    turns = 0
    for i, row in enumerate(table.itertuples()):
        part = samples.of(i)
        elevation = samples.elevation_deg[part]
        turns = max(turns, int((np.diff(np.sign(np.diff(elevation))) < 0).sum()))
        assert row.max_elevation_deg == pytest.approx(elevation.max(), abs=0.01)
        assert row.min_range_m <= samples.range_m[part].min() + 1.0
        assert row.min_range_m == pytest.approx(samples.range_m[part].min(), abs=1e4)  # 5 s at up to 5 km/s
    assert turns >= 2


def test_a_decaying_orbit_ends_with_a_warning(micius, xinglong):
    last = Elements((micius.sets[-1],))
    with pytest.warns(SatqkdWarning, match=r"SGP4 stops for micius .*decayed; there are no passes beyond that"):
        table = find_passes(last, xinglong, "2025-12-12", "2026-06-01", warn_age_days=1e4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = passes(last, xinglong, "2025-12-12", "2026-01-01")
    assert table.pass_id.tolist()[: len(before)] == before.pass_id.tolist()
    assert table.los_utc.max() < stamp("2026-03-01")


def test_all_past_its_decay_is_an_empty_table(micius, xinglong):
    with pytest.warns(SatqkdWarning, match="SGP4 stops"):
        assert find_passes(Elements((micius.sets[-1],)), xinglong, "2027-01-01", "2027-01-02", warn_age_days=1e4).empty


# Many epochs ------------------------------------------------------------------------------------------------------


def test_the_nearest_epoch_serves_each_pass(micius, xinglong):
    table = passes(micius, xinglong, "2016-12-01", "2017-06-01")
    epochs = np.array([item.epoch_utc for item in micius])
    for row in table.itertuples():
        tca = row.tca_utc.tz_localize(None).to_datetime64()
        nearest = epochs[np.abs(epochs - tca).argmin()]
        # Signed, TCA minus epoch, of the nearest epoch.
        assert row.elements_age_days == pytest.approx((tca - nearest) / np.timedelta64(1, "D"), abs=2e-5)


def test_switching_epochs_loses_and_doubles_no_pass(micius, stations):
    """What each set alone predicts while it is the nearest, put together."""
    places = list(stations.values())
    start, end = stamp("2017-05-01"), stamp("2017-06-05")
    table = passes(micius, places, start, end)
    for _, rows in table.groupby("station"):
        assert (rows.aos_utc.diff().dt.total_seconds().dropna() > 60.0).all()
    epochs = [pd.Timestamp(item.epoch_utc).tz_localize("UTC") for item in micius]
    edges = [start, *(a + (b - a) / 2 for a, b in pairwise(epochs)), end]
    expected = []
    for item, low, high in zip(micius, [start, *edges[1:-1]], [*edges[1:-1], end], strict=True):
        if low < end and high > start:
            alone = passes(Elements((item,)), places, start - DAY, end + DAY)
            expected.append(alone[(alone.tca_utc >= max(low, start)) & (alone.tca_utc < min(high, end))])
    assert len(expected) > 5
    together = pd.concat(expected)
    assert sorted(together.pass_id) == sorted(table[~table.truncated].pass_id)


def test_a_switch_inside_a_pass_leaves_one_pass_of_one_set(december, xinglong):
    """Two sets whose midpoint falls into the check pass: one row, served by the epoch nearer to its TCA."""
    from dataclasses import replace

    own = december.sets[0]
    for shift_s in (-30.0, 30.0):
        # The twin is the same orbit one revolution count on, its epoch placed so that the switch is near TCA.
        tca = np.datetime64("2016-12-19T16:52:13.457", "us")
        gap = (tca - own.epoch_utc) + np.timedelta64(int(shift_s * 1e6), "us")
        later = own.epoch_utc + 2 * gap
        turn = own.mean_motion_rev_day * float((later - own.epoch_utc) / np.timedelta64(1, "D"))
        twin = replace(own, epoch_utc=later, mean_anomaly_deg=(own.mean_anomaly_deg + 360.0 * turn) % 360.0)
        table = passes(Elements((own, twin)), xinglong, "2016-12-19T16:00", "2016-12-19T18:00")
        assert len(table) == 1
        assert table.elements_age_days.iloc[0] > 0.0 if shift_s > 0.0 else table.elements_age_days.iloc[0] < 0.0
        assert not table.truncated.iloc[0]
        assert 400.0 < table.duration_s.iloc[0] < 430.0


def test_a_long_pass_is_not_cut_at_a_switch():
    """A geostationary satellite with two sets: one set serves the whole pass."""
    from dataclasses import replace

    own = reference_elements("meo_geo_2026-08-11.3le").of("intelsat-10-02").sets[0]
    twin = replace(own, epoch_utc=own.epoch_utc + np.timedelta64(86164, "s"))
    table = passes(Elements((own, twin)), Station("below", 0.0, 0.0), "2026-08-10", "2026-08-20")
    assert len(table) == 1
    assert table.duration_s.iloc[0] == 10 * 86400.0


def test_leap_second_of_2016(micius, stations):
    """Passes of 1 January 2017 from a set of 2016: in UTC, as Skyfield counts SGP4's time, and none lost."""
    own = Elements(tuple(item for item in micius if str(item.epoch_utc).startswith("2016-12-19")))
    places = list(stations.values())
    across = passes(own, places, "2016-12-31T12:00", "2017-01-01T12:00")
    parts = pd.concat(
        [
            passes(own, places, "2016-12-31T12:00", "2017-01-01"),
            passes(own, places, "2017-01-01", "2017-01-01T12:00"),
        ]
    )
    assert across.pass_id.tolist() == parts.pass_id.tolist()
    assert np.abs((across.tca_utc.to_numpy() - parts.tca_utc.to_numpy()) / pd.Timedelta("1s")).max() < 2e-3


def test_a_pass_across_the_leap_second_is_one_pass(december):
    """Stations under the satellite at the leap second: one whole pass, one second longer than its stamps say."""
    places = [Station(f"s{k}", float(k % 9 * 20 - 80), float(k // 9 * 40 - 180)) for k in range(81)]
    table = passes(december, places, "2016-12-31T23:00", "2017-01-01T01:00", min_elevation_deg=0.0)
    midnight = stamp("2017-01-01")
    across = table[(table.aos_utc < midnight) & (table.los_utc > midnight)]
    assert len(across) > 1
    assert not across.truncated.any()
    stamps = (across.los_utc - across.aos_utc).dt.total_seconds()
    assert np.abs(across.duration_s - stamps - 1.0).max() < 1e-6
    samples = sample_passes(across, december, places)
    assert np.abs(np.bincount(samples.pass_index, samples.weight_s) - across.duration_s).max() < 1e-6
    for i in range(len(across)):
        part = samples.of(i)
        steps = np.diff(samples.range_m[part])
        # Smooth: no jump of an orbit's 7 km in the second itself.
        assert np.abs(np.diff(steps))[1:-2].max() < 200.0


# Ages and warnings ------------------------------------------------------------------------------------------------


def test_old_elements_warn_and_stay(december, xinglong):
    with pytest.warns(StaleElementsWarning, match=r"farther than 7 days .* the farthest by \d+\.\d days"):
        table = find_passes(december, xinglong, "2016-12-25", "2016-12-30")
    assert table.usable.all()
    assert table.elements_age_days.max() > 7.0


def test_the_age_is_signed(december, xinglong):
    table = passes(december, xinglong, "2016-12-17", "2016-12-19")
    assert (table.elements_age_days < 0.0).all()


def test_designed_orbits_do_not_age(xinglong):
    design = walker(altitude_m=5e5, inclination_deg=97.4, satellites=1, planes=1, phasing=0, epoch="2026-01-01")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(find_passes(design, xinglong, "2026-03-01", "2026-03-05"))


# Options ----------------------------------------------------------------------------------------------------------


def test_refraction_makes_passes_longer(december, xinglong):
    plain = passes(december, xinglong, "2016-12-19", "2016-12-21", min_elevation_deg=5.0)
    bent = passes(december, xinglong, "2016-12-19", "2016-12-21", min_elevation_deg=5.0, refraction=Refraction())
    assert len(bent) == len(plain)
    # 0.16 deg at 5 deg, at 0.04 to 0.1 deg/s on either side.
    gain = bent.duration_s.to_numpy() - plain.duration_s.to_numpy()
    assert ((gain > 3.0) & (gain < 20.0)).all()
    assert np.abs(bent.max_elevation_deg.to_numpy() - plain.max_elevation_deg.to_numpy()).max() < 1e-6


def test_a_mask_for_each_station(december, stations):
    masks = {"xinglong": 10.0, "nanshan": 40.0, "delingha": 20.0}
    table = passes(december, list(stations.values()), "2016-12-19", "2016-12-26", min_elevation_deg=masks)
    for name, mask in masks.items():
        alone = passes(december, stations[name], "2016-12-19", "2016-12-26", min_elevation_deg=mask)
        assert table[table.station == name].pass_id.tolist() == alone.pass_id.tolist()


def test_few_and_many_stations_agree(december, stations):
    """Few stations run SGP4 between nodes, many interpolate: a millisecond and a ten-thousandth of a degree."""
    places = [Station(f"s{k}", float(5 * k - 55), float(25 * k % 360)) for k in range(22)]
    many = passes(december, places, "2016-12-19", "2016-12-22")
    few = pd.concat([passes(december, places[:5], "2016-12-19", "2016-12-22")])
    both = many.merge(few, on="pass_id", suffixes=("", "_few"))
    assert len(both) == len(few) == many.station.isin({place.name for place in places[:5]}).sum()
    for column in ("aos_utc", "tca_utc", "los_utc"):
        assert (both[column] - both[f"{column}_few"]).abs().max() < pd.Timedelta("1ms")
    assert np.abs(both.max_elevation_deg - both.max_elevation_deg_few).max() < 1e-5
    assert np.abs(both.min_range_m - both.min_range_m_few).max() < 0.5


# What is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"end": "2016-12-18"}, ["ends", "before it begins"]),
        ({"start": "yesterday"}, ["start", "yesterday"]),
        ({"start": "1016-12-19"}, ["1957"]),
        ({"min_elevation_deg": 90.0}, ["min_elevation_deg", "90"]),
        ({"min_elevation_deg": float("nan")}, ["min_elevation_deg", "nan"]),
        ({"min_elevation_deg": {"xinlong": 10.0}}, ["min_elevation_deg", "xinglong", "Did you mean 'xinlong'"]),
        ({"stations": []}, ["No station"]),
        ({"elements": Elements(())}, ["no elements"]),
    ],
)
def test_nonsense_is_refused(december, xinglong, change, words):
    given_ = {"elements": december, "stations": xinglong, "start": "2016-12-19", "end": "2016-12-20", **change}
    with pytest.raises(InputError) as caught:
        find_passes(**given_)
    assert all(word in str(caught.value) for word in words)


def test_ids_are_single_words(december):
    """Ids stand in lists separated by spaces and on command lines; sane names keep theirs to the letter."""
    stations = [
        Station("my roof, north", 40.4, 117.6),
        Station("my roof; north", 40.4, 117.6),
        Station("ok-1.b", 40.0, 117.0),
    ]
    table = passes(december, stations, "2016-12-19", "2016-12-20")
    assert table.pass_id.is_unique
    assert not table.pass_id.str.contains(r"[\s,;'\"]", regex=True).any()
    assert table.pass_id.str.startswith("micius-my_roof_north-").any()
    assert table.pass_id.str.startswith("micius-ok-1.b-2016").any()


def test_a_designed_orbit_does_not_age():
    design = walker(altitude_m=6e5, inclination_deg=97.8, satellites=1, planes=1, epoch="2026-01-01")
    table = passes(design, Station("roof", 48.0, 16.0), "2026-12-28", "2026-12-31")
    assert len(table)
    assert table.elements_age_days.isna().all()
