"""Light in samples of equal length, which count or do not, as version 0.1 had it."""

from __future__ import annotations

import numpy as np

from satqkd import orbit
from satqkd.analysis.light import Instants, Light, arriving_light, flip_probability
from satqkd.analysis.prediction import Prediction
from satqkd.arrays import FloatArray, IntArray


class SecondLight:
    """The light of a prediction's passes, evaluated in its samples that count."""

    def __init__(self, prediction: Prediction) -> None:
        self.prediction = prediction

    def light(self, rows: IntArray) -> tuple[Light, FloatArray]:
        """Return the light in the samples of some passes that count, and the least loss of each pass [dB].

        Parameters
        ----------
        rows : ndarray of int
            Rising.
        """
        instants = second_by_second(self.prediction, rows)
        samples = instants.samples
        spans = self.prediction.plan.spans.take(rows)
        chosen = np.flatnonzero(spans.contain(samples.pass_index, samples.t_s))
        flips = flip_probability(instants, np.unique(samples.pass_index[chosen]).tolist())
        light = arriving_light(instants, chosen, flips)
        least = np.full(len(rows), np.inf)
        np.minimum.at(least, light.row, light.link_loss_db)
        light.row[:] = rows[light.row]
        return light, least


def second_by_second(prediction: Prediction, rows: IntArray) -> Instants:
    """Return some passes of a prediction in samples of its scenario's step."""
    passes, stations = prediction.passes.iloc[rows], list(prediction.scenario.positions)
    step_s = prediction.scenario.passes.step_s
    samples = orbit.sample_passes(passes, prediction.elements, stations, step_s=step_s)
    return Instants(prediction.scenario, passes, samples, orbit.sample_sky(samples, passes, stations))
