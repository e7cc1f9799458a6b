"""The best parameters and the best seconds of every pass, found from its predicted profile before it begins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from satqkd.arrays import FloatArray, as_floats
from satqkd.errors import InputError
from satqkd.protocols import checks
from satqkd.protocols.choice.objective import Balance, DecoyProtocol, balance
from satqkd.protocols.choice.profiles import PARTS, Profiles, Seconds
from satqkd.protocols.choice.search import Objective, maximize, scatter

AnyDecoy = TypeVar("AnyDecoy", bound=DecoyProtocol)

_STARTS = 48
"""Points offered to each block's search."""

_FOLLOWED = 3
"""The best of them, which are followed."""

_TOGETHER = 256
"""Blocks searched at a time: enough to share the overhead, few enough for the processor's cache."""


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """How far the parameters may be changed.

    Parameters
    ----------
    signal_intensity, decoy_intensity : tuple of float
        Least and largest mean photon numbers [1]; the proof's own limits hold too. The weakest of three intensities
        stays as it is.
    signal_probability, decoy_probability : tuple of float
        Least and largest probabilities of choosing them [1].
    weakest_probability : float
        Least probability of the weakest of three intensities [1].
    key_basis_probability : tuple of float
        Least and largest probability of the key basis [1].
    """

    signal_intensity: tuple[float, float] = (0.05, 1.0)
    decoy_intensity: tuple[float, float] = (0.005, 0.5)
    signal_probability: tuple[float, float] = (0.05, 0.99)
    decoy_probability: tuple[float, float] = (0.005, 0.9)
    weakest_probability: float = 0.005
    key_basis_probability: tuple[float, float] = (0.5, 0.99)

    def __post_init__(self) -> None:
        """Refuse limits that contradict each other."""
        for name in ("signal_intensity", "decoy_intensity"):
            self._check(name, 2.0)
        for name in ("signal_probability", "decoy_probability", "key_basis_probability"):
            self._check(name, 1.0)
        checks.epsilon("SearchLimits.weakest_probability", self.weakest_probability)
        if self.signal_intensity[0] <= self.decoy_intensity[0]:
            raise InputError("SearchLimits: the signal must be allowed to be brighter than the least decoy.")
        if self.signal_probability[0] + self.decoy_probability[0] + self.weakest_probability >= 1.0:
            raise InputError("SearchLimits: the least probabilities together leave nothing to choose.")

    def _check(self, name: str, most: float) -> None:
        low, high = getattr(self, name)
        if not 0.0 < low < high <= most:
            raise InputError(
                f"SearchLimits.{name} = {(low, high)!r} is out of range: it must be a least and a largest value, "
                f"greater than 0 and at most {most:g}."
            )


@dataclass(frozen=True, slots=True, eq=False)
class OptimizedBlocks(Generic[AnyDecoy]):
    """The best parameters and seconds of every block, and the key expected of them.

    Attributes
    ----------
    protocol : DecoyProtocol
        What was not optimised.
    intensities, probabilities : ndarray
        Of every block [1], shape (blocks, intensities).
    key_basis_probability : ndarray
        Of every block [1], shape (blocks,).
    kept : ndarray of bool
        The samples worth sending in, shape (samples,).
    length_bits : ndarray
        Expected key length before it is floored and clipped [bit], shape (blocks,).
    secret_bits : ndarray of int64
        Expected key length [bit], shape (blocks,).
    """

    protocol: AnyDecoy
    intensities: FloatArray
    probabilities: FloatArray
    key_basis_probability: FloatArray
    kept: NDArray[np.bool_]
    length_bits: FloatArray
    secret_bits: NDArray[np.int64]

    def settings(self, block: int) -> AnyDecoy:
        """Return the protocol with the parameters of a block."""
        values = {
            "intensities": tuple(self.intensities[block].tolist()),
            "probabilities": tuple(self.probabilities[block].tolist()),
            "key_basis_probability": float(self.key_basis_probability[block]),
        }
        return replace(self.protocol, **values)


