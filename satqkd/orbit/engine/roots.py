"""Find when satellites stand above the horizons of stations: brackets from nodes, roots by Newton's method.

An extremum of the elevation is a sign change of g = u' rho^2 - u (rho . rho'), with u the height above the horizon
plane and rho the vector from the station: g is the derivative of u/rho times rho^3, smooth even through the zenith.
Between extrema the elevation is monotone, so that nodes and extrema bracket every crossing of the mask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from satqkd.arrays import BoolArray, FloatArray, IntArray
from satqkd.orbit.engine.tracks import Track, perigee_rate_rad_s
from satqkd.orbit.engine.view import Marks, Pairs, View, look, mark
from satqkd.orbit.station import Horizons
from satqkd.orbit.timescale import EARTH_ROTATION_RAD_S

Cubic = tuple[FloatArray, FloatArray, FloatArray, FloatArray]
Newton = Callable[[View, Any], tuple[FloatArray, FloatArray]]

_REACH_S = 0.5
"""How far a view is trusted to be stepped by its own derivatives: the third of a low orbit makes 0.2 mm of it."""
_STEP_AT_ONCE_S = 0.2
"""One step of Newton's method up to this is good to 1e-4 s for an extremum and to far less for a crossing."""
_STILL_S = 1e-5
_DIFFERENCE_S = 0.5
"""Half the distance of the positions whose difference is a velocity."""
_NEWTON_ITERATIONS = 20
# Then bisection alone, which takes 36 more from a bracket of a day to a microsecond.
_MAX_ITERATIONS = 60
# The geodetic vertical leans by up to 0.193 deg from the geocentric one.
_LEAN_RAD = np.radians(0.2)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for.

    Parameters
    ----------
    tracks : sequence of Track
    horizons : Horizons
    mask_rad : ndarray
        Geometric elevation [rad] of each station's mask.
    """

    tracks: Sequence[Track]
    horizons: Horizons
    mask_rad: FloatArray

    def sin_mask(self, pairs: Pairs) -> FloatArray:
        """Return the sine of each pair's mask."""
        return np.asarray(np.sin(self.mask_rad)[pairs.station])

    def look(self, pairs: Pairs, tai_s: FloatArray) -> View:
        """Look at pairs at one instant each [s, TAI since 1970]."""
        return look(self.tracks, self.horizons, pairs, tai_s)


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes near which a satellite can stand above a mask, sorted by track, station and time.

    Parameters
    ----------
    pairs : Pairs
    marks : Marks
    begins : ndarray of int
        Entries that are followed by the next node of their pair: the intervals that are searched.
    first, last : ndarray of bool
        The entry is the first or the last node of its track.
    """

    pairs: Pairs
    marks: Marks
    begins: IntArray
    first: BoolArray
    last: BoolArray


@dataclass(frozen=True, slots=True)
class Events:
    """Instants found inside intervals between nodes.

    Parameters
    ----------
    place : ndarray
        Index of the interval's first node plus the fraction of the interval: it sorts events by track, station, time.
    pairs : Pairs
    tai_s : ndarray
        The instants [s, TAI since 1970].
    d : ndarray
        Vector from the station [m], Earth-fixed, shape (3, n).
    """

    place: FloatArray
    pairs: Pairs
    tai_s: FloatArray
    d: FloatArray

    def __getitem__(self, chosen: IntArray) -> Events:
        return Events(self.place.take(chosen), self.pairs[chosen], self.tai_s.take(chosen), self.d.take(chosen, axis=1))


@dataclass(frozen=True, slots=True)
class Extrema:
    """Extrema of the elevation: the intervals they lie in, their marks and the derivative of the marks' rv."""

    interval: IntArray
    events: Events
    marks: Marks
    rv1: FloatArray


def near_nodes(search: Search) -> Nodes:
    """Look at the nodes next to which a satellite can stand above a mask."""
    tracks, stations, nodes, lasts, marks = [], [], [], [], []
    for index, track in enumerate(search.tracks):
        station, node = _candidates(search, track)
        used = np.zeros(track.count, dtype=bool)
        used[node] = True
        place = (np.cumsum(used) - 1)[node]
        position, velocity = track.at_nodes(np.flatnonzero(used))
        marks.append(
            mark(
                search.horizons, station, track.times(node), position.take(place, axis=1), velocity.take(place, axis=1)
            )
        )
        tracks.append(np.full(len(node), index))
        stations.append(station)
        nodes.append(node)
        lasts.append(node == track.count - 1)
    pairs = Pairs(np.concatenate(tracks), np.concatenate(stations))
    node = np.concatenate(nodes)
    follows = (np.diff(node) == 1) & (np.diff(pairs.station) == 0) & (np.diff(pairs.track) == 0)
    seen = Marks.joined(marks) if len(marks) > 1 else marks[0]
    return Nodes(pairs, seen, np.flatnonzero(follows), node == 0, np.concatenate(lasts))


