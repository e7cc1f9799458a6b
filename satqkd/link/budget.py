"""The whole downlink, term by term."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, fields
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, takes_quantities, within
from satqkd.errors import InputError, ValidityWarning, shown
from satqkd.fields import Positive, noun
from satqkd.link.air.extinction import ClearSkyTable, Visibility, VisibilityTable, ZenithExtinction
from satqkd.link.air.turbulence import HufnagelValley, NoTurbulence
from satqkd.link.background.natural_sky import NaturalSky
from satqkd.link.background.radiance import FixedRadiance, NightClass, background_rate
from satqkd.link.beam.diffraction import TruncatedGaussian
from satqkd.link.beam.transmitters import CollimatedGaussian, Transmitter
from satqkd.link.doppler import doppler_shift_m
from satqkd.link.receiver.detector import Detector
from satqkd.link.receiver.polarization import Compensated, Uncompensated
from satqkd.link.receiver.telescope import Receiver
from satqkd.units import loss_db, transmittance

DARKEST_TRANSMITTANCE = 1e-300
"""Below this a transmittance counts as this, so that every loss is a finite number (at most 3000 dB a term)."""


class AtmosphereModel(Protocol):
    """What the budget asks of an atmosphere; any object with this method serves."""

    def transmittance(self, *, elevation_deg: ArrayLike, wavelength_m: float, altitude_m: float) -> FloatArray:
        """Transmittance from space to the station."""
        ...


class TurbulenceModel(Protocol):
    """What the budget asks of turbulence; any object with this method serves."""

    def fried_parameter_m(self, *, elevation_deg: ArrayLike, wavelength_m: float, altitude_m: float) -> FloatArray:
        """Fried parameter along the line of sight [m]; infinite without turbulence."""
        ...


class BackgroundModel(Protocol):
    """What the budget asks of the sky; any object with this method serves."""

    def sky_radiance_w_m2_sr_um(
        self,
        *,
        wavelength_m: float,
        elevation_deg: ArrayLike,
        sun_elevation_deg: ArrayLike,
        moon_elevation_deg: ArrayLike,
        moon_illumination: ArrayLike,
        moon_separation_deg: ArrayLike,
    ) -> FloatArray:
        """Spectral radiance of the sky [W m^-2 sr^-1 um^-1]."""
        ...


class TransmitterModel(Protocol):
    """What the budget asks of a transmitter; any object with these methods serves."""

    def geometric_transmittance(
        self, range_m: ArrayLike, *, wavelength_m: float, aperture_m: float, obscuration_ratio: float
    ) -> FloatArray:
        """Share of the light leaving the aperture that a steady, centred beam brings into the receiver."""
        ...

    def pointing_transmittance(
        self,
        range_m: ArrayLike,
        *,
        elevation_deg: ArrayLike,
        wavelength_m: float,
        aperture_m: float,
        obscuration_ratio: float,
    ) -> FloatArray:
        """Mean over pointing errors, relative to the steady, centred beam."""
        ...


@noun
class Link:
    """A downlink: what is on board, what is on the ground and what lies between.

    Parameters
    ----------
    wavelength_m : float
        Wavelength of the signal [m].
    transmitter : Transmitter, CollimatedGaussian or TruncatedGaussian
        Or any `TransmitterModel`.
    receiver : Receiver
        Its aperture must be known when the budget is made.
    detector : Detector
        The detectors behind the receiver.
    atmosphere : ZenithExtinction, ClearSkyTable, VisibilityTable or Visibility
        Or any `AtmosphereModel`.
    background : FixedRadiance, NightClass or NaturalSky
        Or any `BackgroundModel`.
    turbulence : NoTurbulence or HufnagelValley, optional
        Or any `TurbulenceModel`.
    polarization : Compensated or Uncompensated, optional
        How well the bases of both ends agree; it makes errors, not loss.
    direction : {"downlink"}, optional
        Satellite to ground.
    """

    wavelength_m: Positive
    transmitter: Transmitter | CollimatedGaussian | TruncatedGaussian
    receiver: Receiver
    detector: Detector
    atmosphere: ZenithExtinction | ClearSkyTable | VisibilityTable | Visibility
    background: FixedRadiance | NightClass | NaturalSky
    turbulence: NoTurbulence | HufnagelValley = field(default_factory=NoTurbulence)
    polarization: Compensated | Uncompensated = field(default_factory=Compensated)
    direction: Literal["downlink"] = "downlink"

    def __post_init__(self) -> None:
        if not 100e-9 <= float(within("Link.wavelength_m", self.wavelength_m)) <= 20e-6:
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


@dataclass(frozen=True, slots=True)
class LinkBudget:
    """Losses and noise of a link, read-only arrays of one shape.

    `noise_probability` is that of an even choice of basis; for another, ask the detector with `background_cps`.
    """

    geometric_db: FloatArray
    pointing_db: FloatArray
    atmosphere_db: FloatArray
    turbulence_db: FloatArray
    receiver_optics_db: FloatArray
    detector_db: FloatArray
    background_cps: FloatArray
    noise_probability: FloatArray

    @property
    def channel_loss_db(self) -> FloatArray:
        """Diffraction, pointing, atmosphere and turbulence [dB]."""
        return self.geometric_db + self.pointing_db + self.atmosphere_db + self.turbulence_db

    @property
    def link_loss_db(self) -> FloatArray:
        """Channel and receiver optics [dB]."""
        return self.channel_loss_db + self.receiver_optics_db

    @property
    def total_loss_db(self) -> FloatArray:
        """Link and detectors [dB]."""
        return self.link_loss_db + self.detector_db

    @property
    def transmittance(self) -> FloatArray:
        """Probability that a photon at the transmitter's exit aperture has its chance to click counted."""
        return transmittance(self.total_loss_db)


