"""Progress shows on a terminal after a while and goes; a pipe and --quiet see none of it; --debug tells the stages."""

from __future__ import annotations

import os
import subprocess
import sys
from threading import Timer

import pytest

import satqkd as package
from satqkd.analysis import estimate
from satqkd.cli import watch

pty = pytest.importorskip("pty")  # there is none on Windows

ENTRY = "import satqkd.cli.watch as w; w.DELAY_S = {delay}; from satqkd.cli.start import entry; entry()"
WORK = ["analyze", "--set", "key.optimize=true", "--days", "3", "--format", "csv"]
AGAIN = b"\x1b[2K"
"""What a terminal is sent where a line is drawn again, or taken away."""


def on_a_terminal(*arguments, delay=0.0, terminal="xterm"):
    """Run the command with stderr on a terminal; return the code, what stdout had, what the terminal was sent."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", ENTRY.format(delay=delay), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": terminal, "COLUMNS": "100"},
    )
    os.close(theirs)
    sent = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux says so where the other side is closed
            break
        if not part:
            break
        sent += part
    os.close(ours)
    assert child.stdout is not None
    out = child.stdout.read()
    child.stdout.close()
    return child.wait(timeout=60), out, sent


def test_a_terminal_is_shown_progress_that_goes_when_it_is_done():
    code, out, sent = on_a_terminal(*WORK)
    assert code == 0
    assert out.startswith(b"pass_id,")
    assert b"light and counts" in sent
    before, after = sent.rsplit(AGAIN, 1)
    assert b"light and counts" in before
    assert b"light and counts" not in after
    assert b"secret bits" in after  # the notes come when the line is gone
    assert sent.rfind(b"\x1b[?25h") > sent.rfind(b"\x1b[?25l")  # the cursor is there again


def test_work_that_is_done_soon_shows_none():
    code, _, sent = on_a_terminal(*WORK, delay=60.0)
    assert code == 0
    assert b"secret bits" in sent
    assert b"\x1b" not in sent


@pytest.mark.parametrize(("more", "terminal"), [(["--quiet"], "xterm"), ([], "dumb")])
def test_quiet_and_a_terminal_that_cannot_redraw_show_none(more, terminal):
    code, _, sent = on_a_terminal(*WORK, *more, terminal=terminal)
    assert code == 0
    assert b"\x1b" not in sent
    assert b"light and counts" not in sent


def test_a_pipe_is_sent_none():
    ran = subprocess.run(
        [sys.executable, "-c", ENTRY.format(delay=0.0), *WORK], capture_output=True, check=True, timeout=60
    )
    assert b"\x1b" not in ran.stdout + ran.stderr
    assert b"light and counts" not in ran.stderr


def test_an_error_leaves_no_line_behind():
    code, _, sent = on_a_terminal("analyze", "--days", "0.001", "--start", "2017-05-22")
    assert code == 3
    assert b"No pass found" in sent.rsplit(AGAIN, 1)[-1]


def test_the_delay_is_a_second():
    assert watch.DELAY_S == 1.0


def test_large_work_says_so_first_and_quietly_nothing(satqkd, monkeypatch):
    monkeypatch.setattr(estimate, "_SMALL", 0.0)
    monkeypatch.setattr(watch, "WORTH_SAYING_S", 0.0)
    for command in ("passes", "analyze", "relay"):
        said = satqkd(command, "--days", "2").err
        assert said.startswith("about ")
        assert "of memory" in said.splitlines()[0]
    assert "of memory" not in satqkd("analyze", "--days", "2", "--quiet").err


def test_work_of_a_few_seconds_is_not_worth_saying(satqkd, monkeypatch):
    monkeypatch.setattr(estimate, "_SMALL", 0.0)
    assert "of memory" not in satqkd("analyze", "--days", "2").err


@pytest.mark.filterwarnings("ignore::satqkd.errors.Notice")
@pytest.mark.parametrize("command", ["passes", "analyze"])
def test_what_is_too_large_is_2_with_a_way_out(command, satqkd, tmp_path):
    path = tmp_path / "large.toml"
    large = package.load_scenario("micius-beijing-vienna").with_(
        {
            "satellites": [
                {
                    "model": "walker",
                    "altitude_m": 600e3,
                    "inclination_deg": 70.0,
                    "satellites": 1000,
                    "planes": 10,
                    "epoch": "2017-05-22T00:00:00Z",
                }
            ],
            "days": 3650.0,
        }
    )
    path.write_text(large.to_toml(), encoding="utf-8")
    ran = satqkd(command, str(path))
    assert ran.code == 2
    assert "too large to be done at once: about" in ran.err
    assert "Campaign.joined" in ran.err
    assert not ran.out


def test_debug_tells_at_the_end_how_long_each_stage_took(satqkd):
    ran = satqkd("analyze", "--days", "2", "--debug")
    stages = [line.split(" s  ")[1] for line in ran.err.splitlines()[-5:]]
    assert stages == ["predict", "judge", "light and counts", "keys", "table"]
    assert [line.split(" s  ")[1] for line in satqkd("passes", "--days", "2", "--debug").err.splitlines()[-2:]] == [
        "predict",
        "judge",
    ]
    assert " s  judge" not in satqkd("passes", "--days", "2").err


def test_a_stage_of_unknown_length_has_no_share():
    watcher = watch._Watcher(shows=False)
    watcher._timer = Timer(60.0, watcher._show)
    watcher.reached("dig", 1, 4)
    watcher._show()
    try:
        assert watcher._line is not None
        task = watcher._line[0].tasks[0]
        assert (task.description, task.completed, task.total, task.fields["share"]) == ("dig", 1, 4, "25%")
        watcher.reached("rest", 0, 0)
        assert (task.description, task.completed, task.total, task.fields["share"]) == ("rest", 0, None, "")
    finally:
        watcher.close()
