"""Counts from sums over seconds against the detector model second by second."""

import numpy as np
import pytest

from satqkd.errors import InputError
from satqkd.link.receiver.detector import click_statistics, noise_probability
from satqkd.protocols.choice.profiles import PARTS, Profiles, Seconds

GATE_S, MISALIGNMENT = 1e-9, 0.013
MU, SHARES = np.array([0.8, 0.1, 0.0]), np.array([0.7, 0.3])


def draw(brightest, sizes=(300, 0, 7, 200, 1)):
    rng = np.random.default_rng(3)
    block = np.repeat(np.arange(len(sizes)), sizes)
    background_cps, dark_hz = rng.uniform(0, 1e5, len(block)), np.array([50.0, 500.0, 5e3, 100.0, 1e3])
    passive = np.array([True, True, False, False, True])
    weight = rng.uniform(0.5, 1.5, len(block))
    seconds = Seconds.of(
        transmittance=rng.uniform(0, brightest, len(block)),
        background_per_gate=background_cps * GATE_S,
        weight_s=weight,
        block=block,
        dark_per_gate=2 * dark_hz * GATE_S,
        passive=passive,
    )
    return seconds, background_cps, dark_hz, passive


def second_by_second(seconds, background_cps, dark_hz, passive, which):
    """Oracle: the link room's noise and clicks of every second, added up."""
    block = seconds.block[which[0]]
    noise = noise_probability(
        background_cps[which, None],
        dark_count_hz=dark_hz[block],
        detectors=4 if passive[block] else 2,
        gate_s=GATE_S,
        basis_probability=SHARES,
    )
    noise = np.broadcast_to(noise, (len(which), 2))
    gain, error = click_statistics(MU, seconds.transmittance[which, None, None], noise[:, :, None], MISALIGNMENT)
    weight = seconds.weight_s[which, None, None]
    return (gain * weight).sum(axis=0), (gain * error * weight).sum(axis=0)


@pytest.mark.parametrize("brightest", [1e-3, 1.0])
def test_whole_blocks_as_the_detector_counts_them(brightest):
    drawn = draw(brightest)
    seconds = drawn[0]
    profiles = Profiles.of(seconds, misalignment_error=MISALIGNMENT)
    for block in (0, 2, 3, 4):
        detections, errors = profiles.counts(
            np.array([block]), kept=np.ones(1), intensities=MU[None], basis_probabilities=SHARES[None]
        )
        expected = second_by_second(*[*drawn, np.flatnonzero(seconds.block == block)])
        # Series and sums are good to 1e-12, the oracle's noise to 1e-10.
        np.testing.assert_allclose(detections[0], expected[0], rtol=1e-9)
        np.testing.assert_allclose(errors[0], expected[1], rtol=1e-9)


def test_parts_and_single_seconds_as_the_detector_counts_them():
    drawn = draw(1e-2)
    seconds = drawn[0]
    profiles = Profiles.of(seconds, misalignment_error=MISALIGNMENT)
    blocks = np.array([0, 3])
    rows, ends, detections, errors = profiles.fine_counts(
        blocks,
        low=np.array([4, 0]),
        high=np.array([6, 1]),
        intensities=np.tile(MU, (2, 1)),
        basis_probabilities=np.tile(SHARES, (2, 1)),
    )
    assert list(np.bincount(rows)) == [int(300 * 6 / PARTS + 0.5) - int(300 * 4 / PARTS + 0.5), round(200 / PARTS)]
    for row in (0, 3, len(rows) - 1):
        kept = profiles.order[profiles.ends[blocks[rows[row]], 0] : ends[row]]
        expected = second_by_second(*[*drawn, kept])
        np.testing.assert_allclose(detections[row], expected[0], rtol=1e-9)
        np.testing.assert_allclose(errors[row], expected[1], rtol=1e-9)


def test_the_best_seconds_come_first():
    seconds, *_ = draw(1e-2)
    order = seconds.order()
    assert sorted(order) == list(range(len(seconds.block)))
    assert np.all(np.diff(seconds.block[order]) >= 0)
    dark = np.where(seconds.passive, 2, 1) * seconds.dark_per_gate
    noise = ((seconds.background_per_gate + dark[seconds.block]) / seconds.transmittance)[order]
    same = np.diff(seconds.block[order]) == 0
    assert np.all(np.diff(noise)[same] >= 0)


def test_nothing_kept_is_nothing_counted():
    seconds, *_ = draw(1e-2)
    profiles = Profiles.of(seconds, misalignment_error=MISALIGNMENT)
    blocks = np.arange(5)
    tiles = {"intensities": np.tile(MU, (5, 1)), "basis_probabilities": np.tile(SHARES, (5, 1))}
    for part in profiles.counts(blocks, kept=np.zeros(5), **tiles):
        np.testing.assert_array_equal(part, 0.0)
    counts, errors = profiles.counts(blocks, kept=np.ones(5), **tiles)
    np.testing.assert_array_equal(counts[1], 0.0)
    assert np.all(errors <= counts / 2 * (1 + 1e-12))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"transmittance": [0.1, 1.1]}, "transmittance"),
        ({"transmittance": [0.1, -0.1]}, "transmittance"),
        ({"background_per_gate": [0.0, float("nan")]}, "background"),
        ({"weight_s": -1.0}, "weight_s"),
        ({"block": [0, -1]}, "block"),
        ({"block": [0, 2], "blocks": 2}, "block"),
        ({"dark_per_gate": -1e-9}, "dark"),
    ],
)
def test_impossible_seconds_are_refused(change, words):
    given = {"transmittance": [0.1, 0.2], "background_per_gate": 1e-7, "weight_s": 1.0, "block": [0, 0]}
    with pytest.raises(InputError, match=words):
        Seconds.of(**{**given, **change})
