import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.integrate import simpson
from scipy.special import j0

from satqkd.errors import InputError
from satqkd.link.beam.gaussian import captured_fraction
from satqkd.link.receiver.field_stop import field_stop_transmittance, seeing_rad

LAMBDA_M, R0_M = 1e-6, 0.1


def long_exposure() -> tuple[np.ndarray, np.ndarray]:
    """The image of a star through Kolmogorov turbulence, by a Hankel transform: the oracle."""
    k = 2 * np.pi / LAMBDA_M
    rho = np.linspace(0.0, 0.5, 4001)
    transfer = np.exp(-3.44 * (rho / R0_M) ** (5 / 3))
    angle = np.linspace(0.0, 4e-5, 1201)
    return angle, np.array([simpson(transfer * j0(k * rho * t) * rho, x=rho) for t in angle]) * k**2 / (2 * np.pi)


def test_against_the_image_itself() -> None:
    """Independent route: the image integrated over the stop; its width is 0.98 lambda/r0."""
    angle, image = long_exposure()
    half = float(np.interp(-0.5, -image / image[0], angle))
    assert 2 * half == pytest.approx(float(seeing_rad(R0_M, wavelength_m=LAMBDA_M)), rel=0.01)
    for radius in (5e-6, 2e-5, 4e-5):
        inside = angle <= radius * (1 + 1e-9)
        expected = simpson((image * angle * 2 * np.pi)[inside], x=angle[inside])
        passed = field_stop_transmittance(R0_M, wavelength_m=LAMBDA_M, field_of_view_rad=2 * radius)
        assert passed == pytest.approx(expected, abs=1e-5)


def test_tracking_errors_without_seeing() -> None:
    """Analytic: Gaussian jitter of sigma is a Gaussian spot of 1/e2 radius 2 sigma."""
    calm = {"wavelength_m": LAMBDA_M, "field_of_view_rad": 20e-6}
    assert field_stop_transmittance(np.inf, **calm) == 1.0
    assert field_stop_transmittance(np.inf, bias_rad=11e-6, **calm) == 0.0
    shaken = field_stop_transmittance(np.inf, jitter_rad=5e-6, bias_rad=3e-6, **calm)
    assert shaken == pytest.approx(float(captured_fraction(10e-6, aperture_m=20e-6, offset_m=3e-6)), rel=1e-12)
    # good seeing approaches no seeing
    nearly = field_stop_transmittance(5.0, jitter_rad=5e-6, bias_rad=3e-6, **calm)
    assert nearly == pytest.approx(float(shaken), rel=2e-3)


def test_many_values_meet_single_ones() -> None:
    r0 = np.geomspace(0.01, 0.5, 500)
    r0[3] = np.inf
    stop = {"wavelength_m": 850e-9, "field_of_view_rad": 40e-6, "jitter_rad": 2e-6, "bias_rad": 4e-6}
    together = field_stop_transmittance(r0, **stop)
    for i in (0, 3, 200, 499):
        assert together[i] == pytest.approx(float(field_stop_transmittance(r0[i], **stop)), abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(
    field=st.floats(1e-6, 1e-3),
    wavelength=st.floats(400e-9, 2e-6),
    jitter=st.floats(0.0, 1e-4),
    bias=st.floats(0, 1e-5),
)
def test_better_seeing_and_wider_stops_pass_more(field: float, wavelength: float, jitter: float, bias: float) -> None:
    r0 = np.geomspace(0.005, 1.0, 12)
    passed = [
        field_stop_transmittance(r0, wavelength_m=wavelength, field_of_view_rad=f, jitter_rad=jitter)
        for f in (field, 1.5 * field)
    ]
    assert np.all((passed[0] >= 0.0) & (passed[1] <= 1.0))
    assert np.all(np.diff(passed[0]) >= -1e-9)
    assert np.all(passed[1] >= passed[0] - 1e-9)
    biased = field_stop_transmittance(
        r0, wavelength_m=wavelength, field_of_view_rad=field, jitter_rad=jitter, bias_rad=bias
    )
    assert np.all(biased <= passed[0] + 1e-9)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wavelength_m", 0.0),
        ("wavelength_m", 1e-320),
        ("field_of_view_rad", -1e-6),
        ("jitter_rad", -1.0),
        ("bias_rad", 1e308),
    ],
)
def test_a_sight_out_of_range_is_refused(name: str, value: float) -> None:
    stop = {"wavelength_m": 850e-9, "field_of_view_rad": 40e-6, "jitter_rad": 2e-6, "bias_rad": 4e-6}
    with np.errstate(all="ignore"), pytest.raises(InputError, match=name):
        field_stop_transmittance(0.1, **{**stop, name: value})
