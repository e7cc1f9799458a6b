"""A scenario from a preset name, a TOML file or a dict, with changes, and back to TOML."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import TypeAdapter, ValidationError

from satqkd import catalog
from satqkd.arrays import as_floats, carries_unit
from satqkd.errors import InputError, Notice, SatqkdWarning, did_you_mean, shown
from satqkd.parsing import DEEPEST, check_nesting
from satqkd.reads import FileRead, distinct, file_read, is_file, resolved
from satqkd.scenario import schema
from satqkd.scenario.messages import explain
from satqkd.scenario.own_models import described, kept_by, own_models, with_models, with_stand_ins
from satqkd.scenario.satellites import bring_satellites, told_of_satellites
from satqkd.scenario.scenario import Scenario
from satqkd.scenario.terminals import forget_parts, value_at, with_terminals
from satqkd.times import to_datetime64, to_iso, to_posix

_OF_A_STATION = ("aperture_m", "obscuration_ratio", "atmosphere", "background")  # what a station may have of its own
_ADAPTER: TypeAdapter[Scenario] = TypeAdapter(Scenario)


def load_scenario(source: str | Path | Mapping[str, Any] | Scenario) -> Scenario:
    """Load a scenario.

    Parameters
    ----------
    source : str, Path, mapping or Scenario
        Name of a shipped scenario, path of a TOML file, or the same content as a mapping.

    Returns
    -------
    Scenario

    Raises
    ------
    InputError
        If there is no such scenario, or it has an unknown key or a value out of range; the message names the key.
    """
    if isinstance(source, Scenario):
        return source
    if isinstance(source, Mapping):
        return _checked(dict(source), where="the scenario")
    if not isinstance(source, str | Path):
        raise InputError(
            f"{shown(source)} is no scenario.", "Give a preset name, the path of a TOML file, or a mapping."
        )
    path = Path(source)
    looks_like_a_file = path.suffix == ".toml" or path.name != str(source)
    if not looks_like_a_file:
        presets = catalog.entries("scenarios")
        if str(source) not in presets:
            raise InputError(
                f"There is no scenario {str(source)!r}.",
                did_you_mean(str(source), presets) + " A file must end in .toml.",
            )
        path = catalog.data_file("scenarios", f"{source}.toml")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None
    values = catalog.parse_toml(raw, path)
    if isinstance(values.get("satellites"), list):
        # A path is meant from where the scenario file stands, and must survive a copy of the scenario elsewhere.
        values["satellites"] = [_absolute(entry, path.parent) for entry in values["satellites"]]
    if isinstance(values.get("stations"), list):
        for entry in values["stations"]:
            if isinstance(entry, dict) and isinstance(entry.get("horizon_mask"), str):
                entry["horizon_mask"] = resolved(path.parent / entry["horizon_mask"])
    loaded = _checked(values, where=str(path))
    label = None if looks_like_a_file else f"data/scenarios/{path.name}"
    object.__setattr__(loaded, "source", file_read(path, raw, shown=label))
    return loaded


def _absolute(entry: Any, folder: Path) -> Any:
    if not isinstance(entry, str) or entry in catalog.entries("satellites"):
        return entry
    file, mark, name = entry.partition("#")
    return str((folder / file).resolve()) + mark + name if is_file(folder / file) else entry


def _checked(values: dict[str, Any], where: str) -> Scenario:
    check_nesting(values, where)
    plain = with_terminals(_plain(values))
    _give_epochs(plain, plain.get("start"))
    try:
        # Strict JSON mode: a number in quotes is no number, yet lists become tuples and tables become nouns.
        return _ADAPTER.validate_json(json.dumps(plain), strict=True)
    except ValidationError as error:
        raise explain(error, plain, Scenario, where) from None


def _give_epochs(values: dict[str, Any], start: Any) -> None:
    """Let designed orbits begin with the scenario unless they say otherwise."""
    if isinstance(values.get("satellites"), list) and start is not None:
        for entry in values["satellites"]:
            if isinstance(entry, dict):
                entry.setdefault("epoch", start)


def _plain(value: Any, dotted: str = "") -> Any:
    """Reduce a value to what JSON holds; Quantities become numbers in the unit their key names."""
    key = dotted.rpartition(".")[2]
    if isinstance(value, Mapping):
        return {str(name): _plain(inner, f"{dotted}.{name}".lstrip(".")) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, dotted) for inner in value]
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


_PLAIN_VALUES = (str, int, float, bool, tuple, list, dict, dt.datetime, type(None))
AnyScenario = TypeVar("AnyScenario", bound=Scenario)


def changed(scenario: AnyScenario, changes: Mapping[str, Any]) -> AnyScenario:
    """Return `scenario` with dotted keys changed; see `Scenario.with_`."""
    if not isinstance(changes, Mapping) or not all(isinstance(key, str) for key in changes):
        raise InputError(f"{shown(changes)} is no mapping of dotted keys to values.", 'For example: {"days": 7}')
    if own := own_models(scenario):
        kept = kept_by(changes, own)
        return with_models(changed(with_stand_ins(scenario), changes), kept)  # type: ignore[return-value]
    check_nesting(changes, "the changes")
    if deep := next((key for key in changes if key.count(".") > DEEPEST), None):
        raise InputError(f"{deep[:60]}... does not exist: no key has {deep.count('.') + 1} parts.")
    values, before = to_dict(scenario), _by_name(to_dict(scenario))
    notices: list[str] = []
    if "satellites" in changes:
        values["satellites"] = _plain(changes["satellites"], "satellites")
        _give_epochs(values, changes.get("start", scenario.start))
        bring_satellites(_listed(values), before["satellites"])
    if "link.terminal" in changes:
        forget_parts(values, changes["link.terminal"])
    # A new model first: it keeps what it knows of the old one, and the parameters given beside it rule over that.
    gone: dict[str, Any] = {}
    for key in sorted(changes, key=lambda name: not (name.endswith(".model") or name == "protocol.name")):
        gone |= _set(values, key.split("."), changes[key])
    if lost := {key: value for key, value in gone.items() if key not in changes}:
        named = ", ".join(f"{key} = {value}" for key, value in lost.items())
        notices.append(f"the new model does not know {named}: gone")
    assumed = values.get("assumed", {})
    if not isinstance(assumed, dict):
        raise InputError(
            f"In the changes: assumed = {assumed!r} must be a table.", "Its keys are keys of the scenario."
        )
    now = _by_name(with_terminals(_plain(values)))
    for key in set(assumed):
        # A value the user sets is no longer an assumption of the scenario's author, nor is one that has gone.
        old = value_at(before, key)
        its_own = assumed[key] == scenario.assumed.get(key)
        replaced = its_own and not isinstance(old, Mapping) and value_at(now, key) != old
        if key in changes or replaced:
            del assumed[key]
    result = _checked(values, where="the changes")
    object.__setattr__(result, "source", scenario.source)
    if "satellites" in changes and (told := told_of_satellites(to_dict(result), before["satellites"])):
        notices.insert(0, told)
    for notice in notices:
        warnings.warn(notice, Notice, stacklevel=3)
    _warn_of_pins(changes, values)
    return result  # type: ignore[return-value]


def _listed(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values, refusing satellites that are no list."""
    if not isinstance(values["satellites"], list):
        raise InputError(
            f"satellites = {values['satellites']!r} must be a list.", 'For example: satellites = ["micius"]'
        )
    return values


