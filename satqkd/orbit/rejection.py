"""Why a pass cannot be used: a kind, the limit, and how near the pass came; text is made from it, never read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

Kind = Literal[
    "elevation",
    "range",
    "sun",
    "sun-separation",
    "moon-separation",
    "shadow",
    "sunlit",
    "keyhole",
    "skyline",
    "age",
    "together",
    "own",
    "before",
    "plan",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""Every kind of rejection; ``together``: no limit alone takes every second; ``own``: a constraint of the user's;
``before``: the table said so already; ``plan``: a plan leaves nothing of it."""


class Rejection(NamedTuple):
    """One cause for which a pass was rejected.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    reason : str
        The limit that no second of it keeps, in words.
    detail : str
        How near the pass came, in words; empty where nobody said.
    """

    kind: Kind
    reason: str
    detail: str = ""

    @property
    def text(self) -> str:
        """The cause as the table says it."""
        return f"{self.reason} ({self.detail})" if self.detail else self.reason


Rejected = tuple[Rejection, ...]
"""The causes for one pass, in the order of the limits; none for a pass that can be used."""


def reject_reason(causes: Rejected) -> str:
    """Return the causes for one pass as its row says them."""
    return "; ".join(cause.text for cause in causes)


def count_rejections(rejections: Sequence[Rejected]) -> dict[str, int]:
    """Return how many passes were rejected for which limits, the most frequent first, without details."""
    found = Counter("; ".join(cause.reason for cause in causes) for causes in rejections if causes)
    return dict(found.most_common())


_FROM_A_LIMIT = KINDS[: KINDS.index("age")]


def name_of(constraint: object) -> str:
    """Return what is said of a pass that loses all its seconds to a constraint."""
    return str(getattr(constraint, "reason", None) or getattr(constraint, "__name__", type(constraint).__name__))


def kind_of(constraint: object) -> Kind:
    """Return the kind of what a constraint rejects: as it says itself where that is a limit of ours, else ``own``.

    An object of a user's may have a ``kind`` that means something else, and ``age`` is told of element sets only.
    """
    told = getattr(constraint, "kind", None)
    return next((kind for kind in _FROM_A_LIMIT if isinstance(told, str) and kind == told), "own")
