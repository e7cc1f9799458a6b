"""Turns what pydantic says of a bad scenario into one message a user can act on: key, value, what is allowed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, get_args, get_origin

from pydantic import ValidationError

from satqkd.errors import InputError, SatqkdError, did_you_mean, shown
from satqkd.fields import Definition, field_types, slip_of
from satqkd.scenario import schema

_BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}

_KINDS = {
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "string": "text",
    "tuple": "a list",
    "list": "a list",
    "dict": "a table",
    "datetime": "a date or date-time",
}


def explain(error: ValidationError, values: Mapping[str, Any], noun: type, where: str) -> InputError:
    """Return the `InputError` that says what is wrong, with every fault on a line of its own."""
    lines: list[str] = []
    hints: list[str] = []
    faults = error.errors(include_url=False)
    # Where a name or a table may stand, a bad table is also no name: that is not what is wrong with it.
    telling = [one for one in faults if not (one["type"] == "string_type" and isinstance(one["input"], Mapping))]
    for fault in telling or faults:
        message, hint = _one(dict(fault), values, noun)
        if message not in lines:
            lines.append(message)
        if hint and hint not in hints:
            hints.append(hint)
    return InputError(f"In {where}: " + "\n".join(lines), " ".join(hints))


def _one(fault: dict[str, Any], values: Mapping[str, Any], noun: type) -> tuple[str, str]:  # noqa: C901 - one branch a kind of fault
    kind, given, context = fault["type"], fault.get("input"), fault.get("ctx", {})
    path, table, expected = _locate(fault["loc"], values, noun, kind)
    dotted = ".".join(path)
    name, parent = (path[-1] if path else ""), ".".join(path[:-1])
    place = f"[{parent}]" if parent else "the top level"
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        allowed = [field.name for field in dataclasses.fields(table)] if table else []
        return f"unknown key {shown(name)} in {place}.", did_you_mean(name, allowed) if allowed else ""
    if kind == "missing" and isinstance(fault["loc"][-1], int):
        return f"{'.'.join(path[:-1])} = {shown(given)} has too few values.", ""
    if kind in ("missing", "missing_argument"):
        return f"{place} lacks the key {shown(name)}.", ""
    if kind == "union_tag_not_found":
        key = _chooser(dotted)
        return f"[{dotted}] lacks the key {key!r}, which chooses one of: {', '.join(schema.tags(expected))}.", ""
    if kind == "union_tag_invalid":
        wrong = context["tag"]
        return f"{dotted}.{_chooser(dotted)} = {wrong!r} does not exist.", did_you_mean(wrong, schema.tags(expected))
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        hint = slip_of(get_args(expected)[1:]) if get_origin(expected) is Annotated else ""
        return f"{dotted} = {shown(given)} is out of range: it must be {words} {context[bound]:g}.", hint
    if kind == "literal_error":
        allowed = [choice.strip(" '") for choice in context["expected"].replace(" or ", ", ").split(",")]
        definitions = [one for one in get_args(expected)[1:] if isinstance(one, Definition)]
        if definitions:
            beside = _table_at(path[:-1], values).get(definitions[0].of)
            number = float(beside) if isinstance(beside, int | float) else None
            return f"{dotted} = {shown(given)} is not known.", definitions[0].explain(given, number)
        return f"{dotted} = {shown(given)} is not allowed.", did_you_mean(str(given), allowed)
    if kind == "value_error":
        cause = context.get("error")
        if isinstance(cause, SatqkdError):
            return (f"[{dotted}] " if dotted else "") + cause.message, cause.hint
        return f"{dotted}: {cause}", ""
    if kind == "too_long":
        return f"{dotted} = {shown(given)} has {context['actual_length']} values, not {context['max_length']}.", ""
    if kind == "dataclass_type":
        return f"{dotted} = {shown(given)} must be a table.", ""
    wanted = next((words for start, words in _KINDS.items() if kind.startswith(start)), None)
    return f"{dotted} = {shown(given)} " + (f"must be {wanted}." if wanted else f"is not allowed ({fault['msg']})."), ""


def _locate(
    location: tuple[int | str, ...], values: Mapping[str, Any], noun: type, kind: str
) -> tuple[list[str], type | None, Any]:
    """Return the dotted path a user would write for pydantic's location, the noun whose table the key is in, its type.

    pydantic puts the name of the chosen union member into its location; that is no key of the file and is left out.
    """
    path: list[str] = []
    here: Any = values
    expected: Any = noun
    table: type | None = None
    for depth, part in enumerate(location):
        last = depth == len(location) - 1
        if isinstance(part, int) and isinstance(here, list):
            here = here[part] if part < len(here) else None
            expected = schema.item(expected)
            name = here if isinstance(here, str) else here.get("name") if isinstance(here, Mapping) else None
            path.append(str(name) if name else str(part))
            continue
        is_key = isinstance(here, Mapping) and part in here
        names_missing_key = last and kind in ("missing", "missing_argument")
        if not is_key and not names_missing_key:
            expected = schema.member(expected, str(part))
            continue
        table = schema.noun(expected)
        path.append(str(part))
        expected = field_types(table).get(str(part), Any) if table else Any
        here = here.get(part) if isinstance(here, Mapping) else None
    return path, table, expected


def _table_at(path: list[str], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the table of the input at a dotted path, an empty one where there is none."""
    here: Any = values
    for part in path:
        here = here.get(part) if isinstance(here, Mapping) else None
    return here if isinstance(here, Mapping) else {}


def _chooser(dotted: str) -> str:
    """Return the key that tells the members of a union apart: a protocol goes by its name, all else by its model."""
    return "name" if dotted == "protocol" else "model"
