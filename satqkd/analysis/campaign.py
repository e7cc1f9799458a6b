"""Passes with the key each of them yields."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.analysis.counts import error_share, expected_counts, intensities_of
from satqkd.analysis.light import budgets
from satqkd.analysis.prediction import Prediction, ScenarioLike, predict
from satqkd.analysis.provenance import provenance
from satqkd.errors import InputError, did_you_mean
from satqkd.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


def analyze(scenario: ScenarioLike, *, start: Any = None, days: float | None = None, end: Any = None) -> Campaign:
    """Predict a scenario's passes and the key each of them yields.

    Parameters
    ----------
    scenario, start, days, end
        As `find_passes`.

    Returns
    -------
    Campaign
        Its ``passes`` add the smallest link loss, detections, sifted bits, QBER and key lengths; each pass is one block
        of the finite-key analysis, made of the expected counts of its counted seconds.
    """
    prediction = predict(scenario, start=start, days=days, end=end)
    protocol = prediction.scenario.protocol
    count = len(prediction.passes)
    detections = np.zeros(count)
    sifted = np.zeros((count, 2, intensities_of(protocol)))
    errors = np.zeros_like(sifted)
    least_loss = np.full(count, np.inf)
    for chosen, link, budget in budgets(prediction, prediction.counted):
        counts = expected_counts(budget, link, protocol)
        index, weight = prediction.samples.pass_index[chosen], prediction.samples.weight_s[chosen]
        detections += np.bincount(index, counts.detected_cps * weight, minlength=count)
        for cell in np.ndindex(sifted.shape[1:]):
            sifted[(..., *cell)] += np.bincount(index, counts.sifted_cps[(..., *cell)] * weight, minlength=count)
            errors[(..., *cell)] += np.bincount(index, counts.errors_cps[(..., *cell)] * weight, minlength=count)
        np.minimum.at(least_loss, index, budget.link_loss_db)
    key = protocol.secret_key(counts=sifted, errors=errors)
    signal = sifted[:, :, 0].sum(axis=1)
    usable = prediction.passes["usable"].to_numpy()
    missing = np.where(usable, 1.0, np.nan)
    passes = prediction.passes.copy()
    passes["min_link_loss_db"] = np.where(usable, least_loss, np.nan)
    passes["detections"] = np.rint(detections).astype(np.int64)
    passes["sifted_bits"] = np.rint(signal).astype(np.int64)
    passes["qber"] = missing * error_share(errors[:, :, 0].sum(axis=1), signal)
    passes["asymptotic_bits"] = np.floor(protocol.asymptotic_bits(counts=sifted, errors=errors)).astype(np.int64)
    passes["secret_bits"] = np.asarray(key.secret_bits, dtype=np.int64)
    passes["key_start_utc"], passes["key_end_utc"] = _counted_span(prediction)
    return Campaign(prediction=prediction, passes=passes, block_epsilon=key.epsilon)


def _counted_span(prediction: Prediction) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """Return when the counted seconds of each pass begin and end; NaT where none counts."""
    import pandas as pd

    samples, counted = prediction.samples, np.flatnonzero(prediction.counted)
    count = len(prediction.passes)
    index = samples.pass_index[counted]
    bounds = []
    for order, sign in ((counted[::-1], -1.0), (counted, 1.0)):  # the last write wins: the first, then the last sample
        edge = np.full(count, np.datetime64("NaT"), dtype="datetime64[us]")
        half = np.round(sign * samples.weight_s[order] * 0.5e6).astype("timedelta64[us]")
        edge[samples.pass_index[order]] = samples.time_utc[order].astype("datetime64[us]") + half
        bounds.append(pd.DatetimeIndex(edge).tz_localize("UTC"))
    assert index.size == counted.size
    return bounds[0], bounds[1]


@dataclass(frozen=True)
class Campaign:
    """Analysed passes of a scenario.

    Attributes
    ----------
    prediction : Prediction
        The passes with their samples.
    passes : pandas.DataFrame
        One row a pass, with its key.
    block_epsilon : float
        Security parameter of the key of one pass, secrecy and correctness together [1].
    """

    prediction: Prediction
    passes: pd.DataFrame
    block_epsilon: float

    @property
    def scenario(self) -> Scenario:
        """The scenario it was made from."""
        return self.prediction.scenario

    def row(self, which: str | int) -> int:
        """Return the row number of a pass given by its ``pass_id`` or row number.

        Raises
        ------
        InputError
            If there is no such pass.
        """
        ids = list(self.passes["pass_id"])
        if isinstance(which, int) or which.lstrip("-").isdigit():
            number = int(which)
            if not 0 <= number < len(ids):
                raise InputError(f"There is no pass {number}: the rows run from 0 to {len(ids) - 1}.")
            return number
        if which not in ids:
            raise InputError(f"There is no pass {which!r} in this campaign.", did_you_mean(which, ids))
        return ids.index(which)

    def samples(self, which: str | int) -> pd.DataFrame:
        """Return one pass second by second: geometry, losses by term, noise, QBER and rates.

        Parameters
        ----------
        which : str or int
            ``pass_id`` or row number.

        Returns
        -------
        pandas.DataFrame
            Every second from AOS to LOS; ``counted`` marks those that make the key.
        """
        import pandas as pd

        row = self.row(which)
        prediction = self.prediction
        everything = prediction.samples
        part = everything.of(row)
        chosen = np.zeros(everything.t_s.size, dtype=bool)
        chosen[part] = True
        ((_, link, budget),) = budgets(prediction, chosen)
        counts = expected_counts(budget, link, self.scenario.protocol)
        geometry = {
            name: getattr(everything, name)[part]
            for name in ("t_s", "elevation_deg", "azimuth_deg", "range_m", "range_rate_m_s", "point_ahead_rad")
        }
        light = {
            name: np.broadcast_to(getattr(budget, name), geometry["t_s"].shape)
            for name in (
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
        }
        return pd.DataFrame(
            {
                "time_utc": pd.DatetimeIndex(everything.time_utc[part]).tz_localize("UTC"),
                **geometry,
                **light,
                "qber": counts.qber,
                "sifted_bps": counts.signal_cps,
                "asymptotic_bps": self.scenario.protocol.asymptotic_bits(
                    counts=counts.sifted_cps, errors=counts.errors_cps
                ),
                "counted": prediction.counted[part],
            }
        )

    @property
    def best_pass(self) -> str | None:
        """``pass_id`` of the pass with the most key, or with the most sifted bits where none has key."""
        usable = self.passes[self.passes["usable"]]
        if usable.empty:
            return None
        order = usable.sort_values(["secret_bits", "sifted_bits"], ascending=False, kind="stable")
        return str(order["pass_id"].iloc[0])

    def rejected(self) -> dict[str, int]:
        """Return how many passes were rejected for what."""
        reasons = self.passes.loc[~self.passes["usable"], "reject_reason"]
        return {str(reason): int(number) for reason, number in reasons.value_counts().items()}

    def summary(self) -> dict[str, Any]:
        """Return totals: passes, usable ones, those with key, and the bits by station."""
        passes = self.passes
        return {
            "scenario": self.scenario.name,
            "passes": len(passes),
            "usable": int(passes["usable"].sum()),
            "with_key": int((passes["secret_bits"] > 0).sum()),
            "secret_bits": int(passes["secret_bits"].sum()),
            "secret_bits_by_station": {
                str(name): int(bits) for name, bits in passes.groupby("station", sort=True)["secret_bits"].sum().items()
            },
            "epsilon_per_pass": self.block_epsilon,
        }

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """What made this result: scenario and its fingerprint, window, versions, element epochs, assumptions."""
        return provenance(self.prediction)
