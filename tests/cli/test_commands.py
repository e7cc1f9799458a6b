"""Every command in every format, as a user meets it: what is printed, where, and with which exit code."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys

import pytest

import satqkd as package
from satqkd import catalog

NIGHT = "micius-xinglong-2016-12-19"
SHORT = ("--days", "3")


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_version(satqkd):
    ran = satqkd("--version")
    assert (ran.code, ran.out) == (0, f"satqkd {package.__version__}\n")


def test_passes_as_a_table_shows_usable_ones_and_counts_the_rest(satqkd):
    ran = satqkd("passes", NIGHT)
    assert ran.code == 0
    assert "micius-xinglong-20161219T164843Z" in ran.out
    assert "passes rejected; --all shows them" in ran.err
    everything = satqkd("passes", NIGHT, "--all")
    assert len(everything.out.splitlines()) > len(ran.out.splitlines())
    assert "rejected because" in everything.out


def test_passes_as_csv_and_json_hold_every_pass(satqkd):
    as_csv = rows_of(satqkd("passes", NIGHT, "--format", "csv").out)
    as_json = json.loads(satqkd("passes", NIGHT, "--format", "json").out)
    as_lines = [json.loads(line) for line in satqkd("passes", NIGHT, "--format", "jsonl").out.splitlines()]
    as_markdown = satqkd("passes", NIGHT, "--format", "md").out.splitlines()
    assert list(as_csv[0]) == list(as_json["rows"][0])
    assert len(as_csv) == len(as_json["rows"]) == len(as_lines) == len(as_markdown) - 2
    assert as_lines == as_json["rows"]
    assert as_json["meta"]["scenario"] == NIGHT
    assert {row["usable"] for row in as_csv} == {"true", "false"}
    flight = next(row for row in as_json["rows"] if row["usable"])
    assert flight["tca_utc"].startswith("2016-12-19T16:52:13.4")
    assert flight["tca_utc"].endswith("Z")
    assert len(flight["tca_utc"]) == len("2016-12-19T16:52:13.487Z")


def test_analyze_gives_missing_as_null_and_as_nothing(satqkd):
    as_json = json.loads(satqkd("analyze", NIGHT, "--format", "json").out)
    rejected = next(row for row in as_json["rows"] if not row["usable"])
    assert rejected["qber"] is None
    assert rejected["key_start_utc"] is None
    as_csv = rows_of(satqkd("analyze", NIGHT, "--format", "csv").out)
    assert next(row for row in as_csv if row["usable"] == "false")["qber"] == ""


def test_analyze_repeats_what_is_assumed_unless_quiet(satqkd):
    assert "assumed: protocol.misalignment_error = 0.01" in satqkd("analyze", NIGHT).err
    assert satqkd("analyze", NIGHT, "--quiet").err == ""


def test_inspect_takes_a_row_or_an_id(satqkd):
    by_default = satqkd("inspect", NIGHT, "--format", "csv")
    table = rows_of(by_default.out)
    assert 400 < len(table) < 440
    assert "micius-xinglong-20161219T164843Z" in by_default.err
    by_id = satqkd("inspect", NIGHT, "--pass", "micius-xinglong-20161219T164843Z", "--format", "csv")
    assert by_id.out == by_default.out
    for number in ("77", "0", "-1"):
        missing = satqkd("inspect", NIGHT, "--pass", number)
        assert missing.code == 2
        assert "numbered from 1 to 2" in missing.err


def test_the_number_of_a_pass_is_the_one_that_the_tables_show(satqkd):
    """Hidden passes count: what stands in the first column is what --pass takes, with --all and without."""
    window = ("--start", "2017-05-22", "--days", "3")
    numbers: dict[str, list[float]] = {}
    for options in ((), ("--all",)):
        for command in ("analyze", "passes"):
            for line in satqkd(command, *window, *options).out.splitlines():
                words = line.split()
                if words and words[0].isdigit():
                    assert numbers.setdefault(words[1], words[0]) == words[0]
    assert len(numbers) > 10
    shown = [
        line.split()[:2]
        for line in satqkd("analyze", *window).out.splitlines()
        if line.split()[:1] and line.split()[0].isdigit()
    ]
    number, pass_id = shown[2]
    assert int(number) > 3
    assert pass_id in satqkd("inspect", *window, "--pass", number).err
    assert satqkd("inspect", *window, "--pass", "best").out == satqkd("inspect", *window).out
    assert "#" not in satqkd("analyze", *window, "--format", "csv").out.splitlines()[0]


def test_inspect_draws_the_pass(satqkd, tmp_path):
    for suffix, magic in {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}.items():
        figure = tmp_path / f"pass.{suffix}"
        assert satqkd("inspect", NIGHT, "--figure", str(figure), "--quiet").code == 0
        assert figure.read_bytes().startswith(magic)
    assert satqkd("inspect", NIGHT, "--figure", str(tmp_path / "pass.gif")).code == 2
    assert not (tmp_path / "pass.gif").exists()


def test_budget_shows_terms_and_subtotals(satqkd):
    ran = satqkd("budget", NIGHT, "--elevation", "30")
    assert ran.code == 0
    for words in ("geometric", "pointing", "atmosphere", "= channel loss", "= link loss", "= total loss", "QBER"):
        assert words in ran.out
    row = json.loads(satqkd("budget", NIGHT, "--elevation", "30", "--range", "1000", "--format", "json").out)["rows"][0]
    assert row["range_m"] == 1e6
    terms = ("geometric_db", "pointing_db", "atmosphere_db", "turbulence_db", "receiver_optics_db", "detector_db")
    assert sum(row[name] for name in terms) == pytest.approx(row["total_loss_db"], abs=1e-9)


def test_relay_prints_passes_ledger_totals_and_trust(satqkd):
    ran = satqkd("relay", "--days", "7")
    assert ran.code == 0
    for words in (
        "Passes that give key",
        "rejected:",
        "Relay ledger (A = xinglong, B = graz)",
        "shared by the two stations",
        "sum of security parameters",
        "The satellite must be trusted",
        "stations.graz.aperture_m = 0.6",
    ):
        assert words in ran.out


def test_relay_writes_everything_whole(satqkd, tmp_path):
    folder = tmp_path / "new" / "results"
    ran = satqkd("relay", *SHORT, "-o", str(folder))
    assert ran.code == 0
    assert {path.name for path in folder.iterdir()} == {
        "passes.csv",
        "ledger.csv",
        "scenario.toml",
        "manifest.json",
        "passes.png",
        "best_pass.png",
        "relay.png",
    }
    manifest = json.loads((folder / "manifest.json").read_text())
    again = package.load_scenario(folder / "scenario.toml")
    assert again.fingerprint == manifest["scenario_sha256"]
    assert again.days == 3
    campaign = package.analyze(again)
    assert len(rows_of((folder / "passes.csv").read_text())) == len(campaign.passes)
    ledger = rows_of((folder / "ledger.csv").read_text())
    assert sum(int(row["new_bits"]) for row in ledger) == campaign.passes["secret_bits"].sum()
    assert manifest["relay"]["delivered_bits"] == int(ledger[-1]["total_delivered_bits"])
    assert manifest["element_epochs_utc"]["micius"]


def test_relay_between_two_other_stations(satqkd):
    ran = satqkd("relay", *SHORT, "--station", "nanshan", "--station", "xinglong", "--format", "json")
    assert ran.code == 0
    assert json.loads(ran.out)["meta"]["relay"]["a"] == "nanshan"


def test_relay_between_stations_of_ones_own_and_of_a_scenario_without_a_relay(satqkd):
    own = ("--set", "link.receiver.aperture_m=1.0", "--station", "x,48,16,200", "--station", "y,47,15,200")
    ran = satqkd("relay", *SHORT, *own, "--set", 'key.pool="pass"', "--format", "json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["meta"]["relay"]["b"] == "y"
    ran = satqkd("relay", "micius-nanshan-2017", "--days", "2", "--station", "nanshan", "--station", "xinglong")
    assert ran.code == 0, ran.err


def test_naming_the_scenarios_own_stations_changes_nothing(satqkd):
    plain = satqkd("relay", *SHORT, "--format", "csv")
    named = satqkd("relay", *SHORT, "--station", "xinglong", "--station", "graz", "--format", "csv")
    assert named.out == plain.out


def test_an_unverified_telescope_is_said_to_be_assumed(satqkd):
    ran = satqkd("analyze", "micius-nanshan-2017", "--station", "graz", "--days", "1")
    assert "assumed: stations.graz.aperture_m = 0.5 (of the catalogue, unverified)" in ran.err
    assert "assumed: protocol.misalignment_error" in satqkd("budget").err
    assert "assumed: protocol.misalignment_error" in satqkd("inspect", NIGHT).err


def test_a_file_gets_a_sidecar_that_says_what_made_it(satqkd, tmp_path):
    target = tmp_path / "passes.csv"
    assert satqkd("passes", NIGHT, "-o", str(target)).code == 0
    assert json.loads((tmp_path / "passes.csv.meta.json").read_text())["scenario"] == NIGHT
    assert len(rows_of(target.read_text())) >= 2
    as_json = tmp_path / "passes.json"
    assert satqkd("passes", NIGHT, "-o", str(as_json)).code == 0
    assert json.loads(as_json.read_text())["meta"]["scenario"] == NIGHT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["passes.csv", "passes.csv.meta.json", "passes.json"]


def test_own_station_satellite_and_elements(satqkd):
    elements = catalog.data_file("satellites", "quantum_optical_2026-08-11.3le")
    ran = satqkd(
        "passes", "--elements", str(elements), "--satellite", "spoqc", "--satellite", "iss-zarya",
        "--station", "roof,48.2,16.35,240", "--start", "2026-08-11", "--days", "1", "--format", "csv",
    )  # fmt: skip
    assert ran.code == 0
    table = rows_of(ran.out)
    assert {row["satellite"] for row in table} == {"spoqc", "iss-zarya"}
    assert {row["station"] for row in table} == {"roof"}


def test_elements_come_through_a_pipe():
    elements = catalog.data_file("satellites", "quantum_optical_2026-08-11.3le").read_text()
    command = [sys.executable, "-m", "satqkd", "passes", "--elements", "-", "--satellite", "spoqc"]
    command += ["--station", "graz", "--start", "2026-08-11", "--days", "1", "--format", "csv"]
    ran = subprocess.run(command, input=elements, capture_output=True, text=True, check=True)
    assert {row["satellite"] for row in rows_of(ran.stdout)} == {"spoqc"}


@pytest.mark.parametrize("kind", ["satellites", "stations", "scenarios", "terminals"])
def test_catalog_lists_and_shows(satqkd, kind):
    listed = json.loads(satqkd("catalog", "list", kind, "--format", "json").out)["rows"]
    assert {row["id"] for row in listed} == set(catalog.entries(kind))
    assert satqkd("catalog", "list", kind).code == 0
    shown = satqkd("catalog", "show", kind, listed[0]["id"])
    assert shown.code == 0
    assert shown.out.startswith(f"[{listed[0]['id']}]")


def test_unverified_stations_say_so(satqkd):
    assert "unverified" in satqkd("catalog", "show", "stations", "graz").out


def test_scenario_show_can_be_loaded_again(satqkd, tmp_path):
    shown = satqkd("scenario", "show", NIGHT, "--set", "link.detector.efficiency=0.6")
    path = tmp_path / "mine.toml"
    path.write_text(shown.out)
    assert package.load_scenario(path) == package.load_scenario(NIGHT).with_({"link.detector.efficiency": 0.6})
    assert "# [1]" in satqkd("scenario", "show", NIGHT, "--original").out
    assert "sound" in satqkd("scenario", "check", str(path)).out


def test_a_third_station_of_a_relay_is_named(satqkd):
    names = [word for name in ("xinglong", "graz", "nanshan") for word in ("--station", name)]
    ran = satqkd("relay", *names, "--days", "2")
    assert ran.code == 0
    assert "nanshan takes no part" in ran.err
    strangers = [word for name in ("xinglong", "delingha", "nanshan") for word in ("--station", name)]
    assert satqkd("relay", *strangers, "--days", "2").code == 2


def test_secret_bits_never_travel_alone(satqkd, tmp_path):
    """In JSON and beside CSV stand proof, counts, epsilons and what authentication leaves."""
    wanted = {
        "proof", "counts", "epsilon_secrecy", "epsilon_correctness", "epsilon_authentication", "epsilon_per_block",
        "epsilon_of_all", "secret_bits", "net_secret_bits",
    }  # fmt: skip
    for command in (("analyze", NIGHT), ("inspect", NIGHT), ("relay", "--days", "3")):
        meta = json.loads(satqkd(*command, "--format", "json").out)["meta"]
        assert wanted <= set(meta["security"]), command
        assert meta["security"]["counts"] == "expected"
        assert "Lim" in meta["security"]["proof"]
    table = tmp_path / "key.csv"
    assert satqkd("analyze", NIGHT, "-o", str(table)).code == 0
    assert wanted <= set(json.loads((tmp_path / "key.csv.meta.json").read_text())["security"])
    pools = json.loads(satqkd("analyze", NIGHT, "--pools", "--format", "json").out)["meta"]["security"]
    assert {"proof", "counts", "epsilon_secrecy", "epsilon_correctness", "epsilon_authentication"} <= set(pools)


def test_the_headline_says_what_cannot_be_had_together(satqkd):
    ran = satqkd("analyze", "--station", "graz", "--station", "matera", "--days", "7")
    (line,) = [line for line in ran.err.splitlines() if "secret bits" in line]
    assert "passes overlap: at most" in line
    assert "together" in line
    alone = satqkd("analyze", NIGHT)
    (line,) = [line for line in alone.err.splitlines() if "secret bits" in line]
    assert "overlap" not in line
    assert "at expected counts, Lim et al." in line


def test_a_debt_is_called_one(satqkd):
    ran = satqkd("analyze", NIGHT, "--set", "key.authentication.messages=20000")
    assert "a debt of" in ran.err
    assert "net of authentication" not in ran.err


def test_a_result_knows_the_command_that_made_it(satqkd, tmp_path):
    out = tmp_path / "key.csv"
    satqkd("analyze", NIGHT, "--set", "link.detector.efficiency=0.4", "-o", str(out))
    made = json.loads((tmp_path / "key.csv.meta.json").read_text())
    assert made["command"] == ["satqkd", "analyze", NIGHT, "--set", "link.detector.efficiency=0.4"]
    assert satqkd("relay", "--days", "2", "-o", str(tmp_path / "all")).code == 0
    manifest = json.loads((tmp_path / "all" / "manifest.json").read_text())
    assert manifest["command"] == ["satqkd", "relay", "--days", "2"]
    files = {path.name for path in (tmp_path / "all").iterdir()} - {"manifest.json"}
    assert set(manifest["sha256"]) == files
    for name in files:
        content = (tmp_path / "all" / name).read_bytes()
        assert manifest["sha256"][name] == hashlib.sha256(content).hexdigest()


def test_figures_are_the_same_bytes_from_run_to_run(satqkd, tmp_path):
    for suffix in ("png", "svg", "pdf"):
        figures = [tmp_path / f"{number}.{suffix}" for number in (1, 2)]
        for figure in figures:
            assert satqkd("inspect", NIGHT, "--figure", str(figure), "--quiet").code == 0
        assert figures[0].read_bytes() == figures[1].read_bytes()
