"""Counts drawn about their expectations."""

import numpy as np
import pytest

from satqkd.errors import InputError
from satqkd.link.qber import combined_error
from satqkd.protocols.decoy_bb84 import DecoyBB84
from satqkd.protocols.fluctuation import ChannelSpread, counts_through, key_distribution, sample_counts

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


NOISE = np.array([[700.0, 200.0, 40.0], [44.0, 13.0, 2.5]])


def test_a_channel_as_forecast_changes_nothing():
    counts, errors = counts_through(counts=COUNTS, errors=ERRORS, noise=NOISE, gain=1.0, misalignment_error=0.005)
    np.testing.assert_allclose(counts, COUNTS, rtol=1e-14)
    np.testing.assert_allclose(errors, ERRORS, rtol=1e-12)


def test_light_goes_with_the_gain_and_noise_stays():
    counts, errors = counts_through(counts=COUNTS, errors=ERRORS, noise=NOISE, gain=0.0)
    np.testing.assert_allclose(counts, NOISE)
    np.testing.assert_allclose(errors, 0.5 * NOISE)
    counts, errors = counts_through(counts=COUNTS, errors=ERRORS, noise=NOISE, gain=np.array([0.5, 2.0])[:, None, None])
    np.testing.assert_allclose(counts, NOISE + np.array([0.5, 2.0])[:, None, None] * (COUNTS - NOISE))
    light_errors = ERRORS - 0.5 * NOISE
    np.testing.assert_allclose(errors[1] - 0.5 * NOISE, 2.0 * np.clip(light_errors, 0.0, None), atol=1.0)


def test_misalignment_combines_with_what_else_flips():
    light, other = 1e6, 0.004
    wrong = light * combined_error(0.01, other)
    _, errors = counts_through(
        counts=light, errors=wrong, noise=0.0, gain=1.0, misalignment_error=0.01, misalignment_factor=[1.0, 1.6, 100.0]
    )
    np.testing.assert_allclose(errors, light * np.array([combined_error(e, other) for e in (0.01, 0.016, 0.5)]))


def test_the_spread_of_a_channel_is_what_was_asked():
    # Analytic: 20,000 draws of two normals, five standard errors.
    gain, factor = ChannelSpread(loss_db=0.9, misalignment=1.6).draw(np.random.default_rng(5), (20_000,))
    for values, sigma in ((10.0 * np.log10(gain), 0.9), (np.log(factor), np.log(1.6))):
        assert abs(values.mean()) < 5 * sigma / np.sqrt(20_000)
        assert values.std() == pytest.approx(sigma, rel=5 / np.sqrt(40_000))
    for bad in ({"loss_db": -1.0}, {"loss_db": np.nan}, {"misalignment": 0.5}):
        with pytest.raises(InputError, match="out of range"):
            ChannelSpread(**bad)


def test_a_fixed_length_is_tried_on_draws_it_was_not_fitted_to():
    # Analytic: the forecast is off by 0.5 dB, 1 sigma; a length for nearly certain shot noise stands half of the time.
    rng = np.random.default_rng(6)
    certain = key_distribution(PROTOCOL.secret_key, counts=COUNTS, errors=ERRORS, rng=rng, draws=400)
    gain, _ = ChannelSpread(loss_db=0.5).draw(rng, (400, 1, 1))
    counts, errors = counts_through(counts=COUNTS, errors=ERRORS, noise=NOISE, gain=gain)
    bits = PROTOCOL.secret_key(counts=counts, errors=errors).secret_bits
    assert 0.4 < np.mean(bits >= certain.fixed_bits) < 0.7
    spread = key_distribution(PROTOCOL.secret_key, counts=counts, errors=errors, rng=rng, draws=None)
    assert spread.fixed_bits < certain.fixed_bits
    assert spread.fixed_acceptance > 0.6
