"""The link budget of a scenario at an elevation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from satqkd.analysis.families import expected_counts
from satqkd.analysis.prediction import ScenarioLike
from satqkd.arrays import FloatArray, as_float, as_floats
from satqkd.errors import InputError, did_you_mean, shown
from satqkd.link.sight import LineOfSight
from satqkd.link.terms import budget_names
from satqkd.orbit.slant import mean_altitude_m, slant_range_m
from satqkd.scenario import Scenario, load_scenario, refuse_several_terminals

if TYPE_CHECKING:
    import pandas as pd


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
    altitude_m = site.station.altitude_m
    light = site.link.budget(LineOfSight(elevation_deg=elevation, range_m=distance, station_altitude_m=altitude_m))
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
            **{name: getattr(light, name) for name in budget_names()},
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
