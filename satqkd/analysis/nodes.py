"""Light at the nodes of a quadrature: twelve on every stretch of a pass that counts, more where they do not resolve it.

Time is measured by u = asinh((t - TCA)/a), a the shortest range over the speed of a low orbit: linear in u, what a pass
gives is nearly a polynomial. Where its Legendre coefficients do not fall off, a stretch is halved. For the choice of
seconds each stretch is cut into slots instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from satqkd.analysis.counts import Counts
from satqkd.analysis.families import light_counts
from satqkd.analysis.light import Instants, Light, arriving_light, flip_probability, site_of_pass
from satqkd.analysis.prediction import Prediction
from satqkd.analysis.seconds import second_by_second
from satqkd.arrays import BoolArray, FloatArray, IntArray
from satqkd.link.qber import combined_error
from satqkd.orbit.samples import PassTracks
from satqkd.orbit.spans import Spans
from satqkd.scenario.own_models import own_models
from satqkd.scenario.sites import Site

_NODES = 12
_SPEED_M_S = 7300.0
_TAIL = 3
_RESOLVED = 3e-3
"""Largest of the last Legendre coefficients against the largest of all."""
_RESOLVED_TURNING = 1e-5
"""The same where bases turn: near the zenith all degrees hold alike, and the last say little of those beyond."""
_HALVINGS = 9
SLOTS = 40
"""Slots of a stretch among which seconds are chosen, each of two nodes."""
_SLOTS_OF_PART = 16
"""The same of a stretch that was halved."""
_FOLLOWED, _FOLLOWED_S = 1200, 0.2
"""Instants at which turning bases are followed, and the time from TCA up to which their steps are equal [s]."""
_EQUAL_STEPS = tuple(np.linspace(-1.0, 1.0, 33).tolist())
"""Places in a panel at which the loss is looked at for its least."""


class NodeLight:
    """The light of a prediction's passes, evaluated at nodes."""

    passes_at_once = 5_000
    """Passes whose nodes are in memory together."""

    def __init__(self, prediction: Prediction) -> None:
        self.prediction = prediction
        scenario = prediction.scenario
        self._tracks = PassTracks.of(prediction.passes, prediction.elements, list(scenario.positions))
        self._scale_s = prediction.passes["min_range_m"].to_numpy() / _SPEED_M_S
        self._site_of = site_of_pass(scenario, prediction.passes)
        self._together = not own_models(scenario)
        self._steady = np.array([getattr(one.link.polarization, "steady", False) for one in scenario.sites], dtype=bool)
        self._flips = np.array(
            [_steady_flips(one) if flat else 0.0 for one, flat in zip(scenario.sites, self._steady, strict=True)]
        )
        self._panels: _Panels | None = None

    def light(self, rows: IntArray) -> tuple[Light, Counts, FloatArray]:
        """Return light and counts at the nodes of some passes, and the least loss of each [dB].

        Parameters
        ----------
        rows : ndarray of int
            Rising.
        """
        spans, followed = self._spans(rows), self._followed(rows)
        row = spans.row
        low, high = (np.arcsinh(edge / self._scale_s[row]) for edge in (spans.begin_s, spans.end_s))
        allowed = np.zeros((2, len(row)))
        panels = []
        for halving in range(_HALVINGS + 1):
            light = self._at(row, low, high, followed)
            counts = light_counts(self.prediction.scenario.protocol, light)
            tails, largest = _series_of(light, counts)
            if not halving:
                sharp = ~self._steady[self._site_of[row]]
                allowed = np.where(sharp, _RESOLVED_TURNING, _RESOLVED) * largest * (high - low)
            good = (tails * (high - low) <= allowed).all(axis=0) | (halving == _HALVINGS)
            if good.all():
                panels.append(_Panels(row, low, high, light, counts))
                break
            kept = np.flatnonzero(np.repeat(good, _NODES))
            panels.append(_Panels(row[good], low[good], high[good], light.take(kept), counts.take(kept)))
            middle = 0.5 * (low + high)
            row, allowed = np.repeat(row[~good], 2), np.repeat(allowed[:, ~good], 2, axis=1)
            low, high = (np.column_stack(pair)[~good].ravel() for pair in ((low, middle), (middle, high)))
        self._panels = found = _Panels.joined(panels)
        least = np.full(len(self._scale_s), np.inf)
        losses = _product(found.light.link_loss_db, _interpolation(_EQUAL_STEPS))
        np.minimum.at(least, found.row, losses.min(axis=1))
        return found.light, found.counts, least[rows]

    def slots(self, rows: IntArray) -> Light:
        """Return the light in slots of some passes, of those that `light` was last asked for.

        It is that of the nodes between which the slots lie. Two places stand for a slot, so that sums are exact, too.
        """
        panels = self._panels
        assert panels is not None  # who asks for slots of passes has asked for their light
        asked = np.isin(panels.row, rows)
        halved = np.append(False, panels.row[1:] == panels.row[:-1])
        halved[:-1] |= halved[1:]
        found = []
        for slots, own in ((SLOTS, asked & ~halved), (_SLOTS_OF_PART, asked & halved)):
            if own.any():
                found.append(self._between(panels.take(own), slots))
        return Light.joined(found)

    def _between(self, panels: _Panels, slots: int) -> Light:
        places, weights = _slot_rule(slots)
        of, begin, lasting, t = self._places(panels.row, panels.low, panels.high, places, weights)
        matrix = _interpolation(tuple(places.tolist()))

        def along(values: FloatArray) -> FloatArray:
            return _product(values, matrix).ravel()

        light, first = panels.light, slice(None, None, _NODES)
        flips = self._flips[self._site_of[of]]
        for one, (instant, values) in self._followed(np.unique(panels.row)).items():
            here = of == one
            flips[here] = np.interp(t[here], instant, values)
        kinds = {
            name: np.repeat(getattr(light, name)[first], len(places)) for name in ("detector_of", "polarization_of")
        }
        return Light(
            row=of,
            begin_s=begin,
            weight_s=lasting,
            transmittance=np.exp(np.minimum(along(np.log(np.maximum(light.transmittance, 1e-300))), 0.0)),
            background_cps=np.maximum(along(light.background_cps), 0.0),
            link_loss_db=along(light.link_loss_db),
            flip_probability=flips,
            detectors=light.detectors,
            **kinds,
        )

    def _spans(self, rows: IntArray) -> Spans:
        own = self.prediction.plan.spans.take(rows)
        return Spans(len(self._scale_s), rows[own.row], own.begin_s, own.end_s)

    def _places(
        self, row: IntArray, low: FloatArray, high: FloatArray, places: FloatArray, weights: FloatArray
    ) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
        """Return row, begin, weight and time of places in [-1, 1] of panels from `low` to `high` in u."""
        half, middle = 0.5 * (high - low), 0.5 * (high + low)
        scale = self._scale_s[row][:, None]
        u = middle[:, None] + half[:, None] * places
        lasting = half[:, None] * weights * scale * np.cosh(u)
        begin = scale * np.sinh(low)[:, None] + np.cumsum(lasting, axis=1) - lasting
        return np.repeat(row, len(places)), begin.ravel(), lasting.ravel(), (scale * np.sinh(u)).ravel()

    def _at(self, row: IntArray, low: FloatArray, high: FloatArray, followed: _Followed) -> Light:
        """Return the light at the nodes of panels from `low` to `high` in u."""
        of, begin, lasting, t = self._places(row, low, high, *_rule(_NODES))
        samples = self._tracks.at(of, t, weight_s=lasting, begin_s=begin)
        instants = Instants(self.prediction.scenario, self.prediction.passes, samples, self._tracks.sky(samples))
        instants.__dict__["site_of_pass"] = self._site_of  # is known
        flips = self._flips[self._site_of[of]]
        for one, (instant, values) in followed.items():
            part = samples.of(one)
            flips[part] = np.interp(samples.t_s[part], instant, values)
        return arriving_light(instants, np.arange(len(of)), flips, together=self._together)

    def _followed(self, rows: IntArray) -> _Followed:
        """Return for each of some passes with turning bases when and how often they make a bit wrong.

        Bases that turn do so against their mean direction of the whole pass, and near the zenith within a fraction of a
        second: they are followed at steps that grow with the time from TCA; a model of one's own second by second.
        """
        turning = rows[~self._steady[self._site_of[rows]]]
        return {row: self.followed(row) for row in turning.tolist()}

    def followed(self, row: int) -> tuple[FloatArray, FloatArray]:
        """Return instants along a pass, and the probability of a wrong bit by source and turned bases at each."""
        site = self.prediction.scenario.sites[int(self._site_of[row])]
        polarization: Any = site.link.polarization
        if not getattr(polarization, "weighs", False):
            instants = second_by_second(self.prediction, np.array([row]))
            return instants.samples.t_s, flip_probability(instants, [0])
        plan = self.prediction.plan
        edges = np.arcsinh(np.array([plan.begin_s[row], plan.end_s[row]]) / _FOLLOWED_S)
        cells = _FOLLOWED_S * np.sinh(np.linspace(edges[0], edges[1], _FOLLOWED + 1))
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


