"""How long a key length and an optimised pass take, against what is required of them on one core."""

import time

import numpy as np
import pytest
from scipy.optimize import minimize

from satqkd.protocols.choice.parameters import SearchLimits, _Cube, optimize
from satqkd.protocols.choice.profiles import Profiles
from satqkd.protocols.decoy_bb84 import secret_key_length
from tests.support.passes import TWO_DECOYS, passes

LIMIT_S_A_BLOCK = 2e-6  # the requirement; 0.3 us measured
LIMIT_S_A_PASS = 5e-3  # the requirement; 1.1 ms measured
LEAST_RATIO = 300.0  # the requirement


def seconds_of(function, repeats=3):
    """Shortest processor time of a call, which other work on the machine does not lengthen."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def test_ten_thousand_blocks_at_once():
    scale = 10 ** np.random.default_rng(1).uniform(-3, 1, (10_000, 1))
    key, test = scale * np.array([7e6, 4e5, 64.0]), scale * np.array([4.4e5, 2.5e4, 4.0])

    def evaluate():
        return secret_key_length(
            key_counts=key,
            key_errors=0.01 * key,
            test_counts=test,
            test_errors=0.01 * test,
            intensities=(0.5, 0.1, 0.0),
            probabilities=(0.7, 0.2, 0.1),
            epsilon_secrecy=1e-9,
            epsilon_correctness=1e-15,
        )

    assert seconds_of(evaluate) / 10_000 < LIMIT_S_A_BLOCK


def some_passes(count):
    rng = np.random.default_rng(2)
    return passes(
        rng.uniform(22, 40, count), background=10 ** rng.uniform(-8, -5.5, count), miss_m=rng.uniform(0, 1.2e6, count)
    )


def test_every_pass_of_a_year_in_a_minute():
    # 256 passes here; 13,000 are the same 50 times over.
    drawn = some_passes(256)
    found = optimize(TWO_DECOYS, drawn)
    assert 0.3 < np.mean(found.secret_bits > 0) < 0.95
    assert seconds_of(lambda: optimize(TWO_DECOYS, drawn), repeats=2) / 256 < LIMIT_S_A_PASS


@pytest.mark.slow
def test_ratio_to_a_cold_multi_start():
    # COBYLA from ten random points on the very objective, one pass at a time, as public tools do it; some 4000 measured
    # with scipy 1.17.
    drawn = some_passes(256)
    ours = seconds_of(lambda: optimize(TWO_DECOYS, drawn), repeats=2) / 256
    cube = _Cube(TWO_DECOYS, SearchLimits(), window=True)
    profiles = Profiles.of(drawn, misalignment_error=TWO_DECOYS.misalignment_error)
    best = optimize(TWO_DECOYS, drawn)
    rng = np.random.default_rng(3)
    blocks = np.flatnonzero(best.secret_bits > 0)[:2]
    start = time.process_time()
    for block in blocks:
        objective = cube.objective(profiles, np.array([block]))
        for _ in range(10):
            minimize(  # type: ignore[call-overload]
                lambda u, objective=objective: -float(objective(np.clip(u, 0.0, 1.0)[None], np.zeros(1, dtype=int))[0]),
                rng.uniform(0.05, 0.95, 6),
                method="COBYLA",
                bounds=[(0.0, 1.0)] * 6,
                tol=1e-6,
            )
    theirs = (time.process_time() - start) / len(blocks)
    assert theirs / ours > LEAST_RATIO
