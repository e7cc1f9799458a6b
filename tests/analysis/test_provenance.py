"""A result knows what it was made from: the bytes of every file, as they were when they were read."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

import satqkd as sq
from satqkd import catalog
from satqkd.analysis import predict
from satqkd.analysis.provenance import provenance
from satqkd.cli.command import recorded_command
from satqkd.orbit import read_elements
from satqkd.orbit.elements.asking import without_secrets
from satqkd.reads import file_read, origin_text
from tests.support import REFERENCE

MICIUS = catalog.data_file("satellites", "micius_qss_41731.3le")
MASK = "azimuth_deg,elevation_deg\n0,{0}\n180,{0}\n"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def folder(tmp_path):
    """A scenario of its own files: elements and a skyline."""
    place = tmp_path / "mine"
    place.mkdir()
    shutil.copy(MICIUS, place / "sets.3le")
    (place / "trees.csv").write_text(MASK.format(12))
    values = sq.load_scenario("micius-nanshan-2017").to_dict()
    values |= {"satellites": ["sets.3le#micius"], "stations": [{"name": "nanshan", "horizon_mask": "trees.csv"}]}
    import tomli_w

    (place / "mine.toml").write_text(tomli_w.dumps(values))
    return place


def files_of(made) -> dict[str, str]:
    return {Path(one["path"]).name: one["sha256"] for one in made["files"]}


def test_every_file_is_told_by_its_bytes(folder):
    made = provenance(predict(folder / "mine.toml"))
    found = files_of(made)
    for name in ("mine.toml", "sets.3le", "trees.csv"):
        assert found[name] == digest(folder / name)
    assert found["ground_stations.csv"] == digest(catalog.data_file("stations", "ground_stations.csv"))
    assert found["de421_sun_moon_2016_2050.bsp"]
    assert found["solar_spectrum.csv"]


@pytest.mark.parametrize("name", ["sets.3le", "trees.csv"])
def test_rewriting_a_file_changes_the_fingerprint(folder, name):
    """One fingerprint gave 35, 27 and 0 usable passes."""
    before = sq.load_scenario(folder / "mine.toml").fingerprint
    lines = (folder / name).read_text().splitlines()
    (folder / name).write_text(MASK.format(40) if name == "trees.csv" else "\n".join(lines[:-3]) + "\n")
    after = sq.load_scenario(folder / "mine.toml")
    assert after.fingerprint != before
    made = provenance(predict(after))
    assert made["scenario_sha256"] == after.fingerprint
    assert files_of(made)[name] == digest(folder / name)


def test_moving_the_folder_does_not(folder, tmp_path):
    before = sq.load_scenario(folder / "mine.toml").fingerprint
    shutil.move(folder, tmp_path / "elsewhere")
    assert sq.load_scenario(tmp_path / "elsewhere" / "mine.toml").fingerprint == before


def test_the_digest_is_of_the_bytes_that_were_used(folder):
    """A file that changes between reading and telling is told as it was read."""
    was = {name: digest(folder / name) for name in ("sets.3le", "trees.csv")}
    found = predict(folder / "mine.toml")
    for name in was:
        (folder / name).write_text("something else\n")
    told = provenance(found)
    assert {name: files_of(told)[name] for name in was} == was


@pytest.mark.parametrize("name", sorted(catalog.entries("scenarios")))
@pytest.mark.filterwarnings("ignore::satqkd.errors.SatqkdWarning")
def test_what_a_preset_rests_on_is_told(name):
    scenario = sq.load_scenario(name)
    made = provenance(predict(scenario, days=1))
    paths = {one["path"]: one["sha256"] for one in made["files"]}
    wanted = {f"data/scenarios/{name}.toml", "data/ephemeris/de421_sun_moon_2016_2050.bsp"}
    wanted |= {f"data/satellites/{catalog.entry('satellites', s)['file']}" for s in scenario.satellite_names}
    if scenario.link.atmosphere.model == "clear-sky-table":
        wanted.add("data/atmosphere/modtran_clear_sky.csv")
    assert wanted <= set(paths)
    for path, told in paths.items():
        assert told == digest(catalog.data_root() / path.removeprefix("data/"))
    assert made["python"]
    assert made["platform"]
    assert {"numpy", "scipy", "skyfield", "jplephem"} <= set(made["versions"])
    assert "unknown" not in made["versions"].values()


def test_what_was_fetched_tells_where_and_when(tmp_path):
    path = tmp_path / "catnr-41731-20260811T101323Z.json"
    path.write_text((REFERENCE / "elements" / "micius_omm.json").read_text())
    sidecar = path.with_name(path.name + ".origin.json")
    sidecar.write_text(origin_text(path.read_bytes(), url="https://example.org/gp", fetched_utc="2026-08-11T10:13:23Z"))
    (read,) = read_elements(path).files
    assert (read.url, read.fetched_utc) == ("https://example.org/gp", "2026-08-11T10:13:23Z")
    path.write_text(path.read_text() + "\n")  # other bytes: that origin is not theirs
    assert read_elements(path).files[0].url == ""
    for damaged in ("{", "[1]", "[" * 100_000):
        sidecar.write_text(damaged)
        assert read_elements(path).files[0].to_dict() == {
            "path": str(path), "sha256": digest(path), "bytes": path.stat().st_size,
        }  # fmt: skip


def test_no_secret_is_kept():
    asked = "https://me:pw@host.example/gp.php?CATNR=1&api_key=abc"
    assert without_secrets(asked) == "https://host.example/gp.php?CATNR=1"
    line = ["fetch", "--url", "https://me:pw@host/x?token=t&CATNR=5", "--set=x=https://a:b@c/d"]
    clean = ["satqkd", "fetch", "--url", "https://host/x?token=...&CATNR=5", "--set=x=https://c/d"]
    assert recorded_command(line) == clean
    for where in (["-o", "out"], ["-oy"], ["--out=z"], ["--out", "a b"]):
        assert recorded_command([*line[:1], *where, *line[1:]]) == clean
    assert recorded_command(["x", "--set", "a=http://[::1"]) == ["satqkd", "x", "--set", "a=http://[::1"]


def test_a_text_is_a_source_too():
    text = MICIUS.read_text()
    assert read_elements(text).files == (file_read("text", text.encode()),)
