"""Whole analyses at nodes beside the same in seconds, which is how version 0.1 worked, in one run; and their memory.

Beside version 0.1 itself: see README.md here.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support import ROOT

SLACK = 0.4  # other work shares these cores
RUN = """
import sys, time, warnings, datetime as dt
warnings.simplefilter("ignore")
import satqkd as sq
from satqkd import catalog
from tests.support.memory import peak_bytes
satellites, stations, parts = (int(word) for word in sys.argv[1:4])
days, sampling = float(sys.argv[4]), sys.argv[5]
base = sq.load_scenario("micius-beijing-vienna").to_dict()
base.pop("relay")
base["satellites"] = [
    {
        "model": "walker", "name": "w", "altitude_m": 500e3, "inclination_deg": 97.4, "satellites": satellites,
        "planes": min(satellites, 10), "epoch": dt.datetime(2017, 5, 22, tzinfo=dt.UTC),
    }
]
base["stations"] = [{"name": name, "aperture_m": 1.0} for name in list(catalog.entries("stations"))[:stations]]
base["passes"]["sampling"] = sampling
scenario = sq.load_scenario(base)
sq.analyze(scenario, days=0.2)
begin, bits = time.perf_counter(), 0
for number in range(parts):
    bits += int(sq.analyze(scenario, days=days, part=(number, parts)).passes["secret_bits"].sum())
spent = time.perf_counter() - begin
print(spent, peak_bytes() / 2**30, bits)
"""


def analyzed(satellites, stations, days, sampling="nodes", parts=1):
    """Return seconds, peak memory [GiB] and bits of an analysis in a process of its own."""
    command = [sys.executable, "-c", RUN, *map(str, (satellites, stations, parts, days, sampling))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    seconds, memory, bits = done.stdout.split()
    return float(seconds), float(memory), int(bits)


pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("satellites", "stations", "days", "required"),
    [(3, 10, 60.0, 10.0), (30, 44, 1.0, 8.0)],
    ids=["3 x 10 x 60 d", "30 x 44 x 1 d"],
)
def test_nodes_beside_seconds(satellites, stations, days, required):
    fast, small, bits = analyzed(satellites, stations, days)
    slow, large, sampled = analyzed(satellites, stations, days, "seconds")
    print(f"\nseconds {slow:.2f} s {large:.2f} GiB, nodes {fast:.2f} s {small:.2f} GiB: {slow / fast:.1f} times faster")
    assert slow / fast > SLACK * required
    assert small < large
    assert bits == pytest.approx(sampled, rel=1e-3)


def test_a_year_fits_in_little_memory():
    _, memory, _ = analyzed(3, 10, 365.0)
    print(f"\n3 x 10 x 365 d: {memory:.2f} GiB, required 0.6")
    assert memory < 0.6


def test_memory_does_not_grow_with_the_days_of_a_window_in_parts():
    _, short, _ = analyzed(2, 10, 128.0, parts=2)
    _, long, _ = analyzed(2, 10, 512.0, parts=8)
    print(f"\n128 d in 2 parts {short:.3f} GiB, 512 d in 8 parts {long:.3f} GiB")
    assert long < 1.1 * short
