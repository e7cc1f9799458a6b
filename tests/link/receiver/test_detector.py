import math

import pytest
from hypothesis import given, settings, strategies as st

from satqkd.errors import InputError
from satqkd.link.receiver.detector import (
    Detector,
    click_statistics,
    dark_counts_at_hz,
    dead_time_factor,
    efficiency_mismatch,
    gate_acceptance,
    neighbour_gate_fraction,
    noise_probability,
    stray_click_probability,
)


def test_noise_is_a_probability_not_a_mean() -> None:
    """Analytic: 1 - exp(-(R_bg + n R_dark) t), and 1 where the mean is large."""
    quiet = noise_probability(150.0, dark_count_hz=25.0, detectors=4, gate_s=2e-9)
    assert quiet == pytest.approx(-math.expm1(-250.0 * 2e-9), rel=1e-14)
    assert noise_probability(1e12, dark_count_hz=0.0, detectors=2, gate_s=1e-9) <= 1.0


def test_noise_of_a_biased_splitter() -> None:
    """Analytic: p Y0 must be the clicks of the basis' own pair, (p R_bg + 2 R_dark) t; an active receiver has no p."""
    background, dark, gate = 300.0, 40.0, 1e-9
    for p in (0.1, 0.5, 0.9):
        y0 = noise_probability(background, dark_count_hz=dark, detectors=4, gate_s=gate, basis_probability=p)
        assert p * y0 == pytest.approx((p * background + 2 * dark) * gate, rel=1e-5)
    active = [
        noise_probability(background, dark_count_hz=dark, detectors=2, gate_s=gate, basis_probability=p)
        for p in (0.1, 0.9)
    ]
    assert active[0] == active[1] == pytest.approx((background + 2 * dark) * gate, rel=1e-5)


def test_gain_is_a_union() -> None:
    """Analytic: 1 - (1 - Y0) exp(-eta k), at losses where the plain form has no digits left."""
    gain, _ = click_statistics(0.5, 1e-18, 1e-19, 0.01)
    assert gain == pytest.approx(0.5e-18 + 1e-19, rel=1e-12)
    gain, _ = click_statistics(2.0, 0.7, 0.1, 0.01)
    assert gain == pytest.approx(1 - 0.9 * math.exp(-1.4), rel=1e-14)


def test_error_rate_against_enumeration() -> None:
    """Analytic oracle: the four outcomes of two detectors, double clicks half wrong."""
    k, eta, y0, e_d = 1.3, 0.4, 0.05, 0.03
    y = 1 - math.sqrt(1 - y0)
    right = 1 - (1 - y) * math.exp(-eta * k * (1 - e_d))
    wrong = 1 - (1 - y) * math.exp(-eta * k * e_d)
    gain, error = click_statistics(k, eta, y0, e_d)
    assert gain * error == pytest.approx(wrong * (1 - right) + right * wrong / 2, rel=1e-13)


def test_error_without_noise_is_the_misalignment() -> None:
    _, error = click_statistics(0.5, 1e-12, 0.0, 0.0123)
    assert error == pytest.approx(0.0123, rel=1e-9)


@settings(max_examples=100)
@given(y0=st.floats(1e-300, 1.0), k=st.floats(0.0, 10.0), e_d=st.floats(0.0, 0.5))
def test_noise_alone_is_exactly_half_wrong(y0: float, k: float, e_d: float) -> None:
    for arguments in ((k, 0.0, y0, e_d), (0.0, 1.0, y0, e_d), (k, 0.0, 0.0, e_d)):
        assert click_statistics(*arguments)[1] == 0.5


