"""Passes that cannot all be served: a satellite sends to one station at a time, a telescope follows one satellite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from satqkd.arrays import IntArray
from satqkd.times import utc_stamps

if TYPE_CHECKING:
    import pandas as pd

_MOST_ROWS = 20_000
"""Overlapping passes up to which the best choice among them is looked for."""


def overlapping_rows(passes: pd.DataFrame) -> list[tuple[int, int]]:
    """Return the pairs of rows in which one satellite, or one station, would be busy twice at the same time.

    Parameters
    ----------
    passes : pandas.DataFrame
        With ``satellite``, ``station``, ``key_start_utc`` and ``key_end_utc``; rows that send nothing overlap with
        none.
    """
    import pandas as pd

    starts, ends = (_microseconds(passes[name]) for name in ("key_start_utc", "key_end_utc"))
    sending = np.flatnonzero(passes["key_start_utc"].notna().to_numpy())
    pairs: dict[tuple[int, int], None] = {}
    for busy in ("satellite", "station"):
        user = pd.factorize(passes[busy].to_numpy()[sending])[0]
        order = np.lexsort((starts[sending], user))
        rows, user = sending[order], user[order]
        last = np.searchsorted(user, user, side="right")
        # Most passes end before the next one of the same satellite, or station, begins.
        for place in np.flatnonzero((user[1:] == user[:-1]) & (starts[rows[1:]] < ends[rows[:-1]])).tolist():
            row = rows[place]
            for other in rows[place + 1 : last[place]]:
                if starts[other] >= ends[row]:
                    break
                pairs[int(min(row, other)), int(max(row, other))] = None
    return list(pairs)


def overlap_names(passes: pd.DataFrame) -> list[str]:
    """Return for each row the ids of the passes it overlaps with, separated by spaces."""
    ids = passes["pass_id"].tolist()
    names: list[list[str]] = [[] for _ in ids]
    for one, other in overlapping_rows(passes):
        names[one].append(ids[other])
        names[other].append(ids[one])
    return [" ".join(found) for found in names]


def coexisting_bits(passes: pd.DataFrame) -> int | None:
    """Return the most key that passes of one block each can give together, where some of them overlap.

    Parameters
    ----------
    passes : pandas.DataFrame
        With ``secret_bits`` beside what `overlapping_rows` takes.

    Returns
    -------
    int or None
        Exact, by integer programming over the passes that overlap; None where they are too many for that.

    Notes
    -----
    Of the passes that keep a satellite, or a station, busy at the instant at which one of them begins, one is chosen.
    """
    bits = passes["secret_bits"].to_numpy(dtype=np.int64)
    pairs = overlapping_rows(passes)
    rows = np.array(sorted({row for pair in pairs for row in pair if bits[row] > 0}), dtype=np.int64)
    free = int(bits.sum() - bits[rows].sum()) if rows.size else int(bits.sum())
    if rows.size == 0:
        return free
    if rows.size > _MOST_ROWS:
        return None
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    own = passes.iloc[rows]
    starts, ends = (_microseconds(own[name]) for name in ("key_start_utc", "key_end_utc"))
    places: list[tuple[int, int]] = []
    count = 0
    for busy in ("satellite", "station"):
        for group in own.groupby(busy, sort=False).indices.values():
            for begin in np.unique(starts[group]):
                together = group[(starts[group] <= begin) & (ends[group] > begin)]
                if len(together) > 1:
                    places += [(count, int(one)) for one in together]
                    count += 1
    if not count:
        return int(bits.sum())
    row, column = np.array(places, dtype=np.int32).T  # HiGHS takes no wider index
    table = csr_array((np.ones(len(places)), (row, column)), shape=(count, rows.size))
    found = milp(
        -bits[rows].astype(float),
        integrality=np.ones(rows.size, dtype=np.int64),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(table, -np.inf, 1.0),
    )
    chosen = np.asarray(found.x).round().astype(bool)
    return free + int(bits[rows][chosen].sum())


def _microseconds(column: pd.Series[pd.Timestamp]) -> IntArray:
    return utc_stamps(column).astype(np.int64)
