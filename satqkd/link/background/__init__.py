"""How bright the sky is, by class, by moonlight and by model, and what a receiver counts of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy

if TYPE_CHECKING:
    from satqkd.link.background import moonlight as moonlight, natural_sky as natural_sky, radiance as radiance
    from satqkd.link.background.moonlight import (
        MOON_RADIUS_DEG as MOON_RADIUS_DEG,
        RADIANCE_PER_NANOLAMBERT as RADIANCE_PER_NANOLAMBERT,
        SUN_OVER_FULL_MOON as SUN_OVER_FULL_MOON,
        V_BAND_M as V_BAND_M,
        V_ZERO_POINT as V_ZERO_POINT,
        Extinction as Extinction,
        extinction_at as extinction_at,
        krisciunas_schaefer_nl as krisciunas_schaefer_nl,
        moonlight_w_m2_sr_um as moonlight_w_m2_sr_um,
        scattered_w_m2_sr_um as scattered_w_m2_sr_um,
        sky_airmass as sky_airmass,
        solar_ratio as solar_ratio,
    )
    from satqkd.link.background.natural_sky import (
        NATURAL_V_MAG_ARCSEC2 as NATURAL_V_MAG_ARCSEC2,
        NaturalSky as NaturalSky,
        airglow_w_m2_sr_um as airglow_w_m2_sr_um,
        light_pollution_w_m2_sr_um as light_pollution_w_m2_sr_um,
        sunlight_w_m2_sr_um as sunlight_w_m2_sr_um,
    )
    from satqkd.link.background.radiance import (
        FixedRadiance as FixedRadiance,
        NightClass as NightClass,
        background_rate as background_rate,
    )

__getattr__, __dir__, __all__ = lazy.face(__name__)
