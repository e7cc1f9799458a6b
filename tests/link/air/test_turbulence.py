import numpy as np
import pytest

from satqkd.errors import InputError, ValidityWarning
from satqkd.link.air.scintillation import (
    aperture_averaging_andrews,
    aperture_averaging_yura,
    gamma_gamma_parameters,
    rytov_variance,
    scintillation_height_m,
    scintillation_index,
    weak_scintillation_index,
)
from satqkd.link.air.turbulence import (
    HufnagelValley,
    NoTurbulence,
    bufton_rms_wind_m_s,
    bufton_wind_m_s,
    fried_parameter_m,
    greenwood_frequency_hz,
    hufnagel_valley,
    isoplanatic_angle_rad,
    itu_rms_wind_m_s,
)
from tests.support.sight import seen

HV57 = HufnagelValley()
SIGNAL_M = 848.6e-9


def test_hv_5_7_integrals() -> None:
    """Independent program: int Cn2 2.2354e-12 m^(1/3); r0 4.96 cm and theta0 6.89 urad at 500 nm, hence its name."""
    integral = HV57.moment(0.0, altitude_m=0.0)
    assert integral == pytest.approx(2.2354e-12, rel=3e-5)
    at = {"wavelength_m": 500e-9, "elevation_deg": 90.0}
    assert fried_parameter_m(integral, **at) == pytest.approx(4.96e-2, abs=5e-5)
    assert isoplanatic_angle_rad(HV57.moment(5 / 3, altitude_m=0.0), **at) == pytest.approx(6.89e-6, abs=5e-9)


@pytest.mark.parametrize(("elevation_deg", "r0_cm", "rytov"), [(90.0, 9.36, 0.1268), (30.0, 6.17, 0.4520)])
def test_hv_5_7_at_the_signal(elevation_deg: float, r0_cm: float, rytov: float) -> None:
    """Independent program: 848.6 nm, zenith angle 0 and 60 deg."""
    at = {"wavelength_m": SIGNAL_M, "elevation_deg": elevation_deg}
    assert fried_parameter_m(HV57.moment(0.0, altitude_m=0.0), **at) == pytest.approx(r0_cm / 100, abs=6e-5)
    assert rytov_variance(HV57.moment(5 / 6, altitude_m=0.0), **at) == pytest.approx(rytov, abs=6e-5)


@pytest.mark.parametrize(("altitude_m", "r0_cm"), [(890.0, 9.0), (3233.0, 21.5)])
def test_mountains_see_better(altitude_m: float, r0_cm: float) -> None:
    """Independent program: r0 at 500 nm, zenith, with the surface layer moved up; bare HV has none left there."""
    at = {"wavelength_m": 500e-9, "elevation_deg": 90.0}
    site = fried_parameter_m(HV57.moment(0.0, altitude_m=altitude_m), **at)
    bare = fried_parameter_m(HufnagelValley(surface_term="bare").moment(0.0, altitude_m=altitude_m), **at)
    assert site == pytest.approx(r0_cm / 100, abs=5e-4)
    assert bare > site


@pytest.mark.parametrize(("wind_m_s", "expected"), [(21.0, (0.23, 0.13, 0.10, 0.07)), (30.0, (0.36, 0.21, 0.16, 0.10))])
def test_itu_r_p1622_table_2(wind_m_s: float, expected: tuple[float, ...]) -> None:
    """Published: log-irradiance variance at 75 deg, station 5.5 m, up to 20 km, four wavelengths, +-.005."""
    moment = HufnagelValley(wind_m_s=wind_m_s).moment(5 / 6, altitude_m=5.5, top_m=20e3)
    wavelengths = np.array([532e-9, 850e-9, 1064e-9, 1550e-9])
    variance = rytov_variance(moment, wavelength_m=wavelengths, elevation_deg=75.0)
    assert variance == pytest.approx(expected, abs=0.005)


def test_wind() -> None:
    """ITU-R P.1621-2, published: 21.0 m/s from 2.3 m/s; Bufton averaged over 5 to 20 km, independent program."""
    assert itu_rms_wind_m_s(2.3) == pytest.approx(21.0, abs=0.05)
    height = np.linspace(5e3, 20e3, 20001)
    for ground in (0.0, 2.3, 10.0):
        mean_square = np.mean(bufton_wind_m_s(height, ground_wind_m_s=ground) ** 2)
        assert bufton_rms_wind_m_s(ground) ** 2 == pytest.approx(mean_square, rel=1e-4)
    assert bufton_wind_m_s(1e4, ground_wind_m_s=5.0, slew_rad_s=0.01) == pytest.approx(100.0 + 34.5, abs=0.1)


def test_profile_is_its_three_terms() -> None:
    """Analytic at the ground: 1.7e-14 + 2.7e-16; at 10 km the wind term rules."""
    assert hufnagel_valley(0.0) == pytest.approx(1.727e-14, rel=1e-12)
    assert hufnagel_valley(10e3) == pytest.approx(
        0.00594 * (21 / 27) ** 2 * 0.1**10 * np.exp(-10.0) + 2.7e-16 * np.exp(-1e4 / 1500), rel=1e-6
    )
    assert hufnagel_valley(2e3, site_altitude_m=2e3) > hufnagel_valley(2e3, site_altitude_m=2e3, surface_term="bare")


