"""What the air between satellite and station takes: a zenith extinction, a visibility, or a MODTRAN table."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, takes_quantities, within
from satqkd.fields import Extinction, ScaleHeight, VisibilityRange, noun, one_of
from satqkd.link.air.airmass import airmass as airmass
from satqkd.link.air.modtran import ClearSkyTable as ClearSkyTable, VisibilityTable as VisibilityTable
from satqkd.link.sight import DARK_NIGHT, LineOfSight, SkyLight
from satqkd.units import transmittance

AEROSOL_SCALE_HEIGHT_M = 1200.0
"""Height over which the aerosol of a visibility falls by e; a usual value for the boundary layer."""


@takes_quantities
def scattering_per_km(
    visibility_m: ArrayLike, *, wavelength_m: ArrayLike, law: Literal["kruse", "kim"] = "kim"
) -> FloatArray:
    """Aerosol extinction at the ground that goes with a meteorological visibility.

    Parameters
    ----------
    visibility_m : array_like
        Visibility, 2 % contrast [m].
    wavelength_m : array_like
        Wavelength [m].
    law : {"kim", "kruse"}, optional
        Size exponent; they agree above 6 km.

    Returns
    -------
    ndarray
        Extinction [1/km]; times 4.343 it is in dB/km.

    Notes
    -----
    3.912/V (lambda/550 nm)^-q, V in km. q is 1.6 from 50 km on (ITU-R P.1817 has it so at 50 km itself) and 1.3 above
    6 km; below, Kruse et al. 1962 (Elements of
    Infrared Technology) take 0.585 V^(1/3), Kim et al. 2001, Proc. SPIE 4214, 26, doi:10.1117/12.417512, take
    0.16 V + 0.34 above 1 km, V - 0.5 above 0.5 km, else 0.
    """
    one_of("law", law, ("kruse", "kim"))
    v = within("visibility_m", visibility_m, 0.0, above=True) / 1000.0
    wavelength = within("wavelength_m", wavelength_m, 0.0, above=True)
    kim = np.select([v > 1.0, v > 0.5], [0.16 * v + 0.34, v - 0.5], 0.0)
    hazy = kim if law == "kim" else 0.585 * np.cbrt(v)
    q = np.select([v >= 50.0, v > 6.0], [1.6, 1.3], hazy)
    return np.asarray(3.912 / v * (wavelength / 550e-9) ** -q)


@noun
class ZenithExtinction:
    """An atmosphere known by its loss at the zenith, which grows with the airmass; nothing is corrected for altitude.

    Parameters
    ----------
    zenith_extinction_db : float
        Loss at the zenith, from the station's altitude up [dB].
    """

    zenith_extinction_db: Extinction
    model: Literal["zenith-extinction"] = "zenith-extinction"

    @takes_quantities
    def transmittance(self, sight: LineOfSight, sky: SkyLight = DARK_NIGHT, *, wavelength_m: float) -> FloatArray:
        """Transmittance in the shape of the sight; wavelength and altitude are in the number already."""
        return transmittance(self.zenith_extinction_db * airmass(sight.elevation_deg))


@noun
class Visibility:
    """An aerosol layer known by the visibility at sea level; molecules (0.07 dB at 850 nm, zenith) are not in it.

    Parameters
    ----------
    visibility_m : float
        Meteorological visibility at sea level [m].
    law : {"kim", "kruse"}, optional
        Size exponent below 6 km; see `scattering_per_km`.
    scale_height_m : float, optional
        Height over which the aerosol falls by e [m]; a station at h0 has exp(-h0/scale height) of it overhead.
    """

    visibility_m: VisibilityRange
    law: Literal["kim", "kruse"] = "kim"
    scale_height_m: ScaleHeight = AEROSOL_SCALE_HEIGHT_M
    model: Literal["visibility"] = "visibility"

    @takes_quantities
    def transmittance(self, sight: LineOfSight, sky: SkyLight = DARK_NIGHT, *, wavelength_m: float) -> FloatArray:
        """Transmittance in the shape of the sight, from the station's altitude up."""
        ground = scattering_per_km(self.visibility_m, wavelength_m=wavelength_m, law=self.law)
        depth = ground * self.scale_height_m / 1000.0 * np.exp(-sight.station_altitude_m / self.scale_height_m)
        return np.asarray(np.exp(-depth * airmass(sight.elevation_deg)))
