"""The command line as a process: readers that leave, outputs that fail, streams that are closed, interrupts."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from satqkd.cli import interrupt, main
from satqkd.cli.talk import printable

SATQKD = [sys.executable, "-c", "from satqkd.cli.start import entry; entry()"]
PASSES = ["passes", "--days", "2", "--format", "csv"]


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which SATQKD stands for the command; the code is that of the command."""
    command = " ".join(f"'{word}'" for word in SATQKD)
    return subprocess.run(
        ["bash", "-c", line.replace("SATQKD", command)], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("reader", ["true", "head -1"])
def test_a_reader_that_leaves_is_no_fault(reader):
    ran = shell(
        f"SATQKD passes --days 60 --max-age 90 --format csv --quiet | {reader} > /dev/null; exit ${{PIPESTATUS[0]}}"
    )
    assert ran.returncode == 0
    assert "rror" not in ran.stderr.replace("as those", "")
    assert "Traceback" not in ran.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_an_output_that_cannot_be_written_is_2():
    ran = shell(f"SATQKD {' '.join(PASSES)} > /dev/full")
    assert ran.returncode == 2
    assert "No space left" in ran.stderr
    assert "fault in satqkd" not in ran.stderr


def test_nobody_on_stderr_changes_nothing():
    assert shell(f"SATQKD {' '.join(PASSES)} 2>&- > /dev/null").returncode == 0
    assert shell("SATQKD passes --satellite nix 2>&-").returncode == 2
    assert shell(f"SATQKD {' '.join(PASSES)} 2> >(true) > /dev/null").returncode == 0


def test_no_standard_input_is_told():
    ran = shell("SATQKD passes --elements - --days 1 <&-")
    assert ran.returncode == 2
    assert "standard input" in ran.stderr
    assert shell(f"SATQKD {' '.join(PASSES)} <&- > /dev/null").returncode == 0


@pytest.mark.slow
def test_an_interrupt_at_any_moment_is_130_and_one_word():
    rng = random.Random(11)
    for _ in range(12):
        child = subprocess.Popen(
            [*SATQKD, "analyze", "--days", "200", "--max-age", "400"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(rng.uniform(0.15, 2.0))
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=30)
        assert child.returncode in (130, 0), said
        assert "Traceback" not in said
        if child.returncode == 130:
            assert said.strip().splitlines()[-1] == "interrupted"


def test_an_interrupt_that_a_library_turned_into_an_error_is_one_still(satqkd, monkeypatch):
    def turned(*_: object, **__: object) -> None:
        monkeypatch.setattr(interrupt, "_seen", [signal.SIGINT])
        raise ValueError("a schema could not be built: KeyboardInterrupt")

    monkeypatch.setattr("satqkd.analysis.predict", turned, raising=False)
    ran = satqkd("passes")
    assert ran.code == 130
    assert ran.err.strip() == "interrupted"


def test_memory_that_is_refused_is_2(satqkd, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise MemoryError("Unable to allocate 80.0 TiB")

    monkeypatch.setattr("satqkd.analysis.predict", refuse, raising=False)
    ran = satqkd("passes")
    assert ran.code == 2
    assert "not enough memory" in ran.err
    assert "fault" not in ran.err


def test_dash_is_standard_output(satqkd):
    assert satqkd(*PASSES[:3], "-o", "-").out == satqkd(*PASSES).out
    assert satqkd(*PASSES[:3], "--format", "jsonl", "-o", "-").out.startswith('{"pass_id"')


def test_control_characters_do_not_reach_a_terminal(satqkd):
    assert printable("a\x1b[2Jb\tc\n") == "a\\x1b[2Jb\\tc\n"
    ran = satqkd("passes", "--station", "ro\x1b[2Jof,40,117,0", "--start", "2016-12-19T16:40", "--days", "0.02")
    assert "\x1b" not in ran.out + ran.err


def test_text_that_a_spreadsheet_would_run_is_made_harmless(satqkd):
    ran = satqkd(
        "passes", "--station", "=1+1,40,117,0", "--start", "2016-12-19T16:40", "--days", "0.02", "--format", "csv"
    )
    assert ",'=1+1," in ran.out


def test_the_entry_point_is_what_is_tested():
    assert callable(main.run)
