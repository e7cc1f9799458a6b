"""``satqkd elements``: check, convert and fetch, from files, standard input and a service on this machine."""

from __future__ import annotations

import csv
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from satqkd.catalog import data_file, entries
from satqkd.orbit import read_elements
from satqkd.orbit.elements import celestrak as fetch
from tests.support import REFERENCE

ELEMENTS = REFERENCE / "elements"
SHIPPED = "quantum_optical_2026-08-11.3le"


@pytest.fixture
def shipped() -> str:
    return data_file("satellites", SHIPPED).read_text()


@pytest.fixture
def service(monkeypatch):
    """A service that answers every question with four sets of Micius."""
    body = (ELEMENTS / "micius_omm.json").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = "nothing" not in self.path
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(body if found else b"No GP data found")

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/gp.php"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("command", ["check", "convert", "fetch"])
def test_help_ends_in_examples_that_run(satqkd, command, tmp_path, monkeypatch, service):
    monkeypatch.setattr(fetch, "CELESTRAK_URL", service)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.chdir(tmp_path)
    ran = satqkd("elements", command, "--help")
    assert ran.code == 0
    examples = [line.split() for line in ran.out.splitlines() if line.startswith("    satqkd ")]
    assert examples
    for words in examples:
        ran = satqkd(*words[1:])
        assert ran.code == 0, (words, ran.err)


def test_check_shows_orbit_age_and_problems(satqkd):
    ran = satqkd("elements", "check", "micius", "--now", "2016-12-20")
    assert ran.code == 0
    row = next(line for line in ran.out.splitlines() if "2016-12-19 13:39:33" in line)
    assert row.split() == ["micius", "41731", "2016-12-19", "13:39:33", "0.43", "481.8", "500.2", "94.493", "97.3698"]
    assert ran.err == "sets: 75, satellites: 1, with problems: 0\n"
    assert "older than 30 d" in satqkd("elements", "check", "spoqc", "--now", "2026-10-01").out
    assert satqkd("elements", "check", "spoqc", "--now", "2026-10-01", "--quiet").err == ""


def test_check_in_every_format(satqkd, tmp_path):
    as_json = json.loads(satqkd("elements", "check", "spoqc", "--now", "2026-08-12", "--format", "json").out)
    (row,) = as_json["rows"]
    assert row["catalog_number"] == entries("satellites")["spoqc"]["catalog_number"]
    assert row["problems"] == ""
    assert as_json["meta"]["now"] == "2026-08-12T00:00:00.000Z"
    (again,) = csv.DictReader(io.StringIO(satqkd("elements", "check", "spoqc", "--format", "csv").out))
    assert list(again) == list(row)
    target = tmp_path / "check.csv"
    assert satqkd("elements", "check", "spoqc", "-o", str(target)).code == 0
    assert target.read_text().startswith("satellite,name,catalog_number,epoch_utc")


def test_check_tells_of_every_bad_set(satqkd, tmp_path, shipped):
    lines = shipped.splitlines()
    lines[1] = lines[1][:-1] + str((int(lines[1][-1]) + 1) % 10)
    lines[5] = lines[5][:-9]
    path = tmp_path / "some.3le"
    path.write_text("\n".join(lines))
    ran = satqkd("elements", "check", str(path), "--format", "json")
    assert ran.code == 2
    assert f"{path}:2: the checksum of line 1" in ran.err
    assert f"{path}:6: line 2 has 60 columns" in ran.err
    assert "2 of 23 element sets cannot be used" in ran.err
    result = json.loads(ran.out)
    assert len(result["rows"]) == 21
    assert len(result["meta"]["unusable"]) == 2
    assert satqkd("elements", "check", str(path), "--skip-bad").code == 0


def test_convert_there_and_back(satqkd, tmp_path, shipped):
    original = tmp_path / "start.3le"
    original.write_text(shipped)
    path = original
    for suffix in ("json", "xml", "csv", "3le"):
        target = tmp_path / "deep" / f"next.{suffix}"
        ran = satqkd("elements", "convert", str(path), "-o", str(target))
        assert (ran.code, ran.out) == (0, "")
        assert ran.err == f"wrote {target} (sets: 23)\n"
        path = target
    first, last = read_elements(original), read_elements(path)
    assert [item.satrec().no_kozai for item in first] == [item.satrec().no_kozai for item in last]
    assert [item.epoch_utc for item in first] == [item.epoch_utc for item in last]
    assert [item.name for item in first] == [item.name for item in last]


