"""Light at nodes against samples so short that their length does not matter; the table of docs/quadrature.md."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import satqkd as sq
from satqkd.analysis.nodes import NodeLight
from satqkd.errors import SatqkdWarning

BASE = sq.load_scenario("micius-beijing-vienna").with_({"elements.max_age_days": 400.0})
SKYLINE = [[0, 10], [90, 35], [180, 20], [270, 25]]
ONE_DECOY = {
    "protocol.name": "one-decoy-bb84",
    "protocol.intensities": [0.8, 0.1],
    "protocol.probabilities": [0.75, 0.25],
}
PAIRS = {
    "name": "bbm92",
    "pair_rate_hz": 5.9e6,
    "coincidence_window_s": 1e-9,
    "local_transmittance": 0.3,
    "key_basis_probability": 0.5,
    "misalignment_error": 0.01,
}
LEAST_BITS = 20_000
"""Below, a key is a small difference of large numbers."""

CASES = {
    "range-cut": ({}, 0.1, 1e-4, 5e-3),
    "all seconds": ({"key.window": "all"}, 0.1, 1e-4, 5e-3),
    "twilight-cut": ({"passes.max_sun_elevation_deg": -6.0, "passes.max_range_m": 1.6e6}, 0.1, 1e-4, 5e-3),
    "dark only": ({"passes.satellite_light": "dark"}, 0.02, 1e-4, 5e-3),
    "masked": ({"stations.graz.horizon_mask": SKYLINE}, 0.1, 1e-4, 5e-3),
    "around the Moon": ({"passes.min_moon_separation_deg": 15.0}, 0.1, 1e-4, 5e-3),
    "one decoy": (ONE_DECOY, 0.1, 1e-4, 5e-3),
    "optimised": ({"key.optimize": True}, 0.1, 5e-4, 5e-3),
    "pooled by day": ({"key.pool": "day"}, 0.1, 1e-4, 5e-3),
    "pairs": ({"protocol": PAIRS}, 0.1, 1e-4, 5e-3),
    "turning bases": ({"link.polarization.model": "uncompensated"}, 0.01, 1e-3, 1e-2),
}
"""Changes, length of the samples [s], and how far total and any one key may be off."""


def changed(changes):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SatqkdWarning)  # what another protocol does not know
        return BASE.with_(changes)


def analyzed(scenario, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SatqkdWarning)  # old elements, here on purpose
        return sq.analyze(scenario, **options)


def compared(scenario, step_s, **options):
    """Return keys at nodes and in samples of a length [bit]."""
    nodes = analyzed(scenario, **options)
    fine = analyzed(scenario.with_({"passes.sampling": "seconds", "passes.step_s": step_s}), **options)
    assert nodes.passes["pass_id"].tolist() == fine.passes["pass_id"].tolist()
    differing = nodes.passes["usable"] != fine.passes["usable"]
    assert (nodes.passes.loc[differing, "secret_bits"] == 0).all()  # a stretch shorter than a slot
    return nodes.passes["secret_bits"].to_numpy(float), fine.passes["secret_bits"].to_numpy(float)


def largest_error(keys, right):
    """Return how far the total is off, and the worst of the larger keys."""
    large = right > LEAST_BITS
    return abs(keys.sum() / right.sum() - 1.0), float(np.abs(keys[large] / right[large] - 1.0).max())


@pytest.mark.parametrize("name", ["range-cut", "all seconds", "twilight-cut"])
def test_a_few_passes(name):
    changes, step_s, total, single = CASES[name]
    off = largest_error(*compared(changed(changes), step_s, days=5))
    assert off[0] < total
    assert off[1] < single


def test_a_full_moon_is_resolved():
    """Of the aureole a stretch knows nothing at its first twelve nodes."""
    scenario = BASE.with_({"link.background.model": "natural-sky"})
    keys, right = compared(scenario, 0.1, start="2017-06-06", days=6)
    total, single = largest_error(keys, right)
    assert total < 1e-4
    assert single < 5e-3


def test_pairs():
    scenario = changed({"protocol": PAIRS})
    keys, right = compared(scenario, 0.1, days=6)
    assert right.sum() > 0
    assert keys.sum() == pytest.approx(right.sum(), rel=1e-3)


def test_weights_are_the_time_that_counts():
    prediction = analyzed(BASE, days=4).prediction
    rows = np.flatnonzero(prediction.passes["usable"])
    source = NodeLight(prediction)
    light, counts, least = source.light(rows)
    lasting = np.bincount(light.row, light.weight_s, minlength=len(prediction.passes))
    assert lasting == pytest.approx(prediction.plan.spans.duration_s(), abs=1e-6)
    assert len(counts.detected_cps) == len(light.row)
    slots = source.slots(rows)
    assert np.bincount(slots.row, slots.weight_s)[rows] == pytest.approx(lasting[rows], abs=1e-5)
    for row, found in zip(rows.tolist(), least.tolist(), strict=True):
        assert found <= light.link_loss_db[light.row == row].min()
    # What is interpolated between the nodes is the light itself.
    for name in ("transmittance", "background_cps", "link_loss_db"):
        sums = [np.bincount(one.row, getattr(one, name) * one.weight_s)[rows] for one in (light, slots)]
        assert sums[0] == pytest.approx(sums[1], rel=2e-4)


def test_a_model_of_ones_own_is_asked_a_station_at_a_time():
    from dataclasses import replace

    asked = []

    class Glass:
        def transmittance(self, sight, sky, *, wavelength_m):
            asked.append(sight.station_altitude_m)
            return np.full(sight.elevation_deg.shape, 0.5)

    analyzed(replace(BASE, link=replace(BASE.link, atmosphere=Glass())), days=2)
    assert asked
    assert all(isinstance(one, float) for one in asked)


@pytest.mark.slow
def test_two_thousand_passes():
    rows = [f"{'case':<16} {'passes':>6} {'keys':>5} {'total':>9} {'worst':>9} {'rms':>9}   1-s samples: worst, rms"]
    number = 0
    for name, (changes, step_s, total, single) in CASES.items():
        scenario = changed(changes)
        days = 60 if step_s >= 0.1 else 20
        keys, right = compared(scenario, step_s, days=days)
        coarse = (
            analyzed(scenario.with_({"passes.sampling": "seconds"}), days=days).passes["secret_bits"].to_numpy(float)
        )
        number += len(keys)
        large = right > LEAST_BITS
        off, worst = largest_error(keys, right)
        errors, coarse_errors = (one[large] / right[large] - 1.0 for one in (keys, coarse))
        rms, coarse_rms = (float(np.sqrt((one**2).mean())) for one in (errors, coarse_errors))
        rows.append(
            f"{name:<16} {len(keys):6d} {large.sum():5d} {off:9.1e} {worst:9.1e} {rms:9.1e}   "
            f"{np.abs(coarse_errors).max():.1e}, {coarse_rms:.1e}"
        )
        print(rows[-1], flush=True)
        assert off < total, name
        assert worst < single, name
    print("\n" + "\n".join(rows))
    assert number > 2000
