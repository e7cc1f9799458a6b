"""Passes second by second: where the satellite stands, and what the sky does, as flat arrays over all passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satqkd.arrays import FloatArray, IntArray, takes_quantities
from satqkd.constants import DAY_S, LIGHT_SPEED_M_S
from satqkd.errors import InputError, shown
from satqkd.orbit.elements.sets import Elements, ElementSet
from satqkd.orbit.engine.interpolation import locate_along
from satqkd.orbit.engine.propagation import Arc, locate_many
from satqkd.orbit.engine.view import dot, elevation_azimuth_deg
from satqkd.orbit.sky import Sky
from satqkd.orbit.station import Horizons, Station, as_stations, horizons, station_rows
from satqkd.orbit.timescale import EARTH_ROTATION_RAD_S, datetime64_from_tai, tai_from_datetime64, utc_offset_s
from satqkd.times import utc_stamps

if TYPE_CHECKING:
    import pandas as pd


SkySamples = Sky
"""The sky at every sample, in the order of the samples."""


@dataclass(frozen=True, slots=True)
class PassSamples:
    """Samples of many passes, one pass after another.

    Parameters
    ----------
    offsets : ndarray of int
        Samples of row i of the pass table are ``offsets[i]:offsets[i + 1]``, shape (n_passes + 1,).
    pass_index : ndarray of int
        The row (by position) each sample belongs to, shape (n,), as all below.
    t_s : ndarray
        Time from TCA [s].
    weight_s : ndarray
        The time each sample stands for [s]; over a pass they add up to its duration.
    begin_s : ndarray
        Where the slot begins that a sample stands for, from TCA [s].
    time_utc : ndarray of datetime64[us]
    elevation_deg, azimuth_deg, range_m, range_rate_m_s : ndarray
        Topocentric, geometric.
    point_ahead_rad : ndarray
        2 v_perp / c [rad], from the satellite's inertial velocity relative to the station.
    azimuth_rate_deg_s : ndarray
        What a mount's vertical axis has to follow [deg/s].
    """

    offsets: IntArray
    pass_index: IntArray
    t_s: FloatArray
    weight_s: FloatArray
    begin_s: FloatArray
    time_utc: NDArray[np.datetime64]
    elevation_deg: FloatArray
    azimuth_deg: FloatArray
    range_m: FloatArray
    range_rate_m_s: FloatArray
    point_ahead_rad: FloatArray
    azimuth_rate_deg_s: FloatArray

    def of(self, index: int) -> slice:
        """Return the slice of the samples of row `index` (by position)."""
        return slice(int(self.offsets[index]), int(self.offsets[index + 1]))

    def only(self, index: int) -> PassSamples:
        """Return the samples of one row alone, as those of row 0."""
        part = self.of(index)
        columns = {name: getattr(self, name)[part] for name in self.__dataclass_fields__ if name != "offsets"}
        columns["pass_index"] = np.zeros(part.stop - part.start, dtype=np.int64)
        return PassSamples(offsets=np.array([0, part.stop - part.start]), **columns)

    def __len__(self) -> int:
        return len(self.t_s)


@takes_quantities
def sample_passes(
    passes: pd.DataFrame, elements: Elements, stations: Station | Sequence[Station], *, step_s: float = 1.0
) -> PassSamples:
    """Sample passes at whole steps from their TCA.

    A sample stands for the slot of one step around it, cut at AOS and LOS; the sample of a cut slot whose instant lies
    outside the pass moves to the middle of what is left of the slot.

    Parameters
    ----------
    passes : pandas.DataFrame
        Any rows of `find_passes`, in any order.
    elements : Elements
        Those of `find_passes`; each pass keeps the set that predicted it.
    stations : Station or sequence of Station
    step_s : float
        Spacing [s].
    """
    if not (np.isfinite(step_s) and step_s > 0.0):
        raise InputError(f"step_s = {shown(step_s)} is out of range: it must be greater than 0.")
    aos, tca, los = (tai_from_datetime64(utc_stamps(passes[name])) for name in ("aos_utc", "tca_utc", "los_utc"))
    return _sampled(passes, elements, stations, tca, _grid(aos - tca, los - tca, step_s), step_s)


def sample_edges(passes: pd.DataFrame, elements: Elements, stations: Station | Sequence[Station]) -> PassSamples:
    """Sample passes at AOS, TCA and LOS alone; the three share the duration."""
    aos, tca, los = (tai_from_datetime64(utc_stamps(passes[name])) for name in ("aos_utc", "tca_utc", "los_utc"))
    count = len(tca)
    t = np.column_stack((aos - tca, np.zeros(count), los - tca)).ravel()
    third = np.repeat((los - aos) / 3.0, 3)
    grid = (3 * np.arange(count + 1), np.repeat(np.arange(count), 3), t, third, t)
    return _sampled(passes, elements, stations, tca, grid, 1.0)


def _sampled(
    passes: pd.DataFrame,
    elements: Elements,
    stations: Station | Sequence[Station],
    tca: FloatArray,
    grid: tuple[IntArray, IntArray, FloatArray, FloatArray, FloatArray],
    step_s: float,
) -> PassSamples:
    """Describe the geometry at times from TCA; `grid` holds offsets, pass index, times, weights and begins of slots."""
    frames = horizons(as_stations(stations))
    offsets, index, t, weight, begin = grid
    where = station_rows(frames, passes["station"].to_numpy())[index]
    d, v = np.empty((3, len(t))), np.empty((3, len(t)))
    for arc, rows in _arcs_of(passes, elements, tca):
        counts = np.diff(offsets)[rows]
        own = np.concatenate(([0], np.cumsum(counts)))
        mine = np.arange(own[-1]) + np.repeat(offsets[rows] - own[:-1], counts)
        d[:, mine], v[:, mine] = locate_along(arc, tca[rows], own, t[mine], step_s)
    return _described(frames, where, d, v, offsets, index, t, weight, begin, tca[index] + t)


def _described(
    frames: Horizons,
    where: IntArray,
    position: FloatArray,
    velocity: FloatArray,
    offsets: IntArray,
    index: IntArray,
    t: FloatArray,
    weight: FloatArray,
    begin: FloatArray,
    tai: FloatArray,
) -> PassSamples:
    """Describe Earth-fixed positions [m] and velocities [m/s] as the stations numbered `where` see them."""
    d, v = position - frames.position_m.take(where, axis=1), velocity
    frame = frames.east_north_up.take(where, axis=2)
    elevation, azimuth = elevation_azimuth_deg(frame, d)
    distance = np.sqrt(dot(d, d))
    rate = dot(d, v) / distance
    # Back to axes that do not turn: the velocity relative to the station gains omega x d.
    relative = v + EARTH_ROTATION_RAD_S * np.array((-d[1], d[0], np.zeros(len(t))))
    across = np.sqrt(np.maximum(dot(relative, relative) - rate**2, 0.0))
    return PassSamples(
        offsets,
        index,
        t,
        weight,
        begin,
        datetime64_from_tai(tai),
        elevation,
        azimuth,
        distance,
        rate,
        2.0 * across / LIGHT_SPEED_M_S,
        _azimuth_rate_deg_s(frame, d, v),
    )


@dataclass(frozen=True, slots=True, eq=False)
class PassTracks:
    """Where the satellite stands in each of many passes, at any instant, by SGP4 itself.

    Parameters
    ----------
    arcs : tuple of Arc
        What serves the passes.
    arc_of : ndarray of int
        Which of them serves each, shape (passes,).
    tca_tai_s : ndarray
        TCA of each [s, TAI since 1970].
    frames : Horizons
    station_of : ndarray of int
        Index among the frames of each pass's station.
    """

    arcs: tuple[Arc, ...]
    arc_of: IntArray
    tca_tai_s: FloatArray
    frames: Horizons
    station_of: IntArray
    epochs: FloatArray
    models: list[Any] = field(default_factory=list)
    """What SGP4 has made of the arcs, when it is first asked."""

    @classmethod
    def of(cls, passes: pd.DataFrame, elements: Elements, stations: Station | Sequence[Station]) -> PassTracks:
        """Return the tracks of the rows of a pass table; arguments as `sample_passes`."""
        frames = horizons(as_stations(stations))
        tca = tai_from_datetime64(utc_stamps(passes["tca_utc"]))
        arcs, arc_of = [], np.zeros(len(tca), dtype=np.int64)
        for number, (arc, rows) in enumerate(_arcs_of(passes, elements, tca)):
            arcs.append(arc)
            arc_of[rows] = number
        where = station_rows(frames, passes["station"].to_numpy())
        return cls(tuple(arcs), arc_of, tca, frames, where, np.array([arc.epoch_tai_s for arc in arcs]))

    def at(
        self, row: IntArray, t_s: FloatArray, *, weight_s: FloatArray | None = None, begin_s: FloatArray | None = None
    ) -> PassSamples:
        """Return samples at instants [s from TCA] of passes, in the order of passes.

        Parameters
        ----------
        row : ndarray of int
            Which pass, shape (n,), rising.
        t_s : ndarray
            When, shape (n,).
        weight_s, begin_s : ndarray, optional
            How long each stands for, and where that begins, from TCA [s]; nothing by default.
        """
        tai = self.tca_tai_s[row] + t_s
        if not len(self.models):
            self.models.extend(arc.elements.satrec() for arc in self.arcs)
        position, velocity = locate_many(self.models, self.epochs, self.arc_of[row], tai)
        return _described(
            self.frames,
            self.station_of[row],
            position,
            velocity,
            np.searchsorted(row, np.arange(len(self.tca_tai_s) + 1)),
            row,
            t_s,
            np.zeros(len(row)) if weight_s is None else weight_s,
            t_s if begin_s is None else begin_s,
            tai,
        )

    def instants(self, row: IntArray, t_s: FloatArray) -> PassSamples:
        """Return samples at instants [s from TCA] without the satellite: for what the Sun or the Moon alone decides."""
        nowhere = np.full(len(row), np.nan)
        stamps = datetime64_from_tai(self.tca_tai_s[row] + t_s)
        offsets = np.searchsorted(row, np.arange(len(self.tca_tai_s) + 1))
        return PassSamples(offsets, row, t_s, np.zeros(len(row)), t_s, stamps, *(nowhere,) * 6)

    def sky(self, samples: PassSamples) -> SkySamples:
        """Describe Sun, Moon and shadow at samples of these passes."""
        return SkySamples(
            tai_from_datetime64(samples.time_utc),
            self.frames,
            self.station_of[samples.pass_index],
            samples.elevation_deg,
            samples.azimuth_deg,
            samples.range_m,
        )


def step_grid(start: FloatArray, end: FloatArray, step: float) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    """Return pass index, times, weights and begins of slots of samples at whole steps from TCA.

    Parameters
    ----------
    start, end : ndarray
        Of each pass [s from TCA], shape (passes,).
    step : float
        Spacing [s].
    """
    first = np.ceil(start / step - 0.5).astype(np.int64)
    last = np.maximum(np.floor(end / step + 0.5).astype(np.int64), first)
    # A slot that only touches the pass with its edge is empty.
    first += (first + 0.5) * step - start <= 1e-9
    last -= end - (last - 0.5) * step <= 1e-9
    last = np.maximum(last, first)
    count = last - first + 1
    offsets = np.concatenate(([0], np.cumsum(count)))
    index = np.repeat(np.arange(len(count)), count)
    t = (np.arange(offsets[-1]) - offsets[index] + first[index]) * step
    low, high = np.maximum(t - 0.5 * step, start[index]), np.minimum(t + 0.5 * step, end[index])
    outside = (t < start[index]) | (t > end[index])
    return index, np.where(outside, 0.5 * (low + high), t), np.maximum(high - low, 0.0), low


def _grid(
    start: FloatArray, end: FloatArray, step: float
) -> tuple[IntArray, IntArray, FloatArray, FloatArray, FloatArray]:
    """Return offsets and what `step_grid` returns."""
    index, t, weight, begin = step_grid(start, end, step)
    return np.searchsorted(index, np.arange(len(start) + 1)), index, t, weight, begin


def _arcs_of(passes: pd.DataFrame, elements: Elements, tca: FloatArray) -> list[tuple[Arc, IntArray]]:
    """Return the arcs that serve the passes, each with the rows it serves: the sets that `find_passes` used."""
    groups: dict[str, list[ElementSet]] = {}
    for item in elements:
        groups.setdefault(item.satellite, []).append(item)
    names, number = np.unique(passes["satellite"].to_numpy(dtype=str), return_inverse=True)
    order, ends = np.argsort(number, kind="stable"), np.cumsum(np.bincount(number, minlength=len(names)))
    # Designed orbits have no age, and one set each.
    age = np.nan_to_num(passes["elements_age_days"].to_numpy()) if "elements_age_days" in passes else 0.0
    wanted = tca - age * DAY_S
    offset = utc_offset_s(tca)
    result = []
    for satellite, (begin, end) in zip(names.tolist(), pairwise([0, *ends.tolist()]), strict=True):
        sets = groups.get(satellite) or list(elements.of(satellite))
        epochs = tai_from_datetime64(np.array([item.epoch_utc for item in sets]))
        rows = order[begin:end]
        chosen = np.abs(wanted[rows][:, None] - epochs).argmin(axis=1)
        for pair in sorted(set(zip(chosen.tolist(), offset[rows].tolist(), strict=True))):
            mine = rows[(chosen == pair[0]) & (offset[rows] == pair[1])]
            result.append((Arc(sets[pair[0]], pair[1]), mine))
    return result


def _azimuth_rate_deg_s(frame: FloatArray, d: FloatArray, v: FloatArray) -> FloatArray:
    east, north = dot(frame[0], d), dot(frame[1], d)
    turning = dot(frame[0], v) * north - dot(frame[1], v) * east
    return np.asarray(np.degrees(turning / np.maximum(east**2 + north**2, 1e-6)))


def sample_sky(samples: PassSamples, passes: pd.DataFrame, stations: Station | Sequence[Station]) -> SkySamples:
    """Describe Sun, Moon and shadow at every sample; nothing is computed before it is asked for.

    Parameters
    ----------
    samples : PassSamples
        Of the same rows as `passes`.
    passes : pandas.DataFrame
    stations : Station or sequence of Station
    """
    frames = horizons(as_stations(stations))
    return SkySamples(
        tai_from_datetime64(samples.time_utc),
        frames,
        station_rows(frames, passes["station"].to_numpy())[samples.pass_index],
        samples.elevation_deg,
        samples.azimuth_deg,
        samples.range_m,
    )
