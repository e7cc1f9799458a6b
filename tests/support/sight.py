"""Lines of sight and skies, written briefly."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from satqkd.link.budget import LinkBudget
from satqkd.link.sight import LineOfSight, SkyLight

_SKY = tuple(one.name for one in fields(SkyLight))


def seen(elevation_deg: Any = 90.0, *, range_m: Any = 1e6, altitude_m: float = 0.0, **more: Any) -> LineOfSight:
    """Return a line of sight, by default that of a satellite at the zenith."""
    return LineOfSight(elevation_deg=elevation_deg, range_m=range_m, station_altitude_m=altitude_m, **more)


def budget_at(link: Any, **given: Any) -> LinkBudget:
    """Return the budget of a link, sight and sky in one list of keywords."""
    sky = {name: given.pop(name) for name in _SKY if name in given}
    return link.budget(seen(**given), SkyLight(**sky))
