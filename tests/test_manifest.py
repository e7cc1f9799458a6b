"""What the manifest says of shipped data is so: numbers, spans, sources and scripts are held against the files."""

from __future__ import annotations

import csv
import re
import tomllib

import pytest

from satqkd import catalog
from satqkd.orbit import read_elements
from satqkd.times import to_iso
from tests.support import ROOT

DATA = ROOT / "data"
MANIFEST = {one["path"]: one for one in tomllib.loads((DATA / "MANIFEST.toml").read_text(encoding="utf-8"))["file"]}
CITED = re.compile(r"(?:doi:10\.\d{4,}/|arXiv:)[\w./-]*\w")


def table(name):
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.mark.parametrize("name", [name for name in MANIFEST if name.endswith(".3le")])
def test_element_sets_are_as_many_and_from_when_it_says(name):
    epochs = sorted(to_iso(one.epoch_utc) for one in read_elements(DATA / name))
    told = MANIFEST[name]["what"]
    assert told.startswith(f"{len(epochs)} element sets")
    assert epochs[0][:10] in told
    assert epochs[-1][:10] in told or epochs[-1][8:10] == told[-2:]  # "2026-08-10 and 11"


def test_tables_have_the_rows_it_says():
    clear, hazy = table("atmosphere/modtran_clear_sky.csv"), table("atmosphere/modtran_visibility.csv")
    assert f"{len(clear)} elevations" in MANIFEST["atmosphere/modtran_clear_sky.csv"]["what"]
    assert f"{len(clear[0]) - 1} wavelengths" in MANIFEST["atmosphere/modtran_clear_sky.csv"]["what"]
    told = MANIFEST["atmosphere/modtran_visibility.csv"]["what"]
    assert f"{len({row['elevation_deg'] for row in hazy})} elevations" in told
    assert f"{len(hazy[0]) - 2} wavelengths" in told
    kilometres = sorted(float(row["visibility_m"]) / 1e3 for row in hazy if row["visibility_m"] != "inf")
    assert ", ".join(f"{one:g}" for one in dict.fromkeys(kilometres)) + " km and clear" in told
    assert (
        f"{len(table('atmosphere/solar_spectrum.csv'))} wavelengths"
        in MANIFEST["atmosphere/solar_spectrum.csv"]["what"]
    )


def test_stations_and_satellites_are_those_it_says():
    told = MANIFEST["stations/ground_stations.csv"]["what"]
    assert told.startswith(f"{len(table('stations/ground_stations.csv'))} optical ground stations")
    assert ", ".join(catalog.STATUSES) in told
    satellites = catalog.entries("satellites")
    assert MANIFEST["satellites/satellites.toml"]["what"].startswith(f"{len(satellites)} satellites")
    assert ", ".join(satellites) in MANIFEST["satellites/satellites.toml"]["what"]


@pytest.mark.parametrize("name", catalog.entries("scenarios"))
def test_a_scenario_is_as_long_and_wide_as_it_says(name):
    scenario, told = catalog.entries("scenarios")[name], MANIFEST[f"scenarios/{name}.toml"]["what"]
    for number, noun in ((scenario["days"], "day"), (len(scenario["stations"]), "station")):
        assert re.search(rf"\b{number} {noun}{'' if number == 1 else 's'}\b", told)
    assert f"from {scenario['start']:%Y-%m-%d}" in told


@pytest.mark.parametrize("name", [name for name in MANIFEST if name.startswith(("scenarios/", "terminals/"))])
def test_what_a_file_cites_is_its_source(name):
    head = "\n".join(re.findall(r"^#.*", (DATA / name).read_text(encoding="utf-8"), re.MULTILINE))
    source = MANIFEST[name]["source"]
    assert set(CITED.findall(head)) == set(CITED.findall(source))
    assert CITED.search(source) or "datasheet" in source


def test_a_script_knows_the_file_it_is_said_to_make():
    for name, entry in MANIFEST.items():
        if entry["made"].endswith(".py"):
            assert name.rpartition("/")[2] in (DATA / entry["made"]).read_text(encoding="utf-8"), name


def test_the_sums_are_those_of_the_files():
    from satqkd.health import damaged_data

    assert damaged_data() == ()
    listed = {line.split(maxsplit=1)[1] for line in (DATA / "SHA256SUMS").read_text(encoding="utf-8").splitlines()}
    assert listed == {*MANIFEST, "MANIFEST.toml"} - {"SHA256SUMS"}
