"""Why there is no pass at all: what can be told at a glance, and what helps then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from satqkd.arrays import FloatArray
from satqkd.constants import WGS84_RADIUS_M
from satqkd.orbit.elements.sets import ElementSet
from satqkd.orbit.station import Station

_GRAVITY_M3_S2 = 3.986004418e14
_MARGIN_DEG = 1.0  # of flattening and perturbations: nobody is told that a pass cannot be, where one nearly is
_RISE_AND_SET_REV_DAY = 1.5  # slower orbits may hang over one longitude


def why_no_pass(
    sets: Iterable[ElementSet], stations: Sequence[Station], mask_deg: FloatArray, failures: Sequence[str]
) -> tuple[str, str]:
    """Return the cause of an empty pass table, as far as it shows, and what to do about it.

    Parameters
    ----------
    sets : iterable of ElementSet
        Those that were searched.
    stations : sequence of Station
    mask_deg : ndarray
        Elevation each station asks for [deg], shape (stations,).
    failures : sequence of str
        Where SGP4 stopped, and why.
    """
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        return f"{failures[0]}{more}.", "Give elements whose epoch is nearer to the window, with --elements."
    gaps = [_gap_deg(item, station, mask) for item in sets for station, mask in zip(stations, mask_deg, strict=True)]
    if gaps and min(gaps) > _MARGIN_DEG:
        item = min(sets, key=lambda one: one.inclination_deg)
        return (
            f"No orbit here comes within sight of any station: {min(gaps):.0f} deg of latitude are missing, with an "
            f"inclination of {item.inclination_deg:.1f} deg.",
            "Choose another station or satellite, or lower --min-elevation.",
        )
    return "", "Look further ahead with --days, or lower --min-elevation."


def _gap_deg(item: ElementSet, station: Station, mask_deg: float) -> float:
    """Return how many degrees of latitude an orbit stays short of a station's sight; -90 where that does not decide."""
    if item.mean_motion_rev_day < _RISE_AND_SET_REV_DAY:
        return -90.0
    motion = item.mean_motion_rev_day * 2.0 * np.pi / 86400.0
    apogee = (_GRAVITY_M3_S2 / motion**2) ** (1.0 / 3.0) * (1.0 + item.eccentricity)
    mask = np.radians(max(float(mask_deg), 0.0))
    sight = np.degrees(np.arccos(min(1.0, WGS84_RADIUS_M / apogee * np.cos(mask))) - mask)
    reach = min(item.inclination_deg, 180.0 - item.inclination_deg)
    return abs(station.latitude_deg) - reach - float(sight)
