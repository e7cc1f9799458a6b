"""Keys drawn under channels that are not as forecast, against the chain itself run over such channels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import satqkd as sq
from satqkd.analysis.blocks import count_blocks
from satqkd.analysis.chain import analyze_prediction
from satqkd.analysis.families import light_counts
from satqkd.analysis.nodes import NodeLight
from satqkd.analysis.prediction import predict_for
from satqkd.protocols.fluctuation import counts_through
from tests.analysis.test_blocks import ONE_DECOY, PAIRS

PROTOCOLS = {"two decoys": {}, "one decoy": ONE_DECOY, "pairs": PAIRS}
SCENARIO = sq.load_scenario("micius-beijing-vienna").with_({"days": 2, "key.window": "all"})


@pytest.mark.parametrize("changes", PROTOCOLS.values(), ids=PROTOCOLS)
def test_a_gain_does_what_less_loss_does(changes):
    scenario = SCENARIO.with_(changes)
    prediction = predict_for(scenario, analysed=True)
    counts = count_blocks(prediction, noise=True)
    assert counts.noise is not None
    rows = np.flatnonzero(prediction.passes["usable"])
    light, _, _ = NodeLight(prediction).light(rows)
    for gain in (0.5, 1.0, 1.6):
        seen = light_counts(scenario.protocol, replace(light, transmittance=gain * light.transmittance))
        found = counts_through(
            counts=counts.sifted[rows], errors=counts.errors[rows], noise=counts.noise[rows], gain=gain
        )
        for rates, values in zip((seen.sifted_cps, seen.errors_cps), found, strict=True):
            summed = np.zeros_like(counts.sifted)
            np.add.at(summed, light.row, rates * light.weight_s[:, None, None])
            np.testing.assert_allclose(values, summed[rows], rtol=2e-3, atol=1e-6)


def test_a_factor_does_what_a_larger_misalignment_does():
    prediction = predict_for(SCENARIO, analysed=True)
    counts = count_blocks(prediction, noise=True)
    protocol = SCENARIO.protocol
    more = SCENARIO.with_({"protocol.misalignment_error": 1.6 * protocol.misalignment_error})
    other = count_blocks(predict_for(more, analysed=True))
    _, errors = counts_through(
        counts=counts.sifted,
        errors=counts.errors,
        noise=counts.noise,
        gain=1.0,
        misalignment_error=protocol.misalignment_error,
        misalignment_factor=1.6,
    )
    np.testing.assert_allclose(errors, other.errors, rtol=1e-3, atol=1e-6)


def test_what_is_drawn_is_kept_with_the_campaign(tmp_path):
    whole = sq.analyze(SCENARIO, seed=3, draws=50)
    whole.save(tmp_path)
    loaded = sq.load_campaign(tmp_path)
    np.testing.assert_array_equal(loaded.counts.noise, whole.counts.noise)
    assert sq.Campaign.joined([loaded]).passes.equals(whole.passes)
    assert sq.analyze(SCENARIO).counts.noise is None


def test_passes_of_one_block_have_channels_of_their_own():
    # Of N equal passes in one block the light scatters by 1/sqrt(N): several carry the block here.
    alone, pooled = (
        analyze_prediction(predict_for(SCENARIO.with_({"key.pool": pool}), analysed=True), seed=1, draws=400).passes
        for pool in ("pass", "campaign")
    )

    def spread(passes):
        some = passes[passes["secret_bits"] > 50_000]
        return ((some["secret_bits_p90"] - some["secret_bits_p10"]) / some["secret_bits"]).median()

    assert spread(pooled) < 0.85 * spread(alone)
