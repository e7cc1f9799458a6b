"""Passes with the key each of them yields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satqkd.analysis.blocks import BlockCounts, count_blocks
from satqkd.analysis.key import block_keys, key_scatter
from satqkd.analysis.light import Instants
from satqkd.analysis.overlaps import coexisting_bits
from satqkd.analysis.pass_table import pass_table
from satqkd.analysis.plan import Plan
from satqkd.analysis.prediction import Prediction, ScenarioLike, predict_for
from satqkd.analysis.provenance import provenance
from satqkd.analysis.public_messages import authentication_for, promise, sifting_message_bits
from satqkd.analysis.samples import pass_samples
from satqkd.analysis.seconds import second_by_second
from satqkd.errors import InputError, did_you_mean, shown, warn
from satqkd.orbit import PassSamples
from satqkd.progress import stage
from satqkd.protocols.authentication import Authentication, checked_total
from satqkd.scenario import Scenario, load_scenario, refuse_several_terminals

if TYPE_CHECKING:
    import pandas as pd

    from satqkd.orbit.selection import Constraint


def analyze(
    scenario: ScenarioLike,
    *,
    start: Any = None,
    days: float | None = None,
    end: Any = None,
    constraints: Sequence[Constraint] = (),
    plan: Plan | None = None,
    seed: int | None = None,
    draws: int = 200,
    keep_samples: bool = False,
) -> Campaign:
    """Predict a scenario's passes and the key each of them yields.

    Parameters
    ----------
    scenario, start, days, end, constraints
        As `find_passes`.
    plan : Plan, optional
        Send only where it allows it, too: a narrower one than the limits make; see `satqkd.Plan`.
    seed : int, optional
        Draw the counts of every block about their expectations from this seed, and tell how its key scatters.
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
    """Return the key of passes that are already predicted, stage by stage; see `analyze`."""
    refuse_several_terminals(prediction.elements)
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0):
        raise InputError(f"seed = {shown(seed)} is no seed: it must be a whole number, at least 0.")
    with stage("light and counts"):
        counts = count_blocks(prediction)
    campaign = keyed(prediction, counts, seed=seed, draws=draws)
    if keep_samples:
        with stage("samples"):
            return replace(campaign, kept=second_by_second(prediction, np.arange(len(prediction.passes))))
    return campaign


def keyed(prediction: Prediction, counts: BlockCounts, *, seed: int | None, draws: int) -> Campaign:
    """Return the key that counts grant, with the table of passes."""
    covered = _covered_blocks(prediction, counts)
    seed = seed if covered.all() else None  # where there is no key there is none that could scatter
    with stage("keys"):
        bits, epsilon = block_keys(counts)
        bits = np.where(covered, bits, 0)
        scatter = None if seed is None else key_scatter(counts, seed=seed, draws=draws)
    with stage("table"):
        passes = pass_table(prediction, counts, secret_bits=bits, scatter=scatter)
    _warn_of_overlaps(passes)
    authentication = _authentication(prediction, counts)
    return Campaign(
        prediction=prediction,
        passes=passes,
        counts=counts,
        authentication=authentication,
        block_epsilon=epsilon + authentication.block_epsilon,
        seed=seed,
        draws=draws,
    )


def _covered_blocks(prediction: Prediction, counts: BlockCounts) -> NDArray[np.bool_]:
    """Return the blocks whose receivers a proof covers: detection must not depend on the basis or the bit."""
    mismatch = {site.station.name: site.link.detector.efficiency_mismatch for site in prediction.scenario.sites}
    covered = np.ones(len(counts.protocols), dtype=bool)
    uncovered = prediction.passes["station"].map(mismatch).to_numpy(dtype=float) > 0.0
    covered[counts.block_of_pass[uncovered & (counts.block_of_pass >= 0)]] = False
    if any(mismatch.values()):
        warn(
            f"link.detector.efficiency_mismatch = {max(mismatch.values()):g}: no proof here covers detectors of "
            "different efficiency, so that no key is granted."
        )
    return covered


