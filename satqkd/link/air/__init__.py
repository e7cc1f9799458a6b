"""What the air takes and blurs: airmass, extinction, MODTRAN tables, turbulence, scintillation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy

if TYPE_CHECKING:
    from satqkd.link.air import (
        airmass as airmass,
        extinction as extinction,
        modtran as modtran,
        scintillation as scintillation,
        turbulence as turbulence,
    )
    from satqkd.link.air.airmass import refraction_deg as refraction_deg
    from satqkd.link.air.extinction import (
        AEROSOL_SCALE_HEIGHT_M as AEROSOL_SCALE_HEIGHT_M,
        Visibility as Visibility,
        ZenithExtinction as ZenithExtinction,
        scattering_per_km as scattering_per_km,
    )
    from satqkd.link.air.modtran import ClearSkyTable as ClearSkyTable, VisibilityTable as VisibilityTable
    from satqkd.link.air.scintillation import (
        aperture_averaging_andrews as aperture_averaging_andrews,
        aperture_averaging_yura as aperture_averaging_yura,
        gamma_gamma_parameters as gamma_gamma_parameters,
        rytov_variance as rytov_variance,
        scintillation_height_m as scintillation_height_m,
        scintillation_index as scintillation_index,
        weak_scintillation_index as weak_scintillation_index,
    )
    from satqkd.link.air.turbulence import (
        LOWEST_ELEVATION_DEG as LOWEST_ELEVATION_DEG,
        TOP_M as TOP_M,
        HufnagelValley as HufnagelValley,
        NoTurbulence as NoTurbulence,
        bufton_rms_wind_m_s as bufton_rms_wind_m_s,
        bufton_wind_m_s as bufton_wind_m_s,
        cn2_weights as cn2_weights,
        fried_parameter_m as fried_parameter_m,
        greenwood_frequency_hz as greenwood_frequency_hz,
        hufnagel_valley as hufnagel_valley,
        isoplanatic_angle_rad as isoplanatic_angle_rad,
        itu_rms_wind_m_s as itu_rms_wind_m_s,
        wavenumber_and_secant as wavenumber_and_secant,
    )

__getattr__, __dir__, __all__ = lazy.face(__name__)
