"""Who comes to share key: the trusted relay and its key stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy

if TYPE_CHECKING:
    from satqkd.network.keystore import Draw as Draw, KeyBlock as KeyBlock, KeyStore as KeyStore
    from satqkd.network.trusted_relay import (
        Delivery as Delivery,
        Event as Event,
        Relay as Relay,
        relay as relay,
        run_relay as run_relay,
    )

__getattr__, __dir__, __all__ = lazy.face(__name__)
