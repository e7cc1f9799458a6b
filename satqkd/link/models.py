"""What a link asks of its parts: any object with these methods serves."""

from __future__ import annotations

from typing import Protocol

from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray
from satqkd.link.receiver.detector import Detector
from satqkd.link.receiver.telescope import Receiver
from satqkd.link.sight import LineOfSight, SkyLight


class TransmitterModel(Protocol):
    """What is asked of a transmitter."""

    def geometric_transmittance(
        self, sight: LineOfSight, *, wavelength_m: float, aperture_m: float, obscuration_ratio: float
    ) -> FloatArray:
        """Share of the light leaving the aperture that a steady, centred beam brings into the receiver."""
        ...

    def pointing_transmittance(
        self, sight: LineOfSight, *, wavelength_m: float, aperture_m: float, obscuration_ratio: float
    ) -> FloatArray:
        """Mean over pointing errors, relative to the steady, centred beam."""
        ...


class AtmosphereModel(Protocol):
    """What is asked of an atmosphere."""

    def transmittance(self, sight: LineOfSight, sky: SkyLight, *, wavelength_m: float) -> FloatArray:
        """Transmittance between space and the station."""
        ...


class TurbulenceModel(Protocol):
    """What is asked of turbulence."""

    def fried_parameter_m(self, sight: LineOfSight, sky: SkyLight, *, wavelength_m: float) -> FloatArray:
        """Fried parameter along the line of sight [m]; infinite without turbulence."""
        ...


class BackgroundModel(Protocol):
    """What is asked of the sky."""

    def sky_radiance_w_m2_sr_um(self, sight: LineOfSight, sky: SkyLight, *, wavelength_m: float) -> FloatArray:
        """Spectral radiance of the sky [W m^-2 sr^-1 um^-1]."""
        ...


class PolarizationModel(Protocol):
    """What is asked of the bases of both ends."""

    @property
    def source_error(self) -> float:
        """Probability that the prepared state is the wrong one of its basis [1]."""

    def rotation_error(
        self,
        *,
        azimuth_deg: ArrayLike,
        elevation_deg: ArrayLike,
        t_s: ArrayLike,
        range_m: ArrayLike,
        latitude_deg: float,
        altitude_m: float = 0.0,
    ) -> FloatArray:
        """Probability of a wrong bit by turned bases in the samples of one pass [1], shape (n,)."""
        ...


class LinkParts(Protocol):
    """What the terms of a budget ask of a link, whatever its direction."""

    @property
    def wavelength_m(self) -> float:
        """Wavelength of the signal [m]."""

    @property
    def transmitter(self) -> TransmitterModel:
        """What sends."""

    @property
    def receiver(self) -> Receiver:
        """What catches."""

    @property
    def detector(self) -> Detector:
        """What counts."""

    @property
    def atmosphere(self) -> AtmosphereModel:
        """What the air takes."""

    @property
    def background(self) -> BackgroundModel:
        """What shines beside the signal."""

    @property
    def turbulence(self) -> TurbulenceModel:
        """What the air blurs."""

    @property
    def polarization(self) -> PolarizationModel:
        """How well the bases of both ends agree."""
