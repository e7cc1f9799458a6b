"""Number types with their limits, checked the same way whether a noun is built from Python or from a scenario file.

A field of a noun is annotated with one of the types below. ``pydantic`` reads the same annotations when a scenario is
loaded, so a limit is written once.
"""

from __future__ import annotations

import math
from dataclasses import fields
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt

from satqkd.arrays import as_float, carries_unit
from satqkd.errors import InputError

Positive = Annotated[float, Gt(0.0)]
NonNegative = Annotated[float, Ge(0.0)]
Fraction = Annotated[float, Ge(0.0), Le(1.0)]
PositiveFraction = Annotated[float, Gt(0.0), Le(1.0)]
OpenFraction = Annotated[float, Gt(0.0), Lt(1.0)]
ErrorRate = Annotated[float, Ge(0.0), Le(0.5)]
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
        return tuple(one for one in get_args(hint)[1:] if isinstance(one, Gt | Ge | Lt | Le))
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
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(f"{where} = {value!r} is not a finite number.")
        wrong = [text for limit in limits if (text := _violation(value, limit))]
        if wrong:
            raise InputError(f"{where} = {value!r} is out of range: it must be {' and '.join(wrong)}.")
