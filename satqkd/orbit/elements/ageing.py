"""How far a satellite is from where its elements have it, by the age of the elements."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, as_floats, takes_quantities

# Sets of Micius (500 km up, 2016 to 2025), propagated to the epoch of a later one: age [d], then the median and the
# largest error along the track [s] of the 8, 13, 22, 18, 46 + 24 pairs that are younger, and of sets of 95 to 115 days.
_AGES_DAYS = np.array([1.5, 4.0, 8.0, 15.0, 45.0, 120.0])
_TYPICAL_S = np.array([0.02, 0.2, 0.4, 0.9, 9.4, 156.0])
_LARGEST_S = np.array([0.05, 0.75, 4.4, 105.0, 169.0, 2160.0])
WORTHLESS_DAYS = 180.0
"""Age from which the satellite may be anywhere: errors grow with the square of the age, and the 36 min of the worst set
of 115 days are a whole revolution of 94 min at 186 days."""


@takes_quantities
def along_track_error_s(age_days: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return how many seconds early or late a low satellite comes, by the age of its elements.

    Parameters
    ----------
    age_days : array_like
        Age of the elements, either sign [d].

    Returns
    -------
    typical_s, largest_s : ndarray
        Median and largest error along the track that sets of Micius of up to that age had [s]; infinite from
        `WORTHLESS_DAYS` on.

    Notes
    -----
    The air's drag makes it: of a satellite 500 km up, over a solar cycle. Higher orbits age more slowly.

    Examples
    --------
    >>> [float(seconds) for seconds in along_track_error_s(5.0)]
    [0.4, 4.4]
    """
    age = np.abs(as_floats("age_days", age_days))
    place = np.searchsorted(_AGES_DAYS, age)
    known = np.minimum(place, len(_AGES_DAYS) - 1)
    # Beyond the oldest that were compared, as the square of the age.
    growth = np.where(place == len(_AGES_DAYS), (age / _AGES_DAYS[-1]) ** 2, 1.0)
    gone = age >= WORTHLESS_DAYS
    typical, largest = (np.where(gone, np.inf, table[known] * growth) for table in (_TYPICAL_S, _LARGEST_S))
    return typical, largest


def error_in_words(age_days: float) -> str:
    """Return what the age of elements does to the times of passes, for a sentence.

    >>> error_in_words(10.0)
    'times are off by about 0.9 s, at worst 105 s, as those of Micius 500 km up were'
    """
    typical, largest = (float(seconds) for seconds in along_track_error_s(age_days))
    if not np.isfinite(largest):
        return "times are worthless: where on its orbit the satellite is, nobody knows any more"
    return (
        f"times are off by about {_seconds(typical)}, at worst {_seconds(largest)}, as those of Micius 500 km up were"
    )


def _seconds(value: float) -> str:
    return f"{value:.2g} s" if value < 100.0 else f"{value:.0f} s" if value < 600.0 else f"{value / 60.0:.0f} min"
