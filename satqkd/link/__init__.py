"""How much light arrives: beam, pointing, atmosphere, turbulence, background, detector, and their sum, the budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy

if TYPE_CHECKING:
    from satqkd.link import (
        air as air,
        background as background,
        beam as beam,
        budget as budget,
        doppler as doppler,
        downlink as downlink,
        models as models,
        qber as qber,
        receiver as receiver,
        sight as sight,
        terminals as terminals,
        terms as terms,
    )
    from satqkd.link.air import (
        airmass as airmass,
        modtran as modtran,
        scintillation as scintillation,
        turbulence as turbulence,
    )
    from satqkd.link.background import moonlight as moonlight
    from satqkd.link.beam import diffraction as diffraction, gaussian as gaussian, pointing as pointing
    from satqkd.link.downlink import Downlink as Downlink
    from satqkd.link.receiver import detector as detector, field_stop as field_stop, polarization as polarization
    from satqkd.link.sight import LineOfSight as LineOfSight, SkyLight as SkyLight

__getattr__, __dir__, __all__ = lazy.face(__name__)
