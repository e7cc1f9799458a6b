"""A scenario from a preset name, a TOML file or a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from satqkd import catalog
from satqkd.errors import InputError, did_you_mean, shown
from satqkd.parsing import check_nesting
from satqkd.reads import file_read, is_file, resolved
from satqkd.scenario.plain import leaves
from satqkd.scenario.scenario import Scenario
from satqkd.scenario.validation import validated


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
        check_nesting(source, "the scenario")
        origins = dict.fromkeys(leaves(source), "the mapping")
        given: Scenario = validated(Scenario, dict(source), "the scenario", origins)
        return given
    if not isinstance(source, str | Path):
        raise InputError(
            f"{shown(source)} is no scenario.", "Give a preset name, the path of a TOML file, or a mapping."
        )
    path = Path(source)
    looks_like_a_file = path.suffix == ".toml" or path.name != str(source)
    return _read(path) if looks_like_a_file else _preset(str(source))


def _preset(name: str) -> Scenario:
    presets = catalog.entries("scenarios")
    if name not in presets:
        raise InputError(f"There is no scenario {name!r}.", did_you_mean(name, presets) + " A file must end in .toml.")
    return _read(catalog.data_file("scenarios", f"{name}.toml"), name)


def _read(path: Path, preset: str = "") -> Scenario:
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
    label, origin = (f"data/scenarios/{path.name}", f"preset {preset}") if preset else (None, path.name)
    loaded: Scenario = validated(Scenario, values, str(path), dict.fromkeys(leaves(values), origin))
    object.__setattr__(loaded, "source", file_read(path, raw, shown=label))
    return loaded


def _absolute(entry: Any, folder: Path) -> Any:
    if not isinstance(entry, str) or entry in catalog.entries("satellites"):
        return entry
    file, mark, name = entry.partition("#")
    return str((folder / file).resolve()) + mark + name if is_file(folder / file) else entry
