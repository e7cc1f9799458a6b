"""What error correction reveals."""

import math

import numpy as np
import pytest

from satqkd.protocols.leakage import block_leakage, error_correction_leakage, finite_block_leakage


def test_shannon_limit_and_its_ends():
    # Analytic: h(0.11) = 0.499916.
    assert error_correction_leakage(key_bits=1e6, error_rate=0.11, efficiency=1.0) == pytest.approx(499_916, abs=1)
    np.testing.assert_array_equal(error_correction_leakage(key_bits=[5.0, 0.0], error_rate=[0.0, 0.1]), [0.0, 0.0])
    assert error_correction_leakage(key_bits=10.0, error_rate=0.9) == pytest.approx(11.6)


@pytest.mark.parametrize(("n", "q", "epsilon"), [(1000, 0.02, 1e-10), (5000, 0.05, 1e-6), (2000, 0.001, 1e-15)])
def test_finite_block_by_adding_up_the_distribution(n, q, epsilon):
    # Analytic: the binomial distribution added up term by term.
    total, quantile = 0.0, -1
    while total < epsilon:
        quantile += 1
        log_term = math.lgamma(n + 1) - math.lgamma(quantile + 1) - math.lgamma(n - quantile + 1)
        total += math.exp(log_term + quantile * math.log(1 - q) + (n - quantile) * math.log(q))
    entropy = -q * math.log2(q) - (1 - q) * math.log2(1 - q)
    expected = n * entropy + (n * (1 - q) - quantile - 1) * math.log2((1 - q) / q)
    expected += -0.5 * math.log2(n) - math.log2(1 / epsilon)
    assert expected > 1.16 * n * entropy
    assert finite_block_leakage(key_bits=n, error_rate=q, epsilon_correctness=epsilon) == pytest.approx(expected)


def test_long_blocks_cost_what_the_efficiency_says():
    n, q = np.array([1e3, 1e4, 1e5, 1e6, 1e7, 1e9, 1e15]), 0.02
    ratio = finite_block_leakage(key_bits=n, error_rate=q, epsilon_correctness=1e-15) / error_correction_leakage(
        key_bits=n, error_rate=q
    )
    assert np.all(np.diff(ratio) <= 0)
    assert ratio[0] > 1.3
    np.testing.assert_allclose(ratio[-2:], 1.0)


def test_no_errors_and_no_key_cost_nothing():
    kwargs = {"epsilon_correctness": 1e-15}
    np.testing.assert_array_equal(finite_block_leakage(key_bits=[0.0, 1e5], error_rate=[0.1, 0.0], **kwargs), [0, 0])
    assert np.isfinite(finite_block_leakage(key_bits=1e5, error_rate=0.7, **kwargs))


def test_a_block_takes_its_error_rate_from_its_errors():
    for model in ("efficiency", "finite-block"):
        leakage = block_leakage(
            model, key_bits=[0.0, 1e4], errors=[0.0, 200.0], efficiency=1.2, epsilon_correctness=1e-15
        )
        assert leakage[0] == 0
        assert leakage[1] >= error_correction_leakage(key_bits=1e4, error_rate=0.02, efficiency=1.2)
