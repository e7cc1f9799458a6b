"""The chain: a scenario's passes, second by second, the light that arrives, the counts it makes, the key they yield."""

from satqkd.analysis.campaign import Campaign, analyze
from satqkd.analysis.counts import Counts, expected_counts
from satqkd.analysis.light import BUDGET_TERMS, budget
from satqkd.analysis.pooling import compare_pools
from satqkd.analysis.prediction import Forecast, Prediction, find_passes, forecast, predict
from satqkd.analysis.provenance import assumptions, provenance, scenario_provenance

__all__ = [
    "BUDGET_TERMS",
    "Campaign",
    "Counts",
    "Forecast",
    "Prediction",
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
]
