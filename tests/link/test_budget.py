import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from satqkd.errors import InputError
from satqkd.link.atmosphere import ClearSkyTable, Visibility, ZenithExtinction
from satqkd.link.background import FixedRadiance
from satqkd.link.beam import Transmitter
from satqkd.link.budget import Link, LinkBudget, link_budget
from satqkd.link.detector import Detector
from satqkd.link.receiver import Receiver

EARTH_RADIUS_M = 6_371_000.0
MICIUS_HEIGHT_M = 493_000.0  # between the 490 and 500 km of the check


def elevation_at(range_m: np.ndarray, height_m: float = MICIUS_HEIGHT_M) -> np.ndarray:
    """Elevation of a satellite above a spherical Earth, from its distance."""
    sine = (height_m * (2 * EARTH_RADIUS_M + height_m) - range_m**2) / (2 * EARTH_RADIUS_M * range_m)
    return np.degrees(np.arcsin(sine))


def test_micius_loss_over_range(micius_link: Link) -> None:
    """Independent program, given to 0.1 dB (the last to 1 dB): published hardware, nothing fitted to the flight."""
    range_m = np.array([645, 700, 800, 900, 1000, 1100, 1180]) * 1e3
    budget = link_budget(micius_link, elevation_deg=elevation_at(range_m), range_m=range_m)
    assert budget.link_loss_db[:-1] == pytest.approx([28.7, 29.7, 31.5, 33.2, 34.9, 36.6], abs=0.06)
    assert budget.link_loss_db[-1] == pytest.approx(38.0, abs=0.5)


def test_terms_add_up_and_are_counted_once(micius_link: Link) -> None:
    budget = link_budget(micius_link, elevation_deg=[20.0, 60.0], range_m=[1.1e6, 5.6e5])
    channel = budget.geometric_db + budget.pointing_db + budget.atmosphere_db + budget.turbulence_db
    assert budget.channel_loss_db == pytest.approx(channel, abs=1e-12)
    assert budget.receiver_optics_db == pytest.approx(-10 * np.log10(0.16), abs=1e-12)
    assert budget.link_loss_db == pytest.approx(channel + 7.9588, abs=1e-4)
    assert budget.total_loss_db == pytest.approx(budget.link_loss_db + 3.0103, abs=1e-4)
    assert budget.transmittance == pytest.approx(10 ** (-budget.total_loss_db / 10), rel=1e-12)


def test_columns_share_a_shape_and_cannot_be_written(micius_link: Link) -> None:
    budget = link_budget(
        micius_link, elevation_deg=np.full((5, 1), 30.0), range_m=np.full(3, 8e5), sun_elevation_deg=-30.0
    )
    for field in dataclasses.fields(LinkBudget):
        column = getattr(budget, field.name)
        assert column.shape == (5, 3)
        with pytest.raises(ValueError, match="read-only"):
            column[0, 0] = 1.0


def test_default_sky_is_dark(micius_link: Link) -> None:
    dark = link_budget(micius_link, elevation_deg=45.0, range_m=7e5)
    moonlit = link_budget(micius_link, elevation_deg=45.0, range_m=7e5, moon_elevation_deg=30.0, moon_illumination=1.0)
    assert moonlit.background_cps == pytest.approx(100 * dark.background_cps, rel=1e-6)
    assert moonlit.noise_probability > dark.noise_probability


def test_a_station_must_bring_a_telescope(micius_link: Link) -> None:
    blind = dataclasses.replace(micius_link, receiver=dataclasses.replace(micius_link.receiver, aperture_m=None))
    with pytest.raises(InputError, match="aperture_m"):
        link_budget(blind, elevation_deg=45.0, range_m=7e5)


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
def test_bad_arguments_are_named(micius_link: Link, wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        link_budget(micius_link, **({"elevation_deg": 45.0, "range_m": 7e5} | wrong))


def test_a_wavelength_in_nanometres_is_caught(micius_link: Link) -> None:
    with pytest.raises(InputError, match="wavelength_m"):
        dataclasses.replace(micius_link, wavelength_m=850.0)


def test_scenario_loader_reads_the_same_nouns(micius_link: Link) -> None:
    """The nouns are what a scenario file is checked against: round trip, and an unknown key refused."""
    link = TypeAdapter(Link)
    table = dataclasses.asdict(micius_link)
    assert link.validate_python(table) == micius_link
    table["transmitter"]["aperture"] = 0.3
    with pytest.raises(ValidationError, match="aperture"):
        link.validate_python(table)


@settings(max_examples=80)
@given(
    wavelength=st.floats(400e-9, 2000e-9),
    transmitter=st.floats(0.01, 5.0),
    receiver=st.floats(0.01, 5.0),
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
    """Elevation 0.1 to 90 deg, 400 to 2000 nm, 0.01 to 5 m, 200 to 40,000 km: finite, >= 0, farther is darker."""
    base = Link(
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
        budget = link_budget(link, elevation_deg=np.linspace(90.0, 0.1, 40), range_m=np.geomspace(2e5, 4e7, 40))
        for field in dataclasses.fields(LinkBudget):
            column = getattr(budget, field.name)
            assert np.all(np.isfinite(column)), field.name
            assert np.all(column >= 0.0), field.name
        assert np.all(np.diff(budget.transmittance) <= 0.0)


def test_clear_sky_and_pinned_extinction_differ_as_stated(micius_link: Link) -> None:
    """Pin: over the 19 Dec 2016 pass the clear-sky table is 3 to 7 dB short of the effective 2.7 dB zenith loss."""
    range_m = np.array([645e3, 1180e3])
    at = {"elevation_deg": elevation_at(range_m), "range_m": range_m}
    clear = link_budget(dataclasses.replace(micius_link, atmosphere=ClearSkyTable()), **at)
    short = link_budget(micius_link, **at).link_loss_db - clear.link_loss_db
    assert np.all((short > 2.5) & (short < 7.0))
