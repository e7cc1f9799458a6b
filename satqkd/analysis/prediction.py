"""Passes of a scenario, and which stretches of them count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satqkd import orbit
from satqkd.analysis.estimate import check_size
from satqkd.analysis.plan import Plan
from satqkd.analysis.stretches import Window, part_of, passes_in, stretches
from satqkd.analysis.window import ScenarioLike as ScenarioLike, window
from satqkd.errors import InputError, shown
from satqkd.orbit import Elements
from satqkd.orbit.judging import judge
from satqkd.orbit.nights import cut_at_nights
from satqkd.orbit.rejection import Rejections, name_of
from satqkd.orbit.selection import rejected, verdicts_on_samples
from satqkd.orbit.spans import Layer, Spans
from satqkd.progress import stage
from satqkd.reads import FileRead
from satqkd.scenario import ElementsPolicy, Scenario, load_scenario, refuse_several_terminals
from satqkd.times import utc_stamps

if TYPE_CHECKING:
    import pandas as pd

    from satqkd.orbit.selection import Constraint


@dataclass(frozen=True)
class Prediction:
    """Passes of a scenario in a window of time, and which of their seconds can be used.

    Attributes
    ----------
    scenario : Scenario
        What made it.
    start_utc, end_utc : float
        The window [POSIX s].
    passes : pandas.DataFrame
        One row a pass.
    files : tuple of FileRead
        What was read for it, as it was then, beside shipped tables.
    rejections : Rejections
        The causes for which each pass was rejected, none for a usable one, in the order of `passes`.
    elements : Elements
        The element sets that predicted it.
    plan : Plan
        The stretches of each pass within all limits.
    """

    scenario: Scenario
    start_utc: float
    end_utc: float
    passes: pd.DataFrame
    files: tuple[FileRead, ...]
    rejections: Rejections
    elements: Elements
    plan: Plan

    def rejected(self) -> dict[str, int]:
        """Return how many passes were rejected for which limits, the most frequent first."""
        return self.rejections.counts()

    @property
    def too_old(self) -> bool:
        """Whether there are passes, and none of them has elements young enough."""
        return self.rejections.all_are("age")

    def under(self, scenario: Scenario) -> Prediction:
        """Return the same passes under a scenario that differs in link, protocol or key only."""
        return replace(self, scenario=scenario)

    def narrowed(self, plan: Plan) -> Prediction:
        """Return the same passes, sending only where another plan allows it too; passes that lose all are rejected."""
        both = self.plan & plan
        gone = np.flatnonzero((self.plan.spans.duration_s() > 0.0) & (both.spans.duration_s() <= 0.0))
        rejections = Rejections.joined([self.rejections])
        rejections.enter(gone, [("plan", plan.reason)], [[""] * len(gone)])
        return replace(self, plan=both, rejections=rejections, passes=rejected(self.passes, rejections))


def find_passes(
    scenario: ScenarioLike,
    *,
    start: Any = None,
    days: float | None = None,
    end: Any = None,
    part: tuple[int, int] | None = None,
    constraints: Sequence[Constraint] = (),
) -> pd.DataFrame:
    """Predict the passes of a scenario and say which of them can be used.

    Parameters
    ----------
    scenario : str, Path, mapping or Scenario
        As `satqkd.load_scenario` takes it.
    start, end : time, optional
        Window; anything `satqkd.times.to_posix` reads. `end` rules over `days`. Defaults are the scenario's.
    days : float, optional
        Length of the window [d].
    part : tuple of two int, optional
        ``(k, n)``: the k-th of n parts of the window, from 0; a pass is in the part that holds its TCA. Windows are
        searched in stretches of 64 days, of 400 over fewer than five stations, of which a part has some or none; see
        `satqkd.Campaign.joined`.
    constraints : sequence of callables, optional
        Your own, beside the scenario's: ``constraint(pass_row, seconds)`` returns True for each second that counts, and
        its ``reason`` is said of a pass that it leaves none; see `satqkd.orbit.apply_constraints`.

    Returns
    -------
    pandas.DataFrame
        One row a pass in the order of AOS, geometry and sky; a pass outside the scenario's limits stays in the table
        with ``usable`` false and its ``reject_reason``.
    """
    return predict(scenario, start=start, days=days, end=end, part=part, constraints=constraints).passes


def predict(
    scenario: ScenarioLike,
    *,
    start: Any = None,
    days: float | None = None,
    end: Any = None,
    part: tuple[int, int] | None = None,
    constraints: Sequence[Constraint] = (),
) -> Prediction:
    """Predict passes with their plan; parameters as `find_passes`."""
    return predict_for(scenario, start=start, days=days, end=end, part=part, constraints=constraints)


def predict_for(
    scenario: ScenarioLike,
    *,
    start: Any = None,
    days: float | None = None,
    end: Any = None,
    part: tuple[int, int] | None = None,
    constraints: Sequence[Constraint] = (),
    analysed: bool = False,
    keep_samples: bool = False,
) -> Prediction:
    """Predict passes for what is to follow, whose size is estimated before it begins; see `satqkd.analyze`.

    Parameters
    ----------
    scenario, start, days, end, part, constraints
        As `find_passes`.
    analysed : bool, optional
        Whether the passes are to be analysed: satellites that differ in their terminals, which no one link serves, are
        then refused.
    keep_samples : bool, optional
        Whether the seconds of all passes are to be kept.
    """
    checked = load_scenario(scenario)
    first, last = window(checked, start, days, end)
    elements = checked.read_elements()
    if analysed:
        refuse_several_terminals(elements)
    mine = part_of(stretches(first, last, len(checked.positions)), part)
    if mine:
        check_size(checked, elements, mine[0].start, mine[-1].end, analysed=analysed, keep_samples=keep_samples)
    wanted = [*checked.constraints(), *_listed(constraints)]
    with stage("predict"):
        passes = _geometry(checked, elements, Window(first, last), mine, wanted)
    with stage("judge"):
        spans, rejections, layers = _judged(checked, passes, elements, wanted)
    young = ~_reject_old(rejections, passes, elements, checked.elements)
    spans = spans.take(np.flatnonzero(young)).put(np.flatnonzero(young), len(passes))
    plan = Plan.of(passes, spans, layers)
    passes, files = rejected(passes, rejections), checked.files_read(elements)
    first, last = (mine[0].start, mine[-1].end) if mine else (last, last)
    return Prediction(checked, first, last, passes, files, rejections, elements, plan)


def _judged(
    scenario: Scenario, passes: pd.DataFrame, elements: Elements, constraints: Sequence[Constraint]
) -> tuple[Spans, Rejections, list[Layer]]:
    """Return the stretches within all limits, why a pass has none, and what each limit took: by roots or by samples."""
    stations, step_s = list(scenario.positions), scenario.passes.step_s
    if scenario.passes.sampling == "nodes":
        return judge(passes, elements, stations, constraints, step_s=step_s)
    samples = orbit.sample_passes(passes, elements, stations, step_s=step_s)
    sky = orbit.sample_sky(samples, passes, stations)
    rejections, verdicts = verdicts_on_samples(passes, samples, sky, constraints)
    counted = passes["usable"].to_numpy(dtype=bool)[samples.pass_index]
    everything = Spans.of_samples(samples, np.ones(len(samples), dtype=bool))
    layers = []
    for constraint, verdict in zip(constraints, verdicts, strict=True):
        counted &= verdict
        layers.append(Layer.of(name_of(constraint), everything, Spans.of_samples(samples, verdict)))
    return Spans.of_samples(samples, counted), Rejections.of(rejections), layers


def _listed(constraints: Any) -> list[Constraint]:
    """Return a user's constraints as a list, refusing what is none."""
    try:
        found: list[Any] = [constraints] if isinstance(constraints, str | bytes) else list(constraints)
    except TypeError:
        raise InputError(f"constraints = {shown(constraints)} is no list.", "Give a list of callables.") from None
    for one in found:
        if not callable(one):
            raise InputError(f"{shown(one)} is no constraint.", "Give a callable on (pass_row, seconds).")
    return found


