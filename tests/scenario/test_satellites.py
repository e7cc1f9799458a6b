"""A satellite brings its terminal and limits, what is not known of it is said, one link never stands for two."""

from __future__ import annotations

import shutil

import pytest

import satqkd as sq
from satqkd import catalog
from satqkd.errors import InputError, Notice
from satqkd.scenario.satellites import LIMITS, home_scenario

MICIUS = "micius-beijing-vienna"


@pytest.fixture(scope="module")
def micius():
    return sq.load_scenario(MICIUS)


def test_what_the_catalogue_names_exists():
    for name, satellite in catalog.entries("satellites").items():
        if "terminal" in satellite:
            assert satellite["terminal"] in catalog.entries("terminals")
        if "scenario" in satellite:
            home = sq.load_scenario(satellite["scenario"])
            assert home.satellite_names == (name,)
            shown = {name: getattr(home.passes, name) for name in LIMITS}
            assert satellite["passes"] == {key: value for key, value in shown.items() if value is not None}
            terminal = catalog.entry("terminals", satellite["terminal"])
            assert home.link.wavelength_m == terminal["wavelength_m"]
            assert home.link.transmitter.divergence_rad == terminal["transmitter"]["divergence_rad"]


def test_a_satellite_brings_what_it_has_on_board_and_the_ground_stays(micius):
    with pytest.warns(Notice, match="spoqc brings what spoqc-hogs has on board"):
        changed = micius.with_({"satellites": ["spoqc"]})
    home = sq.load_scenario("spoqc-europe")
    assert changed.link.transmitter == home.link.transmitter
    assert changed.link.wavelength_m == home.link.wavelength_m
    assert changed.protocol.intensities == home.protocol.intensities
    assert changed.passes.min_elevation_deg == 20.0
    assert changed.passes.max_range_m is None
    assert changed.link.receiver == micius.link.receiver
    assert changed.link.detector == micius.link.detector
    assert changed.link.atmosphere == micius.link.atmosphere
    assert changed.link.polarization.source_error == 0.0025
    assert "link.transmitter.divergence_definition" in changed.assumed


def test_what_is_changed_beside_it_rules(micius):
    with pytest.warns(Notice):
        changed = micius.with_(
            {"satellites": ["spoqc"], "passes.min_elevation_deg": 35.0, "link.transmitter.pointing_jitter_rad": 2e-6}
        )
    assert changed.passes.min_elevation_deg == 35.0
    assert changed.link.transmitter.pointing_jitter_rad == 2e-6
    assert changed.link.transmitter.aperture_m == 0.08


def test_the_same_satellite_from_another_file_changes_nothing(micius, tmp_path):
    shutil.copy(catalog.data_file("satellites", "micius_qss_41731.3le"), tmp_path / "mine.3le")
    for name in ("mine.3le", "mine.3le#micius", "mine.3le#41731"):
        changed = micius.with_({"satellites": [str(tmp_path / name)]})
        assert changed.link == micius.link
        assert changed.passes == micius.passes


def test_a_satellite_is_known_by_its_number_in_an_own_file(micius, tmp_path):
    shutil.copy(catalog.data_file("satellites", "quantum_optical_2026-08-11.3le"), tmp_path / "many.3le")
    with pytest.warns(Notice, match="spoqc brings"):
        changed = micius.with_({"satellites": [str(tmp_path / "many.3le") + "#68423"]})
    assert changed.link.wavelength_m == 785e-9


def test_an_unknown_satellite_says_whose_terminal_it_flies(micius):
    with pytest.warns(
        Notice, match=r"no terminal of qube: that of micius is used \(848\.6 nm 0\.3 m 10 urad\), .* to 1200 km"
    ):
        changed = micius.with_({"satellites": ["qube"]})
    assert changed.link == micius.link


def test_two_terminals_in_one_scenario_are_refused_where_light_is_asked_for(micius):
    values = {**micius.to_dict(), "satellites": ["micius", "spoqc"], "days": 1}
    both = sq.load_scenario(values)
    for ask in (sq.analyze, lambda scenario: sq.budget(scenario, elevation_deg=45.0)):
        with pytest.raises(InputError, match="micius carries micius, spoqc carries spoqc-hogs"):
            ask(both)


@pytest.mark.filterwarnings("ignore::satqkd.errors.SatqkdWarning")
def test_passes_of_two_terminals_are_predicted_together(micius):
    values = {**micius.to_dict(), "satellites": ["micius", "spoqc"], "days": 1}
    assert len(sq.find_passes(sq.load_scenario(values)))


def test_a_satellite_is_at_home_in_its_scenario():
    assert home_scenario(["spoqc"]) == "spoqc-europe"
    assert home_scenario(["micius"]) == MICIUS
    assert home_scenario(["spoqc", "micius"]) is None
    assert home_scenario(["qube"]) is None
