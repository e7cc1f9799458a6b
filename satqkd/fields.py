"""Nouns, and what their fields may hold: checked alike whether built from Python or from a scenario file.

A field of a noun is annotated with one of the types below, or with a Literal of the words that it may be. A scenario is
built by the same annotations, and ``pydantic`` reads them where one is refused, so that a limit, a word and a model's
tag are written once.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, make_dataclass
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, dataclass_transform, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt

from satqkd.arrays import as_float, carries_unit
from satqkd.errors import InputError, did_you_mean, shown, warn


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


@dataclass(frozen=True, slots=True)
class Chosen:
    """That of several nouns the one is meant whose tag, the Literal of its field `by`, stands in a table.

    ``Annotated[A | B, Chosen()]`` is how a choice of model is declared; the tag may be left out where there is a
    `default`. ``pydantic`` calls the first method below when it is asked about a scenario.
    """

    by: str = "model"
    default: str | None = None

    def __get_pydantic_core_schema__(self, union: Any, handler: Any) -> dict[str, Any]:
        members = [(one, handler.generate_schema(one)) for one in get_args(union)]
        return {
            "type": "tagged-union",
            "choices": {word: schema for one, schema in members for word in words_of(one, self.by)},
            "discriminator": self.tag_of,
        }

    def tag_of(self, table: Any) -> Any:
        """Return the tag of a table or a noun, None where it has none."""
        return table.get(self.by, self.default) if isinstance(table, dict) else getattr(table, self.by, None)


def words_of(noun: type, name: str) -> tuple[Any, ...]:
    """Return the words that the Literal of a noun's field allows."""
    hint = field_types(noun)[name]
    return get_args(get_args(hint)[0] if get_origin(hint) is Annotated else hint)


@cache
def field_types(noun: type) -> Mapping[str, Any]:
    """Return the annotated types of a noun's fields, evaluated once."""
    return MappingProxyType(get_type_hints(noun, include_extras=True))


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

_Noun = TypeVar("_Noun")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def noun(cls: type[_Noun] | None = None, /, *, kw_only: bool = True) -> Any:
    """Make a class a noun: frozen, slotted, by keywords, unknown keys refused, every field checked by its annotation.

    Numbers are checked against their limits; whole numbers, truth values, texts and words of a Literal for being such.
    A Quantity becomes a plain number in the unit of the field's name. What else may stand in a field (other nouns,
    models of one's own, tuples) is not looked at. A class' own ``__post_init__`` runs after that.

    Parameters
    ----------
    kw_only : bool, optional
        False where the fields are few and their order is plain, as a station's.

    Raises
    ------
    InputError
        From the class, where a field holds what it may not.

    Examples
    --------
    >>> @noun
    ... class Box:
    ...     length_m: Positive
    ...     lid: Literal["open", "shut"] = "shut"
    >>> Box(length_m=2.0, lid="ajar")
    Traceback (most recent call last):
        ...
    satqkd.errors.InputError: Box.lid = 'ajar' is not known.
    Allowed: open, shut.
    """

    def made(cls: type[_Noun]) -> type[_Noun]:
        own = getattr(cls, "__post_init__", None)
        if not hasattr(own, "checks_fields"):

            def checked(self: Any) -> None:
                check_fields(self)
                if own is not None:
                    own(self)

            checked.checks_fields = True  # type: ignore[attr-defined]
            cls.__post_init__ = checked  # type: ignore[attr-defined]
        cls.__pydantic_config__ = {"extra": "forbid"}  # type: ignore[attr-defined]
        return dataclass(frozen=True, slots=True, kw_only=kw_only)(cls)

    return made if cls is None else made(cls)


def partial(whole: type) -> type:
    """Return a noun with the fields of another, each of which may be left out: what rules over the other's in part."""
    hints = field_types(whole)
    optional = [(one.name, Union[hints[one.name], None], field(default=None)) for one in fields(whole)]  # noqa: UP007
    made = make_dataclass(
        f"{whole.__name__}Part",
        optional,
        namespace={"__post_init__": check_fields, "__doc__": f"Some values of `{whole.__name__}`."},
        frozen=True,
        slots=True,
        kw_only=True,
    )
    made.__module__ = whole.__module__
    made.__pydantic_config__ = {"extra": "forbid"}  # type: ignore[attr-defined]
    return made


