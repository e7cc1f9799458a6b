"""The one table of columns: what each is called, in which unit, how it is shown, and which tables carry it.

A new column is a row of `COLUMNS`, and its name in the tables of `TABLES` that carry it; where a terminal shows it, in
`VIEWS` too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One named number or word: the unit its name carries, a label, and a unit and factor fit for reading."""

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


COLUMNS: dict[str, Column] = {
    "pass_id": Column("", "pass"),
    "satellite": Column("", "satellite"),
    "station": Column("", "station"),
    "aos_utc": Column("", "AOS (UTC)"),
    "tca_utc": Column("", "TCA (UTC)"),
    "los_utc": Column("", "LOS (UTC)"),
    "epoch_utc": Column("", "epoch (UTC)"),
    "catalog_number": Column("", "number", decimals=0),
    "age_days": Column("d", "age", decimals=2),
    "perigee_m": Column("m", "perigee", "km", 1e-3, 1),
    "apogee_m": Column("m", "apogee", "km", 1e-3, 1),
    "period_s": Column("s", "period", "min", 1.0 / 60.0, 3),
    "inclination_deg": Column("deg", "inclination", "°", 1.0, 4),
    "problems": Column("", "problems"),
    "time_utc": Column("", "time (UTC)"),
    "t_s": Column("s", "time from TCA", decimals=1),
    "duration_s": Column("s", "duration", decimals=1),
    "max_elevation_deg": Column("deg", "maximum elevation", "°", 1.0, 2),
    "elevation_deg": Column("deg", "elevation", "°", 1.0, 2),
    "azimuth_deg": Column("deg", "azimuth", "°", 1.0, 2),
    "aos_azimuth_deg": Column("deg", "azimuth at AOS", "°", 1.0, 1),
    "tca_azimuth_deg": Column("deg", "azimuth at TCA", "°", 1.0, 1),
    "los_azimuth_deg": Column("deg", "azimuth at LOS", "°", 1.0, 1),
    "min_range_m": Column("m", "shortest range", "km", 1e-3, 1),
    "tca_range_m": Column("m", "range at TCA", "km", 1e-3, 1),
    "range_m": Column("m", "range", "km", 1e-3, 1),
    "range_rate_m_s": Column("m/s", "range rate", "km/s", 1e-3, 3),
    "point_ahead_rad": Column("rad", "point-ahead angle", "µrad", 1e6, 1),
    "sun_elevation_deg": Column("deg", "Sun elevation", "°", 1.0, 1),
    "moon_elevation_deg": Column("deg", "Moon elevation", "°", 1.0, 1),
    "moon_illumination": Column("", "Moon illuminated fraction", decimals=2),
    "moon_separation_deg": Column("deg", "Moon separation", "°", 1.0, 1),
    "satellite_sunlit": Column("", "satellite sunlit"),
    "elements_age_days": Column("d", "element age", decimals=2),
    "truncated": Column("", "cut by window or night"),
    "usable": Column("", "usable"),
    "reject_reason": Column("", "rejected because"),
    "geometric_db": Column("dB", "geometric (diffraction)"),
    "pointing_db": Column("dB", "pointing"),
    "atmosphere_db": Column("dB", "atmosphere"),
    "turbulence_db": Column("dB", "turbulence"),
    "channel_loss_db": Column("dB", "channel loss"),
    "receiver_optics_db": Column("dB", "receiver optics"),
    "link_loss_db": Column("dB", "link loss"),
    "detector_db": Column("dB", "detector"),
    "total_loss_db": Column("dB", "total loss"),
    "min_link_loss_db": Column("dB", "smallest link loss"),
    "background_cps": Column("1/s", "background counts", decimals=1),
    "noise_probability": Column("", "noise probability per gate", decimals=9),
    "qber": Column("", "QBER", "%", 100.0, 2),
    "sifted_bps": Column("bit/s", "sifted rate", "kbit/s", 1e-3, 2),
    "asymptotic_bps": Column("bit/s", "asymptotic secret rate", "kbit/s", 1e-3, 2),
    "detections": Column("", "detections", decimals=0),
    "sifted_bits": Column("bit", "sifted bits (signal, both bases)", "kbit", 1e-3, 1),
    "asymptotic_bits": Column("bit", "asymptotic bits", "kbit", 1e-3, 1),
    "secret_bits": Column("bit", "secret bits (finite key)", "kbit", 1e-3, 1),
    "key_start_utc": Column("", "key from (UTC)"),
    "key_end_utc": Column("", "key to (UTC)"),
    "key_seconds_s": Column("s", "sending time", decimals=1),
    "block": Column("", "block", decimals=0),
    "mean_secret_bits": Column("bit", "mean secret bits", "kbit", 1e-3, 1),
    "secret_bits_p10": Column("bit", "secret bits P10", "kbit", 1e-3, 1),
    "secret_bits_p50": Column("bit", "secret bits P50", "kbit", 1e-3, 1),
    "secret_bits_p90": Column("bit", "secret bits P90", "kbit", 1e-3, 1),
    "zero_key_probability": Column("", "probability of no key", "%", 100.0, 1),
    "fixed_length_bits": Column("bit", "best fixed length", "kbit", 1e-3, 1),
    "fixed_length_acceptance": Column("", "supported with", "%", 100.0, 0),
    "signal_intensity": Column("", "signal intensity", decimals=3),
    "decoy_intensity": Column("", "decoy intensity", decimals=3),
    "signal_probability": Column("", "p(signal)", decimals=3),
    "decoy_probability": Column("", "p(decoy)", decimals=3),
    "key_basis_probability": Column("", "p(key basis)", decimals=3),
    "overlaps_with": Column("", "overlaps with"),
    "proof": Column("", "proof"),
    "single_photon_events": Column("", "single photons, at least", decimals=0),
    "phase_error_rate": Column("", "phase error, at most", "%", 100.0, 2),
    "leakage_bits": Column("bit", "leakage", "kbit", 1e-3, 1),
    "length_bits": Column("bit", "length", "kbit", 1e-3, 3),
    "pool": Column("", "pool"),
    "blocks": Column("", "blocks", decimals=0),
    "blocks_with_key": Column("", "with key", decimals=0),
    "net_secret_bits": Column("bit", "net of authentication", "kbit", 1e-3, 1),
    "mean_wait_s": Column("s", "mean wait", "h", 1.0 / 3600.0, 1),
    "longest_wait_s": Column("s", "longest wait", "h", 1.0 / 3600.0, 1),
    "chsh_value": Column("", "CHSH value S", decimals=3),
    "doppler_ratio": Column("", "Doppler shift", "ppm", 1e6, 3),
    "light_time_s": Column("s", "light time", "ms", 1e3, 4),
    "qber_source": Column("", "QBER, source", "%", 100.0, 3),
    "qber_misalignment": Column("", "QBER, misalignment", "%", 100.0, 3),
    "qber_rotation": Column("", "QBER, turned bases", "%", 100.0, 3),
    "qber_background": Column("", "QBER, background", "%", 100.0, 3),
    "qber_dark": Column("", "QBER, dark counts", "%", 100.0, 3),
    "qber_stray": Column("", "QBER, stray clicks", "%", 100.0, 3),
    "counted": Column("", "within limits"),
    "sending": Column("", "makes key"),
    "latitude_deg": Column("deg", "latitude", "°", 1.0, 5),
    "longitude_deg": Column("deg", "longitude", "°", 1.0, 5),
    "altitude_m": Column("m", "altitude", decimals=0),
    "aperture_m": Column("m", "aperture", decimals=2),
    "wavelength_m": Column("m", "wavelength", "nm", 1e9, 1),
    "new_bits": Column("bit", "new key", "kbit", 1e-3, 1),
    "store_a_bits": Column("bit", "store of A", "kbit", 1e-3, 1),
    "store_b_bits": Column("bit", "store of B", "kbit", 1e-3, 1),
    "delivered_bits": Column("bit", "delivered", "kbit", 1e-3, 1),
    "total_delivered_bits": Column("bit", "delivered in all", "kbit", 1e-3, 1),
    "oldest_key_age_s": Column("s", "age of the oldest key used", "h", 1.0 / 3600.0, 1),
    "name": Column("", "name"),
    "eccentricity": Column("", "eccentricity", decimals=7),
    "source": Column("", "source"),
    "intensities": Column("", "intensities"),
    "probabilities": Column("", "probabilities"),
}
"""Every column, sample and figure axis takes its unit, label and display unit from here."""

