"""Tracks: a satellite's positions at equal steps over a stretch of time, and its place at any time between them.

A track that is asked often (many stations) interpolates its nodes: from the 25 nearest positions come velocity,
acceleration and their change at each node, from two nodes a polynomial of degree 7. With 14 nodes to a turn it stays
within a centimetre of SGP4 for a low orbit. Only positions enter, since SGP4's velocities are not quite the
derivatives of its positions. A track that is asked seldom runs SGP4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from math import comb, factorial, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satqkd.arrays import FloatArray, IntArray
from satqkd.constants import DAY_S
from satqkd.orbit.elements.sets import ElementSet
from satqkd.orbit.engine.propagation import Arc, acceleration, earth_fixed, locate, sgp4_teme
from satqkd.orbit.timescale import EARTH_ROTATION_RAD_S, datetime64_from_tai, turned_back

MARGIN = 12
"""Nodes beyond either end of a stretch, for the derivatives at its ends."""


@dataclass(frozen=True, slots=True)
class Track:
    """An arc made ready for a search.

    Parameters
    ----------
    arc : Arc
    model : sgp4.api.Satrec
    start_tai_s, step_s : float
        Time of the first node of the stretch [s, TAI since 1970] and spacing [s].
    position_km, velocity_km_s : ndarray
        At the nodes, in SGP4's frame TEME, shape (n, 3); `MARGIN` of them before the first node of the stretch and
        after the last.
    failure : str
        Empty, or a sentence on why SGP4 ends before the stretch does.
    earth_fixed_nodes : tuple of ndarray
        Of an interpolating track: Earth-fixed position [m] and velocity [m/s] at the nodes of the stretch, (3, n).
    polynomials : ndarray
        Of an interpolating track: coefficients (8, 3, n) in the fraction of each interval.
    """

    arc: Arc
    model: Any
    start_tai_s: float
    step_s: float
    position_km: FloatArray
    velocity_km_s: FloatArray
    failure: str = ""
    earth_fixed_nodes: tuple[FloatArray, FloatArray] | None = None
    polynomials: FloatArray | None = None

    @property
    def count(self) -> int:
        """Number of nodes of the stretch."""
        return max(0, len(self.position_km) - 2 * MARGIN)

    @property
    def end_tai_s(self) -> float:
        """Time of the last node of the stretch [s, TAI since 1970]."""
        return self.start_tai_s + self.step_s * (self.count - 1)

    def times(self, node: IntArray) -> FloatArray:
        """Return the times of nodes of the stretch [s, TAI since 1970]."""
        return np.asarray(self.start_tai_s + self.step_s * node)

    def at_nodes(self, node: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return Earth-fixed position [m] and velocity [m/s] at nodes of the stretch, shape (3, n)."""
        if self.earth_fixed_nodes is not None:
            position, velocity = self.earth_fixed_nodes
            return position.take(node, axis=1), velocity.take(node, axis=1)
        place = node + MARGIN
        position, velocity = self.position_km.take(place, axis=0), self.velocity_km_s.take(place, axis=0)
        return earth_fixed(position, velocity, self.times(node))

    def directions(self) -> tuple[FloatArray, FloatArray]:
        """Return Earth-fixed unit vectors (3, n) of all nodes of the stretch and their distances [m]."""
        if self.earth_fixed_nodes is not None:
            position = self.earth_fixed_nodes[0]
            distance = np.sqrt(np.einsum("cn,cn->n", position, position))
            return position / distance, distance
        x, y, z = self.position_km[MARGIN : MARGIN + self.count].T
        distance = np.sqrt(x * x + y * y + z * z)
        turned = (x + 1j * y) * turned_back(self.start_tai_s, self.step_s, self.count)
        return np.array((turned.real, turned.imag, z)) / distance, distance * 1e3

    def locate(self, tai_s: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return Earth-fixed position [m], velocity [m/s] and acceleration [m/s^2] at times, shape (3, n)."""
        if self.polynomials is None:
            position, velocity = locate(self.model, self.arc.epoch_tai_s, tai_s)
            return position, velocity, acceleration(position, velocity)
        along = (tai_s - self.start_tai_s) / self.step_s
        interval = np.clip(along.astype(np.int64), 0, self.count - 2)
        x = along - interval
        c = self.polynomials.take(interval, axis=2)
        value, slope, half_bend = c[7], np.zeros_like(c[7]), np.zeros_like(c[7])
        for k in range(6, -1, -1):  # Horner's scheme in place
            half_bend *= x
            half_bend += slope
            slope *= x
            slope += value
            value *= x
            value += c[k]
        slope /= self.step_s
        half_bend *= 2.0 / self.step_s**2
        return value, slope, half_bend

    def interpolating(self) -> Track:
        """Return the track with a polynomial for each interval."""
        if self.failure or self.count < 2:
            return self
        taylor = self._taylor()
        left, right = taylor[:, :, :-1], taylor[:, :, 1:]
        polynomials = np.empty((8, 3, self.count - 1))
        polynomials[:4] = left
        misfit = [right[m] - sum(comb(k, m) * left[k] for k in range(m, 4)) for m in range(4)]
        # einsum, since the threads of a matrix product cost more than it does
        np.einsum("pm,mcn->pcn", _closing(), np.array(misfit), out=polynomials[4:])
        return replace(self, earth_fixed_nodes=(taylor[0], taylor[1] / self.step_s), polynomials=polynomials)

    def _taylor(self) -> FloatArray:
        """Return Earth-fixed Taylor coefficients [m] in steps from each node of the stretch, shape (4, 3, n)."""
        count, weights = self.count, _differences()
        position = np.multiply(self.position_km.T, 1e3, order="C")
        taylor = np.zeros((4, 3, count))
        taylor[0] = position[:, MARGIN : MARGIN + count]
        taylor[2] = weights[2, MARGIN] * taylor[0]
        scratch = np.empty((3, count))
        for k in range(1, MARGIN + 1):
            before, after = position[:, MARGIN - k : MARGIN - k + count], position[:, MARGIN + k : MARGIN + k + count]
            np.add(after, before, out=scratch)
            scratch *= weights[2, MARGIN + k]
            taylor[2] += scratch
            odd = after - before
            taylor[1] += np.multiply(odd, weights[1, MARGIN + k], out=scratch)
            taylor[3] += np.multiply(odd, weights[3, MARGIN + k], out=scratch)
        # Turning frame: w = (x + iy) e^(-i theta) has the derivatives e^(-i theta) (D - i omega)^n (x + iy).
        p = (taylor[:, 0] + 1j * taylor[:, 1]) * turned_back(self.start_tai_s, self.step_s, count)
        spin = -1j * EARTH_ROTATION_RAD_S * self.step_s
        for n in range(4):
            turned = sum(spin ** (n - k) / factorial(n - k) * p[k] for k in range(n + 1))
            taylor[n, 0], taylor[n, 1] = turned.real, turned.imag
        return taylor


@cache
def _differences() -> FloatArray:
    """Return weights (4, 25) that turn 25 equally spaced values into Taylor coefficients in steps at the middle."""
    return lagrange_powers([Fraction(k) for k in range(-MARGIN, MARGIN + 1)])[:4]


def lagrange_powers(nodes: Sequence[Fraction]) -> FloatArray:
    """Return the matrix that turns values at nodes into the coefficients of the polynomial through them."""
    whole = [Fraction(1)]  # the product of all x - node, in rising powers
    for node in nodes:
        whole = [s - node * w for s, w in zip([Fraction(0), *whole], [*whole, Fraction(0)], strict=True)]
    columns = []
    for own in nodes:
        # Lagrange's polynomial of this node: the product without its factor, by Horner's division, scaled to one.
        quotient = [whole[-1]]
        for coefficient in whole[-2:0:-1]:
            quotient.append(coefficient + own * quotient[-1])
        scale = prod(own - other for other in nodes if other != own)
        columns.append([float(c / scale) for c in reversed(quotient)])
    return np.array(columns).T


@cache
def _closing() -> FloatArray:
    """Return the matrix (4, 4) from misfits of Taylor coefficients at x = 1 to the coefficients of x^4 .. x^7."""
    return np.round(np.linalg.inv([[comb(k, m) for k in range(4, 8)] for m in range(4)]))


def perigee_rate_rad_s(elements: ElementSet) -> float:
    """Return the angular speed at the perigee [rad/s], the largest of the orbit."""
    eccentricity = elements.eccentricity
    mean = 2.0 * np.pi * elements.mean_motion_rev_day / DAY_S
    return float(mean * (1.0 + eccentricity) ** 2 / (1.0 - eccentricity**2) ** 1.5)


def step_s(elements: ElementSet, nodes_per_turn: int) -> float:
    """Return the spacing of nodes [s]: equal parts of a turn at the angular speed of the perigee.

    The factor 1 + 2e, found by trial, holds the transfer orbits of SGP4's verification set to 10 cm, too.
    """
    return 2.0 * np.pi / perigee_rate_rad_s(elements) / (1.0 + 2.0 * elements.eccentricity) / nodes_per_turn


def make_track(arc: Arc, start_tai_s: float, end_tai_s: float, nodes_per_turn: int) -> Track:
    """Run SGP4 on nodes that cover a stretch of time, equal parts of a turn at the angular speed of the perigee.

    Where SGP4 fails inside the stretch, the track is the good part nearest to the epoch, and ends where SGP4 does.
    """
    model, epoch = arc.elements.satrec(), arc.epoch_tai_s
    gone = _failure_before(arc, model, min(max(epoch, start_tai_s), end_tai_s))
    if gone:
        return Track(arc, model, start_tai_s, 1.0, np.zeros((0, 3)), np.zeros((0, 3)), gone)
    step = step_s(arc.elements, nodes_per_turn)
    count = max(2, int(np.ceil((end_tai_s - start_tai_s) / step)) + 1)
    position, velocity, error, times = _run(model, epoch, start_tai_s, step, count)
    if not error.any():
        return Track(arc, model, start_tai_s, step, position, velocity)
    error, times = error[MARGIN:-MARGIN], times[MARGIN:-MARGIN]
    good, bad = np.flatnonzero(error == 0), np.flatnonzero(error)
    if not bad.size:  # only the margin fails
        return Track(arc, model, start_tai_s, step, position, velocity, _failure(arc, 6, times[-1]))
    if not good.size:
        return Track(arc, model, start_tai_s, step, position[:0], velocity[:0], _failure(arc, int(error[0]), times[0]))
    nearest = good[np.argmin(np.abs(times[good] - epoch))]
    before, after = bad[bad < nearest], bad[bad > nearest]
    first = _last_good(model, epoch, times[before[-1] + 1], times[before[-1]]) if before.size else start_tai_s
    last = _last_good(model, epoch, times[after[0] - 1], times[after[0]]) if after.size else times[-1]
    count = max(2, int(np.ceil((last - first) / step)) + 1)
    step = (last - first) / (count - 1)
    position, velocity, _, _ = _run(model, epoch, first, step, count)
    edge = after[0] if after.size else before[-1]
    return Track(arc, model, first, step, position, velocity, _failure(arc, int(error[edge]), times[edge]))


def _failure_before(arc: Arc, model: Any, tai_s: float) -> str:
    """Say whether SGP4 fails between the epoch and a time; what it gives after that is nonsense even without an error.

    A decaying orbit first fails near its perigee, in a fifth of a revolution or more, and ever longer: samples every
    quarter of a day find it.
    """
    epoch = arc.epoch_tai_s
    count = int(abs(tai_s - epoch) / (0.25 * DAY_S))
    if count == 0:
        return ""
    times = np.linspace(epoch, tai_s, count + 1)
    error = sgp4_teme(model, epoch, times)[2]
    if not error.any():
        return ""
    first = int(np.argmax(error > 0))
    return _failure(arc, int(error[first]), times[first])


def _run(
    model: Any, epoch: float, start: float, step: float, count: int
) -> tuple[FloatArray, FloatArray, NDArray[np.uint8], FloatArray]:
    times = np.asarray(start + step * np.arange(-MARGIN, count + MARGIN))
    return (*sgp4_teme(model, epoch, times), times)


def _last_good(model: Any, epoch: float, good: float, bad: float) -> float:
    """Return the time nearest to where SGP4 begins to fail, on the good side, to a millisecond."""
    while abs(bad - good) > 1e-3:
        middle = (good + bad) / 2.0
        if sgp4_teme(model, epoch, np.array([middle]))[2][0]:
            bad = middle
        else:
            good = middle
    return float(good)


def _failure(arc: Arc, code: int, tai_s: float) -> str:
    from sgp4.api import SGP4_ERRORS

    when = datetime64_from_tai(tai_s).astype("datetime64[m]")
    return f"SGP4 stops for {arc.elements.satellite} ({arc.elements.source}) near {when}Z: {SGP4_ERRORS[code]}"
