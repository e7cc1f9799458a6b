"""Whose telescope, whose sky: a station's word rules over the link's, that over the terminal's and the catalogue's."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import pytest

import satqkd as sq
from satqkd.errors import InputError, SatqkdWarning
from satqkd.scenario import load_scenario

NIGHT = {"start": "2017-05-22", "days": 3.0}


@pytest.fixture(scope="module")
def micius():
    return load_scenario("micius-beijing-vienna")


def site(scenario, name):
    return next(one for one in scenario.sites if one.station.name == name)


def test_a_station_gives_a_part_and_the_link_the_rest(micius):
    own = micius.with_({"stations.graz.detector.efficiency": 0.8, "stations.graz.receiver.field_of_view_rad": 5e-5})
    graz, xinglong = site(own, "graz").link, site(own, "xinglong").link
    assert (graz.detector.efficiency, xinglong.detector.efficiency) == (0.8, 0.5)
    assert graz.detector.gate_s == xinglong.detector.gate_s == 2e-9
    assert (graz.receiver.field_of_view_rad, xinglong.receiver.field_of_view_rad) == (5e-5, 1e-4)
    assert graz.receiver.aperture_m == 0.6


@pytest.mark.parametrize(
    ("key", "table"),
    [
        ("turbulence", {"model": "hufnagel-valley", "wind_m_s": 30.0}),
        ("polarization", {"model": "uncompensated", "focus": "nasmyth"}),
        ("background", {"model": "radiance", "radiance_w_m2_sr_um": 1e-4}),
        ("atmosphere", {"model": "visibility", "visibility_m": 1e4}),
    ],
)
def test_a_station_has_models_of_its_own(micius, key, table):
    own = micius.with_({f"stations.graz.{key}": table})
    assert getattr(site(own, "graz").link, key).model == table["model"]
    assert getattr(site(own, "xinglong").link, key) == getattr(micius.link, key)
    assert sq.load_scenario(own.to_dict()) == own


def test_a_model_of_the_link_s_kind_may_be_given_in_part(micius):
    link = micius.with_({"link.turbulence.model": "hufnagel-valley", "link.turbulence.ground_cn2": 3e-14})
    own = link.with_({"stations.graz.turbulence.wind_m_s": 30.0})
    graz = site(own, "graz").link.turbulence
    assert (graz.wind_m_s, graz.ground_cn2) == (30.0, 3e-14)
    assert own.origins()["stations.graz.turbulence.ground_cn2"] == "link"
    assert own.origins()["stations.graz.turbulence.wind_m_s"] == "set"
    assert sq.load_scenario(own.to_dict()) == own
    bases = micius.with_({"link.polarization.residual_rms_rad": 0.1, "stations.graz.polarization.source_error": 0.02})
    assert site(bases, "graz").link.polarization.residual_rms_rad == 0.1
    other = link.with_({"stations.graz.turbulence.model": "none"})
    assert site(other, "graz").link.turbulence.model == "none"


def test_light_counts_and_errors_are_those_of_the_station(micius):
    """Every station alone, with its values in the link, is what it is beside the other with values of its own."""
    changes = {
        "detector.efficiency": 0.8,
        "detector.dead_time_s": 1e-6,
        "detector.count": 2,
        "polarization.source_error": 0.02,
        "turbulence.model": "hufnagel-valley",
    }
    both = sq.analyze(micius.with_({f"stations.graz.{key}": value for key, value in changes.items()}), **NIGHT)
    link = {f"link.{key}": value for key, value in changes.items()}
    graz = {"stations": [{"name": "graz", "aperture_m": 0.6}], "relay": None, **link}
    alone = {"graz": graz, "xinglong": {"stations": ["xinglong"], "relay": None}}
    for name, values in alone.items():
        campaign = sq.analyze(micius.with_(values), **NIGHT)
        columns = ["pass_id", "detections", "sifted_bits", "qber", "min_link_loss_db", "secret_bits"]
        together = both.passes.loc[both.passes["station"] == name, columns].reset_index(drop=True)
        single = campaign.passes[columns].reset_index(drop=True)
        assert together.equals(single)
    row = int(both.passes.index[both.passes["usable"] & (both.passes["station"] == "graz")][0])
    samples = both.samples(row)
    assert (samples["qber_source"] > 0.015).any()
    assert (samples["turbulence_db"] > 0.0).all()


def test_optimised_blocks_know_their_own_detectors(micius):
    own = {"stations.graz.detector.dark_count_hz": 2000.0, "stations.graz.detector.count": 2, "key.optimize": True}
    both = sq.analyze(micius.with_(own), **NIGHT).passes
    link = {"link.detector.dark_count_hz": 2000.0, "link.detector.count": 2, "key.optimize": True}
    alone = sq.analyze(
        micius.with_({"stations": [{"name": "graz", "aperture_m": 0.6}], "relay": None, **link}), **NIGHT
    ).passes
    together = both.loc[both["station"] == "graz", "secret_bits"].to_numpy()
    assert together == pytest.approx(alone["secret_bits"].to_numpy(), rel=5e-3)


def test_a_detector_that_no_proof_covers_costs_its_own_station_only(micius):
    with pytest.warns(SatqkdWarning, match="efficiency_mismatch = 0.1"):
        found = sq.analyze(micius.with_({"stations.graz.detector.efficiency_mismatch": 0.1}), **NIGHT).passes
    bits = found.groupby("station")["secret_bits"].sum()
    assert bits["graz"] == 0
    assert bits["xinglong"] > 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stations.graz.detector.eficiency": 0.5}, "'eficiency'.*Did you mean 'efficiency'"),
        ({"stations.graz.detector.efficiency": 1.5}, "stations.graz.detector.efficiency = 1.5"),
        ({"stations.graz.receiver.aperture_m": 1.0}, "Give one of them"),
        ({"stations.graz.turbulence.model": "kolmogorov"}, "kolmogorov"),
        ({"stations.graz.receiver": 1.0}, "stations.graz.receiver"),
    ],
)
def test_what_a_station_cannot_say(micius, changes, words):
    with pytest.raises(InputError, match=f"(?s){words}"):
        micius.with_(changes)


def test_a_change_of_the_link_that_does_not_arrive_is_told(micius):
    own = micius.with_({"stations.graz.detector.efficiency": 0.8})
    with pytest.warns(SatqkdWarning, match=r"set stations\.graz\.detector\.efficiency"):
        own.with_({"link.detector.efficiency": 0.6})
    own.with_({"link.detector.dead_time_s": 1e-7})  # that one arrives


@pytest.mark.filterwarnings("ignore:the new model does not know:satqkd.errors.Notice")
def test_origins(micius, tmp_path):
    before = micius.origins()
    assert before["link.detector.efficiency"] == "preset micius-beijing-vienna"
    assert before["link.detector.dead_time_s"] == "default"
    assert before["stations.graz.latitude_deg"] == "catalogue of stations"
    after = micius.with_({"link.detector.dead_time_s": 1e-7, "stations.graz.detector.efficiency": 0.5}).origins()
    assert after["link.detector.dead_time_s"] == after["stations.graz.detector.efficiency"] == "set"
    assert after["link.detector.efficiency"] == "preset micius-beijing-vienna"
    other = micius.with_({"link.terminal": "spoqc-hogs"}).origins()
    assert other["link.transmitter.divergence_rad"] == "terminal spoqc-hogs"
    assert (
        micius.with_({"link.atmosphere.model": "visibility-table", "link.atmosphere.visibility_m": 2e4}).origins()[
            "link.atmosphere.visibility_m"
        ]
        == "set"
    )
    path = tmp_path / "mine.toml"
    path.write_text(micius.to_toml())
    assert load_scenario(path).origins()["link.detector.efficiency"] == "mine.toml"
    assert load_scenario(micius.to_dict()).origins()["days"] == "the mapping"
    assert pickle.loads(pickle.dumps(micius)).origins() == before
    assert set(before) >= set(after) - {"stations.graz.detector.efficiency"}


def test_satellites_that_bring_their_terminal_are_an_origin(micius):
    with pytest.warns(SatqkdWarning, match="spoqc brings"):
        found = micius.with_({"satellites": ["spoqc"]}).origins()
    assert found["link.transmitter.divergence_rad"] == "satellites = ['spoqc']"
    assert found["link.receiver.optics_transmittance"] == "preset micius-beijing-vienna"


def test_the_catalogue_is_no_origin_where_another_aperture_rules(micius):
    """The receiver of the station or of the link stands above it, and what is shown is what is used."""
    own = micius.with_({"stations": ["xinglong", {"name": "graz", "receiver": {"aperture_m": 0.8}}]}).origins()
    assert own["stations.graz.receiver.aperture_m"] == "set"
    assert "stations.graz.aperture_m" not in own
    assert own["stations.xinglong.aperture_m"] == "catalogue of stations"
    everywhere = micius.with_({"link.receiver.aperture_m": 1.2, "stations.graz.aperture_m": None}).origins()
    assert not [key for key in everywhere if key.startswith("stations.") and key.endswith("aperture_m")]


def test_origins_of_stations_that_are_named_only(micius):
    values = {**micius.to_dict(), "stations": ["xinglong", "graz"]}
    found = load_scenario(values).origins()
    assert found["stations.xinglong.name"] == found["stations.graz.name"] == "the mapping"
    assert "stations" not in found


def test_origins_do_not_ask_for_a_telescope(micius):
    values = {**micius.to_dict(), "stations": [{"name": "nowhere", "latitude_deg": 47.0, "longitude_deg": 15.0}]}
    del values["relay"]
    assert load_scenario(values).origins()["stations.nowhere.latitude_deg"] == "the mapping"


def test_nobody_knows_the_origins_of_a_copy(micius):
    """What was given must not pass for a default."""
    copy = replace(micius, days=3.0)
    assert copy.origins()["link.detector.efficiency"] == "not recorded"
    changed = copy.with_({"days": 4.0}).origins()
    assert (changed["days"], changed["link.detector.efficiency"]) == ("set", "not recorded")


def test_a_model_of_ones_own_is_an_origin(micius):
    class Mine:
        def zenith_transmittance(self) -> float:
            return 0.5

    own = replace(micius, link=replace(micius.link, atmosphere=Mine())).with_({"days": 2.0}).origins()
    assert own["link.atmosphere"] == "a model of your own"


def test_a_whole_receiver_that_does_not_arrive_is_told(micius):
    receiver = micius.to_dict()["link"]["receiver"]
    with pytest.warns(
        SatqkdWarning, match=r"link\.receiver\.aperture_m does not reach graz.*stations\.graz\.aperture_m"
    ):
        micius.with_({"link.receiver": {**receiver, "aperture_m": 1.0}})
    micius.with_({"link.receiver": {**receiver, "optics_transmittance": 0.3}})  # that one arrives


def test_the_command_shows_them_as_a_table(satqkd):
    shown = json.loads(satqkd("scenario", "show", "--origin", "--set", "days=3", "--format", "json").out)
    found = {row["key"]: (row["value"], row["origin"]) for row in shown["rows"]}
    assert found["days"] == (3, "set")
    assert found["stations.xinglong.aperture_m"] == (1.0, "catalogue of stations")
    assert found["passes.refraction"] == (False, "default")
    assert shown["meta"]["scenario"] == "micius-beijing-vienna"
    assert satqkd("scenario", "show", "--format", "json").code == 2


def test_the_lines_fit_a_terminal(satqkd):
    shown = satqkd("scenario", "show", "--origin").out.splitlines()
    assert max(map(len, shown)) <= 80
    assert any(line.startswith("description = Micius as a") and "...  # preset" in line for line in shown)


def test_the_command_shows_them(satqkd):
    shown = satqkd("scenario", "show", "--origin", "--set", "stations.graz.detector.efficiency=0.6").out.splitlines()
    line = next(line for line in shown if line.startswith("stations.graz.detector.efficiency"))
    assert line.split("  # ") == ["stations.graz.detector.efficiency = 0.6         ", "set"]
    assert "link.detector.dead_time_s = 0.0                   # default" in shown
    assert satqkd("scenario", "show", "--origin", "--original").code == 2
