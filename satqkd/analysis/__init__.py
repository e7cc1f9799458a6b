"""The chain: a scenario's passes and their plan, the light that arrives, the counts it makes, the key they yield."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy

if TYPE_CHECKING:
    from satqkd.analysis.budget_table import budget as budget
    from satqkd.analysis.campaign import Campaign as Campaign
    from satqkd.analysis.chain import analyze as analyze, load_campaign as load_campaign
    from satqkd.analysis.counts import Counts as Counts
    from satqkd.analysis.families import expected_counts as expected_counts
    from satqkd.analysis.loss_key import key_through_curve as key_through_curve, key_through_loss as key_through_loss
    from satqkd.analysis.measured_key import key_from_counts as key_from_counts
    from satqkd.analysis.plan import Plan as Plan
    from satqkd.analysis.pooling import compare_pools as compare_pools
    from satqkd.analysis.prediction import Prediction as Prediction, find_passes as find_passes, predict as predict
    from satqkd.analysis.provenance import assumptions as assumptions, scenario_provenance as scenario_provenance
    from satqkd.analysis.trial import Trial as Trial, try_out as try_out

__getattr__, __dir__, __all__ = lazy.face(__name__)
