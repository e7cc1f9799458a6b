"""Tail bounds against 40-digit values, and what holds for all of them."""

from __future__ import annotations

import decimal
import json
from decimal import Decimal

import numpy as np
import pytest

from satqkd.protocols.bounds import chernoff, hoeffding, relative_entropy
from satqkd.protocols.decoy_bb84 import secret_key_length
from tests.support import ROOT

# Independent: 40 digits by bisection, "relative_entropy_tails.json" of the project's reference values.
ORACLE = json.loads((ROOT / "tests/reference/protocols/relative_entropy_tails.json").read_text())["cases"]


@pytest.mark.parametrize(
    "case", ORACLE, ids=lambda case: f"{case['count']} of {case['n']}, {case['log_inverse_epsilon']}"
)
def test_relative_entropy_is_that_of_the_reference(case):
    count, total = float(case["count"]), float(case["n"])
    lower, upper = relative_entropy([count, total - count], log_inverse_epsilon=case["log_inverse_epsilon"])
    assert lower[0] == pytest.approx(case["lower"], rel=1e-9, abs=1e-12 * count)
    assert upper[0] == pytest.approx(case["upper"], rel=1e-12)


@pytest.mark.parametrize("b", [0.5, 23.0, 145.0])
def test_digits_hold_up_to_large_counts(b):
    rng = np.random.default_rng(4)
    total = 10.0 ** rng.uniform(1.0, 15.0, 30)
    counts = np.rint(total * 10.0 ** -rng.uniform(0.0, 6.0, 30))
    rest = np.rint(total) - counts
    lower, upper = relative_entropy(np.stack([counts, rest], axis=-1), log_inverse_epsilon=b)
    with decimal.localcontext() as digits:
        digits.prec = 50
        limit = Decimal(b)
        for row in zip(counts, rest, lower[:, 0], upper[:, 0], strict=True):
            k, m, low, high = (Decimal(float(value)) for value in row)
            # Never inside; and with a part in 1e12 of the deviation, or three last bits, less they would be.
            if high < k + m:
                assert entropy(k, m, high) >= limit
                inward = max((high - k) * Decimal("1e-12"), 3 * Decimal(float(np.spacing(float(high)))))
                assert entropy(k, m, high - inward) < limit
            if low > Decimal("1e-6"):
                assert entropy(k, m, low) >= limit
                inward = max((k - low) * Decimal("1e-12"), 3 * Decimal(float(np.spacing(float(low)))))
                assert entropy(k, m, low + inward) < limit


def entropy(k: Decimal, m: Decimal, mean: Decimal) -> Decimal:
    """Return (k + m) KL(k/(k + m) || mean/(k + m))."""
    first = k * (k / mean).ln() if k else Decimal(0)
    return first + (m * (m / (k + m - mean)).ln() if m else Decimal(0))


def test_relative_entropy_is_never_wider_than_the_others():
    rng = np.random.default_rng(5)
    counts = np.rint(10.0 ** rng.uniform(0.0, 12.0, (2000, 3)))
    counts[:50, 2] = 0.0
    lower, upper = relative_entropy(counts, log_inverse_epsilon=24.0)
    for other in (chernoff, hoeffding):
        low, high = other(counts, log_inverse_epsilon=24.0)
        assert (lower >= np.maximum(low, 0.0) * (1 - 1e-12) - 1e-9).all()
        assert (upper <= high * (1 + 1e-12)).all()
    assert np.isfinite(lower).all()
    assert (lower <= counts).all()
    assert (upper >= counts).all()
    assert (upper <= counts.sum(axis=1, keepdims=True) * (1 + 1e-12)).all()


def test_nothing_counted_is_bounded():
    lower, upper = relative_entropy([[0.0, 0.0, 0.0], [5.0, 0.0, 0.0]], log_inverse_epsilon=20.0)
    np.testing.assert_allclose(lower, [[0.0, 0.0, 0.0], [5.0 * np.exp(-4.0), 0.0, 0.0]], rtol=1e-12)
    np.testing.assert_allclose(upper[0], 0.0)
    np.testing.assert_allclose(upper[1], [5.0, -5.0 * np.expm1(-4.0), -5.0 * np.expm1(-4.0)], rtol=1e-12)


def test_the_flown_block_gains_by_it():
    # Independent: micius_block_by_analysis.json, "Lim2014 as printed, kl": 506,333.43 bits of both bases.
    key = [974148.834694552, 62285.21220089949, 1589.5658772570644]
    wrong = [11299.059509682946, 1401.726679626501, 794.7829386285322]
    one = secret_key_length(
        key_counts=key,
        key_errors=wrong,
        test_counts=key,
        test_errors=wrong,
        intensities=(0.8, 0.1, 0.0),
        probabilities=(0.5, 0.25, 0.25),
        epsilon_secrecy=0.5e-9,
        epsilon_correctness=0.5e-15,
        tail_bound="relative-entropy",
    )
    assert 2.0 * one.length_bits == pytest.approx(506333.42870228185, rel=1e-9)
