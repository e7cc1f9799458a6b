"""Designed orbits: Walker constellations and Sun-synchronous orbits, as element sets like any other.

An altitude is that of the mean orbit: SGP4's (Brouwer's) mean semi-major axis less the equatorial radius. The true
radius departs from it by some 10 km, as it does for every satellite in a flattened field.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from math import cos, degrees, isfinite, pi, radians, sqrt
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from satqkd.arrays import takes_quantities
from satqkd.constants import DAY_S, SGP4_GM_M3_S2, SGP4_J2, SGP4_RADIUS_M, TROPICAL_YEAR_DAYS, WGS84_RADIUS_M
from satqkd.errors import InputError, did_you_mean
from satqkd.fields import NonNegative, noun
from satqkd.orbit.elements.sets import DESIGNED, LARGEST_ALPHA5, Elements, ElementSet, slug
from satqkd.orbit.timescale import TT_MINUS_TAI_S, delta_t_s, gmst_rad, tai_from_posix
from satqkd.times import to_datetime64, to_posix

# WGS72, as SGP4 has it (Vallado, Crawford, Hujsak and Kelso, AIAA 2006-6753, doi:10.2514/6.2006-6753).

_SPREAD_DEG = {"delta": 360.0, "star": 180.0}
_LOWEST_M, _HIGHEST_M = 120e3, 400e6
_FIRST_CATALOG_NUMBER = 330001
"""Above every number given out, and still one that a TLE can hold."""
_MOST_SATELLITES = LARGEST_ALPHA5 - _FIRST_CATALOG_NUMBER + 1

Inclination = Annotated[float, Ge(0.0), Le(180.0)]
Turn = Annotated[float, Ge(-360.0), Le(360.0)]
Eccentricity = Annotated[float, Ge(0.0), Lt(0.9)]
Hours = Annotated[float, Ge(0.0), Lt(24.0)]
OrbitAltitude = Annotated[float, Ge(_LOWEST_M), Le(_HIGHEST_M)]
Count = Annotated[int, Gt(0), Le(_MOST_SATELLITES)]


@takes_quantities
def mean_motion_rev_day(altitude_m: float, *, inclination_deg: float, eccentricity: float = 0.0) -> float:
    """Return the (Kozai) mean motion of an element set whose mean semi-major axis has a given altitude [rev/day].

    Parameters
    ----------
    altitude_m : float
        Mean semi-major axis less the equatorial radius [m].
    inclination_deg : float
        Inclination [deg].
    eccentricity : float
        Eccentricity [1].

    Notes
    -----
    The inverse of the recovery of Brouwer's mean motion in Hoots and Roehrich, Spacetrack Report No. 3 (1980), section
    6, by fixed-point steps, each of which shrinks the error a thousandfold.
    """
    if not (isfinite(altitude_m) and _LOWEST_M <= altitude_m <= _HIGHEST_M):
        raise InputError(f"altitude_m = {altitude_m!r} is out of range: it must be {_LOWEST_M:g} to {_HIGHEST_M:g}.")
    brouwer = sqrt(SGP4_GM_M3_S2 / (WGS84_RADIUS_M + altitude_m) ** 3)
    flattening = 0.75 * SGP4_J2 * (3.0 * cos(radians(inclination_deg)) ** 2 - 1.0) / (1.0 - eccentricity**2) ** 1.5
    kozai = brouwer
    for _ in range(8):
        first = (SGP4_GM_M3_S2 / kozai**2) ** (1.0 / 3.0) / SGP4_RADIUS_M
        shift = flattening / first**2
        recovered = first * (1.0 - shift * (1.0 / 3.0 + shift * (1.0 + shift * 134.0 / 81.0)))
        kozai = brouwer * (1.0 + flattening / recovered**2)
    return kozai * DAY_S / (2.0 * pi)


@takes_quantities
def sun_synchronous_inclination_deg(altitude_m: float, *, eccentricity: float = 0.0) -> float:
    """Return the inclination at which SGP4 turns the node with the mean Sun, once in a tropical year [deg].

    Parameters
    ----------
    altitude_m : float
        Mean semi-major axis less the equatorial radius [m].
    eccentricity : float
        Eccentricity [1].

    Raises
    ------
    InputError
        If the orbit is too high.

    Notes
    -----
    To first order -1.5 n J2 (R/p)^2 cos i = 2 pi/year; SGP4 has J2 squared and J4 as well, worth 0.02 deg in LEO.
    """
    from scipy.optimize import brentq

    wanted = 2.0 * pi / (TROPICAL_YEAR_DAYS * 1440.0)

    def lag(inclination_deg: float) -> float:
        orbit = _designed(
            "orbit", 0, 0.0, altitude_m=altitude_m, inclination_deg=inclination_deg, eccentricity=eccentricity
        )
        return float(orbit.satrec().nodedot) - wanted

    motion = mean_motion_rev_day(altitude_m, inclination_deg=150.0, eccentricity=eccentricity)
    if motion <= 6.4 or lag(179.0) < 0.0:
        raise InputError(
            f"altitude_m = {altitude_m:g}, eccentricity = {eccentricity:g}: too high to be Sun-synchronous.",
            "A circular orbit can be up to 5870 km high; from 225 min on the Sun and the Moon turn the node too.",
        )
    return float(brentq(lag, 90.0, 179.0, xtol=1e-11))


@takes_quantities
def walker(
    *,
    altitude_m: float,
    inclination_deg: float,
    satellites: int,
    planes: int,
    epoch: Any,
    phasing: int = 0,
    pattern: str = "delta",
    raan_deg: float = 0.0,
    mean_anomaly_deg: float = 0.0,
    bstar: float = 0.0,
    name: str = "walker",
) -> Elements:
    """Make the element sets of a Walker constellation of circular orbits, i: t/p/f in his notation.

    Parameters
    ----------
    altitude_m : float
        Mean semi-major axis less the equatorial radius [m].
    inclination_deg : float
        Inclination of all planes [deg].
    satellites, planes : int
        All satellites (t), a multiple of the planes (p).
    epoch : str, datetime, datetime64, Timestamp or Time
        Epoch of all sets, UTC.
    phasing : int
        f: a satellite leads its neighbour in the plane to the west by f 360/t degrees; 0 to p - 1.
    pattern : {"delta", "star"}
        Nodes spread over 360 or over 180 degrees.
    raan_deg, mean_anomaly_deg : float
        Node of the first plane and place of the first satellite in it [deg].
    bstar : float
        Drag term of all [1/Earth radius]; without it the altitude stays.
    name : str
        Satellites are called NAME-PLANE-PLACE, counted from one.

    Raises
    ------
    InputError
        If the numbers do not make a constellation.

    Notes
    -----
    J. G. Walker, Satellite constellations, J. Br. Interplanet. Soc. 37, 559 (1984). Catalogue numbers begin at 330001,
    which no tracked object bears.

    Examples
    --------
    >>> len(walker(altitude_m=780e3, inclination_deg=86.4, satellites=66, planes=6, phasing=2, pattern="star",
    ...            epoch="2026-01-01"))
    66
    """
    if pattern not in _SPREAD_DEG:
        raise InputError(f"pattern = {pattern!r} does not exist.", did_you_mean(str(pattern), _SPREAD_DEG))
    if not 1 <= planes <= satellites or satellites % planes:
        raise InputError(
            f"{satellites} satellites cannot be spread evenly over {planes} planes.",
            "Give a number of satellites that is a multiple of the number of planes.",
        )
    if not 0 <= phasing < planes:
        raise InputError(f"phasing = {phasing} is out of range: it must be 0 to {planes - 1} with {planes} planes.")
    each = satellites // planes
    digits = len(str(planes)), len(str(each))
    return Elements(
        tuple(
            _designed(
                f"{name}-{plane + 1:0{digits[0]}d}-{place + 1:0{digits[1]}d}",
                plane * each + place,
                epoch,
                altitude_m=altitude_m,
                inclination_deg=inclination_deg,
                raan_deg=raan_deg + plane * _SPREAD_DEG[pattern] / planes,
                mean_anomaly_deg=mean_anomaly_deg + 360.0 * (place / each + plane * phasing / satellites),
                bstar=bstar,
            )
            for plane in range(planes)
            for place in range(each)
        )
    )


@takes_quantities
def sun_synchronous(
    altitude_m: float,
    ltan_hours: float,
    epoch: Any,
    *,
    satellites: int = 1,
    eccentricity: float = 0.0,
    argument_of_perigee_deg: float = 0.0,
    mean_anomaly_deg: float = 0.0,
    bstar: float = 0.0,
    name: str = "sun-synchronous",
) -> Elements:
    """Make the element sets of satellites on one Sun-synchronous orbit, evenly spread along it.

    Parameters
    ----------
    altitude_m : float
        Mean semi-major axis less the equatorial radius [m].
    ltan_hours : float
        Local mean solar time of the ascending node [h]; that of the descending node is 12 h later.
    epoch : str, datetime, datetime64, Timestamp or Time
        Epoch of all sets, UTC.
    satellites : int
        How many; with several they are called NAME-PLACE, counted from one.
    eccentricity, argument_of_perigee_deg, mean_anomaly_deg : float
        Shape of the orbit and place of the first satellite at epoch [1, deg, deg].
    bstar : float
        Drag term [1/Earth radius]; without it the altitude and so the local time stay.
    name : str
        Name of the satellite.

    Raises
    ------
    InputError
        If the orbit is too high to be Sun-synchronous, or a number is out of range.
    """
    if satellites < 1:
        raise InputError(f"satellites = {satellites} is out of range: it must be at least 1.")
    if not 0.0 <= ltan_hours < 24.0:
        raise InputError(f"ltan_hours = {ltan_hours:g} is out of range: it must be at least 0 and less than 24.")
    inclination = sun_synchronous_inclination_deg(altitude_m, eccentricity=eccentricity)
    tai = tai_from_posix(to_posix(epoch, "epoch"))
    # Local mean solar time is UT1 plus longitude, and the node's longitude is its right ascension less sidereal time.
    ut1_s = float(tai + TT_MINUS_TAI_S - delta_t_s(tai)) % DAY_S
    node = degrees(float(gmst_rad(tai))) + 15.0 * ltan_hours - ut1_s / 240.0
    digits = len(str(satellites))
    return Elements(
        tuple(
            _designed(
                name if satellites == 1 else f"{name}-{place + 1:0{digits}d}",
                place,
                epoch,
                altitude_m=altitude_m,
                inclination_deg=inclination,
                raan_deg=node,
                eccentricity=eccentricity,
                argument_of_perigee_deg=argument_of_perigee_deg % 360.0,
                mean_anomaly_deg=mean_anomaly_deg + place * 360.0 / satellites,
                bstar=bstar,
            )
            for place in range(satellites)
        )
    )


def _designed(
    name: str,
    place: int,
    epoch: Any,
    *,
    altitude_m: float,
    inclination_deg: float,
    raan_deg: float = 0.0,
    eccentricity: float = 0.0,
    argument_of_perigee_deg: float = 0.0,
    mean_anomaly_deg: float = 0.0,
    bstar: float = 0.0,
) -> ElementSet:
    if place >= _MOST_SATELLITES:
        raise InputError(f"There are too many satellites: at most {_MOST_SATELLITES} can be designed at once.")
    motion = mean_motion_rev_day(altitude_m, inclination_deg=inclination_deg, eccentricity=eccentricity)
    if (1.0 - eccentricity) * (WGS84_RADIUS_M + altitude_m) < WGS84_RADIUS_M + _LOWEST_M:
        raise InputError(
            f"eccentricity = {eccentricity:g} is too large: at this altitude it brings the perigee below 120 km."
        )
    posix = epoch if isinstance(epoch, float) else to_posix(epoch, "epoch")
    return ElementSet(
        satellite=slug(name),
        name=name,
        catalog_number=_FIRST_CATALOG_NUMBER + place,
        epoch_utc=np.datetime64(to_datetime64(posix).item(), "us"),
        mean_motion_rev_day=motion,
        eccentricity=eccentricity,
        inclination_deg=inclination_deg,
        raan_deg=raan_deg % 360.0,
        argument_of_perigee_deg=argument_of_perigee_deg,
        mean_anomaly_deg=mean_anomaly_deg % 360.0,
        bstar=bstar,
        source=DESIGNED,
    )


def _check_design(noun: Walker | SunSynchronous) -> None:
    where = type(noun).__name__
    if not slug(noun.name):
        raise InputError(f"{where}.name = {noun.name!r} holds no letter or digit.")
    epoch = dt.datetime.fromtimestamp(to_posix(noun.epoch, f"{where}.epoch"), dt.UTC)
    object.__setattr__(noun, "epoch", epoch)
    noun.elements()  # numbers that do not fit one another are refused here too


@noun
class Walker:
    """A Walker constellation of circular orbits; the fields are the arguments of `walker`."""

    name: str = "walker"
    altitude_m: OrbitAltitude
    inclination_deg: Inclination
    satellites: Count
    planes: Count
    epoch: dt.datetime
    phasing: Annotated[int, Ge(0)] = 0
    pattern: Literal["delta", "star"] = "delta"
    raan_deg: Turn = 0.0
    mean_anomaly_deg: Turn = 0.0
    bstar: NonNegative = 0.0
    model: Literal["walker"] = "walker"

    def __post_init__(self) -> None:
        _check_design(self)

    def elements(self) -> Elements:
        """Return the element sets of all satellites."""
        return walker(**_arguments(self))


@noun
class SunSynchronous:
    """Satellites on one Sun-synchronous orbit; the fields are the arguments of `sun_synchronous`."""

    name: str = "sun-synchronous"
    altitude_m: OrbitAltitude
    ltan_hours: Hours
    epoch: dt.datetime
    satellites: Count = 1
    eccentricity: Eccentricity = 0.0
    argument_of_perigee_deg: Turn = 0.0
    mean_anomaly_deg: Turn = 0.0
    bstar: NonNegative = 0.0
    model: Literal["sun-synchronous"] = "sun-synchronous"

    def __post_init__(self) -> None:
        _check_design(self)

    def elements(self) -> Elements:
        """Return the element sets of all satellites."""
        return sun_synchronous(**_arguments(self))


def _arguments(noun: Walker | SunSynchronous) -> dict[str, Any]:
    return {field.name: getattr(noun, field.name) for field in fields(noun) if field.name != "model"}
