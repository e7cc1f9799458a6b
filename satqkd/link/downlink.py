"""The link from a satellite down to a station, and the models that it may be made of.

An uplink is another noun beside this one, told apart by its `direction`: its transmitter stands at the station, where
turbulence meets the beam before it spreads and light must lead the satellite; its receiver looks down at the Earth.
`Link` is where it joins.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal, TypeAlias

from satqkd.errors import InputError
from satqkd.fields import Chosen, Positive, noun
from satqkd.link.air.extinction import Visibility, ZenithExtinction
from satqkd.link.air.modtran import ClearSkyTable, VisibilityTable
from satqkd.link.air.turbulence import HufnagelValley, NoTurbulence
from satqkd.link.background.natural_sky import NaturalSky
from satqkd.link.background.radiance import FixedRadiance, NightClass
from satqkd.link.beam.diffraction import TruncatedGaussian
from satqkd.link.beam.transmitters import CollimatedGaussian, Transmitter
from satqkd.link.budget import LinkBudget, budget_of
from satqkd.link.receiver.detector import Detector
from satqkd.link.receiver.polarization import Compensated, Uncompensated
from satqkd.link.receiver.telescope import Receiver
from satqkd.link.sight import DARK_NIGHT, LineOfSight, SkyLight

Transmission = Annotated[Transmitter | CollimatedGaussian | TruncatedGaussian, Chosen(default="measured-divergence")]
Atmosphere = Annotated[ZenithExtinction | ClearSkyTable | VisibilityTable | Visibility, Chosen()]
Background = Annotated[FixedRadiance | NightClass | NaturalSky, Chosen()]
Turbulence = Annotated[NoTurbulence | HufnagelValley, Chosen(default="none")]
Polarization = Annotated[Compensated | Uncompensated, Chosen(default="compensated")]


@noun
class Downlink:
    """A downlink: what is on board, what is on the ground and what lies between.

    Parameters
    ----------
    wavelength_m : float
        Wavelength of the signal [m].
    transmitter : Transmitter, CollimatedGaussian or TruncatedGaussian
        Or any `satqkd.link.models.TransmitterModel`.
    receiver : Receiver
        Its aperture must be known when the budget is made.
    detector : Detector
        The detectors behind the receiver.
    atmosphere : ZenithExtinction, ClearSkyTable, VisibilityTable or Visibility
        Or any `satqkd.link.models.AtmosphereModel`.
    background : FixedRadiance, NightClass or NaturalSky
        Or any `satqkd.link.models.BackgroundModel`.
    turbulence : NoTurbulence or HufnagelValley, optional
        Or any `satqkd.link.models.TurbulenceModel`.
    polarization : Compensated or Uncompensated, optional
        How well the bases of both ends agree; it makes errors, not loss.
    direction : {"downlink"}, optional
        Satellite to ground.
    """

    wavelength_m: Positive
    transmitter: Transmission
    receiver: Receiver
    detector: Detector
    atmosphere: Atmosphere
    background: Background
    turbulence: Turbulence = field(default_factory=NoTurbulence)
    polarization: Polarization = field(default_factory=Compensated)
    direction: Literal["downlink"] = "downlink"

    def __post_init__(self) -> None:
        if not 100e-9 <= self.wavelength_m <= 20e-6:
            raise InputError(
                f"Link.wavelength_m = {self.wavelength_m!r} is no optical wavelength: it must be 1e-7 to 2e-5 m.",
                "850 nm is 850e-9.",
            )
        if self.receiver.filter_bandwidth_m >= self.wavelength_m:
            raise InputError(
                f"Receiver.filter_bandwidth_m = {self.receiver.filter_bandwidth_m!r} cannot be: it must be less than "
                f"the wavelength, {self.wavelength_m:g} m.",
                "A slip of units? 1 nm is 1e-9.",
            )

    def budget(self, sight: LineOfSight, sky: SkyLight = DARK_NIGHT) -> LinkBudget:
        """Compute every term of the mean loss, and the background.

        Parameters
        ----------
        sight : LineOfSight
            Where the satellite is.
        sky : SkyLight, optional
            What shines beside the signal; by default a dark, moonless night.

        Returns
        -------
        LinkBudget
            Broadcast shape of sight and sky.

        Raises
        ------
        InputError
            Where a model refuses the sight, or the receiver has no aperture.
        """
        return budget_of(self, sight, sky)


Link: TypeAlias = Downlink
"""A link of either direction, told apart by `direction`."""
