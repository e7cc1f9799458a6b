"""How much key the received light is: finite-key lengths, their asymptotic limits, leakage and optimisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy

if TYPE_CHECKING:
    from satqkd.protocols import (
        asymptotic as asymptotic,
        authentication as authentication,
        bbm92 as bbm92,
        bounds as bounds,
        choice as choice,
        decoy_bb84 as decoy_bb84,
        fluctuation as fluctuation,
        leakage as leakage,
        one_decoy_bb84 as one_decoy_bb84,
        pair_source as pair_source,
        variable_length as variable_length,
    )
    from satqkd.protocols.bounds import (
        entropy as entropy,
        hypergeometric as hypergeometric,
        photons as photons,
        sampling as sampling,
    )

__getattr__, __dir__, __all__ = lazy.face(__name__)
