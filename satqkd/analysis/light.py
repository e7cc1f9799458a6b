"""The light that arrives at instants of passes, each station by its own link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satqkd.arrays import BoolArray, FloatArray
from satqkd.link.budget import LinkBudget
from satqkd.link.downlink import Link
from satqkd.link.qber import combined_error
from satqkd.link.receiver.detector import Detector
from satqkd.link.sight import LineOfSight, SkyLight
from satqkd.orbit import PassSamples, SkySamples
from satqkd.scenario import Scenario
from satqkd.scenario.sites import Site

if TYPE_CHECKING:
    import pandas as pd

_GEOMETRY = ("elevation_deg", "azimuth_deg", "range_m", "range_rate_m_s", "point_ahead_rad")
_SKY = tuple(one.name for one in fields(SkyLight))


@dataclass(frozen=True, eq=False)
class Instants:
    """Instants of passes of a scenario: where the satellite stands then, and what shines.

    Attributes
    ----------
    scenario : Scenario
        Whose links the stations have.
    passes : pandas.DataFrame
        The rows that the samples count.
    samples, sky
        Geometry and sky of every sample.
    """

    scenario: Scenario
    passes: pd.DataFrame
    samples: PassSamples
    sky: SkySamples

    @cached_property
    def site_of_pass(self) -> NDArray[np.intp]:
        """Which of the scenario's sites each pass is over, shape (passes,)."""
        return site_of_pass(self.scenario, self.passes)


def site_of_pass(scenario: Scenario, passes: pd.DataFrame) -> NDArray[np.intp]:
    """Return which of a scenario's sites each pass is over, shape (passes,)."""
    places = {site.station.name: place for place, site in enumerate(scenario.sites)}
    return np.array([places[name] for name in passes["station"].tolist()], dtype=np.intp)


def budgets(instants: Instants, chosen: NDArray[np.intp]) -> list[tuple[NDArray[np.intp], Site, LinkBudget]]:
    """Return for each station the chosen samples over it, its site, and their link budget."""
    site_of, result = instants.site_of_pass[instants.samples.pass_index[chosen]], []
    for place, site in enumerate(instants.scenario.sites):
        here = chosen[site_of == place]
        if here.size:
            result.append((here, site, _budget(instants, here, site.link, site.station.altitude_m)))
    return result


def _budget(instants: Instants, here: NDArray[np.intp], link: Link, altitude_m: float | FloatArray) -> LinkBudget:
    samples, sky = instants.samples, instants.sky
    sight = LineOfSight(**{name: getattr(samples, name)[here] for name in _GEOMETRY}, station_altitude_m=altitude_m)
    return link.budget(sight, SkyLight(**{name: getattr(sky, name)[here] for name in _SKY}))


