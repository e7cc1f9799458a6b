"""Passes as a table: one row each, over any number of satellites, stations and element epochs."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satqkd.errors import InputError, SatqkdWarning, StaleElementsWarning, did_you_mean
from satqkd.orbit.elements import Elements, ElementSet
from satqkd.orbit.propagation import Arc, Track, make_track
from satqkd.orbit.search import Contacts, find_contacts
from satqkd.orbit.station import Horizons, Station, as_stations, horizons
from satqkd.orbit.timescale import (
    DAY_S,
    datetime64_from_tai,
    leap_seconds_between,
    tai_from_datetime64,
    tai_from_posix,
    utc_offset_s,
)
from satqkd.orbit.view import Pairs
from satqkd.times import to_posix

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

COLUMNS = (
    "pass_id",
    "satellite",
    "station",
    "aos_utc",
    "tca_utc",
    "los_utc",
    "duration_s",
    "max_elevation_deg",
    "aos_azimuth_deg",
    "tca_azimuth_deg",
    "los_azimuth_deg",
    "min_range_m",
    "elements_age_days",
    "truncated",
    "usable",
    "reject_reason",
)
_NODES_PER_TURN = 12
_CHUNK = 2_000_000
"""Nodes times stations that are searched at once: some 50 MB."""


def find_passes(
    elements: Elements,
    stations: Station | Sequence[Station],
    start: Any,
    end: Any,
    *,
    min_elevation_deg: float | Mapping[str, float] = 10.0,
    warn_age_days: float = 7.0,
) -> pd.DataFrame:
    """Predict the passes of satellites over stations.

    Parameters
    ----------
    elements : Elements
        Of one satellite or many; the epoch nearest to a pass's TCA serves the whole pass.
    stations : Station or sequence of Station
    start, end : str, datetime, datetime64, Timestamp or Time
        The window (UTC); a pass that it cuts is `truncated`.
    min_elevation_deg : float or mapping of station name to float
        Geometric elevation [deg] at which a pass begins and ends.
    warn_age_days : float
        Element age [d] beyond which a pass brings a StaleElementsWarning; it never loses a pass.

    Returns
    -------
    pandas.DataFrame
        One row a pass, sorted by AOS. TCA is the instant of the largest elevation inside the pass,
        `elements_age_days` is TCA minus epoch, signed.

    Raises
    ------
    InputError
        If there are no elements or stations, or the window or the elevation makes no sense.
    """
    places = as_stations(stations)
    frames = horizons(places)
    mask = _mask_deg(min_elevation_deg, places)
    t0, t1 = _window(start, end)
    if not len(elements):
        raise InputError("There are no elements to predict passes from.", "Read some: orbit.read_elements(path).")
    arcs, satellites = _arcs(elements, t0, t1)
    found = _search(arcs, frames, mask, t0, t1)
    kept = _nearest_epoch(found, arcs, np.array(satellites, dtype=object), len(places))
    return _table(kept, arcs, places, warn_age_days)


def _window(start: Any, end: Any) -> tuple[float, float]:
    first, last = to_posix(start, "start"), to_posix(end, "end")
    if not last > first:
        raise InputError(f"The window ends ({end}) before it begins ({start}).", "Give an end after the start.")
    # SGP4's epochs reach from 1957 to 2056; far outside, dates are slips of the pen.
    if first < to_posix("1957-01-01") or last > to_posix("2100-01-01"):
        raise InputError(
            f"The window {start} to {end} leaves the years 1957 to 2100, in which elements are of use.",
            "Check the dates.",
        )
    return float(tai_from_posix(first)), float(tai_from_posix(last))


def _mask_deg(given: float | Mapping[str, float], stations: Sequence[Station]) -> FloatArray:
    if isinstance(given, Mapping):
        missing = [item.name for item in stations if item.name not in given]
        if missing:
            raise InputError(
                f"min_elevation_deg has no value for station {missing[0]!r}.", did_you_mean(missing[0], given)
            )
        values = np.array([given[item.name] for item in stations], dtype=float)
    else:
        values = np.full(len(stations), float(given))
    if not (np.isfinite(values).all() and (values > -30.0).all() and (values < 90.0).all()):
        raise InputError(f"min_elevation_deg = {given!r} is out of range: it must lie between -30 and 90 deg.")
    return values


def _arcs(elements: Elements, t0: float, t1: float) -> tuple[list[Arc], list[str]]:
    """Cut the window into arcs: each set serves the time nearest to its epoch, and leap seconds divide."""
    groups: dict[str, list[ElementSet]] = {}
    for item in elements:
        groups.setdefault(item.satellite, []).append(item)
    arcs: list[Arc] = []
    for sets in groups.values():
        epochs = tai_from_datetime64(np.array([item.epoch_utc for item in sets]))
        edges = np.concatenate(([-np.inf], (epochs[1:] + epochs[:-1]) / 2.0, [np.inf]))
        for item, low, high in zip(sets, edges[:-1], edges[1:], strict=True):
            first, last = max(float(low), t0), min(float(high), t1)
            if first >= last:
                continue
            cuts = leap_seconds_between(first, last)
            lows, highs = [float(low), *cuts], [*cuts, float(high)]
            for a, b in zip(lows, highs, strict=True):
                arcs.append(Arc(item, float(utc_offset_s(max(a, t0))), a, b))
    return arcs, [arc.elements.satellite for arc in arcs]


def _search(arcs: list[Arc], frames: Horizons, mask: FloatArray, t0: float, t1: float) -> Contacts:
    """Search all arcs, a chunk at a time; where a pass sticks out of an arc's stretch, the whole window again."""
    parts: list[Contacts] = []
    failures: dict[str, None] = {}
    pending: list[tuple[int, Track, float, float]] = []
    load = 0

    def flush() -> None:
        nonlocal load
        if pending:
            parts.append(_search_tracks(pending, arcs, frames, mask, t0, t1))
        pending.clear()
        load = 0

    for index, arc in enumerate(arcs):
        period = DAY_S / arc.elements.mean_motion_rev_day
        first, last = max(t0, arc.start_tai_s - period), min(t1, arc.end_tai_s + period)
        track = make_track(arc, first, last, _NODES_PER_TURN)
        if track.failure:
            failures[track.failure] = None
        if len(track.position_km):
            pending.append((index, track, first, last))
            load += len(track.position_km) * len(frames.names)
        if load > _CHUNK:
            flush()
    flush()
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        warnings.warn(f"{next(iter(failures))}{more}; there are no passes beyond that.", SatqkdWarning, stacklevel=4)
    return _concatenated(parts)


