"""The whole link, term by term."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray
from satqkd.errors import ValidityWarning, warn
from satqkd.link.background.radiance import background_rate
from satqkd.link.models import LinkParts
from satqkd.link.sight import LineOfSight, SkyLight
from satqkd.link.terms import DARKEST_TRANSMITTANCE, LOSS_TERMS, SUBTOTALS, Passage, subtotal_terms
from satqkd.units import loss_db, transmittance


@dataclass(frozen=True, slots=True, eq=False)
class LinkBudget:
    """Losses and noise of a link, read-only arrays of one shape.

    Every term of `satqkd.link.terms.LOSS_TERMS` and every subtotal is an attribute of its own name [dB].
    `noise_probability` is that of an even choice of basis; for another, ask the detector with `background_cps`.

    Attributes
    ----------
    losses : Mapping
        The losses by the names of their terms [dB].
    background_cps : ndarray
        Background counts of the whole receiver, efficiencies included [1/s].
    noise_probability : ndarray
        Noise clicks per gate and basis [1].
    """

    losses: Mapping[str, FloatArray]
    background_cps: FloatArray
    noise_probability: FloatArray

    def __getattr__(self, name: str) -> FloatArray:
        losses: Mapping[str, FloatArray] = object.__getattribute__(self, "losses")
        if name in losses:
            return losses[name]
        if name in SUBTOTALS:
            first, *others = (losses[one] for one in subtotal_terms(name))
            for other in others:
                first = first + other
            return first
        raise AttributeError(f"A link budget has no {name!r}.")

    @property
    def transmittance(self) -> FloatArray:
        """Probability that a photon at the transmitter's exit aperture has its chance to click counted."""
        return transmittance(self.total_loss_db)


def budget_of(link: LinkParts, sight: LineOfSight, sky: SkyLight) -> LinkBudget:
    """Compute every term of a link's mean loss, and its background; see `satqkd.link.downlink.Downlink.budget`."""
    way = Passage(link, sight, sky)
    _warn_of_doubts(link)
    receiver = link.receiver
    background = background_rate(
        link.background.sky_radiance_w_m2_sr_um(sight, sky, wavelength_m=link.wavelength_m),
        field_of_view_rad=receiver.field_of_view_rad,
        filter_bandwidth_m=receiver.filter_bandwidth_m,
        transmittance=receiver.optics_transmittance * link.detector.efficiency,
        **way.optics,
    )
    losses = [_db(term.transmittance(way)) for term in LOSS_TERMS]
    columns = np.broadcast_arrays(
        sight.elevation_deg, *losses, background, link.detector.noise_probability(background)
    )[1:]
    for column in columns:
        column.flags.writeable = False
    names = [term.name for term in LOSS_TERMS]
    return LinkBudget(dict(zip(names, columns, strict=False)), *columns[len(names) :])


def _warn_of_doubts(link: LinkParts) -> None:
    """Say where the hardware claims more than light does; a model that knows no such doubt is not asked."""
    for part in (link.transmitter, link.receiver):
        doubt = getattr(part, "doubt", None)
        if doubt is not None and (text := doubt(wavelength_m=link.wavelength_m)):
            warn(text, ValidityWarning)


def _db(value: ArrayLike) -> FloatArray:
    return loss_db(np.clip(value, DARKEST_TRANSMITTANCE, 1.0))
