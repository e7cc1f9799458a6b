"""Scenarios: checked with errors that name the key, frozen, changed by dotted keys, written back as they were."""

from __future__ import annotations

import dataclasses
import datetime as dt
import tomllib
from typing import get_args

import pytest

import satqkd as sq
from satqkd import catalog
from satqkd.errors import InputError, Notice, SatqkdWarning
from satqkd.fields import words_of
from satqkd.scenario import load_scenario

PRESETS = sorted(catalog.entries("scenarios"))


@pytest.fixture(scope="module")
def micius():
    return load_scenario("micius-beijing-vienna")


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_sound_and_come_back_from_toml_with_the_same_values(name, tmp_path):
    scenario = load_scenario(name)
    path = tmp_path / "again.toml"
    path.write_text(scenario.to_toml())
    again = load_scenario(path)
    assert again == scenario
    assert again.fingerprint == scenario.fingerprint
    assert all(site.link.receiver.aperture_m for site in scenario.sites)
    assert len(scenario.read_elements()) > 0


@pytest.mark.parametrize("name", PRESETS)
def test_presets_name_only_keys_that_exist_as_assumed(name):
    from satqkd.analysis import assumptions

    scenario = load_scenario(name)
    assert set(assumptions(scenario)) == set(scenario.assumed)


@pytest.mark.parametrize("name", PRESETS)
def test_every_number_of_a_preset_has_its_source_in_a_comment(name):
    in_protocol_or_link = False
    for line in catalog.data_file("scenarios", f"{name}.toml").read_text().splitlines():
        if line.startswith("["):
            in_protocol_or_link = line.startswith(("[link", "[protocol"))
        key, equals, value = line.partition(" = ")
        # Zero is the absence of something, and a name of a model is explained by the model.
        if in_protocol_or_link and equals and value[0] in "0123456789[" and value.strip() not in ("0.0", "0"):
            assert "#" in value, f"{name}: {key}"


def test_every_choice_of_a_model_has_its_own_tag_and_a_default_that_exists():
    from satqkd.link import downlink
    from satqkd.scenario import models

    link = (downlink.Atmosphere, downlink.Background, downlink.Transmission, downlink.Turbulence, downlink.Polarization)
    unions = (*link, models.DesignedOrbit, models.ProtocolTable)
    for union, chosen in map(get_args, unions):
        tags = [tag for noun in get_args(union) for tag in words_of(noun, chosen.by)]
        assert len(set(tags)) == len(tags)
        assert chosen.default in (None, *tags)


def test_a_mapping_and_a_file_give_the_same_scenario(micius):
    assert load_scenario(micius.to_dict()) == micius
    assert load_scenario(micius) is micius


def test_a_scenario_is_frozen(micius):
    with pytest.raises(dataclasses.FrozenInstanceError):
        micius.days = 3.0


def test_changes_leave_the_original_alone(micius):
    changed = micius.with_({"link.receiver.optics_transmittance": 0.3, "days": 2, "start": dt.date(2017, 6, 1)})
    assert changed.link.receiver.optics_transmittance == 0.3
    assert changed.start == dt.datetime(2017, 6, 1, tzinfo=dt.UTC)
    assert micius.link.receiver.optics_transmittance == 0.16
    assert changed.fingerprint != micius.fingerprint


def test_another_model_takes_its_own_parameters(micius):
    with pytest.warns(Notice, match=r"does not know link\.atmosphere\.zenith_extinction_db = 2\.7: gone"):
        table = micius.with_({"link.atmosphere.model": "clear-sky-table"})
    assert table.link.atmosphere.model == "clear-sky-table"
    back = table.with_({"link.atmosphere.zenith_extinction_db": 1.5, "link.atmosphere.model": "zenith-extinction"})
    assert back.link.atmosphere.zenith_extinction_db == 1.5


