"""What a block of counts yields, whatever the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from satqkd.arrays import FloatArray, takes_quantities


class KeyLength(Protocol):
    """What the key of one basis, whatever its protocol, tells of its length."""

    @property
    def secret_bits(self) -> int | NDArray[np.int64]:
        """Key length [bit]."""

    @property
    def length_bits(self) -> float | FloatArray:
        """Key length before it is floored and clipped [bit]."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockKey:
    """Secret key of a block, all key bases together; numbers for one block, arrays for several.

    Attributes
    ----------
    secret_bits : int or ndarray of int64
        Key length [bit], >= 0.
    length_bits : float or ndarray
        The same before it is floored and clipped [bit]. Of two key bases each is a protocol run of its own, which
        yields nothing where its length is negative: the lengths that are positive add, and where none is, the larger
        stands.
    epsilon : float
        Security parameters consumed, secrecy and correctness together [1].
    by_basis : tuple
        The key of each key basis with its intermediates.
    """

    secret_bits: int | NDArray[np.int64]
    length_bits: float | FloatArray
    epsilon: float
    by_basis: tuple[Any, ...]


def combine_bases(keys: Sequence[KeyLength], *, epsilon: float) -> BlockKey:
    """Return the key of all key bases together; see `BlockKey.length_bits` for negative lengths."""
    lengths = np.stack([np.asarray(key.length_bits) for key in keys])
    positive = np.maximum(lengths, 0.0).sum(axis=0)
    length = np.where(positive > 0.0, positive, lengths.max(axis=0))
    bits = np.stack([np.asarray(key.secret_bits) for key in keys]).sum(axis=0)
    return BlockKey(
        secret_bits=int(bits) if bits.ndim == 0 else bits,
        length_bits=plain(length),
        epsilon=epsilon,
        by_basis=tuple(keys),
    )


@takes_quantities
def floor_bits(length_bits: ArrayLike) -> int | NDArray[np.int64]:
    """Return a length as whole bits, never negative; a number for a number."""
    bits = np.floor(np.maximum(length_bits, 0.0)).astype(np.int64)
    return int(bits) if bits.ndim == 0 else np.asarray(bits)


def plain(values: ArrayLike) -> float | FloatArray:
    """Return a number for an array without dimensions, and any other array as it is."""
    array = np.asarray(values, dtype=float)
    return float(array) if array.ndim == 0 else array
