"""`satqkd passes` as a whole process beside a bare Skyfield script that prints the same rows: ratios in one run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from satqkd.catalog import data_file

SCRIPT = Path(__file__).with_name("skyfield_passes.py")
# Other work shares these cores, and a process of under a second is mostly imports: the test lets pass what the
# measurement on a quiet machine does not.
SLACK = 0.8


def stations_file(folder, count):
    rng = np.random.default_rng(1)
    rows = [f"s{k},{rng.uniform(-70, 70):.4f},{rng.uniform(-180, 180):.4f},200" for k in range(count)]
    path = folder / "stations.csv"
    path.write_text("\n".join(rows) + "\n")
    return path, [word for row in rows for word in ("--station", row)]


def fastest(commands, repeat, folder):
    """Processor seconds of each command, the best of several turns, in turn so that both see the same machine.

    Both run from byte code, as what is installed does, wherever it may be written; a first turn that writes it does not
    count.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    spent: list[list[float]] = [[] for _ in commands]
    for _ in range(repeat + 1):
        for command, seconds in zip(commands, spent, strict=True):
            before = children_s()
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
            seconds.append(children_s() - before)
            assert len(done.stdout.splitlines()) > 100
    return [min(seconds[1:]) for seconds in spent]


def children_s():
    times = os.times()
    return times.children_user + times.children_system


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "days", "required", "repeat"), [(1, 365, 1.5, 7), (100, 30, 5.0, 2)], ids=["1 x 365 d", "100 x 30 d"]
)
def test_passes_beside_skyfield(tmp_path, count, days, required, repeat):
    path, stations = stations_file(tmp_path, count)
    elements = data_file("satellites", "quantum_optical_2026-08-11.3le")
    ephemeris = data_file("ephemeris", "de421_sun_moon_2016_2050.bsp")
    ours = [sys.executable, "-m", "satqkd", "passes", "spoqc-europe", *stations, "--start", "2026-08-11"]
    ours += ["--days", str(days), "--max-age", "400", "--format", "csv", "--quiet"]
    theirs = [sys.executable, SCRIPT, path, elements, "SPOQC", ephemeris, "2026-08-11", str(days)]
    here, there = fastest([ours, theirs], repeat, tmp_path)
    print(f"\nSkyfield {there:.2f} s, satqkd {here:.2f} s: {there / here:.2f} times faster, required {required:g}")
    assert there / here > SLACK * required
