"""Blocks: which passes share one, which seconds send, with which parameters, and how the key scatters."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import satqkd as sq
from satqkd.errors import InputError

SCENARIO = sq.load_scenario("micius-beijing-vienna").with_({"days": 5})
PAIRS = {
    "protocol": {
        "name": "bbm92",
        "pair_rate_hz": 5e7,
        "coincidence_window_s": 1e-9,
        "key_basis_probability": 0.5,
        "local_transmittance": 0.3,
        "local_noise_cps": 1e3,
        "misalignment_error": 0.02,
    }
}
ONE_DECOY = {
    "protocol": {
        "name": "one-decoy-bb84",
        "clock_rate_hz": 1e8,
        "intensities": [0.5, 0.15],
        "probabilities": [0.7, 0.3],
        "key_basis_probability": 0.9,
        "misalignment_error": 0.01,
    }
}


def key_of(**changes):
    return sq.analyze(SCENARIO.with_({name.replace("__", "."): value for name, value in changes.items()}))


@pytest.fixture(scope="module")
def alone():
    return key_of(key__pool="pass", key__window="all")


@pytest.mark.parametrize("pool", ["day", "campaign", 2])
def test_pooled_passes_share_a_block_of_one_satellite_and_station(alone, pool):
    pooled = key_of(key__pool=pool, key__window="all")
    passes = pooled.passes[pooled.passes["usable"]]
    assert (passes.groupby("block")["station"].nunique() == 1).all()  # noqa: PD101
    assert (pooled.passes["sifted_bits"] == alone.passes["sifted_bits"]).all()
    assert pooled.passes["secret_bits"].sum() >= alone.passes["secret_bits"].sum()
    # The key of a block stands with its last pass.
    for _, block in passes.groupby("block"):
        assert (block.sort_values("tca_utc")["secret_bits"].iloc[:-1] == 0).all()
    sizes = passes.groupby("block").size()
    if pool == "campaign":
        assert len(sizes) == 2
    if pool == 2:
        assert sizes.max() == 2
        assert (sizes < 2).sum() <= 2


def test_a_day_is_a_night_and_is_not_cut_at_midnight():
    passes = key_of(key__pool="day").passes
    passes = passes[passes["usable"] & (passes["station"] == "xinglong")]
    # 15:40 and 17:13 UTC of 23 May are 23:40 and 01:13 at Xinglong: one night, two dates there.
    night = passes[passes["tca_utc"].dt.strftime("%Y-%m-%d") == "2017-05-23"]
    assert len(night) == 2
    assert len(set(night["block"])) == 1


def test_a_pooled_block_equals_the_key_of_its_summed_counts(alone):
    pooled = key_of(key__pool="campaign", key__window="all")
    here = (alone.passes["station"] == "graz") & alone.passes["usable"]
    rows = np.flatnonzero(here.to_numpy())
    total = SCENARIO.protocol.secret_key(
        counts=alone.counts.sifted[rows].sum(axis=0), errors=alone.counts.errors[rows].sum(axis=0)
    )
    assert pooled.passes.loc[pooled.passes["station"] == "graz", "secret_bits"].sum() == total.secret_bits


def test_the_best_seconds_never_give_less_than_all(alone):
    best = key_of(key__window="best")
    assert (best.passes["secret_bits"] >= alone.passes["secret_bits"]).all()
    assert (best.passes["key_seconds_s"] <= alone.passes["key_seconds_s"] + 1e-9).all()
    assert not (best.counts.sending & ~best.prediction.counted).any()


def test_optimised_parameters_are_sound_and_better_than_those_flown(alone):
    best = key_of(key__optimize=True)
    flown = alone.passes["secret_bits"]
    assert (best.passes["secret_bits"] >= flown).all()
    assert best.passes["secret_bits"].sum() > 1.5 * flown.sum()
    table = best.parameters()
    assert len(table) == len(best.counts.protocols)
    for values in table["probabilities"]:
        assert sum(values) == pytest.approx(1.0, abs=1e-12)
    for signal, decoy, weakest in table["intensities"]:
        assert signal > decoy + weakest
    # What is reported is what the finite key of these counts is, with these parameters.
    row = int(best.passes["secret_bits"].to_numpy().argmax())
    block = int(best.passes["block"].iloc[row])
    again = best.counts.protocols[block].secret_key(counts=best.counts.sifted[row], errors=best.counts.errors[row])
    assert again.secret_bits == best.passes["secret_bits"].iloc[row]


def test_drawn_counts_scatter_about_the_expected_key(alone):
    drawn = sq.analyze(SCENARIO.with_({"key.window": "all"}), seed=7)
    again = sq.analyze(SCENARIO.with_({"key.window": "all"}), seed=7)
    other = sq.analyze(SCENARIO.with_({"key.window": "all"}), seed=8)
    pd.testing.assert_frame_equal(drawn.passes, again.passes)
    assert (drawn.passes["secret_bits"] == alone.passes["secret_bits"]).all()
    assert not drawn.passes["secret_bits_p50"].equals(other.passes["secret_bits_p50"])
    usable = drawn.passes[drawn.passes["usable"]]
    assert (usable["secret_bits_p10"] <= usable["secret_bits_p50"]).all()
    assert (usable["secret_bits_p50"] <= usable["secret_bits_p90"]).all()
    large = usable[usable["secret_bits"] > 100_000]
    assert (large["secret_bits"] > large["secret_bits_p10"] * 0.99).all()
    assert (large["secret_bits"] < large["secret_bits_p90"] * 1.01).all()
    assert (large["zero_key_probability"] == 0.0).all()
    assert drawn.provenance["seed"] == 7
    assert alone.provenance["seed"] is None


@pytest.mark.parametrize("protocol", [PAIRS, ONE_DECOY, {"protocol": {**PAIRS["protocol"], "name": "e91"}}])
def test_other_protocols_run_through_the_whole_chain(protocol):
    campaign = sq.analyze(SCENARIO.with_(protocol))
    usable = campaign.passes[campaign.passes["usable"]]
    assert usable["secret_bits"].max() > 1000
    assert (usable["secret_bits"] <= usable["asymptotic_bits"]).all()
    assert (usable["secret_bits"] <= usable["detections"]).all()
    assert usable.notna().all().all()
    assert campaign.samples(campaign.best_pass).notna().all().all()
    relay = sq.relay(campaign)
    assert relay.summary()["delivered_bits"] <= usable["secret_bits"].sum() / 2
    whole = sq.analyze(SCENARIO.with_({**protocol, "key.window": "all"}))
    assert (campaign.passes["secret_bits"] >= whole.passes["secret_bits"]).all()


def test_e91_reports_its_chsh_value():
    usable = sq.analyze(SCENARIO.with_({"protocol": {**PAIRS["protocol"], "name": "e91"}})).passes.query("usable")
    assert usable["chsh_value"].between(2.0, 2 * np.sqrt(2)).any()
    assert (usable["chsh_value"] <= 2 * np.sqrt(2)).all()


def test_what_no_block_can_do_is_refused():
    with pytest.raises(InputError, match="not offered"):
        sq.analyze(SCENARIO.with_({**PAIRS, "key.optimize": True}))
    with pytest.raises(InputError, match="needs two at once"):
        sq.analyze(SCENARIO.with_({"protocol": {**PAIRS["protocol"], "geometry": "double-downlink"}}))
    with pytest.raises(InputError, match=r"key\.pool"):
        SCENARIO.with_({"key.pool": "week"})
    with pytest.raises(InputError, match=r"key\.pool"):
        SCENARIO.with_({"key.pool": 0})


def test_authentication_is_paid_by_every_block(alone):
    totals = alone.summary()
    each = SCENARIO.key.authentication.block_bits
    assert totals["net_secret_bits"] == totals["secret_bits"] - each * totals["blocks"]
    assert totals["blocks"] == alone.passes["usable"].sum()
    assert alone.block_epsilon == pytest.approx(1e-9 + 1e-15 + SCENARIO.key.authentication.block_epsilon)


def test_waiting_buys_key():
    table = sq.compare_pools(SCENARIO)
    assert list(table["pool"]) == ["pass", "2", "5", "day", "campaign"]
    alone, together = table.iloc[0], table.iloc[-1]
    assert alone["mean_wait_s"] == alone["longest_wait_s"] == 0.0
    assert together["secret_bits"] > alone["secret_bits"]
    assert 0.0 < together["mean_wait_s"] < together["longest_wait_s"] < 5 * 86400.0
    night = table[table["pool"] == "day"].iloc[0]
    assert night["longest_wait_s"] < 86400.0 / 2
    assert alone["secret_bits"] == sq.analyze(SCENARIO).passes["secret_bits"].sum()
