"""Which seconds of a pass count: constraints, built in or the user's own, and what becomes of a pass without any.

A constraint is a callable on (pass row, seconds of that pass) that returns True for each second that counts, with a
`reason`: what is said of a pass that loses all its seconds to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from satqkd.errors import InputError
from satqkd.limits import Positive, check_limits
from satqkd.orbit.samples import PassSamples
from satqkd.orbit.sky import Sky

if TYPE_CHECKING:
    import pandas as pd

BoolArray = NDArray[np.bool_]
Constraint = Callable[[Mapping[str, Any], "Seconds"], BoolArray]


@dataclass(frozen=True, slots=True)
class Seconds:
    """Samples of one pass or of many with the sky above them; every quantity of either is an attribute.

    >>> # seconds.range_m, seconds.elevation_deg, seconds.sun_elevation_deg, seconds.satellite_sunlit, ...
    """

    samples: PassSamples
    sky: Sky
    part: slice

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in ("offsets", "of"):
            raise AttributeError(name)
        source = self.samples if hasattr(self.samples, name) else self.sky
        return getattr(source, name)[self.part]

    def __len__(self) -> int:
        return len(self.t_s)


@runtime_checkable
class _Elementwise(Protocol):
    """A constraint that looks at each second by itself, so that all passes can be asked at once."""

    def counts(self, seconds: Seconds) -> BoolArray: ...

    def shortfall(self, seconds: Seconds) -> str: ...


class _Builtin:
    """What the built-in constraints share: they do not look at the pass row."""

    __slots__ = ()

    def __call__(self, pass_row: Mapping[str, Any], seconds: Seconds) -> BoolArray:
        return self.counts(seconds)

    def counts(self, seconds: Seconds) -> BoolArray:
        raise TypeError(f"{type(self).__name__} does not say which seconds count.")


@dataclass(frozen=True, slots=True)
class MaxRange(_Builtin):
    """Count the seconds within a range [m]."""

    max_range_m: Positive

    def __post_init__(self) -> None:
        check_limits(self)

    @property
    def reason(self) -> str:
        """What is said of a pass without such a second."""
        return f"range above {self.max_range_m / 1e3:g} km"

    def counts(self, seconds: Seconds) -> BoolArray:
        """Return which seconds count."""
        return np.asarray(seconds.range_m <= self.max_range_m)

    def shortfall(self, seconds: Seconds) -> str:
        """Return how near the pass came."""
        return f"shortest {seconds.range_m.min() / 1e3:.1f} km"


@dataclass(frozen=True, slots=True)
class SunBelow(_Builtin):
    """Count the seconds with the Sun at or below an elevation [deg] at the station."""

    max_sun_elevation_deg: float = -12.0

    @property
    def reason(self) -> str:
        """What is said of a pass without such a second."""
        return f"Sun above {self.max_sun_elevation_deg:g} deg"

    def counts(self, seconds: Seconds) -> BoolArray:
        """Return which seconds count."""
        return np.asarray(seconds.sun_elevation_deg <= self.max_sun_elevation_deg)

    def shortfall(self, seconds: Seconds) -> str:
        """Return how near the pass came."""
        return f"lowest {seconds.sun_elevation_deg.min():.1f} deg"


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
    """
    everything = Seconds(samples, sky, slice(None))
    rows: list[dict[str, Any]] | None = None
    verdicts = []
    for constraint in constraints:
        if isinstance(constraint, _Elementwise):
            verdicts.append(constraint.counts(everything))
            continue
        if rows is None:
            rows = [dict(zip(passes.columns, row, strict=True)) for row in passes.itertuples(index=False, name=None)]
        parts = [
            _checked(constraint, constraint(row, Seconds(samples, sky, samples.of(i))), samples.of(i))
            for i, row in enumerate(rows)
        ]
        verdicts.append(np.concatenate(parts) if parts else np.zeros(0, dtype=bool))
    counted = np.ones(len(samples), dtype=bool)
    for verdict in verdicts:
        counted &= verdict
    usable, reasons = passes["usable"].to_numpy(dtype=bool).copy(), passes["reject_reason"].tolist()
    survives = _any_in_rows(samples, counted)
    alone = [_any_in_rows(samples, verdict) for verdict in verdicts]
    for i in np.flatnonzero(~survives).tolist():
        text = _reason(constraints, [bool(any_left[i]) for any_left in alone], Seconds(samples, sky, samples.of(i)))
        reasons[i] = f"{reasons[i]}; {text}" if reasons[i] else text
    counted &= usable[samples.pass_index]
    table = passes.copy()
    table["usable"] = usable & survives
    table["reject_reason"] = np.array(reasons, dtype=object)
    return table, counted


def _any_in_rows(samples: PassSamples, verdict: BoolArray) -> BoolArray:
    return np.bincount(samples.pass_index, weights=verdict, minlength=len(samples.offsets) - 1) > 0


def _reason(constraints: Sequence[Constraint], alone: list[bool], seconds: Seconds) -> str:
    """Name the constraints that take every second by themselves, or else all of them together."""
    guilty = [constraint for constraint, left in zip(constraints, alone, strict=True) if not left]
    if guilty:
        return "; ".join(
            f"{_name(c)} ({c.shortfall(seconds)})" if isinstance(c, _Elementwise) else _name(c) for c in guilty
        )
    return "no second free of all of: " + ", ".join(_name(c) for c in constraints)


def _name(constraint: Constraint) -> str:
    return str(getattr(constraint, "reason", None) or getattr(constraint, "__name__", type(constraint).__name__))


def _checked(constraint: Constraint, verdict: Any, part: slice) -> BoolArray:
    array = np.asarray(verdict)
    if array.shape != (part.stop - part.start,) or array.dtype != np.bool_:
        raise InputError(
            f"The constraint {_name(constraint)!r} returned {array.dtype} of shape {array.shape} for "
            f"{part.stop - part.start} seconds.",
            "Return one True or False for each second.",
        )
    return array
