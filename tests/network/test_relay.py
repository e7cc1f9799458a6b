"""The trusted relay: nothing is lost, nothing is used twice, and order changes only how long key waits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from satqkd.errors import InputError, SatqkdWarning
from satqkd.network import Event, KeyBlock, KeyStore, run_relay

DEPOSITS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 10**7), st.sampled_from(["one", "two"])), max_size=30
)


def events_of(deposits: list[tuple[str, int, str]]) -> list[Event]:
    return [
        Event(side, KeyBlock(f"pass-{k}", 1000.0 * k, bits, 1e-9), satellite)
        for k, (side, bits, satellite) in enumerate(deposits)
    ]


def sums(deposits: list[tuple[str, int, str]], satellite: str) -> dict[str, int]:
    return {side: sum(bits for s, bits, which in deposits if s == side and which == satellite) for side in "ab"}


@given(DEPOSITS)
@settings(max_examples=100, deadline=None)
def test_delivered_and_residue_are_what_was_generated_on_each_side(deposits):
    deliveries = run_relay(events_of(deposits))
    delivered = sum(one.delivered_bits for one in deliveries)
    left = (deliveries[-1].store_a_bits, deliveries[-1].store_b_bits) if deliveries else (0, 0)
    for side, residue in zip("ab", left, strict=True):
        generated = sum(bits for s, bits, _ in deposits if s == side)
        assert delivered + residue == generated


@given(DEPOSITS)
@settings(max_examples=100, deadline=None)
def test_total_is_the_smaller_sum_of_each_satellite(deposits):
    delivered = sum(one.delivered_bits for one in run_relay(events_of(deposits)))
    assert delivered == sum(min(sums(deposits, name).values()) for name in ("one", "two"))


@given(DEPOSITS, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_order_of_passes_does_not_change_the_total(deposits, random):
    shuffled = list(deposits)
    random.shuffle(shuffled)
    totals = [sum(one.delivered_bits for one in run_relay(events_of(order))) for order in (deposits, shuffled)]
    assert totals[0] == totals[1]


def test_order_of_passes_changes_how_long_key_waits():
    waiting = {}
    for name, order in {"alternating": "abab", "one side first": "aabb"}.items():
        events = [Event(side, KeyBlock(str(k), 100.0 * k, 10, 1e-9)) for k, side in enumerate(order)]
        waiting[name] = sum(
            draw.bits * (one.event.block.time_s - draw.block.time_s) for one in run_relay(events) for draw in one.drawn
        )
    assert waiting["alternating"] < waiting["one side first"]


@given(DEPOSITS)
@settings(max_examples=50, deadline=None)
def test_no_bit_is_drawn_twice(deposits):
    events = events_of(deposits)
    drawn = dict.fromkeys((event.block.pass_id for event in events), 0)
    for one in run_relay(events):
        for draw in one.drawn:
            drawn[draw.block.pass_id] += draw.bits
    for event in events:
        assert drawn[event.block.pass_id] <= event.block.bits


def test_oldest_key_is_used_first_and_its_age_is_told():
    events = [
        Event("a", KeyBlock("monday", 0.0, 100, 1e-9)),
        Event("a", KeyBlock("tuesday", 86400.0, 100, 1e-9)),
        Event("b", KeyBlock("wednesday", 172800.0, 150, 1e-9)),
    ]
    last = run_relay(events)[-1]
    assert [(draw.block.pass_id, draw.bits) for draw in last.drawn] == [
        ("monday", 100),
        ("tuesday", 50),
        ("wednesday", 150),
    ]
    assert last.oldest_key_age_s == 172800.0
    assert (last.store_a_bits, last.store_b_bits) == (50, 0)


def test_satellites_do_not_share_key():
    events = [
        Event("a", KeyBlock("x", 0.0, 100, 1e-9), "one"),
        Event("b", KeyBlock("y", 1.0, 100, 1e-9), "two"),
    ]
    assert sum(one.delivered_bits for one in run_relay(events)) == 0


def test_store_refuses_what_it_cannot_hold_or_give():
    store = KeyStore()
    with pytest.raises(InputError, match="-5 bits"):
        store.deposit(KeyBlock("x", 0.0, -5, 1e-9))
    store.deposit(KeyBlock("x", 0.0, 5, 1e-9))
    with pytest.raises(InputError, match="cannot give 6"):
        store.draw(6)
    assert store.bits == 5


def test_many_passes_are_quick_enough_for_years():
    rng = np.random.default_rng(1)
    deposits = [("ab"[int(side)], int(bits), "one") for side, bits in rng.integers(0, [2, 10**6], size=(20_000, 2))]
    deliveries = run_relay(events_of(deposits))
    assert sum(one.delivered_bits for one in deliveries) == min(sums(deposits, "one").values())


def test_a_campaign_is_relayed_with_every_epsilon_of_every_block_it_draws_from():
    import satqkd as sq

    campaign = sq.analyze("micius-beijing-vienna", days=5)
    relay = sq.relay(campaign)
    totals, ledger = relay.summary(), relay.ledger
    protocol, authentication = campaign.scenario.protocol, campaign.authentication
    each = protocol.epsilon_secrecy + protocol.epsilon_correctness + authentication.block_epsilon
    drawn = {draw.block.pass_id for one in relay.deliveries for draw in one.drawn}
    announced = int((ledger["delivered_bits"] > 0).sum())
    assert totals["announcements"] == announced
    assert totals["epsilon"] == pytest.approx(each * len(drawn) + announced * authentication.epsilon, rel=1e-12)
    assert len(drawn) == totals["blocks_used"] < len(ledger)
    by_station = ledger.groupby("station")["new_bits"].sum()
    assert totals["delivered_bits"] == by_station.min() == ledger["total_delivered_bits"].iloc[-1]
    assert totals["delivered_bits"] + totals["store_a_bits"] == by_station["xinglong"]
    assert totals["delivered_bits"] + totals["store_b_bits"] == by_station["graz"]
    # Graz makes less: its blocks pay out of what it makes.
    blocks = campaign.passes.query("block >= 0 and station == 'graz'")["block"].nunique()
    tag = authentication.block_bits // authentication.messages
    paid = blocks * authentication.block_bits + announced * tag
    assert totals["net_delivered_bits"] == totals["delivered_bits"] - paid
    assert ledger["time_utc"].is_monotonic_increasing
    assert (ledger["oldest_key_age_s"].notna() == (ledger["delivered_bits"] > 0)).all()
    assert "must be trusted" in totals["trust"]


def test_a_relay_needs_two_stations_of_the_campaign():
    import satqkd as sq

    campaign = sq.analyze("micius-xinglong-2016-12-19")
    with pytest.raises(InputError, match=r"has no \[relay\]"):
        sq.relay(campaign)
    with pytest.raises(InputError, match="'graz' is not in this campaign"):
        sq.relay(campaign, "xinglong", "graz")
    with pytest.raises(InputError, match="two different stations"):
        sq.relay(campaign, "xinglong", "xinglong")


def test_a_satellite_serves_one_of_two_stations_it_sees_at_once():
    import satqkd as sq

    scenario = sq.load_scenario("spoqc-europe").with_(
        {"stations": ["oberpfaffenhofen", "matera"], "relay": {"a": "oberpfaffenhofen", "b": "matera"}}
    )
    with pytest.warns(SatqkdWarning, match="cannot all be had"):
        campaign = sq.analyze(scenario)
    relay = sq.relay(campaign)
    used = set(relay.ledger["pass_id"])
    for _, row in campaign.passes[campaign.passes["overlaps_with"] != ""].iterrows():
        assert not (row["pass_id"] in used and used & set(row["overlaps_with"].split()))
    with pytest.warns(SatqkdWarning, match="cannot all be had"):
        pooled = sq.analyze(scenario.with_({"key.pool": "campaign"}))
    with pytest.raises(InputError, match="serve both stations at once"):
        sq.relay(pooled)


@pytest.fixture(scope="module")
def contested():
    """Graz and Matera, which Micius sees at once."""
    import satqkd as sq

    scenario = sq.load_scenario("micius-beijing-vienna").with_(
        {"stations": ["graz", "matera"], "relay": {"a": "graz", "b": "matera"}}
    )
    with pytest.warns(SatqkdWarning, match="cannot all be had"):
        return sq.analyze(scenario)


@pytest.mark.filterwarnings("ignore::satqkd.errors.SatqkdWarning")
def test_net_is_never_more_than_gross(contested):
    """What the relay left out pays nothing and counts nothing: 1,952,030 net of 62,914 shared it was."""
    import satqkd as sq

    relay = sq.relay(contested)
    totals = relay.summary()
    assert relay.left_out
    assert totals["left_out_passes"] == len(relay.left_out)
    assert (
        totals["left_out_bits"] == contested.passes.set_index("pass_id").loc[list(relay.left_out), "secret_bits"].sum()
    )
    assert 0 <= totals["net_delivered_bits"] <= totals["delivered_bits"]


class OneBlockAPass:
    """As much of a campaign as a relay asks for, with any keys and any cost of authentication."""

    def __init__(self, keys: list[tuple[str, int, int]], messages: int) -> None:
        from types import SimpleNamespace

        import pandas as pd

        from satqkd.protocols.authentication import Authentication

        starts = pd.to_datetime([1.5e9 + 300.0 * when for _, _, when in keys], unit="s", utc=True)
        self.passes = pd.DataFrame(
            {
                "pass_id": [f"p{k}" for k in range(len(keys))],
                "satellite": "one",
                "station": [station for station, _, _ in keys],
                "secret_bits": np.array([bits for _, bits, _ in keys], dtype=np.int64),
                "sifted_bits": np.array([10 * bits + 1 for _, bits, _ in keys], dtype=np.int64),
                "block": np.arange(len(keys)),
                "key_start_utc": starts,
                "key_end_utc": starts + pd.Timedelta(seconds=400),
            }
        )
        self.authentication = Authentication(messages=messages, message_bits=1e6)
        self.block_epsilon = 1e-9 + self.authentication.block_epsilon
        self.security = {"proof": "none", "counts": "expected"}
        key = SimpleNamespace(pool="pass")
        self.scenario = SimpleNamespace(relay=None, station_names=("a", "b"), key=key, name="made up")


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3000), st.integers(0, 40)), max_size=20),
    st.integers(0, 12),
)
@settings(max_examples=80, deadline=None)
def test_net_lies_between_nothing_and_gross_whatever_is_served(keys, messages):
    import satqkd as sq

    totals = sq.relay(OneBlockAPass(keys, messages), "a", "b").summary()
    assert 0 <= totals["net_delivered_bits"] <= totals["delivered_bits"]
    if messages == 0 and totals["announcements"] == 0:
        assert totals["net_delivered_bits"] == totals["delivered_bits"] == 0


def test_key_of_a_pooled_block_is_as_old_as_its_oldest_bits():
    """Two passes a day apart share a block: its key is there with the second, half of its bits have waited a day."""
    day = 86400.0
    block = KeyBlock("b", 2 * day, 100, 1e-9, made=((day, 0.5), (2 * day, 0.5)))
    (first, second) = run_relay([Event("a", KeyBlock("a", 0.0, 100, 1e-9)), Event("b", block)])
    assert first.oldest_key_age_s is None
    assert second.oldest_key_age_s == 2 * day
    (alone,) = [
        one for one in run_relay([Event("a", block), Event("b", KeyBlock("c", 2 * day, 100, 1e-9))]) if one.drawn
    ]
    assert alone.oldest_key_age_s == day


@pytest.mark.filterwarnings("ignore::satqkd.errors.StaleElementsWarning")
def test_a_pooled_campaign_tells_how_long_its_bits_waited():
    import satqkd as sq

    scenario = sq.load_scenario("micius-beijing-vienna")
    campaign = sq.analyze(scenario.with_({"key.pool": 5}))
    totals = sq.relay(campaign).summary()
    assert totals["longest_key_age_s"] > sq.relay(sq.analyze(scenario)).summary()["longest_key_age_s"]
    inside = campaign.passes["usable"] & (campaign.passes["secret_bits"] == 0) & (campaign.block_bits > 0)
    assert inside.sum() > 10  # these are not "usable but without key"
    assert (campaign.block_bits[campaign.passes["block"] < 0] == 0).all()


def test_nobody_is_left_out_in_silence(contested):
    import satqkd as sq

    assert sq.relay(contested).summary()["others"] == []
    three = sq.analyze("spoqc-europe", days=0.1)
    assert sq.relay(three).summary()["others"] == ["oberpfaffenhofen", "tenerife_ogs"]
