"""Nouns from plain values by their annotations, or a refusal without words.

What is built here is what pydantic would build in its strict JSON mode, without the tenth of a second that pydantic
takes to be imported and another that it takes to compile all models a scenario might choose from: only the annotations
of the tables that are there are looked at. Where anything does not fit, pydantic is asked, and says what is wrong; see
`satqkd.scenario.validation`.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from satqkd.errors import InputError
from satqkd.fields import Chosen, field_types, is_within, words_of

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
"""What `satqkd.times.to_iso` writes: every time of a scenario's plain values."""
_EXACT = 2**53
"""Whole numbers up to here are floats without rounding."""


class Unfit(Exception):  # noqa: N818 - no error to be told: pydantic will find it again, and the words for it
    """The values do not fit the annotation, or it cannot be told here whether they do."""


def built(expected: Any, value: Any) -> Any:
    """Return what an annotation makes of a plain value.

    Parameters
    ----------
    expected : type or annotation
        A noun, a union of nouns told apart by a tag, a number within limits, a Literal, or tuples and dicts of them.
    value
        Of what JSON holds: dict, list, str, float, int, bool or None.

    Raises
    ------
    Unfit
        If the value does not fit, or nobody here knows the annotation.
    InputError
        By a noun that refuses a value which its annotation allows.
    """
    origin = get_origin(expected)
    if origin is Annotated:
        return _within_limits(expected, value)
    if origin in (Union, UnionType):
        return _one_fitting(get_args(expected), value)
    if origin is Literal:
        return _word(get_args(expected), value)
    if origin is tuple:
        return _sequence(get_args(expected), value)
    if origin is dict and isinstance(value, dict):
        of_key, of_value = get_args(expected)
        return {built(of_key, key): built(of_value, inner) for key, inner in value.items()}
    if dataclasses.is_dataclass(expected) and isinstance(expected, type):
        return _noun(expected, value)
    return _scalar(expected, value)


def fits(expected: Any, value: Any) -> bool:
    """Whether a plain value is one that a field of this type takes."""
    try:
        built(expected, value)
    except (Unfit, InputError):  # by its annotation, or by what the noun says of it
        return False
    return True


def _noun(noun: type, table: Any) -> Any:
    known = field_types(noun)
    # In the order of the fields, as pydantic goes, so that warnings come in the same order.
    names = [one.name for one in dataclasses.fields(noun)]
    if not isinstance(table, dict) or not table.keys() <= set(names):
        raise Unfit
    given = {name: built(known[name], table[name]) for name in names if name in table}
    required = {one.name for one in dataclasses.fields(noun) if _is_required(one)}
    if required - given.keys():
        raise Unfit
    return noun(**given)


def _is_required(one: dataclasses.Field[Any]) -> bool:
    return one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING


def _within_limits(expected: Any, value: Any) -> Any:
    inner, *extras = get_args(expected)
    chosen = next((one for one in extras if isinstance(one, Chosen)), None)
    if chosen is None:
        found = built(inner, value)
        if not is_within(found, extras):
            raise Unfit
        return found
    tag = chosen.tag_of(value)
    for noun in get_args(inner):
        if isinstance(value, dict) and isinstance(tag, str) and tag in words_of(noun, chosen.by):
            return built(noun, value)
    raise Unfit


def _one_fitting(options: tuple[Any, ...], value: Any) -> Any:
    found = []
    for option in options:
        try:
            found.append(built(option, value))
        except Unfit:
            continue
    if len(found) != 1:
        raise Unfit
    return found[0]


def _word(words: tuple[Any, ...], value: Any) -> Any:
    if not any(type(value) is type(word) and value == word for word in words):
        raise Unfit
    return value


def _sequence(kinds: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise Unfit
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        raise Unfit
    return tuple(built(kind, inner) for kind, inner in zip(kinds, value, strict=True))


def _scalar(expected: Any, value: Any) -> Any:
    given = type(value)
    if expected is float and (given is float or (given is int and -_EXACT <= value <= _EXACT)):
        return float(value)
    if expected is dt.datetime and given is str and _ISO.fullmatch(value):
        return dt.datetime.fromisoformat(value)
    if expected is str and given is str and _is_unicode(value):
        return value
    if given is expected and given in (int, bool, NoneType):
        return value
    raise Unfit


def _is_unicode(text: str) -> bool:
    """Whether a text has no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
