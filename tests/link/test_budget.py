import dataclasses
import warnings

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from pydantic import TypeAdapter, ValidationError

from satqkd.errors import InputError
from satqkd.link.air.extinction import Visibility, ZenithExtinction
from satqkd.link.air.turbulence import HufnagelValley
from satqkd.link.background.natural_sky import NaturalSky
from satqkd.link.background.radiance import FixedRadiance
from satqkd.link.beam.diffraction import TruncatedGaussian
from satqkd.link.beam.transmitters import CollimatedGaussian, Transmitter
from satqkd.link.downlink import Downlink
from satqkd.link.receiver.detector import Detector
from satqkd.link.receiver.telescope import Receiver
from satqkd.link.sight import LineOfSight, SkyLight
from satqkd.link.terms import term_names
from tests.support.sight import budget_at, seen

COLUMNS = (*term_names(), "background_cps", "noise_probability")

EARTH_RADIUS_M = 6_371_000.0
MICIUS_HEIGHT_M = 493_000.0  # between the 490 and 500 km of the check


def elevation_at(range_m: np.ndarray, height_m: float = MICIUS_HEIGHT_M) -> np.ndarray:
    """Elevation of a satellite above a spherical Earth, from its distance."""
    sine = (height_m * (2 * EARTH_RADIUS_M + height_m) - range_m**2) / (2 * EARTH_RADIUS_M * range_m)
    return np.degrees(np.arcsin(sine))


def test_micius_loss_over_range(micius_link: Downlink) -> None:
    """Independent program, given to 0.1 dB (the last to 1 dB): published hardware, nothing fitted to the flight."""
    range_m = np.array([645, 700, 800, 900, 1000, 1100, 1180]) * 1e3
    budget = budget_at(micius_link, elevation_deg=elevation_at(range_m), range_m=range_m)
    assert budget.link_loss_db[:-1] == pytest.approx([28.7, 29.7, 31.5, 33.2, 34.9, 36.6], abs=0.06)
    assert budget.link_loss_db[-1] == pytest.approx(38.0, abs=0.5)


def test_terms_add_up_and_are_counted_once(micius_link: Downlink) -> None:
    budget = budget_at(micius_link, elevation_deg=[20.0, 60.0], range_m=[1.1e6, 5.6e5])
    channel = budget.geometric_db + budget.pointing_db + budget.atmosphere_db + budget.turbulence_db
    assert budget.channel_loss_db == pytest.approx(channel, abs=1e-12)
    assert budget.receiver_optics_db == pytest.approx(-10 * np.log10(0.16), abs=1e-12)
    assert budget.link_loss_db == pytest.approx(channel + 7.9588, abs=1e-4)
    assert budget.total_loss_db == pytest.approx(budget.link_loss_db + 3.0103, abs=1e-4)
    assert budget.transmittance == pytest.approx(10 ** (-budget.total_loss_db / 10), rel=1e-12)


def test_columns_share_a_shape_and_cannot_be_written(micius_link: Downlink) -> None:
    budget = budget_at(
        micius_link, elevation_deg=np.full((5, 1), 30.0), range_m=np.full(3, 8e5), sun_elevation_deg=-30.0
    )
    for name in COLUMNS:
        column = getattr(budget, name)
        assert column.shape == (5, 3)
        with pytest.raises(ValueError, match="read-only"):
            column[0, 0] = 1.0


def test_default_sky_is_dark(micius_link: Downlink) -> None:
    dark = budget_at(micius_link, elevation_deg=45.0, range_m=7e5)
    moonlit = budget_at(micius_link, elevation_deg=45.0, range_m=7e5, moon_elevation_deg=30.0, moon_illumination=1.0)
    assert moonlit.background_cps == pytest.approx(100 * dark.background_cps, rel=1e-6)
    assert moonlit.noise_probability > dark.noise_probability


