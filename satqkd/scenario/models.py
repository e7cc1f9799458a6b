"""Which models a scenario may choose from, and the key that chooses: every noun is declared in its own room."""

from __future__ import annotations

from typing import Annotated

from satqkd.fields import Chosen
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

Atmosphere = Annotated[ZenithExtinction | ClearSkyTable | VisibilityTable | Visibility, Chosen()]
Background = Annotated[FixedRadiance | NightClass | NaturalSky, Chosen()]
Transmission = Annotated[Transmitter | CollimatedGaussian | TruncatedGaussian, Chosen(default="measured-divergence")]
Turbulence = Annotated[NoTurbulence | HufnagelValley, Chosen(default="none")]
Polarization = Annotated[Compensated | Uncompensated, Chosen(default="compensated")]
DesignedOrbit = Annotated[Walker | SunSynchronous, Chosen()]
Protocol = DecoyBB84 | OneDecoyBB84 | BBM92
ProtocolTable = Annotated[DecoyBB84 | OneDecoyBB84 | BBM92, Chosen(by="name")]
