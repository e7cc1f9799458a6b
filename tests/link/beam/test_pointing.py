import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from satqkd.errors import InputError
from satqkd.link.beam.gaussian import captured_fraction
from satqkd.link.beam.pointing import (
    PointingErrors,
    mean_pointing_transmittance,
    mean_pointing_transmittance_per_axis,
    pointing_cdf,
    pointing_quantile,
)
from satqkd.units import loss_db

FAR_M = 1e12  # where the exit radius and the receiver vanish beside the beam
ROUNDED_DB = 0.05  # the check values are given to 0.1 dB


def far_field_db(half_angle_rad: float, sigma_rad: float, bias_rad: float = 0.0) -> float:
    mean = mean_pointing_transmittance(
        FAR_M, beam_radius_m=half_angle_rad * FAR_M, aperture_m=1.0, jitter_rad=sigma_rad, bias_rad=bias_rad
    )
    return float(loss_db(mean))


def test_check_values() -> None:
    """Independent program: sigma 1.2 urad in a beam of 1.80 urad and in Micius' uniform beam."""
    assert far_field_db(1.80e-6, 1.2e-6) == pytest.approx(4.4, abs=ROUNDED_DB)
    assert far_field_db(1.80e-6, 0.0, 1.2e-6) == pytest.approx(3.9, abs=ROUNDED_DB)
    uniform = 10e-6 / np.sqrt(2)
    assert far_field_db(uniform, 1.2e-6) == pytest.approx(0.47, abs=0.005)
    assert far_field_db(uniform, 0.0, 1.2e-6) == pytest.approx(0.25, abs=0.005)  # 8.686 b2/theta2, analytic


def test_far_field_formula() -> None:
    """Analytic: theta2/(theta2 + 4 sigma2) exp(-2 b2/(theta2 + 4 sigma2))."""
    theta, sigma, bias = 5e-6, 1e-6, 2e-6
    wide = theta**2 + 4 * sigma**2
    expected = theta**2 / wide * np.exp(-2 * bias**2 / wide)
    assert 10 ** (-far_field_db(theta, sigma, bias) / 10) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("bias_rad", [0.0, 2e-6])
def test_a_large_receiver_against_monte_carlo(bias_rad: float) -> None:
    """Independent route: the captured fraction averaged over 40,000 drawn pointing errors (0.1 % standard error)."""
    errors = np.random.default_rng(7).normal(0.0, 2e-6, (2, 40_000))
    offset = np.hypot(errors[0] + bias_rad, errors[1]) * 5e5
    steady = captured_fraction(1.5, aperture_m=3.0, obscuration_ratio=0.3)
    drawn = captured_fraction(1.5, aperture_m=3.0, obscuration_ratio=0.3, offset_m=offset).mean() / steady
    mean = mean_pointing_transmittance(
        5e5, beam_radius_m=1.5, aperture_m=3.0, jitter_rad=2e-6, bias_rad=bias_rad, obscuration_ratio=0.3
    )
    assert mean == pytest.approx(drawn, rel=0.005)


@settings(max_examples=60)
@given(
    range_m=st.floats(2e5, 4e7),
    w=st.floats(0.1, 1e4),
    aperture=st.floats(0.01, 5.0),
    sigma=st.floats(0.0, 1e-4),
    bias=st.floats(0.0, 1e-4),
)
def test_shaking_never_helps(range_m: float, w: float, aperture: float, sigma: float, bias: float) -> None:
    means = mean_pointing_transmittance(
        range_m, beam_radius_m=w, aperture_m=aperture, jitter_rad=sigma * np.array([0, 0.5, 1.0]), bias_rad=0.0
    )
    assert means[0] == pytest.approx(1.0, rel=1e-12)
    assert np.all(np.diff(means) <= 1e-12)
    biased = mean_pointing_transmittance(range_m, beam_radius_m=w, aperture_m=aperture, jitter_rad=sigma, bias_rad=bias)
    assert 0.0 <= biased <= means[2] * (1 + 1e-9)


