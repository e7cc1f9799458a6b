"""What the optimiser climbs: expected key lengths with a slope where they are negative."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from satqkd.arrays import FloatArray
from satqkd.protocols import decoy_bb84, one_decoy_bb84
from satqkd.protocols.bounds.entropy import entropy_deficit
from satqkd.protocols.bounds.photons import PhotonBounds
from satqkd.protocols.bounds.sampling import phase_error_bound
from satqkd.protocols.decoy_bb84 import DecoyBB84
from satqkd.protocols.leakage import LeakageModel, block_leakage
from satqkd.protocols.one_decoy_bb84 import OneDecoyBB84

DecoyProtocol = DecoyBB84 | OneDecoyBB84


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
    protocol : DecoyBB84 or OneDecoyBB84
        Everything else.
    counts, errors : ndarray
        Expected counts and errors [1], shape (rows, 2, intensities).
    intensities, probabilities : ndarray
        Parameters of each row [1], shape (rows, intensities).
    leakage : {"efficiency", "finite-block"}
        Model of the leakage.
    """
    orders = protocol.key_orders
    secrecy, correctness = protocol.epsilon_secrecy / len(orders), protocol.epsilon_correctness / len(orders)
    lengths, wants = [], []
    for key, test in orders:
        n, wrong = counts[:, key], errors[:, key]
        total, tested = n.sum(axis=1), counts[:, test].sum(axis=1)
        if isinstance(protocol, DecoyBB84):
            log_terms = float(np.log(decoy_bb84.TERMS / secrecy))
            found = decoy_bb84.photon_bounds(
                n,
                counts[:, test],
                errors[:, test],
                intensities=intensities,
                probabilities=probabilities,
                log_terms=log_terms,
                tail_bound=protocol.tail_bound,
            )
            vacuum = np.minimum(found.vacuum, total)
            single = np.clip(found.single, 0.0, total - vacuum)
            overhead, phase_error = decoy_bb84.overhead_bits(log_terms, correctness), phase_error_bound
        else:
            proof = one_decoy_bb84.PROOFS[protocol.proof]
            log_terms = float(np.log(proof.terms / secrecy))
            found, _, _ = one_decoy_bb84.photon_bounds(
                n,
                wrong,
                counts[:, test],
                errors[:, test],
                intensities=intensities,
                probabilities=probabilities,
                log_terms=log_terms,
                clips_counts=proof.clips_counts,
            )
            single = np.clip(found.single, 0.0, total)
            counted = proof.with_vacuum if protocol.with_vacuum is None else protocol.with_vacuum
            vacuum = np.minimum(found.vacuum, total - single) if counted else np.zeros_like(total)
            overhead, phase_error = proof.overhead_bits(log_terms, correctness), proof.phase_error
        phase = phase_error(
            errors=found.test_errors,
            sample=np.clip(found.test_single, 0.0, tested),
            rest=single,
            log2_inverse_epsilon=log_terms / np.log(2.0),
        )
        gain = vacuum + single * entropy_deficit(phase)
        cost = overhead + block_leakage(
            leakage,
            key_bits=total,
            errors=wrong.sum(axis=1),
            efficiency=protocol.error_correction_efficiency,
            epsilon_correctness=correctness,
        )
        lengths.append(gain - cost)
        wants.append(np.minimum(gain / cost - 1.0, 0.0) - _distance(found, total, tested, phase, log_terms))
    return Balance(np.stack(lengths, axis=1), overhead, np.max(wants, axis=0))


def _distance(
    found: PhotonBounds, total: FloatArray, tested: FloatArray, phase: FloatArray, log_terms: float
) -> FloatArray:
    """Return how far bounds on photons are from any that could give key, as a share of the counts; 0 where they do."""
    inverse = 1.0 / np.maximum(tested, 1.0)
    single = found.test_single * inverse
    missing = found.test_errors * inverse - 0.5 * single + np.sqrt(np.maximum(single, 0.0) * log_terms * inverse)
    lacking = np.maximum(-found.single, 0.0) / np.maximum(total, 1.0)
    return np.where(phase < 0.5, 0.0, np.maximum(missing, 0.0) + lacking)
