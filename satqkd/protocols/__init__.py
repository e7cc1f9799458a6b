"""How much key the received light is: finite-key lengths, their asymptotic limits, leakage and optimisation."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from satqkd.protocols import (
        asymptotic,
        authentication,
        bbm92,
        decoy_bb84,
        entropy,
        fluctuation,
        leakage,
        one_decoy_bb84,
        optimize,
        pair_source,
        photons,
        profiles,
        sampling,
        tail_bounds,
    )

__all__ = [
    "asymptotic",
    "authentication",
    "bbm92",
    "decoy_bb84",
    "entropy",
    "fluctuation",
    "leakage",
    "one_decoy_bb84",
    "optimize",
    "pair_source",
    "photons",
    "profiles",
    "sampling",
    "tail_bounds",
]


def __getattr__(name: str) -> Any:
    # Imported when first asked for: a budget needs no key bound.
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