@pytest.mark.parametrize("form", ["tle", "3le", "omm-json", "omm-csv", "omm-xml"])
def test_convert_from_standard_input_to_standard_output(satqkd, monkeypatch, shipped, form):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(shipped.encode())))
    ran = satqkd("elements", "convert", "-", "--to", form)
    assert (ran.code, ran.err) == (0, "")
    assert len(read_elements(ran.out)) == 23


def test_convert_leaves_out_bad_sets_only_when_asked(satqkd, tmp_path, shipped):
    path, target = tmp_path / "some.3le", tmp_path / "out.json"
    path.write_text(shipped.replace("1 68423U", "1 68424U"))
    ran = satqkd("elements", "convert", str(path), "-o", str(target))
    assert ran.code == 2
    assert f"{path}:" in ran.err
    assert "--skip-bad" in ran.err
    assert not target.exists()
    ran = satqkd("elements", "convert", str(path), "-o", str(target), "--skip-bad")
    assert ran.code == 0
    assert "sets left out: 1, the first: " in ran.err
    assert len(read_elements(target)) == 22


def test_six_digits_do_not_fit_a_tle(satqkd, tmp_path):
    path = tmp_path / "big.json"
    record = json.loads((ELEMENTS / "sample_omm.json").read_text())[0]
    path.write_text(json.dumps([{**record, "NORAD_CAT_ID": 799501621}]))
    ran = satqkd("elements", "convert", str(path), "--to", "3le")
    assert ran.code == 2
    assert "Alpha-5 ends at 339999" in ran.err
    assert "799501621" in satqkd("elements", "convert", str(path), "--to", "omm-csv").out


BAD = {
    "no such file": (["check", "nowhere.tle"], "nowhere.tle does not exist"),
    "no such satellite": (["convert", "micus", "--to", "tle"], "'micius'"),
    "no time": (["check", "spoqc", "--now", "soon"], "cannot be read as a time"),
    "no such table format": (["check", "spoqc", "--format", "xls"], "'xls'"),
    "no format": (["convert", "spoqc"], "which format to write"),
    "no suffix": (["convert", "spoqc", "-o", "spoqc"], "no suffix that names a format"),
    "no such format": (["convert", "spoqc", "--to", "omm"], "'omm'"),
    "empty file": (["check", "EMPTY"], "there is no element set"),
    "nothing to fetch": (["fetch"], "Exactly one"),
    "two things to fetch": (["fetch", "--name", "QUBE", "--group", "stations"], "Exactly one"),
    "no number": (["fetch", "--catalog-number", "four"], "--catalog-number"),
    "no address": (["fetch", "--name", "QUBE", "--url", "celestrak"], "no web address"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_explained(satqkd, tmp_path, monkeypatch, case):
    arguments, message = BAD[case]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "EMPTY").touch()
    ran = satqkd("elements", *arguments)
    assert ran.code == 2, ran.err
    assert message in ran.err
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["EMPTY"]


def test_fetch_prints_the_file_and_passes_can_use_it(satqkd, tmp_path, service):
    ran = satqkd("elements", "fetch", "--catalog-number", "41731", "--folder", str(tmp_path), "--url", service)
    assert ran.code == 0
    assert "sets: 4, satellites: 1, newest epoch: 2" in ran.err
    path = Path(ran.out.rstrip("\n"))
    assert path.parent == tmp_path
    again = satqkd("elements", "fetch", "--catalog-number", "41731", "--folder", str(tmp_path), "--url", service)
    assert again.out == ran.out
    passes = satqkd("passes", "--elements", str(path), "--start", "2016-12-19", "--days", "1", "--format", "csv")
    assert passes.code == 0, passes.err
    assert "qss-mozi" in passes.out


def test_fetch_offline_is_5_and_an_unknown_object_3(satqkd, tmp_path, service):
    place = ("--folder", str(tmp_path))
    ran = satqkd("elements", "fetch", "--name", "nothing", *place, "--url", service)
    assert (ran.code, ran.out) == (3, "")
    assert "no elements of NAME nothing" in ran.err
    unheard = "http://127.0.0.1:1/gp.php"
    ran = satqkd("elements", "fetch", "--name", "QUBE", *place, "--url", unheard, "--timeout", "2")
    assert (ran.code, ran.out) == (5, "")
    assert "did not answer" in ran.err
    assert "Traceback" not in ran.err
    assert not list(tmp_path.iterdir())
