"""What the annotations of a scenario's nouns say: which table stands at a key, which models it may choose from."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from satqkd.fields import field_types
from satqkd.scenario.building import fits


def options(expected: Any) -> list[Any]:
    """Return the types that an annotation allows, unions taken apart."""
    if get_origin(expected) is Annotated:
        return options(get_args(expected)[0])
    if get_origin(expected) in (Union, UnionType):
        return [inner for option in get_args(expected) for inner in options(option)]
    return [expected]


def nouns(expected: Any) -> list[type]:
    """Return the nouns that an annotation allows."""
    return [option for option in options(expected) if isinstance(option, type) and dataclasses.is_dataclass(option)]


def noun(expected: Any) -> type | None:
    """Return the first noun that an annotation allows, if there is one."""
    return next(iter(nouns(expected)), None)


def tags(expected: Any) -> list[str]:
    """Return the names of the models that a key of this type may choose from."""
    chosen = [field_types(one).get("model", field_types(one).get("name")) for one in nouns(expected)]
    return sorted({str(tag) for hint in chosen for tag in get_args(hint)})


def member(expected: Any, tag: str) -> Any:
    """Return the noun of a union that goes by a tag or class name, or the annotation itself."""
    for option in nouns(expected):
        for key in ("model", "name"):
            hint = field_types(option).get(key)
            if get_origin(hint) is Literal and tag in get_args(hint):
                return option
        if option.__name__ == tag:
            return option
    return expected


def item(expected: Any) -> Any:
    """Return the type of a list's entries."""
    for option in options(expected):
        arguments = get_args(option)
        if get_origin(option) in (tuple, list) and arguments:
            return arguments[0]
    return Any


def choices_at(root: type, path: list[str]) -> Any:
    """Return the annotation of the table at a dotted path below a noun; stations go by their names."""
    expected: Any = root
    for depth, part in enumerate(path):
        if depth == 1 and path[0] == "stations":
            expected = item(expected)
            continue
        table = noun(expected)
        expected = field_types(table).get(part, Any) if table else Any
    return expected


def shared(old: Mapping[str, Any], model: type) -> dict[str, Any]:
    """Return what of a table another model knows as well: fields of the same name whose values fit it."""
    fields = field_types(model)
    return {
        key: value
        for key, value in old.items()
        if key in fields and key not in ("model", "name") and fits(fields[key], value)
    }


def default_of(model: type, key: str) -> Any:
    """Return the default of a noun's field, None where it has none."""
    for one in dataclasses.fields(model):
        if one.name == key:
            if one.default is not dataclasses.MISSING:
                return list(one.default) if isinstance(one.default, tuple) else one.default
            return one.default_factory() if one.default_factory is not dataclasses.MISSING else None
    return None