def test_quantile_of_the_check_page() -> None:
    """Independent program: 35.5 dB at the 1 % quantile in 1.80 urad, 2.3 dB in Micius' uniform beam."""
    narrow = pointing_quantile(0.01, half_angle_rad=1.80e-6, jitter_rad=1.2e-6)
    wide = pointing_quantile(0.01, half_angle_rad=10e-6 / np.sqrt(2), jitter_rad=1.2e-6)
    assert loss_db(narrow) == pytest.approx(35.5, abs=0.1)
    assert loss_db(wide) == pytest.approx(2.3, abs=ROUNDED_DB)


@pytest.mark.parametrize("bias_rad", [0.0, 1.5e-6])
def test_distribution_against_drawn_errors(bias_rad: float) -> None:
    """Independent route: 200,000 drawn pointing errors; the mean of the distribution is the mean transmittance."""
    errors = np.random.default_rng(3).normal(0.0, 1.2e-6, (2, 200_000))
    drawn = np.exp(-2 * ((errors[0] + bias_rad) ** 2 + errors[1] ** 2) / 5e-6**2)
    beam = {"half_angle_rad": 5e-6, "jitter_rad": 1.2e-6, "bias_rad": bias_rad}
    for p in (0.01, 0.3, 0.9):
        quantile = pointing_quantile(p, **beam)
        assert pointing_cdf(quantile, **beam) == pytest.approx(p, rel=1e-9)
        assert np.mean(drawn <= quantile) == pytest.approx(p, abs=0.004)
    mean = mean_pointing_transmittance(
        FAR_M, beam_radius_m=5e-6 * FAR_M, aperture_m=1.0, jitter_rad=1.2e-6, bias_rad=bias_rad
    )
    assert mean == pytest.approx(drawn.mean(), rel=0.003)


def test_distribution_ends() -> None:
    for bias in (0.0, 1e-6):
        beam = {"half_angle_rad": 5e-6, "jitter_rad": 1e-6, "bias_rad": bias}
        assert pointing_cdf([0.0, 1.0], **beam) == pytest.approx([0.0, 1.0])
        assert pointing_quantile(0.0, **beam) == 0.0
        assert pointing_quantile(1.0, **beam) == pytest.approx(1.0)


def test_axes_may_differ() -> None:
    """Analytic: equal axes are the round case; drawn errors for unequal ones, 0.3 %."""
    even = mean_pointing_transmittance_per_axis(
        half_angle_rad=5e-6, jitter_x_rad=1e-6, jitter_y_rad=1e-6, bias_x_rad=2e-6
    )
    assert loss_db(even) == pytest.approx(far_field_db(5e-6, 1e-6, 2e-6), rel=1e-9)
    rng = np.random.default_rng(5)
    x, y = rng.normal(1e-6, 2e-6, 200_000), rng.normal(0.0, 0.5e-6, 200_000)
    uneven = mean_pointing_transmittance_per_axis(
        half_angle_rad=5e-6, jitter_x_rad=2e-6, jitter_y_rad=0.5e-6, bias_x_rad=1e-6
    )
    assert uneven == pytest.approx(np.exp(-2 * (x**2 + y**2) / 5e-6**2).mean(), rel=0.005)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pointing_jitter_elevations_deg": (10.0,)},
        {"pointing_jitter_elevations_deg": (40.0, 10.0), "pointing_jitter_factors": (1.0, 2.0)},
        {"pointing_jitter_elevations_deg": (10.0, 120.0), "pointing_jitter_factors": (1.0, 2.0)},
        {"pointing_jitter_elevations_deg": (10.0,), "pointing_jitter_factors": (-1.0,)},
    ],
)
def test_a_jitter_table_that_cannot_be(wrong: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(InputError, match="pointing_jitter"):
        PointingErrors(**wrong)
