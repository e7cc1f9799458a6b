"""Bad input ends in exit code 2 and a message that teaches, an empty answer in 3; nothing is half-written."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

from satqkd import analysis, catalog

NIGHT = "micius-xinglong-2016-12-19"

BAD = {
    "no such scenario": (["passes", "micius-bejing"], "no scenario 'micius-bejing'"),
    "no such file": (["passes", "mine.toml"], "mine.toml cannot be read"),
    "no such command": (["pases"], "pases"),
    "no such option": (["passes", "--stat"], "--stat"),
    "no such station": (["passes", "--station", "xinglng"], "'xinglong'"),
    "no such satellite": (["passes", "--satellite", "micus"], "'micius'"),
    "no such element file": (["passes", "--elements", "nowhere.tle"], "no such file"),
    "no such satellite in the file": (
        ["passes", "--elements", "ELEMENTS", "--satellite", "qube"],
        "no satellite 'qube'",
    ),
    "station of three parts": (["passes", "--station", "roof,48.2,16.35"], "has 3 parts"),
    "station that is no number": (["passes", "--station", "roof,north,16.35,1"], "must be numbers"),
    "station off the globe": (["passes", "--station", "roof,98.2,16.35,1"], "at most 90"),
    "no time": (["passes", "--start", "yesterday"], "cannot be read as a time"),
    "end before start": (["passes", "--start", "2017-05-22", "--end", "2017-05-21"], "not after the start"),
    "no days": (["passes", "--days", "0"], "greater than 0"),
    "days no number": (["passes", "--days", "two"], "'--days'"),
    "no such format": (["passes", "--format", "xls"], "'xls'"),
    "file without a format": (["passes", "-o", "passes.xls"], "no suffix that names a table format"),
    "elevation": (["passes", "--min-elevation", "95"], "at most 89"),
    "age": (["passes", "--max-age", "-1"], "greater than 0"),
    "set without value": (["passes", "--set", "days"], "not KEY=VALUE"),
    "set of an unknown key": (["passes", "--set", "link.receiver.apertur_m=1"], "'aperture_m'"),
    "set out of range": (["analyze", "--set", "link.detector.efficiency=1.5"], "at most 1"),
    "set of another type": (["analyze", "--set", "link.detector.efficiency=high"], "'high'"),
    "no relay": (["relay", NIGHT], "has no [relay]"),
    "relay into a file": (["relay", "-o", "FILE"], "needs a folder"),
    "budget below the horizon": (["budget", "--elevation", "-3"], "out of range"),
    "budget of an absent station": (["budget", "--station", "nanshan"], "'nanshan' is not in scenario"),
    "catalogue kind": (["catalog", "list", "station"], "'stations'"),
    "catalogue entry": (["catalog", "show", "stations", "grax"], "'graz'"),
    "seed below zero": (["analyze", NIGHT, "--sample", "-1"], "at least 0"),
    "pools with a seed": (["analyze", "--pools", "--sample", "1"], "do not go with it"),
    "elements from a folder": (["passes", "--elements", "."], "is a folder"),
    "station without a name": (["passes", "--station", ",45,0,0"], "has no name"),
    "too many days": (["passes", "--days", "1e9"], "at most 36525"),
    "text for a truth": (["passes", "--set", "key.optimize=maybe"], "must be true or false"),
    "text for a list": (["passes", "--set", "stations=graz"], "must be a list"),
    "nan": (["passes", "--set", "link.receiver.optics_transmittance=nan"], "link.receiver.optics_transmittance = nan"),
    "two formats": (["passes", "-o", "x.csv", "--format", "json"], "suffix of another format"),
    "output into a folder": (["passes", "-o", "."], "is a folder"),
    "relay into one file": (["relay", "-o", "out.json"], "needs a folder"),
    "no such night": (["passes", "--night", "deep"], "'deep'"),
    "original of a changed scenario": (["scenario", "show", "--original", "--set", "days=3"], "Give only one"),
    "original of what is not shipped": (["scenario", "show", "ELEMENTS", "--original"], "no scenario"),
    "broken checksum": (["passes", "--elements", "CHECKSUM"], "checksum"),
    "short line": (["passes", "--elements", "SHORT"], "SHORT.tle:2"),
    "two satellites in one set": (["passes", "--elements", "MIXED"], "MIXED.tle"),
    "no elements at all": (["passes", "--elements", "EMPTY"], "EMPTY.tle"),
}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Element files, each with one fault, in the current folder."""
    monkeypatch.chdir(tmp_path)
    text = catalog.data_file("satellites", "micius_qss_41731.3le").read_text().splitlines()
    name, one, two = text[:3]
    broken = {
        "ELEMENTS": [name, one, two],
        "CHECKSUM": [name, one[:-1] + str((int(one[-1]) + 1) % 10), two],
        "SHORT": [name, one[:-9], two],
        "MIXED": [name, one, two.replace("41731", "41732")[:-1] + str((int(two[-1]) + 1) % 10)],
        "EMPTY": [],
    }
    for label, lines in broken.items():
        (tmp_path / f"{label}.tle").write_text("\n".join(lines) + "\n")
    (tmp_path / "FILE").write_text("in the way\n")
    return tmp_path


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_explained(satqkd, files, case):
    arguments, message = BAD[case]
    before = sorted(files.iterdir())
    arguments = [f"{word}.tle" if (files / f"{word}.tle").exists() else word for word in arguments]
    ran = satqkd(*arguments)
    assert ran.code == 2, ran.err
    assert message in ran.err
    assert "Traceback" not in ran.err
    assert "internal" not in ran.err
    assert ran.out == ""
    assert sorted(files.iterdir()) == before


