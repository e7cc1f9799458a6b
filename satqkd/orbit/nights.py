"""A satellite that stays up has no pass to end: its contacts are cut into the nights they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.arrays import FloatArray, IntArray
from satqkd.constants import DAY_S
from satqkd.orbit.constraints import SunBelow
from satqkd.orbit.elements.sets import Elements
from satqkd.orbit.judging import judge
from satqkd.orbit.passes import stamped_ids
from satqkd.orbit.samples import PassTracks
from satqkd.orbit.station import Station
from satqkd.orbit.timescale import datetime64_from_tai, tai_from_datetime64
from satqkd.times import utc_column, utc_stamps

if TYPE_CHECKING:
    import pandas as pd

_STAYS_S = 0.5 * DAY_S
"""Contacts longer than this are cut; what rises and sets within a day is up for less."""
_POINTS = 500
_ZOOMS = 3


def cut_at_nights(
    passes: pd.DataFrame, elements: Elements, stations: Station | Sequence[Station], night: SunBelow
) -> pd.DataFrame:
    """Return a pass table in which contacts of more than half a day are cut at dusk and dawn.

    Parameters
    ----------
    passes : pandas.DataFrame
        Of `find_passes`.
    elements : Elements
    stations : Station or sequence of Station
    night : SunBelow
        When it is night.

    Returns
    -------
    pandas.DataFrame
        Such a contact has one row for each night it holds, `truncated`; one that holds none keeps its row. AOS and LOS
        are then dusk and dawn, TCA the instant of the largest elevation between.
    """
    import pandas as pd

    long = np.flatnonzero(passes["duration_s"].to_numpy() > _STAYS_S)
    if not len(long):
        return passes
    own = passes.iloc[long]
    spans, _, _ = judge(own.assign(usable=True), elements, stations, [night])
    if not len(spans):
        return passes
    tracks = PassTracks.of(own, elements, stations)
    nights = _described(own.iloc[spans.row], tracks, spans.row, spans.begin_s, spans.end_s)
    gone = passes.index[long[np.unique(spans.row)]]
    cut = pd.concat([passes.drop(index=gone), nights], ignore_index=True)
    cut.attrs = dict(passes.attrs)
    return cut.sort_values(["aos_utc", "satellite", "station"], kind="stable", ignore_index=True)


def _described(
    rows: pd.DataFrame, tracks: PassTracks, row: IntArray, begin: FloatArray, end: FloatArray
) -> pd.DataFrame:
    """Return rows of the table for stretches [s from TCA] of contacts."""
    best, elevation, azimuth, distance = _extreme(tracks, row, begin, end, "elevation_deg", highest=True)
    edges = tracks.at(np.repeat(row, 2), np.column_stack((begin, end)).ravel())
    shortest = _extreme(tracks, row, begin, end, "range_m", highest=False)[3]
    tca = tracks.tca_tai_s[row]
    stamps = {name: datetime64_from_tai(tca + t) for name, t in (("aos", begin), ("tca", best), ("los", end))}
    lasted = tai_from_datetime64(stamps["los"]) - tai_from_datetime64(stamps["aos"])
    moved = (tai_from_datetime64(stamps["tca"]) - tai_from_datetime64(utc_stamps(rows["tca_utc"]))) / DAY_S
    columns: dict[str, Any] = {
        "pass_id": stamped_ids(rows["pass_id"].tolist(), stamps["aos"]),
        **{f"{name}_utc": utc_column(values) for name, values in stamps.items()},
        "duration_s": lasted,
        "max_elevation_deg": elevation,
        "aos_azimuth_deg": edges.azimuth_deg[0::2],
        "tca_azimuth_deg": azimuth,
        "los_azimuth_deg": edges.azimuth_deg[1::2],
        "min_range_m": shortest,
        "elements_age_days": rows["elements_age_days"].to_numpy() + moved,
        "truncated": np.ones(len(rows), dtype=bool),
        "tca_range_m": distance,
    }
    return rows.assign(**columns)


def _extreme(
    tracks: PassTracks, row: IntArray, begin: FloatArray, end: FloatArray, name: str, *, highest: bool
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return when a quantity is extreme in each stretch [s from TCA], and elevation, azimuth and range then."""
    found = [np.zeros(len(row)) for _ in range(4)]
    for place, one in enumerate(row.tolist()):
        low, high = float(begin[place]), float(end[place])
        for _ in range(_ZOOMS):
            t = np.linspace(low, high, _POINTS)
            seen = tracks.at(np.full(_POINTS, one), t)
            values = getattr(seen, name)
            k = int(values.argmax() if highest else values.argmin())
            low, high = t[max(k - 1, 0)], t[min(k + 1, _POINTS - 1)]
        for array, value in zip(found, (t, seen.elevation_deg, seen.azimuth_deg, seen.range_m), strict=True):
            array[place] = value[k]
    return found[0], found[1], found[2], found[3]
