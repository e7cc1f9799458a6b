"""What waiting buys: the same campaign with its passes pooled into larger and larger blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.analysis.campaign import Campaign
from satqkd.analysis.chain import analyze_prediction
from satqkd.analysis.prediction import ScenarioLike, predict_for
from satqkd.analysis.public_messages import promise
from satqkd.arrays import FloatArray
from satqkd.times import utc_stamps

if TYPE_CHECKING:
    import pandas as pd

POOLS: tuple[str | int, ...] = ("pass", 2, 5, "day", "campaign")
"""Ways to pool that are compared unless others are asked for."""


def compare_pools(
    scenario: ScenarioLike,
    *,
    pools: Sequence[str | int] = POOLS,
    start: Any = None,
    days: float | None = None,
    end: Any = None,
) -> pd.DataFrame:
    """Return the yield of several ways to pool passes into blocks, and how long their key waits.

    Parameters
    ----------
    scenario, start, days, end
        As `satqkd.analyze`.
    pools : sequence of str or int
        Values of the scenario's ``key.pool``.

    Returns
    -------
    pandas.DataFrame
        One row a way: blocks, those with key, secret bits before and after authentication, and the time a sifted bit
        waits from its pass until its block is complete, on average and at most. ``attrs["security"]`` holds what goes
        with the bits: proof, counts, epsilons.
    """
    import pandas as pd

    prediction = predict_for(scenario, start=start, days=days, end=end, analysed=True)
    rows: list[dict[str, Any]] = []
    security: dict[str, Any] = {}
    for pool in pools:
        campaign = analyze_prediction(prediction.under(prediction.scenario.with_({"key.pool": pool})))
        totals, waits = campaign.summary(), _waits_s(campaign)
        sifted = campaign.passes["sifted_bits"].to_numpy(dtype=float)
        rows.append(
            {
                "pool": str(pool),
                "blocks": totals["blocks"],
                "blocks_with_key": totals["with_key"],
                "secret_bits": totals["secret_bits"],
                "net_secret_bits": totals["net_secret_bits"],
                "mean_wait_s": float(np.average(waits, weights=sifted)) if sifted.any() else 0.0,
                "longest_wait_s": float(waits.max(initial=0.0)),
            }
        )
        security = promise(campaign.scenario.protocol, campaign.authentication)
    table = pd.DataFrame(rows)
    table.attrs["security"] = security
    return table


def _waits_s(campaign: Campaign) -> FloatArray:
    """Return how long after each pass its block is complete [s]; 0 for passes that are in none."""
    passes = campaign.passes
    ends = utc_stamps(passes["key_end_utc"])
    blocks = passes["block"].to_numpy()
    used = (blocks >= 0) & ~np.isnat(ends)
    complete = np.full(len(campaign.counts.protocols), np.datetime64(0, "us"))
    np.maximum.at(complete, blocks[used], ends[used])
    waits = np.zeros(len(passes))
    waits[used] = (complete[blocks[used]] - ends[used]) / np.timedelta64(1, "s")
    return waits
