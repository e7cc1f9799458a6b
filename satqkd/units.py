"""Decibels, and the one table of names: unit, label and display unit of every column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray as FloatArray, as_floats


def loss_db(transmittance: ArrayLike) -> FloatArray:
    """Convert a transmittance [1] to a loss [dB], >= 0 for a transmittance up to 1; none arriving is infinite loss.

    >>> float(loss_db(0.5).round(4))
    3.0103
    """
    with np.errstate(divide="ignore"):
        # Adding 0.0 turns the -0.0 of a perfect transmittance into 0.0.
        return np.asarray(-10.0 * np.log10(as_floats("transmittance", transmittance)) + 0.0)


def transmittance(loss_db: ArrayLike) -> FloatArray:
    """Convert a loss [dB] to a transmittance [1].

    >>> float(transmittance(10.0))
    0.1
    """
    return np.asarray(10.0 ** (-as_floats("loss_db", loss_db) / 10.0))


@dataclass(frozen=True, slots=True)
class Quantity:
    """How one named number is shown: the unit its name carries, a label, and a unit and factor fit for reading."""

    unit: str
    label: str
    display_unit: str = ""
    display_factor: float = 1.0
    decimals: int = 2

    @property
    def axis_label(self) -> str:
        """Label for an axis or a heading, with the display unit in square brackets."""
        unit = self.display_unit or self.unit
        return f"{self.label} [{unit}]" if unit else self.label


QUANTITIES: dict[str, Quantity] = {
    "pass_id": Quantity("", "pass"),
    "satellite": Quantity("", "satellite"),
    "station": Quantity("", "station"),
    "aos_utc": Quantity("", "AOS (UTC)"),
    "tca_utc": Quantity("", "TCA (UTC)"),
    "los_utc": Quantity("", "LOS (UTC)"),
    "epoch_utc": Quantity("", "epoch (UTC)"),
    "catalog_number": Quantity("", "number", decimals=0),
    "age_days": Quantity("d", "age", decimals=2),
    "perigee_m": Quantity("m", "perigee", "km", 1e-3, 1),
    "apogee_m": Quantity("m", "apogee", "km", 1e-3, 1),
    "period_s": Quantity("s", "period", "min", 1.0 / 60.0, 3),
    "inclination_deg": Quantity("deg", "inclination", "°", 1.0, 4),
    "problems": Quantity("", "problems"),
    "time_utc": Quantity("", "time (UTC)"),
    "t_s": Quantity("s", "time from TCA", decimals=1),
    "duration_s": Quantity("s", "duration", decimals=1),
    "max_elevation_deg": Quantity("deg", "maximum elevation", "°", 1.0, 2),
    "elevation_deg": Quantity("deg", "elevation", "°", 1.0, 2),
    "azimuth_deg": Quantity("deg", "azimuth", "°", 1.0, 2),
    "aos_azimuth_deg": Quantity("deg", "azimuth at AOS", "°", 1.0, 1),
    "tca_azimuth_deg": Quantity("deg", "azimuth at TCA", "°", 1.0, 1),
    "los_azimuth_deg": Quantity("deg", "azimuth at LOS", "°", 1.0, 1),
    "min_range_m": Quantity("m", "shortest range", "km", 1e-3, 1),
    "tca_range_m": Quantity("m", "range at TCA", "km", 1e-3, 1),
    "range_m": Quantity("m", "range", "km", 1e-3, 1),
    "range_rate_m_s": Quantity("m/s", "range rate", "km/s", 1e-3, 3),
    "point_ahead_rad": Quantity("rad", "point-ahead angle", "µrad", 1e6, 1),
    "sun_elevation_deg": Quantity("deg", "Sun elevation", "°", 1.0, 1),
    "moon_elevation_deg": Quantity("deg", "Moon elevation", "°", 1.0, 1),
    "moon_illumination": Quantity("", "Moon illuminated fraction", decimals=2),
    "moon_separation_deg": Quantity("deg", "Moon separation", "°", 1.0, 1),
    "satellite_sunlit": Quantity("", "satellite sunlit"),
    "elements_age_days": Quantity("d", "element age", decimals=2),
    "truncated": Quantity("", "truncated by the window"),
    "usable": Quantity("", "usable"),
    "reject_reason": Quantity("", "rejected because"),
    "geometric_db": Quantity("dB", "geometric (diffraction)"),
    "pointing_db": Quantity("dB", "pointing"),
    "atmosphere_db": Quantity("dB", "atmosphere"),
    "turbulence_db": Quantity("dB", "turbulence"),
    "channel_loss_db": Quantity("dB", "channel loss"),
    "receiver_optics_db": Quantity("dB", "receiver optics"),
    "link_loss_db": Quantity("dB", "link loss"),
    "detector_db": Quantity("dB", "detector"),
    "total_loss_db": Quantity("dB", "total loss"),
    "min_link_loss_db": Quantity("dB", "smallest link loss"),
    "background_cps": Quantity("1/s", "background counts", decimals=1),
    "noise_probability": Quantity("", "noise probability per gate", decimals=9),
    "qber": Quantity("", "QBER", "%", 100.0, 2),
    "sifted_bps": Quantity("bit/s", "sifted rate", "kbit/s", 1e-3, 2),
    "asymptotic_bps": Quantity("bit/s", "asymptotic secret rate", "kbit/s", 1e-3, 2),
    "detections": Quantity("", "detections", decimals=0),
    "sifted_bits": Quantity("bit", "sifted bits (signal, both bases)", "kbit", 1e-3, 1),
    "asymptotic_bits": Quantity("bit", "asymptotic bits", "kbit", 1e-3, 1),
    "secret_bits": Quantity("bit", "secret bits (finite key)", "kbit", 1e-3, 1),
    "key_start_utc": Quantity("", "key from (UTC)"),
    "key_end_utc": Quantity("", "key to (UTC)"),
    "key_seconds_s": Quantity("s", "sending time", decimals=1),
    "block": Quantity("", "block", decimals=0),
    "secret_bits_p10": Quantity("bit", "secret bits P10", "kbit", 1e-3, 1),
    "secret_bits_p50": Quantity("bit", "secret bits P50", "kbit", 1e-3, 1),
    "secret_bits_p90": Quantity("bit", "secret bits P90", "kbit", 1e-3, 1),
    "zero_key_probability": Quantity("", "probability of no key", "%", 100.0, 1),
    "fixed_length_bits": Quantity("bit", "best fixed length", "kbit", 1e-3, 1),
    "fixed_length_acceptance": Quantity("", "supported with", "%", 100.0, 0),
    "signal_intensity": Quantity("", "signal intensity", decimals=3),
    "decoy_intensity": Quantity("", "decoy intensity", decimals=3),
    "signal_probability": Quantity("", "p(signal)", decimals=3),
    "decoy_probability": Quantity("", "p(decoy)", decimals=3),
    "key_basis_probability": Quantity("", "p(key basis)", decimals=3),
    "overlaps_with": Quantity("", "overlaps with"),
    "pool": Quantity("", "pool"),
    "blocks": Quantity("", "blocks", decimals=0),
    "blocks_with_key": Quantity("", "with key", decimals=0),
    "net_secret_bits": Quantity("bit", "net of authentication", "kbit", 1e-3, 1),
    "mean_wait_s": Quantity("s", "mean wait", "h", 1.0 / 3600.0, 1),
    "longest_wait_s": Quantity("s", "longest wait", "h", 1.0 / 3600.0, 1),
    "chsh_value": Quantity("", "CHSH value S", decimals=3),
    "doppler_ratio": Quantity("", "Doppler shift", "ppm", 1e6, 3),
    "light_time_s": Quantity("s", "light time", "ms", 1e3, 4),
    "qber_source": Quantity("", "QBER, source", "%", 100.0, 3),
    "qber_misalignment": Quantity("", "QBER, misalignment", "%", 100.0, 3),
    "qber_rotation": Quantity("", "QBER, turned bases", "%", 100.0, 3),
    "qber_background": Quantity("", "QBER, background", "%", 100.0, 3),
    "qber_dark": Quantity("", "QBER, dark counts", "%", 100.0, 3),
    "qber_stray": Quantity("", "QBER, stray clicks", "%", 100.0, 3),
    "counted": Quantity("", "within limits"),
    "sending": Quantity("", "makes key"),
    "latitude_deg": Quantity("deg", "latitude", "°", 1.0, 5),
    "longitude_deg": Quantity("deg", "longitude", "°", 1.0, 5),
    "altitude_m": Quantity("m", "altitude", decimals=0),
    "aperture_m": Quantity("m", "aperture", decimals=2),
    "wavelength_m": Quantity("m", "wavelength", "nm", 1e9, 1),
    "new_bits": Quantity("bit", "new key", "kbit", 1e-3, 1),
    "store_a_bits": Quantity("bit", "store of A", "kbit", 1e-3, 1),
    "store_b_bits": Quantity("bit", "store of B", "kbit", 1e-3, 1),
    "delivered_bits": Quantity("bit", "delivered", "kbit", 1e-3, 1),
    "total_delivered_bits": Quantity("bit", "delivered in all", "kbit", 1e-3, 1),
    "oldest_key_age_s": Quantity("s", "age of the oldest key used", "h", 1.0 / 3600.0, 1),
}
"""Every column, sample and figure axis takes its unit, label and display unit from here."""
