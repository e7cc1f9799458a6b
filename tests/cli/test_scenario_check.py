"""A scenario is called sound only where an analysis of it is of use; else the reason is that of the analysis."""

from __future__ import annotations

import pytest

PAIRS = (
    "--set", "protocol.name=bbm92", "--set", "protocol.pair_rate_hz=1e7", "--set", "protocol.coincidence_window_s=1e-9",
)  # fmt: skip

REFUSED = {
    "gate longer than a pulse": (("--set", "protocol.clock_rate_hz=1e9"), 2, "longer than the time between pulses"),
    "parameters of pairs": ((*PAIRS, "--set", "key.optimize=true"), 2, "key.optimize = true is not offered"),
    "double downlink": ((*PAIRS, "--set", 'protocol.geometry="double-downlink"'), 2, "no key per station"),
    "two terminals": (("--set", 'satellites=["micius","spoqc"]'), 2, "have different terminals"),
    "no telescope": (("--set", 'stations=["vienna","graz"]', "--set", "relay.a=vienna"), 2, "has no telescope"),
    "elements too old": (("--set", "start=2026-03-01"), 4, "every element set is too old"),
    "elements too old for a short window": (("--set", "start=2026-03-01", "--set", "days=0.001"), 4, "too old"),
    "decayed": (("--set", "start=2026-03-01", "--set", "elements.max_age_days=400"), 3, "No pass found"),
    "no pass": (("--set", "days=0.001"), 3, "No pass found"),
    "no such satellite": (("--set", 'satellites=["micus"]'), 2, "'micius'"),
    "no such station": (("--set", 'stations=["gratz","xinglong"]', "--set", "relay.b=gratz"), 2, "'graz'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_an_analysis_refuses_is_not_sound(satqkd, case):
    options, code, message = REFUSED[case]
    ran = satqkd("scenario", "check", *options)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    refused = satqkd("analyze", *options)
    assert refused.code in ((code, 3) if code == 4 else (code,))  # too old for the window is also no pass in it


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--set", "passes.max_range_m=1e5"), "all 98 passes are rejected: 50 range above 100 km"),
        (("--set", "link.detector.efficiency_mismatch=0.1"), "no pass gives key"),
        (
            ("--set", "stations.graz.min_elevation_deg=89", "--set", "days=3"),
            "no pass over graz can be used: there is nothing to relay",
        ),
    ],
)
def test_what_is_of_no_use_is_not_sound_either(satqkd, options, message):
    ran = satqkd("scenario", "check", *options)
    assert ran.code == 0
    assert f"warning: {message}" in ran.err
    assert "sound" not in ran.out
    assert "of no use" in ran.out


def test_a_skyline_that_cannot_be_read_is_refused(satqkd, tmp_path):
    text = satqkd("scenario", "show", "micius-nanshan-2017").out
    table = 'stations = [{ name = "nanshan", horizon_mask = "trees.csv" }]'
    path = tmp_path / "mine.toml"
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("stations"))
    last = next(number for number in range(first, len(lines)) if lines[number].endswith("]"))
    path.write_text("\n".join([*lines[:first], table, *lines[last + 1 :]]))
    ran = satqkd("scenario", "check", str(path))
    assert ran.code == 2
    assert "trees.csv" in ran.err


def test_a_window_too_long_to_try_is_tried_from_its_beginning(satqkd):
    ran = satqkd("scenario", "check", "micius-nanshan-2017", "--set", "days=36525")
    assert ran.code == 0
    assert "sound" in ran.out
    assert "in the first 3000 days" in ran.out


@pytest.mark.parametrize("name", ["micius-beijing-vienna", "micius-nanshan-2017", "spoqc-europe"])
def test_what_is_shipped_is_sound(satqkd, name):
    ran = satqkd("scenario", "check", name)
    assert ran.code == 0
    assert ran.out.startswith(f"{name}: sound. ")
    assert "passes usable" in ran.out
