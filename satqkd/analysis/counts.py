"""What the receivers are expected to count, second by second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from satqkd.analysis.light import Light
from satqkd.arrays import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Counts:
    """What the receiver is expected to count in each sample, per second.

    Attributes
    ----------
    detected_cps : ndarray, shape (n,)
        Clicks, or coincidences, of all intensities and bases [1/s].
    sifted_cps, errors_cps : ndarray, shape (n, 2, intensities)
        Matched-basis detections and the errors among them [1/s]: basis (Z, X), intensity (signal first,
        one for pairs).
    stray_probability : ndarray, shape (n,)
        Probability per gate of a click that other clicks made [1].
    """

    detected_cps: FloatArray
    sifted_cps: FloatArray
    errors_cps: FloatArray
    stray_probability: FloatArray

    def take(self, rows: NDArray[np.intp] | BoolArray) -> Counts:
        """Return those of some of the samples."""
        return Counts(**{one.name: getattr(self, one.name)[rows] for one in fields(Counts)})

    @staticmethod
    def end_to_end(parts: Sequence[Counts]) -> Counts:
        """Return those of several lists of samples, one list after the other."""
        names = [one.name for one in fields(Counts)]
        return Counts(**{name: np.concatenate([getattr(one, name) for one in parts]) for name in names})

    @property
    def signal_cps(self) -> FloatArray:
        """Matched-basis detections of the signal intensity [1/s], shape (n,)."""
        return np.asarray(self.sifted_cps[:, :, 0].sum(axis=1))

    @property
    def qber(self) -> FloatArray:
        """Share of errors among them [1], shape (n,); 1/2 where nothing is detected."""
        return error_share(self.errors_cps[:, :, 0].sum(axis=1), self.signal_cps)


def error_share(errors: FloatArray, counts: FloatArray) -> FloatArray:
    """Return errors over counts [1]; 1/2, the share of noise, where nothing was counted."""
    some = counts > 0.0
    return np.where(some, errors / np.where(some, counts, 1.0), 0.5)


def over_detectors(count: Callable[..., Counts], light: Light) -> Counts:
    """Return what is counted of the light that arrives, each station's by its own detectors.

    Parameters
    ----------
    count : callable
        Counts of samples behind one kind of detector, as `satqkd.analysis.families.Family.expected_counts` takes them.
    light : Light
    """
    parts = [
        count(
            transmittance=light.transmittance[rows],
            background_cps=light.background_cps[rows],
            detector=detector,
            flip_probability=light.flip_probability[rows],
        )
        for detector, rows in light.by_detector()
    ]
    if len(parts) == 1:
        return parts[0]
    order = np.argsort(np.concatenate([rows for _, rows in light.by_detector()]), kind="stable")
    names = [one.name for one in fields(Counts)]
    return Counts(**{name: np.concatenate([getattr(one, name) for one in parts])[order] for name in names})