def test_quantities_and_astropy_times_are_accepted(micius):
    from astropy import units as u
    from astropy.time import Time

    changed = micius.with_(
        {
            "link.wavelength_m": 785 * u.nm,
            "passes.max_range_m": 900 * u.km,
            "start": Time("2017-05-25T01:02:03", scale="utc"),
        }
    )
    assert changed.link.wavelength_m == pytest.approx(785e-9, rel=1e-12)
    assert changed.passes.max_range_m == pytest.approx(9e5, rel=1e-12)
    assert changed.start == dt.datetime(2017, 5, 25, 1, 2, 3, tzinfo=dt.UTC)
    with pytest.raises(InputError, match="wavelength_m"):
        micius.with_({"link.wavelength_m": 3 * u.s})


def test_the_most_specific_telescope_rules(micius):
    def apertures(scenario):
        return {site.station.name: site.link.receiver.aperture_m for site in scenario.sites}

    assert apertures(micius) == {"xinglong": 1.0, "graz": 0.6}  # the catalogue's and the scenario's
    with pytest.warns(SatqkdWarning, match=r"does not reach graz.*stations\.graz\.aperture_m"):
        wide = micius.with_({"link.receiver.aperture_m": 1.2})
    assert apertures(wide) == {"xinglong": 1.2, "graz": 0.6}
    assert apertures(micius.with_({"stations.graz.aperture_m": 0.8})) == {"xinglong": 1.0, "graz": 0.8}
    assert apertures(micius.with_({"stations.xinglong.aperture_m": 0.8})) == {"xinglong": 0.8, "graz": 0.6}


def test_a_value_the_user_sets_is_no_assumption_any_more(micius):
    assert "stations.graz.aperture_m" in micius.assumed
    assert "stations.graz.aperture_m" not in micius.with_({"stations.graz.aperture_m": 0.8}).assumed


def test_a_station_may_have_its_own_sky(micius):
    changed = micius.with_(
        {
            "stations.graz.atmosphere": {"model": "visibility", "visibility_m": 23e3},
            "stations.graz.obscuration_ratio": 0.2,
        }
    )
    sites = {site.station.name: site.link for site in changed.sites}
    assert sites["graz"].atmosphere.model == "visibility"
    assert sites["graz"].receiver.obscuration_ratio == 0.2
    assert sites["xinglong"].atmosphere.model == "zenith-extinction"


