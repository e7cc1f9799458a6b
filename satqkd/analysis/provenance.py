"""What made a result, for the files that go with it."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from satqkd import catalog
from satqkd._version import __version__
from satqkd.analysis.prediction import Prediction
from satqkd.reads import FileRead, distinct
from satqkd.scenario import Scenario, fingerprint
from satqkd.times import to_datetime64, to_iso

_LIBRARIES = ("numpy", "scipy", "pandas", "skyfield", "sgp4", "jplephem", "matplotlib", "pydantic")


def provenance(prediction: Prediction) -> dict[str, Any]:
    """Return what made a prediction, for a sidecar file; see `Campaign.provenance`."""
    import pandas as pd

    passes, scenario = prediction.passes, prediction.scenario
    epochs = passes["tca_utc"] - pd.to_timedelta(passes["elements_age_days"], unit="D")
    pairs = pd.DataFrame({"satellite": passes["satellite"], "epoch": epochs.dt.round("ms")}).drop_duplicates()
    used: dict[str, list[str]] = {str(satellite): [] for satellite in sorted(set(pairs["satellite"]))}
    for satellite, epoch in pairs.dropna().itertuples(index=False):
        used[str(satellite)].append(to_iso(epoch))
    used = {satellite: sorted(set(stamps)) or ["designed"] for satellite, stamps in used.items()}
    return {
        **scenario_provenance(scenario, prediction.files),
        "start_utc": to_iso(to_datetime64(prediction.start_utc)),
        "end_utc": to_iso(to_datetime64(prediction.end_utc)),
        "element_epochs_utc": used,
    }


def scenario_provenance(scenario: Scenario, files: Sequence[FileRead] | None = None) -> dict[str, Any]:
    """Return the part that needs no passes: versions, the scenario and its fingerprint, files, what it assumes.

    Parameters
    ----------
    scenario : Scenario
    files : sequence of FileRead, optional
        What a run has read; without it the files are read now.
    """
    read = scenario.files_read(scenario.read_elements()) if files is None else files
    return {
        "satqkd": __version__,
        "versions": dict(_versions()),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "scenario": scenario.name,
        "scenario_sha256": fingerprint(scenario, read),
        "files": [one.to_dict() for one in distinct((*read, *scenario.shipped_files()))],
        "assumed": assumptions(scenario),
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
        if isinstance(here, dict):
            here = "all its values"
        if here is not None:  # a station that was replaced takes its assumptions with it
            result[dotted] = {"value": here, "why": why}
    for table in scenario.station_tables:
        # An aperture nobody has confirmed decides the headline as much as one the scenario assumes.
        known = catalog.entries("stations").get(table.name, {})
        own = (table.aperture_m, getattr(table.receiver, "aperture_m", None), scenario.link.receiver.aperture_m)
        from_catalog = own == (None, None, None)
        if from_catalog and known.get("aperture_status") in catalog.DOUBTFUL:
            key, status = f"stations.{table.name}.aperture_m", known["aperture_status"]
            result.setdefault(key, {"value": known["aperture_m"], "why": f"of the catalogue, {status}"})
    return result


@cache
def _versions() -> Mapping[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # pragma: no cover - every one of them is a dependency
            found[name] = "unknown"
    return found