def _search_tracks(
    pending: list[tuple[int, Track, float, float]],
    arcs: list[Arc],
    frames: Horizons,
    mask: FloatArray,
    t0: float,
    t1: float,
) -> Contacts:
    index = np.array([item[0] for item in pending])
    first, last = np.array([item[2] for item in pending]), np.array([item[3] for item in pending])
    found = find_contacts([item[1] for item in pending], frames, mask, first, last)
    track = found.pairs.track
    low = np.array([arcs[i].start_tai_s for i in index])[track]
    high = np.array([arcs[i].end_tai_s for i in index])[track]
    cut = (found.start_open & (first[track] > t0) & (found.los_tai_s >= low)) | (
        found.end_open & (last[track] < t1) & (found.aos_tai_s <= high)
    )
    if cut.any():
        again = []
        for place in np.unique(track[cut]):
            arc = arcs[index[place]]
            again.append((int(index[place]), make_track(arc, t0, t1, _NODES_PER_TURN), t0, t1))
        rest = [item for place, item in enumerate(pending) if place not in set(track[cut].tolist())]
        whole = sorted(again + rest, key=lambda item: item[0])
        return _search_tracks(whole, arcs, frames, mask, t0, t1)
    return _renumbered(found, index)


def _renumbered(found: Contacts, index: IntArray) -> Contacts:
    values = [getattr(found, field.name) for field in fields(Contacts)[1:]]
    return Contacts(Pairs(index[found.pairs.track], found.pairs.station), *values)


def _chosen(found: Contacts, kept: Any) -> Contacts:
    return Contacts(found.pairs[kept], *(getattr(found, field.name)[kept] for field in fields(Contacts)[1:]))


def _concatenated(parts: list[Contacts]) -> Contacts:
    empty = np.zeros(0)
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        values: list[Any] = [empty.astype(bool) if field.name.endswith("_open") else empty for field in fields(Contacts)[1:]]
        return Contacts(Pairs(none, none), *values)
    pairs = Pairs(*(np.concatenate([getattr(part.pairs, name) for part in parts]) for name in ("track", "station")))
    return Contacts(
        pairs,
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Contacts)[1:]),
    )


