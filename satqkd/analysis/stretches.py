"""A long window in stretches, so that a part of it is found as the whole would find it, and memory does not grow."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from satqkd import orbit
from satqkd.arrays import BoolArray, IntArray
from satqkd.constants import DAY_S
from satqkd.errors import InputError, SatqkdWarning, shown, warn
from satqkd.orbit import Elements, Station
from satqkd.orbit.passes import warn_of_age
from satqkd.times import to_datetime64, to_posix, utc_seconds, utc_stamps

if TYPE_CHECKING:
    import pandas as pd

_STRETCH_S, _QUIET_STRETCH_S = 64.0 * DAY_S, 400.0 * DAY_S
_FEW_STATIONS = 5
"""Below so many stations there are few passes in a day, and the longer stretches cost less."""
_MARGIN_S = 0.5 * DAY_S
"""How far before and behind a stretch its passes may reach; no pass of what rises and sets daily is longer."""
_LINGERS_REV_DAY = 6.4
"""Slower satellites may stay up for longer: they are searched in the whole window."""


class Window(NamedTuple):
    """A stretch of time [POSIX s]."""

    start: float
    end: float


def stretches(first: float, last: float, stations: int) -> list[Window]:
    """Return a window cut into stretches from its start on, the last one shorter.

    They are of 64 days, or of 400 where there are few stations: how many satellites there are must not matter, or parts
    by satellite would not be what they are in the whole.
    """
    length = _STRETCH_S if stations >= _FEW_STATIONS else _QUIET_STRETCH_S
    edges = [*np.arange(first, last, length).tolist(), last]
    return [Window(*pair) for pair in pairwise(edges)]


def part_of(whole: Sequence[Window], part: tuple[int, int] | None) -> list[Window]:
    """Return the stretches of the k-th of n parts of a window.

    Raises
    ------
    InputError
        If the part is no pair ``(k, n)`` with 0 <= k < n.
    """
    if part is None:
        return list(whole)
    try:
        number, of = part
        if isinstance(number, bool) or isinstance(of, bool) or int(number) != number or int(of) != of:
            raise ValueError
    except (TypeError, ValueError):
        raise InputError(f"part = {shown(part)} is no pair of whole numbers.", "Give (k, n), e.g. (0, 12).") from None
    if not 0 <= number < of:
        raise InputError(f"part = {shown(part)} does not exist: the first must be at least 0 and below the second.")
    return [one for place, one in enumerate(whole) if place * of // len(whole) == number]


def passes_in(
    elements: Elements,
    stations: Sequence[Station],
    window: Window,
    mine: Sequence[Window],
    *,
    warn_age_days: float,
    **options: Any,
) -> pd.DataFrame:
    """Find the passes whose TCA lies in some stretches of a window; other arguments as `satqkd.orbit.find_passes`."""
    import pandas as pd

    if len(mine) == 1 and mine[0] == window:
        return _found(elements, stations, window, warn_age_days=warn_age_days, **options)
    quick = Elements(tuple(one for one in elements if one.mean_motion_rev_day > _LINGERS_REV_DAY), elements.files)
    slow = Elements(tuple(one for one in elements if one.mean_motion_rev_day <= _LINGERS_REV_DAY), elements.files)
    tables, mine_of = [], []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for one in mine if len(quick) else ():
            wide = Window(max(window.start, one.start - _MARGIN_S), min(window.end, one.end + _MARGIN_S))
            tables.append(_found(quick, stations, wide, warn_age_days=np.inf, **options))
            mine_of.append(_within(tables[-1], [one], window))
        if len(slow) and mine:
            tables.append(_found(slow, stations, window, warn_age_days=np.inf, **options))
            mine_of.append(_within(tables[-1], mine, window))
        if not tables:
            sets = elements.of(elements.satellites[0])
            tables.append(_found(sets, stations, Window(window.end - 1.0, window.end), warn_age_days=np.inf, **options))
            mine_of.append(np.zeros(len(tables[0]), dtype=bool))
    for text, kind in dict.fromkeys((str(one.message), one.category) for one in caught):
        warn(text, kind if issubclass(kind, SatqkdWarning) else SatqkdWarning)
    some = [table for table in tables if len(table)] or tables[:1]
    found = pd.concat(some, ignore_index=True) if len(some) > 1 else some[0]
    rows = np.flatnonzero(np.concatenate(mine_of))
    keys = found[["aos_utc", "satellite", "station"]].iloc[rows]
    passes = found.iloc[rows[order_of(keys, [station.name for station in stations])]].reset_index(drop=True)
    passes.attrs = {} if len(passes) else dict(tables[0].attrs)
    warn_of_age(passes["elements_age_days"].dropna().to_numpy(), warn_age_days)
    return passes


def order_of(passes: pd.DataFrame, stations: Sequence[str]) -> IntArray:
    """Return the order of passes by AOS, then by satellite and by the place of their station."""
    import pandas as pd

    aos = utc_stamps(passes["aos_utc"]).astype(np.int64)
    order = np.argsort(aos, kind="stable")
    if (np.diff(aos[order]) == 0).any():
        station = pd.Categorical(passes["station"], categories=list(stations)).codes
        satellite = pd.factorize(passes["satellite"].to_numpy(), sort=True)[0]
        order = np.lexsort((station, satellite, aos))
    return order


def _found(elements: Elements, stations: Sequence[Station], window: Window, **options: Any) -> pd.DataFrame:
    return orbit.find_passes(elements, stations, to_datetime64(window.start), to_datetime64(window.end), **options)


def _within(passes: pd.DataFrame, mine: Sequence[Window], window: Window) -> BoolArray:
    """Return which passes have their TCA in some stretches, an end included where it is that of the window."""
    tca = utc_seconds(passes["tca_utc"])
    inside = np.zeros(len(tca), dtype=bool)
    for one in mine:
        first, last = (to_posix(to_datetime64(edge)[()]) for edge in one)
        inside |= (tca >= first) & ((tca < last) | (one.end == window.end))
    return inside
