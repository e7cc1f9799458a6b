"""Times at the public edge: whatever a user writes becomes POSIX seconds of UTC, and goes back as ISO 8601.

POSIX seconds do not count leap seconds; `satqkd.orbit` turns them into a continuous scale where that matters.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satqkd.errors import InputError, shown

if TYPE_CHECKING:
    import pandas as pd

_EXAMPLES = (
    "Write an ISO date or date-time such as 2017-05-22, 2017-05-22T16:30 or 2017-05-22T16:30:00Z; no zone means UTC."
)


_FIRST_S, _LAST_S = -62135596800.0, 253402300799.0  # 0001-01-01 to 9999-12-31T23:59:59


def to_posix(value: Any, name: str = "time") -> float:  # noqa: C901 - one branch a kind of time
    """Convert a time to POSIX seconds UTC.

    Parameters
    ----------
    value : str, datetime, date, numpy.datetime64, pandas.Timestamp or astropy.time.Time
        The time; without a zone it is UTC. The string ``now`` is the present.
    name : str
        What the error calls the value.

    Returns
    -------
    float
        Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.

    Raises
    ------
    InputError
        If the value is no time.

    Examples
    --------
    >>> to_posix("2016-12-19T16:52:13.46Z")
    1482166333.46
    """
    if isinstance(value, str):
        return _from_text(value, name)
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, np.datetime64):
        if np.isnat(value):
            raise InputError(f"{name} is NaT, which is no time.", _EXAMPLES)
        posix_s = float(value.astype("datetime64[us]").astype(np.int64)) * 1e-6
        if not _FIRST_S <= posix_s < _LAST_S:
            raise InputError(f"{name} = {value} leaves the years 1 to 9999.", _EXAMPLES)
        return posix_s
    if hasattr(value, "to_datetime") and hasattr(value, "utc"):  # astropy Time, not imported for the sake of a check
        if getattr(value, "shape", ()) != ():
            raise InputError(f"{name} has shape {value.shape}: one time is wanted here.", _EXAMPLES)
        try:
            value = value.utc.to_datetime()
        except (ValueError, TypeError, OverflowError) as error:
            raise InputError(f"{name} = {value} cannot be read as a time ({error}).", _EXAMPLES) from None
    if isinstance(value, dt.datetime):  # pandas Timestamp is one
        if value != value:  # NaT
            raise InputError(f"{name} is NaT, which is no time.", _EXAMPLES)
        aware = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return _within_years(aware, name)
    if isinstance(value, dt.date):
        return _within_years(dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC), name)
    raise InputError(f"{name} = {shown(value)} is no time.", _EXAMPLES)


def _from_text(text: str, name: str) -> float:
    if text.strip().lower() == "now":
        return dt.datetime.now(dt.UTC).timestamp()
    try:
        parsed = dt.datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(f"{name} = {text!r} cannot be read as a time ({error}).", _EXAMPLES) from None
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=dt.UTC)
    return _within_years(aware, name)


def _within_years(aware: dt.datetime, name: str) -> float:
    """Return POSIX seconds, refusing the last instants of the calendar, which rounding would carry out of it."""
    posix_s = (aware - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)).total_seconds()
    if not _FIRST_S <= posix_s < _LAST_S:
        raise InputError(f"{name} = {aware} leaves the years 1 to 9999.", _EXAMPLES)
    return posix_s


def to_datetime64(posix_s: float | NDArray[np.float64]) -> NDArray[np.datetime64]:
    """Convert POSIX seconds UTC to ``datetime64[us]``, rounded to the microsecond."""
    return np.round(np.asarray(posix_s, dtype=float) * 1e6).astype(np.int64).astype("datetime64[us]")


def utc_stamps(column: Any) -> NDArray[np.datetime64]:
    """Return a column of times as ``datetime64[us]`` in UTC; one without a zone is in UTC already, NaT stays."""
    utc = column.dt.tz_convert("UTC").dt.tz_localize(None) if column.dt.tz is not None else column
    return np.asarray(utc.to_numpy(dtype="datetime64[us]"))


def utc_seconds(column: Any) -> NDArray[np.float64]:
    """Return a column of times without gaps as POSIX seconds UTC."""
    return np.asarray(utc_stamps(column).astype(np.int64) * 1e-6)


def utc_column(stamps: NDArray[np.datetime64]) -> pd.DatetimeIndex:
    """Return ``datetime64`` values in UTC as a column that says so; the inverse of `utc_stamps`."""
    import pandas as pd

    return pd.DatetimeIndex(stamps).tz_localize("UTC")


def to_iso(value: Any) -> str:
    """Write a time as every table and file does: UTC with milliseconds and ``Z``.

    >>> to_iso("2016-12-19T16:52:13.487")
    '2016-12-19T16:52:13.487Z'
    """
    milliseconds = round(to_posix(value) * 1e3)
    moment = dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(milliseconds=milliseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def to_text(value: Any, *, decimals: int = 0) -> str:
    """Write a time to be read: UTC, rounded to the second or to a fraction of it, without a zone.

    >>> to_text("2016-12-19T23:59:59.7")
    '2016-12-20 00:00:00'
    """
    ticks = round(to_posix(value) * 10**decimals)
    seconds, part = divmod(ticks, 10**decimals)
    moment = dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%d %H:%M:%S") + (f".{part:0{decimals}d}" if decimals else "")
