"""A scenario with some of its values changed, by dotted keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from satqkd.errors import InputError, Notice, did_you_mean, shown, warn
from satqkd.parsing import DEEPEST, check_nesting
from satqkd.scenario import schema
from satqkd.scenario.origins import NOT_RECORDED, forget, mark
from satqkd.scenario.own_models import kept_by, own_models, with_models, with_stand_ins
from satqkd.scenario.plain import by_name, give_epochs, leaves, plain, value_at
from satqkd.scenario.satellites import bring_satellites, told_of_satellites
from satqkd.scenario.serialise import to_dict
from satqkd.scenario.sites import own_key
from satqkd.scenario.terminals import forget_parts, with_terminals
from satqkd.scenario.validation import validated


def changed(scenario: Any, changes: Mapping[str, Any]) -> Any:
    """Return `scenario` with dotted keys changed; see `Scenario.with_`."""
    if not isinstance(changes, Mapping) or not all(isinstance(key, str) for key in changes):
        raise InputError(f"{shown(changes)} is no mapping of dotted keys to values.", 'For example: {"days": 7}')
    if own := own_models(scenario):
        kept = kept_by(changes, own)
        return with_models(changed(with_stand_ins(scenario), changes), kept)
    check_nesting(changes, "the changes")
    if deep := next((key for key in changes if key.count(".") > DEEPEST), None):
        raise InputError(f"{deep[:60]}... does not exist: no key has {deep.count('.') + 1} parts.")
    values, before = to_dict(scenario), by_name(to_dict(scenario))
    old = leaves(to_dict(scenario))
    origins = dict(scenario.origin) or dict.fromkeys(old, NOT_RECORDED)
    notices: list[str] = []
    if "satellites" in changes:
        values["satellites"] = plain(changes["satellites"], "satellites")
        give_epochs(values, changes.get("start", scenario.start))
        bring_satellites(_listed(values), before["satellites"])
        mark(origins, old, values, f"satellites = {shown(changes['satellites'])}")
        old = leaves(values)
    if "link.terminal" in changes:
        forget_parts(values, changes["link.terminal"])
        forget(origins, values)
    notices += _set_all(type(scenario), values, changes)
    mark(origins, old, values, "set", changes)
    _forget_assumptions(scenario, values, before, changes)
    result = validated(type(scenario), values, "the changes", origins)
    object.__setattr__(result, "source", scenario.source)
    if "satellites" in changes and (told := told_of_satellites(to_dict(result), before["satellites"])):
        notices.insert(0, told)
    for notice in notices:
        warn(notice, Notice)
    _warn_of_pins(_keys_of_link(changes, leaves(to_dict(scenario))), values)
    return result


def _set_all(root: type, values: dict[str, Any], changes: Mapping[str, Any]) -> list[str]:
    """Set every value, and return what should be told of it."""
    gone: dict[str, Any] = {}
    # A new model first: it keeps what it knows of the old one, and the parameters given beside it rule over that.
    for key in sorted(changes, key=lambda name: not (name.endswith(".model") or name == "protocol.name")):
        gone |= _set(root, values, key.split("."), changes[key])
    lost = {key: value for key, value in gone.items() if key not in changes}
    named = ", ".join(f"{key} = {value}" for key, value in lost.items())
    return [f"the new model does not know {named}: gone"] if lost else []


def _forget_assumptions(
    scenario: Any, values: dict[str, Any], before: Mapping[str, Any], changes: Mapping[str, Any]
) -> None:
    """Drop the assumptions that no longer hold: of values that the user sets, or that are gone."""
    assumed = values.get("assumed", {})
    if not isinstance(assumed, dict):
        raise InputError(
            f"In the changes: assumed = {assumed!r} must be a table.", "Its keys are keys of the scenario."
        )
    now = by_name(with_terminals(plain(values), {}))
    for key in set(assumed):
        old = value_at(before, key)
        its_own = assumed[key] == scenario.assumed.get(key)
        replaced = its_own and not isinstance(old, Mapping) and value_at(now, key) != old
        if key in changes or replaced:
            del assumed[key]


def _listed(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values, refusing satellites that are no list."""
    if not isinstance(values["satellites"], list):
        raise InputError(
            f"satellites = {values['satellites']!r} must be a list.", 'For example: satellites = ["micius"]'
        )
    return values


def _keys_of_link(changes: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """Return the changed keys of the link; a whole receiver or detector counts for those of its values that differ."""
    keys: list[str] = []
    for key, value in changes.items():
        if key in ("link.receiver", "link.detector") and isinstance(value, Mapping):
            inner = {f"{key}.{name}": one for name, one in value.items()}
            keys += [one for one in inner if one not in before or before[one] != inner[one]]
        elif key.startswith("link."):
            keys.append(key)
    return keys


def _warn_of_pins(keys: list[str], values: Mapping[str, Any]) -> None:
    """Say so where a changed value of the link does not reach a station that has its own."""
    stations = [one for one in values["stations"] if isinstance(one, dict)]
    for key in keys:
        pinned = {one["name"]: own for one in stations if (own := own_key(one, key.removeprefix("link.")))}
        if pinned:
            first = next(iter(pinned))
            warn(
                f"{key} does not reach {', '.join(pinned)}: the scenario gives it a value of its own; "
                f"set stations.{first}.{pinned[first]} to change it."
            )


def _set(root: type, values: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    """Set one value; return what of its table a newly chosen model does not know, defaults left out."""
    dotted = ".".join(path)
    table: Any = values
    for depth, part in enumerate(path[:-1]):
        if depth == 0 and part == "stations":
            table = _StationsByName(values["stations"])
        elif isinstance(table, _StationsByName):
            table = table.table(part)
        else:
            # A table left at its defaults may be absent; the check that follows knows whether its name exists.
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise InputError(f"{dotted} does not exist: {'.'.join(path[: depth + 1])} is a value, not a table.")
    if isinstance(table, _StationsByName):
        raise InputError(f"{dotted} names a station, not one of its values.", f"For example: {dotted}.aperture_m")
    last = path[-1]
    chooses = len(path) > 1 and (last == "model" or path == ["protocol", "name"])
    gone: dict[str, Any] = {}
    if chooses and table.get(last, value) != value:
        choices = schema.choices_at(root, path[:-1])
        new, old = schema.member(choices, str(value)), schema.member(choices, str(table[last]))
        kept = schema.shared(table, new) if isinstance(new, type) else {}
        if isinstance(old, type):
            gone = {
                ".".join([*path[:-1], key]): lost
                for key, lost in table.items()
                if key not in kept and key != last and lost != schema.default_of(old, key)
            }
        table.clear()
        table.update(kept)
    if value is None:
        table.pop(last, None)
    else:
        table[last] = value
    return gone


class _StationsByName:
    """The list of stations, addressed as ``stations.<name>.<key>``."""

    def __init__(self, stations: list[Any]) -> None:
        self.stations = stations

    def table(self, name: str) -> dict[str, Any]:
        names = [entry if isinstance(entry, str) else entry["name"] for entry in self.stations]
        if name not in names:
            raise InputError(f"stations.{name} does not exist in this scenario.", did_you_mean(name, names))
        index = names.index(name)
        if isinstance(self.stations[index], str):
            self.stations[index] = {"name": name}
        found: dict[str, Any] = self.stations[index]
        return found
