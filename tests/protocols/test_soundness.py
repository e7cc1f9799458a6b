"""The bounds against the truth: channels whose photons are counted one by one, thousands of blocks of each."""

import math

import numpy as np
import pytest

from satqkd.protocols import bbm92, decoy_bb84, one_decoy_bb84
from satqkd.protocols.bounds.sampling import gaussian_phase_error, phase_error_bound

# Weak epsilons on purpose: a bound that fails seldom could not be seen to hold.
pytestmark = pytest.mark.filterwarnings("ignore:.*so weak a promise:satqkd.errors.ValidityWarning")

BLOCKS = 2000
PHOTONS = np.arange(12)
FACTORIALS = np.array([math.factorial(n) for n in PHOTONS], dtype=float)


def true_blocks(rng, mu, p, pulses, transmittance, noise, misalignment, attack=False):
    """Draw blocks by photon number: what is observed, and what the bounds are about.

    With `attack`, single photons are blocked half of the time and many photons let through, which no honest channel
    does and the bounds must survive.
    """
    light = 1.0 - (1.0 - transmittance) ** PHOTONS
    if attack:
        light = np.where(PHOTONS == 1, 0.5 * light, np.where(PHOTONS > 1, np.minimum(1.0, 2.0 * light), light))
    click = noise + (1.0 - noise) * light
    wrong = (0.5 * noise + (1.0 - noise) * light * misalignment) / click
    mu, p = np.array(mu), np.array(p)
    sent = p[:, None] * np.exp(-mu[:, None]) * mu[:, None] ** PHOTONS / FACTORIALS
    counts = rng.poisson(pulses * sent * click, size=(BLOCKS, *sent.shape))
    errors = rng.binomial(counts, wrong)
    return {
        "counts": counts.sum(axis=-1),
        "errors": errors.sum(axis=-1),
        "vacuum": counts[..., 0].sum(axis=-1),
        "single": counts[..., 1].sum(axis=-1),
        "single_errors": errors[..., 1].sum(axis=-1),
        # Phase errors of the key's single photons: had they been measured in the other basis.
        "phase": rng.binomial(counts[..., 1].sum(axis=-1), wrong[1]),
    }


CHANNELS = {
    "bright": (1e9, 1e-2, 1e-6, 0.01, False),
    "dim": (1e10, 1e-4, 1e-6, 0.02, False),
    "noisy": (1e10, 1e-4, 1e-5, 0.01, False),
    "no errors": (3e8, 1e-3, 1e-9, 1e-5, False),
    "few counts": (3e6, 1e-3, 1e-6, 0.01, False),
    "photon-number splitting": (1e9, 1e-2, 1e-6, 0.01, True),
}


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("epsilon", [1e-9, 1e-2])
def test_two_decoys_hold_in_every_block(channel, epsilon):
    # At 1e-9 none of 2000 blocks may fail; at 1e-2 each of the 21 terms may fail in 1 of 2100, and the bounds are loose
    # enough that none does.
    rng = np.random.default_rng(5)
    mu, p = (0.5, 0.1, 1e-3), (0.6, 0.25, 0.15)
    pulses, *rest = CHANNELS[channel]
    key, test = true_blocks(rng, mu, p, pulses, *rest), true_blocks(rng, mu, p, pulses / 5, *rest)
    for tail_bound in ("hoeffding", "chernoff"):
        bound = decoy_bb84.secret_key_length(
            key_counts=key["counts"],
            key_errors=key["errors"],
            test_counts=test["counts"],
            test_errors=test["errors"],
            intensities=mu,
            probabilities=p,
            epsilon_secrecy=epsilon,
            epsilon_correctness=1e-15,
            tail_bound=tail_bound,
        )
        check(bound, key, test)


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("proof", ["wiesemann2026", "rusca2018"])
def test_one_decoy_holds_in_every_block(channel, proof):
    rng = np.random.default_rng(6)
    mu, p = (0.5, 0.15), (0.7, 0.3)
    pulses, *rest = CHANNELS[channel]
    key, test = true_blocks(rng, mu, p, pulses, *rest), true_blocks(rng, mu, p, pulses / 5, *rest)
    bound = one_decoy_bb84.secret_key_length(
        key_counts=key["counts"],
        key_errors=key["errors"],
        test_counts=test["counts"],
        test_errors=test["errors"],
        intensities=mu,
        probabilities=p,
        epsilon_secrecy=1e-9,
        epsilon_correctness=1e-15,
        proof=proof,
    )
    check(bound, key, test)
    assert np.all(bound.vacuum_events_upper >= key["vacuum"])
    assert np.all(bound.test_vacuum_events_upper >= test["vacuum"])


def check(bound, key, test):
    assert np.all(bound.vacuum_events <= key["vacuum"])
    assert np.all(bound.single_photon_events <= key["single"])
    assert np.all(bound.test_single_photon_events <= test["single"])
    assert np.all(bound.test_single_photon_errors >= test["single_errors"])
    some = key["single"] > 0
    assert np.all(bound.phase_error_rate[some] >= np.minimum(key["phase"][some] / key["single"][some], 0.5))


def test_the_printed_phase_error_fails_where_ours_holds():
    # Nearly perfect photons: 0.5 errors expected among 10^4 tested, 50 among the 10^6 kept.
    rng = np.random.default_rng(7)
    tested, kept = rng.binomial(10_000, 5e-5, size=BLOCKS), rng.binomial(1_000_000, 5e-5, size=BLOCKS)
    sizes = {"errors": tested, "sample": 10_000, "rest": 1_000_000, "log2_inverse_epsilon": math.log2(21 / 1e-9)}
    assert np.mean(gaussian_phase_error(**sizes) < kept / 1e6) > 0.5
    assert np.all(phase_error_bound(**sizes) >= kept / 1e6)


@pytest.mark.parametrize(("n", "k", "errors"), [(2000, 500, 3), (1000, 1000, 60), (10_000, 200, 400), (300, 3000, 90)])
def test_pairs_hold_in_every_block(n, k, errors):
    # Sampling without replacement from a fixed number of errors; the exact tail at 1e-2 is tried too, where a failure
    # has a probability of (0.01/4)^2 a block.
    rng = np.random.default_rng(8)
    observed = rng.hypergeometric(errors, n + k - errors, k, size=400)
    for tail_bound, epsilon in (("serfling", 1e-9), ("serfling", 1e-2), ("hypergeometric", 1e-2)):
        key = bbm92.secret_key_length(
            key_bits=n,
            test_bits=k,
            test_errors=observed,
            key_error_rate=0.01,
            epsilon_secrecy=epsilon,
            epsilon_correctness=1e-15,
            tail_bound=tail_bound,
        )
        assert np.all(key.phase_error_rate >= np.minimum((errors - observed) / n, 0.5))
