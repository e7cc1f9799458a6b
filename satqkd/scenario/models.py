"""Which models a scenario may choose from beside those of its link: every noun is declared in its own room."""

from __future__ import annotations

from typing import Annotated

from satqkd.fields import Chosen
from satqkd.orbit.elements.designs import SunSynchronous, Walker
from satqkd.protocols.bbm92 import BBM92
from satqkd.protocols.decoy_bb84 import DecoyBB84
from satqkd.protocols.one_decoy_bb84 import OneDecoyBB84

DesignedOrbit = Annotated[Walker | SunSynchronous, Chosen()]
Protocol = DecoyBB84 | OneDecoyBB84 | BBM92
ProtocolTable = Annotated[Protocol, Chosen(by="name")]