_Followed = dict[int, tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, slots=True, eq=False)
class _Panels:
    """Stretches on each of which light and counts are known at twelve nodes, in the order of passes and of time."""

    row: IntArray
    low: FloatArray
    high: FloatArray
    light: Light
    counts: Counts

    def take(self, chosen: BoolArray | IntArray) -> _Panels:
        """Return some of them."""
        places = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        nodes = (places[:, None] * _NODES + np.arange(_NODES)).ravel()
        return _Panels(
            self.row[chosen], self.low[chosen], self.high[chosen], self.light.take(nodes), self.counts.take(nodes)
        )

    @staticmethod
    def joined(parts: Sequence[_Panels]) -> _Panels:
        """Return several lists as one, in order."""
        if len(parts) == 1:
            return parts[0]
        row, low, high = (np.concatenate([getattr(one, name) for one in parts]) for name in ("row", "low", "high"))
        whole = _Panels(
            row,
            low,
            high,
            Light.end_to_end([one.light for one in parts]),
            Counts.end_to_end([one.counts for one in parts]),
        )
        return whole.take(np.lexsort((low, row)))


def _product(values: FloatArray, matrix: FloatArray) -> FloatArray:
    """Return a matrix times the values at the nodes of each panel, shape (panels, rows of the matrix).

    Not by BLAS, whose last bits depend on how many panels there are: a part is to be what it is in the whole.
    """
    return np.asarray(np.einsum("pn,sn->ps", values.reshape(-1, _NODES), matrix))


