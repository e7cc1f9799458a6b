"""Find when satellites stand above the horizons of stations: brackets from nodes, roots by Newton on SGP4 itself.

An extremum of the elevation is a sign change of g = u' rho^2 - u (rho . rho'), with u the height above the horizon
plane and rho the vector from the station: g is the derivative of u/rho times rho^3, smooth even through the zenith.
Between extrema the elevation is monotone, so that nodes and extrema bracket every crossing of the mask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satqkd.orbit.propagation import EARTH_ROTATION_RAD_S, Track, earth_fixed, perigee_rate_rad_s
from satqkd.orbit.station import Horizons
from satqkd.orbit.timescale import gmst_rad
from satqkd.orbit.view import Pairs, View, as_view, elevation_azimuth_deg, look, moved, view

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_ACCEPTED_STEP_S = 0.05
"""A last Newton step up to this leaves an error below 1e-4 s."""
_NEWTON_ITERATIONS = 20
# Then bisection alone, which takes 36 more from a bracket of a day to 2 microseconds.
_MAX_ITERATIONS = 60
# The geodetic vertical leans by up to 0.193 deg from the geocentric one.
_LEAN_RAD = np.radians(0.2)


@dataclass(frozen=True, slots=True)
class Contacts:
    """Intervals above the mask, one entry each, sorted by track, station and time.

    Times in s, TAI since 1970. `start_open` and `end_open` tell that the satellite was above the mask already, or
    still, where the search began or ended.
    """

    pairs: Pairs
    aos_tai_s: FloatArray
    tca_tai_s: FloatArray
    los_tai_s: FloatArray
    max_elevation_deg: FloatArray
    aos_azimuth_deg: FloatArray
    tca_azimuth_deg: FloatArray
    los_azimuth_deg: FloatArray
    min_range_m: FloatArray
    start_open: BoolArray
    end_open: BoolArray


@dataclass(frozen=True, slots=True)
class _Search:
    """What is looked for, and the stretch of time [s, TAI since 1970] of each track."""

    tracks: Sequence[Track]
    horizons: Horizons
    mask_rad: FloatArray
    start: FloatArray
    end: FloatArray

    def sin_mask(self, pairs: Pairs) -> FloatArray:
        return np.asarray(np.sin(self.mask_rad)[pairs.station])

    def key(self, pairs: Pairs) -> IntArray:
        return pairs.track * len(self.horizons.names) + pairs.station


@dataclass(frozen=True, slots=True)
class _Events:
    """Instants of pairs, with the vector from the station [m]."""

    pairs: Pairs
    tai_s: FloatArray
    d: FloatArray

    def __getitem__(self, chosen: Any) -> _Events:
        return _Events(self.pairs[chosen], self.tai_s[chosen], self.d[chosen])

    def sorted_by_key(self, search: _Search) -> _Events:
        return self[np.lexsort((self.tai_s, search.key(self.pairs)))]


def find_contacts(
    tracks: Sequence[Track],
    horizons: Horizons,
    mask_deg: FloatArray,
    start_tai_s: FloatArray,
    end_tai_s: FloatArray,
) -> Contacts:
    """Find the intervals in which each satellite stands at or above each station's mask.

    Parameters
    ----------
    tracks : sequence of Track
    horizons : Horizons
    mask_deg : ndarray
        Geometric elevation [deg] of each station's mask, shape (n_stations,).
    start_tai_s, end_tai_s : ndarray
        Stretch to search on each track [s, TAI since 1970]; its nodes begin at the start and cover the end.
    """
    search = _Search(tracks, horizons, np.radians(mask_deg), start_tai_s, end_tai_s)
    pairs, seen, begins, first = _near_nodes(search)
    sin_mask = search.sin_mask(pairs)
    above = seen.above(sin_mask) >= 0.0
    climb = seen.climb()
    k = np.flatnonzero(begins)

    tops, dips = _extrema(search, pairs, seen, k, above, climb)
    rises, falls = _crossings(search, pairs, seen, k, above, [tops, dips])
    lit = above[k] | above[k + 1]
    lit[np.isin(k, tops.interval)] = True
    nearest = _nearest(search, pairs, seen, k[lit & (seen.rv[k] < 0.0) & (seen.rv[k + 1] >= 0.0)])
    opened = _Events(pairs, seen.tai_s, seen.d)[first & above]
    return _contacts(search, rises, falls, opened, tops.events(), nearest)


def _near_nodes(search: _Search) -> tuple[Pairs, View, BoolArray, BoolArray]:
    """Look at the nodes near which a satellite can stand above a mask.

    Returns
    -------
    Pairs, View
        Sorted by track, station and time.
    begins : ndarray of bool
        The entry and the following one are neighbouring nodes of one pair.
    first : ndarray of bool
        The entry is the first node of its track.
    """
    tracks, stations, nodes, views = [], [], [], []
    for index, track in enumerate(search.tracks):
        station, node = _candidates(search, track)
        used = np.zeros(len(track.position_km), dtype=bool)
        used[node] = True
        place = np.cumsum(used) - 1
        times = np.asarray(track.start_tai_s + track.step_s * np.flatnonzero(used))
        position, velocity = earth_fixed(track.position_km[used], track.velocity_km_s[used], times)
        place = place[node]
        views.append(view(search.horizons, station, times[place], position[place], velocity[place]))
        tracks.append(np.full(len(node), index))
        stations.append(station)
        nodes.append(node)
    pairs = Pairs(np.concatenate(tracks), np.concatenate(stations))
    node = np.concatenate(nodes)
    begins = np.zeros(len(node), dtype=bool)
    key = search.key(pairs)
    begins[:-1] = (node[1:] == node[:-1] + 1) & (key[1:] == key[:-1])
    return pairs, View.joined(views) if len(views) > 1 else views[0], begins, node == 0


def _candidates(search: _Search, track: Track) -> tuple[IntArray, IntArray]:
    """Return (station, node) of all nodes next to an instant at which the satellite may stand above the mask.

    Above the mask m the Earth-central angle is at most arccos(R cos m / r) - m; within half a step it changes by at
    most half a step times the angular speed of the perigee and of the Earth.
    """
    count = len(track.position_km)
    if count == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    x, y, z = track.position_km.T
    radius = np.sqrt(x * x + y * y + z * z)
    # The Earth turns evenly enough for this; the exact angle follows where it matters.
    turned = (x + 1j * y) * _even_turn(-gmst_rad(track.start_tai_s), -EARTH_ROTATION_RAD_S * track.step_s, count)
    direction = np.empty((3, count), dtype=np.float32)
    direction[0], direction[1], direction[2] = turned.real / radius, turned.imag / radius, z / radius
    station_radius = np.linalg.norm(search.horizons.position_m, axis=1)
    ratio = station_radius * np.cos(search.mask_rad) / (1.01e3 * radius.max())
    reach = np.arccos(np.minimum(ratio, 1.0)) - search.mask_rad + _LEAN_RAD
    reach += 0.5 * track.step_s * (perigee_rate_rad_s(track.arc.elements) + EARTH_ROTATION_RAD_S)
    up = search.horizons.east_north_up[:, 2].astype(np.float32)
    near = up @ direction >= np.cos(np.clip(reach, 0.0, np.pi)).astype(np.float32)[:, None] - np.float32(1e-6)
    near[:, :-1] |= near[:, 1:]
    near[:, 1:] |= near[:, :-1].copy()
    flat = np.flatnonzero(near)
    return flat // count, flat % count


def _even_turn(start_rad: FloatArray, step_rad: float, count: int) -> NDArray[np.complex128]:
    """Return exp(i (start + k step)) for k = 0 .. count - 1, made of few sines."""
    coarse = np.exp(1j * (start_rad + step_rad * 256.0 * np.arange(count // 256 + 1)))
    return np.asarray(np.multiply.outer(coarse, np.exp(1j * step_rad * np.arange(256))).ravel()[:count])


@dataclass(frozen=True, slots=True)
class _Extrema:
    """Extrema of the elevation, each inside one interval between neighbouring nodes."""

    interval: IntArray
    pairs: Pairs
    seen: View

    def events(self) -> _Events:
        return _Events(self.pairs, self.seen.tai_s, self.seen.d)


def _extrema(
    search: _Search, pairs: Pairs, seen: View, k: IntArray, above: BoolArray, climb: FloatArray
) -> tuple[_Extrema, _Extrema]:
    """Return the maxima above the mask, and the minima that may dip below it between two nodes above."""
    starts_up, ends_up = climb[k] > 0.0, climb[k + 1] > 0.0
    top = k[starts_up & ~ends_up]
    dip = k[~starts_up & ends_up & above[k] & above[k + 1]]
    found = []
    for chosen, sign in ((top, 1.0), (dip, -1.0)):
        a, b, who = seen[chosen], seen[chosen + 1], pairs[chosen]
        guess, height = _extremum_guess(a, b, search.sin_mask(who))
        if sign > 0.0:  # leave out maxima that stay clearly below, by more than the guess can be wrong
            near = height > -2e-3 * (6.4e6 + np.sqrt(a.rho2))
            chosen, a, b, who, guess = chosen[near], a[near], b[near], who[near], guess[near]

        def newton(at: View, of: IntArray, sign: float = sign) -> tuple[FloatArray, FloatArray]:
            return sign * at.climb(), -at.climb() / at.climb_rate()

        root = _roots(search, who, a.tai_s, b.tai_s, guess, newton)
        if sign > 0.0:
            reached = root.above(search.sin_mask(who)) >= 0.0
            chosen, who, root = chosen[reached], who[reached], root[reached]
        found.append(_Extrema(chosen, who, root))
    return found[0], found[1]


def _extremum_guess(a: View, b: View, sin_mask: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Guess the extremum between two nodes from cubics of u and rho^2, and the height f there [m]."""
    span = b.tai_s - a.tai_s
    u = _cubic(a.u, b.u, a.u1 * span, b.u1 * span)
    rho2 = _cubic(a.rho2, b.rho2, 2.0 * a.rv * span, 2.0 * b.rv * span)
    ga, gb = a.climb(), b.climb()
    x = np.clip(ga / np.where(ga == gb, 1.0, ga - gb), 0.0, 1.0)
    for _ in range(3):
        u0, u1, u2 = _polynomial(u, x)
        r0, r1, r2 = _polynomial(rho2, x)
        rate = u2 * r0 + 0.5 * u1 * r1 - 0.5 * u0 * r2
        x = np.clip(x - (u1 * r0 - 0.5 * u0 * r1) / np.where(rate == 0.0, 1.0, rate), 0.0, 1.0)
    height = _polynomial(u, x)[0] - sin_mask * np.sqrt(np.abs(_polynomial(rho2, x)[0]))
    return a.tai_s + x * span, height


