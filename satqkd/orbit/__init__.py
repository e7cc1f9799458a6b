"""Where satellites are in the sky of a station: elements, passes, samples, the Sun, the Moon and the Earth's shadow."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from satqkd.orbit.constraints import (
        MaxRange,
        SunBelow,
        apply_constraints,
    )
    from satqkd.orbit.elements import Elements, ElementSet, read_elements
    from satqkd.orbit.passes import find_passes
    from satqkd.orbit.samples import PassSamples, SkySamples, sample_passes, sample_sky
    from satqkd.orbit.sky import add_sky
    from satqkd.orbit.station import Station

_HOME = {
    "ElementSet": "elements",
    "Elements": "elements",
    "MaxRange": "constraints",
    "PassSamples": "samples",
    "SkySamples": "samples",
    "Station": "station",
    "SunBelow": "constraints",
    "add_sky": "sky",
    "apply_constraints": "constraints",
    "find_passes": "passes",
    "read_elements": "elements",
    "sample_passes": "samples",
    "sample_sky": "samples",
}

__all__ = [
    "ElementSet",
    "Elements",
    "MaxRange",
    "PassSamples",
    "SkySamples",
    "Station",
    "SunBelow",
    "add_sky",
    "apply_constraints",
    "find_passes",
    "read_elements",
    "sample_passes",
    "sample_sky",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
