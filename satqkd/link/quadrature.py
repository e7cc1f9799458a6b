"""Nodes, weights and interpolation for the smooth one-dimensional integrals of the room."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray


@lru_cache(maxsize=16)
def _legendre(order: int) -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(order)
    return nodes, weights


def gauss_legendre(edges: Sequence[float] | FloatArray, order: int = 32) -> tuple[FloatArray, FloatArray]:
    """Composite Gauss-Legendre nodes and weights over the panels between increasing edges.

    >>> nodes, weights = gauss_legendre([0.0, 1.0, 3.0])
    >>> round(float(weights @ nodes**2), 12)
    9.0
    """
    x, w = _legendre(order)
    low, high = np.asarray(edges[:-1], dtype=float), np.asarray(edges[1:], dtype=float)
    half = (high - low) / 2.0
    nodes = (low + high)[:, None] / 2.0 + half[:, None] * x
    return nodes.ravel(), (half[:, None] * w).ravel()


def chebyshev_nodes(low: float, high: float, count: int) -> FloatArray:
    """Return the Chebyshev points of the second kind from `high` down to `low`."""
    return np.asarray((low + high) / 2.0 + (high - low) / 2.0 * np.cos(np.pi * np.arange(count) / (count - 1)))


def chebyshev_interpolate(x: FloatArray, nodes: FloatArray, values: FloatArray) -> FloatArray:
    """Interpolate values known at Chebyshev points, by the barycentric formula.

    Parameters
    ----------
    x : ndarray
        Where to interpolate, shape (n,).
    nodes : ndarray
        From `chebyshev_nodes`, shape (m,).
    values : ndarray
        Shape (m,), or (m, n) where each x has its own values.
    """
    above, below = np.zeros(x.shape), np.zeros(x.shape)
    last = len(nodes) - 1
    for i, (node, value) in enumerate(zip(nodes, values, strict=True)):
        distance = x - node
        met = distance == 0.0
        weight = (-1.0) ** i * (0.5 if i in (0, last) else 1.0) / np.where(met, 1.0, distance)
        # A point on a node takes its value: a weight that drowns the others.
        weight = np.where(met, 1e150, weight)
        above += weight * value
        below += weight
    return np.asarray(above / below)


def monotone_cubic(nodes: FloatArray, values: FloatArray, at: ArrayLike) -> FloatArray:
    """Interpolate along the last axis with the monotone cubic of Fritsch and Butland, which never overshoots.

    Parameters
    ----------
    nodes : ndarray
        Increasing positions, shape (n,).
    values : ndarray
        Values, shape (..., n).
    at : array_like
        Positions within the nodes, shape (k,) or scalar.

    Returns
    -------
    ndarray
        Shape (..., k), or (...) for one position.

    Notes
    -----
    Interior slopes are weighted harmonic means of the neighbouring secants, zero at an extremum; the end slopes are
    those of the parabola through three nodes, held to the sign of, and thrice, the end secant. Fritsch & Butland 1984,
    SIAM J. Sci. Stat. Comput. 5, 300, doi:10.1137/0905021.
    """
    step = np.diff(nodes)
    secant = np.diff(values, axis=-1) / step
    left, right = secant[..., :-1], secant[..., 1:]
    w_left, w_right = 2.0 * step[1:] + step[:-1], step[1:] + 2.0 * step[:-1]
    rising = left * right > 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = np.where(rising, (w_left + w_right) / (w_left / left + w_right / right), 0.0)
    first = _end_slope(step[0], step[1], secant[..., 0], secant[..., 1])
    last = _end_slope(step[-1], step[-2], secant[..., -1], secant[..., -2])
    slope = np.concatenate([first[..., None], inner, last[..., None]], axis=-1)
    where = np.asarray(at, dtype=float)
    i = np.clip(np.searchsorted(nodes, where) - 1, 0, len(nodes) - 2)
    h, t = step[i], (where - nodes[i]) / step[i]
    return np.asarray(
        (1.0 + 2.0 * t) * (1.0 - t) ** 2 * values[..., i]
        + t**2 * (3.0 - 2.0 * t) * values[..., i + 1]
        + h * t * (1.0 - t) * ((1.0 - t) * slope[..., i] - t * slope[..., i + 1])
    )


def _end_slope(h: float, h_next: float, secant: FloatArray, secant_next: FloatArray) -> FloatArray:
    parabola = ((2.0 * h + h_next) * secant - h * secant_next) / (h + h_next)
    steepest = 3.0 * np.abs(secant)
    return np.where(parabola * secant > 0.0, np.clip(parabola, -steepest, steepest), 0.0)
