"""The chain: a scenario's passes, second by second, the light that arrives, the counts it makes, the key they yield."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satqkd import orbit
from satqkd._version import __version__
from satqkd.errors import InputError, did_you_mean
from satqkd.link.budget import Link, LinkBudget, link_budget
from satqkd.link.detector import click_statistics, dead_time_factor
from satqkd.orbit.slant import mean_altitude_m, slant_range_m
from satqkd.scenario import Scenario, load_scenario
from satqkd.times import to_datetime64, to_iso, to_posix
from satqkd.units import FloatArray

if TYPE_CHECKING:
    import pandas as pd

ScenarioLike = str | Path | Mapping[str, Any] | Scenario

_SECONDS_A_DAY = 86400.0
_LIBRARIES = ("numpy", "scipy", "pandas", "skyfield", "sgp4")


@dataclass(frozen=True)
class Prediction:
    """Passes of a scenario in a window of time, second by second, and which of these seconds count.

    Attributes
    ----------
    scenario : Scenario
        What made it.
    start_utc, end_utc : float
        The window [POSIX s].
    passes : pandas.DataFrame
        One row a pass.
    samples, sky
        Geometry and sky of every sample of every pass, in the order of `passes`.
    counted : ndarray of bool
        The samples within all of the scenario's limits.
    """

    scenario: Scenario
    start_utc: float
    end_utc: float
    passes: pd.DataFrame
    samples: orbit.PassSamples
    sky: orbit.SkySamples
    counted: NDArray[np.bool_]


def find_passes(
    scenario: ScenarioLike, *, start: Any = None, days: float | None = None, end: Any = None
) -> pd.DataFrame:
    """Predict the passes of a scenario and say which of them can be used.

    Parameters
    ----------
    scenario : str, Path, mapping or Scenario
        As `satqkd.load_scenario` takes it.
    start, end : time, optional
        Window; anything `satqkd.times.to_posix` reads. `end` rules over `days`. Defaults are the scenario's.
    days : float, optional
        Length of the window [d].

    Returns
    -------
    pandas.DataFrame
        One row a pass in the order of AOS, geometry and sky; a pass outside the scenario's limits stays in the table
        with ``usable`` false and its ``reject_reason``.
    """
    return predict(scenario, start=start, days=days, end=end).passes


def predict(scenario: ScenarioLike, *, start: Any = None, days: float | None = None, end: Any = None) -> Prediction:
    """Predict passes with their samples; parameters as `find_passes`."""
    checked = load_scenario(scenario)
    first, last = _window(checked, start, days, end)
    limits, policy = checked.passes, checked.elements
    stations = list(checked.positions)
    elements = checked.read_elements()
    passes = orbit.find_passes(
        elements,
        stations,
        to_datetime64(first),
        to_datetime64(last),
        min_elevation_deg=limits.min_elevation_deg,
        warn_age_days=policy.warn_age_days,
    )
    passes = orbit.add_sky(passes, stations)
    samples = orbit.sample_passes(passes, elements, stations, step_s=limits.step_s)
    sky = orbit.sample_sky(samples, passes, stations)
    constraints: list[Any] = []
    if limits.max_range_m is not None:
        constraints.append(orbit.MaxRange(limits.max_range_m))
    if limits.max_sun_elevation_deg is not None:
        constraints.append(orbit.SunBelow(limits.max_sun_elevation_deg))
    passes, counted = orbit.apply_constraints(passes, samples, sky, constraints)
    too_old = passes["elements_age_days"].abs().to_numpy() > policy.max_age_days
    if too_old.any():
        passes = passes.copy()
        passes.loc[too_old, "usable"] = False
        passes.loc[too_old, "reject_reason"] = [
            f"elements {age:+.1f} d from their epoch, limit {policy.max_age_days:g} d"
            for age in passes.loc[too_old, "elements_age_days"]
        ]
        counted = counted & ~too_old[samples.pass_index]
    return Prediction(checked, first, last, passes, samples, sky, counted)


def _window(scenario: Scenario, start: Any, days: float | None, end: Any) -> tuple[float, float]:
    first = to_posix(scenario.start if start is None else start, "start")
    if end is not None:
        last = to_posix(end, "end")
        if last <= first:
            raise InputError(f"end = {to_iso(end)} is not after start = {to_iso(to_datetime64(first))}.")
    else:
        length = scenario.days if days is None else float(days)
        if not (np.isfinite(length) and length > 0.0):
            raise InputError(f"days = {days!r} is out of range: it must be greater than 0.")
        last = first + length * _SECONDS_A_DAY
    return first, last


@dataclass(frozen=True, slots=True)
class Counts:
    """What the receiver is expected to count in each sample, per second.

    Attributes
    ----------
    detected_cps : ndarray, shape (n,)
        Clicks of all intensities and bases [1/s].
    sifted_cps, errors_cps : ndarray, shape (n, 2, 3)
        Matched-basis detections and the errors among them [1/s]: basis (Z, X), intensity (signal first).
    """

    detected_cps: FloatArray
    sifted_cps: FloatArray
    errors_cps: FloatArray

    @property
    def signal_cps(self) -> FloatArray:
        """Matched-basis detections of the signal intensity [1/s], shape (n,)."""
        return np.asarray(self.sifted_cps[:, :, 0].sum(axis=1))

    @property
    def qber(self) -> FloatArray:
        """Share of errors among them [1], shape (n,); 1/2 where nothing is detected."""
        signal = self.signal_cps
        errors = self.errors_cps[:, :, 0].sum(axis=1)
        return np.where(signal > 0.0, errors / np.where(signal > 0.0, signal, 1.0), 0.5)


def expected_counts(budget: LinkBudget, link: Link, protocol: Any) -> Counts:
    """Return the expected count rates of a prepare-and-measure protocol for every sample of a link budget.

    Noise clicks of a passive receiver fall into a basis whether its photons do or not, so each basis has its own noise
    probability (`satqkd.link.detector.noise_probability`). Dead time thins all counts alike.
    """
    detector = link.detector
    shares = np.array([protocol.key_basis_probability, 1.0 - protocol.key_basis_probability])
    mu, p = np.asarray(protocol.intensities), np.asarray(protocol.probabilities)
    noise = detector.noise_probability(budget.background_cps[:, None], basis_probability=shares)
    gain, error_rate = click_statistics(
        mu, budget.transmittance[:, None, None], noise[:, :, None], protocol.misalignment_error
    )
    # Clicks per pulse in either basis: the receiver's choice, whatever the sender's.
    clicks = np.einsum("b,i,nbi->n", shares, p, gain) * protocol.clock_rate_hz
    alive = dead_time_factor(clicks / detector.count, dead_time_s=detector.dead_time_s)
    sifted = gain * (protocol.clock_rate_hz * shares[:, None] ** 2 * p) * alive[:, None, None]
    return Counts(detected_cps=clicks * alive, sifted_cps=sifted, errors_cps=sifted * error_rate)


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
    sifted, errors = np.zeros((count, 2, 3)), np.zeros((count, 2, 3))
    least_loss = np.full(count, np.inf)
    for chosen, link, budget in _budgets(prediction, prediction.counted):
        counts = expected_counts(budget, link, protocol)
        index, weight = prediction.samples.pass_index[chosen], prediction.samples.weight_s[chosen]
        detections += np.bincount(index, counts.detected_cps * weight, minlength=count)
        for cell in np.ndindex(2, 3):
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
    passes["qber"] = missing * errors[:, :, 0].sum(axis=1) / np.where(signal > 0.0, signal, 1.0)
    passes["asymptotic_bits"] = np.floor(protocol.asymptotic_bits(counts=sifted, errors=errors)).astype(np.int64)
    passes["secret_bits"] = np.asarray(key.secret_bits, dtype=np.int64)
    passes["key_start_utc"], passes["key_end_utc"] = _counted_span(prediction)
    return Campaign(prediction=prediction, passes=passes, block_epsilon=key.epsilon)


def _budgets(prediction: Prediction, chosen: NDArray[np.bool_]) -> list[tuple[NDArray[np.intp], Link, LinkBudget]]:
    """Return for each station the chosen samples over it, the link it has, and their link budget."""
    samples, sky = prediction.samples, prediction.sky
    station_of_pass = prediction.passes["station"].to_numpy()
    result = []
    for site in prediction.scenario.sites:
        here = np.flatnonzero(chosen & (station_of_pass == site.station.name)[samples.pass_index])
        if not here.size:
            continue
        budget = link_budget(
            site.link,
            elevation_deg=samples.elevation_deg[here],
            range_m=samples.range_m[here],
            altitude_m=site.station.altitude_m,
            sun_elevation_deg=sky.sun_elevation_deg[here],
            moon_elevation_deg=sky.moon_elevation_deg[here],
            moon_illumination=sky.moon_illumination[here],
            moon_separation_deg=sky.moon_separation_deg[here],
        )
        result.append((here, site.link, budget))
    return result


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
        ((_, link, budget),) = _budgets(prediction, chosen)
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


def provenance(prediction: Prediction) -> dict[str, Any]:
    """Return what made a prediction, for a sidecar file; see `Campaign.provenance`."""
    import pandas as pd

    passes, scenario = prediction.passes, prediction.scenario
    epochs = passes["tca_utc"] - pd.to_timedelta(passes["elements_age_days"], unit="D")
    used = {
        str(satellite): sorted({to_iso(epoch) for epoch in group.dt.round("ms")})
        for satellite, group in epochs.groupby(passes["satellite"])
    }
    return {
        "satqkd": __version__,
        "versions": _versions(),
        "scenario": scenario.name,
        "scenario_sha256": scenario.fingerprint,
        "start_utc": to_iso(to_datetime64(prediction.start_utc)),
        "end_utc": to_iso(to_datetime64(prediction.end_utc)),
        "element_epochs_utc": used,
        "assumed": assumptions(scenario),
        "seed": None,
    }


def assumptions(scenario: Scenario) -> dict[str, Any]:
    """Return what the scenario assumes: dotted key to its value and why."""
    values = scenario.to_dict()
    stations = {entry["name"]: entry for entry in values["stations"] if isinstance(entry, dict)}
    values["stations"] = stations
    result = {}
    for dotted, why in scenario.assumed.items():
        here: Any = values
        for part in dotted.split("."):
            here = here.get(part) if isinstance(here, dict) else None
        if here is not None:  # a station that was replaced takes its assumptions with it
            result[dotted] = {"value": here, "why": why}
    return result


def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # pragma: no cover - every one of them is a dependency
            found[name] = "unknown"
    return found


BUDGET_TERMS = (
    "geometric_db",
    "pointing_db",
    "atmosphere_db",
    "turbulence_db",
    "channel_loss_db",
    "receiver_optics_db",
    "link_loss_db",
    "detector_db",
    "total_loss_db",
)
"""Terms of a budget with their subtotals, in the order of the light."""


def budget(
    scenario: ScenarioLike,
    *,
    elevation_deg: float | FloatArray | list[float],
    station: str | None = None,
    range_m: float | None = None,
) -> pd.DataFrame:
    """Return the link budget of a scenario at one elevation or several, on a dark moonless night.

    Parameters
    ----------
    scenario : str, Path, mapping or Scenario
        As `satqkd.load_scenario` takes it.
    elevation_deg : float or sequence of float
        Elevation of the satellite [deg], above 0.
    station : str, optional
        One of the scenario's stations; without it the first.
    range_m : float, optional
        Distance to the satellite [m]; without it that of a circular orbit as high as the first satellite's mean one.

    Returns
    -------
    pandas.DataFrame
        One row an elevation: range, every loss with subtotals, noise, QBER and rates.
    """
    import pandas as pd

    checked = load_scenario(scenario)
    names = checked.station_names
    wanted = names[0] if station is None else station
    if wanted not in names:
        raise InputError(f"Station {wanted!r} is not in scenario {checked.name!r}.", did_you_mean(wanted, names))
    site = checked.sites[names.index(wanted)]
    elevation = np.atleast_1d(np.asarray(elevation_deg, dtype=float))
    if not np.all((elevation > 0.0) & (elevation <= 90.0)):
        raise InputError(f"elevation_deg = {elevation_deg} is out of range: it must be above 0 and at most 90.")
    if range_m is None:
        distance = slant_range_m(
            elevation,
            orbit_altitude_m=_mean_altitude_m(checked),
            station_altitude_m=site.station.altitude_m,
        )
    else:
        distance = np.full(elevation.shape, float(range_m))
    light = link_budget(site.link, elevation_deg=elevation, range_m=distance, altitude_m=site.station.altitude_m)
    counts = expected_counts(light, site.link, checked.protocol)
    return pd.DataFrame(
        {
            "station": [wanted] * elevation.size,
            "elevation_deg": elevation,
            "range_m": distance,
            **{name: getattr(light, name) for name in BUDGET_TERMS},
            "background_cps": light.background_cps,
            "noise_probability": light.noise_probability,
            "qber": counts.qber,
            "sifted_bps": counts.signal_cps,
            "asymptotic_bps": checked.protocol.asymptotic_bits(counts=counts.sifted_cps, errors=counts.errors_cps),
        }
    )


def _mean_altitude_m(scenario: Scenario) -> float:
    """Return the mean altitude of the first satellite by its element set nearest to the scenario's start [m]."""
    elements = scenario.read_elements()
    own = list(elements.of(elements.satellites[0]))
    moment = np.datetime64(scenario.start.replace(tzinfo=None), "us")
    nearest = min(own, key=lambda one: abs(one.epoch_utc - moment))
    return float(mean_altitude_m(nearest.mean_motion_rev_day))
