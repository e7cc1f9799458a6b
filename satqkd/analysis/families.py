"""The kinds of protocol, and what analysis asks of each: the only place that asks what kind a protocol is."""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from satqkd.analysis.counts import Counts, over_detectors
from satqkd.analysis.light import Light
from satqkd.analysis.pairs import Pairs
from satqkd.analysis.pulses import Pulses
from satqkd.arrays import FloatArray
from satqkd.errors import InputError, shown
from satqkd.link.budget import LinkBudget
from satqkd.link.downlink import Link
from satqkd.link.receiver.detector import Detector
from satqkd.protocols.bbm92 import BBM92
from satqkd.protocols.decoy_bb84 import DecoyBB84
from satqkd.protocols.one_decoy_bb84 import OneDecoyBB84


class Family(Protocol):
    """What analysis asks of a kind of protocol."""

    def intensities(self, protocol: Any) -> int:
        """Return how many intensities are told apart in the counts."""
        ...

    def slots_hz(self, protocol: Any) -> float:
        """Return among how many slots a second the detections are [1/s]: how long it takes to name them."""
        ...

    def expected_counts(
        self,
        protocol: Any,
        *,
        transmittance: FloatArray,
        background_cps: FloatArray,
        detector: Detector,
        flip_probability: FloatArray | float,
    ) -> Counts:
        """Return the expected count rates of samples, shape (n,), behind one kind of detector."""
        ...

    def choose(
        self,
        protocol: Any,
        light: Light,
        *,
        block: NDArray[np.intp],
        blocks: int,
        parameters: bool,
        window: bool,
    ) -> tuple[NDArray[np.bool_], tuple[Any, ...]]:
        """Return the samples worth sending in, and the protocol of every block with the parameters it runs with."""
        ...

    def parameters(self, protocol: Any) -> dict[str, float]:
        """Return the parameters that may be chosen for a block, by the names of the columns."""
        ...

    def causes(
        self,
        protocol: Any,
        *,
        link: Link,
        budget: LinkBudget,
        flip_probability: FloatArray,
        stray_probability: FloatArray,
    ) -> dict[str, FloatArray]:
        """Return the shares of the error rate by cause in samples, by the names of the columns."""
        ...

    def merits(self, protocol: Any, *, counts: FloatArray, errors: FloatArray) -> dict[str, FloatArray]:
        """Return further columns of the passes from what each sifted, shape (passes, 2, intensities)."""
        ...


FAMILIES: dict[type, Family] = {DecoyBB84: Pulses(), OneDecoyBB84: Pulses(), BBM92: Pairs()}
"""Whose family a protocol belongs to, by its type; a subclass belongs to that of its parent."""


def family_of(protocol: Any) -> Family:
    """Return the family of a protocol.

    Raises
    ------
    InputError
        For an object of a type that is in no family.
    """
    for kind in type(protocol).__mro__:
        if kind in FAMILIES:
            return FAMILIES[kind]
    raise InputError(
        f"{shown(protocol)} belongs to no family of protocols.",
        "A type of your own is entered into satqkd.analysis.families.FAMILIES.",
    )


def expected_counts(
    protocol: Any,
    *,
    transmittance: FloatArray,
    background_cps: FloatArray,
    detector: Detector,
    flip_probability: FloatArray | float = 0.0,
) -> Counts:
    """Return the expected count rates of a protocol over a link.

    Parameters
    ----------
    protocol : DecoyBB84, OneDecoyBB84 or BBM92
        What is sent, and how it is measured.
    transmittance : ndarray
        From the exit aperture to a click [1], shape (n,).
    background_cps : ndarray
        Background counts of the whole receiver, efficiencies included [1/s], shape (n,).
    detector : Detector
        What counts them.
    flip_probability : ndarray, optional
        Probability of a wrong bit by source and turned bases, beside the protocol's misalignment [1], shape (n,).

    Raises
    ------
    InputError
        For a double downlink, whose key is not that of one station's pass.
    """
    return family_of(protocol).expected_counts(
        protocol,
        transmittance=transmittance,
        background_cps=background_cps,
        detector=detector,
        flip_probability=flip_probability,
    )


def light_counts(protocol: Any, light: Light) -> Counts:
    """Return the expected count rates of a protocol in the light that arrives, each station by its own detectors."""
    return over_detectors(partial(family_of(protocol).expected_counts, protocol), light)
