"""What is shipped says how well it is known, in words from a list."""

import pytest

import satqkd as sq
from satqkd import catalog
from satqkd.errors import DataError

STATIONS = catalog.entries("stations")


@pytest.mark.parametrize("name", STATIONS)
def test_a_station_says_how_well_it_is_known(name):
    station = STATIONS[name]
    for key in ("position_status", "altitude_status", "aperture_status"):
        assert station[key] in catalog.STATUSES
    assert ("aperture_m" in station) == (station["aperture_status"] != "unknown")
    assert "position_source" in station or station["position_status"] == "unverified"
    assert station["altitude_m"] != 0.0


def test_another_word_is_refused(monkeypatch, tmp_path):
    text = catalog.data_file("stations", "ground_stations.csv").read_text().replace("contested", "disputed")
    (tmp_path / "ground_stations.csv").write_text(text)
    monkeypatch.setattr(catalog, "data_file", lambda *parts: tmp_path / parts[-1])
    with pytest.raises(DataError, match="'disputed' is none of published"):
        catalog._stations.__wrapped__()


@pytest.mark.parametrize(
    ("name", "status"), [("graz", "unverified"), ("delingha", "contested"), ("koganei", "contested"), ("matera", None)]
)
def test_a_doubtful_aperture_is_told(name, status):
    from satqkd.analysis import assumptions

    scenario = sq.load_scenario("micius-beijing-vienna").with_({"stations": [name], "relay": None})
    told = assumptions(scenario).get(f"stations.{name}.aperture_m", {"why": None})["why"]
    assert told == (f"of the catalogue, {status}" if status else None)
