"""The key through a loss that one has: a number of decibels for some seconds, or a measured curve of them; no orbit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from satqkd.analysis.counts_file import MeasuredCounts
from satqkd.analysis.families import expected_counts
from satqkd.analysis.measured_key import key_table, refuse_uncovered
from satqkd.analysis.measured_rows import Rows, number_in, read_rows
from satqkd.analysis.window import ScenarioLike
from satqkd.arrays import FloatArray, as_float, as_floats, takes_quantities
from satqkd.errors import InputError, did_you_mean, shown
from satqkd.scenario import Scenario, load_scenario

if TYPE_CHECKING:
    import pandas as pd

    from satqkd.scenario.sites import Site

_TIMES, _LOSSES = ("t_s", "time_s"), ("link_loss_db", "loss_db")
_LEAST_DB, _MOST_DB = 0.0, 300.0
_CURVE = "A curve is a CSV or a table with columns t_s (rising), link_loss_db and, if it is known, background_cps."


@takes_quantities
def key_through_loss(
    loss_db: ArrayLike,
    scenario: ScenarioLike = "micius-beijing-vienna",
    *,
    seconds_s: float,
    background_cps: float = 0.0,
    station: str | None = None,
    all_proofs: bool = True,
) -> pd.DataFrame:
    """Return the key that a scenario's protocol and detectors make through a fixed link loss.

    Parameters
    ----------
    loss_db : array_like
        Link loss, receiver optics included and detectors not [dB], one or many.
    scenario : str, Path, mapping or Scenario
        Whose protocol, source and detectors are used.
    seconds_s : float
        How long each lasts [s]: that is one block.
    background_cps : float
        Background counts of the whole receiver, efficiencies included [1/s], beside the dark counts.
    station : str, optional
        Of the scenario, whose detectors count; the first unless given.
    all_proofs : bool
        As `satqkd.key_from_counts`.

    Returns
    -------
    pandas.DataFrame
        As `satqkd.key_from_counts`, with ``link_loss_db``: one row for each loss and proof, from expected counts.
    """
    checked = load_scenario(scenario)
    losses = np.atleast_1d(_checked_losses("loss_db", as_floats("loss_db", loss_db)))
    lasting = as_float("seconds_s", seconds_s)
    if not (np.isfinite(lasting) and lasting > 0.0):
        raise InputError(f"seconds_s = {shown(seconds_s)} is out of range: it must be greater than 0 and finite.")
    noise = np.full(losses.shape, _checked_background(background_cps))
    site = _site(checked, station)
    counts, errors = _expected(checked, site, losses, noise)
    return _table(checked, [f"{loss:g} dB" for loss in losses], losses, lasting * counts, lasting * errors, all_proofs)


def key_through_curve(
    curve: str | Path | pd.DataFrame | Rows,
    scenario: ScenarioLike = "micius-beijing-vienna",
    *,
    station: str | None = None,
    all_proofs: bool = True,
) -> pd.DataFrame:
    """Return the key that a scenario's protocol and detectors make through a measured loss curve: one block.

    Parameters
    ----------
    curve : str, Path or pandas.DataFrame
        Columns ``t_s`` (rising, any origin [s]), ``link_loss_db`` (receiver optics included, detectors not [dB]) and
        optionally ``background_cps`` (whole receiver [1/s], else 0); others are not read. Each time stands for half of
        the way to its neighbours.
    scenario, station, all_proofs
        As `key_through_loss`.

    Returns
    -------
    pandas.DataFrame
        As `key_through_loss`; ``link_loss_db`` is that of the mean transmittance.

    Raises
    ------
    InputError
        With row and column, for what is no such curve.
    """
    checked = load_scenario(scenario)
    name, columns = _curve(curve)
    t, loss, noise = (columns[key] for key in ("t_s", "link_loss_db", "background_cps"))
    weight = np.gradient(t)
    weight[[0, -1]] *= 0.5
    counts, errors = (
        np.einsum("n,n...->...", weight, rates)[None]
        for rates in _expected(checked, _site(checked, station), loss, noise)
    )
    mean = np.array([-10.0 * np.log10(np.average(10.0 ** (-0.1 * loss), weights=weight))])
    return _table(checked, [name], mean, counts, errors, all_proofs)


def is_loss_curve(rows: Rows) -> bool:
    """Whether rows hold a loss curve rather than counts."""
    return bool(set(rows.columns) & set(_LOSSES))


def _table(
    scenario: Scenario, names: Sequence[str], losses: FloatArray, counts: FloatArray, errors: FloatArray, every: bool
) -> pd.DataFrame:
    unmeasured = np.full((len(names), 2), np.nan)
    measured = MeasuredCounts(tuple(names), counts, np.minimum(errors, counts), unmeasured)
    table = key_table(scenario.protocol, measured, all_proofs=every)
    table.insert(1, "link_loss_db", np.repeat(losses, len(table) // len(names)))
    return table


def _site(scenario: Scenario, station: str | None) -> Site:
    names = [site.station.name for site in scenario.sites]
    if station is not None and station not in names:
        raise InputError(f"station {station!r} is not in scenario {scenario.name}.", did_you_mean(station, names))
    return scenario.sites[0 if station is None else names.index(station)]


def _expected(
    scenario: Scenario, site: Site, loss_db: FloatArray, background_cps: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return sifted counts and errors in a second of each loss [1/s], shape (n, 2, intensities)."""
    detector = site.link.detector
    refuse_uncovered(detector.efficiency_mismatch)
    found = expected_counts(
        scenario.protocol,
        transmittance=10.0 ** (-0.1 * loss_db) * detector.transmittance,
        background_cps=background_cps,
        detector=detector,
        flip_probability=np.full(loss_db.shape, float(site.link.polarization.source_error)),
    )
    return found.sifted_cps, found.errors_cps