def _geometry(
    scenario: Scenario,
    elements: Elements,
    window: Window,
    mine: Sequence[Window],
    constraints: Sequence[Constraint],
) -> pd.DataFrame:
    """Return the passes in stretches of a window with the sky at TCA, before any limit but night is applied."""
    stations = list(scenario.positions)
    passes = passes_in(
        elements,
        stations,
        window,
        mine,
        min_elevation_deg=scenario.min_elevations_deg,
        warn_age_days=scenario.elements.warn_age_days,
        refraction=orbit.Refraction() if scenario.passes.refraction else None,
    )
    for night in constraints:
        if isinstance(night, orbit.SunBelow):
            passes = cut_at_nights(passes, elements, stations, night)
    seen = orbit.add_sky(passes, stations)
    del seen["tca_range_m"]  # it has served the sky
    return seen


def _reject_old(
    rejections: Rejections, passes: pd.DataFrame, elements: Elements, policy: ElementsPolicy
) -> NDArray[np.bool_]:
    """Reject the passes whose elements are too old, whatever else they were rejected for; return which they are.

    The age is judged at AOS or LOS, whichever is farther from the epoch: a satellite that stays up ages meanwhile.
    Designed orbits do not age.
    """
    designed = {item.satellite for item in elements if item.designed}
    at_tca = passes["elements_age_days"].to_numpy()
    tca, aos, los = (utc_stamps(passes[name]) for name in ("tca_utc", "aos_utc", "los_utc"))
    ages = at_tca.copy()
    for edge in (aos, los):
        at_edge = at_tca + (edge - tca) / np.timedelta64(1, "D")
        ages = np.where(np.abs(at_edge) > np.abs(ages), at_edge, ages)
    too_old = np.abs(ages) > policy.max_age_days
    too_old &= ~passes["satellite"].isin(designed).to_numpy()
    rows = np.flatnonzero(too_old)
    details = [f"{age:+.1f} d from their epoch, limit {policy.max_age_days:g} d" for age in ages[rows].tolist()]
    rejections.enter(rows, [("age", "elements too old")], [details])
    return np.asarray(too_old)
