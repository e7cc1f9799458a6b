"""Number types with their limits, checked the same way whether a noun is built from Python or from a scenario file.

A field of a noun is annotated with one of the types below. ``pydantic`` reads the same annotations when a scenario is
loaded, so a limit is written once.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt

from satqkd.arrays import as_float, carries_unit
from satqkd.errors import InputError, SatqkdWarning, shown


@dataclass(frozen=True, slots=True)
class Magnitude:
    """How large a number of one kind can be, and is, and by which slip of the pen it comes out otherwise.

    Beyond `impossible_below` (of numbers other than 0) and `impossible_above` it is refused, beyond `unheard_below` and
    `unheard_above` a warning says that nobody has that; both name the `slip`.
    """

    slip: str
    impossible_below: float = 0.0
    impossible_above: float = math.inf
    unheard_below: float = 0.0
    unheard_above: float = math.inf


@dataclass(frozen=True, slots=True)
class Definition:
    """That a word says what the number beside it measures, so that no similar word may be offered in its place.

    `explain` is given the word and, where it is known, the number of the field `of`, and returns a hint.
    """

    of: str
    explain: Callable[[object, float | None], str]


SMALLEST_EPSILON = 1e-100
"""Squares and products of less fall out of double precision, and nobody can tell it from certainty."""

_PERCENT = Magnitude("50 % is 0.5")
_PART_OF_A_TURN = math.pi
_LARGEST = sys.float_info.max

Positive = Annotated[float, Gt(0.0)]
NonNegative = Annotated[float, Ge(0.0)]
Fraction = Annotated[float, Ge(0.0), Le(1.0), _PERCENT]
PositiveFraction = Annotated[float, Gt(0.0), Le(1.0), _PERCENT]
OpenFraction = Annotated[float, Gt(0.0), Lt(1.0), _PERCENT]
Epsilon = Annotated[float, Gt(0.0), Lt(1.0), Magnitude("1e-9 is usual", impossible_below=SMALLEST_EPSILON)]
ErrorRate = Annotated[float, Ge(0.0), Le(0.5), Magnitude("1 % is 0.01")]
Aperture = Annotated[float, Gt(0.0), Magnitude("60 cm is 0.60", unheard_below=1e-3, unheard_above=12.0)]
Waist = Annotated[float, Gt(0.0), Magnitude("60 mm is 0.06", unheard_below=1e-4, unheard_above=30.0)]
Divergence = Annotated[
    float, Gt(0.0), Magnitude("10 urad is 10e-6", impossible_above=_PART_OF_A_TURN, unheard_above=0.02)
]
FieldOfView = Annotated[
    float, Gt(0.0), Magnitude("100 urad is 1e-4", impossible_above=_PART_OF_A_TURN, unheard_above=0.02)
]
PointingAngle = Annotated[
    float, Ge(0.0), Magnitude("1 urad is 1e-6", impossible_above=_PART_OF_A_TURN, unheard_above=0.02)
]
TurnAngle = Annotated[float, Ge(0.0), Magnitude("5 deg is 0.087", impossible_above=2.0 * math.pi)]
FilterWidth = Annotated[float, Gt(0.0), Magnitude("1 nm is 1e-9", impossible_above=1e-4, unheard_below=1e-14)]
DeadTime = Annotated[float, Ge(0.0), Magnitude("50 ns is 50e-9", impossible_above=1.0, unheard_above=1e-3)]
TimingJitter = Annotated[float, Ge(0.0), Magnitude("150 ps is 150e-12", impossible_above=1.0, unheard_above=1e-6)]
TimeWindow = Annotated[float, Gt(0.0), Magnitude("2 ns is 2e-9", impossible_above=1.0, unheard_above=1e-5)]
DarkCounts = Annotated[
    float,
    Ge(0.0),
    Magnitude("a probability per gate over the length of the gate is a rate", impossible_below=1e-3, unheard_above=1e7),
]
PulseRate = Annotated[float, Gt(0.0), Magnitude("100 MHz is 1e8", unheard_below=1e3, impossible_above=1e15)]
VisibilityRange = Annotated[float, Gt(0.0), Magnitude("23 km is 23000", unheard_below=50.0, unheard_above=5e5)]
ScaleHeight = Annotated[float, Gt(0.0), Magnitude("1.2 km is 1200", unheard_below=100.0, unheard_above=5e4)]
Extinction = Annotated[float, Ge(0.0), Magnitude("a loss in dB at the zenith, not in dB/km", unheard_above=30.0)]
LongRange = Annotated[float, Gt(0.0), Magnitude("1200 km is 1.2e6", unheard_below=1e5, unheard_above=1e10)]
Latitude = Annotated[float, Ge(-90.0), Le(90.0)]
Longitude = Annotated[float, Ge(-180.0), Le(360.0)]
Altitude = Annotated[float, Ge(-500.0), Le(9000.0)]


_KNOWN: dict[type, dict[str, tuple[Any, ...]]] = {}


def _limits(noun: type) -> dict[str, tuple[Any, ...]]:
    if noun not in _KNOWN:
        hints = get_type_hints(noun, include_extras=True)
        bounds = {field.name: _bounds(hints[field.name]) for field in fields(noun)}
        _KNOWN[noun] = {name: found for name, found in bounds.items() if found}
    return _KNOWN[noun]


def _bounds(hint: Any) -> tuple[Any, ...]:
    """Return the limits an annotation carries, also where the value may be None instead."""
    if get_origin(hint) is Annotated:
        return tuple(one for one in get_args(hint)[1:] if isinstance(one, Gt | Ge | Lt | Le | Magnitude))
    if get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint):
        return tuple(one for option in get_args(hint) for one in _bounds(option))
    return ()


def _violation(value: float, limit: Any) -> str | None:
    if isinstance(limit, Gt) and not value > limit.gt:  # type: ignore[operator]
        return f"greater than {limit.gt:g}"
    if isinstance(limit, Ge) and not value >= limit.ge:  # type: ignore[operator]
        return f"at least {limit.ge:g}"
    if isinstance(limit, Lt) and not value < limit.lt:  # type: ignore[operator]
        return f"less than {limit.lt:g}"
    if isinstance(limit, Le) and not value <= limit.le:  # type: ignore[operator]
        return f"at most {limit.le:g}"
    return None


def slip_of(limits: tuple[Any, ...]) -> str:
    """Return the hint that names the likely slip of the pen, if a kind of number has one."""
    return next((f"A slip of units? {limit.slip}." for limit in limits if isinstance(limit, Magnitude)), "")


def _check_magnitude(where: str, value: float, limit: Magnitude, slip: str) -> None:
    if value != 0.0 and not limit.impossible_below <= abs(value) <= limit.impossible_above:
        bound = (
            f"at most {limit.impossible_above:.4g}"
            if abs(value) > limit.impossible_above
            else f"0, or at least {limit.impossible_below:g}"
        )
        raise InputError(f"{where} = {value!r} cannot be: it must be {bound}.", slip)
    if value != 0.0 and not limit.unheard_below <= abs(value) <= limit.unheard_above:
        text = f"{where} = {value:g} is what nobody has. {slip}"
        warnings.warn(text, SatqkdWarning, stacklevel=5)


def check_limits(noun: Any) -> None:
    """Raise `InputError` where a field of a dataclass is not a finite number within its annotated limits.

    A Quantity is put in its place as a plain number in the unit of the field's name.

    Call it from ``__post_init__``. Fields without annotated limits are not looked at.
    """
    for name, limits in _limits(type(noun)).items():
        value = getattr(noun, name)
        if value is None:
            continue
        where = f"{type(noun).__name__}.{name}"
        if carries_unit(value):
            value = as_float(where, value)
            object.__setattr__(noun, name, value)  # a frozen noun holds plain numbers
        if isinstance(value, bool) or not isinstance(value, int | float) or not -_LARGEST <= value <= _LARGEST:
            raise InputError(f"{where} = {shown(value)} is not a finite number.")
        slip = slip_of(limits)
        wrong = [text for limit in limits if (text := _violation(value, limit))]
        if wrong:
            raise InputError(f"{where} = {value!r} is out of range: it must be {' and '.join(wrong)}.", slip)
        for limit in limits:
            if isinstance(limit, Magnitude):
                _check_magnitude(where, value, limit, slip)
