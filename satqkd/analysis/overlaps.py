"""Passes of one satellite over several stations at once: it serves one of them at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


def overlapping_rows(passes: pd.DataFrame) -> list[tuple[int, int]]:
    """Return the pairs of rows in which one satellite would send to two stations at the same time.

    Parameters
    ----------
    passes : pandas.DataFrame
        With ``satellite``, ``key_start_utc`` and ``key_end_utc``; rows that send nothing overlap with none.
    """
    starts, ends = (_microseconds(passes[name]) for name in ("key_start_utc", "key_end_utc"))
    sends = passes["key_start_utc"].notna().to_numpy()
    pairs: list[tuple[int, int]] = []
    for rows in passes.groupby("satellite", sort=False).indices.values():
        own = np.asarray(rows)[sends[rows]]
        own = own[np.argsort(starts[own], kind="stable")]
        for place, row in enumerate(own):
            for other in own[place + 1 :]:
                if starts[other] >= ends[row]:
                    break
                pairs.append((int(row), int(other)))
    return pairs


def overlap_names(passes: pd.DataFrame) -> list[str]:
    """Return for each row the ids of the passes it overlaps with, separated by spaces."""
    ids = passes["pass_id"].tolist()
    names: list[list[str]] = [[] for _ in ids]
    for one, other in overlapping_rows(passes):
        names[one].append(ids[other])
        names[other].append(ids[one])
    return [" ".join(found) for found in names]


def _microseconds(column: pd.Series[pd.Timestamp]) -> NDArray[np.int64]:
    return column.dt.tz_localize(None).to_numpy(dtype="datetime64[us]").astype(np.int64)