def test_nothing_found_is_3(satqkd, tmp_path):
    target = tmp_path / "passes.csv"
    ran = satqkd("passes", NIGHT, "--days", "0.01", "-o", str(target))
    assert ran.code == 3
    assert "No pass found" in ran.err
    assert not target.exists()
    assert satqkd("relay", "--days", "0.001").code == 3


def test_elements_that_are_all_too_old_are_4(satqkd):
    ran = satqkd("passes", NIGHT, "--start", "2018-06-20", "--days", "1", "--max-age", "0.5")
    assert ran.code == 4
    assert "too old" in ran.err


def test_missing_data_is_4(satqkd, monkeypatch, tmp_path):
    monkeypatch.setattr(catalog, "data_root", lambda: tmp_path)
    catalog._satellites.cache_clear()
    catalog._stations.cache_clear()
    ran = satqkd("catalog", "list", "stations")
    assert ran.code == 4
    assert "missing" in ran.err


def test_an_output_that_cannot_be_written_is_2_and_leaves_the_old_one(satqkd, tmp_path):
    (tmp_path / "folder.csv").mkdir()
    ran = satqkd("passes", NIGHT, "-o", str(tmp_path / "folder.csv"))
    assert ran.code == 2
    assert "is a folder" in ran.err
    old = tmp_path / "old.csv"
    old.write_text("precious\n")
    assert satqkd("passes", NIGHT, "--days", "0.01", "-o", str(old)).code == 3
    assert old.read_text() == "precious\n"


def test_a_device_is_written_through_and_never_replaced(satqkd, tmp_path):
    link = tmp_path / "link.csv"
    target = tmp_path / "target.csv"
    target.write_text("old\n")
    link.symlink_to(target)
    assert satqkd("passes", NIGHT, "-o", str(link)).code == 0
    assert link.is_symlink()
    assert target.read_text().startswith("pass_id,")
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True)
    assert satqkd("passes", NIGHT, "-o", str(pipe)).code == 0
    assert reader.communicate(timeout=30)[0].startswith("pass_id,")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert not (tmp_path / "pipe.csv.meta.json").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full device")
def test_a_full_disk_is_not_a_fault_of_ours():
    command = f"{sys.executable} -m satqkd passes {NIGHT} --format csv --quiet > /dev/full"
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, env=os.environ)
    assert ran.returncode != 0
    assert "fault in satqkd" not in ran.stderr
    assert "No space left" in ran.stderr


def test_a_fault_of_ours_is_1_and_debug_shows_where(satqkd, monkeypatch):
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(analysis, "predict", broken)
    ran = satqkd("passes")
    assert ran.code == 1
    assert "internal error: RuntimeError: boom" in ran.err
    assert "Traceback" not in ran.err
    assert "Traceback" in satqkd("passes", "--debug").err


def test_a_reader_that_leaves_is_no_error():
    command = f"{sys.executable} -m satqkd analyze {NIGHT} --format csv --quiet | head -c 20"
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, env=os.environ)
    assert "Traceback" not in ran.stderr
    assert ran.stdout.startswith("pass_id,satellite")
