"""What cannot be had together: pairs of passes, and the most key among them, against trying every choice."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import satqkd as sq
from satqkd.analysis.overlaps import coexisting_bits, overlap_names, overlapping_rows

PASSES = st.lists(
    st.tuples(
        st.sampled_from(["one", "two"]),
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 60),
        st.integers(1, 12),
        st.integers(0, 1000),
    ),
    max_size=9,
)


def table(rows) -> pd.DataFrame:
    start = pd.to_datetime([1.5e9 + 60.0 * row[2] for row in rows], unit="s", utc=True)
    return pd.DataFrame(
        {
            "pass_id": [f"p{k}" for k in range(len(rows))],
            "satellite": pd.Series([row[0] for row in rows], dtype="str"),
            "station": pd.Series([row[1] for row in rows], dtype="str"),
            "key_start_utc": start,
            "key_end_utc": start + pd.to_timedelta([60.0 * row[3] for row in rows], unit="s"),
            "secret_bits": np.array([row[4] for row in rows], dtype=np.int64),
        }
    )


def meets(one, other) -> bool:
    shared = one[0] == other[0] or one[1] == other[1]
    return shared and one[2] < other[2] + other[3] and other[2] < one[2] + one[3]


@given(PASSES)
@settings(max_examples=60, deadline=None)
def test_against_every_choice(rows):
    pairs = {(i, j) for i, j in combinations(range(len(rows)), 2) if meets(rows[i], rows[j])}
    passes = table(rows)
    assert set(overlapping_rows(passes)) == pairs
    choices = chain.from_iterable(combinations(range(len(rows)), n) for n in range(len(rows) + 1))
    best = max(
        sum(rows[k][4] for k in choice)
        for choice in choices
        if not any(pair in pairs for pair in combinations(choice, 2))
    )
    assert coexisting_bits(passes) == best
    assert [bool(names) for names in overlap_names(passes)] == [
        any(k in pair for pair in pairs) for k in range(len(rows))
    ]


def test_a_campaign_knows_what_can_be_had_together():
    scenario = sq.load_scenario("micius-beijing-vienna").with_(
        {"stations": ["graz", "matera"], "relay": None, "days": 6}
    )
    with pytest.warns(sq.SatqkdWarning, match="cannot all be had"):
        totals = sq.analyze(scenario).summary()
    by_station = totals["secret_bits_by_station"].values()
    assert max(by_station) <= totals["coexisting_secret_bits"] < totals["secret_bits"]
    with pytest.warns(sq.SatqkdWarning, match="cannot all be had"):
        pooled = sq.analyze(scenario.with_({"key.pool": "campaign"})).summary()
    assert pooled["coexisting_secret_bits"] is None


def test_every_block_that_was_talked_about_may_be_forged():
    campaign = sq.analyze("micius-beijing-vienna", days=4)
    security, protocol = campaign.security, campaign.scenario.protocol
    assert security["blocks"] > security["blocks_with_key"]
    own = protocol.epsilon_secrecy + protocol.epsilon_correctness
    forged = campaign.authentication.block_epsilon
    assert security["epsilon_of_all"] == pytest.approx(
        security["blocks_with_key"] * own + security["blocks"] * forged, rel=1e-12
    )
    assert campaign.summary()["epsilon_of_all"] == security["epsilon_of_all"]