BAD = {
    "unknown key": ({"link.receiver.apertur_m": 1.0}, r"unknown key 'apertur_m' in \[link\.receiver\].*'aperture_m'"),
    "unknown top key": ({"dayz": 3}, r"unknown key 'dayz'.*'days'"),
    "unknown table": ({"linq.wavelength_m": 1e-6}, r"unknown key 'linq'.*'link'"),
    "out of range": (
        {"link.detector.efficiency": 1.5},
        r"link\.detector\.efficiency = 1\.5 is out of range.*at most 1",
    ),
    "below range": ({"days": -1}, r"days = -1.* out of range.*greater than 0"),
    "text for a number": ({"days": "14"}, r"days = '14'"),
    "truth for a number": ({"days": True}, r"days = True"),
    "not finite": ({"days": float("nan")}, r"days = nan is not a finite number"),
    "unknown model": (
        {"link.atmosphere": {"model": "zenith-extincton"}},
        r"link\.atmosphere\.model.*'zenith-extinction'",
    ),
    "model missing": (
        {"link.atmosphere": {"zenith_extinction_db": 1.0}},
        r"\[link\.atmosphere\] lacks the key 'model'",
    ),
    "parameter missing": (
        {"link.atmosphere": {"model": "zenith-extinction"}},
        r"\[link\.atmosphere\] lacks the key 'zenith_extinction_db'",
    ),
    "parameter of another model": (
        {"link.atmosphere": {"model": "clear-sky-table", "zenith_extinction_db": 1.0}},
        r"unknown key 'zenith_extinction_db' in \[link\.atmosphere\]",
    ),
    "unknown word": ({"protocol.tail_bound": "chernof"}, r"protocol\.tail_bound = 'chernof'.*'chernoff'"),
    "probabilities": ({"protocol.probabilities": [0.5, 0.3, 0.3]}, r"\[protocol\].*probabilities"),
    "intensities": ({"protocol.intensities": [0.1, 0.8, 0.0]}, r"\[protocol\].*intensit"),
    "too few": ({"protocol.intensities": [0.8, 0.1]}, r"protocol\.intensities = \[0\.8, 0\.1\] has too few values"),
    "too many": ({"protocol.intensities": [0.8, 0.1, 0.0, 0.0]}, r"protocol\.intensities = .* has 4 values, not 3"),
    "no table": ({"link": 3}, r"link = 3 must be a table"),
    "unknown station in the relay": ({"relay.b": "gratz"}, r"relay\.b = 'gratz'.*'graz'"),
    "relay with itself": ({"relay.b": "xinglong"}, r"two different stations"),
    "station twice": ({"stations": ["graz", "graz"], "relay": None}, r"graz more than once"),
    "no station": ({"stations": [], "relay": None}, r"stations is empty"),
    "latitude": (
        {"stations": ["xinglong", {"name": "graz", "latitude_deg": 95, "longitude_deg": 0}]},
        r"stations\.graz\.latitude_deg = 95.*at most 90",
    ),
    "unknown station key": (
        {"stations.graz.altitud_m": 3.0},
        r"unknown key 'altitud_m' in \[stations\.graz\].*altitude_m",
    ),
    "not a station": ({"stations.gratz.altitude_m": 3.0}, r"stations\.gratz does not exist.*'graz'"),
    "no time": ({"start": "yesterday"}, r"start = 'yesterday' cannot be read as a time"),
    "value as a table": ({"days.x": 3}, r"days is a value, not a table"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_change_names_the_key_and_what_is_allowed(micius, case):
    changes, message = BAD[case]
    with pytest.raises(InputError, match=f"(?s){message}") as caught:
        micius.with_(changes)
    assert caught.value.exit_code == 2
    assert "pydantic" not in str(caught.value)


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(InputError, match=r"(?s)no scenario 'micius-bejing-vienna'.*'micius-beijing-vienna'"):
        load_scenario("micius-bejing-vienna")
    with pytest.raises(InputError, match=r"nowhere\.toml cannot be read"):
        load_scenario("nowhere.toml")


def test_unknown_station_and_satellite_are_named_when_used(micius):
    with pytest.raises(InputError, match=r"(?s)station 'gratz'.*'graz'"):
        _ = micius.with_({"stations": ["gratz", "xinglong"], "relay": None}).sites
    with pytest.raises(InputError, match=r"(?s)'micus' is neither.*'micius'"):
        micius.with_({"satellites": ["micus"]}).read_elements()


def test_a_station_without_telescope_is_refused(micius):
    with pytest.raises(InputError, match=r"'vienna' has no telescope.*(?s:.*)stations\.vienna\.aperture_m"):
        _ = micius.with_({"stations": ["vienna"], "relay": None}).sites


def test_broken_toml_names_file_and_line(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text("name = \n")
    with pytest.raises(InputError, match=r"broken\.toml is not valid TOML.*line 1"):
        load_scenario(path)


def test_element_files_are_meant_from_the_scenario_file(tmp_path, micius):
    elements = catalog.data_file("satellites", "micius_qss_41731.3le").read_text()
    (tmp_path / "mine.3le").write_text(elements)
    values = micius.to_dict() | {"satellites": ["mine.3le"]}
    import tomli_w

    (tmp_path / "mine.toml").write_text(tomli_w.dumps(values))
    scenario = load_scenario(tmp_path / "mine.toml")
    assert len(scenario.read_elements()) == 75
    one = scenario.with_({"satellites": [f"{tmp_path / 'mine.3le'}#41731"]}).read_elements()
    assert one.satellites == ("41731",)
    with pytest.raises(InputError, match="has no satellite 'spoqc'"):
        scenario.with_({"satellites": [f"{tmp_path / 'mine.3le'}#spoqc"]}).read_elements()


def test_the_public_face_loads_scenarios():
    assert sq.load_scenario("micius-nanshan-2017").station_names == ("nanshan",)
    assert tomllib.loads(sq.load_scenario("micius-nanshan-2017").to_toml())["name"] == "micius-nanshan-2017"


WALKER = {
    "model": "walker", "name": "demo", "altitude_m": 6e5, "inclination_deg": 97.8, "satellites": 4, "planes": 2,
    "phasing": 1,
}  # fmt: skip


def test_designed_orbits_fly_like_any_other(micius, tmp_path):
    noon = {"model": "sun-synchronous", "name": "dusk", "altitude_m": 5e5, "ltan_hours": 18.0}
    scenario = micius.with_({"satellites": [WALKER, noon, "micius"], "days": 1})
    elements = scenario.read_elements()
    assert {"demo-1-1", "demo-2-2", "dusk", "micius"} < set(elements.satellites)
    assert len(elements.satellites) == 6
    path = tmp_path / "designed.toml"
    path.write_text(scenario.to_toml())
    assert load_scenario(path) == scenario
    table = sq.find_passes(scenario)
    assert set(table["satellite"]) == set(elements.satellites)
    assert table.groupby("satellite").size().min() >= 4
    assert scenario.satellite_names == ("demo", "dusk", "micius")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"planes": 3}, "evenly over 3 planes"),
        ({"altitude_m": -5.0}, "altitude_m"),
        ({"model": "walter"}, "'walker'"),
        ({"satelites": 4}, "'satellites'"),
    ],
)
def test_a_bad_design_is_refused(micius, change, message):
    with pytest.raises(InputError, match=f"(?s){message}"):
        micius.with_({"satellites": [WALKER | change]})


