"""Scenarios: everything that decides a result, checked, frozen, from a preset name, a TOML file or a dict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy

if TYPE_CHECKING:
    from satqkd.scenario.loading import load_scenario as load_scenario
    from satqkd.scenario.models import Protocol as Protocol
    from satqkd.scenario.satellites import refuse_several_terminals as refuse_several_terminals
    from satqkd.scenario.scenario import Scenario as Scenario
    from satqkd.scenario.serialise import fingerprint as fingerprint
    from satqkd.scenario.sites import Site as Site
    from satqkd.scenario.tables import (
        ElementsPolicy as ElementsPolicy,
        KeyPolicy as KeyPolicy,
        PassLimits as PassLimits,
        RelayPair as RelayPair,
        StationTable as StationTable,
    )

__getattr__, __dir__, __all__ = lazy.face(__name__)
