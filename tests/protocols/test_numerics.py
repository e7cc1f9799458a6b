"""What floats lose: nothing that matters, from 0 to 1e15 counts and down to epsilons of 1e-30."""

from decimal import Decimal
from itertools import product

import numpy as np
import pytest

from satqkd.protocols.bounds.entropy import binary_entropy, entropy_deficit
from satqkd.protocols.bounds.sampling import hypergeometric_tail_exponent
from satqkd.protocols.decoy_bb84 import secret_key_length
from tests.support.exact import entropy_deficit as exact_deficit, tail_exponent as exact_tail, two_decoys

# The precision the room promises, against 50-digit arithmetic.
RTOL = 1e-9
SIZES = [0.0, 1.0, 30.0, 1e3, 1e5, 1e7, 1e9, 1e12, 1e15]
ERROR_RATES = [0.0, 1e-12, 1e-6, 1e-3, 0.03, 0.5]
EPSILONS = [1e-2, 1e-9, 1e-30]

# Weak epsilons on purpose: a bound that fails seldom could not be seen to hold.
pytestmark = pytest.mark.filterwarnings("ignore:.*so weak a promise:satqkd.errors.ValidityWarning")


@pytest.mark.parametrize("tail_bound", ["hoeffding", "chernoff"])
@pytest.mark.parametrize(
    ("mu", "p"),
    [((0.5, 0.1, 0.0), (0.7, 0.2, 0.1)), ((0.6, 0.2, 2e-3), (0.5, 0.3, 0.2)), ((0.9, 1e-3, 1e-9), (0.98, 0.01, 0.01))],
)
def test_every_intermediate_against_50_digits(tail_bound, mu, p):
    shares = np.array([w * -np.expm1(-k) for k, w in zip(mu, p, strict=True)])
    shares /= shares.sum()
    for size, rate, eps in product(SIZES, ERROR_RATES, EPSILONS):
        key, test = np.rint(size * shares), np.rint(size * shares / 16)
        wrong = np.rint(test * rate)
        key_errors = float(np.rint(key.sum() * rate))
        computed = secret_key_length(
            key_counts=key,
            key_errors=key_errors,
            test_counts=test,
            test_errors=wrong,
            intensities=mu,
            probabilities=p,
            epsilon_secrecy=eps,
            epsilon_correctness=1e-15,
            tail_bound=tail_bound,
        )
        exact, largest = two_decoys(key, key_errors, test, wrong, mu, p, eps, 1e-15, 1.16, tail_bound)
        for name, value in exact.items():
            # Counts are differences of terms of the order of the block; a length is one of its largest term.
            scale = {"length_bits": float(largest), "phase_error_rate": 0.0}.get(name, size)
            assert getattr(computed, name) == pytest.approx(float(value), rel=RTOL, abs=RTOL * scale), (
                name,
                size,
                rate,
            )


@pytest.mark.parametrize("p", [1e-300, 1e-15, 1e-3, 0.11, 0.249999, 0.25, 0.4, 0.5 - 1e-5, 0.5 - 1e-9, 0.75, 1 - 1e-9])
def test_entropy_against_50_digits(p):
    deficit = exact_deficit(Decimal(p))
    assert float(entropy_deficit(p)) == pytest.approx(float(deficit), rel=1e-12)
    assert float(binary_entropy(p)) == pytest.approx(float(1 - deficit), rel=1e-12)


def test_entropy_at_its_ends():
    np.testing.assert_array_equal(binary_entropy([0.0, 0.5, 1.0]), [0.0, 1.0, 0.0])
    np.testing.assert_array_equal(entropy_deficit([0.0, 0.5, 1.0]), [1.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("v", "d", "c", "phi"),
    [
        (0, 100, 1e5, 0.3),
        (0, 1e9, 1e9, 1e-8),
        (3, 1e4, 1e6, 6e-3),
        (1e3, 1e6, 1e4, 3e-3),
        (1e10, 1e12, 1e13, 0.01 + 1e-6),
        (5e13, 1e15, 1e15, 0.05 + 1e-7),
    ],
)
def test_tail_exponent_against_50_digits(v, d, c, phi):
    computed = hypergeometric_tail_exponent(errors=v, sample=d, rest=c, rate=phi)
    assert float(computed) == pytest.approx(float(exact_tail(*map(Decimal, (v, d, c, phi)))), rel=1e-6)
