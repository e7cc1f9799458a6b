"""Blocks: which passes share one, which seconds send, with which parameters, and how the key scatters."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import satqkd as sq
from satqkd.analysis import expected_counts
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
    within = best.counts.sending & best.plan.spans
    assert within.duration_s() == pytest.approx(best.counts.sending.duration_s(), abs=1e-6)


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
    sends = best.passes[best.passes["usable"]]
    for column, name, place in (("signal_intensity", "intensities", 0), ("decoy_probability", "probabilities", 1)):
        chosen = [table[name].iloc[block][place] for block in sends["block"]]
        assert sends[column].tolist() == chosen
    assert sends["key_basis_probability"].between(0.5, 0.99).all()
    assert "signal_intensity" not in alone.passes
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


@pytest.mark.parametrize("pool", [2, 3, 5, "campaign"])
def test_a_block_is_complete_with_its_last_pass_that_sends(pool):
    """Under a bright sky the best window leaves whole passes out: the key must not be booked on a silent one."""
    bright = {"link.background": {"model": "radiance", "radiance_w_m2_sr_um": 7e-4}, "key.pool": pool, "days": 14}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        campaign = sq.analyze(SCENARIO.with_(bright))
    passes = campaign.passes
    silent = passes["usable"] & (passes["key_seconds_s"] == 0.0)
    assert silent.any()
    assert passes.loc[passes["secret_bits"] > 0, "key_end_utc"].notna().all()
    relay = sq.relay(campaign)
    assert relay.ledger["time_utc"].notna().all()
    longest = relay.summary()["longest_key_age_s"]
    assert longest is None or 0.0 <= longest < 14 * 86400.0


def test_pairs_have_their_dark_counts_in_either_basis():
    """Independent: accidentals from singles of each basis; in a passive receiver each has two detectors of its own."""
    share, eta, rate, window = 0.9, 3e-4, 11.8e6, 2.5e-9
    scenario = SCENARIO.with_(
        {
            "protocol": {**PAIRS["protocol"], "key_basis_probability": share, "pair_rate_hz": rate,
                         "coincidence_window_s": window, "local_noise_cps": 0.0},
            "link.detector.dark_count_hz": 500.0,
        }
    )  # fmt: skip
    counts = expected_counts(
        scenario.protocol,
        transmittance=np.array([eta]),
        background_cps=np.array([0.0]),
        detector=scenario.link.detector,
    )
    for basis, p in enumerate((share, 1.0 - share)):
        true = rate * eta * 0.3 * p * p
        accidental = (rate * eta * p + 1000.0) * (rate * 0.3 * p) * window
        assert counts.sifted_cps[0, basis, 0] == pytest.approx(true + accidental, rel=1e-9)
        assert counts.errors_cps[0, basis, 0] == pytest.approx(0.02 * true + 0.5 * accidental, rel=1e-9)


def test_pairs_outside_the_coincidence_window_are_lost():
    """Independent: erf(window / (sqrt(8) sigma)) of the true coincidences, sigma sqrt(2) times that of one end."""

    def rate(jitter_s, gate_s=1e-7):
        pairs = {"protocol": {**PAIRS["protocol"], "pair_rate_hz": 1e4, "local_noise_cps": 0.0}}  # hardly an accidental
        scenario = SCENARIO.with_(
            {
                **pairs,
                "link.detector.dark_count_hz": 0.0,
                "link.detector.jitter_s": jitter_s,
                "link.detector.gate_s": gate_s,
            }
        )
        counts = expected_counts(
            scenario.protocol,
            transmittance=np.array([1e-4]) * scenario.link.detector.transmittance,
            background_cps=np.array([0.0]),
            detector=scenario.link.detector,
        )
        return float(counts.sifted_cps.sum())

    assert rate(0.5e-9) / rate(0.0) == pytest.approx(0.5205, rel=5e-3)
    assert rate(1.0e-9) / rate(0.0) == pytest.approx(0.2763, rel=1e-2)
    assert rate(0.5e-9, gate_s=2e-9) == pytest.approx(rate(0.5e-9), rel=1e-9)


def test_tags_are_as_long_as_the_longest_message_needs():
    campaign = sq.analyze(SCENARIO.with_({"key.authentication.message_bits": 1000.0}))
    busiest = campaign.passes.iloc[int(campaign.passes["detections"].argmax())]
    slots = busiest["key_seconds_s"] * 1e8
    entropy = busiest["detections"] * np.log2(slots / busiest["detections"])
    assert campaign.authentication.message_bits > entropy
    assert campaign.authentication.message_bits < 2.0 * entropy
    assert (
        campaign.authentication.block_bits
        > SCENARIO.with_({"key.authentication.message_bits": 1000.0}).key.authentication.block_bits
    )


def test_the_best_fixed_length_is_supported_and_yields_most():
    certain = SCENARIO.with_({"key.window": "all", "key.forecast_error_db": 0.0})
    drawn = sq.analyze(certain, seed=5, draws=800).passes.query("secret_bits > 0")
    assert drawn["fixed_length_acceptance"].between(0.3, 1.0).all()
    large = drawn[drawn["secret_bits"] > 100_000]
    assert (large["fixed_length_bits"] < large["secret_bits"]).all()
    assert (large["fixed_length_acceptance"] > 0.9).all()
    assert (large["fixed_length_bits"] > 0.9 * large["secret_bits"]).all()


def test_a_channel_that_is_not_as_forecast_scatters_the_key():
    certain, doubtful = (
        sq.analyze(SCENARIO.with_({"key.window": "all", "key.forecast_error_db": sigma}), seed=5, draws=400).passes
        for sigma in (0.0, 0.5)
    )
    large = (certain["secret_bits"] > 100_000).to_numpy()
    widths = [
        ((one["secret_bits_p90"] - one["secret_bits_p10"]) / one["secret_bits"])[large] for one in (certain, doubtful)
    ]
    # Key goes about as the light: P10 to P90 of 0.5 dB is 2 x 1.2816 x 0.5 dB = 1.28 dB, 0.30 in a factor's logarithm.
    assert (widths[1] > np.hypot(widths[0], 0.25)).all()
    assert (widths[1] < 0.6).all()
    # A length that shot noise alone supports nearly always is supported half of the time.
    assert (certain["fixed_length_acceptance"][large] > 0.9).all()
    assert (doubtful["secret_bits_p50"][large] < 1.05 * certain["secret_bits"][large]).all()
    assert (doubtful["fixed_length_bits"][large] < certain["fixed_length_bits"][large]).all()
    assert doubtful["mean_secret_bits"][large].to_numpy() == pytest.approx(
        certain["mean_secret_bits"][large].to_numpy(), rel=0.1
    )


def test_misalignment_that_is_not_as_forecast_scatters_the_key():
    steady, spread = (
        sq.analyze(
            SCENARIO.with_({"key.forecast_error_db": 0.0, "key.misalignment_spread": factor}), seed=5, draws=200
        ).passes.query("secret_bits > 100_000")
        for factor in (1.0, 1.6)
    )
    assert (spread["secret_bits_p10"] < 0.97 * steady["secret_bits_p10"]).all()
    assert (spread["secret_bits_p90"] > steady["secret_bits_p90"]).all()


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
    each = alone.authentication.block_bits
    assert totals["net_secret_bits"] == totals["secret_bits"] - each * totals["blocks"]
    assert totals["blocks"] == alone.passes["usable"].sum()
    assert alone.block_epsilon == pytest.approx(1e-9 + 1e-15 + alone.authentication.block_epsilon)


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