def one_of(name: str, value: object, allowed: tuple[Any, ...]) -> None:
    """Raise `InputError` where a word, or a number, is not one of those allowed."""
    if not any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in allowed):
        raise InputError(f"{name} = {shown(value)} is not known.", did_you_mean(value, map(str, allowed)))


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the kinds of value that a field may hold: a type, its limits, or the words of a Literal."""

    type: type
    limits: tuple[Any, ...] = ()
    words: tuple[Any, ...] = ()
    definition: Definition | None = None

    def check(self, where: str, value: object, of: Any) -> None:
        if self.definition and value not in self.words:
            hint = self.definition.explain(value, getattr(of, self.definition.of, None))
            raise InputError(f"{where} = {shown(value)} is not known.", hint)
        if self.words:
            one_of(where, value, self.words)
        elif self.type is float:
            self._check_number(where, value)
        elif self.type is int:
            if isinstance(value, bool) or not isinstance(value, int):
                raise InputError(f"{where} = {shown(value)} is no whole number.")
            self._check_number(where, value)
        elif not isinstance(value, self.type):
            what = "neither true nor false" if self.type is bool else "no text"
            raise InputError(f"{where} = {shown(value)} is {what}.")

    def _check_number(self, where: str, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not -_LARGEST <= value <= _LARGEST:
            raise InputError(f"{where} = {shown(value)} is not a finite number.")
        slip = slip_of(self.limits)
        wrong = [text for limit in self.limits if (text := _violation(value, limit))]
        if wrong:
            raise InputError(f"{where} = {shown(value)} is out of range: it must be {' and '.join(wrong)}.", slip)
        for limit in self.limits:
            if isinstance(limit, Magnitude):
                _check_magnitude(where, value, limit, slip)


_KNOWN: dict[type, dict[str, tuple[_Kind, ...]]] = {}


def check_fields(noun: Any) -> None:
    """Raise `InputError` where a field of a noun holds what its annotation does not allow; see `noun`."""
    for name, kinds in _kinds_of_fields(type(noun)).items():
        value = getattr(noun, name)
        where = f"{type(noun).__name__}.{name}"
        if carries_unit(value) and any(kind.type is float for kind in kinds):
            value = as_float(where, value)
            object.__setattr__(noun, name, value)  # a frozen noun holds plain numbers
        if value is None and any(kind.type is NoneType for kind in kinds):
            continue
        asked = [kind for kind in kinds if kind.type is not NoneType]
        # Of several kinds, that of the value's own type says best what is wrong with it.
        best = next((kind for kind in asked if not kind.words and type(value) is kind.type), asked[0])
        best.check(where, value, noun)


def _kinds_of_fields(noun: type) -> dict[str, tuple[_Kind, ...]]:
    if noun not in _KNOWN:
        hints = field_types(noun)
        found = {one.name: _kinds(hints[one.name]) for one in fields(noun)}
        _KNOWN[noun] = {name: kinds for name, kinds in found.items() if kinds and None not in kinds}  # type: ignore[misc]
    return _KNOWN[noun]


def _kinds(hint: Any, limits: tuple[Any, ...] = ()) -> tuple[_Kind | None, ...]:
    """Return the kinds of value an annotation allows, with None for one that is not looked at."""
    origin = get_origin(hint)
    if origin is Annotated:
        known = tuple(one for one in get_args(hint)[1:] if isinstance(one, Gt | Ge | Lt | Le | Magnitude | Definition))
        return _kinds(get_args(hint)[0], known)
    if origin in (Union, UnionType):
        return tuple(kind for option in get_args(hint) for kind in _kinds(option))
    if origin is Literal:
        definition = next((one for one in limits if isinstance(one, Definition)), None)
        return (_Kind(type(get_args(hint)[0]), words=get_args(hint), definition=definition),)
    return (_Kind(hint, limits),) if hint in (float, int, bool, str, NoneType) else (None,)


def _violation(value: Any, limit: Any) -> str | None:
    if isinstance(limit, Gt) and not value > limit.gt:
        return f"greater than {limit.gt:g}"
    if isinstance(limit, Ge) and not value >= limit.ge:
        return f"at least {limit.ge:g}"
    if isinstance(limit, Lt) and not value < limit.lt:
        return f"less than {limit.lt:g}"
    if isinstance(limit, Le) and not value <= limit.le:
        return f"at most {limit.le:g}"
    return None


def is_within(value: Any, limits: Iterable[Any]) -> bool:
    """Whether a value keeps all of some limits; what is no limit is passed over."""
    return all(_violation(value, limit) is None for limit in limits)


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
        warn(f"{where} = {value:g} is what nobody has. {slip}")
