"""Designed orbits as element sets: Walker constellations and Sun-synchronous orbits, through the same door as a TLE."""

from __future__ import annotations

from math import pi, radians
from typing import Any, Literal

import numpy as np

from satqkd.errors import InputError
from satqkd.orbit.elements import Elements, ElementSet, slug
from satqkd.orbit.timescale import DAY_S, J2000_JD, JD_1970
from satqkd.times import to_datetime64, to_posix

_EQUATOR_M = 6378137.0
# SGP4 runs on WGS72: sqrt(GM) in Earth radii and minutes, J2, and the Earth radius [m].
_XKE = 0.0743669161331734132
_J2 = 0.001082616
_RADIUS_M = 6378135.0
_TROPICAL_YEAR_D = 365.24219


def walker(
    *,
    altitude_m: float,
    inclination_deg: float,
    satellites: int,
    planes: int,
    phasing: int,
    epoch: Any,
    pattern: Literal["delta", "star"] = "delta",
    name: str = "walker",
    raan_deg: float = 0.0,
    bstar: float = 0.0,
) -> Elements:
    """Return a Walker constellation i: t/p/f of circular orbits.

    Parameters
    ----------
    altitude_m : float
        Mean semi-major axis less the equatorial radius [m].
    inclination_deg : float
    satellites, planes : int
        t in all, in p planes of t/p each.
    phasing : int
        f: a satellite leads its neighbour in the next plane to the west by f/t of a turn.
    epoch : time
        Epoch of the elements; anything `satqkd.times.to_posix` reads.
    pattern : str
        ``delta`` spreads the ascending nodes over 360 deg, ``star`` over 180 deg.
    name : str
        Satellites are called ``<name>-<plane>-<place>``, counted from 1.
    raan_deg : float
        Right ascension of the first node [deg].
    bstar : float
        Drag term [1/Earth radius]; 0 keeps the orbit.

    Raises
    ------
    InputError
        If the numbers make no constellation.

    References
    ----------
    J. G. Walker, J. Brit. Interplanet. Soc. 37, 559 (1984).
    """
    spread = {"delta": 360.0, "star": 180.0}.get(pattern)
    if spread is None:
        raise InputError(f"pattern = {pattern!r} is no Walker pattern.", "Allowed: delta, star.")
    if satellites < 1 or planes < 1 or satellites % planes:
        raise InputError(f"{satellites} satellites cannot be shared out evenly over {planes} planes.")
    if not 0 <= phasing < planes:
        raise InputError(f"phasing = {phasing} is out of range: it must be at least 0 and less than planes = {planes}.")
    each = satellites // planes
    return Elements(
        tuple(
            _circular(
                satellite=f"{slug(name)}-{plane + 1}-{place + 1}",
                altitude_m=altitude_m,
                inclination_deg=inclination_deg,
                raan_deg=raan_deg + spread * plane / planes,
                argument_of_latitude_deg=360.0 * (place / each + phasing * plane / satellites),
                epoch=epoch,
                bstar=bstar,
            )
            for plane in range(planes)
            for place in range(each)
        )
    )


