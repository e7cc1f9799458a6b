"""What a prediction is asked for: a scenario, and the window of time in which it looks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from satqkd.arrays import as_float
from satqkd.constants import DAY_S
from satqkd.errors import InputError, shown
from satqkd.scenario import Scenario
from satqkd.times import to_datetime64, to_iso, to_posix

ScenarioLike = str | Path | Mapping[str, Any] | Scenario

_LONGEST_DAYS = 36_525.0


def window(scenario: Scenario, start: Any, days: Any, end: Any) -> tuple[float, float]:
    """Return begin and end of a window [POSIX s]: as given, or the scenario's; `end` rules over `days`.

    Raises
    ------
    InputError
        If it ends before it begins, or is longer than a hundred years.
    """
    first = to_posix(scenario.start if start is None else start, "start")
    if end is not None:
        last = to_posix(end, "end")
        if last <= first:
            raise InputError(f"end = {to_iso(end)} is not after start = {to_iso(to_datetime64(first))}.")
    else:
        length = scenario.days if days is None else _in_days(days)
        last = first + length * DAY_S
    return first, last


def _in_days(days: Any) -> float:
    """Return a length of time in days; a timedelta and an astropy Quantity are accepted."""
    if isinstance(days, dt.timedelta):
        return days.total_seconds() / DAY_S
    length = as_float("days", days)
    if not 0.0 < length <= _LONGEST_DAYS:
        raise InputError(
            f"days = {shown(days)} is out of range: it must be greater than 0 and at most {_LONGEST_DAYS:g}."
        )
    return length