def optimize(
    protocol: AnyDecoy,
    seconds: Seconds,
    *,
    parameters: bool = True,
    window: bool = True,
    limits: SearchLimits | None = None,
) -> OptimizedBlocks[AnyDecoy]:
    """Return the intensities, probabilities, basis bias and seconds that make the longest expected key of every block.

    Parameters
    ----------
    protocol : DecoyProtocol
        Everything that is not optimised; of three intensities the weakest.
    seconds : Seconds
        The predicted profile of every block.
    parameters, window : bool
        Whether intensities, probabilities and basis bias are optimised, and whether the seconds are chosen. Key bases
        that follow the probability (``"auto"``) are one where it is chosen.
    limits : SearchLimits, optional
        How far the parameters may be changed.

    Returns
    -------
    OptimizedBlocks
        A block that can yield nothing keeps all its seconds and the protocol's parameters.

    Notes
    -----
    The choice is made from the profile expected before the pass. Choosing seconds by the counts measured in them would
    make the sample depend on its errors, which the proofs exclude, as they exclude a length chosen after the fact.

    Multi-start quasi-Newton on the expected length, which is given a slope where it is negative. The part of the
    seconds kept is one of the variables, and is settled second by second at the end. Dead time is left out, as it thins
    all counts alike.
    """
    limits = SearchLimits() if limits is None else limits
    if parameters and protocol.key_bases == "auto":
        protocol = replace(protocol, key_bases="one")  # a bias is what is looked for: one basis gives, the other tests
    profiles = Profiles.of(
        seconds, misalignment_error=protocol.misalignment_error, largest_intensity=limits.signal_intensity[1]
    )
    chosen = _Parameters.of(protocol, seconds.blocks)
    if parameters:
        cube = _Cube(protocol, limits, window)
        for first in range(0, seconds.blocks, _TOGETHER):
            blocks = np.arange(first, min(first + _TOGETHER, seconds.blocks))
            points, values = cube.search(profiles, blocks)
            found, _ = cube.unpack(points)
            chosen.put(blocks[values > 0.0], found.take(values > 0.0))
    ends, yields = _whole(profiles, chosen, protocol)
    if window:
        for first in range(0, seconds.blocks, _TOGETHER):
            _settle(profiles, chosen, protocol, np.arange(first, min(first + _TOGETHER, seconds.blocks)), ends, yields)
    kept = np.zeros(len(seconds.block), dtype=bool)
    kept[profiles.order] = np.arange(len(kept)) < ends[seconds.block[profiles.order]]
    positive = np.maximum(yields, 0.0)
    length = np.where(positive.sum(axis=1) > 0.0, positive.sum(axis=1), yields.max(axis=1))
    return OptimizedBlocks(
        protocol=protocol,
        intensities=chosen.intensities,
        probabilities=chosen.probabilities,
        key_basis_probability=chosen.bias,
        kept=kept,
        length_bits=length,
        secret_bits=np.floor(positive).astype(np.int64).sum(axis=1),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Parameters:
    """Parameters of many blocks, one row each."""

    intensities: FloatArray
    probabilities: FloatArray
    bias: FloatArray

    @classmethod
    def of(cls, protocol: DecoyProtocol, rows: int) -> _Parameters:
        intensities, probabilities = (
            np.tile(as_floats("values", values), (rows, 1)) for values in (protocol.intensities, protocol.probabilities)
        )
        return cls(intensities, probabilities, np.full(rows, protocol.key_basis_probability))

    @property
    def shares(self) -> FloatArray:
        return np.stack([self.bias, 1.0 - self.bias], axis=1)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> _Parameters:
        return _Parameters(self.intensities[rows], self.probabilities[rows], self.bias[rows])

    def put(self, rows: NDArray[np.intp], others: _Parameters) -> None:
        self.intensities[rows], self.probabilities[rows] = others.intensities, others.probabilities
        self.bias[rows] = others.bias

    def balance(
        self, protocol: DecoyProtocol, detections: FloatArray, errors: FloatArray, *, search: bool = False
    ) -> Balance:
        """Return what rows of counts per pulse rate would yield; in a search, with the leakage that costs no time."""
        scale = protocol.clock_rate_hz * self.shares[:, :, None] ** 2 * self.probabilities[:, None, :]
        return balance(
            protocol,
            counts=scale * detections,
            errors=scale * errors,
            intensities=self.intensities,
            probabilities=self.probabilities,
            leakage="efficiency" if search else protocol.error_correction,
        )


def _whole(profiles: Profiles, chosen: _Parameters, protocol: DecoyProtocol) -> tuple[NDArray[np.intp], FloatArray]:
    """Return where every block ends if it keeps all its seconds, and the lengths of each key basis then."""
    blocks = np.arange(profiles.seconds.blocks)
    counted = profiles.counts(
        blocks, kept=np.ones(len(blocks)), intensities=chosen.intensities, basis_probabilities=chosen.shares
    )
    return profiles.ends[:, -1].copy(), chosen.balance(protocol, *counted).length_bits


def _settle(
    profiles: Profiles,
    chosen: _Parameters,
    protocol: DecoyProtocol,
    blocks: NDArray[np.intp],
    ends: NDArray[np.intp],
    yields: FloatArray,
) -> None:
    """Choose the seconds of some blocks one by one, about the best part; write them into `ends` and `yields`."""
    parts = np.tile(np.arange(PARTS + 1), len(blocks))
    rows = np.repeat(blocks, PARTS + 1)
    here = chosen.take(rows)
    counted = profiles.counts(rows, kept=parts / PARTS, intensities=here.intensities, basis_probabilities=here.shares)
    lengths = here.balance(protocol, *counted).total_bits().reshape(len(blocks), -1)
    best = np.argmax(lengths, axis=1)
    rows, taken, detections, errors = profiles.fine_counts(
        blocks,
        low=np.maximum(best - 1, 0),
        high=np.minimum(best + 1, PARTS),
        intensities=chosen.intensities[blocks],
        basis_probabilities=chosen.shares[blocks],
    )
    found = chosen.take(blocks[rows]).balance(protocol, detections, errors)
    total = found.total_bits()
    # Sorted by length within each block, the last of each block is its best.
    order = np.lexsort((total, rows))
    last = order[np.flatnonzero(np.diff(rows[order], append=-1))]
    last = last[total[last] > np.maximum(yields[blocks[rows[last]]].max(axis=1), 0.0)]
    ends[blocks[rows[last]]] = taken[last]
    yields[blocks[rows[last]]] = found.length_bits[last]


@dataclass(frozen=True, slots=True)
class _Cube:
    """The search space as a unit cube: bias, signal probability, intensities, decoy probability, kept part."""

    protocol: DecoyProtocol
    limits: SearchLimits
    window: bool

    @property
    def three(self) -> bool:
        return len(self.protocol.intensities) == 3

    def unpack(self, points: FloatArray) -> tuple[_Parameters, FloatArray]:
        """Return parameters and kept part at points of the cube."""
        limits, u = self.limits, iter(points.T)
        least_p2, most_p2 = limits.decoy_probability
        rest = limits.weakest_probability if self.three else 0.0
        weakest = float(self.protocol.intensities[-1]) if self.three else 0.0
        bias = _between(next(u), *limits.key_basis_probability)
        p1 = _between(next(u), limits.signal_probability[0], min(limits.signal_probability[1], 1.0 - rest - least_p2))
        mu1 = _between(next(u), max(limits.signal_intensity[0], 2.1 * weakest + 1e-3), limits.signal_intensity[1])
        dimmest = max(limits.decoy_intensity[0], 1.001 * weakest + 1e-6)
        brightest = np.minimum(limits.decoy_intensity[1], 0.999 * (mu1 - weakest))
        mu2 = _between(next(u), dimmest, np.maximum(brightest, dimmest))
        if self.three:
            p2 = _between(next(u), least_p2, np.minimum(most_p2, 1.0 - rest - p1))
            intensities, probabilities = [mu1, mu2, np.full_like(mu1, weakest)], [p1, p2, 1.0 - p1 - p2]
        else:
            intensities, probabilities = [mu1, mu2], [p1, 1.0 - p1]
        kept = next(u) if self.window else np.ones_like(bias)
        return _Parameters(np.stack(intensities, axis=1), np.stack(probabilities, axis=1), bias), kept

    def objective(self, profiles: Profiles, blocks: NDArray[np.intp]) -> Objective:
        """Return the function to be maximised for some blocks."""

        def function(points: FloatArray, rows: NDArray[np.intp]) -> FloatArray:
            here, kept = self.unpack(points)
            counted = profiles.counts(
                blocks[rows], kept=kept, intensities=here.intensities, basis_probabilities=here.shares
            )
            return here.balance(self.protocol, *counted, search=True).objective()

        return function

    def search(self, profiles: Profiles, blocks: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        """Return the best points of some blocks, and their objectives."""
        dimensions = 4 + self.three + self.window
        starts = np.broadcast_to(scatter(_STARTS, dimensions), (len(blocks), _STARTS, dimensions))
        return maximize(self.objective(profiles, blocks), starts, keep=_FOLLOWED)


def _between(u: FloatArray, low: float | FloatArray, high: float | FloatArray) -> FloatArray:
    return np.asarray(low + u * (high - low))
