"""Key that two stations come to share through one satellite, which they must trust."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.analysis import Campaign
from satqkd.analysis.overlaps import overlapping_rows
from satqkd.errors import InputError, did_you_mean, shown
from satqkd.network.keystore import Draw, KeyBlock, KeyStore
from satqkd.protocols.authentication import checked_total, tag_bits
from satqkd.times import to_datetime64, utc_column, utc_seconds

if TYPE_CHECKING:
    import pandas as pd

TRUST = (
    "The satellite must be trusted: it holds both stations' keys and announces their bitwise sum (XOR); "
    "who controls the satellite knows the key."
)


@dataclass(frozen=True, slots=True)
class Event:
    """Key of one pass of one satellite becoming available at one of the two stations (``"a"`` or ``"b"``)."""

    side: str
    block: KeyBlock
    satellite: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What happened at one event: the stores after it (all satellites), and the pieces of key that were delivered."""

    event: Event
    store_a_bits: int
    store_b_bits: int
    drawn: tuple[Draw, ...]
    delivered_bits: int

    @property
    def oldest_key_age_s(self) -> float | None:
        """Age of the oldest key used in this delivery [s], None where nothing was delivered."""
        if not self.drawn:
            return None
        return self.event.block.time_s - min(draw.block.oldest_s for draw in self.drawn)


def run_relay(events: Iterable[Event]) -> list[Delivery]:
    """Let trusted satellites relay key between two stations as it becomes available.

    Parameters
    ----------
    events : iterable of Event
        Blocks of key in the order of time.

    Returns
    -------
    list of Delivery
        One for each event. Whenever both stores of a satellite hold key, it announces ``K_A xor K_B`` of as many bits
        as the smaller holds, and both stores lose them.

    Notes
    -----
    A satellite can only sum keys it holds itself, so each has two stores of its own. Stores are unbounded: the total of
    a satellite is the smaller of its two sums, whatever the order of the passes; the order decides how long key waits.
    The announcement itself is taken to be immediate: it is classical and needs no darkness.
    """
    stores: defaultdict[str, dict[str, KeyStore]] = defaultdict(lambda: {"a": KeyStore(), "b": KeyStore()})
    deliveries = []
    for event in events:
        own = stores[event.satellite]
        own[event.side].deposit(event.block)
        ready = min(own["a"].bits, own["b"].bits)
        drawn = (*own["a"].draw(ready), *own["b"].draw(ready))
        left = {side: sum(pair[side].bits for pair in stores.values()) for side in "ab"}
        deliveries.append(Delivery(event, left["a"], left["b"], drawn, ready))
    return deliveries