_PASSES = (
    "pass_id", "satellite", "station", "aos_utc", "tca_utc", "los_utc", "duration_s", "max_elevation_deg",
    "aos_azimuth_deg", "tca_azimuth_deg", "los_azimuth_deg", "min_range_m", "sun_elevation_deg", "moon_elevation_deg",
    "moon_illumination", "moon_separation_deg", "satellite_sunlit", "elements_age_days", "truncated", "usable",
    "reject_reason",
)  # fmt: skip
_KEY = (
    "min_link_loss_db", "detections", "sifted_bits", "qber", "asymptotic_bits", "secret_bits", "key_start_utc",
    "key_end_utc", "key_seconds_s", "block", "overlaps_with",
)  # fmt: skip
PARAMETERS = (
    "signal_intensity", "decoy_intensity", "signal_probability", "decoy_probability", "key_basis_probability",
)  # fmt: skip
"""What the table of passes adds where every block has parameters of its own."""
SCATTER = (
    "mean_secret_bits", "secret_bits_p10", "secret_bits_p50", "secret_bits_p90", "zero_key_probability",
    "fixed_length_bits", "fixed_length_acceptance",
)  # fmt: skip
"""What drawing the counts adds to the table of passes."""
CAUSES = ("qber_source", "qber_misalignment", "qber_rotation", "qber_background", "qber_dark", "qber_stray")
"""Shares of the error rate."""
LOSSES = "losses"
"""Stands for the terms of a link budget, which `satqkd.link.terms` lists, subtotals where the table has them all."""

