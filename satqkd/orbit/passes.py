"""Passes as a table: one row each, over any number of satellites, stations and element epochs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satqkd.arrays import FloatArray, IntArray, as_float
from satqkd.constants import DAY_S
from satqkd.errors import InputError, StaleElementsWarning, did_you_mean, shown, warn
from satqkd.orbit.elements.ageing import error_in_words
from satqkd.orbit.elements.sets import Elements, ElementSet
from satqkd.orbit.engine.contacts import Contacts, find_contacts
from satqkd.orbit.engine.propagation import Arc
from satqkd.orbit.engine.tracks import Track, make_track
from satqkd.orbit.engine.view import Pairs
from satqkd.orbit.refraction import Refraction
from satqkd.orbit.silence import why_no_pass
from satqkd.orbit.station import Horizons, Station, as_stations, horizons
from satqkd.orbit.timescale import (
    datetime64_from_tai,
    leap_seconds_between,
    tai_from_datetime64,
    tai_from_posix,
    utc_offset_s,
)
from satqkd.progress import report
from satqkd.times import to_posix

if TYPE_CHECKING:
    import pandas as pd


_TIMES = {"aos_tai_s": "aos_utc", "tca_tai_s": "tca_utc", "los_tai_s": "los_utc"}
_NUMBERS = ("max_elevation_deg", "aos_azimuth_deg", "tca_azimuth_deg", "los_azimuth_deg", "min_range_m")
_PLACE = "tca_range_m"
"""With the angles at TCA, where the satellite then is; kept at the table's end for `satqkd.orbit.add_sky`."""
_ROWS_AT_ONCE = 200_000
_FEW_STATIONS = 10
_DEEP_SPACE_REV_DAY = 6.4
"""SGP4 goes over to its deep-space theory from periods of 225 minutes on."""
_STAMP = re.compile(r"\d{8}T\d{6}Z(-\d+)?$")
_CHUNK = 200_000
"""Nodes times stations that are searched at once: more would leave the processor's caches."""


