"""Positions along many short passes: a polynomial each, from SGP4 at 16 nodes around its TCA.

On a grid of times that all passes share, the polynomials are one small matrix product. With 14 nodes to a turn of a
circular orbit they stay within a centimetre of SGP4; its velocities are interpolated likewise, as SGP4 gives them.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np

from satqkd.arrays import FloatArray, IntArray
from satqkd.orbit.engine.propagation import Arc, locate
from satqkd.orbit.engine.tracks import lagrange_powers, step_s

_NODES = 16
_NODES_PER_TURN = 14
_REACH_STEPS = 2.0
"""How many steps from the middle of the nodes the polynomial serves; towards the outer nodes it is worse."""
_PASSES_AT_ONCE = 32


def locate_along(
    arc: Arc, centre_tai_s: FloatArray, offsets: IntArray, t_s: FloatArray, step: float
) -> tuple[FloatArray, FloatArray]:
    """Return Earth-fixed positions [m] and velocities [m/s], shape (3, n), along passes of one arc.

    Parameters
    ----------
    arc : Arc
    centre_tai_s : ndarray
        TCA of each pass [s, TAI since 1970].
    offsets : ndarray of int
        Times of pass i are ``t_s[offsets[i]:offsets[i + 1]]``.
    t_s : ndarray
        Times from TCA [s], rising in each pass: whole multiples of `step`, but for the first and the last of a pass.
    step : float
        Grid of the times [s].
    """
    model, epoch = arc.elements.satrec(), arc.epoch_tai_s
    spacing = step_s(arc.elements, _NODES_PER_TURN)
    counts = np.diff(offsets)
    pass_of = np.repeat(np.arange(len(counts)), counts)
    ends = np.maximum(np.abs(t_s[offsets[:-1]]), np.abs(t_s[offsets[1:] - 1]))
    # The polynomial pays where a pass has more samples than nodes and is short against a turn.
    served = (ends <= _REACH_STEPS * spacing) & (counts > 2 * _NODES)
    # What is off the grid, or not served, asks SGP4.
    asked = ~served[pass_of]
    edges = np.concatenate((offsets[:-1], offsets[1:] - 1))
    asked[edges] = True
    position, velocity = np.empty((3, len(t_s))), np.empty((3, len(t_s)))
    position[:, asked], velocity[:, asked] = locate(model, epoch, centre_tai_s[pass_of[asked]] + t_s[asked])
    chosen = np.flatnonzero(served)
    for block in (chosen[k : k + _PASSES_AT_ONCE] for k in range(0, len(chosen), _PASSES_AT_ONCE)):
        times = centre_tai_s[block][:, None] + spacing * (np.arange(_NODES) - 0.5 * (_NODES - 1))
        nodes = locate(model, epoch, times.ravel())
        first = np.round(t_s[offsets[block] + 1] / step).astype(np.int64)
        last = np.round(t_s[offsets[block + 1] - 2] / step).astype(np.int64)
        grid = np.arange(first.min(), last.max() + 1) * (step / spacing)
        powers = grid ** np.arange(_NODES)[:, None]
        for values, result in zip(nodes, (position, velocity), strict=True):
            # (powers, nodes) @ (nodes, 3 x passes); einsum, since a matrix product's threads cost more than it does
            at_nodes = values.reshape(3, len(block), _NODES).transpose(2, 0, 1).reshape(_NODES, -1)
            along = np.einsum("pm,pg->mg", np.einsum("pn,nm->pm", _powers(), at_nodes), powers)
            along = along.reshape(3, len(block), -1)
            for i, row in enumerate(block.tolist()):
                begin = first[i] - first.min()
                inner = slice(offsets[row] + 1, offsets[row + 1] - 1)
                result[:, inner] = along[:, i, begin : begin + counts[row] - 2]
    return position, velocity


@cache
def _powers() -> FloatArray:
    return lagrange_powers([Fraction(2 * k + 1 - _NODES, 2) for k in range(_NODES)])
