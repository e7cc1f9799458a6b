"""A short trial of a scenario: what an analysis would refuse, before anybody waits for one."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from satqkd.analysis.budget_table import budget
from satqkd.analysis.campaign import Campaign
from satqkd.analysis.chain import analyze
from satqkd.analysis.families import expected_counts
from satqkd.analysis.prediction import Prediction, predict
from satqkd.errors import DataError, StaleElementsWarning
from satqkd.orbit import Elements
from satqkd.scenario import Scenario
from satqkd.units import transmittance

if TYPE_CHECKING:
    import pandas as pd

_MOST_PASS_DAYS = 3000.0
"""Satellites times stations times days whose passes are looked for; a longer window is tried from its beginning."""

_BLOCK_S = 100.0
"""Length of the made-up block whose key is asked for [s]."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial of a scenario found.

    Attributes
    ----------
    scenario : Scenario
        What was tried.
    elements : Elements
        The element sets of its satellites.
    prediction : Prediction
        The passes of the days tried.
    days : float
        From the start of the window [d].
    problems : tuple of str
        What makes an analysis of no use though nothing refuses it.
    """

    scenario: Scenario
    elements: Elements
    prediction: Prediction
    days: float
    problems: tuple[str, ...]

    @property
    def passes(self) -> pd.DataFrame:
        """The passes of the days tried, as `satqkd.find_passes` gives them."""
        return self.prediction.passes

    @property
    def whole(self) -> bool:
        """Whether the whole window was tried."""
        return self.days >= self.scenario.days


def try_out(scenario: Scenario) -> Trial:
    """Run what an analysis of a scenario runs, on as little as shows whether it would be refused.

    The link and the key are evaluated at a few elevations over every station, the passes of the window are predicted
    (of a very long one, of its beginning), and one of them is analysed.

    Raises
    ------
    InputError
        For whatever `satqkd.analyze` refuses: no telescope, two terminals for one link, a gate longer than a pulse
        period, parameters that cannot be chosen, elements that cannot be read.
    DataError
        If every element set is too old for any second of the window.
    """
    for name in scenario.station_names:
        _try_link(scenario, name)
    elements = scenario.read_elements()
    _refuse_old(scenario, elements)
    pairs = len(elements.satellites) * len(scenario.stations)
    days = min(scenario.days, max(1.0, _MOST_PASS_DAYS / pairs))
    found = predict(scenario, days=days)
    problems = _problems(scenario, found)
    if len(found.passes):
        campaign = _one_pass(scenario, found.passes)
        if any(site.link.detector.efficiency_mismatch > 0.0 for site in campaign.scenario.sites):
            problems.append("no pass gives key: link.detector.efficiency_mismatch is not 0")
    return Trial(scenario, elements, found, days, tuple(problems))


def _try_link(scenario: Scenario, station: str) -> None:
    """Evaluate link, counts and key over a station, at the zenith and low; whoever refuses raises."""
    site = scenario.sites[scenario.station_names.index(station)]
    low = max(1.0, scenario.min_elevations_deg[station])
    table = budget(scenario, elevation_deg=[90.0, low], station=station)
    counts = expected_counts(
        scenario.protocol,
        transmittance=transmittance(table["total_loss_db"].to_numpy()),
        background_cps=table["background_cps"].to_numpy(),
        flip_probability=float(site.link.polarization.source_error),
        detector=site.link.detector,
    )
    sifted, errors = (_BLOCK_S * rates.sum(axis=0) for rates in (counts.sifted_cps, counts.errors_cps))
    scenario.protocol.secret_key(counts=sifted, errors=errors)


def _refuse_old(scenario: Scenario, elements: Elements) -> None:
    """Raise `DataError` where no element set of any satellite is young enough anywhere in the window."""
    start = np.datetime64(scenario.start.replace(tzinfo=None), "us")
    end = start + np.timedelta64(round(scenario.days * 86400e6), "us")
    limit = scenario.elements.max_age_days
    nearest = None
    for item in elements:
        early, late = (start - item.epoch_utc, item.epoch_utc - end)
        away = max(0.0, float(early / np.timedelta64(1, "D")), float(late / np.timedelta64(1, "D")))
        if item.designed or away <= limit:
            return
        nearest = away if nearest is None else min(nearest, away)
    raise DataError(
        f"No pass can be used: every element set is too old, the nearest epoch is {nearest:.1f} d from the window "
        f"and the limit is {limit:g} d.",
        "Give newer ones with --elements, move the start, or accept the error with elements.max_age_days.",
    )


def _problems(scenario: Scenario, found: Prediction) -> list[str]:
    passes = found.passes
    problems = []
    if len(passes) and not passes["usable"].any():
        reasons = ", ".join(f"{number} {kind}" for kind, number in found.rejected().items())
        problems.append(f"all {len(passes)} passes are rejected: {reasons}")
    elif scenario.relay:
        usable = set(passes.loc[passes["usable"], "station"])
        idle = [name for name in (scenario.relay.a, scenario.relay.b) if name not in usable]
        if len(passes) and idle:
            problems.append(f"no pass over {' and '.join(idle)} can be used: there is nothing to relay")
    return problems


def _one_pass(scenario: Scenario, passes: pd.DataFrame) -> Campaign:
    """Analyse a usable pass, or one at all, in a window of its own."""
    row = passes.iloc[int(np.argmax(passes["usable"].to_numpy(dtype=bool)))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StaleElementsWarning)  # said of all passes already
        return analyze(scenario, start=row["aos_utc"], end=row["los_utc"])
