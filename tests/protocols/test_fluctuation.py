"""Counts drawn about their expectations."""

import numpy as np
import pytest

from satqkd.errors import InputError
from satqkd.protocols.decoy_bb84 import DecoyBB84
from satqkd.protocols.fluctuation import key_distribution, sample_counts

PROTOCOL = DecoyBB84(
    clock_rate_hz=1e8, intensities=(0.6, 0.15, 0.0), probabilities=(0.7, 0.2, 0.1), key_basis_probability=0.8
)
COUNTS = np.array([[7e5, 6e4, 50.0], [4.4e4, 3.8e3, 3.0]])
ERRORS = COUNTS * np.array([0.01, 0.013, 0.5])


def test_draws_have_the_moments_they_should():
    # Analytic: Poisson counts, binomial errors; 4000 draws, five standard errors.
    counts, errors = sample_counts(counts=COUNTS, errors=ERRORS, rng=np.random.default_rng(1), draws=4000)
    assert counts.shape == (4000, 2, 3)
    assert np.all(errors <= counts)
    np.testing.assert_array_equal(counts, np.rint(counts))
    assert np.all(np.abs(counts.mean(axis=0) - COUNTS) < 5 * np.sqrt(COUNTS / 4000))
    assert np.all(np.abs(errors.mean(axis=0) - ERRORS) < 5 * np.sqrt(ERRORS / 4000))
    np.testing.assert_allclose(counts.var(axis=0), COUNTS, rtol=0.15)


def test_the_seed_makes_the_draw():
    first, second, other = (
        sample_counts(counts=COUNTS, errors=ERRORS, rng=np.random.default_rng(seed)) for seed in (7, 7, 8)
    )
    np.testing.assert_array_equal(first, second)
    assert np.any(first[0] != other[0])


def test_the_key_scatters_about_that_of_the_expected_counts():
    spread = key_distribution(
        PROTOCOL.secret_key, counts=COUNTS, errors=ERRORS, rng=np.random.default_rng(2), draws=500
    )
    expected = PROTOCOL.secret_key(counts=COUNTS, errors=ERRORS).secret_bits
    assert spread.p10_bits < spread.p50_bits < spread.p90_bits
    assert spread.p50_bits == pytest.approx(expected, rel=0.05)
    assert spread.zero_probability == 0


def test_a_positive_mean_can_hide_a_likely_zero():
    # Scaled down until the key of the expected counts is just gone.
    scales = np.geomspace(1, 0.01, 400)
    keys = PROTOCOL.secret_key(counts=COUNTS * scales[:, None, None], errors=ERRORS * scales[:, None, None])
    edge = scales[np.flatnonzero(keys.secret_bits == 0)[0]]
    spread = key_distribution(
        PROTOCOL.secret_key, counts=COUNTS * edge, errors=ERRORS * edge, rng=np.random.default_rng(3), draws=500
    )
    assert spread.mean_bits > 0
    assert 0.2 < spread.zero_probability < 0.8


def test_blocks_keep_their_shape():
    blocks = np.stack([COUNTS, COUNTS / 10])
    spread = key_distribution(
        PROTOCOL.secret_key, counts=blocks, errors=0.02 * blocks, rng=np.random.default_rng(4), draws=20
    )
    assert spread.p50_bits.shape == (2,)
    with pytest.raises(InputError, match="draws"):
        key_distribution(PROTOCOL.secret_key, counts=COUNTS, errors=ERRORS, rng=np.random.default_rng(), draws=0)
