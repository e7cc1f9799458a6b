"""Link budgets: of every sample of a prediction, and at an elevation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from satqkd.analysis.counts import Counts, expected_counts
from satqkd.analysis.prediction import Prediction, ScenarioLike
from satqkd.arrays import FloatArray, as_float, as_floats
from satqkd.errors import InputError, did_you_mean, shown
from satqkd.link.budget import Link, LinkBudget, link_budget
from satqkd.link.qber import combined_error
from satqkd.link.receiver.detector import Detector
from satqkd.orbit.slant import mean_altitude_m, slant_range_m
from satqkd.scenario import Protocol, Scenario, load_scenario, refuse_several_terminals

if TYPE_CHECKING:
    import pandas as pd


def budgets(prediction: Prediction, chosen: NDArray[np.bool_]) -> list[tuple[NDArray[np.intp], Link, LinkBudget]]:
    """Return for each station the chosen samples over it, the link it has, and their link budget."""
    samples, sky = prediction.samples, prediction.sky
    station_of_pass = prediction.passes["station"].to_numpy()
    result = []
    for site in prediction.scenario.sites:
        here = np.flatnonzero(chosen & (station_of_pass == site.station.name)[samples.pass_index])
        if not here.size:
            continue
        budget = link_budget(
            site.link,
            elevation_deg=samples.elevation_deg[here],
            range_m=samples.range_m[here],
            altitude_m=site.station.altitude_m,
            range_rate_m_s=samples.range_rate_m_s[here],
            sun_elevation_deg=sky.sun_elevation_deg[here],
            moon_elevation_deg=sky.moon_elevation_deg[here],
            moon_illumination=sky.moon_illumination[here],
            moon_separation_deg=sky.moon_separation_deg[here],
        )
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
    detector : Detector
        That of every station.
    """

    index: NDArray[np.intp]
    transmittance: FloatArray
    background_cps: FloatArray
    link_loss_db: FloatArray
    flip_probability: FloatArray
    detector: Detector

    def take(self, rows: NDArray[np.intp]) -> Light:
        """Return some of the samples."""
        return Light(
            self.index[rows],
            self.transmittance[rows],
            self.background_cps[rows],
            self.link_loss_db[rows],
            self.flip_probability[rows],
            self.detector,
        )

    def counts(self, protocol: Protocol) -> Counts:
        """Return the expected count rates of a protocol."""
        return expected_counts(
            protocol,
            transmittance=self.transmittance,
            background_cps=self.background_cps,
            flip_probability=self.flip_probability,
            detector=self.detector,
        )


def flip_probability(prediction: Prediction, rows: Iterable[int]) -> FloatArray:
    """Return the probability of a wrong bit by the source and by turned bases in every sample [1].

    Parameters
    ----------
    prediction : Prediction
        Its link says how well the bases agree.
    rows : iterable of int
        The passes that are wanted; the samples of the others stay at the source's error.
    """
    polarization, samples = prediction.scenario.link.polarization, prediction.samples
    rotation = np.zeros(samples.t_s.size)
    places = {place.name: place for place in prediction.scenario.positions}
    station_of_pass = prediction.passes["station"].tolist()
    for row in rows:
        part, place = samples.of(row), places[station_of_pass[row]]
        rotation[part] = polarization.rotation_error(
            azimuth_deg=samples.azimuth_deg[part],
            elevation_deg=samples.elevation_deg[part],
            t_s=samples.t_s[part],
            range_m=samples.range_m[part],
            latitude_deg=place.latitude_deg,
            altitude_m=place.altitude_m,
        )
    return combined_error(polarization.source_error, rotation)


