"""Light at the nodes of a quadrature: twelve on every stretch of a pass that counts, more where they do not resolve it.

Time is measured by u = asinh((t - TCA)/a), a the shortest range over the speed of a low orbit: linear in u, what a pass
gives is nearly a polynomial. Where its Legendre coefficients do not fall off, a stretch is halved. For the choice of
seconds each stretch is cut into slots instead.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satqkd.analysis.counts import Counts
from satqkd.analysis.families import light_counts
from satqkd.analysis.light import Instants, Light, arriving_light, flip_probability
from satqkd.analysis.prediction import Prediction
from satqkd.analysis.seconds import second_by_second
from satqkd.arrays import FloatArray, IntArray
from satqkd.link.qber import combined_error
from satqkd.orbit.samples import PassTracks
from satqkd.orbit.spans import Spans

_NODES = 12
_SPEED_M_S = 7300.0
_TAIL = 3
_RESOLVED = 1e-3
"""Largest of the last Legendre coefficients against the largest of all."""
_HALVINGS = 8
SLOTS = 64
"""Slots of a stretch among which seconds are chosen, each of two nodes."""
_SLOTS_OF_PART = 16
"""The same of a stretch that was halved."""
_FOLLOWED, _FOLLOWED_S = 1200, 0.2
"""Instants at which turning bases are followed, and the time from TCA up to which their steps are equal [s]."""
_FINE = 33
"""Places in a panel at which the loss is looked at for its least."""


class NodeLight:
    """The light of a prediction's passes, evaluated at nodes."""

    passes_at_once = 4000
    """Passes whose nodes are in memory together."""

    def __init__(self, prediction: Prediction) -> None:
        self.prediction = prediction
        stations = list(prediction.scenario.positions)
        self._tracks = PassTracks.of(prediction.passes, prediction.elements, stations)
        self._panels: list[Any] | None = None
        self._scale_s = prediction.passes["min_range_m"].to_numpy() / _SPEED_M_S
        steady = {
            site.station.name: bool(getattr(site.link.polarization, "steady", False))
            for site in prediction.scenario.sites
        }
        self._sites = {site.station.name: site for site in prediction.scenario.sites}
        self._steady = np.array([steady[name] for name in prediction.passes["station"]], dtype=bool)

    def light(self, rows: IntArray) -> tuple[Light, Counts, FloatArray]:
        """Return light and counts at the nodes of some passes, and the least loss of each [dB].

        Parameters
        ----------
        rows : ndarray of int
            Rising.
        """
        spans, flips = self._spans(rows), _Flips(self, rows)
        row = spans.row
        low, high = (np.arcsinh(edge / self._scale_s[row]) for edge in (spans.begin_s, spans.end_s))
        least = np.full(len(self._scale_s), np.inf)
        parts: list[tuple[Light, Counts]] = []
        panels = []
        for halving in range(_HALVINGS + 1):
            if not len(row):
                break
            light = self._at(row, low, high, *_rule(_NODES), flips)
            counts = light_counts(self.prediction.scenario.protocol, light)
            good = np.ones(len(row), dtype=bool)
            if halving < _HALVINGS:
                good = _resolved(light, counts)
            losses = light.link_loss_db.reshape(-1, _NODES) @ _series(_FINE).T
            np.minimum.at(least, row[good], losses.min(axis=1)[good])
            panels.append((row[good], low[good], high[good], np.full(int(good.sum()), halving > 0)))
            kept = np.repeat(good, _NODES)
            parts.append((light.take(kept), counts.take(kept)))
            middle = 0.5 * (low + high)
            row, low, high = (
                np.repeat(row[~good], 2),
                np.column_stack((low, middle))[~good].ravel(),
                np.column_stack((middle, high))[~good].ravel(),
            )
        if not parts:
            light = self._at(row, low, high, *_rule(_NODES), flips)
            parts.append((light, light_counts(self.prediction.scenario.protocol, light)))
        self._panels = [np.concatenate(columns) for columns in zip(*panels, strict=True)] if panels else None
        light = Light.joined([one for one, _ in parts])
        if len(parts) == 1:
            return light, parts[0][1], least[rows]
        order = np.lexsort(
            (np.concatenate([one.begin_s for one, _ in parts]), np.concatenate([one.row for one, _ in parts]))
        )
        names = [one.name for one in fields(Counts)]
        columns = {name: np.concatenate([getattr(one, name) for _, one in parts])[order] for name in names}
        return light, Counts(**columns), least[rows]

    def slots(self, rows: IntArray) -> Light:
        """Return the light in slots of some passes, rising, of those that `light` was last asked for.

        Two nodes stand for each slot, so that their sums are exact, too.
        """
        assert self._panels is not None  # who asks for slots of passes has asked for their light
        row, low, high, part = self._panels
        asked, flips = np.isin(row, rows), _Flips(self, rows)
        found = []
        for slots, own in ((SLOTS, asked & ~part), (_SLOTS_OF_PART, asked & part)):
            if own.any():
                order = np.flatnonzero(own)[np.lexsort((low[own], row[own]))]
                found.append(self._at(row[order], low[order], high[order], *_slot_rule(slots), flips))
        return Light.joined(found)

    def _spans(self, rows: IntArray) -> Spans:
        own = self.prediction.plan.spans.take(rows)
        return Spans(len(self._scale_s), rows[own.row], own.begin_s, own.end_s)

    def _at(
        self,
        row: IntArray,
        low: FloatArray,
        high: FloatArray,
        places: FloatArray,
        weights: FloatArray,
        flips: _Flips,
    ) -> Light:
        """Return the light at places in [-1, 1] of panels from `low` to `high` in u."""
        half, middle = 0.5 * (high - low), 0.5 * (high + low)
        u = (middle[:, None] + half[:, None] * places).ravel()
        scale = np.repeat(self._scale_s[row], len(places))
        lasting = half[:, None] * weights * (scale * np.cosh(u)).reshape(len(row), -1)
        begins = (self._scale_s[row] * np.sinh(low))[:, None] + np.cumsum(lasting, axis=1) - lasting
        of = np.repeat(row, len(places))
        samples = self._tracks.at(of, scale * np.sinh(u), weight_s=lasting.ravel(), begin_s=begins.ravel())
        instants = Instants(self.prediction.scenario, self.prediction.passes, samples, self._tracks.sky(samples))
        return arriving_light(instants, np.arange(len(of)), flips.at(instants))

    def turning(self, rows: IntArray) -> IntArray:
        """Return those of some passes over stations whose bases do not agree alike all the time."""
        return np.asarray(rows[~self._steady[rows]])

    def followed(self, row: int) -> tuple[FloatArray, FloatArray]:
        """Return instants along a pass, and the probability of a wrong bit by source and turned bases at each."""
        site = self._sites[str(self.prediction.passes["station"].iloc[row])]
        polarization = site.link.polarization
        if not getattr(polarization, "weighs", False):
            instants = second_by_second(self.prediction, np.array([row]))
            return instants.samples.t_s, flip_probability(instants, [0])
        plan = self.prediction.plan
        edges = np.arcsinh(np.array([plan.begin_s[row], plan.end_s[row]]) / _FOLLOWED_S)
        cells = _FOLLOWED_S * np.sinh(np.linspace(*edges, _FOLLOWED + 1))
        t = 0.5 * (cells[1:] + cells[:-1])
        seen = self._tracks.at(np.full(t.size, row), t)
        rotation = polarization.rotation_error(
            azimuth_deg=seen.azimuth_deg,
            elevation_deg=seen.elevation_deg,
            t_s=t,
            range_m=seen.range_m,
            latitude_deg=site.station.latitude_deg,
            altitude_m=site.station.altitude_m,
            weight_s=np.diff(cells),
        )
        return t, combined_error(polarization.source_error, rotation)


