"""The key through a loss that one has: fixed, swept, and as a curve."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import satqkd as sq
from satqkd.analysis.loss_key import is_loss_curve
from satqkd.analysis.measured_rows import read_rows
from satqkd.errors import InputError
from tests.support import ROOT

NIGHT = sq.load_scenario("micius-xinglong-2016-12-19")
PUBLISHED = ROOT / "tests" / "reference" / "micius_2016-12-19_loss.csv"


def test_counts_are_those_of_the_formula():
    # Analytic: faint pulses on dark detectors; 1 - exp(-mu eta) clicks a pulse, half in either basis on both sides.
    quiet = NIGHT.with_({"link.detector.dark_count_hz": 0.0, "link.detector.dead_time_s": 0.0})
    row = sq.key_through_loss(35.0, quiet, seconds_s=200.0, all_proofs=False).iloc[0]
    detector = quiet.sites[0].link.detector
    eta = 10.0**-3.5 * detector.transmittance
    mu, p = quiet.protocol.intensities[0], quiet.protocol.probabilities[0]
    expected = 200.0 * quiet.protocol.clock_rate_hz * p * 0.5 * -np.expm1(-mu * eta)
    assert row["sifted_bits"] == pytest.approx(expected, rel=1e-3)
    assert row["link_loss_db"] == 35.0


def test_a_constant_curve_is_a_fixed_loss():
    curve = pd.DataFrame({"t_s": np.arange(0.0, 301.0, 5.0), "link_loss_db": 33.0, "background_cps": 50.0})
    one = sq.key_through_curve(curve, NIGHT)
    other = sq.key_through_loss(33.0, NIGHT, seconds_s=300.0, background_cps=50.0)
    for name in ("link_loss_db", "sifted_bits", "qber", "length_bits"):
        np.testing.assert_allclose(one[name], other[name], rtol=1e-12)
    uneven = pd.DataFrame({"time_s": [-10.0, 0.0, 40.0, 290.0], "loss_db": 33.0, "background_cps": 50.0})
    np.testing.assert_allclose(sq.key_through_curve(uneven, NIGHT)["length_bits"], other["length_bits"], rtol=1e-12)


def test_the_published_curve_gives_about_the_published_key():
    # Liao et al., Nature 549, 43 (2017): the curve lies 0.18 dB below the model, which gives 370,084 bits.
    table = sq.key_through_curve(PUBLISHED, NIGHT)
    assert table["block"].iloc[0] == "micius_2016-12-19_loss"
    assert table["secret_bits"].iloc[0] == pytest.approx(370_084, rel=0.06)


def test_key_falls_with_loss_and_noise_and_grows_with_time():
    losses = np.arange(20.0, 50.0, 0.5)
    table = sq.key_through_loss(losses, NIGHT, seconds_s=300.0, all_proofs=False)
    assert (np.diff(table["secret_bits"]) <= 0).all()
    assert table["secret_bits"].iloc[0] > 1e6
    assert table["secret_bits"].iloc[-1] == 0
    noisy = sq.key_through_loss(losses, NIGHT, seconds_s=300.0, background_cps=2e3, all_proofs=False)
    assert (noisy["secret_bits"] <= table["secret_bits"]).all()
    assert (noisy["qber"] > table["qber"]).all()
    longer = sq.key_through_loss(losses, NIGHT, seconds_s=600.0, all_proofs=False)
    some = table["secret_bits"] > 0
    assert (longer["secret_bits"][some] > 2 * table["secret_bits"][some]).all()


BAD_CURVES = {
    "no loss": ("t_s,range_m\n0,1\n", "no column link_loss_db or loss_db"),
    "no time": ("link_loss_db\n30\n", "no column t_s or time_s"),
    "time runs back": ("t_s,link_loss_db\n0,30\n5,30\n5,31\n", "line 4: its time is not after"),
    "gain": ("t_s,link_loss_db\n0,-3\n", "line 2, column link_loss_db: '-3' is out of range"),
    "too much": ("t_s,link_loss_db\n0,3\n1,1e3\n", "line 3, column link_loss_db = 1000 is out of range"),
    "no number": ("t_s,link_loss_db\n0,much\n", "line 2, column link_loss_db: 'much' is no number"),
    "negative noise": ("t_s,link_loss_db,background_cps\n0,30,-1\n", "column background_cps: '-1' is out of range"),
    "nothing": ("t_s,link_loss_db\n", "has no rows of losses"),
    "one row": ("t_s,link_loss_db\n0,30\n", "has one row of losses"),
    "twice": ("t_s,t_s,link_loss_db\n0,0,3\n", "line 1: there are two columns 't_s'"),
}


@pytest.mark.parametrize(("text", "message"), BAD_CURVES.values(), ids=BAD_CURVES)
def test_what_is_no_curve_is_told_with_its_line(text, message, tmp_path):
    path = tmp_path / "curve.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        sq.key_through_curve(path, NIGHT)


def test_what_is_no_loss_is_refused():
    for wrong in (-1.0, np.nan, 301.0):
        with pytest.raises(InputError, match=r"loss_db = .* is out of range"):
            sq.key_through_loss([30.0, wrong], NIGHT, seconds_s=10.0)
    unequal = NIGHT.with_({"link.detector.efficiency_mismatch": 0.01})
    with pytest.raises(InputError, match="no proof that is offered here covers"):
        sq.key_through_loss(30.0, unequal, seconds_s=10.0)
    for wrong in (0.0, -1.0, np.inf):
        with pytest.raises(InputError, match="seconds_s"):
            sq.key_through_loss(30.0, NIGHT, seconds_s=wrong)
    with pytest.raises(InputError, match="background_cps"):
        sq.key_through_loss(30.0, NIGHT, seconds_s=10.0, background_cps=-1.0)
    with pytest.raises(InputError, match="'xinglong'"):
        sq.key_through_loss(30.0, NIGHT, seconds_s=10.0, station="xinglng")


def test_a_heading_tells_a_curve_from_counts(tmp_path):
    assert is_loss_curve(read_rows(PUBLISHED, what="counts", hint=""))
    (tmp_path / "counts.csv").write_text("basis,detections,errors\nZ,1,0\n")
    assert not is_loss_curve(read_rows(tmp_path / "counts.csv", what="counts", hint=""))


@pytest.mark.parametrize("between", [";", "\t"])
def test_semicolons_and_tabs_are_as_good(between, tmp_path):
    path = tmp_path / "curve.csv"
    path.write_text(PUBLISHED.read_text().split("\n", 1)[1].replace(",", between))
    own, other = sq.key_through_curve(path, NIGHT), sq.key_through_curve(PUBLISHED, NIGHT)
    np.testing.assert_array_equal(own["secret_bits"], other["secret_bits"])


def test_a_pipe_is_read_once(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "satqkd", "key", "/dev/stdin", NIGHT.name, "--format", "csv"],
        input=PUBLISHED.read_text(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert len(ran.stdout.splitlines()) == 4


def test_the_command_line_takes_losses_and_curves(satqkd, tmp_path):
    ran = satqkd("key", "--loss", "30:45:5", "--loss", "60", "micius-xinglong-2016-12-19", "--format", "json")
    assert ran.code == 0
    rows = json.loads(ran.out)["rows"]
    assert sorted({row["link_loss_db"] for row in rows}) == [30.0, 35.0, 40.0, 45.0, 60.0]
    assert "key at 3 of 5 losses, up to 40 dB" in ran.err
    assert "at expected counts" in ran.err
    assert "detectors of xinglong; background 0 counts/s" in ran.err
    assert max(map(len, satqkd("key", "--loss", "30:45:5").out.splitlines())) <= 80
    ran = satqkd("key", str(PUBLISHED), "micius-xinglong-2016-12-19")
    assert ran.code == 0
    assert "micius_2016-12-19_loss" in ran.out
    figure = tmp_path / "key.png"
    assert satqkd("key", "--loss", "30", "--figure", str(figure), "-o", str(tmp_path / "key.csv")).code == 0
    assert figure.stat().st_size > 1000
    assert (tmp_path / "key.csv").exists()


BAD_COMMANDS = {
    "nothing": (["key"], "nothing to make key of"),
    "both": (["key", "a.csv", "micius-xinglong-2016-12-19", "--loss", "30"], "Give one of them"),
    "figure without losses": (["key", "a.csv", "--figure", "k.png"], "goes with --loss"),
    "seconds without losses": (["key", "a.csv", "--seconds", "3"], "--seconds goes with --loss"),
    "background without losses": (["key", "a.csv", "--background", "0"], "--background goes with --loss"),
    "no such loss": (["key", "--loss", "thirty"], "no number of decibels"),
    "backwards": (["key", "--loss", "40:30:1"], "no first:last:step"),
    "endless": (["key", "--loss", "0:100:1e-6"], "at most 10,000"),
    "no such file": (["key", "none.csv"], "cannot be read"),
}


@pytest.mark.parametrize(("words", "message"), BAD_COMMANDS.values(), ids=BAD_COMMANDS)
def test_bad_commands_end_in_two(satqkd, words, message):
    ran = satqkd(*words)
    assert ran.code == 2
    assert message in ran.err


@pytest.mark.parametrize("losses", [[30.0], np.linspace(20.0, 50.0, 30), np.linspace(20.0, 50.0, 1000), [60.0]])
def test_the_figure_shows_every_proof(losses):
    table = sq.key_through_loss(losses, NIGHT, seconds_s=300.0)
    figure = sq.plot.key_against_loss(table)
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(dict.fromkeys(table["proof"]))
    assert axes.get_xlabel() == "link loss [dB]"
    curves = [line for line in axes.lines if not str(line.get_label()).startswith("_")]
    drawn = np.concatenate([line.get_ydata() for line in curves])
    assert np.isfinite(drawn).sum() == (table["secret_bits"] > 0).sum()
    empty = not (table["secret_bits"] > 0).any()
    assert ("no key at any of these losses" in [text.get_text() for text in axes.texts]) == empty
    figure.canvas.draw()
