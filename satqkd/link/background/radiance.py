"""How bright the sky is, and how many counts of it a receiver sees."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, takes_quantities, within
from satqkd.constants import LIGHT_SPEED_M_S, PLANCK_J_S
from satqkd.fields import NonNegative, noun
from satqkd.link.receiver.telescope import collecting_area_m2, solid_angle_sr
from satqkd.link.sight import DARK_NIGHT, LineOfSight, SkyLight


@takes_quantities
def background_rate(
    radiance_w_m2_sr_um: ArrayLike,
    *,
    aperture_m: ArrayLike,
    obscuration_ratio: ArrayLike = 0.0,
    field_of_view_rad: ArrayLike,
    filter_bandwidth_m: ArrayLike,
    wavelength_m: ArrayLike,
    transmittance: ArrayLike = 1.0,
) -> FloatArray:
    """Return how many counts per second a receiver gets from the sky, over all its detectors.

    Parameters
    ----------
    radiance_w_m2_sr_um : array_like
        Spectral radiance of the sky as seen from the ground [W m^-2 sr^-1 um^-1].
    aperture_m : array_like
        Diameter of the telescope [m].
    obscuration_ratio : array_like, optional
        Central obscuration, diameter over diameter.
    field_of_view_rad : array_like
        Full angle of the field stop [rad].
    filter_bandwidth_m : array_like
        Equivalent width of the filter [m].
    wavelength_m : array_like
        Wavelength [m].
    transmittance : array_like, optional
        Receiver optics times detector efficiency.

    Returns
    -------
    ndarray
        R = H Omega A dlambda / (h c / lambda) eta [1/s], Omega the solid angle pi (FOV/2)².

    Examples
    --------
    >>> rate = background_rate(1.5e-3, aperture_m=1.0, field_of_view_rad=100e-6, filter_bandwidth_m=1e-9,
    ...                        wavelength_m=850e-9)
    >>> float(rate.round())
    39593.0
    """
    radiance = within("radiance_w_m2_sr_um", radiance_w_m2_sr_um, 0.0)
    bandwidth_um = within("filter_bandwidth_m", filter_bandwidth_m, 0.0) * 1e6
    photon_j = PLANCK_J_S * LIGHT_SPEED_M_S / within("wavelength_m", wavelength_m, 0.0, above=True)
    area = collecting_area_m2(aperture_m, obscuration_ratio=obscuration_ratio)
    eta = within("transmittance", transmittance, 0.0, 1.0)
    return np.asarray(radiance * solid_angle_sr(field_of_view_rad) * area * bandwidth_um / photon_j * eta)


@noun
class FixedRadiance:
    """A sky of one brightness, whatever Sun and Moon do.

    Parameters
    ----------
    radiance_w_m2_sr_um : float
        Spectral radiance [W m^-2 sr^-1 um^-1].
    """

    radiance_w_m2_sr_um: NonNegative
    model: Literal["radiance"] = "radiance"

    @takes_quantities
    def sky_radiance_w_m2_sr_um(
        self, sight: LineOfSight, sky: SkyLight = DARK_NIGHT, *, wavelength_m: float
    ) -> FloatArray:
        """Return the radiance in the shape of the sight [W m^-2 sr^-1 um^-1]."""
        return np.full(sight.elevation_deg.shape, float(self.radiance_w_m2_sr_um))


@noun
class NightClass:
    """The sky classes of Er-long et al. 2005, chosen from Sun and Moon.

    Moon below the horizon: moonless. Moon up and less than half lit: "new moon". Moon up and at least half lit: "full
    moon". Daylight adds the clear-day class with the Sun up, and a tenth of it for every 3 deg of the Sun below the
    horizon: the paper has no twilight, so that is assumed (1.5e-4 at -12 deg, 1.5e-6 at -18 deg).

    Parameters
    ----------
    day_w_m2_sr_um, full_moon_w_m2_sr_um, new_moon_w_m2_sr_um, moonless_w_m2_sr_um : float, optional
        Radiance of each class [W m^-2 sr^-1 um^-1]; the paper's day runs from 1.5 (clear) to 150 (bright cloud).

    Notes
    -----
    Er-long et al. 2005, New J. Phys. 7, 215, doi:10.1088/1367-2630/7/1/215. One value for all wavelengths and
    directions. Its moonlight is 12 to 25 times that of Krisciunas & Schaefer 1991 in V, and its moonlit sky some 50
    times that of `satqkd.link.background.NaturalSky` at 850 nm: a wide margin where noise decides.
    """

    day_w_m2_sr_um: NonNegative = 1.5
    full_moon_w_m2_sr_um: NonNegative = 1.5e-3
    new_moon_w_m2_sr_um: NonNegative = 1.5e-4
    moonless_w_m2_sr_um: NonNegative = 1.5e-5
    model: Literal["night-class"] = "night-class"

    @takes_quantities
    def sky_radiance_w_m2_sr_um(
        self, sight: LineOfSight, sky: SkyLight = DARK_NIGHT, *, wavelength_m: float
    ) -> FloatArray:
        """Radiance [W m^-2 sr^-1 um^-1], broadcast shape of sight and sky."""
        sun, moon, lit = sky.sun_elevation_deg, sky.moon_elevation_deg, sky.moon_illumination
        night = np.where(
            moon < 0.0,
            self.moonless_w_m2_sr_um,
            np.where(lit < 0.5, self.new_moon_w_m2_sr_um, self.full_moon_w_m2_sr_um),
        )
        day = self.day_w_m2_sr_um * 10.0 ** (np.minimum(sun, 0.0) / 3.0)
        return np.asarray(night + day + np.zeros(sight.elevation_deg.shape))
