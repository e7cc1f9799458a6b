"""Who comes to share key: the trusted relay and its key stores."""

from satqkd.network.keystore import Draw, KeyBlock, KeyStore
from satqkd.network.trusted_relay import Delivery, Event, Relay, relay, run_relay

__all__ = ["Delivery", "Draw", "Event", "KeyBlock", "KeyStore", "Relay", "relay", "run_relay"]
