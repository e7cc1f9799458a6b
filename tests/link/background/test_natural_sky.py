import json

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from satqkd.errors import InputError, ValidityWarning
from satqkd.link.background.moonlight import V_BAND_M, krisciunas_schaefer_nl, moonlight_w_m2_sr_um, solar_ratio
from satqkd.link.background.natural_sky import NaturalSky, light_pollution_w_m2_sr_um, sunlight_w_m2_sr_um
from satqkd.link.background.radiance import NightClass
from satqkd.link.sight import SkyLight
from tests.support import REFERENCE
from tests.support.sight import seen

SKYCALC = json.loads((REFERENCE / "skycalc_sky.json").read_text())
DARK = {"sun_elevation_deg": -40.0, "moon_elevation_deg": -30.0, "moon_illumination": 0.0, "moon_separation_deg": 90.0}
FULL_MOON_45 = DARK | {"moon_elevation_deg": 45.0, "moon_illumination": 1.0, "moon_separation_deg": 45.0}


def zenith(wavelength_m: float = 850e-9, **sky: float) -> float:
    return float(NaturalSky().sky_radiance_w_m2_sr_um(seen(), SkyLight(**(DARK | sky)), wavelength_m=wavelength_m))


def test_krisciunas_schaefer_check_value() -> None:
    """Independent program: full Moon, separation 60 deg, both zenith distances 30 deg, k 0.172: 1390 nL."""
    brightness = krisciunas_schaefer_nl(
        phase_angle_deg=0.0, separation_deg=60.0, moon_zenith_distance_deg=30.0, zenith_distance_deg=30.0
    )
    assert brightness == pytest.approx(1390.0, rel=0.01)


def test_anchors_at_850_nm() -> None:
    """The requirement's bands: full Moon at 45 deg 2e-5 to 3e-4, moonless dark site 2e-6 to 3e-5."""
    assert 2e-5 < zenith(**FULL_MOON_45) < 3e-4
    assert 2e-6 < zenith() < 3e-5


@pytest.mark.parametrize("band", ["V", "R", "I", "Z"])
def test_against_skycalc(band: str) -> None:
    """Independent program: airglow is its own; moonlight agrees to a third from V to Z, on a radiance scale."""
    wavelength = SKYCALC["bands_nm"][band] * 1e-9

    def radiance(sky: str) -> float:
        return float(SKYCALC["zero_point_w_m2_sr_um"][band] * 10 ** (-0.4 * SKYCALC[sky][band]))

    dark = radiance("no_moon")
    assert zenith(wavelength) == pytest.approx(dark, rel=0.03)
    moonlight = radiance("full_moon_elevation_45_separation_45") - dark
    assert zenith(wavelength, **FULL_MOON_45) - zenith(wavelength) == pytest.approx(moonlight, rel=0.35)


def test_moonlight_in_v_is_krisciunas_schaefer() -> None:
    """Their formula, on the magnitude scale V = (20.7233 - ln(B/34.08))/0.92104, radiance 1544 x 10^(-0.4 V)."""
    carried = moonlight_w_m2_sr_um(
        wavelength_m=V_BAND_M,
        elevation_deg=70.0,
        moon_elevation_deg=60.0,
        moon_illumination=0.75,
        moon_separation_deg=80.0,
    )
    nanolamberts = krisciunas_schaefer_nl(
        phase_angle_deg=60.0, separation_deg=80.0, moon_zenith_distance_deg=30.0, zenith_distance_deg=20.0
    )
    magnitude = (20.7233 - np.log(nanolamberts / 34.08)) / 0.92104
    assert carried == pytest.approx(float(1544.0 * 10 ** (-0.4 * magnitude)), rel=0.005)


def test_moon_rises_smoothly_and_waxes_monotonically() -> None:
    moon = np.linspace(-1.0, 90.0, 2000)
    look = {"wavelength_m": 850e-9, "elevation_deg": 60.0, "moon_separation_deg": 60.0}
    rising = moonlight_w_m2_sr_um(moon_elevation_deg=moon, moon_illumination=1.0, **look)
    assert np.all(np.diff(rising) >= 0.0)
    assert np.diff(rising).max() < 0.03 * rising.max()  # one of 2000 steps
    waxing = moonlight_w_m2_sr_um(moon_elevation_deg=45.0, moon_illumination=np.linspace(0, 1, 200), **look)
    assert np.all(np.diff(waxing) > 0.0)
    nearing = moonlight_w_m2_sr_um(
        wavelength_m=850e-9,
        elevation_deg=60.0,
        moon_elevation_deg=45.0,
        moon_illumination=1.0,
        moon_separation_deg=np.linspace(60.0, 0.0, 400),
    )
    assert np.all(np.diff(nearing) >= -1e-12)


@pytest.mark.parametrize("wavelength_m", [450e-9, 550e-9, 785e-9, 850e-9, 1550e-9])
def test_sun_rises_continuously(wavelength_m: float) -> None:
    """A hundredth of a degree of Sun is less than 1.5 % of light: no step from night over twilight to day."""
    sun = np.arange(-30.0, 80.0, 0.01)
    sky = sunlight_w_m2_sr_um(wavelength_m=wavelength_m, elevation_deg=50.0, sun_elevation_deg=sun)
    assert np.all(np.diff(sky) > 0.0)
    assert np.diff(np.log(sky)).max() < 0.016


