"""One pass second by second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from satqkd.analysis.families import expected_counts, family_of
from satqkd.analysis.light import Instants, budgets, flip_probability
from satqkd.link.doppler import doppler_ratio, light_time_s
from satqkd.link.terms import SUBTOTALS, term_names
from satqkd.scenario import Protocol
from satqkd.times import utc_column

if TYPE_CHECKING:
    import pandas as pd

_GEOMETRY = ("t_s", "elevation_deg", "azimuth_deg", "range_m", "range_rate_m_s", "point_ahead_rad")


def pass_samples(
    instants: Instants, row: int, *, protocol: Protocol, counted: NDArray[np.bool_], sending: NDArray[np.bool_]
) -> pd.DataFrame:
    """Return one pass second by second; see `satqkd.Campaign.samples`.

    Parameters
    ----------
    instants : Instants
        Whole passes.
    row : int
        Of the pass, as they count it.
    protocol : DecoyBB84, OneDecoyBB84 or BBM92
        With the parameters that the block of the pass runs with.
    counted, sending : ndarray of bool
        Which samples of the pass lie within all limits, and which make key.
    """
    import pandas as pd

    everything = instants.samples
    part = everything.of(row)
    ((_, site, budget),) = budgets(instants, np.arange(part.start, part.stop))
    link, flips = site.link, flip_probability(instants, [row])[part]
    counts = expected_counts(
        protocol,
        transmittance=budget.transmittance,
        background_cps=budget.background_cps,
        flip_probability=flips,
        detector=link.detector,
    )
    geometry = {name: getattr(everything, name)[part] for name in _GEOMETRY}
    causes = family_of(protocol).causes(
        protocol, link=link, budget=budget, flip_probability=flips, stray_probability=counts.stray_probability
    )
    return pd.DataFrame(
        {
            "time_utc": utc_column(everything.time_utc[part]),
            **geometry,
            **{name: getattr(budget, name) for name in (*term_names(), *SUBTOTALS[1:])},
            "background_cps": budget.background_cps,
            "noise_probability": budget.noise_probability,
            "qber": counts.qber,
            "sifted_bps": counts.signal_cps,
            "asymptotic_bps": protocol.asymptotic_bits(counts=counts.sifted_cps, errors=counts.errors_cps),
            "doppler_ratio": doppler_ratio(geometry["range_rate_m_s"]),
            "light_time_s": light_time_s(geometry["range_m"]),
            "counted": counted,
            "sending": sending,
            **causes,
        }
    )