def _candidates(search: Search, track: Track) -> tuple[IntArray, IntArray]:
    """Return (station, node) of all nodes next to an instant at which the satellite may stand above the mask.

    Above the mask m the Earth-central angle is at most arccos(R cos m / r) - m; within half a step it changes by at
    most half a step times the angular speed of the perigee and of the Earth.
    """
    direction, distance = track.directions()
    station_radius = np.linalg.norm(search.horizons.position_m, axis=0)
    ratio = station_radius * np.cos(search.mask_rad) / (1.01 * distance.max())
    reach = np.arccos(np.minimum(ratio, 1.0)) - search.mask_rad + _LEAN_RAD
    reach += 0.5 * track.step_s * (perigee_rate_rad_s(track.arc.elements) + EARTH_ROTATION_RAD_S)
    least = np.cos(np.clip(reach, 0.0, np.pi)) - 1e-6
    # einsum, since the threads of a matrix product cost more than it does
    cosine = np.einsum("cs,cn->sn", search.horizons.up.astype(np.float32), direction.astype(np.float32))
    near = cosine >= least.astype(np.float32)[:, None]
    near[:, :-1] |= near[:, 1:]
    near[:, 1:] |= near[:, :-1].copy()
    flat = np.flatnonzero(near)
    return flat // track.count, flat % track.count


def extrema(search: Search, nodes: Nodes) -> tuple[Extrema, Extrema]:
    """Return the maxima at or above the mask, and the minima between two nodes above it."""
    k = nodes.begins
    above = nodes.marks.above(search.sin_mask(nodes.pairs)) >= 0.0
    climbs = nodes.marks.climb() > 0.0
    tops = _extremum(search, nodes, k[climbs[k] & ~climbs[k + 1]], 1.0)
    dips = _extremum(search, nodes, k[~climbs[k] & climbs[k + 1] & above[k] & above[k + 1]], -1.0)
    return tops, dips


def _extremum(search: Search, nodes: Nodes, k: IntArray, sign: float) -> Extrema:
    """Solve for the extremum in each of the intervals k: a maximum for sign 1, a minimum for sign -1."""
    a, b, pairs = nodes.marks[k], nodes.marks[k + 1], nodes.pairs[k]
    x, height = _extremum_guess(a, b, search.sin_mask(pairs))
    if sign > 0.0:  # leave out maxima that stay clearly below, by more than the guess can be wrong
        near = np.flatnonzero(height > -2e-3 * (6.4e6 + np.sqrt(a.rho2)))
        k, a, b, pairs, x = k[near], a[near], b[near], pairs[near], x[near]

    def newton(at: View, of: Any) -> tuple[FloatArray, FloatArray]:
        m, (u2, rv1) = at.marks(), at.bends()
        climb = m.climb()
        return sign * climb, -climb / (u2 * m.rho2 + m.u1 * m.rv - m.u * rv1)

    seen = roots(search, pairs, a.tai_s, b.tai_s, x, newton)
    if any(track.polynomials is None for track in search.tracks):
        seen = _corrected(search, pairs, seen, newton)
    marks, rv1 = seen.marks(), seen.bends()[1]
    found = Events(_place(k, seen.tai_s, a.tai_s, b.tai_s), pairs, seen.tai_s, seen.d)
    if sign < 0.0:
        return Extrema(k, found, marks, rv1)
    reached = np.flatnonzero(marks.above(search.sin_mask(pairs)) >= 0.0)
    return Extrema(k[reached], found[reached], marks[reached], rv1[reached])


def _place(k: IntArray, tai_s: FloatArray, begin_s: FloatArray, end_s: FloatArray) -> FloatArray:
    """Return the place of instants in their intervals; a root may miss its bracket by the last bits of a second."""
    return np.asarray(k + np.clip((tai_s - begin_s) / (end_s - begin_s), 0.0, 1.0 - 1e-9))


