"""The chain from scenario to key: limits, counts, windows, and what must hold whatever the scenario."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import satqkd as sq
from satqkd.analysis import expected_counts, predict
from satqkd.columns import CAUSES
from satqkd.errors import InputError, SatqkdWarning
from tests.support.seconds import counted_seconds
from tests.support.sight import budget_at

PASS_COLUMNS = [
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
    "sun_elevation_deg",
    "moon_elevation_deg",
    "moon_illumination",
    "moon_separation_deg",
    "satellite_sunlit",
    "elements_age_days",
    "truncated",
    "usable",
    "reject_reason",
]
KEY_COLUMNS = [
    "min_link_loss_db",
    "detections",
    "sifted_bits",
    "qber",
    "asymptotic_bits",
    "secret_bits",
    "key_start_utc",
    "key_end_utc",
    "key_seconds_s",
    "block",
    "overlaps_with",
]
SAMPLE_COLUMNS = [
    "time_utc",
    "t_s",
    "elevation_deg",
    "azimuth_deg",
    "range_m",
    "range_rate_m_s",
    "point_ahead_rad",
    "geometric_db",
    "pointing_db",
    "atmosphere_db",
    "turbulence_db",
    "receiver_optics_db",
    "detector_db",
    "link_loss_db",
    "total_loss_db",
    "background_cps",
    "noise_probability",
    "qber",
    "sifted_bps",
    "asymptotic_bps",
]

NIGHT = sq.load_scenario("micius-xinglong-2016-12-19")


@pytest.fixture(scope="module")
def campaign():
    return sq.analyze("micius-beijing-vienna", days=4)


@pytest.fixture(scope="module")
def one_pass():
    return sq.analyze(NIGHT)


def test_columns_are_those_of_the_contract(campaign):
    assert list(sq.find_passes(NIGHT)) == PASS_COLUMNS
    assert list(campaign.passes) == PASS_COLUMNS + KEY_COLUMNS
    assert list(campaign.samples(0)) == [
        *SAMPLE_COLUMNS,
        "doppler_ratio",
        "light_time_s",
        "counted",
        "sending",
        *CAUSES,
    ]


def test_a_window_may_be_written_in_many_ways():
    from astropy.time import Time

    ways = [
        {"start": "2016-12-19", "days": 1},
        {"start": pd.Timestamp("2016-12-19T00:00", tz="UTC"), "end": np.datetime64("2016-12-20T00:00")},
        {"start": Time("2016-12-19T00:00:00", scale="utc"), "end": "2016-12-20", "days": 99},
        {},
    ]
    tables = [sq.find_passes(NIGHT, **way) for way in ways]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0])


@pytest.mark.parametrize("window", [{"days": -1}, {"days": float("nan")}, {"end": "2016-12-18"}, {"start": "noon"}])
def test_an_impossible_window_is_refused(window):
    with pytest.raises(InputError):
        sq.find_passes(NIGHT, **window)


def test_only_seconds_within_every_limit_count(campaign):
    limits = campaign.scenario.passes
    seen, counted = counted_seconds(campaign.prediction)
    assert counted.any()
    assert seen.samples.range_m[counted].max() <= limits.max_range_m
    assert seen.sky.sun_elevation_deg[counted].max() <= limits.max_sun_elevation_deg
    assert ((campaign.plan.spans.duration_s() > 0.0) == campaign.passes["usable"]).all()


def test_rejected_passes_stay_with_their_reason_and_give_nothing(campaign):
    rejected = campaign.passes[~campaign.passes["usable"]]
    assert len(rejected)
    assert (rejected["reject_reason"] != "").all()
    assert (rejected["secret_bits"] == 0).all()
    assert rejected["min_link_loss_db"].isna().all()
    assert rejected["key_start_utc"].isna().all()
    assert sum(campaign.rejected().values()) == len(rejected)


def test_elements_beyond_the_limit_leave_the_pass_unusable():
    with pytest.warns(SatqkdWarning):
        table = sq.find_passes(NIGHT.with_({"elements.max_age_days": 0.05, "elements.warn_age_days": 0.01}))
    old = table["elements_age_days"].abs() > 0.05
    assert old.any()
    assert not table.loc[old, "usable"].any()
    assert table.loc[old, "reject_reason"].str.contains("limit 0.05 d").all()


def test_key_never_exceeds_what_was_sifted_in_the_key_bases(campaign):
    passes = campaign.passes
    # Both bases give key: all matched-basis detections are key-basis counts, signal or decoy.
    assert (passes["secret_bits"] <= passes["detections"]).all()
    assert (passes["secret_bits"] <= passes["asymptotic_bits"]).all()
    assert (passes["sifted_bits"] <= passes["detections"]).all()
    assert passes.loc[passes["usable"], "qber"].between(0.0, 0.5).all()


def test_samples_add_up_to_the_pass(one_pass):
    table = one_pass.samples(one_pass.best_pass)
    row = one_pass.passes.iloc[one_pass.row(one_pass.best_pass)]
    weight = one_pass.track(one_pass.best_pass).weight_s
    # Samples are a coarser sum than the nodes that the pass was counted at.
    assert (table["sifted_bps"] * table["counted"] * weight).sum() == pytest.approx(row["sifted_bits"], rel=2e-3)
    assert weight.sum() == pytest.approx(row["duration_s"], abs=1e-6)
    assert table.loc[table["counted"], "link_loss_db"].min() == pytest.approx(row["min_link_loss_db"], abs=1e-3)
    total = table[["geometric_db", "pointing_db", "atmosphere_db", "turbulence_db", "receiver_optics_db"]].sum(axis=1)
    assert np.allclose(total, table["link_loss_db"])
    assert np.allclose(table["link_loss_db"] + table["detector_db"], table["total_loss_db"])
    counted = table[table["counted"]]
    span = (row["key_end_utc"] - row["key_start_utc"]).total_seconds()
    assert span == pytest.approx(len(counted), abs=1.1)


def test_no_number_is_missing_where_it_should_stand(campaign):
    usable = campaign.passes[campaign.passes["usable"]]
    assert usable.notna().all().all()
    for pass_id in usable["pass_id"].head(3):
        table = campaign.samples(pass_id)
        assert table.notna().all().all()
        losses = table.filter(like="_db")
        assert (losses >= 0.0).all().all()


def test_errors_by_cause_add_up(one_pass):
    table = one_pass.samples(one_pass.best_pass)
    assert table[list(CAUSES)].sum(axis=1).to_numpy() == pytest.approx(table["qber"].to_numpy(), rel=1e-6)


@pytest.mark.parametrize(
    ("polarization", "cause"),
    [
        ({"source_error": 0.01}, "qber_source"),
        ({"residual_rms_rad": 0.1}, "qber_rotation"),
        ({"model": "uncompensated", "focus": "coude"}, "qber_rotation"),
    ],
)
def test_bases_that_turn_cost_key_and_are_named(one_pass, polarization, cause):
    worse = sq.analyze(NIGHT.with_({"link.polarization": polarization}))
    table = worse.samples(worse.best_pass)
    assert table[cause].max() > 0.005
    assert table[list(CAUSES)].sum(axis=1).to_numpy() == pytest.approx(table["qber"].to_numpy(), rel=1e-6)
    assert worse.passes["secret_bits"].max() < one_pass.passes["secret_bits"].max()
    assert worse.passes["qber"].max() > one_pass.passes["qber"].max()


def test_after_pulses_are_noise_in_proportion_to_the_light(one_pass):
    worse = sq.analyze(NIGHT.with_({"link.detector.afterpulse_probability": 0.05}))
    table = worse.samples(worse.best_pass)
    assert table["qber_stray"].max() > 0.0
    assert worse.passes["detections"].max() >= one_pass.passes["detections"].max()


def test_the_doppler_shift_is_none_at_tca_and_turns_its_sign(one_pass):
    table = one_pass.samples(one_pass.best_pass)
    assert table["doppler_ratio"].iloc[0] > 2e-5 * 0.7
    assert table["doppler_ratio"].iloc[-1] < -2e-5 * 0.7
    assert abs(table.loc[table["t_s"].abs().idxmin(), "doppler_ratio"]) < 1e-6
    assert table["light_time_s"].min() == pytest.approx(645.26e3 / 299792458.0, rel=1e-4)


def test_a_finer_step_gives_the_same_key(one_pass):
    finer = sq.analyze(NIGHT.with_({"passes.step_s": 0.2}))
    coarse, fine = (int(result.passes["sifted_bits"].sum()) for result in (one_pass, finer))
    assert fine == pytest.approx(coarse, rel=2e-3)  # half a second at either end of the counted range


def test_a_pass_is_named_by_id_or_row(one_pass):
    pass_id = one_pass.passes["pass_id"].iloc[1]
    assert one_pass.row(pass_id) == one_pass.row("1") == one_pass.row(1) == 1
    with pytest.raises(InputError, match="rows run from 0"):
        one_pass.row(99)
    with pytest.raises(InputError, match=r"(?s)no pass 'micius-xinglong-20161219T000000Z'"):
        one_pass.row("micius-xinglong-20161219T000000Z")


def test_a_result_remembers_what_made_it(one_pass):
    made = one_pass.provenance
    assert made["scenario"] == NIGHT.name
    assert made["scenario_sha256"] == NIGHT.fingerprint
    assert made["start_utc"] == "2016-12-19T00:00:00.000Z"
    assert set(made["versions"]) >= {"numpy", "skyfield", "sgp4"}
    assert any(epoch.startswith("2016-12-19T13:39:33") for epoch in made["element_epochs_utc"]["micius"])
    assert made["assumed"]["protocol.misalignment_error"]["value"] == 0.010


KEYS_DO_NOT_GROW = {
    "more noise": ("link.detector.dark_count_hz", 25.0, 5e4),
    "more misalignment": ("protocol.misalignment_error", 0.01, 0.06),
    "less efficiency": ("link.detector.efficiency", 0.5, 0.25),
    "less aperture": ("stations.xinglong.aperture_m", 1.0, 0.7),
    "more extinction": ("link.atmosphere.zenith_extinction_db", 2.7, 4.0),
    "smaller epsilon": ("protocol.epsilon_secrecy", 1e-9, 1e-15),
    "less range": ("passes.max_range_m", 1.2e6, 0.9e6),
}


@pytest.mark.parametrize("case", KEYS_DO_NOT_GROW)
def test_what_is_worse_never_gives_more_key(one_pass, case):
    key, value, worse = KEYS_DO_NOT_GROW[case]
    better = int(sq.analyze(NIGHT.with_({key: value})).passes["secret_bits"].max())
    assert better == int(one_pass.passes["secret_bits"].max())
    assert int(sq.analyze(NIGHT.with_({key: worse})).passes["secret_bits"].max()) < better


def test_noise_alone_gives_half_errors_and_no_key():
    with pytest.warns(SatqkdWarning, match="what nobody has"):
        blind = NIGHT.with_({"link.atmosphere.zenith_extinction_db": 500.0})
    passes = sq.analyze(blind).passes
    usable = passes[passes["usable"]]
    assert usable["qber"].to_numpy() == pytest.approx(0.5, abs=1e-9)
    assert (passes["secret_bits"] == 0).all()


def counts_of(scenario, budget):
    return expected_counts(
        scenario.protocol,
        transmittance=budget.transmittance,
        background_cps=budget.background_cps,
        detector=scenario.link.detector,
    )


@given(
    near=st.floats(2e5, 4e7),
    further=st.floats(1.0, 10.0),
    elevation=st.floats(1.0, 90.0),
    dark=st.just(0.0) | st.floats(1e-3, 1e5),
)
@settings(max_examples=60, deadline=None)
def test_more_range_never_gives_more_counts_or_fewer_errors(near, further, elevation, dark):
    scenario = NIGHT.with_({"link.detector.dark_count_hz": dark})
    (site,) = scenario.sites
    counts = [
        counts_of(scenario, budget_at(site.link, elevation_deg=[elevation], range_m=[distance]))
        for distance in (near, near * further)
    ]
    assert counts[1].signal_cps <= counts[0].signal_cps
    assert counts[1].qber >= counts[0].qber - 1e-12
    assert ((counts[0].qber >= 0.0) & (counts[0].qber <= 0.5)).all()


def test_a_biased_passive_receiver_pays_for_the_darkness_of_its_rare_basis():
    """Both detectors of a basis are always on: chosen one time in ten, their darkness weighs like 20, not 4."""
    scenario = NIGHT.with_({"protocol.key_basis_probability": 0.9, "protocol.key_bases": "one"})
    (site,) = scenario.sites
    budget = budget_at(site.link, elevation_deg=[45.0], range_m=[7e5])
    counts = counts_of(scenario, budget)
    vacuum = counts.sifted_cps[0, :, 2] / (1e8 * np.array([0.9, 0.1]) ** 2 * 0.25)
    sky = float(budget.background_cps[0])
    dark = site.link.detector.dark_count_hz
    assert vacuum / 2e-9 == pytest.approx([sky + dark * 2 / 0.9, sky + dark * 2 / 0.1], rel=1e-6)


def test_dead_time_thins_the_counts():
    slow = sq.analyze(NIGHT.with_({"link.detector.dead_time_s": 1e-4})).passes["detections"].max()
    fast = sq.analyze(NIGHT).passes["detections"].max()
    assert 0.5 < slow / fast < 0.95


def test_dead_time_counts_every_click_in_or_out_of_a_gate():
    """Independent: 1/(1 + R tau) of all clicks of one detector, noise outside gates included."""
    scenario = NIGHT.with_({"link.detector.dead_time_s": 5e-8, "link.detector.gate_s": 1e-9})
    eta, background = np.array([1e-3]), np.array([1e7])
    counts = expected_counts(
        scenario.protocol, transmittance=eta, background_cps=background, detector=scenario.link.detector
    )
    light = 1e8 * 1e-3 * (0.5 * 0.8 + 0.25 * 0.1)
    alive = 1.0 / (1.0 + (light + 1e7 + 100.0) / 4 * 5e-8)
    free = expected_counts(
        scenario.protocol,
        transmittance=eta,
        background_cps=background,
        detector=NIGHT.with_({"link.detector.gate_s": 1e-9}).link.detector,
    )
    assert counts.signal_cps[0] / free.signal_cps[0] == pytest.approx(alive, rel=1e-3)


def test_detectors_that_differ_get_no_key():
    with pytest.warns(SatqkdWarning, match="no proof here covers"):
        passes = sq.analyze(NIGHT.with_({"link.detector.efficiency_mismatch": 0.1}), seed=1).passes
    assert "secret_bits_p50" not in passes
    assert (passes["secret_bits"] == 0).all()
    assert passes["sifted_bits"].max() > 1e6


def test_the_key_does_not_begin_before_or_end_after_the_pass():
    passes = sq.analyze("micius-nanshan-2017", start="2017-03-05", days=7).passes
    whole = sq.analyze(NIGHT.with_({"passes.max_range_m": None, "passes.max_sun_elevation_deg": 90.0})).passes
    for table in (passes, whole):
        sends = table[table["usable"]]
        assert (sends["key_start_utc"] >= sends["aos_utc"]).all()
        assert (sends["key_end_utc"] <= sends["los_utc"]).all()


def test_one_satellite_over_two_stations_at_once_is_warned_of():
    both = sq.load_scenario("spoqc-europe")
    with pytest.warns(SatqkdWarning, match="serves one station at a time"):
        campaign = sq.analyze(both)
    passes = campaign.passes
    overlap = passes[passes["overlaps_with"] != ""]
    assert len(overlap) == campaign.summary()["overlapping_passes"] > 0
    for _, row in overlap.iterrows():
        other = passes[passes["pass_id"] == row["overlaps_with"].split()[0]].iloc[0]
        assert row["satellite"] == other["satellite"]
        assert row["station"] != other["station"]
        assert row["key_start_utc"] < other["key_end_utc"]
        assert other["key_start_utc"] < row["key_end_utc"]
        assert row["pass_id"] in other["overlaps_with"].split()


def test_a_campaign_of_two_nights_is_the_two_nights():
    scenario = sq.load_scenario("micius-nanshan-2017")
    both = sq.analyze(scenario, start="2017-03-06T12:00", days=2).passes
    parts = [sq.analyze(scenario, start=start, days=1).passes for start in ("2017-03-06T12:00", "2017-03-07T12:00")]
    joined = pd.concat(parts, ignore_index=True)
    assert list(joined["pass_id"]) == list(both["pass_id"])
    assert (joined["secret_bits"] == both["secret_bits"]).all()


def test_budget_adds_up_and_takes_the_range_from_the_orbit():
    table = sq.budget(NIGHT, elevation_deg=[90.0, 30.0])
    assert table["range_m"].iloc[0] == pytest.approx(494e3, abs=8e3)  # Micius' mean height less the station's
    assert np.allclose(table["channel_loss_db"] + table["receiver_optics_db"], table["link_loss_db"])
    assert table["total_loss_db"].is_monotonic_increasing
    fixed = sq.budget(NIGHT, elevation_deg=30.0, range_m=1.0e6)
    assert fixed["range_m"].iloc[0] == 1.0e6
    with pytest.raises(InputError, match="elevation_deg"):
        sq.budget(NIGHT, elevation_deg=-3.0)
    with pytest.raises(InputError, match="'graz' is not in scenario"):
        sq.budget(NIGHT, elevation_deg=30.0, station="graz")


def test_the_public_edge_takes_quantities_and_whole_numbers_of_any_make(one_pass):
    import datetime as dt

    from astropy import units as u

    plain = sq.find_passes(NIGHT, start="2016-12-19", days=1)
    for days in (1 * u.day, 24 * u.hour, dt.timedelta(days=1), pd.Timedelta("24h"), np.int64(1)):
        pd.testing.assert_frame_equal(sq.find_passes(NIGHT, start="2016-12-19", days=days), plain)
    assert sq.budget(NIGHT, elevation_deg=30 * u.deg, range_m=900 * u.km)["range_m"].iloc[0] == 9e5
    assert NIGHT.with_({"days": 2 * u.day}).days == 2.0
    row = one_pass.passes["secret_bits"].to_numpy().argmax()
    assert one_pass.row(row) == int(row)
    assert isinstance(hash(NIGHT), int)


@pytest.mark.parametrize("wrong", [None, 1.0, [1]])
def test_what_is_no_pass_or_scenario_is_refused(one_pass, wrong):
    with pytest.raises(InputError):
        one_pass.row(wrong)
    with pytest.raises(InputError):
        sq.load_scenario(wrong)
    with pytest.raises(InputError):
        NIGHT.with_(wrong if wrong is not None else {1: 2})  # type: ignore[dict-item]


def test_an_empty_window_gives_an_empty_table():
    campaign = sq.analyze(NIGHT, start="2016-12-19T12:00", days=0.01)
    assert campaign.passes.empty
    assert list(campaign.passes) == PASS_COLUMNS + KEY_COLUMNS
    assert campaign.best_pass is None
    assert campaign.summary()["secret_bits"] == 0


def test_predict_agrees_with_find_passes():
    pd.testing.assert_frame_equal(predict(NIGHT).passes, sq.find_passes(NIGHT))
