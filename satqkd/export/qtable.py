"""Tables with units: astropy's QTable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.arrays import unit_of
from satqkd.columns import COLUMNS
from satqkd.errors import InputError
from satqkd.times import utc_stamps

if TYPE_CHECKING:
    import pandas as pd
    from astropy.table import QTable


def to_qtable(result: Any, meta: Mapping[str, Any] | None = None) -> QTable:
    """Turn a result into an astropy table with units.

    Parameters
    ----------
    result : pandas.DataFrame, Campaign or Relay
        A table of this package, or what has one: the passes of a campaign, the ledger of a relay.
    meta : mapping, optional
        What made it; of a campaign or relay its provenance unless given.

    Returns
    -------
    astropy.table.QTable
        Quantities in the units that the names of the columns carry, times as `astropy.time.Time` in UTC, a missing time
        masked; labels as descriptions.

    Raises
    ------
    InputError
        For anything else.
    """
    from astropy.table import Column, QTable

    table, made = _table_of(result)
    columns: dict[str, Any] = {}
    for name in table.columns:
        values, kind = table[name], table[name].dtype.kind
        unit = COLUMNS[name].unit if name in COLUMNS else unit_of(str(name))
        if kind == "M":
            columns[name] = _times(values)
        elif kind in "fiu" and unit:
            columns[name] = values.to_numpy() * _unit(unit)
        elif kind in "fiub":
            columns[name] = Column(values.to_numpy())
        else:
            columns[name] = Column(np.array(["" if one is None else str(one) for one in values.tolist()], dtype="U"))
    found = QTable(columns, meta=dict(made if meta is None else meta))
    for name in found.colnames:
        if name in COLUMNS:
            found[name].info.description = COLUMNS[name].label
    return found


def _table_of(result: Any) -> tuple[pd.DataFrame, Mapping[str, Any]]:
    import pandas as pd

    if isinstance(result, pd.DataFrame):
        return result, {}
    for name, owner in (("ledger", "campaign"), ("passes", None)):
        found = getattr(result, name, None)
        if isinstance(found, pd.DataFrame):
            return found, getattr(getattr(result, owner) if owner else result, "provenance", {})
    raise InputError(f"{type(result).__name__} has no table.", "Give a DataFrame, a Campaign or a Relay.")


def _unit(text: str) -> Any:
    from astropy import units

    return units.Unit(text)


def _times(values: pd.Series[Any]) -> Any:
    from astropy.time import Time

    stamps = utc_stamps(values)
    missing = np.isnat(stamps)
    times = Time(np.where(missing, np.datetime64(0, "us"), stamps), format="datetime64", scale="utc", precision=3)
    times.format = "isot"
    if missing.any():
        times[missing] = np.ma.masked
    return times
