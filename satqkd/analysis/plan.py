"""A plan: in which stretches of each pass the satellite may send, and why not in the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satqkd.arrays import FloatArray, IntArray
from satqkd.errors import InputError, did_you_mean, shown
from satqkd.orbit.spans import Layer, Spans
from satqkd.orbit.timescale import datetime64_from_tai, tai_from_datetime64
from satqkd.times import to_datetime64, to_posix, utc_column, utc_stamps

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("pass_id", "start_utc", "end_utc")


@dataclass(frozen=True, eq=False)
class Plan:
    """In which stretches of each pass the satellite may send, and what took the others.

    The limits of a scenario make the first (`satqkd.Campaign.plan`); a narrower one is given to `satqkd.analyze`.
    ``plan & other`` is what both allow.

    Attributes
    ----------
    pass_id : ndarray of str
        The passes, shape (passes,).
    tca_utc : ndarray of datetime64
        TCA of each.
    begin_s, end_s : ndarray
        AOS and LOS of each, from its TCA [s].
    spans : Spans
        The stretches that may send.
    layers : tuple of Layer
        What each cause left of the passes it took something from; of passes that are rejected as a whole the pass table
        tells why.
    reason : str
        What is said of passes and stretches that this plan takes from another.
    """

    pass_id: NDArray[Any]
    tca_utc: NDArray[np.datetime64]
    begin_s: FloatArray
    end_s: FloatArray
    spans: Spans
    layers: tuple[Layer, ...] = ()
    reason: str = "not in the plan"

    def __len__(self) -> int:
        return len(self.pass_id)

    def __repr__(self) -> str:
        hours = self.spans.duration_s().sum() / 3600.0
        some = int((self.spans.duration_s() > 0.0).sum())
        return f"Plan({some} of {len(self)} passes may send, {hours:.2f} h in all)"

    @classmethod
    def of(cls, passes: pd.DataFrame, spans: Spans, layers: Sequence[Layer] = ()) -> Plan:
        """Return the plan of a pass table's rows."""
        tca, aos, los = (utc_stamps(passes[name]) for name in ("tca_utc", "aos_utc", "los_utc"))
        middle = tai_from_datetime64(tca)
        begin, end = (tai_from_datetime64(edge) - middle for edge in (aos, los))
        return cls(passes["pass_id"].to_numpy(dtype=object), tca, begin, end, spans, tuple(layers))

    @classmethod
    def from_table(cls, table: pd.DataFrame, passes: pd.DataFrame, *, reason: str = "not in the plan") -> Plan:
        """Return a plan from a table of stretches.

        Parameters
        ----------
        table : pandas.DataFrame
            One row a stretch: ``pass_id``, ``start_utc``, ``end_utc``; a pass without a row does not send. Stretches of
            a pass may touch or overlap; what lies outside the pass is left out.
        passes : pandas.DataFrame
            The passes that it is about, as `satqkd.find_passes` or a campaign has them.
        reason : str, optional
            What is said of passes and stretches that it takes: ``"cloudy"``, ``"maintenance"``.

        Raises
        ------
        InputError
            For missing columns, an unknown pass, or a stretch that ends before it begins.
        """
        for name in _COLUMNS:
            if name not in table:
                raise InputError(f"The plan has no column {name!r}.", f"Give {', '.join(_COLUMNS)}.")
        if not isinstance(reason, str) or not reason.strip():
            raise InputError(f"reason = {shown(reason)} says nothing.", 'Say why, e.g. reason="cloudy".')
        whole = cls.of(passes, Spans.none(len(passes)))
        places = {name: place for place, name in enumerate(whole.pass_id.tolist())}
        for name in table["pass_id"]:
            if name not in places:
                raise InputError(f"The plan names pass {shown(name)}, which there is not.", did_you_mean(name, places))
        row = np.array([places[name] for name in table["pass_id"]], dtype=np.int64)
        edges = [tai_from_datetime64(_stamps(table[name], name)) for name in _COLUMNS[1:]]
        middle = tai_from_datetime64(whole.tca_utc)[row]
        begin, end = edges[0] - middle, edges[1] - middle
        if len(row) and not np.all(end > begin):
            bad = int(np.argmin(end - begin))
            raise InputError(f"The plan's stretch {bad} of pass {table['pass_id'].iloc[bad]} ends before it begins.")
        inside = Spans.whole(whole.begin_s, whole.end_s)
        return replace(whole, spans=_united(len(whole), row, begin, end) & inside, reason=reason.strip())

    @property
    def table(self) -> pd.DataFrame:
        """The stretches that may send, one row each: ``pass_id, start_utc, end_utc, duration_s``."""
        return self._stretches(self.spans)

    @property
    def gaps(self) -> pd.DataFrame:
        """The stretches that passes with any other lose, one row a cause: the columns of `table` and ``reason``."""
        import pandas as pd

        sends = self.spans.duration_s() > 0.0
        parts = []
        for layer in self.layers:
            kept = np.flatnonzero(sends[layer.rows])
            rows = layer.rows[kept]
            lost = _complement(Spans.whole(self.begin_s[rows], self.end_s[rows]), layer.spans.take(kept))
            part = self._stretches(lost.put(rows, len(self)))
            part["reason"] = layer.reason
            parts.append(part)
        if not parts:
            return self._stretches(Spans.none(len(self))).assign(reason=pd.Series([], dtype="str"))
        return pd.concat(parts, ignore_index=True).sort_values(["start_utc", "pass_id"], ignore_index=True)

    @staticmethod
    def joined(parts: Sequence[Plan]) -> Plan:
        """Return the plans of several lists of passes as one, one list after the other."""
        shifts = np.cumsum([0, *(len(part) for part in parts)]).tolist()
        layers = [layer.shifted(by) for part, by in zip(parts, shifts, strict=False) for layer in part.layers]
        pass_id, tca, begin, end = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("pass_id", "tca_utc", "begin_s", "end_s")
        )
        return Plan(
            pass_id,
            tca,
            begin,
            end,
            Spans.joined([part.spans for part in parts]),
            tuple(Layer.joined(layers)),
            parts[0].reason,
        )

    def take(self, rows: IntArray) -> Plan:
        """Return the plan of some passes, by their numbers, in the order in which they are given."""
        return Plan(
            self.pass_id[rows],
            self.tca_utc[rows],
            self.begin_s[rows],
            self.end_s[rows],
            self.spans.take(rows),
            tuple(layer.take(rows) for layer in self.layers),
            self.reason,
        )

    def __and__(self, other: Plan) -> Plan:
        """Return what both allow of the passes of this plan; a pass that the other does not know does not send."""
        if not isinstance(other, Plan):
            return NotImplemented
        theirs = {name: place for place, name in enumerate(other.pass_id.tolist())}
        found = np.array([theirs.get(name, -1) for name in self.pass_id.tolist()], dtype=np.int64)
        rows = np.flatnonzero(found >= 0)
        spans = other.spans.take(found[rows])
        # Times of the other plan are those from its own TCA, which another prediction may have elsewhere.
        shift = (tai_from_datetime64(other.tca_utc[found[rows]]) - tai_from_datetime64(self.tca_utc[rows]))[spans.row]
        spans = Spans(spans.passes, spans.row, spans.begin_s + shift, spans.end_s + shift).put(rows, len(self))
        took = Layer.of(other.reason, Spans.whole(self.begin_s, self.end_s), spans)
        return replace(self, spans=self.spans & spans, layers=(*self.layers, took))

    def _stretches(self, spans: Spans) -> pd.DataFrame:
        import pandas as pd

        middle = tai_from_datetime64(self.tca_utc)[spans.row]
        return pd.DataFrame(
            {
                "pass_id": self.pass_id[spans.row],
                "start_utc": utc_column(datetime64_from_tai(middle + spans.begin_s)),
                "end_utc": utc_column(datetime64_from_tai(middle + spans.end_s)),
                "duration_s": spans.end_s - spans.begin_s,
            }
        )