TABLES: dict[str, tuple[str, ...]] = {
    "passes": _PASSES,
    "campaign": (*_PASSES, *_KEY, *PARAMETERS, *SCATTER, "chsh_value"),
    "samples": (
        "time_utc", "t_s", "elevation_deg", "azimuth_deg", "range_m", "range_rate_m_s", "point_ahead_rad", LOSSES,
        "link_loss_db", "total_loss_db", "background_cps", "noise_probability", "qber", "sifted_bps", "asymptotic_bps",
        "doppler_ratio", "light_time_s", "counted", "sending", *CAUSES,
    ),
    "ledger": (
        "time_utc", "station", "pass_id", "new_bits", "store_a_bits", "store_b_bits", "delivered_bits",
        "total_delivered_bits", "oldest_key_age_s",
    ),
    "budget": (
        "station", "elevation_deg", "range_m", LOSSES, "background_cps", "noise_probability", "qber", "sifted_bps",
        "asymptotic_bps",
    ),
    "pools": (
        "pool", "blocks", "blocks_with_key", "secret_bits", "net_secret_bits", "mean_wait_s", "longest_wait_s",
    ),
    "key": (
        "block", "link_loss_db", "proof", "sifted_bits", "qber", "single_photon_events", "phase_error_rate",
        "leakage_bits", "length_bits", "secret_bits",
    ),
    "parameters": ("block", "intensities", "probabilities", "key_basis_probability"),
    "elements": (
        "satellite", "name", "catalog_number", "epoch_utc", "age_days", "period_s", "perigee_m", "apogee_m",
        "inclination_deg", "eccentricity", "problems", "source",
    ),
}  # fmt: skip
"""Which tables carry which columns, in their order; what was not asked for may be missing."""

VIEWS: dict[str, Mapping[str, int]] = {
    "passes": {
        "pass_id": 0, "tca_utc": 0, "duration_s": 1, "max_elevation_deg": 0, "min_range_m": 1, "sun_elevation_deg": 3,
        "moon_elevation_deg": 4, "elements_age_days": 5, "truncated": 6,
    },
    "analyze": {
        "pass_id": 0, "max_elevation_deg": 1, "min_range_m": 4, "min_link_loss_db": 2, "sifted_bits": 1, "qber": 1,
        "asymptotic_bits": 3, "secret_bits": 0, "elements_age_days": 5,
    },
    "inspect": {
        "time_utc": 0, "t_s": 2, "elevation_deg": 0, "azimuth_deg": 5, "range_m": 1, "geometric_db": 3,
        "pointing_db": 3, "atmosphere_db": 3, "turbulence_db": 3, "link_loss_db": 0, "total_loss_db": 4,
        "background_cps": 2, "qber": 0, "sifted_bps": 0, "counted": 5,
    },
    "relay": {
        "pass_id": 0, "tca_utc": 2, "max_elevation_deg": 1, "min_range_m": 3, "min_link_loss_db": 2, "sifted_bits": 1,
        "qber": 1, "secret_bits": 0,
    },
    "ledger": {
        "time_utc": 0, "station": 0, "new_bits": 0, "store_a_bits": 1, "store_b_bits": 1, "delivered_bits": 0,
        "total_delivered_bits": 0, "oldest_key_age_s": 2,
    },
    "key": {
        "block": 0, "link_loss_db": 0, "qber": 1, "phase_error_rate": 2, "leakage_bits": 2, "length_bits": 0,
    },
    "elements": {
        "satellite": 0, "catalog_number": 1, "epoch_utc": 0, "age_days": 0, "perigee_m": 2, "apogee_m": 2,
        "period_s": 3, "inclination_deg": 2, "problems": 0,
    },
}  # fmt: skip
"""What a terminal shows, in its order, and how early each column is dropped where it is narrow: 0 is never."""