def _budgets_together(instants: Instants, chosen: NDArray[np.intp]) -> list[tuple[NDArray[np.intp], Site, LinkBudget]]:
    """Return what `budgets` does, of stations with equal links at once."""
    sites = instants.scenario.sites
    links = _distinct([site.link for site in sites])
    kind = np.array([links.index(site.link) for site in sites])
    altitude_m = np.array([site.station.altitude_m for site in sites])
    site_of, result = instants.site_of_pass[instants.samples.pass_index[chosen]], []
    for number, link in enumerate(links):
        mine = np.flatnonzero(kind[site_of] == number)
        if mine.size:
            site = sites[int(np.argmax(kind == number))]
            result.append((chosen[mine], site, _budget(instants, chosen[mine], link, altitude_m[site_of[mine]])))
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """What arrives in samples that count, all stations together, in the order of passes and of time.

    Attributes
    ----------
    row : ndarray of int
        The pass of each sample, shape (n,).
    begin_s : ndarray
        Where the time begins that a sample stands for, from TCA [s], shape (n,).
    weight_s : ndarray
        How long that is [s], shape (n,).
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

    row: NDArray[np.intp]
    begin_s: FloatArray
    weight_s: FloatArray
    transmittance: FloatArray
    background_cps: FloatArray
    link_loss_db: FloatArray
    flip_probability: FloatArray
    detectors: tuple[Detector, ...]
    detector_of: NDArray[np.intp]
    polarization_of: NDArray[np.intp]

    def take(self, rows: NDArray[np.intp] | BoolArray) -> Light:
        """Return some of the samples."""
        return Light(**{name: _taken(getattr(self, name), rows) for name in self.__dataclass_fields__})

    @staticmethod
    def joined(parts: Sequence[Light]) -> Light:
        """Return the samples of several lists of one scenario, in the order of passes and of time."""
        if len(parts) == 1:
            return parts[0]
        whole = Light.end_to_end(parts)
        return whole.take(np.lexsort((whole.begin_s, whole.row)))

    @staticmethod
    def end_to_end(parts: Sequence[Light]) -> Light:
        """Return the samples of several lists of one scenario, one list after the other."""
        names = [name for name in Light.__dataclass_fields__ if name != "detectors"]
        columns = {name: np.concatenate([getattr(one, name) for one in parts]) for name in names}
        return Light(**columns, detectors=parts[0].detectors)

    def by_detector(self) -> list[tuple[Detector, NDArray[np.intp] | slice]]:
        """Return the detectors that count any of it, each with its samples."""
        if len(self.detectors) == 1:
            return [(self.detectors[0], slice(None))]
        found = [(one, np.flatnonzero(self.detector_of == number)) for number, one in enumerate(self.detectors)]
        seen: list[tuple[Detector, NDArray[np.intp] | slice]] = [(one, rows) for one, rows in found if rows.size]
        return seen or [(self.detectors[0], slice(None))]


def _taken(value: Any, rows: NDArray[np.intp] | BoolArray) -> Any:
    return value if isinstance(value, tuple) else value[rows]


def flip_probability(instants: Instants, rows: Iterable[int]) -> FloatArray:
    """Return the probability of a wrong bit by the source and by turned bases in the samples of some passes [1].

    Parameters
    ----------
    instants : Instants
        Whole passes, as close as the bases are to be followed; the link of each site says how well they agree.
    rows : iterable of int
        The passes that are wanted; for the samples of others it is 0.
    """
    samples = instants.samples
    flips = np.zeros(samples.t_s.size)
    sites = {site.station.name: site for site in instants.scenario.sites}
    station_of_pass = instants.passes["station"].tolist()
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


def arriving_light(instants: Instants, chosen: NDArray[np.intp], flips: FloatArray, *, together: bool = False) -> Light:
    """Return what arrives in chosen samples.

    Parameters
    ----------
    instants : Instants
    chosen : ndarray of int
        Rising.
    flips : ndarray
        Probability of a wrong bit by the source and by turned bases in every sample of the instants [1].
    together : bool, optional
        Whether stations with equal links are evaluated at once; a model of one's own may ask for one at a time.
    """
    samples = instants.samples
    links = [site.link for site in instants.scenario.sites]
    detectors = _distinct([link.detector for link in links])
    polarizations = _distinct([link.polarization for link in links])
    size = samples.t_s.size
    columns: dict[str, Any] = {name: np.zeros(size) for name in ("transmittance", "background_cps", "link_loss_db")}
    kinds: dict[str, Any] = {name: np.zeros(size, dtype=np.intp) for name in ("detector_of", "polarization_of")}
    for here, site, budget in (_budgets_together if together else budgets)(instants, chosen):
        for name, column in columns.items():
            column[here] = getattr(budget, name)
        kinds["detector_of"][here] = detectors.index(site.link.detector)
        kinds["polarization_of"][here] = polarizations.index(site.link.polarization)
    return Light(
        row=samples.pass_index[chosen],
        begin_s=samples.begin_s[chosen],
        weight_s=samples.weight_s[chosen],
        flip_probability=flips[chosen],
        detectors=tuple(detectors),
        **{name: column[chosen] for name, column in columns.items()},
        **{name: column[chosen] for name, column in kinds.items()},
    )
