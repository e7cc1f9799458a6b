"""Contacts: rises and falls joined to intervals above the mask, cut to the window, with the best instant of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from satqkd.arrays import BoolArray, FloatArray, IntArray
from satqkd.orbit.engine.roots import Events, Extrema, Nodes, Search, crossings, extrema, near_nodes, nearest
from satqkd.orbit.engine.tracks import Track
from satqkd.orbit.engine.view import Marks, Pairs, dot, elevation_azimuth_deg
from satqkd.orbit.station import Horizons

_SHORT_STEPS = 4.0
_NEAR_TCA_S = 5.0


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
    tca_range_m: FloatArray
    start_open: BoolArray
    end_open: BoolArray

    def __len__(self) -> int:
        return len(self.aos_tai_s)

    def __getitem__(self, chosen: IntArray) -> Contacts:
        return Contacts(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @staticmethod
    def none() -> Contacts:
        """Return an empty list."""
        count, flags, nothing = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool), np.zeros(0)
        return Contacts(Pairs(count, count), *(nothing,) * 9, flags, flags)

    @staticmethod
    def joined(parts: Sequence[Contacts]) -> Contacts:
        """Return several lists as one."""
        pairs = Pairs.joined([part.pairs for part in parts])
        rest = [field.name for field in fields(Contacts)[1:]]
        return Contacts(pairs, *(np.concatenate([getattr(part, name) for part in parts]) for name in rest))


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
        Each with nodes that begin at its start and cover its end.
    horizons : Horizons
    mask_deg : ndarray
        Geometric elevation [deg] of each station's mask, shape (n_stations,).
    start_tai_s, end_tai_s : ndarray
        Stretch to search on each track [s, TAI since 1970].
    """
    search = Search(tracks, horizons, np.radians(mask_deg))
    nodes = near_nodes(search)
    tops, dips = extrema(search, nodes)
    rises, falls = crossings(search, nodes, tops, dips)
    # A pass open at either end of a track closes just outside its nodes, at an instant that is cut off below.
    above = nodes.marks.above(search.sin_mask(nodes.pairs)) >= 0.0
    rises = _with_open(nodes, rises, np.flatnonzero(nodes.first & above), -np.inf)
    falls = _with_open(nodes, falls, np.flatnonzero(nodes.last & above), np.inf)

    track = rises.pairs.track
    begin = np.maximum(start_tai_s, [t.start_tai_s for t in tracks])[track]
    end = np.minimum(end_tai_s, [t.end_tai_s for t in tracks])[track]
    kept = np.flatnonzero((falls.tai_s > begin) & (rises.tai_s < end))
    if len(kept) < len(begin):
        rises, falls, begin, end = rises[kept], falls[kept], begin[kept], end[kept]
    start_open, end_open = rises.tai_s <= begin, falls.tai_s >= end
    aos, los = _cut(search, rises, start_open, begin), _cut(search, falls, end_open, end)
    return _described(search, nodes, aos, los, tops, start_open, end_open)


def _with_open(nodes: Nodes, events: Events, entries: IntArray, tai_s: float) -> Events:
    """Add an event at minus or plus infinity for each of the entries, which are the first or last nodes of tracks."""
    if not len(entries):
        return events
    place = np.concatenate((events.place, entries + (0.25 if tai_s > 0.0 else -0.25)))
    pairs = Pairs.joined([events.pairs, nodes.pairs[entries]])
    tai = np.concatenate((events.tai_s, np.full(len(entries), tai_s)))
    d = np.concatenate((events.d, np.zeros((3, len(entries)))), axis=1)
    return Events(place, pairs, tai, d)[np.argsort(place, kind="stable")]


def _cut(search: Search, events: Events, beyond: BoolArray, edge: FloatArray) -> Events:
    """Move events beyond an edge of the search onto it."""
    if not beyond.any():
        return events
    moved = np.flatnonzero(beyond)
    tai, d = events.tai_s.copy(), events.d.copy()
    tai[moved] = edge[moved]
    d[:, moved] = search.look(events.pairs[moved], edge[moved]).d
    return replace(events, tai_s=tai, d=d)


