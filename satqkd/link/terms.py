"""The terms of a link budget, once, in the order of the light; whatever lists them reads them here.

A new loss is one row of `LOSS_TERMS` and one function, beside the row of its column in `satqkd.columns`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray
from satqkd.errors import InputError
from satqkd.link.doppler import doppler_shift_m
from satqkd.link.models import LinkParts
from satqkd.link.sight import LineOfSight, SkyLight

DARKEST_TRANSMITTANCE = 1e-300
"""Below this a transmittance counts as this, so that every loss is a finite number (at most 3000 dB a term)."""

Stage = Literal["channel_loss_db", "link_loss_db", "total_loss_db"]
"""A subtotal: what is lost up to the receiver, up to the detectors, and with them."""


class Passage:
    """One way of the light over a link: the parts, the sight, the sky, and what several terms share."""

    def __init__(self, link: LinkParts, sight: LineOfSight, sky: SkyLight) -> None:
        self.link, self.sight, self.sky = link, sight, sky
        if link.receiver.aperture_m is None:
            raise InputError(
                "The receiver has no aperture_m, and the station supplies none.",
                "Set link.receiver.aperture_m, or choose a station whose telescope is known.",
            )
        self.optics: dict[str, Any] = {
            "wavelength_m": link.wavelength_m,
            "aperture_m": link.receiver.aperture_m,
            "obscuration_ratio": link.receiver.obscuration_ratio,
        }

    @cached_property
    def tracked(self) -> FloatArray:
        """Share of the light that passes the field stop in still air [1]: tracking errors belong to pointing."""
        return self.link.receiver.field_stop_transmittance(np.inf, wavelength_m=self.link.wavelength_m)

    @cached_property
    def blurred(self) -> FloatArray:
        """Share of the light that passes the field stop through turbulence [1]."""
        r0 = self.link.turbulence.fried_parameter_m(self.sight, self.sky, wavelength_m=self.link.wavelength_m)
        return self.link.receiver.field_stop_transmittance(r0, wavelength_m=self.link.wavelength_m)


def _geometric(way: Passage) -> ArrayLike:
    return way.link.transmitter.geometric_transmittance(way.sight, **way.optics)


def _pointing(way: Passage) -> ArrayLike:
    return way.link.transmitter.pointing_transmittance(way.sight, **way.optics) * way.tracked


def _atmosphere(way: Passage) -> ArrayLike:
    return way.link.atmosphere.transmittance(way.sight, way.sky, wavelength_m=way.link.wavelength_m)


def _turbulence(way: Passage) -> ArrayLike:
    # What seeing adds to tracking errors at the field stop.
    return way.blurred / np.maximum(way.tracked, DARKEST_TRANSMITTANCE)


def _receiver_optics(way: Passage) -> ArrayLike:
    shift = doppler_shift_m(way.sight.range_rate_m_s, wavelength_m=way.link.wavelength_m)
    return way.link.receiver.optics_transmittance * way.link.receiver.filter_transmittance(shift)


def _detector(way: Passage) -> ArrayLike:
    return way.link.detector.transmittance


@dataclass(frozen=True, slots=True)
class LossTerm:
    """One loss.

    Attributes
    ----------
    name : str
        Of its column.
    stage : str
        The subtotal that it is the first to enter.
    transmittance : callable
        What a `Passage` lets through [1].
    """

    name: str
    stage: Stage
    transmittance: Callable[[Passage], ArrayLike]


LOSS_TERMS: tuple[LossTerm, ...] = (
    LossTerm("geometric_db", "channel_loss_db", _geometric),
    LossTerm("pointing_db", "channel_loss_db", _pointing),
    LossTerm("atmosphere_db", "channel_loss_db", _atmosphere),
    LossTerm("turbulence_db", "channel_loss_db", _turbulence),
    LossTerm("receiver_optics_db", "link_loss_db", _receiver_optics),
    LossTerm("detector_db", "total_loss_db", _detector),
)
"""Every loss, in the order of the light."""

SUBTOTALS: tuple[Stage, ...] = get_args(Stage)
"""In the order of the light; each holds those before it."""


def term_names() -> tuple[str, ...]:
    """Return the names of the terms, in the order of the light."""
    return tuple(term.name for term in LOSS_TERMS)


def budget_names() -> tuple[str, ...]:
    """Return the names of the terms, each subtotal after the last of its terms."""
    return tuple(
        name for stage in SUBTOTALS for name in (*(term.name for term in LOSS_TERMS if term.stage == stage), stage)
    )


def subtotal_terms(subtotal: str) -> tuple[str, ...]:
    """Return the names of the terms that a subtotal adds up, in the order of the light."""
    stages = SUBTOTALS[: SUBTOTALS.index(subtotal) + 1]
    return tuple(term.name for stage in stages for term in LOSS_TERMS if term.stage == stage)
