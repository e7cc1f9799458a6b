"""What stations see of satellites at given instants: the quantities in which passes are found and described."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from satqkd.arrays import FloatArray, IntArray
from satqkd.orbit.engine.tracks import Track
from satqkd.orbit.station import Horizons

# Arrays are indexed with ``take``, which is several times faster than square brackets.


@dataclass(frozen=True, slots=True)
class Pairs:
    """Who looks at whom: indices of tracks, in rising order, and of stations, one entry each."""

    track: IntArray
    station: IntArray

    def __getitem__(self, chosen: IntArray) -> Pairs:
        return Pairs(self.track.take(chosen), self.station.take(chosen))

    def __len__(self) -> int:
        return len(self.track)

    @staticmethod
    def joined(parts: Sequence[Pairs]) -> Pairs:
        """Return several lists of pairs as one."""
        return Pairs(np.concatenate([p.track for p in parts]), np.concatenate([p.station for p in parts]))


@dataclass(frozen=True, slots=True)
class Marks:
    """How high and how far satellites stand at some instants, one entry each.

    Parameters
    ----------
    tai_s : ndarray
        Instants [s, TAI since 1970].
    u, u1 : ndarray
        Height above the horizon plane [m] and its derivative [m/s].
    rho2, rv : ndarray
        Squared range [m^2] and half its derivative [m^2/s].
    """

    tai_s: FloatArray
    u: FloatArray
    u1: FloatArray
    rho2: FloatArray
    rv: FloatArray

    def __getitem__(self, chosen: IntArray) -> Marks:
        return Marks(*(getattr(self, field.name).take(chosen) for field in fields(self)))

    @staticmethod
    def joined(parts: Sequence[Marks]) -> Marks:
        """Return several lists as one."""
        return Marks(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Marks)))

    def climb(self) -> FloatArray:
        """Return g = u' rho^2 - u (rho . rho'), which has the sign of the elevation's derivative."""
        return self.u1 * self.rho2 - self.u * self.rv

    def above(self, sin_mask: FloatArray) -> FloatArray:
        """Return f = u - rho sin(mask) [m], which is positive above the mask."""
        return self.u - sin_mask * np.sqrt(self.rho2)

    def above_rate(self, sin_mask: FloatArray) -> FloatArray:
        """Return the derivative of `above` [m/s]."""
        return self.u1 - sin_mask * self.rv / np.sqrt(self.rho2)


@dataclass(frozen=True, slots=True)
class View:
    """Vectors from stations to satellites at some instants.

    Parameters
    ----------
    tai_s : ndarray
        Instants [s, TAI since 1970].
    d, v, a : ndarray
        Vector from the station [m], its rate [m/s] and an acceleration good for a few seconds [m/s^2], in the
        Earth-fixed frame, shape (3, n).
    up : ndarray
        The station's vertical, shape (3, n).
    """

    tai_s: FloatArray
    d: FloatArray
    v: FloatArray
    a: FloatArray
    up: FloatArray

    def __getitem__(self, chosen: IntArray) -> View:
        return View(*(getattr(self, field.name).take(chosen, axis=-1) for field in fields(self)))

    def marks(self) -> Marks:
        """Return how high and how far the satellites stand."""
        return Marks(self.tai_s, dot(self.up, self.d), dot(self.up, self.v), self.rho2(), dot(self.d, self.v))

    def rho2(self) -> FloatArray:
        """Return the squared range [m^2]."""
        return dot(self.d, self.d)

    def bends(self) -> tuple[FloatArray, FloatArray]:
        """Return the derivatives of the marks' u1 and rv."""
        return dot(self.up, self.a), dot(self.v, self.v) + dot(self.d, self.a)

    def moved(self, by_s: FloatArray) -> View:
        """Step over a little time [s] by the derivatives."""
        d = self.d + by_s * (self.v + 0.5 * by_s * self.a)
        return View(self.tai_s + by_s, d, self.v + by_s * self.a, self.a, self.up)


def dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the scalar products of vectors, shape (3, n)."""
    return np.asarray(np.einsum("cn,cn->n", a, b))


def mark(
    horizons: Horizons, station: IntArray, tai_s: FloatArray, position_m: FloatArray, velocity_m_s: FloatArray
) -> Marks:
    """Look from stations at Earth-fixed positions and velocities already known, shape (3, n)."""
    up = np.take(horizons.up, station, axis=1)
    d = position_m - np.take(horizons.position_m, station, axis=1)
    return Marks(tai_s, u=dot(up, d), u1=dot(up, velocity_m_s), rho2=dot(d, d), rv=dot(d, velocity_m_s))


def look(tracks: Sequence[Track], horizons: Horizons, pairs: Pairs, tai_s: FloatArray) -> View:
    """Look from stations at satellites at one instant each [s, TAI since 1970]."""
    if len(tracks) == 1:
        position, velocity, bend = tracks[0].locate(tai_s)
    else:
        position, velocity, bend = np.empty((3, 3, tai_s.size))
        edges = np.searchsorted(pairs.track, np.arange(len(tracks) + 1))
        for track, begin, end in zip(tracks, edges[:-1], edges[1:], strict=True):
            if end > begin:
                part = slice(begin, end)
                position[:, part], velocity[:, part], bend[:, part] = track.locate(tai_s[part])
    d = position - np.take(horizons.position_m, pairs.station, axis=1)
    return View(tai_s, d, velocity, bend, np.take(horizons.up, pairs.station, axis=1))


def elevation_azimuth_deg(frames: FloatArray, d: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return elevation and azimuth [deg], north 0 and east 90, of vectors (3, n) in horizon frames (3, 3, n)."""
    east, north, up = (dot(axis, d) for axis in frames)
    return np.degrees(np.arctan2(up, np.hypot(east, north))), np.degrees(np.arctan2(east, north)) % 360.0
