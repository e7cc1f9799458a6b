"""Where satellites are in the sky of a station: elements, passes, samples, the Sun, the Moon and the Earth's shadow."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from satqkd.orbit.check import check_elements
    from satqkd.orbit.constellation import SunSynchronous, Walker, sun_synchronous, walker
    from satqkd.orbit.constraints import (
        HorizonMask,
        MaxRange,
        MinElevation,
        MoonSeparation,
        MountKeyhole,
        SatelliteDark,
        SatelliteSunlit,
        Seconds,
        SunBelow,
        SunSeparation,
    )
    from satqkd.orbit.elements import Elements, ElementSet
    from satqkd.orbit.fetch import fetch_elements
    from satqkd.orbit.formats import read_elements, scan_elements, write_elements
    from satqkd.orbit.passes import find_passes
    from satqkd.orbit.refraction import Refraction
    from satqkd.orbit.samples import PassSamples, SkySamples, sample_passes, sample_sky
    from satqkd.orbit.selection import apply_constraints, judge_passes
    from satqkd.orbit.sky import TWILIGHT_DEG, add_sky, twilight
    from satqkd.orbit.station import Station

_HOME = {
    "ElementSet": "elements",
    "Elements": "elements",
    "HorizonMask": "constraints",
    "MaxRange": "constraints",
    "MinElevation": "constraints",
    "MoonSeparation": "constraints",
    "MountKeyhole": "constraints",
    "PassSamples": "samples",
    "Refraction": "refraction",
    "SatelliteDark": "constraints",
    "SatelliteSunlit": "constraints",
    "Seconds": "constraints",
    "SkySamples": "samples",
    "Station": "station",
    "SunBelow": "constraints",
    "SunSeparation": "constraints",
    "SunSynchronous": "constellation",
    "TWILIGHT_DEG": "sky",
    "Walker": "constellation",
    "add_sky": "sky",
    "apply_constraints": "selection",
    "check_elements": "check",
    "fetch_elements": "fetch",
    "find_passes": "passes",
    "judge_passes": "selection",
    "read_elements": "formats",
    "sample_passes": "samples",
    "sample_sky": "samples",
    "scan_elements": "formats",
    "sun_synchronous": "constellation",
    "twilight": "sky",
    "walker": "constellation",
    "write_elements": "formats",
}

__all__ = [
    "TWILIGHT_DEG",
    "ElementSet",
    "Elements",
    "HorizonMask",
    "MaxRange",
    "MinElevation",
    "MoonSeparation",
    "MountKeyhole",
    "PassSamples",
    "Refraction",
    "SatelliteDark",
    "SatelliteSunlit",
    "Seconds",
    "SkySamples",
    "Station",
    "SunBelow",
    "SunSeparation",
    "SunSynchronous",
    "Walker",
    "add_sky",
    "apply_constraints",
    "check_elements",
    "fetch_elements",
    "find_passes",
    "judge_passes",
    "read_elements",
    "sample_passes",
    "sample_sky",
    "scan_elements",
    "sun_synchronous",
    "twilight",
    "walker",
    "write_elements",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
