"""Why a pass cannot be used: a kind, the limit, and how near the pass came; text is made from it, never read back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args, overload

import numpy as np

from satqkd.arrays import BoolArray, IntArray

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
        return _text(self.reason, self.detail)


Rejected = tuple[Rejection, ...]
"""The causes for one pass, in the order of the limits; none for a pass that can be used."""


Cause = tuple[Kind, str]
"""Kind and reason of a rejection, without the detail."""


class Rejections(Sequence[Rejected]):
    """Why each of many passes is rejected, in few bytes each: what is said of one is put together when it is asked for.

    Passes that are rejected for the same causes share them; only the details are their own.
    """

    def __init__(self, passes: int) -> None:
        self._group = np.full(passes, -1, dtype=np.int32)
        self._place = np.zeros(passes, dtype=np.int32)
        self._groups: list[tuple[tuple[Cause, ...], tuple[list[str], ...]]] = []

    @staticmethod
    def of(causes: Sequence[Rejected]) -> Rejections:
        """Return the causes of each pass, given one by one."""
        found = Rejections(len(causes))
        alike: dict[tuple[Cause, ...], list[int]] = {}
        for row, own in enumerate(causes):
            if own:
                alike.setdefault(tuple(one[:2] for one in own), []).append(row)
        for group, rows in alike.items():
            found.enter(np.array(rows), group, [[causes[row][k].detail for row in rows] for k in range(len(group))])
        return found

    def enter(self, rows: IntArray, causes: Sequence[Cause], details: Sequence[list[str]]) -> None:
        """Reject passes, whatever was said of them before.

        Parameters
        ----------
        rows : ndarray of int
        causes : sequence of (kind, reason)
            The same for all of them.
        details : sequence of list of str
            For each cause those of each pass.
        """
        if len(rows):
            self._group[rows], self._place[rows] = len(self._groups), np.arange(len(rows))
            self._groups.append((tuple(causes), tuple(details)))

    def into(self, others: Rejections, rows: IntArray) -> None:
        """Enter these rejections of some passes, all of them rejected, into those of more passes."""
        for group, (causes, details) in enumerate(self._groups):
            others.enter(rows[self._group == group], causes, details)

    def __len__(self) -> int:
        return len(self._group)

    @overload
    def __getitem__(self, row: int) -> Rejected: ...
    @overload
    def __getitem__(self, row: slice) -> list[Rejected]: ...
    def __getitem__(self, row: int | slice) -> Rejected | list[Rejected]:
        if isinstance(row, slice):
            return [self[one] for one in range(*row.indices(len(self)))]
        group, place = self._group[row], self._place[row]
        if group < 0:
            return ()
        causes, details = self._groups[group]
        return tuple(Rejection(cause[0], cause[1], own[place]) for cause, own in zip(causes, details, strict=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rejections) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # it may still grow

    @property
    def some(self) -> BoolArray:
        """Which passes are rejected, shape (passes,)."""
        return np.asarray(self._group >= 0)

    def take(self, rows: IntArray) -> Rejections:
        """Return those of some passes, in the order in which they are asked for."""
        found = Rejections(0)
        found._group, found._place, found._groups = self._group[rows], self._place[rows], self._groups
        return found

    @staticmethod
    def joined(parts: Sequence[Rejections]) -> Rejections:
        """Return those of several lists of passes, one list after the other."""
        found = Rejections(0)
        shifts = np.cumsum([0, *(len(part._groups) for part in parts)]).tolist()
        groups = [np.where(one._group < 0, -1, one._group + by) for one, by in zip(parts, shifts, strict=False)]
        found._group = np.concatenate([found._group, *groups]).astype(np.int32)
        found._place = np.concatenate([found._place, *(part._place for part in parts)])
        found._groups = [group for part in parts for group in part._groups]
        return found

    def texts(self) -> list[str]:
        """Return the causes of each pass as its row says them."""
        written = [
            [
                "; ".join(said)
                for said in zip(
                    *([_text(cause[1], one) for one in own] for cause, own in zip(causes, details, strict=True)),
                    strict=True,
                )
            ]
            for causes, details in self._groups
        ]
        pairs = zip(self._group.tolist(), self._place.tolist(), strict=True)
        return [written[group][place] if group >= 0 else "" for group, place in pairs]

    def counts(self) -> dict[str, int]:
        """Return how many passes were rejected for which limits, the most frequent first, without details."""
        found: Counter[str] = Counter()
        used, first, number = np.unique(self._group[self.some], return_index=True, return_counts=True)
        for place in np.argsort(first).tolist():
            causes, _ = self._groups[int(used[place])]
            found["; ".join(reason for _, reason in causes)] += int(number[place])
        return dict(found.most_common())

    def all_are(self, kind: Kind) -> bool:
        """Whether there are passes, and each of them is rejected for a cause of a kind."""
        of_kind = np.array([any(cause[0] == kind for cause in causes) for causes, _ in self._groups], dtype=bool)
        return bool(len(self)) and bool(self.some.all()) and bool(of_kind[self._group].all())


def _text(reason: str, detail: str) -> str:
    return f"{reason} ({detail})" if detail else reason


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