def _corrected(search: Search, pairs: Pairs, seen: View, newton: Newton) -> View:
    """Step on to where the positions themselves have their extremum.

    SGP4's velocities differ from the derivatives of its positions: by centimetres a second for most low orbits, by a
    metre a second for eccentric ones, which shifts a culmination by a fifth of a second.
    """
    early = search.look(pairs, seen.tai_s - _DIFFERENCE_S)
    late = search.look(pairs, seen.tai_s + _DIFFERENCE_S)
    seen = replace(search.look(pairs, seen.tai_s), v=(late.d - early.d) / (2.0 * _DIFFERENCE_S))
    step = newton(seen, slice(None))[1]
    return _settled(seen, np.where(np.abs(step) <= 2.0 * _REACH_S, step, 0.0), newton, slice(None))


def _extremum_guess(a: Marks, b: Marks, sin_mask: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Guess the extremum between two nodes from cubics of u and rho^2: its fraction of the way, and its height [m]."""
    span = b.tai_s - a.tai_s
    u = _cubic(a.u, b.u, a.u1 * span, b.u1 * span)
    rho2 = _cubic(a.rho2, b.rho2, 2.0 * a.rv * span, 2.0 * b.rv * span)
    x = _secant(a.climb(), b.climb())
    for _ in range(3):
        u0, u1, u2 = _polynomial(u, x)
        r0, r1, r2 = _polynomial(rho2, x)
        x = _stepped(x, u1 * r0 - 0.5 * u0 * r1, u2 * r0 + 0.5 * u1 * r1 - 0.5 * u0 * r2)
    return x, _polynomial(u, x)[0] - sin_mask * np.sqrt(np.abs(_polynomial(rho2, x)[0]))


def _secant(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return where the line from a to b meets zero, as a fraction of the way."""
    return np.clip(a / np.where(a == b, 1.0, a - b), 0.0, 1.0)


def _stepped(x: FloatArray, value: FloatArray, slope: FloatArray) -> FloatArray:
    """Make a step of Newton's method and stay inside [0, 1]."""
    return np.clip(x - value / np.where(slope == 0.0, 1.0, slope), 0.0, 1.0)


def _cubic(a: FloatArray, b: FloatArray, da: FloatArray, db: FloatArray) -> Cubic:
    """Return the coefficients of the cubic on [0, 1] with given values and slopes at its ends."""
    return a, da, 3.0 * (b - a) - 2.0 * da - db, 2.0 * (a - b) + da + db


def _polynomial(c: Cubic, x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return a cubic's value, slope and bend."""
    value = c[0] + x * (c[1] + x * (c[2] + x * c[3]))
    return value, c[1] + x * (2.0 * c[2] + x * 3.0 * c[3]), 2.0 * c[2] + 6.0 * c[3] * x


def roots(search: Search, pairs: Pairs, low: FloatArray, high: FloatArray, guess: FloatArray, newton: Newton) -> View:
    """Find one root of each entry inside its bracket and return the view there.

    Newton's method, held in the bracket by bisection. The last step, up to `_REACH_S`, is made by the
    derivatives of the last view, refined until it stands still.

    Parameters
    ----------
    pairs : Pairs
        With the tracks in rising order.
    low, high : ndarray
        The brackets [s, TAI since 1970].
    guess : ndarray
        Where to begin, as a fraction of the way.
    newton : callable
        For a view of the entries chosen by an index, a value that is positive left of the root and negative right of
        it, and the step [s] towards the root.
    """
    low, high = low.copy(), high.copy()
    tai = low + guess * (high - low)
    found: list[FloatArray] = []
    unsettled: Any = slice(None)
    for iteration in range(_MAX_ITERATIONS):
        seen = search.look(pairs if isinstance(unsettled, slice) else pairs[unsettled], tai[unsettled])
        value, step = newton(seen, unsettled)
        near = np.abs(step) <= _REACH_S
        last = _settled(seen, np.where(near, step, 0.0), newton, unsettled)
        parts = [getattr(last, field.name) for field in fields(View)]
        if not found:
            found = parts
        else:
            for old, new in zip(found, parts, strict=True):
                old[..., unsettled] = new
        if near.all():
            break
        left = value > 0.0
        low[unsettled] = np.where(left, tai[unsettled], low[unsettled])
        high[unsettled] = np.where(left, high[unsettled], tai[unsettled])
        going = ~near & (high[unsettled] - low[unsettled] > _STILL_S) & np.isfinite(value)
        unsettled = np.flatnonzero(going) if iteration == 0 else unsettled[going]
        if not len(unsettled):
            break
        trial = tai[unsettled] + step[going]
        inside = (trial > low[unsettled]) & (trial < high[unsettled]) & (iteration < _NEWTON_ITERATIONS)
        tai[unsettled] = np.where(inside, trial, 0.5 * (low[unsettled] + high[unsettled]))
    return View(*found)


def _settled(seen: View, by_s: FloatArray, newton: Newton, of: Any) -> View:
    """Step views by their own derivatives and correct the larger of the steps once more."""
    moved = seen.moved(by_s)
    far = np.flatnonzero(np.abs(by_s) > _STEP_AT_ONCE_S)
    if not len(far):
        return moved
    index = far if isinstance(of, slice) else of[far]
    begun, total = seen[far], by_s[far]
    for _ in range(2):
        _, more = newton(begun.moved(total), index)
        total = total + np.where(np.abs(more) <= _REACH_S, more, 0.0)
    by_s = by_s.copy()
    by_s[far] = total
    return seen.moved(by_s)


def crossings(search: Search, nodes: Nodes, tops: Extrema, dips: Extrema) -> tuple[Events, Events]:
    """Return where satellites rise above the mask and where they sink below it, each in order."""
    k = nodes.begins
    sines = search.sin_mask(nodes.pairs)
    above = nodes.marks.above(sines) >= 0.0
    turning = np.zeros(len(above), dtype=bool)
    parts = []
    for extremum in (tops, dips):
        at = extremum.interval
        turning[at] = True
        up = extremum.marks.above(sines[at]) >= 0.0
        before, after = np.flatnonzero(above[at] != up), np.flatnonzero(above[at + 1] != up)
        parts.append((at[before], nodes.marks[at[before]], extremum.marks[before]))
        parts.append((at[after], extremum.marks[after], nodes.marks[at[after] + 1]))
    plain = k[(above[k] != above[k + 1]) & ~turning[k]]
    parts.append((plain, nodes.marks[plain], nodes.marks[plain + 1]))
    at = np.concatenate([part[0] for part in parts])
    low, high = Marks.joined([part[1] for part in parts]), Marks.joined([part[2] for part in parts])
    node = nodes.marks.tai_s
    order = np.argsort(at + (low.tai_s - node[at]) / (node[at + 1] - node[at]), kind="stable")
    at, low, high = at[order], low[order], high[order]
    pairs, sine = nodes.pairs[at], sines[at]
    fa, fb = low.above(sine), high.above(sine)
    rising = fb > fa
    way = np.where(rising, 1.0, -1.0)
    span = high.tai_s - low.tai_s
    cubic = _cubic(fa, fb, low.above_rate(sine) * span, high.above_rate(sine) * span)
    x = _secant(fa, fb)
    for _ in range(4):
        x = _stepped(x, *_polynomial(cubic, x)[:2])

    def newton(seen: View, of: Any) -> tuple[FloatArray, FloatArray]:
        # The root of the parabola through value, slope and bend, on the branch that rises or sinks.
        m, (u2, rv1), rho = seen.marks(), seen.bends(), np.sqrt(seen.rho2())
        f0, f1 = m.u - sine[of] * rho, m.u1 - sine[of] * m.rv / rho
        f2 = u2 - sine[of] * (rv1 - (m.rv / rho) ** 2) / rho
        inside = f1 * f1 - 2.0 * f0 * f2
        divisor = f1 + way[of] * np.sqrt(np.maximum(inside, 0.0))
        good = (inside >= 0.0) & (divisor * way[of] > 0.0)
        return -way[of] * f0, np.where(good, -2.0 * f0 / np.where(good, divisor, 1.0), np.inf)

    seen = roots(search, pairs, low.tai_s, high.tai_s, x, newton)
    found = Events(_place(at, seen.tai_s, node[at], node[at + 1]), pairs, seen.tai_s, seen.d)
    return found[np.flatnonzero(rising)], found[np.flatnonzero(~rising)]


def nearest(search: Search, nodes: Nodes, k: IntArray) -> Events:
    """Return the minima of the range in the intervals k."""
    rv = nodes.marks.rv
    k = k[(rv[k] < 0.0) & (rv[k + 1] >= 0.0)]
    a, b, pairs = nodes.marks[k], nodes.marks[k + 1], nodes.pairs[k]
    span = b.tai_s - a.tai_s
    cubic = _cubic(a.rho2, b.rho2, 2.0 * a.rv * span, 2.0 * b.rv * span)
    x = _secant(a.rv, b.rv)
    for _ in range(3):
        x = _stepped(x, *_polynomial(cubic, x)[1:])

    def newton(at: View, of: Any) -> tuple[FloatArray, FloatArray]:
        m = at.marks()
        return -m.rv, -m.rv / at.bends()[1]

    seen = roots(search, pairs, a.tai_s, b.tai_s, x, newton)
    return Events(_place(k, seen.tai_s, a.tai_s, b.tai_s), pairs, seen.tai_s, seen.d)