class _Flips:
    """The probability of a wrong bit by source and turned bases, at any instant of some passes.

    Bases that turn do so against their mean direction of the whole pass, and near the zenith within a fraction of a
    second: they are followed at steps that grow with the time from TCA; a model of one's own second by second.
    """

    def __init__(self, light: NodeLight, rows: IntArray) -> None:
        self.followed: dict[int, tuple[FloatArray, FloatArray]] = {}
        for row in light.turning(rows).tolist():
            self.followed[row] = light.followed(row)

    def at(self, instants: Instants) -> FloatArray:
        """Return it at every sample, shape (n,)."""
        samples = instants.samples
        flips = np.zeros(len(samples))
        station = instants.passes["station"].to_numpy()
        for site in instants.scenario.sites:
            if getattr(site.link.polarization, "steady", False):
                here = (station == site.station.name)[samples.pass_index]
                some = np.flatnonzero(here)[:1]
                if some.size:
                    row = int(samples.pass_index[some[0]])
                    one = Instants(instants.scenario, instants.passes.iloc[[row]], samples.only(row), instants.sky)
                    flips[here] = flip_probability(one, [0])[0]
        for row, (t, values) in self.followed.items():
            part = samples.of(row)
            flips[part] = np.interp(samples.t_s[part], t, values)
        return flips


def _resolved(light: Light, counts: Counts) -> NDArray[np.bool_]:
    """Return the panels on which what is counted is a polynomial of less degree than the nodes can hold."""
    _, weights = _rule(_NODES)
    lasting = light.weight_s.reshape(-1, _NODES) / weights  # seconds for each u, but for half the panel
    good = np.ones(len(lasting), dtype=bool)
    for rates in (counts.signal_cps, counts.errors_cps[:, :, 0].sum(axis=1)):
        series = np.abs((rates.reshape(-1, _NODES) * lasting) @ _coefficients().T)
        good &= series[:, -_TAIL:].max(axis=1) <= _RESOLVED * series.max(axis=1)
    return good


@cache
def _rule(nodes: int) -> tuple[FloatArray, FloatArray]:
    """Return places and weights of Gauss's quadrature on [-1, 1]."""
    places, weights = np.polynomial.legendre.leggauss(nodes)
    return places, weights


@cache
def _slot_rule(slots: int) -> tuple[FloatArray, FloatArray]:
    """Return places and weights of two nodes in each of equal slots of [-1, 1]."""
    places, weights = _rule(2)
    middles = -1.0 + (2.0 * np.arange(slots) + 1.0) / slots
    return (middles[:, None] + places / slots).ravel(), np.tile(weights / slots, slots)


@cache
def _coefficients() -> FloatArray:
    """Return the matrix from values at the nodes to Legendre coefficients."""
    places, weights = _rule(_NODES)
    degrees = np.arange(_NODES)
    return np.asarray((np.polynomial.legendre.legvander(places, _NODES - 1) * weights[:, None]).T * (degrees + 0.5)[:, None])


@cache
def _series(points: int) -> FloatArray:
    """Return the matrix from values at the nodes to those of their polynomial at equal steps, both ends included."""
    steps = np.polynomial.legendre.legvander(np.linspace(-1.0, 1.0, points), _NODES - 1)
    return np.asarray(steps @ _coefficients())