def sun_synchronous(
    *,
    altitude_m: float,
    local_time_of_ascending_node_h: float,
    epoch: Any,
    name: str = "sun-synchronous",
    satellites: int = 1,
    argument_of_latitude_deg: float = 0.0,
    bstar: float = 0.0,
) -> Elements:
    """Return a circular Sun-synchronous orbit, whose node turns with the mean Sun under SGP4 itself.

    Parameters
    ----------
    altitude_m : float
        Mean semi-major axis less the equatorial radius [m].
    local_time_of_ascending_node_h : float
        Mean local solar time at the ascending node [h], e.g. 22.5.
    epoch : time
        Epoch of the elements; anything `satqkd.times.to_posix` reads.
    name : str
    satellites : int
        Evenly spaced in the orbit; more than one are called ``<name>-<place>``.
    argument_of_latitude_deg : float
        Place of the first at the epoch, from its node [deg].
    bstar : float
        Drag term [1/Earth radius]; 0 keeps the orbit.

    Raises
    ------
    InputError
        If no inclination makes an orbit of this altitude Sun-synchronous.
    """
    if satellites < 1:
        raise InputError(f"satellites = {satellites} is out of range: it must be at least 1.")
    if not 0.0 <= local_time_of_ascending_node_h <= 24.0:
        raise InputError(
            f"local_time_of_ascending_node_h = {local_time_of_ascending_node_h:g} is out of range: 0 to 24 h."
        )
    inclination = _sun_synchronous_inclination_deg(altitude_m, epoch)
    days = to_posix(epoch, "epoch") / DAY_S + JD_1970 - J2000_JD
    mean_sun_deg = 280.460 + 0.9856474 * days  # Astronomical Almanac, mean longitude, which is the mean Sun's place
    raan = mean_sun_deg + 15.0 * (local_time_of_ascending_node_h - 12.0)
    return Elements(
        tuple(
            _circular(
                satellite=slug(name) if satellites == 1 else f"{slug(name)}-{place + 1}",
                altitude_m=altitude_m,
                inclination_deg=inclination,
                raan_deg=raan,
                argument_of_latitude_deg=argument_of_latitude_deg + 360.0 * place / satellites,
                epoch=epoch,
                bstar=bstar,
            )
            for place in range(satellites)
        )
    )


def _sun_synchronous_inclination_deg(altitude_m: float, epoch: Any) -> float:
    """Return the inclination at which SGP4's node turns once in a tropical year, by bisection."""
    wanted = 2.0 * pi / (_TROPICAL_YEAR_D * 1440.0)

    def node_rate(inclination_deg: float) -> float:
        orbit = _circular("", altitude_m, inclination_deg, 0.0, 0.0, epoch, 0.0)
        return float(orbit.satrec().nodedot)

    low, high = 90.0, 179.0
    if node_rate(high) < wanted:
        raise InputError(
            f"altitude_m = {altitude_m:g} is too high for a Sun-synchronous orbit.", "These end near 5.9e6 m."
        )
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if node_rate(middle) < wanted else (low, middle)
    return 0.5 * (low + high)


def _circular(
    satellite: str,
    altitude_m: float,
    inclination_deg: float,
    raan_deg: float,
    argument_of_latitude_deg: float,
    epoch: Any,
    bstar: float,
) -> ElementSet:
    if not (np.isfinite(altitude_m) and 120e3 <= altitude_m <= 400e6):
        raise InputError(f"altitude_m = {altitude_m!r} is out of range: 120e3 to 400e6 m.")
    return ElementSet(
        satellite=satellite,
        name=satellite,
        catalog_number=0,
        epoch_utc=np.datetime64(to_datetime64(to_posix(epoch, "epoch")).item(), "us"),
        mean_motion_rev_day=_kozai_rev_day(altitude_m, inclination_deg),
        eccentricity=0.0,
        inclination_deg=inclination_deg,
        raan_deg=raan_deg % 360.0,
        argument_of_perigee_deg=0.0,
        mean_anomaly_deg=argument_of_latitude_deg % 360.0,
        bstar=bstar,
        source="designed",
    )


def _kozai_rev_day(altitude_m: float, inclination_deg: float) -> float:
    """Return Kozai's mean motion [rev/day] of a circular orbit, from which SGP4 recovers the wanted semi-major axis.

    Inverts the first step of SGP4 (Hoots and Roehrich, Spacetrack Report 3, 1980) by iteration.
    """
    wanted = _XKE * ((_EQUATOR_M + altitude_m) / _RADIUS_M) ** -1.5  # Brouwer's, rad/min
    tilt = 0.75 * _J2 * (3.0 * np.cos(radians(inclination_deg)) ** 2 - 1.0)
    kozai = wanted
    for _ in range(10):
        a1 = (_XKE / kozai) ** (2.0 / 3.0)
        shift = tilt / a1**2
        a0 = a1 * (1.0 - shift * (1.0 / 3.0 + shift + 134.0 * shift**2 / 81.0))
        kozai = wanted * (1.0 + tilt / a0**2)
    return float(kozai * 720.0 / pi)