def arriving_light(prediction: Prediction) -> Light:
    """Return what arrives in the counted samples."""
    parts = budgets(prediction, prediction.counted)
    index = np.concatenate([here for here, _, _ in parts]) if parts else np.zeros(0, dtype=np.intp)
    order = np.argsort(index, kind="stable")
    rows = np.unique(prediction.samples.pass_index[index]).tolist()

    def column(name: str) -> FloatArray:
        return np.concatenate([getattr(one, name) for _, _, one in parts])[order] if parts else np.zeros(0)

    return Light(
        index=index[order],
        transmittance=column("transmittance"),
        background_cps=column("background_cps"),
        link_loss_db=column("link_loss_db"),
        flip_probability=flip_probability(prediction, rows)[index[order]],
        detector=prediction.scenario.link.detector,
    )


BUDGET_TERMS = (
    "geometric_db",
    "pointing_db",
    "atmosphere_db",
    "turbulence_db",
    "channel_loss_db",
    "receiver_optics_db",
    "link_loss_db",
    "detector_db",
    "total_loss_db",
)
"""Terms of a budget with their subtotals, in the order of the light."""


def budget(
    scenario: ScenarioLike,
    *,
    elevation_deg: float | FloatArray | list[float],
    station: str | None = None,
    range_m: float | None = None,
) -> pd.DataFrame:
    """Return the link budget of a scenario at one elevation or several, on a dark moonless night.

    Parameters
    ----------
    scenario : str, Path, mapping or Scenario
        As `satqkd.load_scenario` takes it.
    elevation_deg : float or sequence of float
        Elevation of the satellite [deg], above 0.
    station : str, optional
        One of the scenario's stations; without it the first.
    range_m : float, optional
        Distance to the satellite [m]; without it that of a circular orbit as high as the first satellite's mean one.

    Returns
    -------
    pandas.DataFrame
        One row an elevation: range, every loss with subtotals, noise, QBER and rates.
    """
    import pandas as pd

    checked = load_scenario(scenario)
    names = checked.station_names
    wanted = names[0] if station is None else station
    if not isinstance(wanted, str) or wanted not in names:
        raise InputError(f"Station {shown(wanted)} is not in scenario {checked.name!r}.", did_you_mean(wanted, names))
    site = checked.sites[names.index(wanted)]
    elevation = np.atleast_1d(as_floats("elevation_deg", elevation_deg))
    if not np.all((elevation > 0.0) & (elevation <= 90.0)):
        raise InputError(f"elevation_deg = {elevation_deg} is out of range: it must be above 0 and at most 90.")
    if range_m is None:
        distance = slant_range_m(
            elevation,
            orbit_altitude_m=_mean_altitude_m(checked),
            station_altitude_m=site.station.altitude_m,
        )
    else:
        distance = np.full(elevation.shape, as_float("range_m", range_m))
    light = link_budget(site.link, elevation_deg=elevation, range_m=distance, altitude_m=site.station.altitude_m)
    counts = expected_counts(
        checked.protocol,
        transmittance=light.transmittance,
        background_cps=light.background_cps,
        flip_probability=np.full(elevation.shape, float(site.link.polarization.source_error)),
        detector=site.link.detector,
    )
    return pd.DataFrame(
        {
            "station": [wanted] * elevation.size,
            "elevation_deg": elevation,
            "range_m": distance,
            **{name: getattr(light, name) for name in BUDGET_TERMS},
            "background_cps": light.background_cps,
            "noise_probability": light.noise_probability,
            "qber": counts.qber,
            "sifted_bps": counts.signal_cps,
            "asymptotic_bps": checked.protocol.asymptotic_bits(counts=counts.sifted_cps, errors=counts.errors_cps),
        }
    )


def _mean_altitude_m(scenario: Scenario) -> float:
    """Return the mean altitude of the first satellite by its element set nearest to the scenario's start [m]."""
    elements = scenario.read_elements()
    refuse_several_terminals(elements)
    own = list(elements.of(elements.satellites[0]))
    moment = np.datetime64(scenario.start.replace(tzinfo=None), "us")
    nearest = min(own, key=lambda one: abs(one.epoch_utc - moment))
    return float(mean_altitude_m(nearest.mean_motion_rev_day))
