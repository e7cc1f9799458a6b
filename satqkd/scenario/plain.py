"""Scenarios as plain values: nested tables of what JSON holds, addressed by dotted keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from satqkd.arrays import as_floats, carries_unit
from satqkd.errors import InputError, shown
from satqkd.times import to_datetime64, to_iso, to_posix


def plain(value: Any, dotted: str = "") -> Any:
    """Reduce a value to what JSON holds; Quantities become numbers in the unit their key names."""
    key = dotted.rpartition(".")[2]
    if isinstance(value, Mapping):
        return {str(name): plain(inner, f"{dotted}.{name}".lstrip(".")) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner, dotted) for inner in value]
    if key in ("start", "epoch") and not isinstance(value, int | float | bool):
        return to_iso(to_datetime64(to_posix(value, dotted)))
    if carries_unit(value) or isinstance(value, np.ndarray):
        return as_floats(dotted, value).tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, float) and not np.isfinite(value):
        raise InputError(f"{dotted} = {value} is not a finite number.")
    if isinstance(value, Path):
        return str(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise InputError(f"{dotted} = {shown(value)} cannot be a value of a scenario.")


def by_name(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with the tables of stations under their names; one that is named only has just its name."""
    given = values.get("stations")
    tables = [{"name": one} if isinstance(one, str) else one for one in (given if isinstance(given, list) else [])]
    stations = {str(one["name"]): one for one in tables if isinstance(one, Mapping) and "name" in one}
    return {**values, "stations": stations}


def value_at(values: Mapping[str, Any], dotted: str) -> Any:
    """Return what stands at a dotted key, None where nothing does."""
    here: Any = values
    for part in dotted.split("."):
        here = here.get(part) if isinstance(here, Mapping) else None
    return here


def leaves(values: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Return every value that is no table by its dotted key, stations by their names."""
    found: dict[str, Any] = {}
    for key, value in (values if above else by_name(values)).items():
        dotted = f"{above}.{key}".lstrip(".")
        if dotted == "assumed":
            continue  # reasons, not values; their keys have dots of their own
        if isinstance(value, Mapping) and value:
            found |= leaves(value, dotted)
        else:
            found[dotted] = value
    return found


def give_epochs(values: dict[str, Any], start: Any) -> None:
    """Let designed orbits begin with the scenario unless they say otherwise."""
    if isinstance(values.get("satellites"), list) and start is not None:
        for entry in values["satellites"]:
            if isinstance(entry, dict):
                entry.setdefault("epoch", start)