def find_passes(
    elements: Elements,
    stations: Station | Sequence[Station],
    start: Any,
    end: Any,
    *,
    min_elevation_deg: float | Mapping[str, float] = 10.0,
    warn_age_days: float = 7.0,
    refraction: Refraction | None = None,
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
        Elevation [deg] at which a pass begins and ends: geometric, or apparent if refraction is given.
    warn_age_days : float
        Element age [d] beyond which a pass brings a StaleElementsWarning; it never loses a pass. Designed orbits do
        not age.
    refraction : Refraction, optional
        Lets passes begin and end where the satellite appears at `min_elevation_deg`. All elevations and azimuths in
        the table stay geometric.

    Returns
    -------
    pandas.DataFrame
        One row a pass, sorted by AOS; where there is none, ``attrs["why_no_pass"]`` holds a cause and an advice. TCA is
        the instant of the largest elevation inside the pass, `tca_range_m` the range then, which for an eccentric orbit
        is far from the shortest; `elements_age_days` is TCA minus epoch, signed, and missing for a designed orbit,
        which does not age.

    Raises
    ------
    InputError
        If there are no elements or stations, or the window or the elevation makes no sense.
    """
    if not isinstance(elements, Elements):
        raise InputError(f"{shown(elements)} is no Elements.", "Read some: orbit.read_elements(path).")
    places = as_stations(stations)
    frames = horizons(places)
    warn_age_days = as_float("warn_age_days", warn_age_days)
    mask = _mask_deg(min_elevation_deg, places)
    if refraction is not None:
        mask = refraction.true_elevation_deg(mask, np.array([place.altitude_m for place in places]))
    t0, t1 = _window(start, end)
    if not len(elements):
        raise InputError("There are no elements to predict passes from.", "Read some: orbit.read_elements(path).")
    arcs = _arcs(elements, t0, t1)
    failures: dict[str, None] = {}
    # Handed over without a name of its own here, so that the table's makers can let go of what they have used.
    table = _table(_search(arcs, frames, mask, t0, t1, failures), arcs, places, warn_age_days)
    if table.empty:
        table.attrs["why_no_pass"] = why_no_pass([arc.elements for arc in arcs], places, mask, list(failures))
    return table


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
        values = np.array([as_float("min_elevation_deg", given[item.name]) for item in stations])
    else:
        values = np.full(len(stations), as_float("min_elevation_deg", given))
    if not (np.isfinite(values).all() and (values > -30.0).all() and (values < 90.0).all()):
        raise InputError(f"min_elevation_deg = {shown(given)} is out of range: it must lie between -30 and 90 deg.")
    return values


def _arcs(elements: Elements, t0: float, t1: float) -> list[Arc]:
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
    return arcs


def _search(
    arcs: list[Arc], frames: Horizons, mask: FloatArray, t0: float, t1: float, failures: dict[str, None]
) -> Contacts:
    """Search all arcs, a chunk at a time; where a pass sticks out of an arc's stretch, the whole window again."""
    parts: list[Contacts] = []
    pending: list[Stretch] = []
    for index, arc in enumerate(arcs):
        period = DAY_S / arc.elements.mean_motion_rev_day
        first, last = max(t0, arc.start_tai_s - period), min(t1, arc.end_tai_s + period)
        stretch = _stretch(index, arc, first, last, len(frames.names))
        if stretch.track.failure:
            failures[stretch.track.failure] = None
        if stretch.track.count:
            pending.append(stretch)
        load = sum(item.track.count for item in pending) * len(frames.names)
        if pending and (load > _CHUNK or index == len(arcs) - 1):
            parts.append(_search_stretches(pending, arcs, frames, mask, t0, t1))
            pending = []
            report("predict", index + 1, len(arcs))
    if pending:
        parts.append(_search_stretches(pending, arcs, frames, mask, t0, t1))
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        warn(f"{next(iter(failures))}{more}; there are no passes beyond that.")
    found = Contacts.joined(parts) if parts else Contacts.none()
    if len({arc.elements.satellite for arc in arcs}) < len(arcs):
        return _nearest_epoch(found, arcs, len(frames.names))
    return found


@dataclass(frozen=True, slots=True)
class Stretch:
    """A track, the index of its arc, and the time it is searched over [s, TAI since 1970]."""

    arc_index: int
    track: Track
    first: float
    last: float


def _stretch(index: int, arc: Arc, first: float, last: float, stations: int) -> Stretch:
    """Make a track with few nodes, and SGP4 between them, for few stations; or one that interpolates, for many.

    Deep-space orbits always interpolate: SGP4's velocities differ from the derivatives of its positions, there enough
    to shift a culmination by minutes.
    """
    deep_space = arc.elements.mean_motion_rev_day <= _DEEP_SPACE_REV_DAY
    if stations < _FEW_STATIONS and not deep_space:
        return Stretch(index, make_track(arc, first, last, nodes_per_turn=12), first, last)
    return Stretch(index, make_track(arc, first, last, nodes_per_turn=14).interpolating(), first, last)


def _search_stretches(
    stretches: list[Stretch], arcs: list[Arc], frames: Horizons, mask: FloatArray, t0: float, t1: float
) -> Contacts:
    tracks = [item.track for item in stretches]
    index = np.array([item.arc_index for item in stretches])
    first, last = np.array([item.first for item in stretches]), np.array([item.last for item in stretches])
    stations = len(frames.names)
    blocks = max(1, round(sum(track.count for track in tracks) * stations / _CHUNK))
    parts = []
    for block in np.array_split(np.arange(stations), min(blocks, stations)):
        part = find_contacts(tracks, frames.of(block), mask[block], first, last)
        parts.append(replace(part, pairs=Pairs(part.pairs.track, block[part.pairs.station])))
    found = Contacts.joined(parts) if len(parts) > 1 else parts[0]
    track = found.pairs.track
    low = np.array([arcs[i].start_tai_s for i in index])[track]
    high = np.array([arcs[i].end_tai_s for i in index])[track]
    cut = (found.start_open & (first[track] > t0) & (found.los_tai_s >= low)) | (
        found.end_open & (last[track] < t1) & (found.aos_tai_s <= high)
    )
    if cut.any():
        again = set(track[cut].tolist())
        whole = [
            _stretch(item.arc_index, arcs[item.arc_index], t0, t1, stations) if place in again else item
            for place, item in enumerate(stretches)
        ]
        return _search_stretches(whole, arcs, frames, mask, t0, t1)
    return replace(found, pairs=Pairs(index[track], found.pairs.station))


def _nearest_epoch(found: Contacts, arcs: list[Arc], stations: int) -> Contacts:
    """Keep one version of every pass that several element sets of a satellite predict: that of the nearest epoch.

    A pass is an arc's own if its TCA lies in the arc. Where versions overlap, the arc with the youngest own version
    keeps its own; if no version is its arc's own (a TCA that jumps over the switch) the youngest version stays.
    """
    track = found.pairs.track
    low, high = np.array([arc.start_tai_s for arc in arcs]), np.array([arc.end_tai_s for arc in arcs])
    epoch = tai_from_datetime64(np.array([arc.elements.epoch_utc for arc in arcs]))
    own = (found.tca_tai_s >= low[track]) & (found.tca_tai_s < high[track])
    age = np.abs(found.tca_tai_s - epoch[track])
    _, number = np.unique([arc.elements.satellite for arc in arcs], return_inverse=True)
    group = number[track] * stations + found.pairs.station
    order = np.lexsort((found.aos_tai_s, group))
    # Overlapping versions form a cluster; the largest LOS so far is taken within a group by shifting groups apart.
    start = found.aos_tai_s.min(initial=0.0)
    shift = group[order] * (found.los_tai_s.max(initial=0.0) - start + 1.0)
    latest = np.maximum.accumulate(found.los_tai_s[order] - start + shift)
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (found.aos_tai_s[order] - start + shift)[1:] > latest[:-1]
    cluster = np.empty(len(order), dtype=np.int64)
    cluster[order] = np.cumsum(begins) - 1
    size = np.bincount(cluster)
    ranked = np.lexsort((age, ~own, cluster))
    winner = ranked[np.append(0, np.cumsum(size)[:-1])] if len(size) else ranked
    best = winner[cluster]
    kept = own & (track == track[best])
    kept |= (np.arange(len(track)) == best) & (size[cluster] > 1)
    return found[np.flatnonzero(kept)]


def _table(found: Contacts, arcs: list[Arc], stations: Sequence[Station], warn_age_days: float) -> pd.DataFrame:
    """Make the table column by column, letting go of each contact array, so that a large one fits in memory."""
    import pandas as pd

    satellites = [arc.elements.satellite for arc in arcs]
    order = _by_time(found, satellites)
    truncated = (found.start_open | found.end_open)[order]
    track, station = found.pairs.track[order], found.pairs.station[order]
    arrays = {name: getattr(found, name) for name in (*_TIMES, *_NUMBERS, _PLACE)}
    del found
    times = {name: arrays.pop(source)[order] for source, name in _TIMES.items()}
    epochs = tai_from_datetime64(np.array([arc.elements.epoch_utc for arc in arcs]))
    age = (times["tca_utc"] - epochs[track]) / DAY_S
    designed = np.array([arc.elements.designed for arc in arcs])[track]
    warn_of_age(age[~designed], warn_age_days)
    age[designed] = np.nan  # what was never measured does not age
    stamps = {name: datetime64_from_tai(times.pop(name)) for name in _TIMES.values()}
    columns: dict[str, Any] = {
        "pass_id": _pass_ids(track, station, satellites, stations, stamps["aos_utc"]),
        "satellite": np.array(satellites, dtype=object)[track],
        "station": np.array([item.name for item in stations], dtype=object)[station],
    }
    # From the stamps as they are written, so that samples of the table add up to it.
    duration = tai_from_datetime64(stamps["los_utc"]) - tai_from_datetime64(stamps["aos_utc"])
    for name in _TIMES.values():
        columns[name] = pd.DatetimeIndex(stamps.pop(name), tz="UTC")
    columns["duration_s"] = duration
    for name in _NUMBERS:
        columns[name] = arrays.pop(name)[order]
    columns["elements_age_days"] = age
    columns["truncated"] = truncated
    columns["usable"] = np.ones(len(order), dtype=bool)
    columns["reject_reason"] = np.full(len(order), "", dtype=object)
    columns[_PLACE] = arrays.pop(_PLACE)[order]
    return pd.DataFrame(columns, copy=False)


def _by_time(found: Contacts, satellites: list[str]) -> IntArray:
    """Return the order of the rows: by AOS, then by satellite and station."""
    order = np.argsort(found.aos_tai_s, kind="stable")
    if (np.diff(found.aos_tai_s[order]) == 0.0).any():
        rank = {name: place for place, name in enumerate(sorted(set(satellites)))}
        by_name = np.array([rank[name] for name in satellites])[found.pairs.track]
        order = np.lexsort((found.pairs.station, by_name, found.aos_tai_s))
    return order


def warn_of_age(age_days: FloatArray, warn_age_days: float) -> None:
    """Warn of passes that are farther from the epoch of their elements than so many days."""
    farthest = np.abs(age_days).max(initial=0.0)
    if farthest > warn_age_days:
        warn(
            f"{(np.abs(age_days) > warn_age_days).sum()} of {age_days.size} passes are farther than "
            f"{warn_age_days:g} days from the epoch of their elements, the farthest by {farthest:.1f} days: there "
            f"{error_in_words(farthest)}.",
            StaleElementsWarning,
        )


def _pass_ids(
    track: IntArray,
    station: IntArray,
    satellites: list[str],
    stations: Sequence[Station],
    aos: NDArray[np.datetime64],
) -> NDArray[Any]:
    """Name each pass by satellite, station and the whole second of its AOS; a second one in it gets a number."""
    places = [_word(place.name) for place in stations]
    begins = [f"{word}-{place}-" for word in map(_word, satellites) for place in places]
    pair = track * len(stations) + station
    ids = np.empty(len(aos), dtype=object)
    for part in (slice(k, k + _ROWS_AT_ONCE) for k in range(0, len(ids), _ROWS_AT_ONCE)):
        stamps = _stamps(aos[part])
        ids[part] = [begins[k] + stamp for k, stamp in zip(pair[part].tolist(), stamps, strict=True)]
    # Names can only be equal where the pairs' second is.
    key = np.sort(pair * 2**36 + aos.astype("datetime64[s]").astype(np.int64))
    if (np.diff(key) == 0).any() or len(set(begins)) < len(begins):
        seen: dict[str, int] = {}
        for index, name in enumerate(ids):
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                ids[index] = f"{name}-{seen[name]}"
    return ids


def stamped_ids(ids: Sequence[str], aos: NDArray[np.datetime64]) -> list[str]:
    """Return the ids of passes with another AOS in them."""
    return [_STAMP.sub("", one) + stamp for one, stamp in zip(ids, _stamps(aos), strict=True)]


def _word(name: str) -> str:
    """Return a name as one word of an id, which stands in lists separated by spaces and on command lines."""
    return re.sub(r"[^\w.#@+=:~-]+", "_", name.strip())


def _stamps(times: NDArray[np.datetime64]) -> list[str]:
    """Write times as 20170522T160503Z, seconds cut off; by digits, which is ten times faster than formatting."""
    seconds = times.astype("datetime64[s]")
    days = seconds.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    of_day = (seconds - days).astype(np.int64)
    year = 1970 + months.astype(np.int64) // 12
    month = 1 + months.astype(np.int64) % 12
    day = 1 + (days - months.astype("datetime64[D]")).astype(np.int64)
    date = (year * 100 + month) * 100 + day
    clock = (of_day // 3600 * 100 + of_day // 60 % 60) * 100 + of_day % 60
    text = np.full((len(times), 16), ord("T"), dtype=np.uint8)
    for place in range(7, -1, -1):
        date, text[:, place] = date // 10, ord("0") + date % 10
    for place in range(14, 8, -1):
        clock, text[:, place] = clock // 10, ord("0") + clock % 10
    text[:, 15] = ord("Z")
    return text.view("S16").ravel().astype("U16").tolist()