def _authentication(prediction: Prediction, counts: BlockCounts) -> Authentication:
    """Return an authentication with tags as long as the longest message of any block needs."""
    used = counts.block_of_pass >= 0
    blocks, number = counts.block_of_pass[used], len(counts.protocols)
    messages = sifting_message_bits(
        np.bincount(blocks, counts.detections[used], minlength=number).astype(float),
        np.bincount(blocks, counts.seconds_s[used], minlength=number).astype(float),
        prediction.scenario.protocol,
    )
    return authentication_for(prediction.scenario.key.authentication, messages.max(initial=1.0))


def _warn_of_overlaps(passes: pd.DataFrame) -> None:
    number = int((passes["overlaps_with"] != "").sum())
    if number:
        warn(
            f"{number} passes overlap with another of the same satellite, which serves one station at a time, or over "
            "the same station, which follows one satellite: their keys cannot all be had (column overlaps_with)."
        )


@dataclass(frozen=True)
class Campaign:
    """Analysed passes of a scenario.

    Attributes
    ----------
    prediction : Prediction
        The passes as predicted, with the elements and the plan.
    passes : pandas.DataFrame
        One row a pass, with its key.
    counts : BlockCounts
        Expected counts of every pass, and the protocol each block runs with.
    authentication : Authentication
        What authenticating the public messages of a block takes, tags as long as its longest message needs.
    block_epsilon : float
        Security parameter of the key of one block: secrecy, correctness and authentication together [1].
    seed : int or None
        What the counts were drawn from, if they were.
    draws : int
        How often they were.
    kept : Instants or None
        The seconds of all passes, where they were to be kept.
    """

    prediction: Prediction
    passes: pd.DataFrame
    counts: BlockCounts
    authentication: Authentication
    block_epsilon: float
    seed: int | None = None
    draws: int = 200
    kept: Instants | None = None

    @property
    def plan(self) -> Plan:
        """The stretches in which each pass may send, and what took the others."""
        return self.prediction.plan

    @property
    def scenario(self) -> Scenario:
        """The scenario it was made from."""
        return self.prediction.scenario

    def row(self, which: str | int) -> int:
        """Return the row number of a pass given by its ``pass_id`` or row number.

        Raises
        ------
        InputError
            If there is no such pass.
        """
        ids = list(self.passes["pass_id"])
        if not isinstance(which, str | int | np.integer) or isinstance(which, bool):
            raise InputError(f"{shown(which)} is neither a pass_id nor a row number.")
        if not isinstance(which, str) or which.lstrip("-").isdigit():
            number = int(which)
            if not 0 <= number < len(ids):
                raise InputError(f"There is no pass {number}: the rows run from 0 to {len(ids) - 1}.")
            return number
        if which not in ids:
            raise InputError(f"There is no pass {shown(which)} in this campaign.", did_you_mean(which, ids))
        return ids.index(which)

    def samples(self, which: str | int) -> pd.DataFrame:
        """Return one pass second by second: geometry, Doppler, losses by term, noise, QBER by cause, rates.

        Parameters
        ----------
        which : str or int
            ``pass_id`` or row number.

        Returns
        -------
        pandas.DataFrame
            Every second from AOS to LOS; ``counted`` marks those within all limits, ``sending`` those that make key.
        """
        row = self.row(which)
        block = int(self.counts.block_of_pass[row])
        protocol = self.counts.protocols[block] if block >= 0 else self.scenario.protocol
        instants, place = self._seconds(row)
        t = instants.samples.t_s[instants.samples.of(place)]
        here = np.full(t.size, row)
        return pass_samples(
            instants,
            place,
            protocol=protocol,
            counted=self.plan.spans.contain(here, t),
            sending=self.counts.sending.contain(here, t),
        )

    def track(self, which: str | int) -> PassSamples:
        """Return where the satellite stands in one pass, second by second, by its ``pass_id`` or row number."""
        instants, place = self._seconds(self.row(which))
        return instants.samples.only(place)

    def _seconds(self, row: int) -> tuple[Instants, int]:
        """Return a pass second by second, kept or remade, and its number there."""
        if self.kept is not None:
            return self.kept, row
        return second_by_second(self.prediction, np.array([row])), 0

    @property
    def best_pass(self) -> str | None:
        """``pass_id`` of the pass with the most key, or with the most sifted bits where none has key."""
        usable = self.passes[self.passes["usable"]]
        if usable.empty:
            return None
        order = usable.sort_values(["secret_bits", "sifted_bits"], ascending=False, kind="stable")
        return str(order["pass_id"].iloc[0])

    @property
    def block_bits(self) -> NDArray[np.int64]:
        """Secret bits of the block that each pass belongs to, 0 for passes in none, shape (passes,)."""
        blocks, bits = self.passes["block"].to_numpy(), self.passes["secret_bits"].to_numpy()
        of_block = np.zeros(len(self.counts.protocols) + 1, dtype=np.int64)  # the last stands for no block
        np.add.at(of_block, blocks, bits)
        of_block[-1] = 0
        return np.asarray(of_block[blocks])

    @cached_property
    def security(self) -> dict[str, Any]:
        """What the secret bits promise: whose proof, at which counts, and what they may fail with.

        ``epsilon_of_all`` is the sum over the blocks with key, of which each may fail to be secret or correct, and over
        every block, with key or without, of the messages that may have been forged.

        Raises
        ------
        InputError
            If that sum reaches 1, from where on nothing is promised.
        """
        bits = self.passes["secret_bits"]
        blocks, with_key = len(self.counts.protocols), int((bits > 0).sum())
        forged = self.authentication.block_epsilon
        total = with_key * (self.block_epsilon - forged) + blocks * forged
        return {
            **promise(self.scenario.protocol, self.authentication),
            "epsilon_per_block": self.block_epsilon,
            "epsilon_of_all": checked_total(total, f"all {blocks} blocks"),
            "blocks": blocks,
            "blocks_with_key": with_key,
            "secret_bits": int(bits.sum()),
            "net_secret_bits": int(bits.sum()) - self.authentication.block_bits * blocks,
        }

    def rejected(self) -> dict[str, int]:
        """Return how many passes were rejected for which limits, the most frequent first."""
        return self.prediction.rejected()

    def parameters(self) -> pd.DataFrame:
        """Return what each block runs with: intensities, probabilities, basis bias; one row a block.

        Interesting where the scenario's ``key.optimize`` lets every block have its own.
        """
        import pandas as pd

        names = ("intensities", "probabilities", "key_basis_probability")
        return pd.DataFrame(
            [
                {"block": number, **{name: getattr(one, name, None) for name in names}}
                for number, one in enumerate(self.counts.protocols)
            ],
            columns=["block", *names],
        )

    def summary(self) -> dict[str, Any]:
        """Return totals: passes, usable ones, those with key, bits by station, and what authentication leaves of them.

        ``net_secret_bits`` is what is left after every block, also one without key, has paid for its authentication; a
        debt is negative. ``coexisting_secret_bits`` is the most that can be had together where passes overlap, None
        where that is not known: the key of a pooled block does not come apart.
        """
        passes, security = self.passes, self.security
        overlapping = int((passes["overlaps_with"] != "").sum())
        coexisting: int | None = security["secret_bits"]
        if overlapping:
            coexisting = coexisting_bits(passes) if self.scenario.key.pool == "pass" else None
        by_station = passes.groupby("station", sort=True)["secret_bits"].sum()
        return {
            "scenario": self.scenario.name,
            "passes": len(passes),
            "usable": int(passes["usable"].sum()),
            "blocks": security["blocks"],
            "with_key": security["blocks_with_key"],
            "secret_bits": security["secret_bits"],
            "coexisting_secret_bits": coexisting,
            "authentication_bits": security["secret_bits"] - security["net_secret_bits"],
            "net_secret_bits": security["net_secret_bits"],
            "secret_bits_by_station": {str(name): int(bits) for name, bits in by_station.items()},
            "epsilon_per_block": security["epsilon_per_block"],
            "epsilon_of_all": security["epsilon_of_all"],
            "proof": security["proof"],
            "counts": security["counts"],
            "overlapping_passes": overlapping,
        }

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """What made this result: scenario and fingerprint, window, versions, elements, assumptions, seed, promise."""
        return {**provenance(self.prediction), "seed": self.seed, "security": self.security}
