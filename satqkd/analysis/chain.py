"""The chain on one screen: passes and their plan, light and counts, keys, the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.analysis.blocks import count_blocks
from satqkd.analysis.campaign import Campaign
from satqkd.analysis.packing import unpacked
from satqkd.analysis.plan import Plan
from satqkd.analysis.prediction import Prediction, predict_for
from satqkd.analysis.seconds import second_by_second
from satqkd.analysis.window import ScenarioLike
from satqkd.errors import InputError, shown
from satqkd.progress import stage
from satqkd.protocols.authentication import Authentication
from satqkd.scenario import load_scenario

if TYPE_CHECKING:
    from satqkd.orbit.selection import Constraint


def analyze(
    scenario: ScenarioLike,
    *,
    start: Any = None,
    days: float | None = None,
    end: Any = None,
    part: tuple[int, int] | None = None,
    constraints: Sequence[Constraint] = (),
    plan: Plan | None = None,
    seed: int | None = None,
    draws: int = 200,
    keep_samples: bool = False,
) -> Campaign:
    """Predict a scenario's passes and the key each of them yields.

    Parameters
    ----------
    scenario, start, days, end, part, constraints
        As `find_passes`.
    plan : Plan, optional
        Send only where it allows it, too: a narrower one than the limits make; see `satqkd.Plan`.
    seed : int, optional
        Draw channel and counts of every pass from this seed, and tell how the key of its block scatters; the scenario's
        ``[key]`` says how far a channel may be from its forecast.
    draws : int, optional
        How often.
    keep_samples : bool, optional
        Keep the seconds of every pass, of which one asked for is remade in milliseconds otherwise; 224 bytes each.

    Returns
    -------
    Campaign
        Its ``passes`` add the smallest link loss, detections, sifted bits, QBER and key lengths from expected counts:
        ``secret_bits`` is what the finite-key bound grants if the counts are as expected. A proof of fixed length asks
        for it beforehand; with a `seed`, ``fixed_length_bits`` is the length worth asking for.
        The scenario's ``[key]`` says which passes make one block; the secret bits of a block stand with its last
        pass, when they are there, and asymptotic bits with each pass.
    """
    checked = load_scenario(scenario)
    _ = checked.sites  # a station without telescope is refused before its passes are looked for
    if plan is not None and not isinstance(plan, Plan):
        raise InputError(f"plan = {shown(plan)} is no Plan.", "Make one: satqkd.Plan.from_table(table, passes).")
    prediction = predict_for(
        checked,
        start=start,
        days=days,
        end=end,
        part=part,
        constraints=constraints,
        analysed=True,
        keep_samples=keep_samples,
    )
    if plan is not None:
        prediction = prediction.narrowed(plan)
    return analyze_prediction(prediction, seed=seed, draws=draws, keep_samples=keep_samples)


def analyze_prediction(
    prediction: Prediction, *, seed: int | None = None, draws: int = 200, keep_samples: bool = False
) -> Campaign:
    """Return the key of passes that are already predicted; see `analyze`."""
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0):
        raise InputError(f"seed = {shown(seed)} is no seed: it must be a whole number, at least 0.")
    with stage("light and counts"):
        counts = count_blocks(prediction, noise=seed is not None)
    campaign = Campaign.of(prediction, counts, seed=seed, draws=draws)
    if keep_samples:
        with stage("samples"):
            return replace(campaign, kept=second_by_second(prediction, np.arange(len(prediction.passes))))
    return campaign


def load_campaign(folder: str | Path) -> Campaign:
    """Return a campaign that `Campaign.save` has written; nothing is computed anew.

    Parameters
    ----------
    folder : str or Path

    Raises
    ------
    InputError
        If the folder holds no campaign, or a file in it was changed.
    """
    try:
        where = Path(folder)
    except TypeError:
        raise InputError(f"folder = {shown(folder)} is no path.") from None
    prediction, passes, counts, said = unpacked(where)
    campaign = Campaign(
        prediction=prediction,
        passes=passes,
        counts=counts,
        authentication=Authentication(**said["authentication"]),
        block_epsilon=said["block_epsilon"],
        seed=said["seed"],
        draws=said["draws"],
        saved_provenance=said["provenance"],
    )
    campaign.label()
    return campaign
