"""A coincidence asks two detectors: the timing errors and dead times of both ends count."""

from __future__ import annotations

import numpy as np
import pytest

from satqkd.analysis import expected_counts
from satqkd.link.receiver.detector import Detector
from satqkd.protocols.bbm92 import BBM92
from satqkd.protocols.pair_source import coincidences

SIGMA_S = 149e-12  # 350 ps, full width at half maximum
WINDOW_S = 5e-10
PAIRS = {
    "pair_rate_hz": 5.9e6,
    "coincidence_window_s": WINDOW_S,
    "key_basis_probability": 0.5,
    "local_transmittance": 0.4,
    "local_noise_cps": 1000.0,
    "misalignment_error": 0.02,
}


def counted(detector: dict[str, float] | None = None, **pairs: float):
    ground = {"efficiency": 0.6, "dark_count_hz": 100.0, "gate_s": 1e-8, "jitter_s": SIGMA_S, **(detector or {})}
    return expected_counts(
        BBM92(**PAIRS | pairs),
        transmittance=np.array([1e-3]),
        background_cps=np.array([500.0]),
        detector=Detector(**ground),
    )


def test_both_timing_errors_count():
    """Independent program: 1812.35 coincidences a second at 2.2126 %; with one end's errors alone 2147.66, 2.1794 %."""
    both = counted()
    assert both.detected_cps[0] == pytest.approx(1812.35, abs=0.01)
    assert both.qber[0] == pytest.approx(0.022126, abs=1e-6)
    one = counted(local_jitter_s=0.0)
    assert one.detected_cps[0] == pytest.approx(2147.66, abs=0.01)
    assert one.qber[0] == pytest.approx(0.021794, abs=1e-6)


def test_the_acceptance_against_drawn_times():
    """Monte Carlo: two independent clicks of one pair, and the window about their difference."""
    rng = np.random.default_rng(5)
    apart = rng.normal(0.0, SIGMA_S, 400_000) - rng.normal(0.0, SIGMA_S, 400_000)
    drawn = float(np.mean(np.abs(apart) <= WINDOW_S / 2.0))
    found = coincidences(
        pair_rate_hz=1e6, transmittance_a=1e-3, transmittance_b=0.4, noise_a_cps=0.0, noise_b_cps=0.0,
        coincidence_window_s=WINDOW_S, misalignment_error=0.0, jitter_a_s=SIGMA_S, jitter_b_s=SIGMA_S,
    )  # fmt: skip
    true = (found.rate_cps - found.accidental_cps) / (1e6 * 1e-3 * 0.4)
    assert true == pytest.approx(0.7645, abs=1e-4)
    assert drawn == pytest.approx(float(true), abs=0.003)


def test_the_dead_time_on_board_counts():
    """On board 0.59 M clicks a second and detector (and noise): 50 ns cost 1 - 1/1.0295 = 2.9 % of them."""
    free = counted(local_dead_time_s=0.0)
    dead = counted(local_dead_time_s=50e-9)
    assert 1.0 - dead.detected_cps[0] / free.detected_cps[0] == pytest.approx(0.0287, abs=1e-4)
    like_the_ground = counted(detector={"dead_time_s": 50e-9})
    assert like_the_ground.detected_cps[0] == pytest.approx(dead.detected_cps[0], rel=1e-3)
    assert counted(detector={"dead_time_s": 50e-9}, local_dead_time_s=0.0).detected_cps[0] > 1.02 * dead.detected_cps[0]


def test_rates_asked_of_the_protocol_know_both_ends():
    pairs = BBM92(**PAIRS, local_jitter_s=0.0)
    asked = {"transmittance": 1e-3, "noise_cps": 900.0, "jitter_s": SIGMA_S}
    one, both = pairs.coincidences(**asked), BBM92(**PAIRS).coincidences(**asked)
    assert both.rate_cps < one.rate_cps < pairs.coincidences(**asked | {"jitter_s": 0.0}).rate_cps