def _cubic(a: FloatArray, b: FloatArray, da: FloatArray, db: FloatArray) -> tuple[FloatArray, ...]:
    """Return the coefficients of the cubic on [0, 1] with given values and slopes at its ends."""
    return a, da, 3.0 * (b - a) - 2.0 * da - db, 2.0 * (a - b) + da + db


def _polynomial(c: tuple[FloatArray, ...], x: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return a cubic's value, slope and bend."""
    value = c[0] + x * (c[1] + x * (c[2] + x * c[3]))
    return value, c[1] + x * (2.0 * c[2] + x * 3.0 * c[3]), 2.0 * c[2] + 6.0 * c[3] * x


def _roots(
    search: _Search,
    pairs: Pairs,
    low: FloatArray,
    high: FloatArray,
    guess: FloatArray,
    newton: Callable[[View, IntArray], tuple[FloatArray, FloatArray]],
) -> View:
    """Find one root of each entry in its bracket [s], by Newton's method held inside by bisection.

    `newton` returns, for a view of the given entries, a function that is positive left of the root and negative right
    of it, and the step [s] towards the root.
    """
    low, high, tai = low.copy(), high.copy(), guess.copy()
    found = np.zeros((3, len(tai), 3))
    todo = np.arange(len(tai))
    for iteration in range(_MAX_ITERATIONS):
        if not todo.size:
            break
        seen = look(search.tracks, search.horizons, pairs[todo], tai[todo])
        value, step = newton(seen, todo)
        left = value > 0.0
        low[todo[left]] = tai[todo[left]]
        high[todo[~left]] = tai[todo[~left]]
        done = (np.abs(step) <= _ACCEPTED_STEP_S) | (high[todo] - low[todo] <= 2e-6) | ~np.isfinite(value)
        ready = todo[done]
        by = np.where(np.abs(step[done]) <= _ACCEPTED_STEP_S, step[done], 0.0)
        last = moved(search.horizons, pairs.station[ready], seen[done], by)
        tai[ready] = last.tai_s
        found[0, ready], found[1, ready], found[2, ready] = last.d, last.v, last.a
        todo, step = todo[~done], step[~done]
        trial = tai[todo] + step
        inside = (trial > low[todo]) & (trial < high[todo]) & (iteration < _NEWTON_ITERATIONS)
        tai[todo] = np.where(inside, trial, 0.5 * (low[todo] + high[todo]))
    return as_view(search.horizons, pairs.station, tai, found[0], found[1], found[2])


def _crossings(
    search: _Search, pairs: Pairs, seen: View, k: IntArray, above: BoolArray, extrema: Sequence[_Extrema]
) -> tuple[_Events, _Events]:
    """Return the instants at which satellites rise above the mask and at which they sink below it."""
    plain = k[(above[k] != above[k + 1]) & ~np.isin(k, np.concatenate([e.interval for e in extrema]))]
    who, lows, highs = [pairs[plain]], [seen[plain]], [seen[plain + 1]]
    for e in extrema:
        up = e.seen.above(search.sin_mask(e.pairs)) >= 0.0
        before, after = above[e.interval] != up, above[e.interval + 1] != up
        who += [e.pairs[before], e.pairs[after]]
        lows += [seen[e.interval[before]], e.seen[after]]
        highs += [e.seen[before], seen[e.interval[after] + 1]]
    owner = Pairs(np.concatenate([w.track for w in who]), np.concatenate([w.station for w in who]))
    a, b = View.joined(lows), View.joined(highs)
    order = np.argsort(owner.track, kind="stable")
    owner, a, b = owner[order], a[order], b[order]
    sin_mask = search.sin_mask(owner)
    fa, fb = a.above(sin_mask), b.above(sin_mask)
    rising = fb >= 0.0
    span = b.tai_s - a.tai_s
    cubic = _cubic(fa, fb, a.above_rate(sin_mask) * span, b.above_rate(sin_mask) * span)
    x = np.clip(fa / np.where(fa == fb, 1.0, fa - fb), 0.0, 1.0)
    for _ in range(4):
        value, slope, _ = _polynomial(cubic, x)
        x = np.clip(x - value / np.where(slope == 0.0, 1.0, slope), 0.0, 1.0)

    def newton(at: View, of: IntArray) -> tuple[FloatArray, FloatArray]:
        # The root of the parabola through value, slope and bend, on the branch that rises or sinks.
        sine, way = sin_mask[of], np.where(rising[of], 1.0, -1.0)
        f0, f1, f2 = at.above(sine), at.above_rate(sine), at.above_bend(sine)
        inside = f1 * f1 - 2.0 * f0 * f2
        lower = f1 + way * np.sqrt(np.maximum(inside, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where((inside >= 0.0) & (lower * way > 0.0), -2.0 * f0 / lower, np.inf)
        return -way * f0, step

    root = _roots(search, owner, a.tai_s, b.tai_s, a.tai_s + x * span, newton)
    events = _Events(owner, root.tai_s, root.d)
    return events[rising], events[~rising]


def _nearest(search: _Search, pairs: Pairs, seen: View, k: IntArray) -> _Events:
    """Return the minima of the range in the given intervals."""
    who, a, b = pairs[k], seen[k], seen[k + 1]
    span = b.tai_s - a.tai_s
    cubic = _cubic(a.rho2, b.rho2, 2.0 * a.rv * span, 2.0 * b.rv * span)
    x = a.rv / (a.rv - b.rv)
    for _ in range(3):
        _, slope, bend = _polynomial(cubic, x)
        x = np.clip(x - slope / np.where(bend == 0.0, 1.0, bend), 0.0, 1.0)

    def newton(at: View, of: IntArray) -> tuple[FloatArray, FloatArray]:
        return -at.rv, -at.rv / at.rv1

    root = _roots(search, who, a.tai_s, b.tai_s, a.tai_s + x * span, newton)
    return _Events(who, root.tai_s, root.d)


def _joined(first: _Events, second: _Events) -> _Events:
    pairs = Pairs(
        np.concatenate((first.pairs.track, second.pairs.track)),
        np.concatenate((first.pairs.station, second.pairs.station)),
    )
    return _Events(pairs, np.concatenate((first.tai_s, second.tai_s)), np.concatenate((first.d, second.d)))


def _contacts(
    search: _Search, rises: _Events, falls: _Events, opened: _Events, tops: _Events, nearest: _Events
) -> Contacts:
    """Join rises and falls to intervals, cut them to the search, and find the best instant of each."""
    stations = len(search.horizons.names)
    count = len(search.tracks) * stations
    rises = _joined(opened, rises).sorted_by_key(search)
    unmatched = np.bincount(search.key(rises.pairs), minlength=count)
    unmatched -= np.bincount(search.key(falls.pairs), minlength=count)
    still = np.flatnonzero(unmatched > 0)
    closing = Pairs(still // stations, still % stations)
    falls = _joined(falls, _Events(closing, np.full(len(still), np.inf), np.zeros((len(still), 3))))
    falls = falls.sorted_by_key(search)

    track = rises.pairs.track
    begin = np.maximum(search.start, [t.start_tai_s for t in search.tracks])[track]
    end = np.minimum(search.end, [t.end_tai_s for t in search.tracks])[track]
    start_open, end_open = rises.tai_s <= begin, falls.tai_s >= end
    kept = (falls.tai_s > begin) & (rises.tai_s < end)
    rises, falls, begin, end = rises[kept], falls[kept], begin[kept], end[kept]
    start_open, end_open = start_open[kept], end_open[kept]
    aos = _cut(search, rises, start_open, begin)
    los = _cut(search, falls, end_open, end)

    pairs = rises.pairs
    horizons = search.horizons
    aos_elevation, aos_azimuth = elevation_azimuth_deg(horizons, pairs.station, aos.d)
    los_elevation, los_azimuth = elevation_azimuth_deg(horizons, pairs.station, los.d)
    # The best of three: either end, which wins only where the window cuts a pass, or the highest maximum inside.
    best = los_elevation > aos_elevation
    tca = np.where(best, los.tai_s, aos.tai_s)
    elevation, azimuth = np.where(best, los_elevation, aos_elevation), np.where(best, los_azimuth, aos_azimuth)
    owner, inside = _inside(search, aos, los, tops)
    top_elevation, top_azimuth = elevation_azimuth_deg(horizons, inside.pairs.station, inside.d)
    top = _largest(owner, top_elevation)
    # Ends on the mask never win, whatever their rounding.
    wins = (top_elevation[top] >= elevation[owner[top]]) | ~(start_open | end_open)[owner[top]]
    of, top = owner[top[wins]], top[wins]
    tca[of], elevation[of], azimuth[of] = inside.tai_s[top], top_elevation[top], top_azimuth[top]
    shortest = np.minimum(np.linalg.norm(aos.d, axis=1), np.linalg.norm(los.d, axis=1))
    owner, inside = _inside(search, aos, los, nearest)
    np.minimum.at(shortest, owner, np.linalg.norm(inside.d, axis=1))
    return Contacts(
        pairs,
        aos.tai_s,
        tca,
        los.tai_s,
        elevation,
        aos_azimuth,
        azimuth,
        los_azimuth,
        shortest,
        start_open,
        end_open,
    )


def _cut(search: _Search, events: _Events, beyond: BoolArray, edge: FloatArray) -> _Events:
    """Put events that lie beyond an edge of the search onto it."""
    if not beyond.any():
        return events
    tai, d = events.tai_s.copy(), events.d.copy()
    tai[beyond] = edge[beyond]
    d[beyond] = look(search.tracks, search.horizons, events.pairs[beyond], tai[beyond]).d
    return _Events(events.pairs, tai, d)


def _inside(search: _Search, aos: _Events, los: _Events, events: _Events) -> tuple[IntArray, _Events]:
    """Return, for the events that lie inside an interval of their pair, which interval, and the events."""
    key = np.concatenate((search.key(aos.pairs), search.key(events.pairs)))
    tai = np.concatenate((aos.tai_s, events.tai_s))
    is_event = np.arange(len(key)) >= len(aos.tai_s)
    order = np.lexsort((is_event, tai, key))
    owner = np.empty(len(key), dtype=np.int64)
    owner[order] = np.cumsum(~is_event[order]) - 1
    owner = owner[len(aos.tai_s) :]
    good = owner >= 0
    good[good] &= search.key(aos.pairs)[owner[good]] == search.key(events.pairs)[good]
    good[good] &= events.tai_s[good] <= los.tai_s[owner[good]]
    return owner[good], events[good]


def _largest(owner: IntArray, value: FloatArray) -> IntArray:
    """Return the index of the largest value of each owner."""
    order = np.lexsort((value, owner))
    return np.asarray(order[np.append(np.flatnonzero(np.diff(owner[order])), len(order) - 1)]) if len(order) else order