def _described(
    search: Search, nodes: Nodes, aos: Events, los: Events, tops: Extrema, start_open: BoolArray, end_open: BoolArray
) -> Contacts:
    pairs = aos.pairs
    frames = search.horizons.east_north_up.take(pairs.station, axis=2)
    aos_elevation, aos_azimuth = elevation_azimuth_deg(frames, aos.d)
    los_elevation, los_azimuth = elevation_azimuth_deg(frames, los.d)
    # The best of three: either end, which wins only where the window cuts a pass, or the highest maximum inside.
    later = los_elevation > aos_elevation
    tca = np.where(later, los.tai_s, aos.tai_s)
    elevation, azimuth = np.where(later, los_elevation, aos_elevation), np.where(later, los_azimuth, aos_azimuth)
    range2 = np.where(later, dot(los.d, los.d), dot(aos.d, aos.d))
    owner, inside = _inside(aos, los, tops.events)
    peaks = tops.events[inside]
    peak_elevation, peak_azimuth = elevation_azimuth_deg(
        search.horizons.east_north_up.take(peaks.pairs.station, axis=2), peaks.d
    )
    best = _largest(owner, peak_elevation)
    # Ends on the mask never win, whatever their rounding.
    best = best[(peak_elevation[best] >= elevation[owner[best]]) | ~(start_open | end_open)[owner[best]]]
    of = owner[best]
    tca[of], elevation[of], azimuth[of] = peaks.tai_s[best], peak_elevation[best], peak_azimuth[best]
    range2[of] = dot(peaks.d, peaks.d)[best]
    # In a pass of microseconds the roots' last bits must not turn their order around.
    los_tai = np.maximum(aos.tai_s, los.tai_s)
    return Contacts(
        pairs,
        aos.tai_s,
        np.clip(tca, aos.tai_s, los_tai),
        los_tai,
        elevation,
        aos_azimuth,
        azimuth,
        los_azimuth,
        _shortest_m(search, nodes, aos, los, of, tops.marks[inside[best]], tops.rv1[inside[best]]),
        np.sqrt(range2),
        start_open,
        end_open,
    )


def _shortest_m(
    search: Search, nodes: Nodes, aos: Events, los: Events, of: IntArray, peak: Marks, rv1: FloatArray
) -> FloatArray:
    """Return the shortest range of each contact [m]; `peak` and `rv1` describe the best maximum of contacts `of`."""
    shortest2 = np.minimum(dot(aos.d, aos.d), dot(los.d, los.d))
    # A short pass is nearest within seconds of its TCA, from where the derivatives reach it.
    step = -peak.rv / rv1
    short = np.zeros(len(aos.tai_s), dtype=bool)
    short[of] = np.abs(step) < _NEAR_TCA_S
    short &= los.tai_s - aos.tai_s < _SHORT_STEPS * np.array([track.step_s for track in search.tracks])[aos.pairs.track]
    there = peak.tai_s + step
    reached = short[of] & (there > aos.tai_s[of]) & (there < los.tai_s[of])
    shortest2[of[reached]] = np.minimum(shortest2[of], peak.rho2 - peak.rv**2 / rv1)[reached]
    if not short.all():
        k = nodes.begins
        owner = np.searchsorted(np.floor(aos.place), k, side="right") - 1
        k = k[(owner >= 0) & (k <= los.place[owner]) & ~short[owner]]
        near = nearest(search, nodes, k)
        owner, inside = _inside(aos, los, near)
        np.minimum.at(shortest2, owner, dot(near.d, near.d)[inside])
    return np.sqrt(shortest2)


def _inside(aos: Events, los: Events, events: Events) -> tuple[IntArray, IntArray]:
    """Return, of the events inside a contact, which contact it is, and their indices."""
    owner = np.searchsorted(aos.place, events.place, side="right") - 1
    kept = np.flatnonzero(owner >= 0)
    of = owner[kept]
    tai = events.tai_s[kept]
    kept = kept[(events.place[kept] <= los.place[of]) & (tai >= aos.tai_s[of]) & (tai <= los.tai_s[of])]
    return owner[kept], kept


def _largest(owner: IntArray, value: FloatArray) -> IntArray:
    """Return the index of the largest value of each owner."""
    if (np.diff(owner) > 0).all():
        return np.arange(len(owner))
    order = np.lexsort((value, owner))
    return np.asarray(order[np.append(np.flatnonzero(np.diff(owner[order])), len(order) - 1)])
