"""The largest value of many functions at once: quasi-Newton in the unit cube, from several starts, all in step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from satqkd.arrays import FloatArray

Objective = Callable[[FloatArray, NDArray[np.intp]], FloatArray]
"""Values (rows,) at points (rows, dimensions) of the unit cube, given which problem each row belongs to (rows,)."""

_DIFFERENCE = 1e-5
"""Step of the forward differences: errors of slope and of rounding are about equal for values known to 1e-12."""

_STEPS = np.array([1.0, 0.3, 3.0, 0.03])
"""Lengths tried along a search direction, all at once."""


def scatter(count: int, dimensions: int) -> FloatArray:
    """Return points spread evenly over the unit cube: the additive sequence of the generalised golden ratio.

    Parameters
    ----------
    count, dimensions : int
        Number of points, and of their coordinates.

    Notes
    -----
    Roberts (2018), "The unreasonable effectiveness of quasirandom sequences": steps ``g^-1 ... g^-d``, with g the
    positive root of ``x^(d+1) = x + 1``.
    """
    golden = 2.0
    for _ in range(40):
        golden = (1.0 + golden) ** (1.0 / (dimensions + 1))
    steps = golden ** -np.arange(1.0, dimensions + 1.0)
    return np.asarray((0.5 + np.arange(1, count + 1)[:, None] * steps) % 1.0)


def maximize(
    objective: Objective,
    starts: FloatArray,
    *,
    keep: int = 2,
    iterations: int = 60,
    tolerance: float = 1e-7,
) -> tuple[FloatArray, FloatArray]:
    """Return for each problem the best point found and its value.

    Parameters
    ----------
    objective : callable
        Values at points; any real number, continuous, with a slope wherever possible.
    starts : ndarray
        Points to begin with, shape (problems, starts, dimensions) or (starts, dimensions) for one problem's worth.
    keep : int
        How many of the best starts of each problem are followed.
    iterations : int
        Steps at most.
    tolerance : float
        Improvement of the value over three steps below which a start has arrived.

    Returns
    -------
    points, values : ndarray
        Shape (problems, dimensions) and (problems,).

    Notes
    -----
    Broyden-Fletcher-Goldfarb-Shanno with forward differences, in ``x = (1 + sin z)/2`` so that the faces of the cube
    can be reached and never passed. Every evaluation serves all problems still under way.
    """
    problems, offered, dimensions = starts.shape
    rows = np.repeat(np.arange(problems), offered)
    offers = objective(starts.reshape(-1, dimensions), rows).reshape(problems, offered)
    best = np.argsort(-offers, axis=1)[:, :keep]
    points = np.take_along_axis(starts, best[:, :, None], axis=1).reshape(-1, dimensions)
    rows = np.repeat(np.arange(problems), best.shape[1])
    angles = np.arcsin(np.clip(2.0 * points - 1.0, -0.999, 0.999))
    angles, values = _climb(objective, angles, rows, iterations, tolerance)
    each = values.reshape(problems, -1)
    winner = np.arange(problems) * each.shape[1] + np.argmax(each, axis=1)
    return _cube(angles[winner]), np.asarray(values[winner])


def _cube(angles: FloatArray) -> FloatArray:
    return np.asarray(0.5 + 0.5 * np.sin(angles))


def _climb(
    objective: Objective, angles: FloatArray, rows: NDArray[np.intp], iterations: int, tolerance: float
) -> tuple[FloatArray, FloatArray]:
    """Follow every start uphill; return where each ends and its value."""
    dimensions = angles.shape[1]
    final, values = angles.copy(), objective(_cube(angles), rows)
    active = np.arange(len(rows))
    here, value = angles.copy(), values.copy()
    slope = _slope(objective, here, value, rows)
    curvature = np.tile(0.3 * np.eye(dimensions), (len(rows), 1, 1))
    stuck = np.zeros(len(rows), dtype=int)
    for _ in range(iterations):
        direction = np.einsum("bij,bj->bi", curvature, slope)
        uphill = np.einsum("bi,bi->b", direction, slope) > 0.0
        direction = np.where(uphill[:, None], direction, 0.1 * slope)
        longest = np.abs(direction).max(axis=1, keepdims=True)
        direction *= np.minimum(1.0, 0.5 / np.maximum(longest, 1e-300))
        trial = here[:, None, :] + _STEPS[:, None] * direction[:, None, :]
        trial_rows = np.repeat(rows[active], len(_STEPS))
        tried = objective(_cube(trial.reshape(-1, dimensions)), trial_rows).reshape(-1, len(_STEPS))
        chosen = np.argmax(tried, axis=1)
        each = np.arange(len(active))
        gain = tried[each, chosen] - value
        better = gain > 0.0
        step = np.where(better[:, None], trial[each, chosen] - here, 0.0)
        here = here + step
        value = np.where(better, tried[each, chosen], value)
        new_slope = _slope(objective, here, value, rows[active])
        curvature = _update(curvature, step, slope - new_slope, better)
        slope = new_slope
        stuck = np.where(gain > tolerance, 0, stuck + 1)
        going = stuck < 3
        final[active], values[active] = here, value
        if not np.any(going):
            break
        active, stuck, here, value = active[going], stuck[going], here[going], value[going]
        slope, curvature = slope[going], curvature[going]
    return final, values


def _slope(objective: Objective, here: FloatArray, value: FloatArray, rows: NDArray[np.intp]) -> FloatArray:
    """Forward differences along every angle."""
    dimensions = here.shape[1]
    moved = here[:, None, :] + _DIFFERENCE * np.eye(dimensions)
    ahead = objective(_cube(moved.reshape(-1, dimensions)), np.repeat(rows, dimensions))
    return np.asarray((ahead.reshape(-1, dimensions) - value[:, None]) / _DIFFERENCE)


def _update(curvature: FloatArray, step: FloatArray, change: FloatArray, moved: NDArray[np.bool_]) -> FloatArray:
    """Inverse of the negative Hessian after a step that changed the (downhill) slope; begun anew where it must be."""
    product = np.einsum("bi,bi->b", step, change)
    sound = moved & (product > 1e-14)
    inverse = 1.0 / np.where(sound, product, 1.0)
    pushed = np.einsum("bij,bj->bi", curvature, change)
    along = (1.0 + np.einsum("bi,bi->b", change, pushed) * inverse) * inverse
    outer = step[:, :, None] * step[:, None, :]
    cross = pushed[:, :, None] * step[:, None, :]
    updated = curvature + along[:, None, None] * outer - inverse[:, None, None] * (cross + np.swapaxes(cross, 1, 2))
    restart = 0.1 * np.eye(step.shape[1])
    return np.where(sound[:, None, None], updated, np.where(moved[:, None, None], curvature, restart))
