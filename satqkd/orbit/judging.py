"""Judge passes by the roots of their limits: which stretches of each count, to 0.01 s, and why there are none.

AOS, TCA and LOS decide most passes, which are never sampled. Of the rest each limit's margin is looked at on a coarse
grid, at its turning points between, and at its roots. What has no margin, a constraint of the user's, is asked second
by second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.arrays import BoolArray, FloatArray, IntArray
from satqkd.orbit.constraints import SHORT_PASS_S, Seconds
from satqkd.orbit.elements.sets import Elements
from satqkd.orbit.rejection import Rejections, name_of
from satqkd.orbit.samples import PassTracks, step_grid
from satqkd.orbit.selection import Constraint, causes_of, certainly, rejected_before, verdict_of
from satqkd.orbit.spans import Layer, Spans
from satqkd.orbit.station import Station
from satqkd.orbit.timescale import tai_from_datetime64
from satqkd.progress import report
from satqkd.times import utc_stamps

if TYPE_CHECKING:
    import pandas as pd

_PASSES_AT_ONCE = 20_000
_LEAST_PANELS = 4
"""On either side of TCA."""
_ROOT_S = 1e-3
_BEND_M_S2 = 150.0
"""More than the range of a low orbit bends: what a last step of Newton's method leaves is made of it."""
_NEAR_M = 1.0
"""A margin that comes nearer to zero than this, from below, was a root."""
_ITERATIONS = 60
_TURNS = 2
"""How often a turning point that does not reach zero on the grid is looked for between."""
_TELLING_S = 10.0
"""Spacing of the instants at which it is said how near a pass came that limits leave nothing of, between its edges [s].

AOS, TCA and LOS are among them, and what limits look at is nearest at one of these, or as flat as at a maximum.
"""
_SHARP_POINTS = 128
"""Instants within a second in which a constraint changes its mind."""

Margin = Callable[[IntArray, FloatArray], FloatArray]


def judge(
    passes: pd.DataFrame,
    elements: Elements,
    stations: Station | Sequence[Station],
    constraints: Sequence[Constraint],
    *,
    step_s: float = 1.0,
) -> tuple[Spans, Rejections, list[Layer]]:
    """Return the stretches of each pass that every constraint lets through, why a pass has none, and what each took.

    Parameters
    ----------
    passes : pandas.DataFrame
        Any rows of `find_passes`; what is rejected there already stays so.
    elements : Elements
    stations : Station or sequence of Station
    constraints : sequence of callables
        Built-in ones by the roots of their margins; any other is asked every `step_s`.
    step_s : float
        Spacing of these samples [s].
    """
    spans: list[Spans] = []
    causes: list[Rejections] = []
    layers: list[Layer] = []
    for first in range(0, len(passes), _PASSES_AT_ONCE):
        some = passes.iloc[first : first + _PASSES_AT_ONCE]
        part = _Part(some, PassTracks.of(some, elements, stations), step_s)
        found, why, took = part.judged(constraints)
        spans.append(found)
        causes.append(why)
        layers += [layer.shifted(first) for layer in took]
        report("judge", first + len(some), len(passes))
    return Spans.joined(spans), Rejections.joined(causes), Layer.joined(layers)


