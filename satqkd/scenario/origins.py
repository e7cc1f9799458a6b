"""Where each value of a scenario comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from satqkd.scenario.plain import leaves

DEFAULT = "default"
NOT_RECORDED = "not recorded"  # a scenario put together in Python, or copied by dataclasses.replace
OWN_MODEL = "a model of your own"
CATALOGUE = "catalogue of stations"
_OF_THE_CATALOGUE = ("latitude_deg", "longitude_deg", "altitude_m", "aperture_m")


def origins_of(
    values: Mapping[str, Any],
    recorded: Mapping[str, str],
    own_models: Iterable[str],
    stations: Iterable[str],
    known: Mapping[str, Mapping[str, Any]],
) -> dict[str, str]:
    """Return where every value comes from, by its dotted key.

    Parameters
    ----------
    values : mapping
        All values by their dotted keys, defaults filled in.
    recorded : mapping
        Origin of those that were given; empty where nobody wrote it down.
    own_models : iterable of str
        Dotted keys of the models that are none of this package.
    stations : iterable of str
        Names of the stations.
    known : mapping
        The catalogue's stations by their names, of which one gives what nobody else does.
    """
    own = tuple(own_models)
    unknown = DEFAULT if recorded else NOT_RECORDED
    found = {key: OWN_MODEL if _is_of(key, own) else recorded.get(key, unknown) for key in values}
    for name in stations:
        for key in _OF_THE_CATALOGUE:
            dotted = f"stations.{name}.{key}"
            # An aperture may stand at any of three places, all of which rule over the catalogue.
            places = {dotted, f"stations.{name}.receiver.{key}", f"link.receiver.{key}"}
            if key in known.get(name, {}) and not places & values.keys():
                found[dotted] = CATALOGUE
    return found


def _is_of(key: str, tables: Iterable[str]) -> bool:
    """Whether a dotted key is one of some tables, or of a value in them."""
    return any(key == one or key.startswith(f"{one}.") for one in tables)


def mark(
    origins: dict[str, str],
    before: Mapping[str, Any],
    values: Mapping[str, Any],
    text: str,
    keys: Mapping[str, Any] | None = None,
) -> None:
    """Write down where values come from that are new or others than before.

    Parameters
    ----------
    origins : dict
        Origin by dotted key; changed in place, and cleared of keys that are gone.
    before : mapping
        The values as they were, by dotted keys.
    values : mapping
        The tables as they are.
    text : str
        The origin.
    keys : mapping, optional
        Dotted keys that were given, equal to before or not, tables of values among them.
    """
    now = leaves(values)
    for key, value in now.items():
        if _is_of(key, keys or ()) or key not in before or before[key] != value:
            origins[key] = text
    for key in set(origins) - set(now):
        del origins[key]


def forget(origins: dict[str, str], values: Mapping[str, Any]) -> None:
    """Drop the origins of values that are gone."""
    for key in set(origins) - set(leaves(values)):
        del origins[key]
