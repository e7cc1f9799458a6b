"""The size of an analysis is known before it starts, to the factors that `Estimate` states."""

from __future__ import annotations

import math

import pytest

import satqkd
from satqkd.analysis import estimate as module, predict
from satqkd.analysis.estimate import MOST_MEMORY_BYTES, Estimate, estimate
from satqkd.errors import InputError
from satqkd.progress import listening
from tests.support import ROOT

PASSES, MEMORY = 1.5, 2.0
"""Factors to which passes and memory are good: as the docstring of `Estimate` states."""

BRIGHT = {"passes.max_sun_elevation_deg": 90.0, "passes.max_range_m": 4e7}


def stations(count):
    """Return stations spread evenly over the sphere, by the golden angle."""
    return [
        {
            "name": f"s{k}",
            "latitude_deg": math.degrees(math.asin(0.95 * (2.0 * (k + 0.5) / count - 1.0))),
            "longitude_deg": (137.50776 * k + 180.0) % 360.0 - 180.0,
            "altitude_m": 100.0,
            "aperture_m": 1.0,
        }
        for k in range(count)
    ]


def constellation(satellites, planes=1, altitude_m=600e3, inclination_deg=70.0):
    return {
        "model": "walker",
        "name": f"at{altitude_m / 1e3:.0f}",
        "altitude_m": altitude_m,
        "inclination_deg": inclination_deg,
        "satellites": satellites,
        "planes": planes,
        "epoch": "2026-03-01T00:00:00Z",
    }


def scenario(orbits, places, days, changes=None):
    base = satqkd.load_scenario("micius-beijing-vienna").to_dict()
    for key in ("relay", "assumed"):
        base.pop(key, None)
    base |= {"start": "2026-03-01T00:00:00Z", "days": days, "stations": stations(places), "satellites": orbits}
    return satqkd.load_scenario(base).with_(changes or {})


LARGE = [constellation(400, 20)], 200, 365.0

