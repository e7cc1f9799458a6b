"""Satellite-to-ground quantum key distribution: passes, link loss, finite secret key and trusted-relay stores."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from satqkd._version import __version__

if TYPE_CHECKING:
    from satqkd import link, orbit, plot, protocols
    from satqkd.analysis import Campaign, analyze, budget, compare_pools, find_passes
    from satqkd.errors import SatqkdError, SatqkdWarning
    from satqkd.export.qtable import to_qtable
    from satqkd.network.trusted_relay import Relay, relay
    from satqkd.scenario import Scenario, load_scenario

_HOME = {
    "Campaign": "satqkd.analysis",
    "Relay": "satqkd.network.trusted_relay",
    "SatqkdError": "satqkd.errors",
    "SatqkdWarning": "satqkd.errors",
    "Scenario": "satqkd.scenario",
    "analyze": "satqkd.analysis",
    "budget": "satqkd.analysis",
    "compare_pools": "satqkd.analysis",
    "find_passes": "satqkd.analysis",
    "load_scenario": "satqkd.scenario",
    "relay": "satqkd.network.trusted_relay",
    "to_qtable": "satqkd.export.qtable",
}
_ROOMS = ("link", "orbit", "plot", "protocols")

__all__ = [
    "Campaign",
    "Relay",
    "SatqkdError",
    "SatqkdWarning",
    "Scenario",
    "__version__",
    "analyze",
    "budget",
    "compare_pools",
    "find_passes",
    "link",
    "load_scenario",
    "orbit",
    "plot",
    "protocols",
    "relay",
    "to_qtable",
]


def __getattr__(name: str) -> Any:
    # Imported when first asked for: `import satqkd` and `satqkd --help` cost nothing of pandas or Skyfield.
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    elif name in _ROOMS:
        value = import_module(f"satqkd.{name}")
    else:
        raise AttributeError(f"module 'satqkd' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
