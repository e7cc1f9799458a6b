"""What stations see of satellites at given instants: the quantities in which passes are found and described."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

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

    def __getitem__(self, chosen: Any) -> Self:
        return type(self)(*(getattr(self, field.name)[..., chosen] for field in fields(self)))

    def marks(self) -> Marks:
        """Return these five alone."""
        return Marks(self.tai_s, self.u, self.u1, self.rho2, self.rv)

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
class View(Marks):
    """Marks with the vectors behind them and second derivatives.

    Parameters
    ----------
    d, v, a : ndarray
        Vector from the station [m], its rate [m/s] and an acceleration good for a few seconds [m/s^2], in the
        Earth-fixed frame, shape (3, n).
    u2, rv1 : ndarray
        Derivatives of `u1` and `rv`.
    """

    d: FloatArray
    v: FloatArray
    a: FloatArray
    u2: FloatArray
    rv1: FloatArray

    def climb_rate(self) -> FloatArray:
        """Return the derivative of `climb`."""
        return self.u2 * self.rho2 + self.u1 * self.rv - self.u * self.rv1

    def above_bend(self, sin_mask: FloatArray) -> FloatArray:
        """Return the second derivative of `above` [m/s^2]."""
        return self.u2 - sin_mask * (self.rv1 - self.rv**2 / self.rho2) / np.sqrt(self.rho2)

    def moved(self, up: FloatArray, by_s: FloatArray) -> View:
        """Step over a little time [s] by the derivatives; `up` is the stations' vertical, shape (3, n)."""
        d = self.d + by_s * (self.v + 0.5 * by_s * self.a)
        return _view(up, self.tai_s + by_s, d, self.v + by_s * self.a, self.a)


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(a[0] * b[0] + a[1] * b[1] + a[2] * b[2])


def _view(up: FloatArray, tai_s: FloatArray, d: FloatArray, v: FloatArray, a: FloatArray) -> View:
    return View(
        tai_s,
        u=_dot(up, d),
        u1=_dot(up, v),
        rho2=_dot(d, d),
        rv=_dot(d, v),
        d=d,
        v=v,
        a=a,
        u2=_dot(up, a),
        rv1=_dot(v, v) + _dot(d, a),
    )


def mark(
    horizons: Horizons, station: IntArray, tai_s: FloatArray, position_m: FloatArray, velocity_m_s: FloatArray
) -> Marks:
    """Look from stations at Earth-fixed positions and velocities already known, shape (3, n)."""
    up = horizons.up[:, station]
    d = position_m - horizons.position_m[:, station]
    return Marks(tai_s, u=_dot(up, d), u1=_dot(up, velocity_m_s), rho2=_dot(d, d), rv=_dot(d, velocity_m_s))


def look(tracks: Sequence[Track], horizons: Horizons, pairs: Pairs, tai_s: FloatArray) -> View:
    """Look from stations at satellites at one instant each [s, TAI since 1970], with SGP4 itself."""
    if len(tracks) == 1:
        position, velocity = tracks[0].locate(tai_s)
    else:
        position, velocity = np.empty((3, tai_s.size)), np.empty((3, tai_s.size))
        edges = np.searchsorted(pairs.track, np.arange(len(tracks) + 1))
        for track, begin, end in zip(tracks, edges[:-1], edges[1:], strict=True):
            if end > begin:
                position[:, begin:end], velocity[:, begin:end] = track.locate(tai_s[begin:end])
    d = position - horizons.position_m[:, pairs.station]
    return _view(horizons.up[:, pairs.station], tai_s, d, velocity, acceleration(position, velocity))


def elevation_azimuth_deg(frames: FloatArray, d: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return elevation and azimuth [deg], north 0 and east 90, of vectors (3, n) in horizon frames (3, 3, n)."""
    east, north, up = (_dot(axis, d) for axis in frames)
    azimuth = np.degrees(np.arctan2(east, north))
    return np.degrees(np.arctan2(up, np.hypot(east, north))), np.where(azimuth < 0.0, azimuth + 360.0, azimuth)
