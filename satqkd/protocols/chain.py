"""From counts to a key length, unchecked: what a proof that is evaluated and an optimiser that climbs both call."""

from __future__ import annotations

from dataclasses import dataclass

from satqkd.arrays import FloatArray
from satqkd.protocols.bounds.photons import PhotonBounds


@dataclass(frozen=True, slots=True, eq=False)
class KeyChain:
    """The key of one basis, link by link: bounds on photons, phase error, what is gained, what is paid.

    Attributes
    ----------
    found : PhotonBounds
        What counts and errors tell of photons, not clipped to the counts.
    total, tested : ndarray
        Detections in the key basis and in the test basis [1].
    vacuum, single, test_single : ndarray
        Lower bounds on the detections from vacuum and from single photons, clipped to the counts [1].
    phase_error_rate : ndarray
        Upper bound on the phase error rate of the single-photon key bits [1].
    gained_bits : ndarray
        What vacuum and single photons are worth [bit].
    leakage_bits : ndarray
        What error correction reveals [bit].
    overhead_bits : float
        What privacy amplification and error verification cost, whatever the counts [bit].
    log_terms : float
        Natural logarithm of the number of error terms over epsilon_secrecy [1].
    """

    found: PhotonBounds
    total: FloatArray
    tested: FloatArray
    vacuum: FloatArray
    single: FloatArray
    test_single: FloatArray
    phase_error_rate: FloatArray
    gained_bits: FloatArray
    leakage_bits: FloatArray
    overhead_bits: float
    log_terms: float

    @property
    def paid_bits(self) -> FloatArray:
        """What the key costs [bit]."""
        return self.overhead_bits + self.leakage_bits

    @property
    def length_bits(self) -> FloatArray:
        """Key length, neither floored nor clipped [bit]."""
        return self.gained_bits - self.paid_bits
