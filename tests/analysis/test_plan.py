"""A plan: which stretches may send, why not the others, and what a narrower one leaves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import satqkd as sq
from satqkd.errors import InputError

SCENARIO = sq.load_scenario("micius-beijing-vienna").with_({"days": 6.0})


@pytest.fixture(scope="module")
def campaign():
    return sq.analyze(SCENARIO)


def test_limits_make_the_first(campaign):
    plan = campaign.plan
    assert len(plan) == len(campaign.passes)
    assert set(plan.table["pass_id"]) == set(campaign.passes.loc[campaign.passes["usable"], "pass_id"])
    assert len(repr(plan)) < 120
    seen = campaign.samples(campaign.best_pass)
    row = plan.table[plan.table["pass_id"] == campaign.best_pass].iloc[0]
    counted = seen[seen["counted"]]
    assert counted["range_m"].max() <= SCENARIO.passes.max_range_m
    assert abs((counted["time_utc"].iloc[0] - row["start_utc"]).total_seconds()) <= 1.0
    assert row["duration_s"] == pytest.approx((row["end_utc"] - row["start_utc"]).total_seconds(), abs=2e-6)


def test_gaps_say_what_took_them(campaign):
    gaps = campaign.plan.gaps
    assert set(gaps["reason"]) <= {"range above 1200 km", "Sun above -12 deg"}
    own = gaps[gaps["pass_id"] == campaign.best_pass]
    row = campaign.passes[campaign.passes["pass_id"] == campaign.best_pass].iloc[0]
    sends = campaign.plan.table[campaign.plan.table["pass_id"] == campaign.best_pass]["duration_s"].sum()
    assert own["duration_s"].sum() + sends == pytest.approx(row["duration_s"], abs=1e-3)
    dusk = sq.analyze(SCENARIO.with_({"passes.max_sun_elevation_deg": -20.0})).plan.gaps
    assert (dusk["reason"] == "Sun above -20 deg").any()


def test_a_narrower_plan(campaign):
    first, second = campaign.plan.table["pass_id"].iloc[:2]
    table = campaign.plan.table[campaign.plan.table["pass_id"].isin([first])].copy()
    middle = table["start_utc"] + (table["end_utc"] - table["start_utc"]) / 2
    early, late = table.assign(end_utc=middle), table.assign(start_utc=middle)
    kept = {}
    everything = SCENARIO.with_({"key.window": "all"})
    for name, part in (("both", pd.concat([late, early])), ("early", early), ("late", late)):
        plan = sq.Plan.from_table(part, campaign.passes, reason="cloudy")
        kept[name] = sq.analyze(everything, plan=plan)
    row = kept["both"].row(first)
    whole = sq.analyze(everything).counts.sifted[row]
    assert kept["both"].counts.sifted[row] == pytest.approx(whole, rel=1e-6)
    halves = kept["early"].counts.sifted[row] + kept["late"].counts.sifted[row]
    assert halves == pytest.approx(whole, rel=1e-6)
    assert (kept["early"].counts.sifted[row] < 0.9 * whole).all()
    lost = kept["both"].passes.iloc[kept["both"].row(second)]
    assert not lost["usable"]
    assert lost["reject_reason"] == "cloudy"
    assert lost["secret_bits"] == 0
    (cause,) = kept["both"].prediction.rejections[kept["both"].row(second)]
    assert (cause.kind, cause.reason) == ("plan", "cloudy")
    assert "cloudy" in set(kept["early"].plan.gaps["reason"])
    # What was rejected before keeps its reason.
    before = campaign.passes["reject_reason"]
    assert (kept["both"].passes.loc[before != "", "reject_reason"] == before[before != ""]).all()


def test_both_allow(campaign):
    plan = campaign.plan
    same = plan & plan
    pd.testing.assert_frame_equal(same.table, plan.table)
    table = plan.table
    halves = [
        sq.Plan.from_table(table.iloc[part], campaign.passes, reason=f"half {number}")
        for number, part in enumerate((slice(0, 12), slice(8, None)))
    ]
    both = halves[0] & halves[1]
    assert set(both.table["pass_id"]) == set(table["pass_id"].iloc[8:12])
    assert (both & plan).spans.duration_s() == pytest.approx((plan & both).spans.duration_s(), abs=1e-6)
    other = sq.Plan.from_table(table.iloc[:0], campaign.passes.iloc[:3])
    assert not len((plan & other).table)
    with pytest.raises(TypeError):
        plan & 3


def test_seconds_make_the_same_plan_but_for_their_length(campaign):
    seconds = sq.analyze(SCENARIO.with_({"passes.sampling": "seconds"})).plan
    assert (seconds.pass_id == campaign.plan.pass_id).all()
    difference = seconds.spans.duration_s() - campaign.plan.spans.duration_s()
    assert np.abs(difference).max() <= 1.0
    assert set(seconds.gaps["reason"]) == set(campaign.plan.gaps["reason"])


def test_what_is_no_plan_is_refused(campaign):
    table, passes = campaign.plan.table, campaign.passes
    for given, words in (
        (table.drop(columns="end_utc"), "no column 'end_utc'"),
        (table.assign(pass_id="nobody"), "which there is not"),
        (table.assign(end_utc=table["start_utc"]), "ends before it begins"),
    ):
        with pytest.raises(InputError, match=words):
            sq.Plan.from_table(given, passes)
    with pytest.raises(InputError, match="says nothing"):
        sq.Plan.from_table(table, passes, reason=" ")
    with pytest.raises(InputError, match="no Plan"):
        sq.analyze(SCENARIO, plan=table)
    words = table.assign(start_utc=table["start_utc"].astype(str), end_utc=table["end_utc"].astype(str))
    again = sq.Plan.from_table(words, passes)
    assert again.spans.duration_s() == pytest.approx(campaign.plan.spans.duration_s(), abs=1e-4)
