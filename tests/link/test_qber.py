import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from satqkd.link.qber import ErrorBudget, combined_error, error_budget
from satqkd.link.receiver.detector import Detector, click_statistics

DETECTOR = Detector(efficiency=0.5, dark_count_hz=25.0, gate_s=2e-9)
CAUSES = [field.name for field in dataclasses.fields(ErrorBudget)]


def test_flips_combine() -> None:
    """Analytic: e1 (1 - e2) + e2 (1 - e1); a coin toss stays one."""
    assert combined_error(0.01, 0.02) == pytest.approx(0.01 * 0.98 + 0.02 * 0.99)
    assert combined_error(0.01, 0.5, 0.3) == 0.5
    assert combined_error() == 0.0


@settings(max_examples=80)
@given(
    k=st.floats(0.01, 2.0),
    eta=st.floats(0.0, 1.0),
    background=st.floats(0.0, 1e7),
    source=st.floats(0.0, 0.1),
    misaligned=st.floats(0.0, 0.1),
    turned=st.floats(0.0, 0.5),
    p=st.floats(0.01, 1.0),
)
def test_shares_add_up(
    k: float, eta: float, background: float, source: float, misaligned: float, turned: float, p: float
) -> None:
    budget = error_budget(
        mean_photon_number=k,
        transmittance=eta,
        detector=DETECTOR,
        background_cps=background,
        source_error=source,
        misalignment_error=misaligned,
        rotation_error=turned,
        basis_probability=p,
        stray_probability=1e-9,
    )
    noise = DETECTOR.noise_probability(background, basis_probability=p, stray_probability=1e-9)
    _, expected = click_statistics(k, eta, noise, combined_error(source, misaligned, turned))
    assert budget.qber == pytest.approx(float(expected), rel=1e-9, abs=1e-12)
    assert all(getattr(budget, cause) >= 0.0 for cause in CAUSES)


def test_each_cause_alone() -> None:
    """Analytic: one cause at a time, at small transmittance, is itself; noise alone is all of one half."""
    at = {"mean_photon_number": 0.5, "transmittance": 1e-3, "detector": DETECTOR, "background_cps": 0.0}
    quiet = at | {"detector": dataclasses.replace(DETECTOR, dark_count_hz=0.0)}
    for cause in ("source", "misalignment", "rotation"):
        budget = error_budget(**quiet, **{f"{cause}_error": 0.02})
        assert getattr(budget, cause) == pytest.approx(0.02, rel=1e-3)
        assert sum(getattr(budget, other) for other in CAUSES if other != cause) == 0.0
    blind = error_budget(**(at | {"transmittance": 0.0, "background_cps": 100.0}))
    assert blind.dark == pytest.approx(0.25)  # four times 25 dark counts against 100 of the sky
    assert blind.background == pytest.approx(0.25)
    silent = error_budget(**(quiet | {"transmittance": 0.0}))
    assert silent.qber == 0.5
    assert silent.dark == 0.5


def test_arrays_share_a_shape() -> None:
    budget = error_budget(
        mean_photon_number=0.8,
        transmittance=np.geomspace(1e-5, 1e-2, 7),
        detector=DETECTOR,
        background_cps=np.full((3, 1), 100.0),
        misalignment_error=0.01,
    )
    assert all(getattr(budget, cause).shape == (3, 7) for cause in CAUSES)
    assert np.all(np.diff(budget.qber, axis=1) < 0.0)
