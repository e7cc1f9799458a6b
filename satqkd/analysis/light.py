"""The light that arrives in the samples of a prediction, each station by its own link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satqkd.analysis.prediction import Prediction
from satqkd.arrays import FloatArray
from satqkd.link.budget import LinkBudget
from satqkd.link.downlink import Link
from satqkd.link.qber import combined_error
from satqkd.link.receiver.detector import Detector
from satqkd.link.sight import LineOfSight, SkyLight

_GEOMETRY = ("elevation_deg", "azimuth_deg", "range_m", "range_rate_m_s", "point_ahead_rad")
_SKY = tuple(one.name for one in fields(SkyLight))


def budgets(prediction: Prediction, chosen: NDArray[np.bool_]) -> list[tuple[NDArray[np.intp], Link, LinkBudget]]:
    """Return for each station the chosen samples over it, the link it has, and their link budget."""
    samples, sky = prediction.samples, prediction.sky
    station_of_pass = prediction.passes["station"].to_numpy()
    result = []
    for site in prediction.scenario.sites:
        here = np.flatnonzero(chosen & (station_of_pass == site.station.name)[samples.pass_index])
        if not here.size:
            continue
        sight = LineOfSight(
            **{name: getattr(samples, name)[here] for name in _GEOMETRY}, station_altitude_m=site.station.altitude_m
        )
        light = SkyLight(**{name: getattr(sky, name)[here] for name in _SKY})
        budget = site.link.budget(sight, light)
        result.append((here, site.link, budget))
    return result


@dataclass(frozen=True, slots=True)
class Light:
    """What arrives in the counted samples of a prediction, all stations together.

    Attributes
    ----------
    index : ndarray of int
        The samples, in the order of the prediction's, shape (n,).
    transmittance : ndarray
        From the exit aperture to a click [1], shape (n,).
    background_cps : ndarray
        Background counts of the whole receiver [1/s], shape (n,).
    link_loss_db : ndarray
        Loss without the detectors [dB], shape (n,).
    flip_probability : ndarray
        Probability of a wrong bit by the source and by turned bases [1], shape (n,).
    detectors : tuple of Detector
        What counts it, the different ones of all stations.
    detector_of : ndarray of int
        Which of them counts each sample, shape (n,).
    polarization_of : ndarray of int
        A number for how the bases agree at the station of each sample, the same where they do alike, shape (n,).
    """

    index: NDArray[np.intp]
    transmittance: FloatArray
    background_cps: FloatArray
    link_loss_db: FloatArray
    flip_probability: FloatArray
    detectors: tuple[Detector, ...]
    detector_of: NDArray[np.intp]
    polarization_of: NDArray[np.intp]

    def take(self, rows: NDArray[np.intp]) -> Light:
        """Return some of the samples."""
        return Light(
            self.index[rows],
            self.transmittance[rows],
            self.background_cps[rows],
            self.link_loss_db[rows],
            self.flip_probability[rows],
            self.detectors,
            self.detector_of[rows],
            self.polarization_of[rows],
        )

    def by_detector(self) -> list[tuple[Detector, NDArray[np.intp] | slice]]:
        """Return the detectors, each with its samples."""
        if len(self.detectors) == 1:
            return [(self.detectors[0], slice(None))]
        return [(one, np.flatnonzero(self.detector_of == number)) for number, one in enumerate(self.detectors)]


def flip_probability(prediction: Prediction, rows: Iterable[int]) -> FloatArray:
    """Return the probability of a wrong bit by the source and by turned bases in the samples of some passes [1].

    Parameters
    ----------
    prediction : Prediction
        The link of each site says how well the bases agree.
    rows : iterable of int
        The passes that are wanted; for the samples of others it is 0.
    """
    samples = prediction.samples
    flips = np.zeros(samples.t_s.size)
    sites = {site.station.name: site for site in prediction.scenario.sites}
    station_of_pass = prediction.passes["station"].tolist()
    for row in rows:
        part, site = samples.of(row), sites[station_of_pass[row]]
        polarization = site.link.polarization
        rotation = polarization.rotation_error(
            azimuth_deg=samples.azimuth_deg[part],
            elevation_deg=samples.elevation_deg[part],
            t_s=samples.t_s[part],
            range_m=samples.range_m[part],
            latitude_deg=site.station.latitude_deg,
            altitude_m=site.station.altitude_m,
        )
        flips[part] = combined_error(polarization.source_error, rotation)
    return flips


def _distinct(values: list[Any]) -> list[Any]:
    """Return the values that differ; a model of one's own may have no hash."""
    return [one for place, one in enumerate(values) if one not in values[:place]]


def arriving_light(prediction: Prediction) -> Light:
    """Return what arrives in the counted samples."""
    parts = budgets(prediction, prediction.counted)
    index = np.concatenate([here for here, _, _ in parts]) if parts else np.zeros(0, dtype=np.intp)
    order = np.argsort(index, kind="stable")
    rows = np.unique(prediction.samples.pass_index[index]).tolist()
    # A detector twice is one; without light there is still what would have counted it.
    links = [link for _, link, _ in parts] or [prediction.scenario.sites[0].link]
    detectors = _distinct([link.detector for link in links])
    polarizations = _distinct([link.polarization for link in links])
    none = [np.zeros(0, dtype=np.intp)]
    counted_by = [np.full(here.size, detectors.index(link.detector)) for here, link, _ in parts] or none
    turned_by = [np.full(here.size, polarizations.index(link.polarization)) for here, link, _ in parts] or none

    def column(name: str) -> FloatArray:
        return np.concatenate([getattr(one, name) for _, _, one in parts])[order] if parts else np.zeros(0)

    return Light(
        index=index[order],
        transmittance=column("transmittance"),
        background_cps=column("background_cps"),
        link_loss_db=column("link_loss_db"),
        flip_probability=flip_probability(prediction, rows)[index[order]],
        detectors=tuple(detectors),
        detector_of=np.concatenate(counted_by)[order],
        polarization_of=np.concatenate(turned_by)[order],
    )
