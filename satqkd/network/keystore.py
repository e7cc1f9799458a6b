"""A store of secret key that is filled by passes and emptied in the order in which it was filled."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from satqkd.errors import InputError


@dataclass(frozen=True, slots=True)
class KeyBlock:
    """Key of one block: how much [bit], when it was there [POSIX s], and the security parameter it carries [1].

    `made` says when its bits were made and which share of them: those of a block of several passes have waited for the
    last of them. Empty, all were made when the key was there.
    """

    pass_id: str
    time_s: float
    bits: int
    epsilon: float
    made: tuple[tuple[float, float], ...] = ()

    @property
    def parts(self) -> tuple[tuple[float, float], ...]:
        """Times [POSIX s] at which the bits were made, and their shares [1]."""
        return self.made or ((self.time_s, 1.0),)

    @property
    def oldest_s(self) -> float:
        """When the first of its bits were made [POSIX s]."""
        return min(time_s for time_s, _ in self.parts)


@dataclass(frozen=True, slots=True)
class Draw:
    """A piece taken from a block: how many bits, and the block it came from."""

    block: KeyBlock
    bits: int


class KeyStore:
    """Key that one station shares with the satellite, oldest used first; it is kept until it is drawn.

    Examples
    --------
    >>> store = KeyStore()
    >>> store.deposit(KeyBlock("monday", 0.0, 100, 1e-9))
    >>> store.deposit(KeyBlock("tuesday", 86400.0, 50, 1e-9))
    >>> [(draw.block.pass_id, draw.bits) for draw in store.draw(120)]
    [('monday', 100), ('tuesday', 20)]
    >>> store.bits
    30
    """

    def __init__(self) -> None:
        self._held: deque[Draw] = deque()
        self.bits = 0

    def deposit(self, block: KeyBlock) -> None:
        """Add the key of one pass.

        Raises
        ------
        InputError
            If the block holds a negative number of bits.
        """
        if block.bits < 0:
            raise InputError(f"A key store cannot take {block.bits} bits from pass {block.pass_id}.")
        if block.bits:
            self._held.append(Draw(block, block.bits))
            self.bits += block.bits

    def draw(self, bits: int) -> list[Draw]:
        """Take key out, oldest first; what is drawn is never used again.

        Raises
        ------
        InputError
            If the store does not hold that much.
        """
        if not 0 <= bits <= self.bits:
            raise InputError(f"A key store of {self.bits} bits cannot give {bits}.")
        drawn: list[Draw] = []
        self.bits -= bits
        while bits:
            oldest = self._held.popleft()
            taken = min(bits, oldest.bits)
            drawn.append(Draw(oldest.block, taken))
            if taken < oldest.bits:
                self._held.appendleft(Draw(oldest.block, oldest.bits - taken))
            bits -= taken
        return drawn
