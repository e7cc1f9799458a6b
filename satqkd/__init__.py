"""Satellite-to-ground quantum key distribution: passes, link loss, finite secret key and trusted-relay stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy
from satqkd._version import __version__ as __version__

if TYPE_CHECKING:
    from satqkd import link as link, orbit as orbit, plot as plot, protocols as protocols
    from satqkd.analysis import (
        Campaign as Campaign,
        Plan as Plan,
        analyze as analyze,
        budget as budget,
        compare_pools as compare_pools,
        find_passes as find_passes,
        key_from_counts as key_from_counts,
        key_through_curve as key_through_curve,
        key_through_loss as key_through_loss,
        load_campaign as load_campaign,
    )
    from satqkd.analysis.estimate import Estimate as Estimate, estimate as estimate
    from satqkd.errors import SatqkdError as SatqkdError, SatqkdWarning as SatqkdWarning
    from satqkd.export import to_qtable as to_qtable
    from satqkd.network import Relay as Relay, relay as relay
    from satqkd.scenario import Scenario as Scenario, load_scenario as load_scenario

__getattr__, __dir__, __all__ = lazy.face(__name__)