def _checked_losses(name: str, losses: FloatArray) -> FloatArray:
    wrong = np.flatnonzero(~((losses >= _LEAST_DB) & (losses <= _MOST_DB)).ravel())
    if wrong.size:
        raise InputError(
            f"{name} = {losses.ravel()[wrong[0]]:g} is out of range: it must be at least {_LEAST_DB:g} and at most "
            f"{_MOST_DB:g} dB."
        )
    return losses


def _checked_background(value: Any) -> float:
    background = as_float("background_cps", value)
    if not (np.isfinite(background) and background >= 0.0):
        raise InputError(f"background_cps = {shown(value)} is out of range: it must be at least 0 and finite.")
    return background


def _curve(curve: Any) -> tuple[str, dict[str, FloatArray]]:
    """Return what a curve is called, and its columns, checked."""
    read = read_rows(curve, what="losses", hint=_CURVE)
    if not read.rows:
        raise InputError(f"{read.name} has no rows of losses.", _CURVE)
    found: dict[str, FloatArray] = {}
    for wanted, names in (("t_s", _TIMES), ("link_loss_db", _LOSSES), ("background_cps", ("background_cps",))):
        own = next((one for one in names if one in read.columns), None)
        if own is None and wanted != "background_cps":
            raise InputError(f"{read.name} has no column {' or '.join(names)}.", _CURVE)
        least = -np.inf if wanted == "t_s" else 0.0
        found[wanted] = np.array(
            [
                0.0 if own is None else number_in(row.get(own), f"{where}, column {own}", least=least, hint=_CURVE)
                for where, row in read.rows
            ]
        )
    if len(read.rows) < 2:
        raise InputError(f"{read.name} has one row of losses: a curve has times between which it runs.", _CURVE)
    for place in np.flatnonzero(np.diff(found["t_s"]) <= 0.0).tolist():
        raise InputError(f"{read.rows[place + 1][0]}: its time is not after that of the row before.", _CURVE)
    for place in np.flatnonzero(found["link_loss_db"] > _MOST_DB).tolist():
        _checked_losses(f"{read.rows[place][0]}, column link_loss_db", found["link_loss_db"][place : place + 1])
    return Path(read.name).stem if read.file else "curve", found