class _Part:
    """Some passes under judgement."""

    def __init__(self, passes: pd.DataFrame, tracks: PassTracks, step_s: float) -> None:
        self.passes, self.tracks, self.step_s = passes, tracks, step_s
        aos, los = (tai_from_datetime64(utc_stamps(passes[name])) for name in ("aos_utc", "los_utc"))
        self.begin_s, self.end_s = aos - tracks.tca_tai_s, los - tracks.tca_tai_s

    def judged(self, constraints: Sequence[Constraint]) -> tuple[Spans, Rejections, list[Layer]]:
        """Return the stretches that count, the causes where there are none, and what each constraint took."""
        count = len(self.passes)
        rejections = Rejections.of(rejected_before(self.passes))
        decided = rejections.some
        decided |= self._foretold(constraints, decided, rejections)
        open_rows = np.flatnonzero(~decided)
        edges = self._edges(open_rows, self._samples)
        some = self.passes.iloc[open_rows]
        three = np.arange(0, 3 * len(open_rows) + 1, 3)
        seen = [_any_of_three(self._at_edges(one, some, edges, three)) for one in constraints]
        never = [certainly("never", one, some, edges) & ~left for one, left in zip(constraints, seen, strict=True)]
        nothing = np.zeros(len(open_rows), dtype=bool)
        hopeless = np.logical_or.reduce([nothing, *never])
        hopeless &= np.logical_and.reduce([~nothing, *(one | lost for one, lost in zip(seen, never, strict=True))])
        self._tell(rejections, open_rows[hopeless], constraints, [~one[hopeless] for one in never], edges)
        rows = open_rows[~hopeless]
        spans = whole = Spans.whole(self.begin_s[rows], self.end_s[rows])
        layers: list[Layer] = []
        leaves: list[BoolArray] = []
        for one in constraints:
            own = self._spans(one, rows, certainly("always", one, some, edges)[~hopeless])
            if own is None:
                leaves.append(np.ones(len(rows), dtype=bool))
                continue
            leaves.append(own.duration_s() > 0.0)
            layers.append(Layer.of(name_of(one), whole, own))
            spans = spans & own
        gone = spans.duration_s() <= 0.0
        if gone.any():
            grid = self._samples(*self._grid(rows[gone], max(self.step_s, _TELLING_S)))
            self._tell(rejections, rows[gone], constraints, [one[gone] for one in leaves], grid)
        layers = [Layer(one.reason, rows[one.rows], one.spans) for one in layers]
        return spans.put(rows, count), rejections, layers

    def _foretold(self, constraints: Sequence[Any], before: BoolArray, rejections: Rejections) -> BoolArray:
        """Reject the passes of which the table alone tells that a limit leaves nothing, and return which they are."""
        nothing = np.zeros(len(self.passes), dtype=bool)
        told = [one.foretold(self.passes) if hasattr(one, "foretold") else None for one in constraints]
        known = [one for one in told if one is not None]
        if not known or len(known) < len(told):
            return nothing
        gone: BoolArray = np.logical_or.reduce([never for never, _ in known])
        gone = np.asarray(gone & np.logical_and.reduce([never | seen for never, seen in known]) & ~before)
        rows = np.flatnonzero(gone)
        edges = self._edges(rows, self._instants)
        self._tell(rejections, rows, constraints, [~never[rows] for never, _ in known], edges)
        return gone

    def _tell(
        self,
        rejections: Rejections,
        rows: IntArray,
        constraints: Sequence[Constraint],
        leaves: Sequence[BoolArray],
        seconds: Seconds,
    ) -> None:
        """Write down why rows are rejected: which constraints leave nothing of each, and how near they came."""
        if not len(rows):
            return
        causes_of(constraints, leaves, seconds, rows, passes=self.passes).into(rejections, rows)

    def _at_edges(self, constraint: Any, passes: pd.DataFrame, edges: Seconds, offsets: IntArray) -> BoolArray:
        if hasattr(constraint, "margin"):
            always = certainly("always", constraint, passes, edges)
            return np.asarray((constraint.margin(edges) >= 0.0) | np.repeat(always, 3))
        return verdict_of(constraint, passes, edges, offsets)

    def _edges(self, rows: IntArray, samples: Callable[[IntArray, FloatArray], Seconds]) -> Seconds:
        t = np.column_stack((self.begin_s[rows], np.zeros(len(rows)), self.end_s[rows])).ravel()
        return samples(np.repeat(rows, 3), t)

    def _instants(self, row: IntArray, t_s: FloatArray) -> Seconds:
        """Return instants of rows, in the order of rows, with nothing but Sun and Moon above them."""
        samples = self.tracks.instants(row, t_s)
        return Seconds(samples, self.tracks.sky(samples), slice(None))

    def _samples(self, row: IntArray, t_s: FloatArray) -> Seconds:
        """Return samples of rows, in the order of rows, with the sky above them."""
        samples = self.tracks.at(row, t_s)
        return Seconds(samples, self.tracks.sky(samples), slice(None))

    def _spans(self, constraint: Constraint, rows: IntArray, always: BoolArray) -> Spans | None:
        """Return the stretches of some rows that a constraint lets through; None where that is all of them."""
        if always.all():
            return None
        asked = rows[~always]
        if hasattr(constraint, "margin"):
            found = self._by_roots(constraint, asked)
        else:
            found = self._by_seconds(constraint, asked)
        both = Spans.joined([found, Spans.whole(self.begin_s[rows[always]], self.end_s[rows[always]])])
        return both.put(np.concatenate((np.flatnonzero(~always), np.flatnonzero(always))), len(rows))

    def _grid(self, rows: IntArray, spacing_s: float) -> tuple[IntArray, FloatArray]:
        """Return instants of rows, AOS, TCA and LOS among them: equal panels on either side of TCA."""
        begin, end = self.begin_s[rows], self.end_s[rows]
        left = np.where(begin < 0.0, np.maximum(_LEAST_PANELS, np.ceil(-begin / spacing_s)), 0).astype(np.int64)
        right = np.where(end > 0.0, np.maximum(_LEAST_PANELS, np.ceil(end / spacing_s)), 0).astype(np.int64)
        sizes = left + right + 1
        place = np.repeat(np.arange(len(rows)), sizes)
        number = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes) - left[place]
        before = begin[place] * (-number / np.maximum(left[place], 1))
        after = end[place] * (number / np.maximum(right[place], 1))
        return rows[place], np.where(number < 0, before, after)

    def _by_roots(self, constraint: Any, rows: IntArray) -> Spans:
        short = (
            (self.end_s[rows] - self.begin_s[rows] < SHORT_PASS_S)
            & (self.begin_s[rows] < 0.0)
            & (self.end_s[rows] > 0.0)
        )
        if hasattr(constraint, "rate") and short.any():
            quick = self._by_newton(constraint, rows[short])
            slow = self._by_roots_on_grid(constraint, rows[~short])
            order = np.concatenate((np.flatnonzero(short), np.flatnonzero(~short)))
            return Spans.joined([quick, slow]).put(order, len(rows))
        return self._by_roots_on_grid(constraint, rows)

    def _by_newton(self, constraint: Any, rows: IntArray) -> Spans:
        """Find the two roots of a concave margin from outside, as far as they lie in the pass; see `MaxRange.rate`."""
        begin, end = self.begin_s[rows].copy(), self.end_s[rows].copy()
        found = np.ones(len(rows), dtype=bool)
        for edge, sign in ((begin, 1.0), (end, -1.0)):
            open_ = np.arange(len(rows))
            for _ in range(_ITERATIONS):
                seen = self._samples(rows[open_], edge[open_])
                margin, rate = constraint.margin(seen), sign * constraint.rate(seen)
                # Where the margin no longer grows before it reaches zero there is no root.
                found[open_] &= (margin >= -_NEAR_M) | (rate > 0.0)
                short = np.flatnonzero((margin < 0.0) & (rate > 0.0))
                open_ = open_[short]
                step = -margin[short] / rate[short]
                edge[open_] += sign * step
                left_s = 0.5 * _BEND_M_S2 * step**2 / rate[short]
                open_ = open_[(left_s > _ROOT_S) & (np.abs(edge[open_]) < SHORT_PASS_S)]
                if not len(open_):
                    break
        kept = np.flatnonzero((end > begin) & found)
        return Spans(len(rows), kept, begin[kept], end[kept])

    def _by_roots_on_grid(self, constraint: Any, rows: IntArray) -> Spans:
        def margin(row: IntArray, t_s: FloatArray) -> FloatArray:
            return np.asarray(constraint.margin(self._samples(row, t_s)))

        if not len(rows):
            return Spans.none(0)
        row, t = self._grid(rows, constraint.grid_s)
        value = margin(row, t)
        for _ in range(_TURNS):
            row, t, value = _with_turns(margin, row, t, value)
        return _between_roots(margin, row, t, value, len(self.passes)).take(rows)

    def _by_seconds(self, constraint: Constraint, rows: IntArray) -> Spans:
        """Ask a constraint second by second, and where it says that it may be, between the seconds it differs in."""
        place, t, weight, begin = step_grid(self.begin_s[rows], self.end_s[rows], self.step_s)
        sharp = bool(getattr(constraint, "sharp", False))
        verdict = self._asked(constraint, rows, place, t)
        for _ in range(2 if sharp else 0):
            turns = np.flatnonzero((verdict[1:] != verdict[:-1]) & (place[1:] == place[:-1]))
            if not len(turns):
                break
            more = t[turns][:, None] + (t[turns + 1] - t[turns])[:, None] * (
                np.arange(1, _SHARP_POINTS) / _SHARP_POINTS
            )
            place = np.concatenate((place, np.repeat(place[turns], _SHARP_POINTS - 1)))
            t = np.concatenate((t, more.ravel()))
            order = np.lexsort((t, place))
            place, t = place[order], t[order]
            fresh = np.ones(len(t), dtype=bool)
            fresh[1:] = (place[1:] != place[:-1]) | (t[1:] - t[:-1] > 1e-9)
            place, t = place[fresh], t[fresh]
            verdict = self._asked(constraint, rows, place, t)
        if sharp:
            begin, weight = _cells(place, t, self.begin_s[rows], self.end_s[rows])
        kept = np.flatnonzero(verdict)
        return Spans.of_slots(len(rows), place[kept], begin[kept], (begin + weight)[kept])

    def _asked(self, constraint: Constraint, rows: IntArray, place: IntArray, t: FloatArray) -> BoolArray:
        some = self.passes.iloc[rows]
        seconds = self._samples(rows[place], t)
        offsets = np.searchsorted(place, np.arange(len(rows) + 1))
        return verdict_of(constraint, some, seconds, offsets)


