"""One pass second by second."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from satqkd.analysis.counts import expected_counts
from satqkd.analysis.light import budgets, flip_probability
from satqkd.arrays import FloatArray
from satqkd.link.budget import LinkBudget
from satqkd.link.doppler import doppler_ratio, light_time_s
from satqkd.link.qber import ErrorBudget, error_budget
from satqkd.protocols.bbm92 import BBM92
from satqkd.scenario import Protocol

if TYPE_CHECKING:
    import pandas as pd

    from satqkd.analysis.campaign import Campaign

_GEOMETRY = ("t_s", "elevation_deg", "azimuth_deg", "range_m", "range_rate_m_s", "point_ahead_rad")
_LIGHT = (
    "geometric_db",
    "pointing_db",
    "atmosphere_db",
    "turbulence_db",
    "receiver_optics_db",
    "detector_db",
    "link_loss_db",
    "total_loss_db",
    "background_cps",
    "noise_probability",
)
QBER_CAUSES = tuple(f"qber_{field.name}" for field in fields(ErrorBudget))
"""Shares of the error rate, in the order of the columns."""


def pass_samples(campaign: Campaign, row: int) -> pd.DataFrame:
    """Return one row of a campaign second by second; see `Campaign.samples`."""
    import pandas as pd

    prediction = campaign.prediction
    everything = prediction.samples
    part = everything.of(row)
    chosen = np.zeros(everything.t_s.size, dtype=bool)
    chosen[part] = True
    ((_, link, budget),) = budgets(prediction, chosen)
    block = int(campaign.counts.block_of_pass[row])
    protocol = campaign.counts.protocols[block] if block >= 0 else campaign.scenario.protocol
    flips = flip_probability(prediction, [row])[part]
    counts = expected_counts(
        protocol,
        transmittance=budget.transmittance,
        background_cps=budget.background_cps,
        flip_probability=flips,
        detector=link.detector,
    )
    geometry = {name: getattr(everything, name)[part] for name in _GEOMETRY}
    table = {
        "time_utc": pd.DatetimeIndex(everything.time_utc[part]).tz_localize("UTC"),
        **geometry,
        **{name: getattr(budget, name) for name in _LIGHT},
        "qber": counts.qber,
        "sifted_bps": counts.signal_cps,
        "asymptotic_bps": protocol.asymptotic_bits(counts=counts.sifted_cps, errors=counts.errors_cps),
        "doppler_ratio": doppler_ratio(geometry["range_rate_m_s"]),
        "light_time_s": light_time_s(geometry["range_m"]),
        "counted": prediction.counted[part],
        "sending": campaign.counts.sending[part],
    }
    if not isinstance(protocol, BBM92):
        table.update(_causes(protocol, budget, campaign, flips, counts.stray_probability))
    return pd.DataFrame(table)


def _causes(
    protocol: Protocol, budget: LinkBudget, campaign: Campaign, flips: FloatArray, stray: FloatArray
) -> dict[str, FloatArray]:
    """Split the signal's error rate in the key basis into its causes."""
    assert not isinstance(protocol, BBM92)
    link = campaign.scenario.link
    source = link.polarization.source_error
    # What the source alone flips is known; turned bases are what is left of the flips.
    rotation = (flips - source) / (1.0 - 2.0 * source) if source < 0.5 else np.zeros_like(flips)
    shares = error_budget(
        mean_photon_number=protocol.intensities[0],
        transmittance=budget.transmittance,
        detector=link.detector,
        background_cps=budget.background_cps,
        source_error=source,
        misalignment_error=protocol.misalignment_error,
        rotation_error=np.clip(rotation, 0.0, 0.5),
        basis_probability=protocol.key_basis_probability,
        stray_probability=stray,
    )
    return {name: np.asarray(getattr(shares, name.removeprefix("qber_"))) for name in QBER_CAUSES}
