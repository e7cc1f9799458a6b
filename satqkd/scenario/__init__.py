"""Scenarios: everything that decides a result, checked, frozen, from a preset name, a TOML file or a dict."""

from satqkd.scenario.loading import fingerprint, load_scenario
from satqkd.scenario.models import Protocol
from satqkd.scenario.nouns import Scenario, Site
from satqkd.scenario.satellites import refuse_several_terminals
from satqkd.scenario.tables import (
    ElementsPolicy,
    KeyPolicy,
    LinkTable,
    PassLimits,
    RelayPair,
    StationTable,
)

__all__ = [
    "ElementsPolicy",
    "KeyPolicy",
    "LinkTable",
    "PassLimits",
    "Protocol",
    "RelayPair",
    "Scenario",
    "Site",
    "StationTable",
    "fingerprint",
    "load_scenario",
    "refuse_several_terminals",
]
