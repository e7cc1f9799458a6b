"""The doctor sees damage: in the shipped data, and in results that a kill or a hand has left."""

from __future__ import annotations

import shutil

from satqkd import catalog, health


def test_a_sound_installation(satqkd):
    ran = satqkd("doctor")
    assert ran.code == 0
    for word in ("satqkd", "Python", "numpy", "files whole", "cache", "terminal"):
        assert word in ran.out
    assert health.damaged_data() == ()


def test_damaged_data_are_named_and_are_4(satqkd, tmp_path, monkeypatch):
    copy = tmp_path / "data"
    shutil.copytree(catalog.data_root(), copy)
    (copy / "atmosphere" / "solar_spectrum.csv").write_text("nothing\n")
    (copy / "stations" / "ground_stations.csv").unlink()
    monkeypatch.setattr(catalog, "data_root", lambda: copy)
    assert set(health.damaged_data()) == {"atmosphere/solar_spectrum.csv", "stations/ground_stations.csv"}
    ran = satqkd("doctor")
    assert ran.code == 4
    assert "solar_spectrum.csv" in ran.err


def test_results_are_verified(satqkd, tmp_path):
    folder = tmp_path / "all"
    assert satqkd("relay", "--days", "2", "-o", str(folder)).code == 0
    assert satqkd("doctor", str(folder)).code == 0
    with (folder / "ledger.csv").open("a") as stream:
        stream.write("more\n")
    (folder / "relay.png").unlink()
    ran = satqkd("doctor", str(folder))
    assert ran.code == 2
    assert "changed   ledger.csv" in ran.out
    assert "missing   relay.png" in ran.out
    table = tmp_path / "key.csv"
    assert satqkd("passes", "micius-nanshan-2017", "-o", str(table)).code == 0
    assert satqkd("doctor", str(table)).code == 0
    table.write_text("x")
    assert satqkd("doctor", str(table)).code == 2


def test_what_is_no_manifest_is_2(satqkd, tmp_path):
    assert satqkd("doctor", str(tmp_path)).code == 2
    for text in ("", "{", "[1]", '{"sha256": 3}', "[" * 50_000, "\xff"):
        (tmp_path / "manifest.json").write_text(text, encoding="latin-1")
        assert satqkd("doctor", str(tmp_path)).code == 2
    (tmp_path / "manifest.json").write_text('{"sha256": {"../../etc/passwd": "00"}}')
    assert "missing" in satqkd("doctor", str(tmp_path)).out  # a name never leads out of the folder
