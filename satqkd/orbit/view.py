"""What stations see of satellites at given instants: the quantities in which passes are found and described."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satqkd.orbit.propagation import Track, acceleration
from satqkd.orbit.station import Horizons

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Who looks at whom: indices of tracks, in rising order, and of stations, one entry each."""

    track: IntArray
    station: IntArray

    def __getitem__(self, chosen: Any) -> Pairs:
        return Pairs(self.track[chosen], self.station[chosen])

    def __len__(self) -> int:
        return len(self.track)


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("nc,nc->n", a, b))


@dataclass(frozen=True, slots=True)
class View:
    """Geometry of station and satellite at some instants, one entry each.

    Parameters
    ----------
    tai_s : ndarray
        Instants [s, TAI since 1970].
    d, v, a : ndarray
        Vector from the station [m], its rate [m/s] and an acceleration good enough to iterate with [m/s^2], in the
        Earth-fixed frame, shape (n, 3).
    u, u1, u2 : ndarray
        Height above the horizon plane [m] and its derivatives.
    rho2 : ndarray
        Squared range [m^2].
    rv, rv1 : ndarray
        Half its derivatives [m^2/s], [m^2/s^2].
    """

    tai_s: FloatArray
    d: FloatArray
    v: FloatArray
    a: FloatArray
    u: FloatArray
    u1: FloatArray
    u2: FloatArray
    rho2: FloatArray
    rv: FloatArray
    rv1: FloatArray

    def __getitem__(self, chosen: Any) -> View:
        return View(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @staticmethod
    def joined(parts: Sequence[View]) -> View:
        """Return several views as one."""
        return View(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(View)))

    def climb(self) -> FloatArray:
        """Return g = u' rho^2 - u (rho . rho'), which has the sign of the elevation's derivative."""
        return self.u1 * self.rho2 - self.u * self.rv

    def climb_rate(self) -> FloatArray:
        """Return the derivative of `climb`."""
        return self.u2 * self.rho2 + self.u1 * self.rv - self.u * self.rv1

    def above(self, sin_mask: FloatArray) -> FloatArray:
        """Return f = u - rho sin(mask) [m], which is positive above the mask."""
        return self.u - sin_mask * np.sqrt(self.rho2)

    def above_rate(self, sin_mask: FloatArray) -> FloatArray:
        """Return the derivative of `above` [m/s]."""
        return self.u1 - sin_mask * self.rv / np.sqrt(self.rho2)

    def above_bend(self, sin_mask: FloatArray) -> FloatArray:
        """Return the second derivative of `above` [m/s^2]."""
        rho = np.sqrt(self.rho2)
        return self.u2 - sin_mask * (self.rv1 - self.rv**2 / self.rho2) / rho


def as_view(
    horizons: Horizons, station: IntArray, tai_s: FloatArray, d: FloatArray, v: FloatArray, a: FloatArray
) -> View:
    """Make a view of vectors from stations and their derivatives."""
    up = horizons.east_north_up[station, 2]
    u, u1, u2 = _dot(up, d), _dot(up, v), _dot(up, a)
    return View(tai_s, d, v, a, u, u1, u2, rho2=_dot(d, d), rv=_dot(d, v), rv1=_dot(v, v) + _dot(d, a))


def view(horizons: Horizons, station: IntArray, tai_s: FloatArray, position: FloatArray, velocity: FloatArray) -> View:
    """Look from stations at Earth-fixed positions [m] and velocities [m/s], shape (n, 3)."""
    d = position - horizons.position_m[station]
    return as_view(horizons, station, tai_s, d, velocity, acceleration(position, velocity))


def moved(horizons: Horizons, station: IntArray, seen: View, by_s: FloatArray) -> View:
    """Carry a view over a small step of time [s] by its own derivatives."""
    step = by_s[:, None]
    d = seen.d + step * (seen.v + 0.5 * step * seen.a)
    return as_view(horizons, station, seen.tai_s + by_s, d, seen.v + step * seen.a, seen.a)


def look(tracks: Sequence[Track], horizons: Horizons, pairs: Pairs, tai_s: FloatArray) -> View:
    """Look from stations at satellites at one instant each [s, TAI since 1970], with SGP4 itself."""
    position, velocity = np.empty((tai_s.size, 3)), np.empty((tai_s.size, 3))
    edges = np.searchsorted(pairs.track, np.arange(len(tracks) + 1))
    for track, begin, end in zip(tracks, edges[:-1], edges[1:], strict=True):
        if end > begin:
            position[begin:end], velocity[begin:end] = track.locate(tai_s[begin:end])
    return view(horizons, pairs.station, tai_s, position, velocity)


def elevation_azimuth_deg(horizons: Horizons, station: IntArray, d: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return elevation and azimuth [deg], north 0 and east 90, of vectors from stations, shape (n, 3)."""
    local = np.einsum("nij,nj->ni", horizons.east_north_up[station], d)
    azimuth = np.degrees(np.arctan2(local[:, 0], local[:, 1])) % 360.0
    return np.degrees(np.arctan2(local[:, 2], np.hypot(local[:, 0], local[:, 1]))), azimuth
