"""Where each value of a scenario comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from satqkd.scenario.plain import leaves


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
        given = any(key == one or key.startswith(f"{one}.") for one in keys or ())
        if given or key not in before or before[key] != value:
            origins[key] = text
    for key in set(origins) - set(now):
        del origins[key]


def forget(origins: dict[str, str], values: Mapping[str, Any]) -> None:
    """Drop the origins of values that are gone."""
    for key in set(origins) - set(leaves(values)):
        del origins[key]
