"""Checks of array arguments shared by every function of the room, so that NaN never stands for a user's mistake."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import as_floats
from satqkd.errors import InputError, ValidityWarning, did_you_mean
from satqkd.units import FloatArray


def within(
    name: str, value: ArrayLike, low: float = -np.inf, high: float = np.inf, *, above: bool = False
) -> FloatArray:
    """Return `value` as a float array, or raise where it is not finite or outside its limits.

    Parameters
    ----------
    name : str
        What the error calls the value; the argument's name, which carries its unit.
    value : array_like
        Any shape.
    low, high : float, optional
        Limits, included.
    above : bool, optional
        Exclude `low` itself.

    Raises
    ------
    InputError
        Naming the first offending value and the limits.
    """
    array = as_floats(name, value)
    if array.size == 0:
        return array
    smallest, largest = float(array.min()), float(array.max())  # NaN comes through both
    bad_low = not (smallest > low if above else smallest >= low) or not np.isfinite(smallest)
    if bad_low or not largest <= high or not np.isfinite(largest):
        given = smallest if bad_low else largest
        allowed = [f"{'greater than' if above else 'at least'} {low:g}"] if np.isfinite(low) else []
        allowed += [f"at most {high:g}"] if np.isfinite(high) else []
        raise InputError(f"{name} = {given:g} is out of range: it must be finite{''.join(', ' + a for a in allowed)}.")
    return array


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raise `InputError` where a word is not one of those allowed."""
    if value not in allowed:
        raise InputError(f"{name} = {value!r} is not known.", did_you_mean(str(value), allowed))


def warn_validity(message: str) -> None:
    """Warn, once per call of the public function, that a model is used outside the range its source states."""
    warnings.warn(message, ValidityWarning, stacklevel=3)
