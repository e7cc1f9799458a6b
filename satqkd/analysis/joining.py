"""Parts of a campaign as one: passes in the order of the whole, their plan and their counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from satqkd.analysis.blocks import BlockCounts, pool_passes
from satqkd.analysis.plan import Plan
from satqkd.analysis.prediction import Prediction
from satqkd.analysis.stretches import order_of
from satqkd.arrays import IntArray
from satqkd.errors import InputError
from satqkd.orbit import Elements
from satqkd.orbit.rejection import Rejections
from satqkd.orbit.selection import rejected
from satqkd.orbit.spans import Spans
from satqkd.reads import distinct
from satqkd.scenario import Protocol, Scenario


def joined_predictions(parts: Sequence[Prediction]) -> tuple[Prediction, IntArray]:
    """Return predictions of parts of a campaign as one, and the order in which its rows take theirs, end to end.

    Raises
    ------
    InputError
        If the parts are of scenarios that differ in more than their satellites and their window, or a pass is in two.
    """
    scenario = _one_scenario([part.scenario for part in parts])
    some = [part.passes for part in parts if len(part.passes)] or [parts[0].passes]
    passes = pd.concat(some, ignore_index=True)
    order = order_of(passes, scenario.station_names)
    passes = passes.iloc[order].reset_index(drop=True)
    twice = passes["pass_id"][passes["pass_id"].duplicated()]
    if len(twice):
        raise InputError(f"Pass {twice.iloc[0]} is in two of the parts.", "Join parts that have no pass in common.")
    passes.attrs = {}
    rejections = Rejections.joined([part.rejections for part in parts]).take(order)
    sets = tuple(one for part in parts for one in part.elements)
    return (
        Prediction(
            scenario,
            min(part.start_utc for part in parts),
            max(part.end_utc for part in parts),
            rejected(passes, rejections),
            distinct([one for part in parts for one in part.files]),
            rejections,
            Elements(sets, distinct([one for part in parts for one in part.elements.files])),
            Plan.joined([part.plan for part in parts]).take(order),
        ),
        order,
    )


def joined_counts(prediction: Prediction, parts: Sequence[BlockCounts], order: IntArray) -> BlockCounts:
    """Return the counts of parts of a campaign as those of the whole.

    Parameters
    ----------
    prediction : Prediction
        The whole, with the `order` of its rows from `joined_predictions`.
    parts : sequence of BlockCounts

    Raises
    ------
    InputError
        If a block has passes of several parts, but its seconds or parameters were chosen in each by itself.
    """
    blocks = pool_passes(prediction)
    part_of = np.repeat(np.arange(len(parts)), [len(part.block_of_pass) for part in parts])[order]
    used = np.flatnonzero(blocks >= 0)
    policy = prediction.scenario.key
    first, last = np.full(int(blocks.max(initial=-1)) + 1, len(parts)), np.full(int(blocks.max(initial=-1)) + 1, -1)
    np.minimum.at(first, blocks[used], part_of[used])
    np.maximum.at(last, blocks[used], part_of[used])
    if (first < last).any() and (policy.optimize or policy.window == "best"):
        raise InputError(
            f"{int((first < last).sum())} blocks have passes in several parts, but each part chose its seconds or "
            "parameters by itself.",
            'Cut by satellite, or set key.pool = "pass", or key.window = "all" without key.optimize.',
        )
    own: list[Protocol | None] = []
    for part in parts:
        own += [part.protocols[block] if block >= 0 else None for block in part.block_of_pass.tolist()]
    protocols: list[Protocol] = [prediction.scenario.protocol] * len(first)
    for row in used[::-1].tolist():
        protocols[blocks[row]] = own[order[row]] or prediction.scenario.protocol
    noise = [part.noise for part in parts if part.noise is not None]
    return BlockCounts(
        noise=np.concatenate(noise)[order] if len(noise) == len(parts) else None,
        block_of_pass=blocks,
        protocols=tuple(protocols),
        sending=Spans.joined([part.sending for part in parts]).take(order),
        **{
            name: np.concatenate([getattr(part, name) for part in parts])[order]
            for name in ("seconds_s", "least_loss_db", "detections", "sifted", "errors")
        },
    )


def _one_scenario(scenarios: Sequence[Scenario]) -> Scenario:
    """Return the scenario of all parts, with the satellites of each."""
    first = scenarios[0]
    satellites = tuple(dict.fromkeys(one for scenario in scenarios for one in scenario.satellites))
    # Whatever is the same in all parts but for satellites and window is the same scenario.
    common: dict[str, Any] = {"satellites": first.satellites, "start": first.start, "days": first.days}
    for place, scenario in enumerate(scenarios):
        if replace(scenario, **common) != first:
            raise InputError(
                f"Part {place} is of another scenario: parts differ in their satellites and their window only.",
                "Analyse all parts with the same stations, link, protocol and limits.",
            )
    return first if satellites == first.satellites else replace(first, satellites=satellites)
