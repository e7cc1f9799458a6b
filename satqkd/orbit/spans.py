"""Stretches of time inside passes, as flat arrays over many of them: what limits and plans leave of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from satqkd.arrays import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from satqkd.orbit.samples import PassSamples

_TOUCHING_S = 1e-6
"""Slots whose ends are nearer than this follow each other: stamps have microseconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Stretches of time inside passes, those of a pass disjoint, in the order of passes and of time.

    Parameters
    ----------
    passes : int
        How many passes there are.
    row : ndarray of int
        Which pass each stretch lies in, shape (n,).
    begin_s, end_s : ndarray
        Where it begins and ends, from the pass's TCA [s], shape (n,).
    """

    passes: int
    row: IntArray
    begin_s: FloatArray
    end_s: FloatArray

    def __len__(self) -> int:
        return len(self.row)

    @staticmethod
    def none(passes: int) -> Spans:
        """Return no stretch at all of so many passes."""
        return Spans(passes, np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))

    @staticmethod
    def whole(begin_s: FloatArray, end_s: FloatArray) -> Spans:
        """Return one stretch a pass."""
        return Spans(len(begin_s), np.arange(len(begin_s)), np.asarray(begin_s, float), np.asarray(end_s, float))

    @staticmethod
    def of_slots(passes: int, row: IntArray, begin_s: FloatArray, end_s: FloatArray) -> Spans:
        """Join slots, in the order of passes and of time, that follow each other without a gap."""
        if not len(row):
            return Spans.none(passes)
        fresh = np.ones(len(row), dtype=bool)
        fresh[1:] = (row[1:] != row[:-1]) | (begin_s[1:] - end_s[:-1] > _TOUCHING_S)
        first = np.flatnonzero(fresh)
        last = np.append(first[1:], len(row)) - 1
        return Spans(passes, row[first], begin_s[first], end_s[last])

    @staticmethod
    def of_samples(samples: PassSamples, chosen: BoolArray) -> Spans:
        """Return the stretches that chosen samples stand for."""
        kept = np.flatnonzero(chosen)
        begin = samples.begin_s[kept]
        return Spans.of_slots(len(samples.offsets) - 1, samples.pass_index[kept], begin, begin + samples.weight_s[kept])

    @staticmethod
    def joined(parts: Sequence[Spans]) -> Spans:
        """Return those of several lists of passes, one list after the other."""
        shifts = np.cumsum([0, *(part.passes for part in parts)])
        if not parts:
            return Spans.none(0)
        return Spans(
            int(shifts[-1]),
            np.concatenate([part.row + shift for part, shift in zip(parts, shifts[:-1], strict=True)]),
            np.concatenate([part.begin_s for part in parts]),
            np.concatenate([part.end_s for part in parts]),
        )

    def take(self, rows: IntArray) -> Spans:
        """Return those of some passes, each asked for once, numbered as they are asked for."""
        place = np.full(self.passes, -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        kept = np.flatnonzero(place[self.row] >= 0)
        order = kept[np.lexsort((self.begin_s[kept], place[self.row[kept]]))]
        return Spans(len(rows), place[self.row[order]], self.begin_s[order], self.end_s[order])

    def put(self, rows: IntArray, passes: int) -> Spans:
        """Return them as those of the given rows of a longer list of passes; the inverse of `take`."""
        found = Spans(passes, np.asarray(rows)[self.row], self.begin_s, self.end_s)
        order = np.lexsort((found.begin_s, found.row))
        return Spans(passes, found.row[order], found.begin_s[order], found.end_s[order])

    def __and__(self, other: Spans) -> Spans:
        """Return what lies in both."""
        if self.passes != other.passes:
            raise ValueError(f"Spans of {self.passes} and of {other.passes} passes cannot be intersected.")
        row = np.concatenate((self.row, other.row, self.row, other.row))
        time = np.concatenate((self.begin_s, other.begin_s, self.end_s, other.end_s))
        step = np.repeat((1, -1), len(self) + len(other))
        order = np.lexsort((step, time, row))  # what ends at an instant ends before another begins
        row, time, step = row[order], time[order], step[order]
        both = np.flatnonzero((np.cumsum(step) == 2) & (step == 1))
        found = Spans(self.passes, row[both], time[both], time[both + 1] if len(both) else time[:0])
        some = np.flatnonzero(found.end_s > found.begin_s)
        return Spans(self.passes, found.row[some], found.begin_s[some], found.end_s[some])

    def duration_s(self) -> FloatArray:
        """Return how long the stretches of each pass are together [s], shape (passes,)."""
        lasting = np.bincount(self.row, self.end_s - self.begin_s, minlength=self.passes)
        return np.asarray(lasting, dtype=float)

    def edges_s(self) -> tuple[FloatArray, FloatArray]:
        """Return where the first stretch of each pass begins and its last ends [s]; NaN for a pass without."""
        begin, end = np.full(self.passes, np.nan), np.full(self.passes, np.nan)
        begin[self.row[::-1]] = self.begin_s[::-1]  # the last write wins
        end[self.row] = self.end_s
        return begin, end

    def contain(self, row: IntArray, t_s: FloatArray) -> BoolArray:
        """Tell which instants [s from the TCA of their pass] lie in a stretch, its ends included."""
        row, t_s = np.asarray(row), np.asarray(t_s, dtype=float)
        if not len(self):
            return np.zeros(len(row), dtype=bool)
        # Begins and instants in one order: the last begin before an instant is that of the stretch it may lie in.
        rows, times = np.concatenate((self.row, row)), np.concatenate((self.begin_s, t_s))
        order = np.lexsort((np.arange(len(rows)) >= len(self), times, rows))
        place = np.empty(len(rows), dtype=np.int64)
        place[order] = np.cumsum(order < len(self)) - 1
        last = place[len(self) :]
        safe = np.maximum(last, 0)
        return np.asarray((last >= 0) & (self.row[safe] == row) & (t_s <= self.end_s[safe]))


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """What one cause leaves of the passes that it takes something from.

    Parameters
    ----------
    reason : str
        The cause in words.
    rows : ndarray of int
        The passes that lose something to it, rising.
    spans : Spans
        What is left of them, as many passes as rows.
    """

    reason: str
    rows: IntArray
    spans: Spans

    @staticmethod
    def of(reason: str, whole: Spans, left: Spans) -> Layer:
        """Return what a cause takes from passes, from what there was and what it leaves."""
        less = np.flatnonzero(whole.duration_s() - left.duration_s() > _TOUCHING_S)
        return Layer(reason, less, left.take(less))

    def take(self, rows: IntArray) -> Layer:
        """Return it for some of the passes, each asked for once, numbered as they are asked for."""
        place = np.full(1 + max(int(self.rows.max(initial=-1)), int(np.max(rows, initial=-1))), -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        kept = np.flatnonzero(place[self.rows] >= 0)
        kept = kept[np.argsort(place[self.rows[kept]], kind="stable")]
        return Layer(self.reason, place[self.rows[kept]], self.spans.take(kept))

    def shifted(self, by: int) -> Layer:
        """Return it for passes that are numbered from another number on."""
        return Layer(self.reason, self.rows + by, self.spans)

    @staticmethod
    def joined(parts: Sequence[Layer]) -> list[Layer]:
        """Return one layer for each cause."""
        found: dict[str, list[Layer]] = {}
        for part in parts:
            found.setdefault(part.reason, []).append(part)
        return [
            Layer(reason, np.concatenate([one.rows for one in own]), Spans.joined([one.spans for one in own]))
            for reason, own in found.items()
        ]
