import pytest

from satqkd.errors import InputError
from satqkd.link.doppler import clock_drift, doppler_ratio, doppler_shift_hz, doppler_shift_m, light_time_s
from satqkd.link.receiver.telescope import filter_transmittance


def test_shift_at_the_horizon() -> None:
    """Independent program: 23.55 ppm at the horizon for 500 km, non-rotating Earth, so 7060 m/s of range rate."""
    orbital_speed = (3.986004418e14 / 6.871e6) ** 0.5
    horizon_rate = orbital_speed * 6.371e6 / 6.871e6
    assert doppler_ratio(-horizon_rate) == pytest.approx(23.55e-6, rel=1e-3)
    assert clock_drift(-horizon_rate) == pytest.approx(-23.55e-6, rel=1e-3)


def test_approaching_is_bluer_and_faster() -> None:
    """Analytic: df/f = -rdot/c = -dlambda/lambda; 1000 m/s at 850 nm is 1.18 GHz or 2.8 pm."""
    assert doppler_shift_hz(-1000.0, wavelength_m=850e-9) == pytest.approx(1.1765e9, rel=1e-4)
    assert doppler_shift_m(-1000.0, wavelength_m=850e-9) == pytest.approx(-2.8353e-12, rel=1e-4)
    assert light_time_s(299792458.0) == pytest.approx(1.0)
    with pytest.raises(InputError, match="range_rate_m_s"):
        doppler_ratio(1e8)


def test_filters() -> None:
    """Analytic: a Gaussian of equivalent width W is exp(-pi (d/W)2); a flat top ends at W/2."""
    assert filter_transmittance(20e-12, filter_bandwidth_m=1e-9) == 1.0
    assert filter_transmittance(20e-12, filter_bandwidth_m=30e-12) == 0.0
    gaussian = filter_transmittance(20e-12, filter_bandwidth_m=100e-12, filter_shape="gaussian")
    assert gaussian == pytest.approx(2.718281828 ** (-3.14159265 * 0.04), rel=1e-6)
    with pytest.raises(InputError, match="filter_shape"):
        filter_transmittance(0.0, filter_bandwidth_m=1e-9, filter_shape="square")