def test_twilight_is_patat() -> None:
    """Published: Patat et al. 2006, table 1: zenith V for the Sun at -5, -10 and -12 deg."""
    for sun, magnitude in ((-5.0, 11.84), (-10.0, 18.005), (-12.0, 19.673)):
        sky = sunlight_w_m2_sr_um(wavelength_m=550e-9, elevation_deg=90.0, sun_elevation_deg=sun)
        assert sky == pytest.approx(1544.0 * 10 ** (-0.4 * magnitude), rel=1e-6)
    assert sunlight_w_m2_sr_um(wavelength_m=850e-9, elevation_deg=90.0, sun_elevation_deg=-18.0) < 0.1 * zenith()


def test_daylight_anchor() -> None:
    """Clear zenith luminance of 1 to 5 kcd/m2 with the Sun at 45 deg is 15 to 75 W m-2 sr-1 um-1 at 550 nm.

    At 850 nm Er-long's clear day has 1.5, "near Rayleigh"; half of ours is Rayleigh scattering.
    """
    assert 15.0 < sunlight_w_m2_sr_um(wavelength_m=550e-9, elevation_deg=90.0, sun_elevation_deg=45.0) < 75.0
    assert 1.5 < sunlight_w_m2_sr_um(wavelength_m=850e-9, elevation_deg=90.0, sun_elevation_deg=45.0) < 10.0


def test_er_long_is_brighter_as_documented() -> None:
    """Er-long's moonlit class against ours at 850 nm, and its ratio to Krisciunas-Schaefer in V: 12 to 25 times."""
    table = float(NightClass().sky_radiance_w_m2_sr_um(seen(), SkyLight(**FULL_MOON_45), wavelength_m=850e-9))
    in_v = zenith(550e-9, **FULL_MOON_45) - zenith(550e-9)
    assert 12.0 < table / in_v < 25.0
    assert 30.0 < table / zenith(**FULL_MOON_45) < 100.0


def test_light_pollution() -> None:
    """Analytic: 18 mag/arcsec2 is 1544 x 10^-7.2; a natural sky adds nothing."""
    assert light_pollution_w_m2_sr_um(18.0) == pytest.approx(1544 * (10**-7.2 - 10 ** (-0.4 * 21.83)), rel=1e-12)
    assert light_pollution_w_m2_sr_um(22.0) == 0.0
    city = NaturalSky(sky_quality_v_mag_arcsec2=18.0, light_pollution_w_m2_sr_um=1e-5)
    terms = city.terms_w_m2_sr_um(seen(), SkyLight(**DARK), wavelength_m=850e-9)
    assert terms["light_pollution"] == pytest.approx(1e-5 + float(light_pollution_w_m2_sr_um(18.0)))
    assert terms["moonlight"] == 0.0
    low = city.terms_w_m2_sr_um(seen(20.0), SkyLight(**DARK), wavelength_m=850e-9)
    assert low["light_pollution"] > terms["light_pollution"]
    assert low["airglow"] > terms["airglow"]


def test_solar_spectrum() -> None:
    """ASTM G173: about half of the 550 nm irradiance is left at 850 nm, an eighth to a seventh at 1550 nm."""
    assert solar_ratio(850e-9) == pytest.approx(0.53, abs=0.03)
    assert solar_ratio(1550e-9) == pytest.approx(0.146, abs=0.01)


def test_outside_the_tables_is_warned_of() -> None:
    with pytest.warns(ValidityWarning) as caught:
        NaturalSky().sky_radiance_w_m2_sr_um(seen(), SkyLight(**DARK), wavelength_m=3e-6)
    assert {str(warning.message)[:21] for warning in caught} == {"Airglow at 3000 nm is", "Sky brightness at 3000"[:21]}


def test_a_sky_that_cannot_be() -> None:
    for wrong in ({"extinction_v_mag": 0.0}, {"airglow_factor": -1.0}, {"sky_quality_v_mag_arcsec2": 40.0}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            NaturalSky(**wrong)


@settings(max_examples=60)
@given(
    wavelength=st.floats(400e-9, 2000e-9),
    elevation=st.floats(0.1, 90.0),
    sun=st.floats(-90.0, 90.0),
    moon=st.floats(-90.0, 90.0),
    lit=st.floats(0.0, 1.0),
    separation=st.floats(0.0, 180.0),
)
def test_every_sky_has_a_brightness(
    wavelength: float, elevation: float, sun: float, moon: float, lit: float, separation: float
) -> None:
    sky = NaturalSky(sky_quality_v_mag_arcsec2=20.0).terms_w_m2_sr_um(
        seen(elevation),
        SkyLight(sun_elevation_deg=sun, moon_elevation_deg=moon, moon_illumination=lit, moon_separation_deg=separation),
        wavelength_m=wavelength,
    )
    for name, term in sky.items():
        assert np.isfinite(term), name
        assert term >= 0.0, name
        assert term < 1e6, name  # the Sun's aureole at the zenith
