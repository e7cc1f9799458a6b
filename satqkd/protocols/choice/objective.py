"""What the optimiser climbs: expected key lengths with a slope where they are negative."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from satqkd.arrays import FloatArray
from satqkd.protocols.chain import KeyChain
from satqkd.protocols.leakage import LeakageModel


class DecoyProtocol(Protocol):
    """What the choice of parameters asks of a protocol of pulses with decoys; any noun with these serves."""

    __dataclass_fields__: ClassVar[dict[str, Any]]  # a dataclass: the best parameters are put in its place

    @property
    def clock_rate_hz(self) -> float:
        """Pulses sent per second [1/s]."""

    @property
    def intensities(self) -> tuple[float, ...]:
        """Mean photon numbers [1], signal first; of three the last stays as it is."""

    @property
    def probabilities(self) -> tuple[float, ...]:
        """Probabilities of choosing them [1]."""

    @property
    def key_basis_probability(self) -> float:
        """Probability that either side chooses the key basis [1]."""

    @property
    def key_bases(self) -> str:
        """``"auto"`` where the number of key bases follows the probability."""

    @property
    def misalignment_error(self) -> float:
        """Probability that a photon is detected in the wrong detector of its basis [1]."""

    @property
    def error_correction(self) -> LeakageModel:
        """Model of the leakage."""

    def chains(
        self,
        *,
        counts: FloatArray,
        errors: FloatArray,
        intensities: FloatArray,
        probabilities: FloatArray,
        leakage: LeakageModel,
    ) -> tuple[KeyChain, ...]:
        """Key of each key basis of blocks with parameters of their own."""
        ...


class Balance(NamedTuple):
    """What blocks would yield, by key basis.

    Attributes
    ----------
    length_bits : ndarray
        Key lengths, neither floored nor clipped [bit], shape (rows, key bases).
    overhead_bits : float
        What each basis costs whatever its counts [bit].
    want : ndarray
        How far the better basis is from any key [1], <= 0, shape (rows,): the ratio of what it gains to what it pays,
        less one, less the distance of its photon bounds from any that would do.
    """

    length_bits: FloatArray
    overhead_bits: float
    want: FloatArray

    def objective(self) -> FloatArray:
        """Return what is to be maximised: positive and growing with the key where there is any, else the want."""
        key = np.maximum(self.length_bits, 0.0).sum(axis=1)
        return np.asarray(np.where(key > 0.0, np.log1p(key / self.overhead_bits), self.want))

    def total_bits(self) -> FloatArray:
        """Return the length of all key bases together, as `satqkd.protocols.block.BlockKey` has it [bit]."""
        key = np.maximum(self.length_bits, 0.0).sum(axis=1)
        return np.asarray(np.where(key > 0.0, key, self.length_bits.max(axis=1)))


def balance(
    protocol: DecoyProtocol,
    *,
    counts: FloatArray,
    errors: FloatArray,
    intensities: FloatArray,
    probabilities: FloatArray,
    leakage: LeakageModel,
) -> Balance:
    """Return what blocks would yield at parameters of their own.

    Parameters
    ----------
    protocol : DecoyProtocol
        Everything else.
    counts, errors : ndarray
        Expected counts and errors [1], shape (rows, 2, intensities).
    intensities, probabilities : ndarray
        Parameters of each row [1], shape (rows, intensities).
    leakage : {"efficiency", "finite-block"}
        Model of the leakage.
    """
    chains = protocol.chains(
        counts=counts, errors=errors, intensities=intensities, probabilities=probabilities, leakage=leakage
    )
    wants = [np.minimum(one.gained_bits / one.paid_bits - 1.0, 0.0) - _distance(one) for one in chains]
    lengths = np.stack([one.length_bits for one in chains], axis=1)
    return Balance(lengths, chains[-1].overhead_bits, np.max(wants, axis=0))


def _distance(chain: KeyChain) -> FloatArray:
    """Return how far bounds on photons are from any that could give key, as a share of the counts; 0 where they do."""
    found, inverse = chain.found, 1.0 / np.maximum(chain.tested, 1.0)
    single = found.test_single * inverse
    spread = np.sqrt(np.maximum(single, 0.0) * chain.log_terms * inverse)
    missing = found.test_errors * inverse - 0.5 * single + spread
    lacking = np.maximum(-found.single, 0.0) / np.maximum(chain.total, 1.0)
    return np.where(chain.phase_error_rate < 0.5, 0.0, np.maximum(missing, 0.0) + lacking)
