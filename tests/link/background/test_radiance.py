import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from satqkd.errors import InputError
from satqkd.link.background.radiance import FixedRadiance, NightClass, background_rate
from satqkd.link.sight import SkyLight
from tests.support.sight import seen

RECEIVER = {"aperture_m": 1.0, "field_of_view_rad": 100e-6, "filter_bandwidth_m": 1e-9, "wavelength_m": 850e-9}


def night(**sky: float) -> float:
    dark = {"sun_elevation_deg": -40.0, "moon_elevation_deg": -30.0, "moon_illumination": 0.0}
    light = SkyLight(moon_separation_deg=60.0, **(dark | sky))
    return float(NightClass().sky_radiance_w_m2_sr_um(seen(60.0), light, wavelength_m=850e-9))


def test_rate_of_a_full_moon_sky() -> None:
    """Independent program: 1.5e-3 W m-2 sr-1 um-1, 1 m, 100 urad, 1 nm, 850 nm: 3.96e4 photons/s."""
    assert background_rate(1.5e-3, **RECEIVER) == pytest.approx(3.96e4, rel=1e-3)


def test_rate_scales_as_each_factor_says() -> None:
    one = background_rate(1.5e-3, **RECEIVER)
    assert background_rate(1.5e-3, **(RECEIVER | {"field_of_view_rad": 200e-6})) == pytest.approx(4 * one)
    assert background_rate(1.5e-3, **RECEIVER, obscuration_ratio=0.5) == pytest.approx(0.75 * one)
    assert background_rate(1.5e-3, **RECEIVER, transmittance=0.08) == pytest.approx(0.08 * one)


def test_er_long_classes() -> None:
    """Er-long et al., New J. Phys. 7, 215 (2005), as quoted: each class of the night."""
    assert night() == pytest.approx(1.5e-5, rel=1e-6)
    assert night(moon_elevation_deg=40.0, moon_illumination=0.2) == pytest.approx(1.5e-4, rel=1e-6)
    assert night(moon_elevation_deg=40.0, moon_illumination=0.9) == pytest.approx(1.5e-3, rel=1e-6)
    assert night(moon_elevation_deg=-1.0, moon_illumination=0.9) == pytest.approx(1.5e-5, rel=1e-6)
    assert night(sun_elevation_deg=20.0) == pytest.approx(1.5, rel=1e-4)


def test_twilight_is_continuous_and_monotone() -> None:
    sun = np.linspace(-30.0, 10.0, 4001)
    sky = NightClass().sky_radiance_w_m2_sr_um(
        seen(60.0),
        SkyLight(sun_elevation_deg=sun, moon_elevation_deg=-10.0, moon_separation_deg=90.0),
        wavelength_m=850e-9,
    )
    assert np.all(np.diff(sky) >= 0.0)
    assert np.diff(np.log10(sky)).max() < 0.01  # a decade in 3 deg, sampled each 0.01 deg


def test_fixed_radiance_takes_the_shape_of_the_samples() -> None:
    sky = FixedRadiance(radiance_w_m2_sr_um=2e-5).sky_radiance_w_m2_sr_um(seen(np.zeros((3, 4))), wavelength_m=850e-9)
    assert sky.shape == (3, 4)
    assert np.all(sky == 2e-5)
    with pytest.raises(InputError, match="radiance_w_m2_sr_um"):
        FixedRadiance(radiance_w_m2_sr_um=-1.0)


@settings(max_examples=60)
@given(
    radiance=st.floats(0.0, 200.0),
    aperture=st.floats(0.01, 5.0),
    field=st.floats(1e-6, 1e-2),
    bandwidth=st.floats(1e-12, 1e-7),
    wavelength=st.floats(400e-9, 2000e-9),
)
def test_rate_is_finite(radiance: float, aperture: float, field: float, bandwidth: float, wavelength: float) -> None:
    rate = background_rate(
        radiance,
        aperture_m=aperture,
        field_of_view_rad=field,
        filter_bandwidth_m=bandwidth,
        wavelength_m=wavelength,
        transmittance=0.5,
    )
    assert np.isfinite(rate)
    assert rate >= 0.0
