"""Apply constraints to passes: which samples count, and why a pass is left with none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from satqkd.arrays import BoolArray, IntArray, takes_quantities
from satqkd.errors import InputError, shown
from satqkd.orbit.constraints import Seconds
from satqkd.orbit.elements.sets import Elements
from satqkd.orbit.rejection import Rejected, Rejection, Rejections, kind_of, name_of
from satqkd.orbit.samples import PassSamples, sample_edges, sample_passes, sample_sky
from satqkd.orbit.sky import Sky
from satqkd.orbit.station import Station

if TYPE_CHECKING:
    import pandas as pd

Constraint = Callable[[Mapping[str, Any], Seconds], Any]

_PASSES_AT_ONCE = 500


def apply_constraints(
    passes: pd.DataFrame, samples: PassSamples, sky: Sky, constraints: Sequence[Constraint]
) -> tuple[pd.DataFrame, BoolArray]:
    """Mark the seconds that survive every constraint, and reject the passes in which none does.

    Parameters
    ----------
    passes : pandas.DataFrame
    samples : PassSamples
        Of the rows of `passes`.
    sky : Sky
        Of the samples.
    constraints : sequence of callables
        ``constraint(pass_row, seconds)`` returns a bool for each second; its ``reason`` names it.

    Returns
    -------
    pandas.DataFrame, ndarray of bool
        A copy of the table in which `usable` is false and `reject_reason` says why for each rejected pass, passes
        already rejected staying so; and which samples count.

    Raises
    ------
    InputError
        If a constraint does not return one bool for each second.
    """
    rejections, counted = reject_by_samples(passes, samples, sky, constraints)
    return rejected(passes, Rejections.of(rejections)), counted


def rejected(passes: pd.DataFrame, rejections: Rejections) -> pd.DataFrame:
    """Return a copy of the table in which `usable` and `reject_reason` follow from the rejections."""
    table = passes.copy()
    table["usable"] = ~rejections.some
    table["reject_reason"] = np.array(rejections.texts(), dtype=object)
    return table


def rejected_before(passes: pd.DataFrame) -> list[Rejected]:
    """Return why passes are rejected already, as their table says."""
    usable, reasons = passes["usable"].to_numpy(dtype=bool), passes["reject_reason"].tolist()
    return [() if one else (Rejection("before", str(text)),) for one, text in zip(usable, reasons, strict=True)]


def reject_by_samples(
    passes: pd.DataFrame, samples: PassSamples, sky: Sky, constraints: Sequence[Constraint]
) -> tuple[list[Rejected], BoolArray]:
    """Return the causes for which each pass is rejected, and which samples count; see `apply_constraints`."""
    rejections, verdicts = verdicts_on_samples(passes, samples, sky, constraints)
    counted = passes["usable"].to_numpy(dtype=bool)[samples.pass_index]
    for verdict in verdicts:
        counted &= verdict
    return rejections, counted


def verdicts_on_samples(
    passes: pd.DataFrame, samples: PassSamples, sky: Sky, constraints: Sequence[Constraint]
) -> tuple[list[Rejected], list[BoolArray]]:
    """Return the causes for which each pass is rejected, and which samples each constraint lets through."""
    everything = Seconds(samples, sky, slice(None))
    verdicts = [verdict_of(constraint, passes, everything, samples.offsets) for constraint in constraints]
    together = np.ones(len(samples), dtype=bool)
    for verdict in verdicts:
        together &= verdict
    rejections = rejected_before(passes)
    rows = np.flatnonzero(~_any_in_rows(samples, together))
    leaves = [_any_in_rows(samples, verdict)[rows] for verdict in verdicts]
    for row, causes in zip(rows.tolist(), causes_of(constraints, leaves, everything, rows), strict=True):
        rejections[row] += causes
    return rejections, verdicts


@takes_quantities
def judge_passes(
    passes: pd.DataFrame,
    elements: Elements,
    stations: Station | Sequence[Station],
    constraints: Sequence[Constraint],
    *,
    step_s: float = 1.0,
) -> pd.DataFrame:
    """Say which passes are usable, as `apply_constraints` does, without keeping or even making most of the samples.

    AOS, TCA and LOS decide most passes: one that survives at TCA is usable, and one that a constraint can never let
    through is not. Only the others are sampled, some hundreds at a time.

    Parameters
    ----------
    passes : pandas.DataFrame
        Any rows of `find_passes`.
    elements : Elements
    stations : Station or sequence of Station
    constraints : sequence of callables
        As `apply_constraints` takes them.
    step_s : float
        Spacing of the samples [s].

    Returns
    -------
    pandas.DataFrame
        A copy with `usable` and `reject_reason`.
    """
    return rejected(passes, Rejections.of(reject_passes(passes, elements, stations, constraints, step_s=step_s)))


def reject_passes(
    passes: pd.DataFrame,
    elements: Elements,
    stations: Station | Sequence[Station],
    constraints: Sequence[Constraint],
    *,
    step_s: float,
) -> list[Rejected]:
    """Return the causes for which each pass is rejected; see `judge_passes`."""
    samples = sample_edges(passes, elements, stations)
    sky = sample_sky(samples, passes, stations)
    everything = Seconds(samples, sky, slice(None))
    verdicts = [verdict_of(constraint, passes, everything, samples.offsets) for constraint in constraints]
    at_tca = np.ones(len(passes), dtype=bool)
    for verdict in verdicts:
        at_tca &= verdict[1::3]
    rejections = rejected_before(passes)
    # Of the rest, those are decided in which every constraint is seen to let a second through, or known never to.
    ever = [_any_in_rows(samples, verdict) for verdict in verdicts]
    never = [
        certainly("never", constraint, passes, everything) & ~seen
        for constraint, seen in zip(constraints, ever, strict=True)
    ]
    nothing = np.zeros(len(passes), dtype=bool)
    hopeless = np.logical_or.reduce(never or [nothing])
    decided = np.logical_and.reduce([seen | not_one for seen, not_one in zip(ever, never, strict=True)] or [~nothing])
    rows = np.flatnonzero(~at_tca & hopeless & decided)
    leaves = [~not_one[rows] for not_one in never]
    for row, causes in zip(rows.tolist(), causes_of(constraints, leaves, everything, rows), strict=True):
        rejections[row] += causes
    open_rows = np.flatnonzero(~at_tca & ~(hopeless & decided))
    for rows in (open_rows[k : k + _PASSES_AT_ONCE] for k in range(0, len(open_rows), _PASSES_AT_ONCE)):
        part = passes.iloc[rows]
        fine = sample_passes(part, elements, stations, step_s=step_s)
        judged, _ = reject_by_samples(part, fine, sample_sky(fine, part, stations), constraints)
        for row, causes in zip(rows.tolist(), judged, strict=True):
            rejections[row] = causes
    return rejections


def certainly(asked: Literal["never", "always"], constraint: Any, passes: pd.DataFrame, edges: Seconds) -> BoolArray:
    """Return the passes in which a constraint certainly lets no second, or every one, through, if it can tell."""
    if hasattr(constraint, asked):
        return np.asarray(getattr(constraint, asked)(passes, edges))
    return np.zeros(len(passes), dtype=bool)


def verdict_of(constraint: Constraint, passes: pd.DataFrame, seconds: Seconds, offsets: IntArray) -> BoolArray:
    """Ask a constraint about every second: at once if it looks at each second by itself, else pass by pass.

    Parameters
    ----------
    constraint : callable
    passes : pandas.DataFrame
    seconds : Seconds
        Of all the passes.
    offsets : ndarray of int
        Those of row i are ``offsets[i]:offsets[i + 1]``.
    """
    if hasattr(constraint, "counts"):
        return _checked(constraint, constraint.counts(seconds), len(seconds))
    verdict = np.zeros(len(seconds), dtype=bool)
    if not callable(constraint):
        raise InputError(f"{shown(constraint)} is no constraint.", "Give a callable on (pass_row, seconds).")
    for i, row in enumerate(passes.itertuples(index=False, name=None)):
        part = slice(int(offsets[i]), int(offsets[i + 1]))
        answer = constraint(dict(zip(passes.columns, row, strict=True)), Seconds(seconds.samples, seconds.sky, part))
        verdict[part] = _checked(constraint, answer, part.stop - part.start)
    return verdict


def _checked(constraint: Constraint, answer: Any, count: int) -> BoolArray:
    array = np.asarray(answer)
    if array.shape != (count,) or array.dtype != np.bool_:
        raise InputError(
            f"The constraint {name_of(constraint)!r} returned {array.dtype} of shape {array.shape} for "
            f"{count} seconds.",
            "Return one True or False for each second.",
        )
    return array


def _any_in_rows(samples: PassSamples, verdict: BoolArray) -> BoolArray:
    return np.asarray(np.bincount(samples.pass_index, weights=verdict, minlength=len(samples.offsets) - 1) > 0)


def causes_of(
    constraints: Sequence[Constraint],
    leaves: Sequence[BoolArray],
    seconds: Seconds,
    rows: IntArray,
    *,
    passes: pd.DataFrame | None = None,
) -> Rejections:
    """Return why each of some rows is rejected.

    Parameters
    ----------
    constraints : sequence of callables
    leaves : sequence of ndarray of bool
        Whether each of them leaves something of each row, shape (rows,); of a row of which all do, they leave nothing
        together.
    seconds : Seconds
        From which it is told how near the rows came.
    rows : ndarray of int
        The rows, as the seconds' samples count them.
    passes : pandas.DataFrame, optional
        The passes that the rows count, whose table knows some nearest values better than any samples.
    """
    found = Rejections(len(rows))
    guilty = ~np.array(leaves, dtype=bool).reshape(len(leaves), len(rows))
    # Rows that the same constraints are guilty of are written down together.
    pattern = (1 << np.arange(len(leaves))) @ guilty if len(leaves) else np.zeros(len(rows), dtype=np.int64)
    for which in np.unique(pattern).tolist():
        mine = np.flatnonzero(pattern == which)
        own = [one for number, one in enumerate(constraints) if which >> number & 1]
        causes = [(kind_of(one), name_of(one)) for one in own]
        details = [_details(one, seconds, rows[mine], passes) for one in own]
        if not own:
            named = ", ".join(name_of(constraint) for constraint in constraints)
            causes, details = [("together", f"no second free of all of: {named}")], [[""] * len(mine)]
        found.enter(mine, causes, details)
    return found


def _details(constraint: Any, seconds: Seconds, rows: IntArray, passes: pd.DataFrame | None) -> list[str]:
    """Return how near each of some rows came to a limit, in words."""
    samples = seconds.samples
    column = getattr(constraint, "column", None)
    if passes is not None and column is not None:
        return [constraint.words(value) for value in passes[column].to_numpy()[rows].tolist()]
    nearest = getattr(constraint, "nearest", None)
    if nearest is not None and len(rows):
        name, which = nearest
        values = getattr(seconds, name)
        begins, ends = samples.offsets[rows], samples.offsets[rows + 1]
        extreme = np.minimum if which == "min" else np.maximum
        # Between the bounds of the rows asked for lie those of others: every second part is of no interest.
        bounds = np.column_stack((begins, ends)).ravel()
        found = extreme.reduceat(np.append(values, values[-1]), bounds)[::2]
        return [constraint.words(value) for value in found.tolist()]
    if not hasattr(constraint, "shortfall"):
        return [""] * len(rows)
    return [constraint.shortfall(Seconds(samples, seconds.sky, samples.of(row))) for row in rows.tolist()]