@settings(max_examples=100)
@given(k=st.floats(0.0, 10.0), eta=st.floats(0.0, 1.0), y0=st.floats(0.0, 1.0), e_d=st.floats(0.0, 0.5))
def test_clicks_are_probabilities(k: float, eta: float, y0: float, e_d: float) -> None:
    gain, error = click_statistics(k, eta, y0, e_d)
    assert 0.0 <= gain <= 1.0
    assert 0.0 <= error <= 0.5 + 1e-12
    assert error >= e_d - 0.5 * e_d * eta * k - 1e-12 or gain == 0.0  # double clicks alone can lower it
    more, _ = click_statistics(k, min(1.0, eta * 1.1), min(1.0, y0 * 1.1), e_d)
    assert more >= gain - 1e-15


def test_gate() -> None:
    """Analytic: one standard deviation each side holds 68.27 %."""
    assert gate_acceptance(2e-9, jitter_s=1e-9) == pytest.approx(0.682689, abs=1e-6)
    assert gate_acceptance([1e-9, 2e-9], jitter_s=0.0) == pytest.approx([1.0, 1.0])


def test_dead_time() -> None:
    """Analytic: at one click per dead time, half survive."""
    assert dead_time_factor(1e6, dead_time_s=1e-6) == pytest.approx(0.5)
    assert dead_time_factor(1e6, dead_time_s=0.0) == 1.0


def test_detector_joins_efficiency_and_gate() -> None:
    detector = Detector(efficiency=0.5, dark_count_hz=25.0, gate_s=2e-9, jitter_s=1e-9)
    assert detector.transmittance == pytest.approx(0.5 * 0.682689, abs=1e-6)
    assert detector.noise_probability(150.0) == pytest.approx(5e-7, rel=1e-6)
    assert detector.noise_probability(150.0, basis_probability=0.1) == pytest.approx(1.3e-6, rel=1e-6)


@pytest.mark.parametrize(
    "wrong", [{"count": 3}, {"efficiency": 1.2}, {"efficiency": 0.0}, {"gate_s": 0.0}, {"dark_count_hz": -1.0}]
)
def test_a_detector_that_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        Detector(**({"efficiency": 0.5, "dark_count_hz": 25.0, "gate_s": 1e-9} | wrong))


def test_spill_into_the_neighbours() -> None:
    """Analytic: with a gate as long as the period, what leaves the own gate falls into the others."""
    spilled = neighbour_gate_fraction(10e-9, jitter_s=5e-9, period_s=10e-9)
    assert spilled + gate_acceptance(10e-9, jitter_s=5e-9) == pytest.approx(1.0, abs=1e-6)
    assert neighbour_gate_fraction(2e-9, jitter_s=0.0, period_s=10e-9) == 0.0
    assert neighbour_gate_fraction(2e-9, jitter_s=0.3e-9, period_s=10e-9) < 1e-100
    with pytest.raises(InputError, match="longer than the time between pulses"):
        neighbour_gate_fraction(2e-9, jitter_s=1e-10, period_s=1e-9)


def test_stray_clicks_are_noise() -> None:
    """Analytic: an after-pulse in a hundred clicks, a tenth of the time in a gate: 1e-3 of the clicks."""
    rate, clock = 1e5, 1e8
    stray = stray_click_probability(rate, gate_s=1e-9, clock_rate_hz=clock, afterpulse_probability=0.01)
    assert stray == pytest.approx(1e-3 * rate / clock, rel=1e-9)
    detector = Detector(efficiency=0.5, dark_count_hz=25.0, gate_s=1e-9, afterpulse_probability=0.01)
    assert detector.stray_click_probability(rate, clock_rate_hz=clock) == pytest.approx(stray)
    more = detector.noise_probability(100.0, stray_probability=stray)
    assert more - detector.noise_probability(100.0) == pytest.approx(stray, rel=1e-5)


def test_dark_counts_double() -> None:
    """Analytic: 16 K are two doublings of 8 K."""
    assert dark_counts_at_hz(269.0, dark_count_hz=25.0, reference_k=253.0) == pytest.approx(100.0)


def test_mismatch_is_reported() -> None:
    assert efficiency_mismatch([0.5, 0.45, 0.5, 0.48]) == pytest.approx(0.1)
