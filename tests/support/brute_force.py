"""A brute-force pass finder: the elevation every 0.1 s, and nothing clever. Kept to judge the fast one by."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from satqkd.orbit.elements.sets import ElementSet
from satqkd.orbit.engine.propagation import earth_fixed, sgp4_teme
from satqkd.orbit.station import Station
from satqkd.orbit.timescale import posix_from_tai, tai_from_datetime64, utc_offset_s

STEP_S = 0.1
_CHUNK_S = 43200.0


@dataclass
class BrutePass:
    station: str
    aos: float
    tca: float
    los: float
    max_elevation_deg: float


def elevations(position: np.ndarray, station: Station) -> np.ndarray:
    """Sine of the elevation of Earth-fixed positions (3, n)."""
    d = position - station.position_m[:, None]
    return (station.east_north_up[2] @ d) / np.sqrt(np.einsum("cn,cn->n", d, d))


def brute_passes(
    elements: ElementSet,
    stations: list[Station],
    start: float,
    end: float,
    mask_deg: float,
    *,
    step: float = STEP_S,
    peak_s: float = 0.0,
) -> list[BrutePass]:
    """Passes between two times [s, TAI]: threshold crossings of samples, placed by linear interpolation.

    The culmination is the top of the parabola through the highest sample and those `peak_s` (at least one) away.
    """
    reach = max(1, round(peak_s / step))
    model = elements.satrec()
    epoch = tai_from_datetime64(elements.epoch_utc)
    epoch_s = float(posix_from_tai(epoch) + utc_offset_s(start))
    sine = np.sin(np.radians(mask_deg))
    open_passes: dict[str, BrutePass] = {}
    done: list[BrutePass] = []
    edges = np.arange(start, end, _CHUNK_S)
    failed = False
    for chunk in edges:
        if failed:
            break
        last = min(chunk + _CHUNK_S, end)
        count = int(np.round((last - chunk) / step))
        times = np.append(chunk + step * np.arange(count), last)
        position, velocity, error = sgp4_teme(model, epoch_s, times)
        if error.any():  # SGP4 has failed for good, whatever it says later
            times = times[: int(np.argmax(error > 0))]
            position, velocity = position[: len(times)], velocity[: len(times)]
            failed = True
        if len(times) < 2:
            break
        position, _ = earth_fixed(position, velocity, times)
        for station in stations:
            _scan(station, times, elevations(position, station), sine, open_passes, done, reach)
    done += open_passes.values()
    for item in done:
        if not np.isfinite(item.los):
            item.los = times[-1]
    return sorted(done, key=lambda item: (item.aos, item.station))


def _scan(station, times, sines, sine, open_passes, done, reach):
    above = sines >= sine
    flips = np.flatnonzero(above[1:] != above[:-1])
    cross = times[flips] + (times[flips + 1] - times[flips]) * (sine - sines[flips]) / (sines[flips + 1] - sines[flips])
    edges = [(-1, None), *zip(flips.tolist(), cross.tolist(), strict=True), (len(times) - 1, None)]
    for (first, begin), (last, finish) in pairwise(edges):
        part = slice(first + 1, last + 1)
        if not above[first + 1]:
            continue
        best = int(np.argmax(sines[part])) + first + 1
        item = open_passes.pop(station.name, None) if begin is None else None
        if item is None:
            item = BrutePass(station.name, times[0] if begin is None else begin, 0.0, np.inf, -90.0)
        tca, height = _peak(times, sines, best, reach)
        if height > item.max_elevation_deg:
            item.tca, item.max_elevation_deg = tca, height
        if finish is None:
            open_passes[station.name] = item
        else:
            item.los = finish
            done.append(item)


def _peak(times, sines, best, reach):
    """Parabola of the squared zenith angle, smooth through the zenith, by the highest sample and two neighbours."""
    if reach <= best < len(times) - 1 - reach:  # the last step of a chunk may be shorter
        a, b, c = np.degrees(np.arccos(sines[best - reach : best + reach + 1 : reach])) ** 2
        bend = a - 2.0 * b + c
        if bend > 0.0:
            shift = 0.5 * (a - c) / bend
            least = max(b - 0.25 * (a - c) * shift, 0.0)
            return times[best] + shift * (times[best + reach] - times[best]), 90.0 - np.sqrt(least)
    return times[best], np.degrees(np.arcsin(sines[best]))