@dataclass(frozen=True)
class Relay:
    """Key that two stations come to share; see `relay`.

    Attributes
    ----------
    campaign : Campaign
        The passes it is made from.
    a, b : str
        The two stations.
    deliveries : tuple of Delivery
        One for each pass that gave key, in the order of time.
    left_out : tuple of str
        ``pass_id`` of the passes that were not served, as the satellite served the other station or the station another
        satellite then.
    """

    campaign: Campaign
    a: str
    b: str
    deliveries: tuple[Delivery, ...]
    left_out: tuple[str, ...] = ()

    @property
    def ledger(self) -> pd.DataFrame:
        """One row for each pass that gave key: what came in, what was delivered, what is left in the stores."""
        import pandas as pd

        names = {"a": self.a, "b": self.b}
        delivered = np.array([one.delivered_bits for one in self.deliveries], dtype=np.int64)
        times = to_datetime64(np.array([one.event.block.time_s for one in self.deliveries], dtype=float))
        return pd.DataFrame(
            {
                "time_utc": utc_column(times),
                "station": pd.Series([names[one.event.side] for one in self.deliveries], dtype="str"),
                "pass_id": pd.Series([one.event.block.pass_id for one in self.deliveries], dtype="str"),
                "new_bits": np.array([one.event.block.bits for one in self.deliveries], dtype=np.int64),
                "store_a_bits": np.array([one.store_a_bits for one in self.deliveries], dtype=np.int64),
                "store_b_bits": np.array([one.store_b_bits for one in self.deliveries], dtype=np.int64),
                "delivered_bits": delivered,
                "total_delivered_bits": delivered.cumsum(),
                "oldest_key_age_s": np.array([one.oldest_key_age_s for one in self.deliveries], dtype=float),
            }
        )

    def summary(self) -> dict[str, Any]:
        """Return totals, what is left, how long key waited, and the security parameter of what was delivered.

        ``epsilon`` is the sum over every block drawn from, at either station, of its secrecy, its correctness and its
        authentication, and over the announcements of the authentication of each: what is delivered is at least that
        secure as a whole. ``net_delivered_bits`` is what could be delivered if every block that was served, also one
        without key, and every announcement paid for its authentication with key of its own station: never more than
        ``delivered_bits``, never less than nothing.

        Raises
        ------
        InputError
            If that sum reaches 1, from where on nothing is promised.
        """
        generated = {
            side: sum(one.event.block.bits for one in self.deliveries if one.event.side == side) for side in "ab"
        }
        # Every delivered bit is one of the pass that has just come in and one that has waited for it.
        waited = [
            (draw.bits * share, one.event.block.time_s - made_s)
            for one in self.deliveries
            for draw in one.drawn
            for made_s, share in draw.block.parts
            if draw.block is not one.event.block or made_s < draw.block.time_s
        ]
        authentication = self.campaign.authentication
        announced = sum(1 for one in self.deliveries if one.delivered_bits)
        used = {draw.block.pass_id: draw.block.epsilon for one in self.deliveries for draw in one.drawn}
        last = self.deliveries[-1] if self.deliveries else None
        delivered = sum(one.delivered_bits for one in self.deliveries)
        lost = self.campaign.passes[self.campaign.passes["pass_id"].isin(self.left_out)]
        return {
            "a": self.a,
            "b": self.b,
            "others": [name for name in self.campaign.scenario.station_names if name not in (self.a, self.b)],
            "generated_a_bits": generated["a"],
            "generated_b_bits": generated["b"],
            "delivered_bits": delivered,
            "net_delivered_bits": min(delivered, self._net_delivered_bits(announced)),
            "left_out_passes": len(lost),
            "left_out_bits": int(lost["secret_bits"].sum()),
            "store_a_bits": last.store_a_bits if last else 0,
            "store_b_bits": last.store_b_bits if last else 0,
            "median_key_age_s": _weighted_median(waited),
            "longest_key_age_s": max((age for _, age in waited), default=None),
            "blocks_used": len(used),
            "announcements": announced,
            "epsilon": checked_total(
                float(sum(used.values())) + announced * authentication.epsilon, "what is delivered"
            ),
            "proof": self.campaign.security["proof"],
            "counts": self.campaign.security["counts"],
            "trust": TRUST,
        }

    def _net_delivered_bits(self, announcements: int) -> int:
        """Return what the two could share if each block served and announcement paid for its authentication."""
        authentication = self.campaign.authentication
        each = authentication.block_bits
        tag = tag_bits(message_bits=authentication.message_bits, epsilon=authentication.epsilon)
        passes = self.campaign.passes[self.campaign.passes["block"] >= 0]
        passes = passes[~passes["pass_id"].isin(self.left_out)]
        total = 0
        for _, own in passes.groupby("satellite"):
            left = []
            for station in (self.a, self.b):
                here = own[own["station"] == station]
                left.append(int(here["secret_bits"].sum()) - each * len(set(here["block"])))
            total += max(0, min(left))
        return max(0, total - announcements * tag)


def _weighted_median(waited: list[tuple[float, float]]) -> float | None:
    """Age below which half of the delivered bits lie [s]."""
    if not waited:
        return None
    bits, ages = (np.array(column, dtype=float) for column in zip(*waited, strict=True))
    order = np.argsort(ages, kind="stable")
    reached = np.cumsum(bits[order])
    return float(ages[order][np.searchsorted(reached, reached[-1] / 2.0)])