def _nearest_epoch(found: Contacts, arcs: list[Arc], satellites: NDArray[Any], stations: int) -> Contacts:
    """Keep one version of every pass that several element sets of a satellite predict: that of the nearest epoch.

    A pass is an arc's own if its TCA lies in the arc. Where versions overlap, the arc with the youngest own version
    keeps its own; if no version is its arc's own (a TCA that jumps over the switch) the youngest version stays.
    """
    if len(set(satellites.tolist())) == len(arcs):
        return found
    track = found.pairs.track
    low, high = np.array([arc.start_tai_s for arc in arcs]), np.array([arc.end_tai_s for arc in arcs])
    epoch = tai_from_datetime64(np.array([arc.elements.epoch_utc for arc in arcs]))
    own = (found.tca_tai_s >= low[track]) & (found.tca_tai_s < high[track])
    age = np.abs(found.tca_tai_s - epoch[track])
    _, number = np.unique(satellites, return_inverse=True)
    group = number[track] * stations + found.pairs.station
    order = np.lexsort((found.aos_tai_s, group))
    # Overlapping versions form a cluster; the largest LOS so far is taken within a group by shifting groups apart.
    span = found.los_tai_s.max(initial=0.0) - found.aos_tai_s.min(initial=0.0) + 1.0
    shift = group[order] * span
    last = np.maximum.accumulate(found.los_tai_s[order] - found.aos_tai_s.min(initial=0.0) + shift)
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = found.aos_tai_s[order][1:] - found.aos_tai_s.min(initial=0.0) + shift[1:] > last[:-1]
    cluster = np.empty(len(order), dtype=np.int64)
    cluster[order] = np.cumsum(begins) - 1
    size = np.bincount(cluster)
    ranked = np.lexsort((age, ~own, cluster))
    winner = ranked[np.append(0, np.cumsum(size)[:-1])] if len(size) else ranked
    best = winner[cluster]
    kept = own & (track == track[best])
    kept |= (np.arange(len(track)) == best) & (size[cluster] > 1)
    return _chosen(found, kept)


def _table(found: Contacts, arcs: list[Arc], stations: Sequence[Station], warn_age_days: float) -> pd.DataFrame:
    import pandas as pd

    satellite = np.array([arc.elements.satellite for arc in arcs], dtype=object)
    names = np.array([item.name for item in stations], dtype=object)
    found = _chosen(found, np.lexsort((found.pairs.station, satellite[found.pairs.track].astype(str), found.aos_tai_s)))
    track = found.pairs.track
    aos, tca, los = (datetime64_from_tai(t) for t in (found.aos_tai_s, found.tca_tai_s, found.los_tai_s))
    age = (found.tca_tai_s - tai_from_datetime64(np.array([arc.elements.epoch_utc for arc in arcs]))[track]) / DAY_S
    if age.size and np.abs(age).max() > warn_age_days:
        stale = np.abs(age) > warn_age_days
        warnings.warn(
            f"{stale.sum()} of {age.size} passes are farther than {warn_age_days:g} days from the epoch of their "
            f"elements, the farthest by {np.abs(age).max():.1f} days; their times may be wrong by seconds to minutes.",
            StaleElementsWarning,
            stacklevel=3,
        )
    utc = {
        name: pd.Series(value).dt.tz_localize("UTC")
        for name, value in zip(("aos", "tca", "los"), (aos, tca, los), strict=True)
    }
    columns: dict[str, Any] = {
        "pass_id": _pass_ids(satellite[track], names[found.pairs.station], aos),
        "satellite": satellite[track],
        "station": names[found.pairs.station],
        "aos_utc": utc["aos"],
        "tca_utc": utc["tca"],
        "los_utc": utc["los"],
        "duration_s": tai_from_datetime64(los) - tai_from_datetime64(aos),
        "max_elevation_deg": found.max_elevation_deg,
        "aos_azimuth_deg": found.aos_azimuth_deg,
        "tca_azimuth_deg": found.tca_azimuth_deg,
        "los_azimuth_deg": found.los_azimuth_deg,
        "min_range_m": found.min_range_m,
        "elements_age_days": age,
        "truncated": found.start_open | found.end_open,
        "usable": np.ones(len(track), dtype=bool),
        "reject_reason": np.full(len(track), "", dtype=object),
    }
    return pd.DataFrame({name: columns[name] for name in COLUMNS})


def _pass_ids(satellites: NDArray[Any], stations: NDArray[Any], aos: NDArray[np.datetime64]) -> NDArray[Any]:
    """Name each pass by satellite, station and the whole second of its AOS; a second one in it gets a number."""
    stamps = np.char.replace(np.char.replace(np.datetime_as_string(aos.astype("datetime64[s]")), "-", ""), ":", "")
    ids = [f"{a}-{b}-{c}Z" for a, b, c in zip(satellites, stations, stamps.tolist(), strict=True)]
    if len(set(ids)) < len(ids):
        seen: dict[str, int] = {}
        for index, name in enumerate(ids):
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                ids[index] = f"{name}-{seen[name]}"
    return np.array(ids, dtype=object)
