"""What turbulence costs a downlink's mean transmittance; scintillation alone costs it nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from satqkd.link.checks import one_of, within
from satqkd.units import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTurbulence:
    """No turbulence loss: the field stop is wide, or the atmosphere's number already includes it."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    model: Literal["none"] = "none"

    def __post_init__(self) -> None:
        one_of("NoTurbulence.model", self.model, ("none",))

    def transmittance(
        self,
        *,
        elevation_deg: ArrayLike,
        wavelength_m: float,
        altitude_m: float,
        aperture_m: float,
        field_of_view_rad: float,
    ) -> FloatArray:
        """One, in the shape of the elevation."""
        return np.ones(within("elevation_deg", elevation_deg, -90.0, 90.0).shape)
