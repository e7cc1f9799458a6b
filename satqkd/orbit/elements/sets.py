"""Element sets: what one is, and a collection of many epochs of many satellites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import pi, radians
from typing import Any

import numpy as np

from satqkd.errors import InputError, did_you_mean
from satqkd.reads import FileRead, distinct

_SGP4_EPOCH = np.datetime64("1949-12-31T00:00:00", "us")
_DAY = np.timedelta64(1, "D")
_YEARS = np.datetime64("1950-01-01", "D"), np.datetime64("2150-01-01", "D")
LARGEST_ALPHA5 = 339999
DESIGNED = "designed"
"""The source of a designed orbit; that of a set read from a file ends in its line."""


@dataclass(frozen=True, slots=True)
class ElementSet:
    """One set of SGP4 mean elements, in the units of the formats it is written in.

    Parameters
    ----------
    satellite : str
        Our own id, e.g. ``micius``; every epoch of one satellite carries the same.
    name : str
        The name in the file, as it stands there.
    catalog_number : int
        NORAD catalogue number of any size.
    epoch_utc : numpy.datetime64
        Epoch [us, UTC].
    mean_motion_rev_day, eccentricity, inclination_deg, raan_deg, argument_of_perigee_deg, mean_anomaly_deg : float
        Mean elements of SGP4 (Kozai mean motion).
    bstar : float
        Drag term [1/Earth radius].
    mean_motion_dot_rev_day2, mean_motion_ddot_rev_day3 : float
        The halved and sixthed derivatives as TLE and OMM print them; SGP4 does not use them.
    international_designator : str
        E.g. ``2016-051A``.
    source : str
        File and line the set was read from, or that it was designed.
    """

    satellite: str
    name: str
    catalog_number: int
    epoch_utc: np.datetime64
    mean_motion_rev_day: float
    eccentricity: float
    inclination_deg: float
    raan_deg: float
    argument_of_perigee_deg: float
    mean_anomaly_deg: float
    bstar: float = 0.0
    mean_motion_dot_rev_day2: float = 0.0
    mean_motion_ddot_rev_day3: float = 0.0
    international_designator: str = ""
    classification: str = "U"
    ephemeris_type: int = 0
    element_set_number: int = 999
    revolution_number: int = 0
    source: str = ""

    def __post_init__(self) -> None:
        wrong = self._problem()
        if wrong:
            raise InputError(f"{self.source or self.satellite}: {wrong}.", "Ask the source for a sound element set.")

    def _problem(self) -> str:
        limits = (
            ("the inclination [deg]", self.inclination_deg, 0.0, 180.0),
            ("the right ascension of the node [deg]", self.raan_deg, -360.0, 360.0),
            ("the argument of perigee [deg]", self.argument_of_perigee_deg, -360.0, 360.0),
            ("the mean anomaly [deg]", self.mean_anomaly_deg, -360.0, 360.0),
            ("the mean motion [rev/day]", self.mean_motion_rev_day, 0.01, 18.0),
            ("the eccentricity", self.eccentricity, 0.0, 0.999),
        )
        for what, value, low, high in limits:
            if not low <= value <= high:
                return f"{what} is {value:g}, allowed is {low:g} to {high:g}"
        if not _YEARS[0] <= self.epoch_utc < _YEARS[1]:
            return f"the epoch {self.epoch_utc} is out of range, allowed is {_YEARS[0]} to {_YEARS[1]}"
        if self.ephemeris_type == 4:
            return "the ephemeris type is 4, SGP4-XP, whose elements SGP4 must not propagate"
        return ""

    @property
    def designed(self) -> bool:
        """Whether the orbit was designed and not measured, so that its elements do not age."""
        return self.source == DESIGNED

    def satrec(self) -> Any:
        """Return the set as an ``sgp4.api.Satrec``, ready to propagate."""
        from sgp4.api import WGS72, Satrec

        model = Satrec()
        per_minute = pi / 720.0  # rev/day -> rad/min
        model.sgp4init(
            WGS72,
            "i",
            # SGP4 refuses larger numbers and does not use them; ours is the one that counts.
            self.catalog_number if self.catalog_number <= LARGEST_ALPHA5 else 0,
            float((self.epoch_utc - _SGP4_EPOCH) / _DAY),
            self.bstar,
            self.mean_motion_dot_rev_day2 * per_minute / 1440.0,
            self.mean_motion_ddot_rev_day3 * per_minute / 1440.0**2,
            self.eccentricity,
            radians(self.argument_of_perigee_deg),
            radians(self.inclination_deg),
            radians(self.mean_anomaly_deg),
            self.mean_motion_rev_day * per_minute,
            radians(self.raan_deg),
        )
        return model


@dataclass(frozen=True, slots=True)
class Elements:
    """Element sets of any number of satellites and epochs, sorted by both, and the files they were read from."""

    sets: tuple[ElementSet, ...]
    files: tuple[FileRead, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        # Of two sets of one satellite and one epoch the later in the file replaces the earlier.
        kept = {(item.satellite, item.epoch_utc): item for item in self.sets}
        ordered = sorted(kept.values(), key=lambda item: (item.satellite, item.epoch_utc))
        object.__setattr__(self, "sets", tuple(ordered))

    def __iter__(self) -> Iterator[ElementSet]:
        return iter(self.sets)

    def __len__(self) -> int:
        return len(self.sets)

    @property
    def satellites(self) -> tuple[str, ...]:
        """Ids of the satellites, sorted."""
        return tuple(sorted({item.satellite for item in self.sets}))

    def of(self, satellite: str) -> Elements:
        """Return the sets of one satellite.

        Raises
        ------
        InputError
            If there are none.
        """
        chosen = tuple(item for item in self.sets if item.satellite == satellite)
        if not chosen:
            raise InputError(
                f"There are no elements of satellite {satellite!r}.", did_you_mean(satellite, self.satellites)
            )
        return Elements(chosen, self.files)

    def merged(self, other: Elements) -> Elements:
        """Return these sets and those of another collection."""
        return Elements(self.sets + other.sets, distinct((*self.files, *other.files)))

    def renamed(self, satellite: str) -> Elements:
        """Return the sets under another satellite id; they must all be of one object.

        Raises
        ------
        InputError
            If they belong to several objects.
        """
        objects = sorted({str(item.catalog_number or item.satellite) for item in self.sets})
        if len(objects) > 1:
            raise InputError(
                f"One id {satellite!r} cannot stand for {len(objects)} objects "
                f"({', '.join(objects[:4])}{', ...' if len(objects) > 4 else ''}).",
                "Choose one of them first, with Elements.of(satellite).",
            )
        return Elements(tuple(replace(item, satellite=satellite) for item in self.sets), self.files)


def slug(name: str) -> str:
    """Make an id from a name: lower case, digits and letters, single hyphens.

    >>> slug("QSS (MOZI)")
    'qss-mozi'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