LINKS = sorted(name for name, one in catalog.entries("terminals").items() if one["kind"] == "link")


@pytest.mark.parametrize("name", [name for name in LINKS if name != "sota"])
def test_a_terminal_brings_all_of_its_hardware(micius, name):
    terminal = catalog.entry("terminals", name)
    scenario = load_scenario(
        {
            "name": "mine",
            "start": "2017-05-22",
            "days": 1,
            "satellites": ["micius"],
            "stations": ["xinglong"],
            "link": {
                "terminal": name,
                "atmosphere": {"model": "clear-sky-table"},
                "background": {"model": "night-class"},
            },
            "protocol": {"key_basis_probability": 0.5},
        }
    )
    assert scenario.link.wavelength_m == terminal["wavelength_m"]
    assert scenario.link.receiver.optics_transmittance == terminal["receiver"]["optics_transmittance"]
    assert scenario.protocol.clock_rate_hz == terminal["source"]["clock_rate_hz"]
    assert scenario.link.polarization.source_error == terminal["source"].get("source_error", 0.0)
    assert "terminal" not in scenario.to_dict()["link"]
    assert len(scenario.assumed) == len(terminal["assumed"])
    changed = micius.with_({"link.terminal": name})
    assert changed.link.transmitter == scenario.link.transmitter
    assert changed.link.detector == scenario.link.detector
    assert changed.protocol.intensities == scenario.protocol.intensities
    assert changed.link.atmosphere == micius.link.atmosphere


def test_a_detector_of_the_catalogue_replaces_the_detector_only(micius):
    changed = micius.with_({"link.terminal": "detector-snspd-nbtin"})
    assert (
        changed.link.detector.efficiency == catalog.entry("terminals", "detector-snspd-nbtin")["detector"]["efficiency"]
    )
    assert changed.link.transmitter == micius.link.transmitter
    assert changed.link.wavelength_m == micius.link.wavelength_m
    both = micius.with_({"link.terminal": ["detector-snspd-nbtin", "jinan-1-like"]})
    assert both.link.detector == changed.link.detector
    assert both.link.transmitter.aperture_m == 0.2


def test_an_unknown_terminal_suggests_the_nearest(micius):
    with pytest.raises(InputError, match=r"(?s)no terminal 'mikius'.*'micius'"):
        micius.with_({"link.terminal": "mikius"})


def test_the_micius_presets_fly_the_terminal_of_the_catalogue(micius):
    terminal = catalog.entry("terminals", "micius")
    for part in ("transmitter", "receiver", "detector"):
        own = micius.to_dict()["link"][part]
        for key, value in terminal[part].items():
            # The station brings its telescope; the terminal's dead time is assumed and changes nothing at these rates.
            if (part, key) not in {("receiver", "aperture_m"), ("detector", "dead_time_s")}:
                assert own[key] == value, (part, key)