def _by_name(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with the tables of stations under their names."""
    given = values.get("stations")
    listed = given if isinstance(given, list) else []
    stations = {str(one["name"]): one for one in listed if isinstance(one, Mapping) and "name" in one}
    return {**values, "stations": stations}


def _warn_of_pins(changes: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Say so where a changed value of the link does not reach a station that has its own."""
    for key in changes:
        for prefix in ("link.receiver.", "link."):
            own = key.removeprefix(prefix).partition(".")[0]
            if key.startswith(prefix) and own in _OF_A_STATION:
                pinned = [one["name"] for one in values["stations"] if isinstance(one, dict) and own in one]
                if pinned:
                    warnings.warn(
                        f"{key} does not reach {', '.join(pinned)}: the scenario gives it a value of its own; "
                        f"set stations.{pinned[0]}.{own} to change it.",
                        SatqkdWarning,
                        stacklevel=4,
                    )
                break


def _set(values: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
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
        choices = schema.choices_at(Scenario, path[:-1])
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


def to_dict(noun: Any) -> dict[str, Any]:
    """Turn a noun into nested dicts and lists of plain values, leaving out what is None."""
    result: dict[str, Any] = {}
    for field in dataclasses.fields(noun):
        value = getattr(noun, field.name)
        if value is not None and not (isinstance(value, dict) and not value):
            result[field.name] = _bare(value)
    return result


def _bare(value: Any) -> Any:
    if not isinstance(value, _PLAIN_VALUES) and not type(value).__module__.startswith("satqkd."):
        return described(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_dict(value)
    if isinstance(value, tuple | list):
        return [_bare(inner) for inner in value]
    if isinstance(value, dict):
        return {key: _bare(inner) for key, inner in value.items()}
    return value


def to_toml(scenario: Scenario) -> str:
    """Write a scenario as TOML; see `Scenario.to_toml`."""
    import tomli_w

    if own := own_models(scenario):
        raise InputError(
            f"{', '.join(own)} cannot be written as TOML: a model of your own is an object, not a table.",
            "Keep the Python that puts it in.",
        )
    return tomli_w.dumps(to_dict(scenario))


def fingerprint(scenario: Scenario, reads: Sequence[FileRead] | None = None) -> str | None:
    """Return the SHA-256 of a scenario's values and of the files behind its paths; see `Scenario.fingerprint`.

    Parameters
    ----------
    scenario : Scenario
    reads : sequence of FileRead, optional
        What a run has read; without it the files are read now.

    Returns
    -------
    str or None
        None for a scenario with a model of one's own, of which nobody knows what it computes.
    """
    if own_models(scenario):
        return None
    if reads is None:
        reads = scenario.files_read(scenario.read_elements())
    reads = distinct((*reads, *scenario.shipped_files()))
    digests = {one.path: one.sha256 for one in reads}
    values = _plain(to_dict(scenario))
    values["satellites"] = [_by_content(entry, digests) for entry in values["satellites"]]
    for station in values["stations"]:
        if isinstance(station, dict) and isinstance(station.get("horizon_mask"), str):
            station["horizon_mask"] = digests.get(station["horizon_mask"], station["horizon_mask"])
    source = scenario.source
    shipped = sorted(one.sha256 for one in reads if one.path.startswith("data/") and one != source)
    canonical = json.dumps([values, shipped], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _by_content(entry: Any, digests: Mapping[str, str]) -> Any:
    """Return an entry of ``satellites`` with its file's digest for the path."""
    if not isinstance(entry, str):
        return entry
    file, mark, name = entry.partition("#")
    return digests[file] + mark + name if file in digests else entry
