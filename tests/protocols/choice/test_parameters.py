"""The best parameters and seconds: at least as good as any tried by hand, and true to the protocol's own key."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from satqkd.errors import InputError
from satqkd.protocols.choice.parameters import SearchLimits, optimize
from satqkd.protocols.choice.profiles import Profiles
from tests.support.passes import ONE_DECOY, TWO_DECOYS, passes, scaled

# What the optimiser may leave on the table.
TOLERANCE = 1e-4
LOSSES = np.array([22.0, 26.0, 30.0, 33.0, 36.0, 39.0])


def expected_block(seconds, settings, block, kept):
    """Counts and errors of a block from the kept seconds, as the analysis would add them up."""
    chosen = np.flatnonzero((seconds.block == block) & kept)
    part = replace(
        seconds,
        transmittance=seconds.transmittance[chosen],
        background_per_gate=seconds.background_per_gate[chosen],
        weight_s=seconds.weight_s[chosen],
        block=np.zeros(len(chosen), dtype=int),
        dark_per_gate=seconds.dark_per_gate[block : block + 1],
        passive=seconds.passive[block : block + 1],
    )
    shares = np.array([settings.key_basis_probability, 1 - settings.key_basis_probability])
    detections, errors = Profiles.of(part, misalignment_error=settings.misalignment_error).counts(
        np.zeros(1, dtype=int),
        kept=np.ones(1),
        intensities=np.array([settings.intensities]),
        basis_probabilities=shares[None],
    )
    scale = settings.clock_rate_hz * shares[:, None] ** 2 * np.array(settings.probabilities)
    return {"counts": scale * detections[0], "errors": scale * errors[0]}


PROTOCOLS: dict[str, Any] = {
    "chernoff": TWO_DECOYS,
    "hoeffding": replace(TWO_DECOYS, tail_bound="hoeffding"),
    "both bases": replace(TWO_DECOYS, key_bases="both"),
    "weak third intensity": replace(TWO_DECOYS, intensities=(0.8, 0.1, 0.002)),
    "finite-block leakage": replace(TWO_DECOYS, error_correction="finite-block"),
    "one decoy": ONE_DECOY,
    "one decoy, rusca": replace(ONE_DECOY, proof="rusca2018"),
}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_promised_key_is_that_of_the_protocol(name):
    protocol, seconds = PROTOCOLS[name], passes(LOSSES)
    best = optimize(protocol, seconds)
    fixed = optimize(protocol, seconds, parameters=False, window=False)
    for block in range(len(LOSSES)):
        for found in (best, fixed):
            settings = found.settings(block)
            key = settings.secret_key(**expected_block(seconds, settings, block, found.kept))
            assert found.length_bits[block] == pytest.approx(key.length_bits, rel=1e-9, abs=1e-6)
            assert abs(found.secret_bits[block] - key.secret_bits) <= 1
    # The search itself is done with the leakage of an efficiency; a block code's costs it a little here.
    slack = 1e-2 if protocol.error_correction == "finite-block" else TOLERANCE
    assert np.all(best.secret_bits >= fixed.secret_bits * (1 - slack))
    assert best.secret_bits[0] > 1.2 * fixed.secret_bits[0]
    assert np.all(fixed.kept)


def test_the_window_alone_never_costs_key_and_saves_a_pass_at_dusk():
    seconds = passes(np.full(3, 30.0), background=np.array([1e-8, 2e-6, 1.2e-5]))
    whole = optimize(TWO_DECOYS, seconds, parameters=False, window=False)
    chosen = optimize(TWO_DECOYS, seconds, parameters=False)
    assert np.all(chosen.length_bits >= whole.length_bits)
    assert whole.secret_bits[2] == 0 < chosen.secret_bits[2]
    share = [chosen.kept[seconds.block == block].mean() for block in range(3)]
    assert share[0] > 0.95 > share[1] > 2 * share[2]
    # Where the sky is equally bright all along, the seconds kept are those about the closest approach.
    kept = np.flatnonzero(chosen.kept[seconds.block == 2])
    assert np.all(np.diff(kept) == 1)


def test_the_window_is_the_best_of_all_windows():
    # Oracle: every number of best seconds, one by one.
    seconds = passes(30.0, background=3e-6)
    chosen = optimize(TWO_DECOYS, seconds, parameters=False)
    order, kept = seconds.order(), np.zeros(len(seconds.block), dtype=bool)
    lengths = []
    for second in order:
        kept[second] = True
        lengths.append(TWO_DECOYS.secret_key(**expected_block(seconds, TWO_DECOYS, 0, kept)).length_bits)
    assert chosen.length_bits[0] == pytest.approx(max(lengths), rel=1e-9)
    assert chosen.kept.sum() == np.argmax(lengths) + 1


@pytest.mark.parametrize("protocol", [TWO_DECOYS, ONE_DECOY], ids=["two decoys", "one decoy"])
def test_no_setting_tried_by_chance_is_better(protocol):
    seconds = passes(np.array([26.0, 33.0]))
    best = optimize(protocol, seconds, window=False)
    rng = np.random.default_rng(4)
    for _ in range(300):
        block = int(rng.integers(2))
        settings = best.settings(block)
        mu = np.array(settings.intensities) * rng.uniform(0.8, 1.25, len(settings.intensities))
        p = np.array(settings.probabilities) * rng.uniform(0.8, 1.25, len(settings.probabilities))
        bias = min(settings.key_basis_probability * rng.uniform(0.9, 1.1), 0.99)
        try:
            tried = replace(
                settings, intensities=tuple(mu), probabilities=tuple(p / p.sum()), key_basis_probability=bias
            )
        except InputError:
            continue
        key = tried.secret_key(**expected_block(seconds, tried, block, best.kept))
        assert key.length_bits <= best.length_bits[block] * (1 + TOLERANCE)


def test_optimised_key_falls_with_loss_noise_and_epsilon_and_grows_with_the_block():
    seconds = passes(LOSSES)

    def bits(changed=seconds, protocol=TWO_DECOYS):
        return optimize(protocol, changed).secret_bits

    best = bits()
    slack = 1 + TOLERANCE
    assert np.all(best[1:] <= best[:-1])
    assert np.all(bits(scaled(seconds, transmittance=0.8)) <= best * slack)
    assert np.all(bits(scaled(seconds, noise=2.0)) <= best * slack)
    assert np.all(bits(protocol=replace(TWO_DECOYS, epsilon_secrecy=1e-12)) <= best * slack)
    assert np.all(bits(scaled(seconds, weight=3.0)) * slack >= 3 * best)
    assert np.all(bits(protocol=replace(TWO_DECOYS, misalignment_error=0.02)) <= best * slack)


def test_a_block_of_several_passes_gives_more_than_they_do_alone():
    seconds = passes(np.full(4, 33.0))
    alone = optimize(TWO_DECOYS, seconds).secret_bits
    pooled = replace(
        seconds,
        block=np.zeros_like(seconds.block),
        dark_per_gate=seconds.dark_per_gate[:1],
        passive=seconds.passive[:1],
    )
    assert optimize(TWO_DECOYS, pooled).secret_bits[0] > 1.05 * alone.sum()


def test_hopeless_and_empty_blocks_keep_what_they_had():
    seconds = passes(np.array([30.0, 70.0]))
    empty = replace(
        seconds, dark_per_gate=np.append(seconds.dark_per_gate, 1e-7), passive=np.append(seconds.passive, True)
    )
    found = optimize(TWO_DECOYS, empty)
    assert list(found.secret_bits > 0) == [True, False, False]
    for block in (1, 2):
        assert found.settings(block) == replace(TWO_DECOYS, key_bases="one")  # a bias was looked for
    assert np.all(found.kept[seconds.block == 1])
    assert np.all(np.isfinite(found.length_bits))
    nothing = optimize(TWO_DECOYS, replace(seconds, transmittance=np.zeros_like(seconds.transmittance)))
    assert np.all(nothing.secret_bits == 0)


def test_results_do_not_depend_on_the_company():
    together = optimize(TWO_DECOYS, passes(LOSSES))
    for block, loss in enumerate(LOSSES):
        alone = optimize(TWO_DECOYS, passes(loss))
        assert together.length_bits[block] == pytest.approx(alone.length_bits[0], rel=TOLERANCE, abs=1.0)


def test_limits_are_kept_and_checked():
    limits = SearchLimits(signal_intensity=(0.3, 0.4), decoy_intensity=(0.1, 0.2), key_basis_probability=(0.6, 0.65))
    found = optimize(TWO_DECOYS, passes(LOSSES[:3]), limits=limits)
    assert np.all((found.intensities[:, 0] >= 0.3) & (found.intensities[:, 0] <= 0.4))
    assert np.all((found.intensities[:, 1] >= 0.1) & (found.intensities[:, 1] <= 0.2))
    assert np.all((found.key_basis_probability >= 0.6) & (found.key_basis_probability <= 0.65))
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1.0)
    for wrong in (
        {"signal_intensity": (0.5, 0.3)},
        {"decoy_probability": (0.0, 0.5)},
        {"signal_intensity": (0.05, 1.0), "decoy_intensity": (0.1, 0.5)},
        {"signal_probability": (0.7, 0.9), "decoy_probability": (0.3, 0.4)},
        {"weakest_probability": 0.0},
    ):
        with pytest.raises(InputError, match="SearchLimits"):
            SearchLimits(**wrong)
