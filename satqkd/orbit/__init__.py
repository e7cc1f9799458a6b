"""Where satellites are in the sky of a station: elements, passes, samples, the Sun, the Moon and the Earth's shadow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy

if TYPE_CHECKING:
    from satqkd.orbit import elements as elements
    from satqkd.orbit.constraints import (
        HorizonMask as HorizonMask,
        MaxRange as MaxRange,
        MinElevation as MinElevation,
        MoonSeparation as MoonSeparation,
        MountKeyhole as MountKeyhole,
        SatelliteDark as SatelliteDark,
        SatelliteSunlit as SatelliteSunlit,
        Seconds as Seconds,
        SunBelow as SunBelow,
        SunSeparation as SunSeparation,
    )
    from satqkd.orbit.elements.celestrak import fetch_elements as fetch_elements
    from satqkd.orbit.elements.check import check_elements as check_elements
    from satqkd.orbit.elements.designs import (
        SunSynchronous as SunSynchronous,
        Walker as Walker,
        sun_synchronous as sun_synchronous,
        walker as walker,
    )
    from satqkd.orbit.elements.files import (
        read_elements as read_elements,
        scan_elements as scan_elements,
        write_elements as write_elements,
    )
    from satqkd.orbit.elements.sets import Elements as Elements, ElementSet as ElementSet
    from satqkd.orbit.passes import find_passes as find_passes
    from satqkd.orbit.refraction import Refraction as Refraction
    from satqkd.orbit.samples import (
        PassSamples as PassSamples,
        SkySamples as SkySamples,
        sample_passes as sample_passes,
        sample_sky as sample_sky,
    )
    from satqkd.orbit.selection import apply_constraints as apply_constraints, judge_passes as judge_passes
    from satqkd.orbit.sky import TWILIGHT_DEG as TWILIGHT_DEG, add_sky as add_sky, twilight as twilight
    from satqkd.orbit.station import Station as Station

__getattr__, __dir__, __all__ = lazy.face(__name__)
