"""The chain: a scenario's passes, second by second, the light that arrives, the counts it makes, the key they yield."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from satqkd.analysis.campaign import Campaign, analyze
    from satqkd.analysis.counts import Counts, expected_counts
    from satqkd.analysis.light import BUDGET_TERMS, budget
    from satqkd.analysis.origin import assumptions, provenance, scenario_provenance
    from satqkd.analysis.pooling import compare_pools
    from satqkd.analysis.prediction import Forecast, Prediction, find_passes, forecast, predict
    from satqkd.analysis.trial import Trial, try_out

_HOME = {
    "BUDGET_TERMS": "light",
    "Campaign": "campaign",
    "Counts": "counts",
    "Forecast": "prediction",
    "Prediction": "prediction",
    "analyze": "campaign",
    "assumptions": "origin",
    "budget": "light",
    "compare_pools": "pooling",
    "expected_counts": "counts",
    "find_passes": "prediction",
    "forecast": "prediction",
    "predict": "prediction",
    "provenance": "origin",
    "scenario_provenance": "origin",
    "Trial": "trial",
    "try_out": "trial",
}

__all__ = [
    "BUDGET_TERMS",
    "Campaign",
    "Counts",
    "Forecast",
    "Prediction",
    "Trial",
    "analyze",
    "assumptions",
    "budget",
    "compare_pools",
    "expected_counts",
    "find_passes",
    "forecast",
    "predict",
    "provenance",
    "scenario_provenance",
    "try_out",
]


def __getattr__(name: str) -> Any:
    # Imported when first asked for: a forecast of passes needs no protocol.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
