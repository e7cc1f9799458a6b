"""What every protocol refuses, in the same words."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, as_float, as_floats
from satqkd.errors import InputError, ValidityWarning, warn
from satqkd.fields import SMALLEST_EPSILON

CorrectionEfficiency = Annotated[float, Ge(1.0)]
"""Ratio of what error correction reveals to the Shannon limit."""

WEAK_EPSILON = 1e-3
"""Above this a security parameter is warned of."""

LARGEST_COUNT = 1e18
"""Lengths up to this are exact in 64-bit integers."""

SUM_TOLERANCE = 1e-9
"""Probabilities written with nine decimals still sum to one."""


def counts_array(name: str, counts: ArrayLike, *, intensities: int | None = None) -> FloatArray:
    """Return counts as floats, or raise `InputError` if they are negative, not finite or of the wrong last axis."""
    array = as_floats(name, counts)
    if intensities is not None and (array.ndim == 0 or array.shape[-1] != intensities):
        raise InputError(
            f"{name} has shape {array.shape}: its last axis must hold {intensities} intensities, signal first."
        )
    if not np.all((array >= 0.0) & (array <= LARGEST_COUNT)):
        raise InputError(
            f"{name} must be finite, not negative and at most {LARGEST_COUNT:g}; "
            f"given are {np.min(array):g} to {np.max(array):g}."
        )
    return array


def errors_within(name: str, errors: FloatArray, counts: FloatArray) -> None:
    """Raise `InputError` where there are more errors than counts (beyond rounding of expected values)."""
    if np.any(errors > counts * (1.0 + 1e-12)):
        worst = float(np.max(errors - counts))
        raise InputError(f"{name} exceed the counts they belong to, by up to {worst:g}.")


def error_totals(name: str, errors: ArrayLike, counts: FloatArray) -> FloatArray:
    """Return the errors summed over intensities, given per intensity or already summed (one dimension fewer)."""
    array = counts_array(name, errors)
    if array.ndim == counts.ndim:
        if array.shape[-1] != counts.shape[-1]:
            raise InputError(f"{name} has shape {array.shape}, but its counts have shape {counts.shape}.")
        errors_within(name, array, counts)
        return np.asarray(array.sum(axis=-1))
    if array.ndim != counts.ndim - 1:
        raise InputError(
            f"{name} has shape {array.shape}: give the shape of its counts, {counts.shape}, or {counts.shape[:-1]} "
            "for errors already summed over intensities."
        )
    errors_within(name, array, np.asarray(counts.sum(axis=-1)))
    return array


def epsilon(name: str, value: float) -> float:
    """Return a security parameter, or raise `InputError` unless it lies between the smallest that is held and 1."""
    number = as_float(name, value)
    if not SMALLEST_EPSILON / 2.0 <= number < 1.0:  # each of two key bases takes half of a block's
        raise InputError(
            f"{name} = {value!r} is out of range: it must be at least {SMALLEST_EPSILON:g} and less than 1."
        )
    return number


def block_epsilon(secrecy: float, correctness: float) -> tuple[float, float]:
    """Return the two security parameters of a block, whose sum is what its key may fail with.

    Raises
    ------
    InputError
        Unless each is one, and where they promise nothing together, their sum being 1 or more.
    """
    first, second = epsilon("epsilon_secrecy", secrecy), epsilon("epsilon_correctness", correctness)
    if first + second >= 1.0:
        raise InputError(
            f"epsilon_secrecy = {first:g} and epsilon_correctness = {second:g} add up to {first + second:g}: from 1 on "
            "nothing is promised."
        )
    if first + second > WEAK_EPSILON:
        warn(
            f"epsilon_secrecy + epsilon_correctness = {first + second:g}: so weak a promise is unusual; 1e-9 is usual.",
            ValidityWarning,
        )
    return first, second


def correction_efficiency(value: float) -> float:
    """Return an error-correction efficiency, or raise `InputError` below the Shannon limit of 1."""
    if not (np.isfinite(value) and value >= 1.0):
        raise InputError(
            f"error_correction_efficiency = {value!r} is out of range: it must be at least 1, the Shannon limit."
        )
    return float(value)


def probabilities_array(name: str, values: ArrayLike, *, count: int) -> FloatArray:
    """Return probabilities (..., count), or raise `InputError` unless each is positive and they sum to one."""
    array = as_floats(name, values)
    if array.ndim == 0 or array.shape[-1] != count:
        raise InputError(f"{name} has shape {array.shape}: its last axis must hold {count} numbers, signal first.")
    if not np.all(array > 0.0):
        raise InputError(f"{name} = {values!r}: every probability must be greater than 0.")
    total = array.sum(axis=-1)
    if np.any(np.abs(total - 1.0) > SUM_TOLERANCE):
        raise InputError(f"{name} = {values!r} sum to {np.ravel(total)[0]:.10g}: they must sum to 1.")
    return array


def two_decoy_intensities(values: ArrayLike) -> FloatArray:
    """Return intensities (..., 3), or raise `InputError` unless mu1 > mu2 + mu3 and mu2 > mu3 >= 0."""
    array = as_floats("intensities", values)
    if array.ndim == 0 or array.shape[-1] != 3:
        raise InputError(f"intensities has shape {array.shape}: its last axis must hold 3 intensities, signal first.")
    mu1, mu2, mu3 = np.moveaxis(array, -1, 0)
    if not (np.all(np.isfinite(array)) and np.all(mu3 >= 0.0) and np.all(mu2 > mu3) and np.all(mu1 > mu2 + mu3)):
        raise InputError(
            f"intensities = {values!r}: the proof needs mu1 > mu2 + mu3 and mu2 > mu3 >= 0, signal first.",
            "Order them signal, decoy, weakest, and make the signal brighter than the two decoys together.",
        )
    return array


def by_basis(counts: ArrayLike, errors: ArrayLike, *, intensities: int) -> tuple[FloatArray, FloatArray]:
    """Return counts and errors (..., 2, intensities), or raise `InputError` for any other shape."""
    arrays = as_floats("counts", counts), as_floats("errors", errors)
    for name, array in zip(("counts", "errors"), arrays, strict=True):
        if array.ndim < 2 or array.shape[-2:] != (2, intensities):
            raise InputError(
                f"{name} has shape {array.shape}: its last axes must be basis (Z, X), 2, and intensity (signal first), "
                f"{intensities}."
            )
    return arrays


def one_decoy_intensities(values: ArrayLike) -> FloatArray:
    """Return intensities (..., 2), or raise `InputError` unless mu1 > mu2 > 0."""
    array = as_floats("intensities", values)
    if array.ndim == 0 or array.shape[-1] != 2:
        raise InputError(f"intensities has shape {array.shape}: its last axis must hold 2 intensities, signal first.")
    if not (np.all(np.isfinite(array)) and np.all(array[..., 1] > 0.0) and np.all(array[..., 0] > array[..., 1])):
        raise InputError(f"intensities = {values!r}: the proof needs mu1 > mu2 > 0, signal first.")
    return array
