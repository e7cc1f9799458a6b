"""What an element set is and what is wrong with it: age, orbit, decay, and where SGP4 itself is known to stumble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.constants import DAY_S, SGP4_RADIUS_M
from satqkd.errors import InputError
from satqkd.orbit.elements.ageing import error_in_words
from satqkd.orbit.elements.sets import ElementSet
from satqkd.times import to_posix

if TYPE_CHECKING:
    import pandas as pd

_OLD_DAYS = 30.0
_LOW_PERIGEE_M = 120e3
"""Below this a satellite does not complete a revolution."""
_DEEP_SPACE_MIN = 225.0
# SGP4's deep-space theory changes its treatment of the Moon's and the Sun's pull where the perturbed inclination
# passes 0.2 rad, and the position jumps there (Vallado et al., AIAA 2006-6753, test case 14128).
_JUMP_INCLINATION_DEG = 11.459
_JUMP_WIDTH_DEG = 0.5


def check_elements(elements: Iterable[ElementSet], now: Any = None) -> pd.DataFrame:
    """Describe each element set and name its problems.

    Parameters
    ----------
    elements : Elements or iterable of ElementSet
        `Elements` keeps one set of an epoch; the sets of `scan_elements` show duplicates too.
    now : str, datetime, datetime64, Timestamp or Time, optional
        When the sets are wanted, UTC; the string ``now`` is the present. Without it nothing is said about age.

    Returns
    -------
    pandas.DataFrame
        One row a set: `satellite`, `name`, `catalog_number`, `epoch_utc`, `age_days` (`now` minus epoch), `period_s`,
        `perigee_m` and `apogee_m` (heights of the mean orbit above the equatorial radius), `inclination_deg`,
        `eccentricity`, `problems` (empty if none) and `source`. Of several sets of one satellite only the nearest to
        `now` is called old or tried at it: the others serve the days around their own epochs.

    Raises
    ------
    InputError
        If there is no set, or `now` is no time.
    """
    import pandas as pd

    sets = list(elements)
    if not sets:
        raise InputError("There are no elements to check.", "Read some: orbit.read_elements(path).")
    epochs = np.array([item.epoch_utc for item in sets], dtype="datetime64[us]")
    moment = np.nan if now is None else to_posix(now, "now")
    ages = (moment - epochs.astype(np.int64) * 1e-6) / DAY_S
    nearest: dict[str, float] = {}
    for item, age in zip(sets, np.abs(ages).tolist(), strict=True):
        nearest[item.satellite] = min(age, nearest.get(item.satellite, age))
    alike = Counter((item.satellite, item.epoch_utc) for item in sets)
    rows = []
    for item, age in zip(sets, ages.tolist(), strict=True):
        model = item.satrec()
        perigee_m = float(model.altp) * SGP4_RADIUS_M
        problems = _lasting_problems(item, model, perigee_m)
        if alike[item.satellite, item.epoch_utc] > 1:
            problems.append(f"{alike[item.satellite, item.epoch_utc]} sets have this epoch, the last counts")
        if now is not None and abs(age) == nearest[item.satellite]:
            problems += _problems_of_age(model, 0.0 if item.designed else age)
        rows.append(
            {
                "satellite": item.satellite,
                "name": item.name,
                "catalog_number": item.catalog_number,
                "epoch_utc": item.epoch_utc,
                "age_days": age,
                "period_s": DAY_S / item.mean_motion_rev_day,
                "perigee_m": perigee_m,
                "apogee_m": float(model.alta) * SGP4_RADIUS_M,
                "inclination_deg": item.inclination_deg,
                "eccentricity": item.eccentricity,
                "problems": "; ".join(problems),
                "source": item.source,
            }
        )
    table = pd.DataFrame(rows)
    table["epoch_utc"] = pd.DatetimeIndex(epochs, tz="UTC")
    return table


def _lasting_problems(item: ElementSet, model: Any, perigee_m: float) -> list[str]:
    """Name what is wrong whenever the set is used."""
    found = []
    error = model.error or model.sgp4(model.jdsatepoch, model.jdsatepochF)[0]
    if error:
        found.append(f"SGP4 fails at the epoch: {_meaning(error)}")
    if perigee_m < _LOW_PERIGEE_M:
        found.append(f"perigee at {perigee_m / 1e3:.0f} km, decaying")
    deep_space = 1440.0 / item.mean_motion_rev_day >= _DEEP_SPACE_MIN
    if deep_space and abs(item.inclination_deg - _JUMP_INCLINATION_DEG) < _JUMP_WIDTH_DEG:
        found.append("SGP4's position jumps by kilometres near this inclination")
    return found


def _problems_of_age(model: Any, age_days: float) -> list[str]:
    """Name what is wrong with the set when it is wanted."""
    found = []
    if age_days < -1.0:
        found.append(f"epoch lies {-age_days:.1f} d ahead")
    elif age_days > _OLD_DAYS:
        found.append(f"older than {_OLD_DAYS:g} d: {error_in_words(age_days)}")
    error = model.sgp4(model.jdsatepoch, model.jdsatepochF + age_days)[0]
    if error:
        found.append(f"SGP4 fails at this age: {_meaning(error)}")
    return found


def _meaning(error: int) -> str:
    from sgp4.api import SGP4_ERRORS

    return "the satellite has decayed" if error == 6 else str(SGP4_ERRORS.get(error, f"error {error}"))
