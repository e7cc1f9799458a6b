"""Slips of units: what cannot be is refused, what nobody has is warned of, and the likely slip is named."""

from __future__ import annotations

import warnings

import pytest

import satqkd as sq
from satqkd import catalog
from satqkd.errors import InputError, SatqkdWarning

REFUSED = [
    ("link.receiver.filter_bandwidth_m", 1.0, "1 nm is 1e-9"),
    ("link.receiver.filter_bandwidth_m", 1e-5, "1 nm is 1e-9"),  # wider than its own wavelength
    ("link.receiver.field_of_view_rad", 100.0, "100 urad is 1e-4"),
    ("link.receiver.pointing_jitter_rad", 5.0, "1 urad is 1e-6"),
    ("link.transmitter.divergence_rad", 10.0, "10 urad is 10e-6"),
    ("link.transmitter.pointing_bias_rad", 4.0, "1 urad is 1e-6"),
    ("link.detector.dead_time_s", 50.0, "50 ns is 50e-9"),
    ("link.detector.gate_s", 2.0, "2 ns is 2e-9"),
    ("link.detector.jitter_s", 350.0, "150 ps is 150e-12"),
    ("link.detector.dark_count_hz", 1e-6, "a probability per gate"),
    ("link.detector.efficiency", 50.0, "50 % is 0.5"),
    ("link.receiver.optics_transmittance", 16.0, "50 % is 0.5"),
    ("protocol.misalignment_error", 1.0, "1 % is 0.01"),
    ("protocol.key_basis_probability", 50.0, "50 % is 0.5"),
]
WARNED = [
    ("link.receiver.aperture_m", 60.0, "60 cm is 0.60"),
    ("stations.xinglong.aperture_m", 60.0, "60 cm is 0.60"),
    ("link.transmitter.aperture_m", 30.0, "60 cm is 0.60"),
    ("link.transmitter.pointing_jitter_rad", 1.2, "1 urad is 1e-6"),
    ("link.receiver.field_of_view_rad", 0.1, "100 urad is 1e-4"),
    ("link.detector.dead_time_s", 0.05, "50 ns is 50e-9"),
    ("link.atmosphere.zenith_extinction_db", 50.0, "not in dB/km"),
    ("passes.max_range_m", 1200.0, "1200 km is 1.2e6"),
    ("protocol.clock_rate_hz", 100.0, "100 MHz is 1e8"),
]


@pytest.fixture(scope="module")
def flight():
    return sq.load_scenario("micius-xinglong-2016-12-19")


@pytest.mark.parametrize(("key", "value", "slip"), REFUSED)
def test_what_cannot_be_is_refused(flight, key, value, slip):
    with pytest.raises(InputError) as told:
        flight.with_({key: value})
    assert slip in told.value.hint
    assert f"{value:g}" in told.value.message or repr(value) in told.value.message


@pytest.mark.parametrize(("key", "value", "slip"), WARNED)
def test_what_nobody_has_is_warned_of(flight, key, value, slip):
    with pytest.warns(SatqkdWarning, match=slip.replace("(", r"\(")):
        flight.with_({key: value})


@pytest.mark.filterwarnings("ignore::satqkd.errors.Notice")
def test_visibility_in_kilometres(flight):
    with pytest.warns(SatqkdWarning, match="23 km is 23000"):
        flight.with_({"link.atmosphere.model": "visibility", "link.atmosphere.visibility_m": 23.0})


def test_perfect_hardware_and_all_that_is_shipped_pass(flight):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        perfect = dict.fromkeys(("dark_count_hz", "dead_time_s", "jitter_s", "afterpulse_probability"), 0.0)
        flight.with_({f"link.detector.{name}": value for name, value in perfect.items()})
        for name in catalog.entries("scenarios"):
            assert sq.load_scenario(name).sites
        for name, terminal in catalog.entries("terminals").items():
            values = flight.to_dict()
            values["link"] = {key: values["link"][key] for key in ("atmosphere", "background")}
            parts = [name] if terminal["kind"] == "link" else [name, "micius"]
            source = terminal.get("source", {}).get("protocol", "decoy-bb84")
            if source == "decoy-bb84":
                sq.load_scenario({**values, "link": {**values["link"], "terminal": parts}})


def test_a_field_of_view_below_diffraction_is_told(flight):
    with pytest.warns(SatqkdWarning, match=r"2\.44 lambda/D = 2\.07e-06 rad for 1 m"):
        sq.budget(flight.with_({"link.receiver.field_of_view_rad": 1e-7}), elevation_deg=45.0)


def test_a_divergence_below_diffraction_is_told(flight):
    with pytest.warns(SatqkdWarning, match=r"3\.6 times narrower than an aperture of 0\.3 m can send at 848\.6 nm"):
        sq.budget(flight.with_({"link.transmitter.divergence_rad": 1e-6}), elevation_deg=45.0)