def test_greenwood_frequency_scales() -> None:
    """Analytic: it goes as wavelength^(-6/5) and sec^(3/5); a slewing telescope needs more."""
    moment = HV57.wind_moment(altitude_m=0.0)
    base = greenwood_frequency_hz(moment, wavelength_m=500e-9, elevation_deg=90.0)
    assert greenwood_frequency_hz(moment, wavelength_m=1e-6, elevation_deg=90.0) == pytest.approx(base * 2**-1.2)
    assert greenwood_frequency_hz(moment, wavelength_m=500e-9, elevation_deg=30.0) == pytest.approx(base * 2**0.6)
    slewing = HV57.wind_moment(altitude_m=0.0, slew_rad_s=0.015)
    assert greenwood_frequency_hz(slewing, wavelength_m=500e-9, elevation_deg=90.0) > 2 * base


def test_moments_against_brute_force() -> None:
    """Independent route: a trapezoid over 2 million heights."""
    height = np.concatenate([np.linspace(0, 3e3, 1_000_001), np.linspace(3e3, 1e5 - 890, 1_000_001)[1:]])
    cn2 = hufnagel_valley(height + 890.0, site_altitude_m=890.0)
    for power in (0.0, 5 / 6, 5 / 3, 2.0):
        expected = np.trapezoid(cn2 * height**power, height)
        assert HV57.moment(power, altitude_m=890.0) == pytest.approx(expected, rel=1e-6)


def test_scintillation_index_limits() -> None:
    """Analytic: the Rytov variance where weak, to 1 from above where strong; gamma-gamma has the same."""
    assert scintillation_index(1e-6) == pytest.approx(1e-6, rel=1e-3)
    assert scintillation_index(1e6) == pytest.approx(1.0, abs=0.02)
    sigma2 = np.geomspace(1e-3, 1e3, 50)
    assert scintillation_index(sigma2).max() < 1.7
    alpha, beta = gamma_gamma_parameters(sigma2)
    assert 1 / alpha + 1 / beta + 1 / (alpha * beta) == pytest.approx(scintillation_index(sigma2), rel=1e-9)


def test_aperture_averaging_forms_differ_by_ten() -> None:
    """Independent program: D = 1 m, 848.6 nm, zenith: factors 1.58e-3 and 2.62e-3, exact weak theory index 2.97e-4."""
    height = scintillation_height_m(HV57, altitude_m=0.0)
    yura = aperture_averaging_yura(1.0, wavelength_m=SIGNAL_M, scale_height_m=height, elevation_deg=90.0)
    andrews = aperture_averaging_andrews(1.0, wavelength_m=SIGNAL_M, path_m=height)
    assert andrews == pytest.approx(1.58e-3, rel=0.01)
    assert yura == pytest.approx(2.62e-3, rel=0.01)
    exact = weak_scintillation_index(HV57, aperture_m=1.0, wavelength_m=SIGNAL_M, elevation_deg=90.0, altitude_m=0.0)
    assert exact == pytest.approx(2.97e-4, rel=0.01)


def test_weak_theory_limits() -> None:
    """Analytic: a point sees the Rytov variance (2.25 is rounded); a huge aperture 17.34 D^(-7/3) sec3 int Cn2 h2.

    The approach to the second is slow, as (lambda L/D2)^(1/3), 1.3 % at 30 m.
    """
    at = {"wavelength_m": SIGNAL_M, "altitude_m": 0.0}
    point = weak_scintillation_index(HV57, aperture_m=1e-4, elevation_deg=[90.0, 30.0], **at)
    rytov = rytov_variance(HV57.moment(5 / 6, altitude_m=0.0), wavelength_m=SIGNAL_M, elevation_deg=[90.0, 30.0])
    assert point == pytest.approx(rytov, rel=0.005)
    huge = weak_scintillation_index(HV57, aperture_m=30.0, elevation_deg=30.0, **at)
    assert huge == pytest.approx(17.34 * 30.0 ** (-7 / 3) * 8.0 * HV57.moment(2.0, altitude_m=0.0), rel=0.02)


def test_low_elevations_are_warned_of_once() -> None:
    with pytest.warns(ValidityWarning, match="Turbulence at 0.1 deg") as caught:
        r0 = HV57.fried_parameter_m(seen(np.linspace(0.1, 90, 50)), wavelength_m=850e-9)
    assert len(caught) == 1
    assert np.all(np.diff(r0) >= 0.0)
    assert np.all(r0 > 0.0)
    assert np.all(np.isinf(NoTurbulence().fried_parameter_m(seen(np.full(50, 45.0)), wavelength_m=850e-9)))


def test_turbulence_that_cannot_be() -> None:
    for wrong in ({"wind_m_s": -1.0}, {"surface_term": "none"}, {"model": "hv"}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            HufnagelValley(**wrong)
    with pytest.raises(InputError, match="elevation_deg"):
        fried_parameter_m(1e-12, wavelength_m=850e-9, elevation_deg=0.0)
