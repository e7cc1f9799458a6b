"""The key that a block's own counts grant: BB84 with two decoys, variable length (Tupkary et al. 2025).

The length is decided after the block from what was counted in it, so that nothing about the channel has to be agreed
on, or be as expected, beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, as_float, takes_quantities
from satqkd.errors import InputError, shown
from satqkd.fields import one_of
from satqkd.protocols import checks
from satqkd.protocols.block import floor_bits, plain
from satqkd.protocols.bounds.entropy import entropy_deficit
from satqkd.protocols.bounds.hypergeometric import phase_error_rates
from satqkd.protocols.bounds.sampling import serfling_phase_error
from satqkd.protocols.bounds.tails import TailBound
from satqkd.protocols.decoy_bb84 import DecoyKey, photon_bounds, two_decoy_counts

Sampling = Literal["hypergeometric", "serfling"]
_SAMPLINGS: tuple[Sampling, ...] = ("hypergeometric", "serfling")
_TAILS: tuple[TailBound, ...] = ("relative-entropy", "chernoff", "hoeffding")
_INTERVALS = 9
"""Two-sided bounds on counts: of three intensities, in the key basis, in the test basis, and of the errors there."""


@dataclass(frozen=True, slots=True)
class Epsilons:
    """How the failure probability of secrecy is shared: ``eps_sec = 2 e_AT + e_PA``.

    ``e_AT^2 = 9 e_d^2 + e_a^2 + e_b^2 + e_c^2``: all events under which the counts do not say what they are taken to
    say. Each of the nine intervals fails with e_d^2, half of it on either side; sampling fails with e_a^2; what the
    detectors' mismatch does to the sample fails with e_b^2 and e_c^2, which are zero without any.

    Attributes
    ----------
    testing, privacy : float
        e_AT and e_PA [1].
    interval, sampling, mismatch : float
        e_d, e_a, and e_b = e_c [1].
    """

    testing: float
    privacy: float
    interval: float
    sampling: float
    mismatch: float

    @classmethod
    def of(cls, epsilon_secrecy: float, *, mismatch: bool) -> Epsilons:
        """Return the shares of a whole: most of it for what is tested, half of that for the intervals."""
        testing = 0.45 * epsilon_secrecy
        others = 3 if mismatch else 1
        sampling = testing / np.sqrt(2.0 * others)
        return cls(
            testing=testing,
            privacy=0.1 * epsilon_secrecy,
            interval=testing / np.sqrt(2.0 * _INTERVALS),
            sampling=float(sampling),
            mismatch=float(sampling) if mismatch else 0.0,
        )


@takes_quantities
def mismatch_terms(
    *, efficiency_mismatch: float, dark_count_probabilities: tuple[float, float] = (0.0, 0.0)
) -> tuple[float, float]:
    """Return what unequal detectors add to the phase error rate, and what share of the sample they may hide.

    Parameters
    ----------
    efficiency_mismatch : float
        m = 1 - smallest/largest efficiency [1], in [0, 1).
    dark_count_probabilities : tuple of float
        Smallest and largest dark-count probability of a gate, p- and p+ [1].

    Returns
    -------
    added, hidden : float
        delta_1 and delta_2 [1]; infinite and 1 where nothing is left.

    Notes
    -----
    Tupkary, Nahar, Sinha, Luetkenhaus, Quantum 9, 1937 (2025), arXiv:2408.17349. With r = 1 - m and p the smallest
    dark-count probability, ``delta_2 = (1 - p)^2 (1 - r)`` and ``delta_1 = 4 (1 - sqrt(1 - delta_2))``; unequal dark
    counts alone give ``delta_2 = 1 - [1 - (1 - p-)^2]/[1 - (1 - p+)^2]`` and ``delta_1 = delta_2 p+ (2 - p-)/[1 - (1 -
    p-)^2]``; the larger of either counts.
    """
    m = as_float("efficiency_mismatch", efficiency_mismatch)
    low, high = (as_float("dark_count_probabilities", one) for one in dark_count_probabilities)
    if not 0.0 <= m < 1.0:
        raise InputError(f"efficiency_mismatch = {shown(efficiency_mismatch)} is out of range: it must be in [0, 1).")
    if not 0.0 <= low <= high < 1.0:
        raise InputError(
            f"dark_count_probabilities = {shown(dark_count_probabilities)} is out of range: it must be a smallest and "
            "a largest probability in [0, 1)."
        )
    hidden = (1.0 - low) ** 2 * m
    added = 4.0 * (1.0 - np.sqrt(1.0 - hidden))
    if low < high:
        if low == 0.0:
            return float("inf"), 1.0
        dark = low * (2.0 - low)
        spread = 1.0 - dark / (high * (2.0 - high))
        added, hidden = max(added, spread * high * (2.0 - low) / dark), max(hidden, spread)
    return float(added), float(hidden)


@takes_quantities
def secret_key_length(  # noqa: PLR0913 - what the theorem asks for
    *,
    key_counts: ArrayLike,
    key_errors: ArrayLike,
    test_counts: ArrayLike,
    test_errors: ArrayLike,
    intensities: ArrayLike,
    probabilities: ArrayLike,
    epsilon_secrecy: float,
    epsilon_correctness: float,
    tail_bound: TailBound = "relative-entropy",
    sampling: Sampling = "hypergeometric",
    efficiency_mismatch: float = 0.0,
    dark_count_probabilities: tuple[float, float] = (0.0, 0.0),
    error_correction_efficiency: float = 1.16,
    leakage_bits: ArrayLike | None = None,
    cap_errors: bool = True,
    clamp_tails: bool = True,
) -> DecoyKey:
    """Return the key length that the counts of one block, or of many, grant.

    Parameters
    ----------
    key_counts, key_errors, test_counts, test_errors, intensities, probabilities, epsilon_secrecy, epsilon_correctness
        As `satqkd.protocols.decoy_bb84.secret_key_length`.
    tail_bound : {"relative-entropy", "chernoff", "hoeffding"}
        How the counts bound their expectations.
    sampling : {"hypergeometric", "serfling"}
        How the errors of the test bound those of the key: by the exact quantile, or by Serfling's inequality, as
        printed.
    efficiency_mismatch : float
        1 - smallest/largest efficiency of the detectors [1].
    dark_count_probabilities : tuple of float
        Smallest and largest dark-count probability of a gate [1]. Equal ones cost nothing without a mismatch.
    error_correction_efficiency, leakage_bits, cap_errors, clamp_tails
        As there.

    Returns
    -------
    DecoyKey
        Key length and intermediates; the vacuum gives no key here.

    Raises
    ------
    InputError
        Where the proof does not hold: negative counts, errors above counts, intensities without mu1 > mu2 + mu3 and
        mu2 > mu3 >= 0, probabilities that do not sum to one, an epsilon outside (0, 1), a mismatch outside [0, 1).

    Notes
    -----
    Tupkary, Nahar, Sinha, Luetkenhaus, Quantum 9, 1937 (2025), arXiv:2408.17349, with the bounds of Lim et al., PRA 89,
    022307 (2014), on vacuum and single photons, at two-sided tails of e_d^2. Of single photons m in the test with at
    most v errors, and n in the key, the phase error rate is at most ``(v/m + g + delta_1 + gamma_1)/(1 - delta_2 -
    gamma_2)``, and the key ``n [1 - h(phi)] - leak - 2 log2(1/(2 e_PA)) - log2(2/eps_cor)``. The relative entropy
    (Hoeffding 1963, Theorem 1) and the exact hypergeometric quantile are ours: both hold for what the proof asks of
    its bounds. A phase error of 1/2 leaves no key, and negative lengths are none.
    """
    one_of("tail_bound", tail_bound, _TAILS)
    one_of("sampling", sampling, _SAMPLINGS)
    secrecy, correctness = checks.block_epsilon(epsilon_secrecy, epsilon_correctness)
    key, test, wrong, leakage = two_decoy_counts(
        key_counts, key_errors, test_counts, test_errors, leakage_bits, efficiency=error_correction_efficiency
    )
    mu = checks.two_decoy_intensities(intensities)
    p = checks.probabilities_array("probabilities", probabilities, count=3)
    total = key.sum(axis=-1)
    added, hidden = mismatch_terms(
        efficiency_mismatch=efficiency_mismatch, dark_count_probabilities=dark_count_probabilities
    )
    share = Epsilons.of(secrecy, mismatch=hidden > 0.0)
    found = photon_bounds(
        key,
        test,
        wrong,
        intensities=mu,
        probabilities=p,
        log_terms=float(np.log(2.0) - 2.0 * np.log(share.interval)),
        tail_bound=tail_bound,
        cap_errors=cap_errors,
        clamp_tails=clamp_tails,
    )
    vacuum = np.minimum(found.vacuum, total)
    single, test_single = np.clip(found.single, 0.0, total), np.clip(found.test_single, 0.0, test.sum(axis=-1))
    sampled = _sampled(sampling, found.test_errors, test_single, single, share)
    phase = _with_mismatch(sampled, single, added, hidden, share)
    overhead = -2.0 * np.log2(2.0 * share.privacy) + np.log2(2.0 / correctness)
    length = single * entropy_deficit(phase) - leakage - overhead
    return DecoyKey(
        secret_bits=floor_bits(length),
        length_bits=plain(length),
        phase_error_rate=plain(phase),
        vacuum_events=plain(vacuum),
        single_photon_events=plain(single),
        test_single_photon_events=plain(test_single),
        test_single_photon_errors=plain(found.test_errors),
        leakage_bits=plain(leakage),
    )


def _sampled(sampling: Sampling, errors: FloatArray, test: FloatArray, key: FloatArray, share: Epsilons) -> FloatArray:
    """Return the error rate that the key's single photons would have shown, at most [1]."""
    errors, test, key = np.broadcast_arrays(errors, test, key)
    log_inverse = -float(np.log(share.sampling))
    if sampling == "serfling":
        bits = log_inverse / np.log(2.0)
        return serfling_phase_error(errors=errors, sample=test, rest=key, log2_inverse_epsilon=bits)
    return phase_error_rates(
        errors=np.maximum(errors, 0.0), sample=test, rest=key, log_inverse_probability=2.0 * log_inverse
    )


def _with_mismatch(sampled: FloatArray, single: FloatArray, added: float, hidden: float, share: Epsilons) -> FloatArray:
    """Return the phase error rate of key bits from detectors that differ, at most 1/2."""
    if hidden <= 0.0:
        return sampled
    deviation = np.sqrt(-np.log(share.mismatch) / np.maximum(single, 1e-300))
    left = 1.0 - hidden - deviation
    known = (left > 0.0) & (sampled < 0.5) & np.isfinite(added)
    rate = (sampled + (added if np.isfinite(added) else 0.0) + deviation) / np.where(known, left, 1.0)
    return np.asarray(np.where(known, np.minimum(rate, 0.5), 0.5))