def _stamps(column: Any, name: str) -> NDArray[np.datetime64]:
    if hasattr(column, "dt"):
        return utc_stamps(column)
    return to_datetime64(np.array([to_posix(value, name) for value in column], dtype=float))


def _united(passes: int, row: IntArray, begin: FloatArray, end: FloatArray) -> Spans:
    """Return the union of stretches in any order."""
    order = np.lexsort((begin, row))
    row, begin, end = row[order], begin[order], end[order]
    if not len(row):
        return Spans.none(passes)
    # The latest end so far, in each pass by itself: passes are shifted apart.
    shift = row * (float(end.max() - begin.min()) + 1.0)
    latest = np.maximum.accumulate(end + shift) - shift
    return Spans.of_slots(passes, row, begin, latest)


def _complement(whole: Spans, left: Spans) -> Spans:
    """Return what is not left of one stretch a pass."""
    row = np.concatenate((whole.row, left.row))
    begin, end = np.concatenate((whole.begin_s, left.end_s)), np.concatenate((left.begin_s, whole.end_s))
    rows = np.concatenate((left.row, whole.row))
    first, last = np.lexsort((begin, row)), np.lexsort((end, rows))
    found = Spans(whole.passes, row[first], begin[first], end[last])
    some = np.flatnonzero(found.end_s > found.begin_s)
    return Spans(whole.passes, found.row[some], found.begin_s[some], found.end_s[some])
