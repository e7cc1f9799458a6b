"""What a sample says about the rest: never less than the exact distribution allows."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import hypergeom

from satqkd.protocols.bounds.hypergeometric import log_tail, most_errors_elsewhere
from satqkd.protocols.bounds.sampling import gaussian_phase_error, phase_error_bound, serfling_phase_error

LOG2_TERMS = math.log2(21 / 1e-9)


def exact_quantile(errors, sample, rest, log_inverse_probability):
    """Smallest number of errors in the rest that scipy's hypergeometric distribution finds too improbable."""
    low, high = -1, rest
    while high - low > 1:
        middle = (low + high) // 2
        tail = hypergeom.logcdf(errors, sample + rest, errors + middle, sample)
        low, high = (low, middle) if tail < -log_inverse_probability else (middle, high)
    return high


def test_printed_expansion_is_no_bound_for_few_errors_and_ours_is():
    # Analytic: without errors in d, q errors a bit stay unseen with probability (1 - q)^d, so 24/d at eps/21 = 5e-11.
    for sample, rest in ((10_000, 1_000_000), (100_000, 100_000), (100_000, 10_000)):
        for errors in (0, 1, 3, 10, 20):
            sizes = {"errors": errors, "sample": sample, "rest": rest}
            exact = exact_quantile(errors, sample, rest, LOG2_TERMS * math.log(2)) - 1
            assert gaussian_phase_error(**sizes, log2_inverse_epsilon=LOG2_TERMS) < exact / rest
            assert phase_error_bound(**sizes, log2_inverse_epsilon=LOG2_TERMS) >= exact / rest


def test_the_printed_expansion_stands_where_errors_are_many():
    for sample, rest, errors in ((10_000, 1_000_000, 100), (100_000, 100_000, 100), (10_000, 1_000, 300)):
        sizes = {"errors": errors, "sample": sample, "rest": rest, "log2_inverse_epsilon": LOG2_TERMS}
        assert phase_error_bound(**sizes) == gaussian_phase_error(**sizes)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 300),
    st.integers(100, 100_000),
    st.integers(100, 100_000),
    st.floats(2.0, 70.0),
)
def test_never_below_the_exact_distribution(errors, sample, rest, log_inverse):
    bound = float(
        phase_error_bound(errors=errors, sample=sample, rest=rest, log2_inverse_epsilon=log_inverse / math.log(2))
    )
    if bound < 0.5:
        exact = exact_quantile(errors, sample, rest, log_inverse)
        assert bound * rest >= exact - 1 - 1e-6


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2_000), st.integers(1, 50_000), st.integers(1, 50_000), st.floats(1.0, 120.0))
def test_exact_quantile_against_scipy(errors, sample, rest, log_inverse):
    # Independent program: scipy's hypergeometric distribution, good to 1e-10 or so in its tails.
    errors = min(errors, sample)
    ours = most_errors_elsewhere(errors=errors, sample=sample, rest=rest, log_inverse_probability=log_inverse)
    theirs = exact_quantile(errors, sample, rest, log_inverse)
    tail = hypergeom.logcdf(errors, sample + rest, errors + min(ours, theirs), sample)
    assert ours == theirs or tail == pytest.approx(-log_inverse, rel=1e-8)


@pytest.mark.parametrize(
    ("errors", "sample", "elsewhere", "rest"), [(0, 50, 20, 100), (7, 400, 90, 900), (30, 300, 200, 700), (5, 20, 0, 9)]
)
def test_tail_by_counting(errors, sample, elsewhere, rest):
    # Analytic: exact integer combinatorics.
    total_errors, total = errors + elsewhere, sample + rest
    ways = sum(
        math.comb(total_errors, x) * math.comb(total - total_errors, sample - x)
        for x in range(max(0, sample - (total - total_errors)), errors + 1)
    )
    exact = math.log(ways) - math.log(math.comb(total, sample))
    computed = log_tail(errors=errors, sample=sample, elsewhere=elsewhere, rest=rest)
    assert computed == (pytest.approx(exact, rel=1e-12) if exact < -0.7 else pytest.approx(0.0, abs=0.7))


def test_huge_samples_agree_with_the_closed_form():
    sizes = {"errors": 10**12, "sample": 10**14, "rest": 10**14}
    exact = most_errors_elsewhere(**sizes, log_inverse_probability=50.0) / 1e14
    # Gaussian limit: z of exp(-z^2/2)/(z sqrt(2 pi)) = exp(-50) is 9.675.
    spread = math.sqrt(0.01 * 0.99 * 2 / 1e14)
    assert (exact - 0.01) / spread == pytest.approx(9.675, abs=0.005)


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 1e15), st.floats(0, 1e15), st.floats(0, 1e15), st.floats(1, 110))
def test_bounds_are_rates_and_empty_samples_promise_nothing(errors, sample, rest, log2):
    for bound in (serfling_phase_error, gaussian_phase_error, phase_error_bound):
        rate = bound(errors=errors, sample=sample, rest=rest, log2_inverse_epsilon=log2)
        assert 0 <= rate <= 0.5
        assert bound(errors=0.0, sample=0.0, rest=rest, log2_inverse_epsilon=log2) == 0.5
        if sample > 0 and errors < sample / 2 and rest > 0:
            assert rate >= errors / sample


def test_serfling_is_not_symmetric():
    ways = [
        serfling_phase_error(errors=0, sample=d, rest=c, log2_inverse_epsilon=LOG2_TERMS)
        for d, c in ((1000, 10_000), (10_000, 1000))
    ]
    assert ways[0] > ways[1]


def test_arrays_and_scalars_alike():
    errors = np.array([[0.0, 5.0], [50.0, 500.0]])
    rates = phase_error_bound(errors=errors, sample=1e4, rest=1e5, log2_inverse_epsilon=LOG2_TERMS)
    assert rates.shape == (2, 2)
    for index in np.ndindex(2, 2):
        alone = phase_error_bound(errors=errors[index], sample=1e4, rest=1e5, log2_inverse_epsilon=LOG2_TERMS)
        assert alone.shape == ()
        assert rates[index] == pytest.approx(float(alone), rel=1e-12)