CASES = {
    "one station": ([constellation(1)], 1, 60.0, None),
    "one station for a year": ([constellation(1, altitude_m=1200e3, inclination_deg=97.0)], 1, 365.0, None),
    "many stations": ([constellation(1)], 60, 7.0, None),
    "less than a day": ([constellation(6, 2)], 20, 0.4, None),
    "a Walker constellation": ([constellation(66, 6)], 6, 5.0, None),
    "low and high together": (
        [constellation(20, 4), constellation(12, 3, 8000e3), constellation(8, 2, 20200e3, 55.0)],
        10,
        10.0,
        BRIGHT,
    ),
    "what stays up, cut at nights": ([constellation(3, 1, 35786e3, 1.0)], 4, 8.0, None),
    "what stays up, uncut": ([constellation(3, 1, 35786e3, 1.0)], 4, 20.0, BRIGHT),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_passes_are_told_to_the_factor_that_is_stated(case):
    asked = scenario(*case)
    found = len(satqkd.find_passes(asked))
    assert found / PASSES <= estimate(asked).passes <= found * PASSES


@pytest.mark.filterwarnings("ignore::satqkd.errors.StaleElementsWarning")
def test_the_shipped_scenario_is_told_too():
    found = len(satqkd.find_passes("micius-beijing-vienna"))
    assert found / PASSES <= satqkd.estimate("micius-beijing-vienna").passes <= found * PASSES


def test_samples_are_seconds_of_all_passes_or_nodes_of_usable_ones():
    asked = scenario([constellation(12, 3)], 5, 4.0)
    seconds = float(satqkd.find_passes(asked)["duration_s"].sum())
    nodes = estimate(asked)
    by_seconds = estimate(asked.with_({"passes.sampling": "seconds"}))
    kept = estimate(asked, keep_samples=True)
    assert by_seconds.samples == pytest.approx(seconds, rel=0.3)
    assert nodes.samples < 0.1 * by_seconds.samples
    assert kept.samples == pytest.approx(by_seconds.samples + nodes.samples, abs=2)
    assert by_seconds.memory_bytes > nodes.memory_bytes
    assert estimate(asked.with_({"passes.sampling": "seconds", "passes.step_s": 0.1})).samples == pytest.approx(
        10 * by_seconds.samples, rel=1e-6
    )


def test_the_window_is_that_of_the_arguments():
    asked = scenario([constellation(12, 3)], 5, 4.0)
    longer = estimate(asked, start="2026-03-10", end="2026-03-18")
    assert longer.passes == pytest.approx(2 * estimate(asked).passes, rel=0.2)
    assert estimate(asked, days=8.0).passes == pytest.approx(longer.passes, rel=0.2)


@pytest.mark.parametrize(
    ("changes", "keep", "way"),
    [
        ({}, False, "fewer stations"),
        ({"passes.sampling": "seconds"}, True, 'keep_samples, or set passes.sampling = "nodes"'),
    ],
)
def test_what_is_too_large_is_refused_with_ways_out_before_it_starts(changes, keep, way):
    asked = scenario(*LARGE, changes)
    assert estimate(asked, keep_samples=keep).memory_bytes > MOST_MEMORY_BYTES
    with pytest.raises(InputError, match=r"too large.* passes.*GiB of memory.*at most 12 GiB") as refused:
        satqkd.analyze(asked, keep_samples=keep)
    assert refused.value.exit_code == 2
    assert "Campaign.joined" in refused.value.hint
    assert way in refused.value.hint


def test_a_prediction_is_refused_as_well():
    with pytest.raises(InputError, match="too large"):
        satqkd.find_passes(scenario(*LARGE))


@pytest.mark.filterwarnings("ignore::satqkd.errors.StaleElementsWarning")
def test_small_work_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(module, "_estimated", None)
    satqkd.analyze("micius-beijing-vienna")
    predict(scenario([constellation(20, 4)], 10, 2.0))


def test_fine_samples_of_little_are_refused_too():
    asked = scenario([constellation(1)], 1, 365.0, {"passes.sampling": "seconds", "passes.step_s": 0.01})
    with pytest.raises(InputError, match="too large"):
        satqkd.analyze(asked)


def test_the_trial_is_silent_towards_who_listens(monkeypatch):
    class Heard:
        def __init__(self):
            self.said: list[str] = []

        def expected(self, text, seconds):
            self.said.append(text)

        def reached(self, stage, done, total):
            self.said.append(stage)

        def took(self, stage, seconds):
            self.said.append(stage)

    monkeypatch.setattr(module, "_SMALL", 0.0)
    heard = Heard()
    with listening(heard):
        predict("micius-beijing-vienna", days=2)
    assert "passes" in heard.said[0]
    assert list(dict.fromkeys(heard.said[1:])) == ["predict", "judge"]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (Estimate(14, 224, 95_000_000, 0.1), "about 14 passes, 220 samples, 91 MiB of memory, 1 s"),
        (
            Estimate(589_623, 2_150_000, 850_000_000, 55.4),
            "about 590,000 passes, 2.1 million samples, 810 MiB of memory, 55 s",
        ),
        (
            Estimate(111_000_000, 0, 122_000_000_000, 9800.0),
            "about 110 million passes, 114 GiB of memory, 2.7 h",
        ),
    ],
)
def test_words(given, text):
    assert given.text == str(given) == text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "keep"),
    [
        (([constellation(24, 6)], 10, 30.0, {}), False),
        (([constellation(6, 2)], 10, 20.0, {"passes.sampling": "seconds"}), False),
        (([constellation(6, 2)], 10, 20.0, BRIGHT | {"passes.sampling": "seconds"}), False),
        (([constellation(12, 3)], 10, 20.0, {}), True),
    ],
    ids=["nodes", "seconds", "seconds that all count", "kept"],
)
def test_memory_is_told_to_the_factor_that_is_stated(case, keep, tmp_path):
    import subprocess
    import sys

    asked = scenario(*case)
    path = tmp_path / "asked.toml"
    path.write_text(asked.to_toml(), encoding="utf-8")
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "import satqkd, warnings; warnings.simplefilter('ignore');"
            "from tests.support.memory import peak_bytes;"
            f"satqkd.analyze({str(path)!r}, keep_samples={keep});"
            "print(peak_bytes())",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    peak = int(ran.stdout)
    assert peak / MEMORY <= estimate(asked, keep_samples=keep).memory_bytes <= peak * MEMORY


def test_what_is_not_looked_at_cannot_fill_the_memory():
    # Analytic: a satellite that stays up, sampled every second all day, just below where work is looked at.
    pair_days = module._SMALL / module._WEIGHT_SAMPLED
    assert pair_days * 86_400.0 * module._SAMPLE_BYTES < module.MOST_MEMORY_BYTES
