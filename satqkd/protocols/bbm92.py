"""Finite key of entanglement-based QKD: BBM92, and E91 with the same proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from satqkd.arrays import FloatArray, as_floats, takes_quantities
from satqkd.errors import InputError
from satqkd.fields import (
    DeadTime,
    Epsilon,
    ErrorRate,
    NonNegative,
    OpenFraction,
    PositiveFraction,
    PulseRate,
    TimeWindow,
    TimingJitter,
    noun,
    one_of,
)
from satqkd.protocols import asymptotic, checks
from satqkd.protocols.block import BlockKey, combine_bases, floor_bits, plain
from satqkd.protocols.bounds import hypergeometric
from satqkd.protocols.bounds.entropy import entropy_deficit
from satqkd.protocols.bounds.sampling import serfling_phase_error
from satqkd.protocols.leakage import block_leakage, error_correction_leakage
from satqkd.protocols.pair_source import Coincidences, coincidences

PairTailBound = Literal["serfling", "hypergeometric"]
_TAIL_BOUNDS: tuple[PairTailBound, ...] = ("serfling", "hypergeometric")


@dataclass(frozen=True, slots=True, eq=False)
class PairKey:
    """Length of a secret key from entangled pairs; numbers for one block, arrays for several.

    Attributes
    ----------
    secret_bits : int or ndarray of int64
        Key length [bit], >= 0.
    length_bits : float or ndarray
        The same before it is floored and clipped [bit]; negative where no key can be distilled.
    phase_error_rate : float or ndarray
        Upper bound on the error rate the key bits would have shown in the test basis [1], at most 1/2.
    leakage_bits : float or ndarray
        What error correction reveals [bit].
    chsh_value : float or ndarray
        CHSH value S the observed error rates imply, a figure of merit [1]; the proof does not use it.
    """

    secret_bits: int | NDArray[np.int64]
    length_bits: float | FloatArray
    phase_error_rate: float | FloatArray
    leakage_bits: float | FloatArray
    chsh_value: float | FloatArray


@takes_quantities
def secret_key_length(
    *,
    key_bits: ArrayLike,
    test_bits: ArrayLike,
    test_errors: ArrayLike,
    key_error_rate: ArrayLike,
    epsilon_secrecy: float,
    epsilon_correctness: float,
    error_correction_efficiency: float = 1.16,
    leakage_bits: ArrayLike | None = None,
    tail_bound: PairTailBound = "serfling",
) -> PairKey:
    """Return the secret key length of one block of pairs, or of many.

    Parameters
    ----------
    key_bits, test_bits : array_like
        Coincidences in which both sides measured the key basis, and the test basis [1], shape (...); expected values
        may be given for integers.
    test_errors : array_like
        Errors among those of the test basis [1], shape (...).
    key_error_rate : array_like
        Error rate of the key basis [1], shape (...).
    epsilon_secrecy, epsilon_correctness : float
        Security parameters [1].
    error_correction_efficiency : float
        Ratio of what error correction reveals to the Shannon limit [1].
    leakage_bits : array_like, optional
        What error correction revealed [bit], shape (...); without it ``f n h(Q)``.
    tail_bound : {"serfling", "hypergeometric"}
        How the test basis bounds the key: Serfling's inequality, or the exact distribution behind it, which takes
        a few milliseconds a block.

    Returns
    -------
    PairKey
        Key length and intermediates.

    Raises
    ------
    InputError
        Where the proof does not hold: negative counts, errors above counts, an error rate outside [0, 1], an epsilon
        outside (0, 1).

    Notes
    -----
    ``l = n [1 - h(phi)] - leak - log2(2/(eps_sec^2 eps_cor))`` with ``phi = Q + sqrt((n + k)/(n k) (k + 1)/k
    ln(4/eps_sec))``: Tomamichel, Lim, Gisin, Renner, Nat. Commun. 3, 634 (2012), doi:10.1038/ncomms1631. The tolerated
    error rate of that protocol is fixed beforehand, and a run that exceeds it aborts: the length given here is that of
    a run fixed at the values given.

    Security: composable, against coherent attacks; the source may be anyone's, Eve's too. Assumed: measurements in two
    mutually unbiased bases on qubits (or squashed to them), detection efficiency independent of the basis, bases chosen
    at random. E91 is the same key: its proof here is not device-independent, its CHSH value is a figure of merit.
    """
    n = checks.counts_array("key_bits", key_bits)
    k = checks.counts_array("test_bits", test_bits)
    wrong = checks.counts_array("test_errors", test_errors)
    checks.errors_within("test_errors", wrong, k)
    rate = checks.counts_array("key_error_rate", key_error_rate)
    if np.any(rate > 1.0):
        raise InputError(f"key_error_rate = {np.max(rate):g} is out of range: it must be at most 1.")
    one_of("tail_bound", tail_bound, _TAIL_BOUNDS)
    secrecy, correctness = checks.block_epsilon(epsilon_secrecy, epsilon_correctness)
    n, k, wrong, rate = np.broadcast_arrays(n, k, wrong, rate)
    log_terms = float(np.log(4.0 / secrecy))
    phase = serfling_phase_error(errors=wrong, sample=k, rest=n, log2_inverse_epsilon=log_terms / np.log(2.0))
    if tail_bound == "hypergeometric":
        exact = hypergeometric.phase_error_rates(
            errors=wrong, sample=k, rest=n, log_inverse_probability=2.0 * log_terms
        )
        # Rounding expected values to whole numbers can put it above the bound it refines.
        phase = np.minimum(exact, phase)
    if leakage_bits is None:
        efficiency = checks.correction_efficiency(error_correction_efficiency)
        leakage = error_correction_leakage(key_bits=n, error_rate=rate, efficiency=efficiency)
    else:
        leakage = checks.counts_array("leakage_bits", leakage_bits)
    length = n * entropy_deficit(phase) - leakage - (1.0 - 2.0 * np.log2(secrecy) - np.log2(correctness))
    test_rate = np.where(k > 0.0, wrong / np.where(k > 0.0, k, 1.0), 0.5)
    return PairKey(
        secret_bits=floor_bits(length),
        length_bits=plain(length),
        phase_error_rate=plain(phase),
        leakage_bits=plain(leakage),
        chsh_value=plain(chsh_value(visibility=1.0 - rate - test_rate)),
    )


@takes_quantities
def chsh_value(*, visibility: ArrayLike) -> FloatArray:
    """Return the CHSH value ``2 sqrt(2) V`` at the angles that serve a singlet best.

    Parameters
    ----------
    visibility : array_like
        Mean visibility of the two bases [1], ``1 - Q_Z - Q_X`` from their error rates.

    Returns
    -------
    ndarray
        S [1]; above 2 no local model explains the correlations.

    Notes
    -----
    Clauser, Horne, Shimony, Holt, Phys. Rev. Lett. 23, 880 (1969), doi:10.1103/PhysRevLett.23.880.

    >>> float(chsh_value(visibility=1.0).round(6))
    2.828427
    """
    return np.asarray(2.0 * np.sqrt(2.0) * as_floats("visibility", visibility))


@noun
class BBM92:
    """Settings of entanglement-based QKD: the [protocol] table of a scenario.

    Parameters
    ----------
    pair_rate_hz : float
        Pairs the source makes per second [1/s].
    coincidence_window_s : float
        Full width of the coincidence window [s].
    key_basis_probability : float
        Probability that either side measures in the key basis [1].
    geometry : {"source-on-satellite", "double-downlink"}
        Whether one photon of a pair is measured on the satellite and the other sent down, or both are sent down to two
        stations at once.
    local_transmittance : float
        Transmittance from the source to a click of the satellite's own detectors [1]; unused by a double downlink.
    local_noise_cps : float
        Noise counts of the satellite's own detectors together [1/s]; unused by a double downlink.
    local_jitter_s, local_dead_time_s : float, optional
        Timing error of a click, a standard deviation, and dead time of the satellite's own four detectors [s]; as the
        ground's detectors have unless given.
    misalignment_error : float
        Probability that a true pair gives unequal bits, the source's visibility included: (1 - V)/2 [1].
    epsilon_secrecy, epsilon_correctness : float
        Security parameters of a block [1].
    error_correction_efficiency : float
        Ratio of what error correction reveals to the Shannon limit [1].
    error_correction : {"efficiency", "finite-block"}
        Leakage ``f n h(Q)``, or the least a code of the block's length can reach where that is more.
    tail_bound : {"serfling", "hypergeometric"}
        How the test basis bounds the key.
    name : {"bbm92", "e91"}
        The same proof and the same key under either name.
    """

    pair_rate_hz: PulseRate
    coincidence_window_s: TimeWindow
    key_basis_probability: OpenFraction
    geometry: Literal["source-on-satellite", "double-downlink"] = "source-on-satellite"
    local_transmittance: PositiveFraction = 1.0
    local_noise_cps: NonNegative = 0.0
    local_jitter_s: TimingJitter | None = None
    local_dead_time_s: DeadTime | None = None
    misalignment_error: ErrorRate = 0.0
    epsilon_secrecy: Epsilon = 1e-9
    epsilon_correctness: Epsilon = 1e-15
    error_correction_efficiency: checks.CorrectionEfficiency = 1.16
    error_correction: Literal["efficiency", "finite-block"] = "efficiency"
    tail_bound: Literal["serfling", "hypergeometric"] = "serfling"
    name: Literal["bbm92", "e91"] = "bbm92"

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        checks.block_epsilon(self.epsilon_secrecy, self.epsilon_correctness)

    @takes_quantities
    def coincidences(
        self,
        *,
        transmittance: ArrayLike,
        noise_cps: ArrayLike,
        other_transmittance: ArrayLike | None = None,
        other_noise_cps: ArrayLike | None = None,
        jitter_s: ArrayLike = 0.0,
    ) -> Coincidences:
        """Return coincidence rates for a station, or for two stations at once.

        Parameters
        ----------
        transmittance, noise_cps : array_like
            Transmittance from the source to a click [1] and noise counts of all detectors [1/s] of the station.
        other_transmittance, other_noise_cps : array_like, optional
            The same of the second station of a double downlink.
        jitter_s : array_like
            Timing error of a click at the station, or at either of two, a standard deviation [s]; the satellite's own
            detectors have theirs, or the same. Dead times are left out.

        Raises
        ------
        InputError
            Where a double downlink lacks its second station, or a source on the satellite has one too many.
        """
        given = other_transmittance is not None and other_noise_cps is not None
        if given != (self.geometry == "double-downlink"):
            raise InputError(
                f'geometry = "{self.geometry}" takes {"one station" if given else "two stations"}: '
                "other_transmittance and other_noise_cps belong to a double downlink."
            )
        return coincidences(
            pair_rate_hz=self.pair_rate_hz,
            transmittance_a=transmittance,
            transmittance_b=self.local_transmittance if other_transmittance is None else other_transmittance,
            noise_a_cps=noise_cps,
            noise_b_cps=self.local_noise_cps if other_noise_cps is None else other_noise_cps,
            coincidence_window_s=self.coincidence_window_s,
            misalignment_error=self.misalignment_error,
            jitter_a_s=jitter_s,
            jitter_b_s=jitter_s if given or self.local_jitter_s is None else self.local_jitter_s,
        )

    @takes_quantities
    def secret_key(self, *, counts: ArrayLike, errors: ArrayLike) -> BlockKey:
        """Return the secret key of a block, or of many, from coincidences by basis.

        Parameters
        ----------
        counts, errors : array_like
            Matched-basis coincidences and the errors among them [1], shape (..., 2, 1): basis (Z, X), and one
            "intensity". Basis Z gives the key, basis X tests it.
        """
        counts, errors = checks.by_basis(counts, errors, intensities=1)
        n, wrong = counts[..., 0, 0], errors[..., 0, 0]
        key = secret_key_length(
            key_bits=n,
            test_bits=counts[..., 1, 0],
            test_errors=errors[..., 1, 0],
            key_error_rate=wrong / np.where(n > 0.0, n, 1.0),
            epsilon_secrecy=self.epsilon_secrecy,
            epsilon_correctness=self.epsilon_correctness,
            leakage_bits=block_leakage(
                self.error_correction,
                key_bits=n,
                errors=wrong,
                efficiency=self.error_correction_efficiency,
                epsilon_correctness=self.epsilon_correctness,
            ),
            tail_bound=self.tail_bound,
        )
        return combine_bases((key,), epsilon=self.epsilon_secrecy + self.epsilon_correctness)

    @property
    def key_orders(self) -> tuple[tuple[int, int], ...]:
        """Pairs of the basis that gives key and the one that tests it, as indices of counts."""
        return ((0, 1),)

    @property
    def tells_chsh(self) -> bool:
        """Whether the CHSH value is told beside the key, which does not need it: under the name of E91."""
        return self.name == "e91"

    @property
    def fixed_length(self) -> bool:
        """Whether the proof asks for a length that is agreed on before the block."""
        return True

    @property
    def proof_name(self) -> str:
        """Whose bound the key's length is, of which kind, with which tail."""
        return f"Tomamichel et al., Nat. Commun. 3, 634 (2012), fixed length, {self.tail_bound} tail, one basis as key"

    @takes_quantities
    def asymptotic_bits(self, *, counts: ArrayLike, errors: ArrayLike) -> float | FloatArray:
        """Return the asymptotic length of a block, or of many [bit], from coincidences as `secret_key` takes them."""
        counts, errors = checks.by_basis(counts, errors, intensities=1)
        rates = errors[..., 0] / np.where(counts[..., 0] > 0.0, counts[..., 0], 1.0)
        fraction = asymptotic.bbm92_fraction(
            key_error_rate=rates[..., 0],
            test_error_rate=rates[..., 1],
            error_correction_efficiency=self.error_correction_efficiency,
        )
        return plain(counts[..., 0, 0] * np.maximum(fraction, 0.0))
