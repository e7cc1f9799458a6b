"""Apply constraints to passes: which samples count, and why a pass is left with none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.arrays import BoolArray, takes_quantities
from satqkd.errors import InputError, shown
from satqkd.orbit.constraints import Seconds
from satqkd.orbit.elements.sets import Elements
from satqkd.orbit.rejection import Rejected, Rejection, kind_of, reject_reason
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
    return rejected(passes, rejections), counted


def rejected(passes: pd.DataFrame, rejections: Sequence[Rejected]) -> pd.DataFrame:
    """Return a copy of the table in which `usable` and `reject_reason` follow from the rejections."""
    table = passes.copy()
    table["usable"] = np.array([not causes for causes in rejections], dtype=bool)
    table["reject_reason"] = np.array([reject_reason(causes) for causes in rejections], dtype=object)
    return table


def _rejected_before(passes: pd.DataFrame) -> list[Rejected]:
    usable, reasons = passes["usable"].to_numpy(dtype=bool), passes["reject_reason"].tolist()
    return [() if one else (Rejection("before", str(text)),) for one, text in zip(usable, reasons, strict=True)]


def reject_by_samples(
    passes: pd.DataFrame, samples: PassSamples, sky: Sky, constraints: Sequence[Constraint]
) -> tuple[list[Rejected], BoolArray]:
    """Return the causes for which each pass is rejected, and which samples count; see `apply_constraints`."""
    verdicts = [_verdict(constraint, passes, samples, sky) for constraint in constraints]
    counted = np.ones(len(samples), dtype=bool)
    for verdict in verdicts:
        counted &= verdict
    rejections, usable = _rejected_before(passes), passes["usable"].to_numpy(dtype=bool)
    survives = _any_in_rows(samples, counted)
    alone = [_any_in_rows(samples, verdict) for verdict in verdicts]
    for i in np.flatnonzero(~survives).tolist():
        seconds = Seconds(samples, sky, samples.of(i))
        guilty = [constraint for constraint, left in zip(constraints, alone, strict=True) if not left[i]]
        rejections[i] += _causes(guilty, constraints, seconds)
    counted &= usable[samples.pass_index]
    return rejections, counted


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
    return rejected(passes, reject_passes(passes, elements, stations, constraints, step_s=step_s))


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
    verdicts = [_verdict(constraint, passes, samples, sky) for constraint in constraints]
    at_tca = np.ones(len(passes), dtype=bool)
    for verdict in verdicts:
        at_tca &= verdict[1::3]
    rejections = _rejected_before(passes)
    # Of the rest, those are decided in which every constraint is seen to let a second through, or known never to.
    ever = [_any_in_rows(samples, verdict) for verdict in verdicts]
    everything = Seconds(samples, sky, slice(None))
    never = [_never(constraint, passes, everything) & ~seen for constraint, seen in zip(constraints, ever, strict=True)]
    nothing = np.zeros(len(passes), dtype=bool)
    hopeless = np.logical_or.reduce(never or [nothing])
    decided = np.logical_and.reduce([seen | not_one for seen, not_one in zip(ever, never, strict=True)] or [~nothing])
    for i in np.flatnonzero(~at_tca & hopeless & decided).tolist():
        guilty = [constraint for constraint, not_one in zip(constraints, never, strict=True) if not_one[i]]
        rejections[i] += _causes(guilty, constraints, Seconds(samples, sky, samples.of(i)))
    open_rows = np.flatnonzero(~at_tca & ~(hopeless & decided))
    for rows in (open_rows[k : k + _PASSES_AT_ONCE] for k in range(0, len(open_rows), _PASSES_AT_ONCE)):
        part = passes.iloc[rows]
        fine = sample_passes(part, elements, stations, step_s=step_s)
        judged, _ = reject_by_samples(part, fine, sample_sky(fine, part, stations), constraints)
        for row, causes in zip(rows.tolist(), judged, strict=True):
            rejections[row] = causes
    return rejections


def _never(constraint: Constraint, passes: pd.DataFrame, edges: Seconds) -> BoolArray:
    """Return the passes in which a constraint certainly lets no second through, as far as it can tell."""
    if hasattr(constraint, "never"):
        return np.asarray(constraint.never(passes, edges))
    return np.zeros(len(passes), dtype=bool)


def _verdict(constraint: Constraint, passes: pd.DataFrame, samples: PassSamples, sky: Sky) -> BoolArray:
    """Ask a constraint about every second: at once if it looks at each second by itself, else pass by pass."""
    if hasattr(constraint, "counts"):
        return _checked(constraint, constraint.counts(Seconds(samples, sky, slice(None))), len(samples))
    verdict = np.zeros(len(samples), dtype=bool)
    if not callable(constraint):
        raise InputError(f"{shown(constraint)} is no constraint.", "Give a callable on (pass_row, seconds).")
    for i, row in enumerate(passes.itertuples(index=False, name=None)):
        part = samples.of(i)
        answer = constraint(dict(zip(passes.columns, row, strict=True)), Seconds(samples, sky, part))
        verdict[part] = _checked(constraint, answer, part.stop - part.start)
    return verdict


def _checked(constraint: Constraint, answer: Any, count: int) -> BoolArray:
    array = np.asarray(answer)
    if array.shape != (count,) or array.dtype != np.bool_:
        raise InputError(
            f"The constraint {_name(constraint)!r} returned {array.dtype} of shape {array.shape} for {count} seconds.",
            "Return one True or False for each second.",
        )
    return array


def _any_in_rows(samples: PassSamples, verdict: BoolArray) -> BoolArray:
    return np.asarray(np.bincount(samples.pass_index, weights=verdict, minlength=len(samples.offsets) - 1) > 0)


def _causes(guilty: Sequence[Constraint], constraints: Sequence[Constraint], seconds: Seconds) -> Rejected:
    """Return the constraints that take every second by themselves, with numbers, or else all of them together."""
    if not guilty:
        named = ", ".join(_name(constraint) for constraint in constraints)
        return (Rejection("together", f"no second free of all of: {named}"),)
    return tuple(
        Rejection(kind_of(one), _name(one), one.shortfall(seconds) if hasattr(one, "shortfall") else "")
        for one in guilty
    )


def _name(constraint: Constraint) -> str:
    return str(getattr(constraint, "reason", None) or getattr(constraint, "__name__", type(constraint).__name__))