def _steady_flips(site: Site) -> float:
    """Return the probability of a wrong bit by source and bases at a site where it is the same all the time."""
    nothing = np.zeros(1)
    polarization = site.link.polarization
    turned = polarization.rotation_error(
        azimuth_deg=nothing, elevation_deg=nothing + 45.0, t_s=nothing, range_m=nothing + 1e6, latitude_deg=0.0
    )
    return float(combined_error(polarization.source_error, turned)[0])


def _series_of(light: Light, counts: Counts) -> tuple[FloatArray, FloatArray]:
    """Return the largest of the last, and of all, Legendre coefficients of signal and errors, shape (2, panels)."""
    _, weights = _rule(_NODES)
    lasting = light.weight_s.reshape(-1, _NODES) / weights
    tails, largest = [], []
    for rates in (counts.signal_cps, counts.errors_cps[:, :, 0].sum(axis=1)):
        series = np.abs(_product(rates.reshape(-1, _NODES) * lasting, _coefficients()))
        # Seconds for each u hold half the panel's width, which the caller asks for by itself.
        tails.append(series[:, -_TAIL:].max(axis=1))
        largest.append(series.max(axis=1))
    return np.array(tails), np.array(largest)


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
    return np.asarray(
        (np.polynomial.legendre.legvander(places, _NODES - 1) * weights[:, None]).T * (degrees + 0.5)[:, None]
    )


@cache
def _interpolation(places: tuple[float, ...]) -> FloatArray:
    """Return the matrix from values at the nodes to those of their polynomial at places in [-1, 1]."""
    return np.asarray(np.polynomial.legendre.legvander(np.array(places), _NODES - 1) @ _coefficients())