def _served(passes: pd.DataFrame, *, pooled: bool) -> pd.DataFrame:
    """Leave out the lesser of two passes that one satellite, or one station, cannot serve at once.

    Raises
    ------
    InputError
        Where passes are pooled: the key of a block does not come apart into those of its passes.
    """
    pairs = overlapping_rows(passes)
    if pairs and pooled:
        raise InputError(
            f"{len(pairs)} times a satellite would have to serve both stations at once, or a station two satellites, "
            "and pooled blocks cannot give up single passes.",
            'Set key.pool = "pass"; the pass with less key is then left out.',
        )
    bits = passes["secret_bits"].to_numpy()
    lost: set[int] = set()
    for one, other in pairs:
        if one not in lost and other not in lost:
            lost.add(one if bits[one] < bits[other] else other)
    return passes.drop(index=passes.index[sorted(lost)])


def relay(campaign: Campaign, a: str | None = None, b: str | None = None) -> Relay:
    """Relay the key of a campaign's passes between two of its stations.

    Parameters
    ----------
    campaign : Campaign
        Analysed passes; the key of a pass is there when its last counted second is over.
    a, b : str, optional
        The two stations; without them, those of the scenario's ``[relay]``.

    Returns
    -------
    Relay

    Raises
    ------
    InputError
        If a station is not in the campaign, or both are the same, or none is named anywhere.
    """
    if not hasattr(campaign, "passes") or not hasattr(campaign, "scenario"):
        raise InputError(f"{shown(campaign)} is no campaign.", "Give what satqkd.analyze returns.")
    for name in (a, b):
        if name is not None and not isinstance(name, str):
            raise InputError(f"{shown(name)} is no name of a station.", "Give one of the scenario's stations.")
    pair = campaign.scenario.relay
    first, second = a or (pair.a if pair else None), b or (pair.b if pair else None)
    if first is None or second is None:
        raise InputError(
            f"Scenario {campaign.scenario.name!r} has no [relay]: which two stations are to share key?",
            "Name them in the scenario's [relay], or as arguments.",
        )
    names = campaign.scenario.station_names
    for name in (first, second):
        if name not in names:
            raise InputError(f"Station {shown(name)} is not in this campaign.", did_you_mean(name, names))
    if first == second:
        raise InputError(f"A relay needs two different stations; both are {first!r}.")
    asked = campaign.passes[campaign.passes["station"].isin([first, second])]
    served = _served(asked, pooled=campaign.scenario.key.pool != "pass")
    passes = served[served["secret_bits"] > 0]
    passes = passes.sort_values(["key_end_utc", "pass_id"], kind="stable")
    epsilon, made = campaign.block_epsilon, _made(served)
    events = [
        Event(
            "a" if station == first else "b",
            KeyBlock(str(pass_id), float(time_s), int(bits), epsilon, made.get(block, ())),
            satellite,
        )
        for satellite, station, pass_id, block, time_s, bits in zip(
            passes["satellite"],
            passes["station"],
            passes["pass_id"],
            passes["block"],
            utc_seconds(passes["key_end_utc"]),
            passes["secret_bits"],
            strict=True,
        )
    ]
    return Relay(
        campaign=campaign,
        a=first,
        b=second,
        deliveries=tuple(run_relay(events)),
        left_out=tuple(asked.loc[asked.index.difference(served.index), "pass_id"]),
    )


def _made(passes: pd.DataFrame) -> dict[int, tuple[tuple[float, float], ...]]:
    """Return when the bits of every block of several passes were made: the end of each pass, and its share of them."""
    sent = passes[passes["key_end_utc"].notna() & (passes["block"] >= 0)]
    result = {}
    for block, own in sent.groupby(sent["block"].astype(int)):
        sifted = own["sifted_bits"].to_numpy(dtype=float)
        if len(own) > 1 and sifted.sum() > 0.0:
            shares = sifted / sifted.sum()
            result[int(str(block))] = tuple(zip(utc_seconds(own["key_end_utc"]).tolist(), shares.tolist(), strict=True))
    return result
