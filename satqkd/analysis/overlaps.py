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
    return [(one, other) for one, other in _overlapping_pairs(passes).tolist()]


def _overlapping_pairs(passes: pd.DataFrame) -> IntArray:
    """Return what `overlapping_rows` does as an array, the smaller row first, shape (pairs, 2)."""
    import pandas as pd

    sending = np.flatnonzero(passes["key_start_utc"].notna().to_numpy())
    edges = [_microseconds(passes[name])[sending] for name in ("key_start_utc", "key_end_utc")]
    # By rank, so that whose it is and when it begins fit into one number.
    begin, end = np.split(np.unique(np.concatenate(edges), return_inverse=True)[1], 2)
    found = []
    for busy in ("satellite", "station"):
        user = pd.factorize(passes[busy].to_numpy()[sending])[0] * (2 * len(sending) + 1)
        order = np.argsort(user + begin, kind="stable")
        place = np.arange(len(order))
        # Those that begin before a pass ends are the next ones of the same satellite, or station.
        behind = np.searchsorted((user + begin)[order], (user + end)[order]) - place - 1
        behind = np.maximum(behind, 0)
        first = np.repeat(place, behind)
        nth = np.arange(len(first)) - np.repeat(np.cumsum(behind) - behind, behind)
        found.append(sending[order[np.column_stack((first, first + 1 + nth))]])
    pairs = np.sort(np.concatenate(found), axis=1)
    _, once = np.unique(pairs[:, 0] * len(passes) + pairs[:, 1], return_index=True)
    return np.asarray(pairs[np.sort(once)])


def overlap_names(passes: pd.DataFrame) -> list[str]:
    """Return for each row the ids of the passes it overlaps with, separated by spaces."""
    ids = passes["pass_id"].tolist()
    names = [""] * len(ids)
    pairs = _overlapping_pairs(passes)
    rows, others = pairs.ravel(), pairs[:, ::-1].ravel()
    order = np.argsort(rows, kind="stable")
    for row, other in zip(rows[order].tolist(), others[order].tolist(), strict=True):
        names[row] = f"{names[row]} {ids[other]}" if names[row] else ids[other]
    return names


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
