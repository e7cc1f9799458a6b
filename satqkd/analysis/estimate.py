"""How large an analysis is, before it starts: from the passes of a few satellites on a few days."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from satqkd import orbit
from satqkd.analysis.window import ScenarioLike, window
from satqkd.arrays import IntArray
from satqkd.constants import DAY_S
from satqkd.errors import InputError
from satqkd.orbit import Elements
from satqkd.orbit.constraints import Seconds
from satqkd.orbit.nights import cut_at_nights
from satqkd.orbit.samples import sample_edges
from satqkd.orbit.selection import verdict_of
from satqkd.progress import announce, listening
from satqkd.scenario import Scenario, load_scenario
from satqkd.times import to_datetime64, utc_seconds

MOST_MEMORY_BYTES = 12 * 2**30
"""What work may need before it is refused [bytes]."""

_SMALL = 12_000.0
"""Satellites times stations times days, weighted, below which nothing is estimated: it would take a second or two."""
_WEIGHT_OPTIMIZED, _WEIGHT_SAMPLED = 80.0, 40.0
"""So much more work a pass is whose parameters are chosen, or that is looked at every second."""

_PIECES, _MOST_DAYS = 4, 3.0
"""Of the window, spread over it, and the length of each where there are few satellites and stations [d]."""
_STATIONS, _SATELLITES, _PAIR_DAYS = 12, 8, 60.0
"""Looked at in each piece."""

_SIMPSON = np.array([1.0, 4.0, 1.0]) / 6.0
"""What AOS, TCA and LOS tell of the seconds between."""

# Measured with this version on one core of an x86-64 server of 2026 at 2,000 to 600,000 passes (Micius' link, decoy
# BB84, 600 to 8000 km): bytes as the peak of resident memory less that of the imports, seconds by the clock.
_IMPORTS_BYTES = 95e6
_PASS_BYTES, _ANALYSED_PASS_BYTES = 850.0, 1100.0
_GROUP_PASSES = 5000
_GROUP_BYTES, _BLOCK_BYTES = 20e3, 40e3
"""A usable pass whose light is in memory, among a group of passes of which some are searched, or in one large block."""
_SAMPLE_BYTES = 380.0
_NODES = 16.0
"""Of a usable pass."""
_PASS_S, _USABLE_PASS_S, _OPTIMIZED_PASS_S = 30e-6, 280e-6, 6.5e-3
_SAMPLE_S, _USABLE_SAMPLE_S, _OPTIMIZED_SAMPLE_S, _KEPT_S = 1.7e-6, 4.5e-6, 17e-6, 1.0e-6


@dataclass(frozen=True, slots=True)
class Estimate:
    """How large an analysis, or a prediction alone, will be.

    Passes are good to a factor of 1.5, memory to 2, and seconds, which depend on the machine, to 3 or so.

    Attributes
    ----------
    passes : int
        Passes in the window, usable or not.
    samples : int
        Instants at which light is evaluated, nodes or seconds, and those of the seconds that are kept.
    memory_bytes : int
        The most memory that the process needs at once [bytes].
    seconds : float
        How long it takes on one core [s].
    """

    passes: int
    samples: int
    memory_bytes: int
    seconds: float

    @property
    def text(self) -> str:
        """All of it in words, on one line."""
        samples = f"{_words(self.samples)} samples, " if self.samples else ""
        return (
            f"about {_words(self.passes)} passes, {samples}{_size(self.memory_bytes)} of memory, {_time(self.seconds)}"
        )

    def __str__(self) -> str:
        return self.text


def estimate(
    scenario: ScenarioLike, *, start: Any = None, days: Any = None, end: Any = None, keep_samples: bool = False
) -> Estimate:
    """Estimate how large an analysis is, without running it.

    Parameters
    ----------
    scenario, start, days, end, keep_samples
        As `satqkd.analyze` takes them. Constraints and plans of one's own, and draws from a seed, are not known here.

    Returns
    -------
    Estimate
        From the passes of some satellites over some stations on four days of the window, in some tens of milliseconds.
    """
    checked = load_scenario(scenario)
    first, last = window(checked, start, days, end)
    return _estimated(checked, checked.read_elements(), first, last, analysed=True, keep_samples=keep_samples)


def check_size(
    scenario: Scenario, elements: Elements, first: float, last: float, *, analysed: bool, keep_samples: bool
) -> None:
    """Refuse work that needs too much memory, and announce what is large; small work is not looked at.

    Parameters
    ----------
    scenario : Scenario
    elements : Elements
        Of its satellites.
    first, last : float
        The window [POSIX s].
    analysed : bool
        Whether the passes are analysed, too.
    keep_samples : bool
        Whether the seconds of all passes are kept.

    Raises
    ------
    InputError
        If it needs more than `MOST_MEMORY_BYTES`.
    """
    sampled = scenario.passes.sampling == "seconds" or keep_samples
    weight = _WEIGHT_OPTIMIZED if scenario.key.optimize and analysed else 1.0
    weight += _WEIGHT_SAMPLED / scenario.passes.step_s if sampled else 0.0
    pair_days = len(elements.satellites) * len(scenario.positions) * (last - first) / DAY_S
    if pair_days * weight < _SMALL:
        return
    found = _estimated(scenario, elements, first, last, analysed=analysed, keep_samples=keep_samples)
    if found.memory_bytes > MOST_MEMORY_BYTES:
        raise InputError(
            f"This is too large to be done at once: {found.text}; at most {_size(MOST_MEMORY_BYTES)} are allowed.",
            _way_out(scenario, keep_samples),
        )
    announce(found.text, found.seconds)


def _way_out(scenario: Scenario, keep_samples: bool) -> str:
    ways = ["Cut it into parts by satellite or by time and put them together with satqkd.Campaign.joined"]
    ways += ["leave out keep_samples"] if keep_samples else []
    ways += ['set passes.sampling = "nodes"'] if scenario.passes.sampling == "seconds" else []
    return ", or ".join([*ways, "take fewer stations"]) + "."


def _estimated(
    scenario: Scenario, elements: Elements, first: float, last: float, *, analysed: bool, keep_samples: bool
) -> Estimate:
    pairs, days = len(elements.satellites) * len(scenario.positions), (last - first) / DAY_S
    rates = _tried(scenario, elements, first, days)
    passes = pairs * (rates.up + rates.passes * days)
    usable = passes * rates.usable
    seconds = pairs * rates.seconds * days / scenario.passes.step_s
    by_seconds = scenario.passes.sampling == "seconds"

    samples = seconds if by_seconds or keep_samples else 0.0
    memory = _IMPORTS_BYTES + passes * (_ANALYSED_PASS_BYTES if analysed else _PASS_BYTES) + samples * _SAMPLE_BYTES
    time_s = passes * _PASS_S + (seconds * _SAMPLE_S if by_seconds else 0.0)
    if analysed and by_seconds:
        time_s += seconds * rates.usable_seconds * (_OPTIMIZED_SAMPLE_S if scenario.key.optimize else _USABLE_SAMPLE_S)
    elif analysed:
        samples += usable * _NODES
        block = usable / pairs if scenario.key.pool == "campaign" else 0.0  # no block is cut
        memory += max(min(usable, _GROUP_PASSES) * _GROUP_BYTES, block * _BLOCK_BYTES)
        time_s += usable * (_OPTIMIZED_PASS_S if scenario.key.optimize else _USABLE_PASS_S)
    time_s += seconds * _KEPT_S if keep_samples else 0.0
    return Estimate(round(passes), round(samples), round(memory), time_s)


@dataclass(frozen=True, slots=True)
class _Rates:
    """What a pair of satellite and station has: contacts when the window begins, and what comes in a day.

    A satellite that stays up has one contact however long the window is; so those at its beginning are told apart.
    """

    up: float
    passes: float
    seconds: float
    usable: float
    """Of all passes, as a fraction."""
    usable_seconds: float
    """Of all seconds, as a fraction."""


def _tried(scenario: Scenario, elements: Elements, first: float, days: float) -> _Rates:
    """Look for the passes of some satellites over some stations in some pieces of the window."""
    stations = sorted(scenario.positions, key=lambda one: abs(one.latitude_deg))
    motion = {one.satellite: one.mean_motion_rev_day for one in elements}
    satellites = sorted(motion, key=lambda name: motion[name])
    some, few = min(len(stations), _STATIONS), min(len(satellites), _SATELLITES)
    pieces = min(_PIECES, max(1, int(days)))
    length = min(days / pieces, min(max(1.0, _PAIR_DAYS / (few * some)), _MOST_DAYS))
    totals = np.zeros(6)
    with listening(None), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what there is to be warned of is told by the work itself
        for piece in range(pieces):
            place = (piece + 0.5) / pieces
            names = {satellites[k] for k in _spread(len(satellites), few, place)}
            chosen = Elements(tuple(one for one in elements if one.satellite in names))
            begin = first + place * days * DAY_S - 0.5 * length * DAY_S
            where = [stations[k] for k in _spread(len(stations), some, place)]
            totals += _counted(scenario, chosen, where, begin, begin + length * DAY_S)
    up, rest, seconds, usable, usable_seconds, pairs = totals.tolist()
    return _Rates(
        up / pairs,
        rest / (pairs * length),
        seconds / (pairs * length),
        usable / max(up + rest, 1.0),
        usable_seconds / max(seconds, 1.0),
    )


def _counted(
    scenario: Scenario, elements: Elements, stations: list[orbit.Station], begin: float, end: float
) -> tuple[float, ...]:
    """Return contacts under way at the beginning, others, their seconds, how many of both count, and pairs."""
    passes = orbit.find_passes(
        elements,
        stations,
        to_datetime64(begin),
        to_datetime64(end),
        min_elevation_deg=scenario.min_elevations_deg,
        refraction=orbit.Refraction() if scenario.passes.refraction else None,
    )
    constraints = scenario.constraints()
    for night in constraints:
        if isinstance(night, orbit.SunBelow):
            passes = cut_at_nights(passes, elements, stations, night)
    up = int((passes["truncated"] & (utc_seconds(passes["aos_utc"]) < begin + 1e-3)).sum())
    if passes.empty:
        return 0, 0, 0.0, 0, 0.0, len(elements.satellites) * len(stations)
    samples = sample_edges(passes, elements, stations)
    seconds = Seconds(samples, orbit.sample_sky(samples, passes, stations), slice(None))
    counted = np.repeat(~(passes["elements_age_days"].abs().to_numpy() > scenario.elements.max_age_days), 3)
    for constraint in constraints:
        counted &= verdict_of(constraint, passes, seconds, samples.offsets)
    begin_mid_end = counted.reshape(-1, 3)
    duration = passes["duration_s"].to_numpy()
    counting = float(duration @ (begin_mid_end @ _SIMPSON))
    pairs = len(elements.satellites) * len(stations)
    return up, len(passes) - up, float(duration.sum()), int(begin_mid_end.any(axis=1).sum()), counting, pairs


def _spread(count: int, wanted: int, place: float) -> IntArray:
    """Return some of the numbers below `count`, evenly apart, shifted by `place` in [0, 1] of their distance."""
    return np.asarray(((np.arange(wanted) + place) * (count / wanted)).astype(np.int64))


def _words(number: float) -> str:
    for size, name in ((1e9, " billion"), (1e6, " million")):
        if number >= 0.95 * size:
            return f"{float(f'{number / size:.2g}'):,g}{name}"
    return f"{float(f'{number:.2g}'):,.0f}"


def _size(memory_bytes: float) -> str:
    if memory_bytes >= 0.95 * 2**30:
        return f"{memory_bytes / 2**30:.3g} GiB"
    return f"{float(f'{memory_bytes / 2**20:.2g}'):.0f} MiB"


def _time(seconds: float) -> str:
    for size, name in ((DAY_S, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 1.5 * size:
            return f"{float(f'{seconds / size:.2g}'):g} {name}"
    return f"{max(1, round(seconds))} s"
