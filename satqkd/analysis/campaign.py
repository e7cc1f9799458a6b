"""Passes with the key each of them yields."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satqkd.analysis.blocks import (
    SCATTER_COLUMNS,
    BlockCounts,
    block_keys,
    blocks_by_protocol,
    count_blocks,
    key_scatter,
)
from satqkd.analysis.counts import error_share
from satqkd.analysis.light import arriving_light
from satqkd.analysis.overlaps import coexisting_bits, overlap_names
from satqkd.analysis.prediction import Prediction, ScenarioLike, predict
from satqkd.analysis.provenance import provenance
from satqkd.analysis.public_messages import authentication_for, promise, sifting_message_bits
from satqkd.analysis.samples import pass_samples
from satqkd.arrays import FloatArray
from satqkd.errors import InputError, SatqkdWarning, did_you_mean, shown
from satqkd.protocols.authentication import Authentication, checked_total
from satqkd.protocols.bbm92 import BBM92, chsh_value
from satqkd.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    import pandas as pd

    from satqkd.orbit.selection import Constraint


PARAMETER_COLUMNS = (
    "signal_intensity",
    "decoy_intensity",
    "signal_probability",
    "decoy_probability",
    "key_basis_probability",
)
"""What the table of passes adds where every block has parameters of its own."""


def analyze(
    scenario: ScenarioLike,
    *,
    start: Any = None,
    days: float | None = None,
    end: Any = None,
    constraints: Sequence[Constraint] = (),
    seed: int | None = None,
    draws: int = 200,
) -> Campaign:
    """Predict a scenario's passes and the key each of them yields.

    Parameters
    ----------
    scenario, start, days, end, constraints
        As `find_passes`.
    seed : int, optional
        Draw the counts of every block about their expectations from this seed, and tell how its key scatters.
    draws : int, optional
        How often.

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
    prediction = predict(checked, start=start, days=days, end=end, constraints=constraints)
    return analyze_prediction(prediction, seed=seed, draws=draws)


def analyze_prediction(prediction: Prediction, *, seed: int | None = None, draws: int = 200) -> Campaign:
    """Return the key of passes that are already predicted; see `analyze`."""
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0):
        raise InputError(f"seed = {shown(seed)} is no seed: it must be a whole number, at least 0.")
    light = arriving_light(prediction)
    counts = count_blocks(prediction, light)
    bits, epsilon = block_keys(counts)
    if light.detector.efficiency_mismatch > 0.0:
        # Every proof here has detection independent of the basis and the bit.
        warnings.warn(
            f"link.detector.efficiency_mismatch = {light.detector.efficiency_mismatch:g}: no proof here covers "
            "detectors of different efficiency, so that no key is granted.",
            SatqkdWarning,
            stacklevel=3,
        )
        bits = np.zeros_like(bits)
        seed = None  # nor is there a key that could scatter
    protocol = prediction.scenario.protocol
    usable = prediction.passes["usable"].to_numpy(dtype=bool)
    seconds = _sums(prediction.samples.pass_index, prediction.samples.weight_s * counts.sending, usable.size)
    last = _last_passes(counts.block_of_pass, seconds, len(bits))
    least_loss = np.full(usable.size, np.inf)
    np.minimum.at(least_loss, prediction.samples.pass_index[light.index], light.link_loss_db)
    signal = counts.sifted[:, :, 0].sum(axis=1)
    qber = error_share(counts.errors[:, :, 0].sum(axis=1), signal)
    passes = prediction.passes.copy()
    passes["min_link_loss_db"] = np.where(usable, least_loss, np.nan)
    passes["detections"] = np.rint(counts.detections).astype(np.int64)
    passes["sifted_bits"] = np.rint(signal).astype(np.int64)
    passes["qber"] = np.where(usable, qber, np.nan)
    passes["asymptotic_bits"] = _asymptotic_bits(counts)
    passes["secret_bits"] = np.where(last >= 0, bits[last] if bits.size else 0, 0)
    passes["key_start_utc"], passes["key_end_utc"] = _span(prediction, counts.sending)
    passes["key_seconds_s"] = seconds
    passes["block"] = counts.block_of_pass
    passes["overlaps_with"] = overlap_names(passes)
    _warn_of_overlaps(passes)
    if prediction.scenario.key.optimize:
        for name, column in _chosen_parameters(counts).items():
            passes[name] = column
    if seed is not None:
        scatter = key_scatter(counts, seed=seed, draws=draws)
        for name in SCATTER_COLUMNS:
            values = scatter[name].to_numpy()
            passes[name] = np.where(last >= 0, values[last] if values.size else 0.0, np.nan)
    if protocol.name == "e91":
        # 2 sqrt2 times the mean visibility of the two bases.
        wrong = error_share(counts.errors[:, :, 0], counts.sifted[:, :, 0])
        passes["chsh_value"] = np.where(usable, chsh_value(visibility=1.0 - wrong.sum(axis=1)), np.nan)
    messages = sifting_message_bits(
        _sums(counts.block_of_pass[usable], counts.detections[usable], len(bits)),
        _sums(counts.block_of_pass[usable], seconds[usable], len(bits)),
        protocol,
    )
    authentication = authentication_for(prediction.scenario.key.authentication, messages.max(initial=1.0))
    return Campaign(
        prediction=prediction,
        passes=passes,
        counts=counts,
        authentication=authentication,
        block_epsilon=epsilon + authentication.block_epsilon,
        seed=seed,
    )


