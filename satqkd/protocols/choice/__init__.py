"""What may be chosen before a pass: parameters and seconds, and the search for the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy

if TYPE_CHECKING:
    from satqkd.protocols.choice import (
        objective as objective,
        parameters as parameters,
        profiles as profiles,
        search as search,
    )
    from satqkd.protocols.choice.parameters import (
        OptimizedBlocks as OptimizedBlocks,
        SearchLimits as SearchLimits,
        optimize as optimize,
    )
    from satqkd.protocols.choice.profiles import PARTS as PARTS, Profiles as Profiles, Seconds as Seconds

__getattr__, __dir__, __all__ = lazy.face(__name__)
