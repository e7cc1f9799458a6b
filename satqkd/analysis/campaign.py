"""Passes with the key each of them yields: tables, plan, counts, security figures, provenance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satqkd.analysis.blocks import BlockCounts
from satqkd.analysis.joining import joined_counts, joined_predictions
from satqkd.analysis.key import block_keys, key_scatter
from satqkd.analysis.light import Instants
from satqkd.analysis.overlaps import coexisting_bits
from satqkd.analysis.packing import packed
from satqkd.analysis.pass_table import pass_table
from satqkd.analysis.plan import Plan
from satqkd.analysis.prediction import Prediction
from satqkd.analysis.provenance import provenance
from satqkd.analysis.public_messages import authentication_for, promise, sifting_message_bits
from satqkd.analysis.samples import pass_samples
from satqkd.analysis.seconds import second_by_second
from satqkd.columns import COLUMNS
from satqkd.errors import InputError, did_you_mean, shown, warn
from satqkd.files import bytes_writer, written_whole
from satqkd.orbit import PassSamples
from satqkd.progress import stage
from satqkd.protocols.authentication import Authentication, checked_total
from satqkd.protocols.fluctuation import ChannelSpread
from satqkd.scenario import Scenario
from satqkd.times import to_datetime64, to_iso

if TYPE_CHECKING:
    import pandas as pd


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


@dataclass(frozen=True, repr=False)
class Campaign:
    """Analysed passes of a scenario: tables, the plan, security figures, provenance.

    It holds no samples unless they were to be kept: `samples` remakes those of a pass in milliseconds.

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
    saved_provenance : dict or None
        What made it, of a campaign that was loaded.
    """

    prediction: Prediction
    passes: pd.DataFrame
    counts: BlockCounts
    authentication: Authentication
    block_epsilon: float
    seed: int | None = None
    draws: int = 200
    kept: Instants | None = None
    saved_provenance: dict[str, Any] | None = None

    @classmethod
    def of(
        cls,
        prediction: Prediction,
        counts: BlockCounts,
        *,
        seed: int | None = None,
        draws: int = 200,
    ) -> Campaign:
        """Return the key that counts grant, with the table of passes."""
        covered = _covered_blocks(prediction, counts)
        seed = seed if covered.all() else None  # where there is no key there is none that could scatter
        with stage("keys"):
            bits, epsilon = block_keys(counts)
            bits = np.where(covered, bits, 0)
            scatter = (
                None if seed is None else key_scatter(counts, seed=seed, draws=draws, channel=_channel(prediction))
            )
        with stage("table"):
            passes = pass_table(prediction, counts, secret_bits=bits, scatter=scatter)
        _warn_of_overlaps(passes)
        authentication = _authentication(prediction, counts)
        block_epsilon = epsilon + authentication.block_epsilon
        campaign = cls(prediction, passes, counts, authentication, block_epsilon, seed, draws)
        campaign.label()
        return campaign

    @staticmethod
    def joined(parts: Iterable[Campaign]) -> Campaign:
        """Return campaigns of parts as one: the same, to the bit, as if the whole had been analysed at once.

        Parameters
        ----------
        parts : iterable of Campaign
            Of one scenario cut by satellite, or by time with ``analyze(..., part=(k, n))``. Windows of their own may be
            joined, too, but a pass at a seam is cut by both of them.

        Raises
        ------
        InputError
            If the scenarios differ in more than satellites and window, a pass is in two parts, or a block has passes of
            several parts although its seconds or parameters were chosen.
        """
        own = list(parts)
        for one in own:
            if not isinstance(one, Campaign):
                raise InputError(f"{shown(one)} is no campaign.", "Give what satqkd.analyze returns.")
        if not own:
            raise InputError("There are no parts to join.", "Give at least one campaign.")
        prediction, order = joined_predictions([one.prediction for one in own])
        counts = joined_counts(prediction, [one.counts for one in own], order)
        seeds, draws = {one.seed for one in own}, {one.draws for one in own}
        if len(seeds) > 1 or len(draws) > 1:
            raise InputError("The parts were drawn with different seeds or draws.", "Analyse all with the same.")
        return Campaign.of(prediction, counts, seed=seeds.pop(), draws=draws.pop())

    def save(self, folder: str | Path) -> list[str]:
        """Write the campaign into a folder, whole or not at all; `satqkd.load_campaign` reads it.

        Parameters
        ----------
        folder : str or Path
            Made if it is not there; files of the same names are replaced.

        Returns
        -------
        list of str
            Names of the files: arrays, scenario, and the manifest with the hashes of both.

        Raises
        ------
        InputError
            For a model of one's own in the scenario, or a folder that cannot be written.
        """
        rest = {
            "authentication": asdict(self.authentication),
            "block_epsilon": self.block_epsilon,
            "seed": self.seed,
            "draws": self.draws,
            "provenance": self.provenance,
        }
        contents = packed(self.prediction, self.passes, self.counts, rest)
        written_whole({Path(folder) / name: bytes_writer(raw) for name, raw in contents.items()})
        return list(contents)

    def label(self) -> None:
        """Write the units of its columns, and what made it, into ``passes.attrs``."""
        units = {name: COLUMNS[name].unit for name in map(str, self.passes) if name in COLUMNS and COLUMNS[name].unit}
        self.passes.attrs.update(units=_Shared(units), provenance=_Shared(self.provenance))

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {value}" if name else value for name, value in self._said())

    def _repr_html_(self) -> str:
        """Return what a notebook shows of it."""
        (_, title), *rows = self._said()
        cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
        return f"<table><caption>{escape(title)}</caption>{cells}</table>"

    def _said(self) -> list[tuple[str, str]]:
        """Return name and value of what is said of it at a glance."""
        passes, prediction = self.passes, self.prediction
        start, end = (to_iso(to_datetime64(edge))[:16] for edge in (prediction.start_utc, prediction.end_utc))
        by_station = passes.groupby("station", sort=True)["secret_bits"].sum().sort_values(ascending=False)
        stations = ", ".join(f"{name} {bits:,}" for name, bits in by_station.head(3).items())
        more = f" and {len(by_station) - 3} more" if len(by_station) > 3 else ""
        return [
            ("", f"Campaign {_short(self.scenario.name)}, {start} to {end} UTC"),
            ("passes", f"{len(passes):,}, {int(passes['usable'].sum()):,} usable"),
            ("secret bits", f"{int(passes['secret_bits'].sum()):,} of {len(self.counts.protocols):,} blocks"),
            ("by station", _short(stations, 120) + more),
            ("epsilon", f"{self.block_epsilon:.3g} a block"),
        ]

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
        if self.saved_provenance is not None:
            return self.saved_provenance
        return {**provenance(self.prediction), "seed": self.seed, "security": self.security}


def _channel(prediction: Prediction) -> ChannelSpread:
    """Return how far the channels of a scenario's passes may be from their forecast."""
    key = prediction.scenario.key
    return ChannelSpread(loss_db=key.forecast_error_db, misalignment=key.misalignment_spread)


class _Shared(dict[str, Any]):
    """A dictionary that tables hand on among themselves: pandas copies what is in ``attrs`` with every step."""

    def __copy__(self) -> _Shared:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> _Shared:
        return self


def _short(text: str, longest: int = 60) -> str:
    return text if len(text) <= longest else text[: longest - 3] + "..."
