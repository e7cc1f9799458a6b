"""Apply constraints to passes: which samples count, and why a pass is left with none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satqkd.errors import InputError
from satqkd.orbit.constraints import Seconds
from satqkd.orbit.samples import PassSamples
from satqkd.orbit.sky import Sky

if TYPE_CHECKING:
    import pandas as pd

BoolArray = NDArray[np.bool_]
Constraint = Callable[[Mapping[str, Any], Seconds], Any]


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
    verdicts = [_verdict(constraint, passes, samples, sky) for constraint in constraints]
    counted = np.ones(len(samples), dtype=bool)
    for verdict in verdicts:
        counted &= verdict
    usable, reasons = passes["usable"].to_numpy(dtype=bool).copy(), passes["reject_reason"].tolist()
    survives = _any_in_rows(samples, counted)
    alone = [_any_in_rows(samples, verdict) for verdict in verdicts]
    for i in np.flatnonzero(~survives).tolist():
        seconds = Seconds(samples, sky, samples.of(i))
        guilty = [constraint for constraint, left in zip(constraints, alone, strict=True) if not left[i]]
        text = _reason(guilty, constraints, seconds)
        reasons[i] = f"{reasons[i]}; {text}" if reasons[i] else text
    counted &= usable[samples.pass_index]
    table = passes.copy()
    table["usable"] = usable & survives
    table["reject_reason"] = np.array(reasons, dtype=object)
    return table, counted


def _verdict(constraint: Constraint, passes: pd.DataFrame, samples: PassSamples, sky: Sky) -> BoolArray:
    """Ask a constraint about every second: at once if it looks at each second by itself, else pass by pass."""
    if hasattr(constraint, "counts"):
        return _checked(constraint, constraint.counts(Seconds(samples, sky, slice(None))), len(samples))
    verdict = np.zeros(len(samples), dtype=bool)
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


def _reason(guilty: Sequence[Constraint], constraints: Sequence[Constraint], seconds: Seconds) -> str:
    """Name the constraints that take every second by themselves, with numbers, or else all of them together."""
    if not guilty:
        return "no second free of all of: " + ", ".join(_name(constraint) for constraint in constraints)
    return "; ".join(f"{_name(c)} ({c.shortfall(seconds)})" if hasattr(c, "shortfall") else _name(c) for c in guilty)


def _name(constraint: Constraint) -> str:
    return str(getattr(constraint, "reason", None) or getattr(constraint, "__name__", type(constraint).__name__))