@takes_quantities
def link_budget(
    link: Link,
    *,
    elevation_deg: ArrayLike,
    range_m: ArrayLike,
    altitude_m: float = 0.0,
    range_rate_m_s: ArrayLike = 0.0,
    sun_elevation_deg: ArrayLike = -90.0,
    moon_elevation_deg: ArrayLike = -90.0,
    moon_illumination: ArrayLike = 0.0,
    moon_separation_deg: ArrayLike = 180.0,
) -> LinkBudget:
    """Compute every term of a downlink's mean loss, and its background.

    Parameters
    ----------
    link : Link
        The hardware and the models.
    elevation_deg : array_like
        Elevation of the satellite [deg].
    range_m : array_like
        Distance to the satellite [m].
    altitude_m : float, optional
        Altitude of the station above sea level [m].
    range_rate_m_s : array_like, optional
        Rate at which the range grows [m/s], for the Doppler shift against the filter; at rest by default.
    sun_elevation_deg, moon_elevation_deg : array_like, optional
        Elevation of Sun and Moon at the station [deg]; by default a dark, moonless night.
    moon_illumination : array_like, optional
        Illuminated fraction of the Moon's disc [1].
    moon_separation_deg : array_like, optional
        Angle between Moon and satellite [deg].

    Returns
    -------
    LinkBudget
        Broadcast shape of the array arguments.

    Raises
    ------
    InputError
        Where an argument is outside its limits, or the receiver has no aperture.
    """
    if not isinstance(link, Link):
        raise InputError(f"{shown(link)} is no Link.", "Give satqkd.link.budget.Link(...).")
    aperture_m = link.receiver.aperture_m
    if aperture_m is None:
        raise InputError(
            "The receiver has no aperture_m, and the station supplies none.",
            "Set link.receiver.aperture_m, or choose a station whose telescope is known.",
        )
    _warn_of_doubts(link)
    elevation = within("elevation_deg", elevation_deg, -90.0, 90.0 + 1e-6)
    length = within("range_m", range_m, 0.0, above=True)
    within("altitude_m", altitude_m, -500.0, 9000.0)
    optics = {
        "wavelength_m": link.wavelength_m,
        "aperture_m": aperture_m,
        "obscuration_ratio": link.receiver.obscuration_ratio,
    }
    radiance = link.background.sky_radiance_w_m2_sr_um(
        wavelength_m=link.wavelength_m,
        elevation_deg=elevation,
        sun_elevation_deg=sun_elevation_deg,
        moon_elevation_deg=moon_elevation_deg,
        moon_illumination=moon_illumination,
        moon_separation_deg=moon_separation_deg,
    )
    background = background_rate(
        radiance,
        field_of_view_rad=link.receiver.field_of_view_rad,
        filter_bandwidth_m=link.receiver.filter_bandwidth_m,
        transmittance=link.receiver.optics_transmittance * link.detector.efficiency,
        **optics,
    )
    # Tracking errors against the stop belong to pointing, and what seeing adds to them to turbulence.
    r0 = link.turbulence.fried_parameter_m(
        elevation_deg=elevation, wavelength_m=link.wavelength_m, altitude_m=altitude_m
    )
    tracked = link.receiver.field_stop_transmittance(np.inf, wavelength_m=link.wavelength_m)
    blurred = link.receiver.field_stop_transmittance(r0, wavelength_m=link.wavelength_m)
    pointing = link.transmitter.pointing_transmittance(length, elevation_deg=elevation, **optics)
    shift = doppler_shift_m(range_rate_m_s, wavelength_m=link.wavelength_m)
    terms = {
        "geometric_db": _db(link.transmitter.geometric_transmittance(length, **optics)),
        "pointing_db": _db(pointing * tracked),
        "atmosphere_db": _db(
            link.atmosphere.transmittance(
                elevation_deg=elevation, wavelength_m=link.wavelength_m, altitude_m=altitude_m
            )
        ),
        "turbulence_db": _db(blurred / np.maximum(tracked, DARKEST_TRANSMITTANCE)),
        "receiver_optics_db": _db(link.receiver.optics_transmittance * link.receiver.filter_transmittance(shift)),
        "detector_db": _db(link.detector.transmittance),
        "background_cps": background,
        "noise_probability": link.detector.noise_probability(background),
    }
    columns = np.broadcast_arrays(*(np.asarray(terms[term.name]) for term in fields(LinkBudget)))
    for column in columns:
        column.flags.writeable = False
    return LinkBudget(*columns)


def _warn_of_doubts(link: Link) -> None:
    """Say where the hardware claims more than light does; a model that knows no such doubt is not asked."""
    for part in (link.transmitter, link.receiver):
        doubt = getattr(part, "doubt", None)
        if doubt is not None and (text := doubt(wavelength_m=link.wavelength_m)):
            warnings.warn(text, ValidityWarning, stacklevel=4)


def _db(value: ArrayLike) -> FloatArray:
    return loss_db(np.clip(value, DARKEST_TRANSMITTANCE, 1.0))
