"""Models of a user's own in a scenario: any object with the methods of a model serves, and survives every change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from satqkd.errors import InputError
from satqkd.fields import field_types
from satqkd.link.air.extinction import ZenithExtinction
from satqkd.link.air.turbulence import NoTurbulence
from satqkd.link.background.radiance import FixedRadiance
from satqkd.link.beam.transmitters import CollimatedGaussian
from satqkd.link.receiver.polarization import Compensated
from satqkd.scenario import schema
from satqkd.scenario.tables import StationTable

# What stands in for a model of one's own while the rest of a scenario is changed and checked.
_STAND_INS: dict[str, Any] = {
    "transmitter": CollimatedGaussian(waist_radius_m=0.1),
    "atmosphere": ZenithExtinction(zenith_extinction_db=0.0),
    "background": FixedRadiance(radiance_w_m2_sr_um=0.0),
    "turbulence": NoTurbulence(),
    "polarization": Compensated(),
}


def own_models(scenario: Any) -> dict[str, Any]:
    """Return the models that are none of this package, by their dotted keys."""
    found = {f"link.{name}": model for name, model in _own_of(scenario.link)}
    for table in scenario.stations:
        if isinstance(table, StationTable):
            found |= {f"stations.{table.name}.{name}": model for name, model in _own_of(table)}
    return found


def _own_of(table: Any) -> Iterable[tuple[str, Any]]:
    noun: type = type(table)
    hints = field_types(noun)
    for name in _STAND_INS:
        model = getattr(table, name, None)
        if model is not None and not isinstance(model, tuple(schema.nouns(hints[name]))):
            yield name, model


def with_stand_ins(scenario: Any) -> Any:
    """Return a scenario with a stand-in for each model of one's own."""
    return with_models(scenario, {key: _STAND_INS[key.rpartition(".")[2]] for key in own_models(scenario)})


def kept_by(changes: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the models of one's own that changes leave alone.

    Raises
    ------
    InputError
        If a change is to a value of such a model, which has no keys.
    """
    kept = {}
    for key, model in own.items():
        inside = [change for change in changes if change.startswith(f"{key}.")]
        replaced = key in changes or f"{key}.model" in changes
        if inside and not replaced:
            raise InputError(
                f"{inside[0]} does not exist: {key} is a model of your own, {type(model).__name__}.",
                f"Choose another with {key}.model, or put in another object.",
            )
        if not replaced and "link.terminal" not in changes:
            kept[key] = model
    return kept


def with_models(scenario: Any, models: Mapping[str, Any]) -> Any:
    """Return a scenario with some models put in, by their dotted keys; those of stations that are gone are left out."""
    link = {key.partition(".")[2]: model for key, model in models.items() if key.startswith("link.")}
    stations = []
    for table in scenario.stations:
        name = table if isinstance(table, str) else table.name
        own = {key.rpartition(".")[2]: model for key, model in models.items() if key.startswith(f"stations.{name}.")}
        stations.append(replace(table, **own) if own and isinstance(table, StationTable) else table)
    if not models:
        return scenario
    changed = replace(scenario, link=replace(scenario.link, **link), stations=tuple(stations))
    for name in ("source", "origin"):
        object.__setattr__(changed, name, getattr(scenario, name))
    return changed


def described(model: Any) -> Any:
    """Return a model of one's own as plain values: its own ``to_dict()``, else what its ``repr`` says."""
    if hasattr(model, "to_dict"):
        return model.to_dict()
    if is_dataclass(model) and not isinstance(model, type):
        return {one.name: repr(getattr(model, one.name)) for one in fields(model)}
    return repr(model)
