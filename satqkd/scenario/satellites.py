"""What the catalogue knows of a scenario's satellites: whose terminal they carry, and within which limits it works."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from satqkd import catalog
from satqkd.errors import InputError, shown
from satqkd.orbit import ElementSet, scan_elements
from satqkd.reads import is_file
from satqkd.scenario.terminals import bring_transmitter

LIMITS = ("min_elevation_deg", "max_range_m", "max_sun_elevation_deg")
"""Limits on passes that belong to a satellite and its terminal."""


def home_scenario(names: Sequence[str]) -> str | None:
    """Return the scenario that satellites of the catalogue are at home in, if they share one."""
    known = catalog.entries("satellites")
    homes = {known.get(name, {}).get("scenario") for name in names}
    return next(iter(homes)) if len(homes) == 1 else None


def terminal_names(identities: Iterable[str | None]) -> set[str]:
    """Return the terminals that satellites of the catalogue carry, as far as it knows them."""
    known = catalog.entries("satellites")
    return {known[name]["terminal"] for name in identities if name and "terminal" in known[name]}


def identities_of(entries: Sequence[Any]) -> dict[str, str | None]:
    """Return what each entry of ``satellites`` is in the catalogue, None where it is unknown there.

    A file is looked into: a satellite is known by its catalogue number, whatever it is called.
    """
    found: dict[str, str | None] = {}
    for entry in entries:
        if not isinstance(entry, str):
            table = entry if isinstance(entry, Mapping) else {"name": getattr(entry, "name", entry)}
            found[shown(table.get("name", table.get("model"))).strip("'")] = None
            continue
        file, _, name = entry.partition("#")
        if entry in catalog.entries("satellites"):
            found[entry] = entry
        elif is_file(file):
            found.update(_in_file(Path(file), name))
        elif name:  # a pipe can be read once only
            found[name] = name if name in catalog.entries("satellites") else None
    return found


def _in_file(file: Path, wanted: str) -> dict[str, str | None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is wrong with the file is told when it is used
        sets, _ = scan_elements(file)
    known = {(one.satellite, one.name, str(one.catalog_number)): identity(one) for one in sets}
    return {names[0]: what for names, what in known.items() if wanted in ("", *names, what)}


def identity(item: ElementSet) -> str | None:
    """Return the catalogue's name for the object of an element set."""
    if not item.catalog_number:
        return None
    known = catalog.entries("satellites").items()
    return next((name for name, one in known if one.get("catalog_number") == item.catalog_number), None)


def refuse_several_terminals(sets: Iterable[ElementSet]) -> None:
    """Raise `InputError` where one link would have to stand for the terminals of several satellites."""
    carried = {item.satellite: terminal_names([identity(item)]) for item in sets}
    terminals = {name for names in carried.values() for name in names}
    if len(terminals) > 1:
        told = ", ".join(f"{satellite} carries {next(iter(names))}" for satellite, names in carried.items() if names)
        raise InputError(
            f"One scenario has one link, and these satellites have different terminals: {told}.",
            "Give each its own scenario; satqkd passes predicts them together.",
        )


def bring_satellites(values: dict[str, Any], before: Sequence[Any]) -> None:
    """Let satellites that replace others bring their transmitter, source, wavelength and limits into a scenario.

    Parameters
    ----------
    values : dict
        The scenario with its new satellites; changed in place. The stations' receivers stay.
    before : sequence
        The satellites that were there.
    """
    name = _newcomer(values["satellites"], before)
    if name is not None:
        entry = catalog.entry("satellites", name)
        bring_transmitter(values, entry["terminal"])
        _bring_limits(values, entry.get("passes", {}))


def told_of_satellites(values: Mapping[str, Any], before: Sequence[Any]) -> str:
    """Return what a user should know of satellites that have replaced others, empty where there is nothing.

    That is what has come with them, or, where the catalogue knows no terminal of theirs, whose terminal stands in.
    """
    link, limits = _in_words(values["link"]), _limits_in_words(values.get("passes", {}))
    name = _newcomer(values["satellites"], before)
    if name is not None:
        terminal = catalog.entry("satellites", name)["terminal"]
        return f"{name} brings what {terminal} has on board ({link}) and its limits ({limits}); the receivers stay"
    had, theirs = terminal_names(identities_of(before).values()), identities_of(values["satellites"])
    unknown = [label for label, known in theirs.items() if not terminal_names([known])]
    if not unknown or not had or len(unknown) < len(theirs):
        return ""
    return (
        f"the catalogue knows no terminal of {_some(unknown)}: that of {', '.join(sorted(had))} is used ({link}), "
        f"within these limits: {limits}"
    )


def _newcomer(entries: Sequence[Any], before: Sequence[Any]) -> str | None:
    """Return a satellite of the catalogue whose terminal none of those before has."""
    had = terminal_names(identities_of(before).values())
    names = [name for name in identities_of(entries).values() if name and terminal_names([name]) - had]
    return min(names, default=None)


def _bring_limits(values: dict[str, Any], limits: Mapping[str, Any]) -> None:
    passes = values.setdefault("passes", {})
    for key in LIMITS:
        passes.pop(key, None)
    passes.update(limits)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _in_words(link: Mapping[str, Any]) -> str:
    transmitter = link["transmitter"]
    parts = [f"{link['wavelength_m'] * 1e9:.4g} nm"]
    if "aperture_m" in transmitter:
        parts.append(f"{transmitter['aperture_m']:g} m")
    if "divergence_rad" in transmitter:
        parts.append(f"{transmitter['divergence_rad'] * 1e6:.3g} urad")
    return " ".join(parts)


def _limits_in_words(passes: Mapping[str, Any]) -> str:
    parts = [f"{passes.get('min_elevation_deg', 10.0):g} deg and up"]
    if passes.get("max_range_m") is not None:
        parts.append(f"to {passes['max_range_m'] / 1e3:g} km")
    sun = passes.get("max_sun_elevation_deg", -12.0)
    if sun < 90.0:
        parts.append(f"Sun below {sun:g} deg")
    return ", ".join(parts)