def _any_of_three(verdict: BoolArray) -> BoolArray:
    return np.asarray(verdict.reshape(-1, 3).any(axis=1))


def _cells(place: IntArray, t: FloatArray, begin: FloatArray, end: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return begin and length of the cells of instants: up to half of the way to their neighbours."""
    first = np.ones(len(t), dtype=bool)
    first[1:] = place[1:] != place[:-1]
    last = np.append(first[1:], True)
    low = np.where(first, begin[place], 0.5 * (t + np.append(t[:1], t[:-1])))
    high = np.where(last, end[place], 0.5 * (t + np.append(t[1:], t[-1:])))
    return low, high - low


def _with_turns(
    margin: Margin, row: IntArray, t: FloatArray, value: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Add the turning points at which a margin may reach zero between instants that all lie on one side of it."""
    if len(t) < 3:
        return row, t, value
    a, b, c = value[:-2], value[1:-1], value[2:]
    one_side = (row[:-2] == row[2:]) & ((a >= 0.0) == (b >= 0.0)) & ((b >= 0.0) == (c >= 0.0))
    toward = np.where(b >= 0.0, (b <= a) & (b <= c), (b >= a) & (b >= c)) & one_side
    k = np.flatnonzero(toward) + 1
    if not len(k):
        return row, t, value
    # The vertex of the parabola through three instants.
    h0, h1 = t[k] - t[k - 1], t[k + 1] - t[k]
    s0, s1 = (value[k] - value[k - 1]) / h0, (value[k + 1] - value[k]) / h1
    bend = (s1 - s0) / (h0 + h1)
    slope = (s0 * h1 + s1 * h0) / (h0 + h1)
    with np.errstate(divide="ignore", invalid="ignore"):
        step = -0.5 * slope / bend
        peak = value[k] + step * (slope + bend * step)
    near = np.isfinite(step) & (step > -h0) & (step < h1) & (np.abs(step) > _ROOT_S)
    near &= np.where(value[k] >= 0.0, peak < 0.5 * value[k], peak > 0.5 * value[k])
    k, step = k[near], step[near]
    if not len(k):
        return row, t, value
    rows, times = np.concatenate((row, row[k])), np.concatenate((t, t[k] + step))
    values = np.concatenate((value, margin(row[k], t[k] + step)))
    order = np.lexsort((times, rows))
    return rows[order], times[order], values[order]


def _between_roots(margin: Margin, row: IntArray, t: FloatArray, value: FloatArray, passes: int) -> Spans:
    """Return the stretches in which a margin is not negative, from its values at instants that bracket its roots."""
    inside = value >= 0.0
    k = np.flatnonzero((inside[1:] != inside[:-1]) & (row[1:] == row[:-1]))
    root = _roots(margin, row[k], t[k], t[k + 1], value[k], value[k + 1])
    rising = inside[k + 1]
    first = np.ones(len(row), dtype=bool)
    first[1:] = row[1:] != row[:-1]
    opened = np.flatnonzero(first & inside)
    closed = np.flatnonzero(np.append(first[1:], True) & inside)
    begins = np.concatenate((row[opened], row[k][rising])), np.concatenate((t[opened], root[rising]))
    ends = np.concatenate((row[closed], row[k][~rising])), np.concatenate((t[closed], root[~rising]))
    first_order, last_order = (np.lexsort((times, rows)) for rows, times in (begins, ends))
    return Spans(passes, begins[0][first_order], begins[1][first_order], ends[1][last_order])


def _roots(
    margin: Margin, row: IntArray, low: FloatArray, high: FloatArray, at_low: FloatArray, at_high: FloatArray
) -> FloatArray:
    """Return roots of a margin between brackets by the Illinois variant of false position (Dowell and Jarratt, 1971).

    Every third step halves the bracket, so that a corner of the margin takes no longer than a bisection would.
    """
    low, high, at_low, at_high = (values.copy() for values in (low, high, at_low, at_high))
    root = 0.5 * (low + high)
    open_ = np.arange(len(row))
    for iteration in range(_ITERATIONS):
        if not len(open_):
            break
        a, b, fa, fb = low[open_], high[open_], at_low[open_], at_high[open_]
        middle = 0.5 * (a + b) if iteration % 3 == 2 else b - fb * (b - a) / (fb - fa)
        middle = np.clip(middle, np.minimum(a, b), np.maximum(a, b))
        found = margin(row[open_], middle)
        crossed = (found >= 0.0) != (fb >= 0.0)
        # Where the sign changed, the last end and the middle bracket the root; else the far end counts for half.
        low[open_] = np.where(crossed, b, a)
        at_low[open_] = np.where(crossed, fb, 0.5 * fa)
        high[open_], at_high[open_] = middle, found
        moved = np.abs(middle - root[open_])
        root[open_] = middle
        done = (
            (np.abs(high[open_] - low[open_]) < _ROOT_S)
            | (found == 0.0)
            | ((moved < 0.01 * _ROOT_S) & (iteration % 3 != 2))
        )
        open_ = open_[~done]
    return root