def kinds_of_rejection(reasons: pd.Series[str]) -> dict[str, int]:
    """Return how many passes were rejected for what, the numbers of the single pass left out."""
    kinds = reasons.str.replace(r" \([^)]*\)", "", regex=True)
    return {str(kind): int(count) for kind, count in kinds.value_counts().items()}


def _sums(index: NDArray[np.intp], values: FloatArray, length: int) -> FloatArray:
    """Return the sums of the values that share an index, shape (length,)."""
    return np.asarray(np.bincount(index, values, minlength=length), dtype=float)


def _warn_of_overlaps(passes: pd.DataFrame) -> None:
    number = int((passes["overlaps_with"] != "").sum())
    if number:
        warnings.warn(
            f"{number} passes overlap with another of the same satellite, which serves one station at a time, or over "
            "the same station, which follows one satellite: their keys cannot all be had (column overlaps_with).",
            SatqkdWarning,
            stacklevel=3,
        )


def _last_passes(block_of_pass: NDArray[np.intp], seconds: FloatArray, blocks: int) -> NDArray[np.intp]:
    """Return for each pass the block that it completes, -1 where it completes none; a silent pass completes none."""
    completes = np.full(block_of_pass.size, -1, dtype=np.intp)
    used = np.flatnonzero((block_of_pass >= 0) & (seconds > 0.0))
    last = np.full(blocks, -1, dtype=np.intp)
    last[block_of_pass[used]] = used  # the last write wins, and passes are in the order of time
    known = last >= 0
    completes[last[known]] = np.flatnonzero(known)
    return completes


def _asymptotic_bits(counts: BlockCounts) -> NDArray[np.int64]:
    bits = np.zeros(counts.block_of_pass.size, dtype=np.int64)
    # Passes in the order of their blocks, so that those of a block are found without a search over all.
    order = np.argsort(counts.block_of_pass, kind="stable")
    ends = np.searchsorted(counts.block_of_pass[order], np.arange(len(counts.protocols) + 1))
    for protocol, blocks in blocks_by_protocol(counts).items():
        rows = np.concatenate([order[ends[block] : ends[block + 1]] for block in blocks])
        length = protocol.asymptotic_bits(counts=counts.sifted[rows], errors=counts.errors[rows])
        bits[rows] = np.floor(length).astype(np.int64)
    return bits


def _chosen_parameters(counts: BlockCounts) -> dict[str, FloatArray]:
    """Return the parameters that each pass's block runs with, NaN for passes in none."""
    columns = {name: np.full(counts.block_of_pass.size, np.nan) for name in PARAMETER_COLUMNS}
    for row, block in enumerate(counts.block_of_pass):
        if block >= 0 and not isinstance(protocol := counts.protocols[block], BBM92):
            values = (*protocol.intensities[:2], *protocol.probabilities[:2], protocol.key_basis_probability)
            for name, value in zip(PARAMETER_COLUMNS, values, strict=True):
                columns[name][row] = value
    return columns


def _span(prediction: Prediction, sending: NDArray[np.bool_]) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """Return when the sending seconds of each pass begin and end; NaT where there are none."""
    import pandas as pd

    samples, sent = prediction.samples, np.flatnonzero(sending)
    count = len(prediction.passes)
    bounds = []
    for order, sign in ((sent[::-1], -1.0), (sent, 1.0)):  # the last write wins: the first, then the last sample
        edge = np.full(count, np.datetime64("NaT", "us"))
        half = np.round(sign * samples.weight_s[order] * 0.5e6).astype(np.int64).astype("timedelta64[us]")
        edge[samples.pass_index[order]] = samples.time_utc[order].astype("datetime64[us]") + half
        # The slot of a first or last sample is cut by the pass; it does not reach beyond it.
        name, limit = ("aos_utc", np.fmax) if sign < 0.0 else ("los_utc", np.fmin)
        crossing = prediction.passes[name].dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
        edge = np.where(np.isnat(edge), edge, limit(edge, crossing))
        bounds.append(pd.DatetimeIndex(edge).tz_localize("UTC"))
    return bounds[0], bounds[1]


@dataclass(frozen=True)
class Campaign:
    """Analysed passes of a scenario.

    Attributes
    ----------
    prediction : Prediction
        The passes with their samples.
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
    """

    prediction: Prediction
    passes: pd.DataFrame
    counts: BlockCounts
    authentication: Authentication
    block_epsilon: float
    seed: int | None = None

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
        return pass_samples(self, self.row(which))

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
        """Return how many passes were rejected for what, the numbers of the single pass left out."""
        reasons = self.passes.loc[~self.passes["usable"], "reject_reason"].astype(str)
        return kinds_of_rejection(reasons)

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
