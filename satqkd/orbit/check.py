"""What an element set is and what is wrong with it: age, orbit, decay, and where SGP4 itself is known to stumble."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.errors import InputError
from satqkd.orbit.elements import ElementSet
from satqkd.orbit.propagation import sgp4_teme
from satqkd.times import to_posix

if TYPE_CHECKING:
    import pandas as pd

_DAY_S = 86400.0
_SGP4_RADIUS_M = 6378135.0
_OLD_DAYS = 30.0
_LOW_PERIGEE_M = 120e3
"""Below this a satellite does not complete a revolution."""
_DEEP_SPACE_MIN = 225.0
# SGP4's deep-space theory changes its treatment of the Moon's and the Sun's pull where the perturbed inclination
# passes 0.2 rad, and the position jumps there (Vallado et al., AIAA 2006-6753, test case 14128).
_JUMP_INCLINATION_DEG = np.degrees(0.2)
_JUMP_WIDTH_DEG = 0.5


def check_elements(elements: Iterable[ElementSet], now: Any) -> pd.DataFrame:
    """Describe each element set and name its problems.

    Parameters
    ----------
    elements : Elements or iterable of ElementSet
    now : str, datetime, datetime64, Timestamp or Time
        The time for which the sets are wanted (UTC); the string ``now`` is the present.

    Returns
    -------
    pandas.DataFrame
        One row a set: `satellite`, `name`, `catalog_number`, `epoch_utc`, `age_days` (`now` minus epoch), `period_s`,
        `perigee_m` and `apogee_m` (heights of the mean orbit above the equator), `inclination_deg`, `eccentricity`,
        `problems` (empty if none) and `source`.
    """
    import pandas as pd

    moment = to_posix(now, "now")
    sets = list(elements)
    if not sets:
        raise InputError("There are no elements to check.", "Read some: orbit.read_elements(path).")
    epochs = np.array([item.epoch_utc for item in sets])
    ages = (moment - epochs.astype(np.int64) * 1e-6) / _DAY_S
    rows = []
    for item, age in zip(sets, ages.tolist(), strict=True):
        model = item.satrec()
        rows.append(
            {
                "satellite": item.satellite,
                "name": item.name,
                "catalog_number": item.catalog_number,
                "epoch_utc": item.epoch_utc,
                "age_days": age,
                "period_s": _DAY_S / item.mean_motion_rev_day,
                "perigee_m": model.altp * _SGP4_RADIUS_M,
                "apogee_m": model.alta * _SGP4_RADIUS_M,
                "inclination_deg": item.inclination_deg,
                "eccentricity": item.eccentricity,
                "problems": "; ".join(_problems(item, model, age)),
                "source": item.source,
            }
        )
    table = pd.DataFrame(rows)
    table["epoch_utc"] = pd.DatetimeIndex(epochs, tz="UTC")
    return table


def _problems(item: ElementSet, model: Any, age_days: float) -> list[str]:
    """Name what a user of the set at the given age should know."""
    from sgp4.api import SGP4_ERRORS

    found = []
    if age_days < 0.0:
        found.append(f"epoch lies {-age_days:.1f} d ahead")
    if abs(age_days) > _OLD_DAYS:
        found.append(f"older than {_OLD_DAYS:g} d")
    if model.altp * _SGP4_RADIUS_M < _LOW_PERIGEE_M:
        found.append(f"perigee at {model.altp * _SGP4_RADIUS_M / 1e3:.0f} km, decaying")
    _, _, error = sgp4_teme(model, 0.0, np.array([age_days * _DAY_S]))
    if error[0]:
        found.append(f"SGP4 fails at this age: {SGP4_ERRORS[int(error[0])]}")
    deep_space = 1440.0 / item.mean_motion_rev_day >= _DEEP_SPACE_MIN
    if deep_space and abs(item.inclination_deg - _JUMP_INCLINATION_DEG) < _JUMP_WIDTH_DEG:
        found.append("SGP4's position jumps by kilometres near this inclination")
    return found
