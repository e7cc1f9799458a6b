"""Whose telescope, whose sky: the link of each station.

What a station says of its receiver, detector, atmosphere, turbulence, polarisation or background rules over the
scenario's link, that over the terminal's, and that over what the catalogue knows of the station. A station's receiver
and detector may be given in part, and so may a model of the same kind as the link's: the rest is the link's. Of a model
the rest is written down with the station when the scenario is made, so that it is whole in a file too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar, get_args

from satqkd import catalog
from satqkd.errors import InputError
from satqkd.link.downlink import Atmosphere, Background, Link, Polarization, Turbulence
from satqkd.orbit import Station
from satqkd.scenario.plain import value_at
from satqkd.scenario.tables import StationTable

_UNIONS = {"atmosphere": Atmosphere, "turbulence": Turbulence, "polarization": Polarization, "background": Background}
_MODELS = tuple(_UNIONS)
_DEFAULT_MODELS = {name: get_args(union)[1].default for name, union in _UNIONS.items()}
_PARTS = ("receiver", "detector")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Site:
    """A station as one scenario uses it: where it stands, and the link to it with its own telescope and sky."""

    station: Station
    link: Link


def first_given(*values: _Value | None) -> _Value | None:
    """Return the first value that is not None."""
    return next((value for value in values if value is not None), None)


def position_of(table: StationTable) -> Station:
    """Return where a station is.

    Raises
    ------
    InputError
        If it is neither in the catalogue nor fully given.
    """
    known = catalog.entries("stations").get(table.name, {})
    latitude = first_given(table.latitude_deg, known.get("latitude_deg"))
    longitude = first_given(table.longitude_deg, known.get("longitude_deg"))
    if latitude is None or longitude is None:
        catalog.entry("stations", table.name)  # raises, with the nearest names
        raise InputError(f"Station {table.name!r} has no position.")
    altitude = first_given(table.altitude_m, known.get("altitude_m"), 0.0)
    return Station(name=table.name, latitude_deg=latitude, longitude_deg=longitude, altitude_m=altitude or 0.0)


def link_to(table: StationTable, link: Link) -> Link:
    """Return the link to a station.

    Raises
    ------
    InputError
        If nobody gives the station's telescope.
    """
    known = catalog.entries("stations").get(table.name, {})
    receiver = replace(link.receiver, **_given(table.receiver))
    aperture = first_given(table.aperture_m, receiver.aperture_m, known.get("aperture_m"))
    if aperture is None:
        raise InputError(
            f"Station {table.name!r} has no telescope: neither the scenario nor the catalogue gives its aperture.",
            f"Set link.receiver.aperture_m or stations.{table.name}.aperture_m.",
        )
    obscuration = first_given(table.obscuration_ratio, receiver.obscuration_ratio)
    own = {name: model for name in _MODELS if (model := getattr(table, name)) is not None}
    return replace(
        link,
        receiver=replace(receiver, aperture_m=aperture, obscuration_ratio=obscuration or 0.0),
        detector=replace(link.detector, **_given(table.detector)),
        **own,
    )


def _given(part: Any) -> dict[str, Any]:
    """Return what a partial table gives."""
    if part is None:
        return {}
    return {one.name: value for one in fields(part) if (value := getattr(part, one.name)) is not None}


def with_rest_of_link(values: dict[str, Any], origins: dict[str, str]) -> dict[str, Any]:
    """Complete the models that stations give in part, where the link has one of the same kind.

    Parameters
    ----------
    values : dict
        The plain tables of a scenario; changed in place.
    origins : dict
        Where each value comes from; the rest that comes from the link is added.
    """
    link, stations = values.get("link"), values.get("stations")
    for table in stations if isinstance(stations, list) and isinstance(link, dict) else ():
        for name in _MODELS if isinstance(table, dict) else ():
            own, base = table.get(name), values["link"].get(name)
            if not (isinstance(own, dict) and isinstance(base, dict)):
                continue
            default = _DEFAULT_MODELS[name]
            tag = base.get("model", default)
            if own.get("model", tag) != tag:
                continue
            rest = {key: value for key, value in base.items() if key not in own}
            table[name] = {**own, **rest}
            origins |= {f"stations.{table.get('name')}.{name}.{key}": "link" for key in rest}
    return values


def own_key(table: Mapping[str, Any], key: str) -> str:
    """Return under which key a station's plain table has a value of its own for one of the link, empty if it has none.

    >>> own_key({"name": "graz", "aperture_m": 0.5}, "receiver.aperture_m")
    'aperture_m'
    """
    part, _, rest = key.partition(".")
    if part == "receiver" and rest in table:
        return rest
    if part in _PARTS:
        return key if value_at(table, key) is not None else ""
    if part in _MODELS and part in table:
        # A model given in part, as yet without its tag, takes the rest from the link.
        whole = "model" in table[part] if isinstance(table[part], Mapping) else True
        return key if value_at(table, key) is not None else part if whole else ""
    return ""
