"""Which models a scenario may choose from, and the key that chooses: every noun is declared in its own room."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from satqkd.link.air.extinction import Visibility, ZenithExtinction
from satqkd.link.air.modtran import ClearSkyTable, VisibilityTable
from satqkd.link.air.turbulence import HufnagelValley, NoTurbulence
from satqkd.link.background.natural_sky import NaturalSky
from satqkd.link.background.radiance import FixedRadiance, NightClass
from satqkd.link.beam.diffraction import TruncatedGaussian
from satqkd.link.beam.transmitters import CollimatedGaussian, Transmitter
from satqkd.link.receiver.polarization import Compensated, Uncompensated
from satqkd.orbit.elements.designs import SunSynchronous, Walker
from satqkd.protocols.bbm92 import BBM92
from satqkd.protocols.decoy_bb84 import DecoyBB84
from satqkd.protocols.one_decoy_bb84 import OneDecoyBB84


def _chosen_by(key: str, default: str | None = None) -> Discriminator:
    """Tell the members of a union apart by one of their keys, which may be left out where there is a default."""

    def tag(table: Any) -> Any:
        return table.get(key, default) if isinstance(table, dict) else getattr(table, key, None)

    return Discriminator(tag)


Atmosphere = Annotated[
    Annotated[ZenithExtinction, Tag("zenith-extinction")]
    | Annotated[ClearSkyTable, Tag("clear-sky-table")]
    | Annotated[VisibilityTable, Tag("visibility-table")]
    | Annotated[Visibility, Tag("visibility")],
    _chosen_by("model"),
]
Background = Annotated[
    Annotated[FixedRadiance, Tag("radiance")]
    | Annotated[NightClass, Tag("night-class")]
    | Annotated[NaturalSky, Tag("natural-sky")],
    _chosen_by("model"),
]
Transmission = Annotated[
    Annotated[Transmitter, Tag("measured-divergence")]
    | Annotated[CollimatedGaussian, Tag("collimated-gaussian")]
    | Annotated[TruncatedGaussian, Tag("diffraction")],
    _chosen_by("model", "measured-divergence"),
]
Turbulence = Annotated[
    Annotated[NoTurbulence, Tag("none")] | Annotated[HufnagelValley, Tag("hufnagel-valley")],
    _chosen_by("model", "none"),
]
DesignedOrbit = Annotated[
    Annotated[Walker, Tag("walker")] | Annotated[SunSynchronous, Tag("sun-synchronous")],
    _chosen_by("model"),
]
Polarization = Annotated[
    Annotated[Compensated, Tag("compensated")] | Annotated[Uncompensated, Tag("uncompensated")],
    _chosen_by("model", "compensated"),
]
Protocol = DecoyBB84 | OneDecoyBB84 | BBM92
ProtocolTable = Annotated[
    Annotated[DecoyBB84, Tag("decoy-bb84")]
    | Annotated[OneDecoyBB84, Tag("one-decoy-bb84")]
    | Annotated[BBM92, Tag("bbm92")]
    | Annotated[BBM92, Tag("e91")],
    _chosen_by("name"),
]
