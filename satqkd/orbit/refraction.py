"""Atmospheric refraction: where a satellite appears, and where it is."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Ge, Le
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, as_floats, takes_quantities
from satqkd.fields import NonNegative, noun

_SCALE_HEIGHT_M = 9100.0
_LOWEST_DEG = -1.0


@noun(kw_only=False)
class Refraction:
    """Bennett's refraction in visible light.

    ``R = cot(h + 7.31/(h + 4.4))`` arc minutes at the apparent elevation h [deg], for 1010 hPa and 10 deg C, in
    proportion to the air's density. Good to 0.07 arc minutes above the horizon and left out below -1 deg.
    G. G. Bennett, J. Navigation 35, 255 (1982), doi:10.1017/S0373463300022037.

    Parameters
    ----------
    pressure_hpa : float
        At sea level [hPa]; a station's follows from its altitude with a scale height of 9.1 km.
    temperature_c : float
        At the station [deg C].
    """

    pressure_hpa: NonNegative = 1010.0
    temperature_c: Annotated[float, Ge(-100.0), Le(60.0)] = 10.0

    @takes_quantities
    def true_elevation_deg(self, apparent_deg: ArrayLike, altitude_m: ArrayLike = 0.0) -> FloatArray:
        """Return the geometric elevation [deg] of what appears at an elevation [deg] from an altitude [m]."""
        apparent = as_floats("apparent_deg", apparent_deg)
        held = np.maximum(apparent, _LOWEST_DEG)
        arc_minutes = 1.0 / np.tan(np.radians(held + 7.31 / (held + 4.4)))
        pressure = self.pressure_hpa * np.exp(-as_floats("altitude_m", altitude_m) / _SCALE_HEIGHT_M)
        density = pressure / 1010.0 * 283.0 / (273.0 + self.temperature_c)
        # Bennett's angle passes the zenith by a few arc seconds, where there is no refraction.
        return np.asarray(
            apparent - np.where(apparent >= _LOWEST_DEG, np.maximum(arc_minutes, 0.0) / 60.0 * density, 0.0)
        )

    @takes_quantities
    def apparent_elevation_deg(self, true_deg: ArrayLike, altitude_m: ArrayLike = 0.0) -> FloatArray:
        """Return where something at a geometric elevation [deg] appears from an altitude [m].

        The inverse, for whoever points a telescope; the pass search asks `true_elevation_deg` only.
        """
        true = as_floats("true_deg", true_deg)
        # What appears above the limit is met from there; what does not, stays where it is.
        reaches = true >= self.true_elevation_deg(_LOWEST_DEG, altitude_m)
        apparent = np.where(reaches, np.maximum(true, _LOWEST_DEG), true)
        for _ in range(15):  # the steps shrink to a third at the horizon, and faster above it
            apparent = apparent + (true - self.true_elevation_deg(apparent, altitude_m))
        return np.asarray(apparent)