def test_a_station_must_bring_a_telescope(micius_link: Downlink) -> None:
    blind = dataclasses.replace(micius_link, receiver=dataclasses.replace(micius_link.receiver, aperture_m=None))
    with pytest.raises(InputError, match="aperture_m"):
        budget_at(blind, elevation_deg=45.0, range_m=7e5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"elevation_deg": float("nan")},
        {"range_m": 0.0},
        {"altitude_m": 1e5},
        {"sun_elevation_deg": 100.0},
        {"moon_illumination": 1.5},
    ],
)
def test_bad_arguments_are_named(micius_link: Downlink, wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        budget_at(micius_link, **({"elevation_deg": 45.0, "range_m": 7e5} | wrong))


def test_a_wavelength_in_nanometres_is_caught(micius_link: Downlink) -> None:
    with pytest.raises(InputError, match="wavelength_m"):
        dataclasses.replace(micius_link, wavelength_m=850.0)


def test_scenario_loader_reads_the_same_nouns(micius_link: Downlink) -> None:
    """The nouns are what a scenario file is checked against: round trip, and an unknown key refused."""
    link = TypeAdapter(Downlink)
    table = dataclasses.asdict(micius_link)
    assert link.validate_python(table) == micius_link
    table["transmitter"]["aperture"] = 0.3
    with pytest.raises(ValidationError, match="aperture"):
        link.validate_python(table)


@pytest.mark.filterwarnings("ignore:link.transmitter.divergence_rad:satqkd.errors.ValidityWarning")
@settings(max_examples=80)
@given(
    wavelength=st.floats(400e-9, 2000e-9),
    transmitter=st.floats(0.01, 5.0),
    receiver=st.floats(0.05, 5.0),  # less, and the field of view cuts into the Airy disc
    divergence=st.floats(1e-6, 1e-3),
    jitter=st.floats(0.0, 1e-4),
    bias=st.floats(0.0, 1e-4),
    visibility=st.floats(100.0, 1e5),
)
def test_budget_is_finite_and_monotone(
    wavelength: float,
    transmitter: float,
    receiver: float,
    divergence: float,
    jitter: float,
    bias: float,
    visibility: float,
) -> None:
    """Elevation 0.1 to 90 deg, 400 to 2000 nm, 0.05 to 5 m, 200 to 40,000 km: finite, >= 0, farther is darker."""
    base = Downlink(
        wavelength_m=wavelength,
        transmitter=Transmitter(
            aperture_m=transmitter,
            divergence_rad=divergence,
            divergence_definition="1/e2",
            pointing_jitter_rad=jitter,
            pointing_bias_rad=bias,
        ),
        receiver=Receiver(aperture_m=receiver, field_of_view_rad=1e-4, filter_bandwidth_m=1e-9),
        detector=Detector(efficiency=0.5, dark_count_hz=25.0, gate_s=2e-9),
        atmosphere=Visibility(visibility_m=visibility),
        background=FixedRadiance(radiance_w_m2_sr_um=1e-5),
    )
    for link in (base, dataclasses.replace(base, atmosphere=ZenithExtinction(zenith_extinction_db=1.0))):
        budget = budget_at(link, elevation_deg=np.linspace(90.0, 0.1, 40), range_m=np.geomspace(2e5, 4e7, 40))
        for name in COLUMNS:
            column = getattr(budget, name)
            assert np.all(np.isfinite(column)), name
            assert np.all(column >= 0.0), name
        assert np.all(np.diff(budget.transmittance) <= 0.0)


RANGES_M = np.geomspace(2e5, 4e7, 30)
ELEVATIONS_DEG = np.linspace(90.0, 0.1, 30)


@settings(max_examples=40, deadline=None)
@given(
    wavelength=st.floats(400e-9, 2000e-9),
    transmitter=st.floats(0.01, 5.0),
    waist=st.floats(0.2, 5.0),
    shadow=st.floats(0.0, 0.8),
    receiver=st.floats(0.05, 5.0),  # less, and the field of view cuts into the Airy disc
    jitter=st.floats(0.0, 1e-4),
    tracking=st.floats(0.0, 1e-4),
    sun=st.floats(-90.0, 90.0),
    moon=st.floats(-90.0, 90.0),
    lit=st.floats(0.0, 1.0),
    separation=st.floats(0.0, 180.0),
)
def test_every_model_over_the_whole_domain(
    wavelength: float, transmitter: float, waist: float, shadow: float, receiver: float, jitter: float,
    tracking: float, sun: float, moon: float, lit: float, separation: float,
) -> None:  # fmt: skip
    """Every model at once: finite, >= 0, and each validity limit that is crossed is warned of exactly once."""
    optics = Receiver(
        aperture_m=receiver,
        obscuration_ratio=0.3,
        field_of_view_rad=1e-4,
        filter_bandwidth_m=1e-9,
        pointing_jitter_rad=tracking,
        filter_shape="gaussian",
    )
    for sender in (
        CollimatedGaussian(waist_radius_m=transmitter / 2, pointing_jitter_rad=jitter),
        TruncatedGaussian(
            aperture_m=transmitter,
            waist_radius_m=waist * transmitter / 2,
            obscuration_ratio=shadow,
            pointing_jitter_rad=jitter,
            pointing_jitter_elevations_deg=(10.0, 90.0),
            pointing_jitter_factors=(3.0, 1.0),
        ),
    ):
        link = Downlink(
            wavelength_m=wavelength,
            transmitter=sender,
            receiver=optics,
            detector=Detector(efficiency=0.5, dark_count_hz=25.0, gate_s=2e-9, jitter_s=1e-9),
            atmosphere=Visibility(visibility_m=23e3),
            background=NaturalSky(sky_quality_v_mag_arcsec2=20.0),
            turbulence=HufnagelValley(),
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            budget = budget_at(
                link,
                elevation_deg=ELEVATIONS_DEG,
                range_m=RANGES_M,
                altitude_m=500.0,
                range_rate_m_s=7e3,
                sun_elevation_deg=sun,
                moon_elevation_deg=moon,
                moon_illumination=lit,
                moon_separation_deg=separation,
            )
        near_field = isinstance(sender, TruncatedGaussian) and (transmitter / 2) ** 2 / (wavelength * 2e5) > 0.1
        said = [str(warning.message).split(" at ")[0] for warning in caught]
        assert said == near_field * ["Diffraction"] + ["Turbulence"]
        for name in COLUMNS:
            column = getattr(budget, name)
            assert np.all(np.isfinite(column)), name
            assert np.all(column >= 0.0), name
        assert np.all((budget.transmittance >= 0.0) & (budget.transmittance <= 1.0))
        assert np.all(np.diff(budget.turbulence_db) >= -1e-6)


def test_seeing_and_tracking_are_told_apart(micius_link: Downlink) -> None:
    """Tracking errors against the stop are pointing, what seeing adds is turbulence, and neither is counted twice."""
    narrow = dataclasses.replace(micius_link.receiver, field_of_view_rad=2e-5, pointing_jitter_rad=4e-6)
    at = {"elevation_deg": 30.0, "range_m": 9e5, "altitude_m": 890.0}
    plain = budget_at(micius_link, **at)
    tracked = budget_at(dataclasses.replace(micius_link, receiver=narrow), **at)
    blurred = budget_at(dataclasses.replace(micius_link, receiver=narrow, turbulence=HufnagelValley()), **at)
    assert tracked.pointing_db > plain.pointing_db + 0.1
    assert tracked.turbulence_db == plain.turbulence_db == 0.0
    assert blurred.pointing_db == tracked.pointing_db
    r0 = HufnagelValley().fried_parameter_m(seen(30.0, altitude_m=890.0), wavelength_m=848.6e-9)
    through = narrow.field_stop_transmittance(r0, wavelength_m=848.6e-9)
    stop_db = blurred.pointing_db - plain.pointing_db + blurred.turbulence_db
    assert 10 ** (-stop_db / 10) == pytest.approx(float(through), rel=1e-9)


def test_doppler_against_a_narrow_filter(micius_link: Downlink) -> None:
    """7 km/s shift 848.6 nm by 20 pm: nothing to 1 nm, all to 30 pm with steep sides."""
    at = {"elevation_deg": 30.0, "range_m": 9e5, "range_rate_m_s": -7e3}
    assert budget_at(micius_link, **at).receiver_optics_db == pytest.approx(7.9588, abs=1e-4)
    etalon = dataclasses.replace(micius_link.receiver, filter_bandwidth_m=30e-12)
    blocked = budget_at(dataclasses.replace(micius_link, receiver=etalon), **at)
    assert blocked.receiver_optics_db == pytest.approx(3000.0)
    assert blocked.transmittance == pytest.approx(0.0, abs=1e-250)


def test_any_object_with_the_method_serves(micius_link: Downlink) -> None:
    class Fog:
        def transmittance(self, sight: LineOfSight, sky: SkyLight, *, wavelength_m: float) -> np.ndarray:
            return np.full(sight.elevation_deg.shape, 0.01)

    budget = budget_at(dataclasses.replace(micius_link, atmosphere=Fog()), elevation_deg=[10.0, 60.0], range_m=1e6)
    assert budget.atmosphere_db == pytest.approx([20.0, 20.0])
