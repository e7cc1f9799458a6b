"""Finite key of BB84 with weak coherent pulses, a signal and one decoy intensity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from satqkd.arrays import FloatArray, takes_quantities
from satqkd.errors import InputError
from satqkd.fields import Epsilon, ErrorRate, OpenFraction, PulseRate, noun, one_of
from satqkd.protocols import asymptotic, checks
from satqkd.protocols.block import BlockKey, combine_bases, floor_bits, plain
from satqkd.protocols.bounds.entropy import entropy_deficit
from satqkd.protocols.bounds.photons import (
    PhotonBounds,
    one_decoy_single_photon_errors,
    one_decoy_single_photon_events,
    one_decoy_vacuum_events,
    photon_number_probabilities,
)
from satqkd.protocols.bounds.sampling import phase_error_bound, serfling_phase_error
from satqkd.protocols.bounds.tails import hoeffding
from satqkd.protocols.chain import KeyChain
from satqkd.protocols.leakage import LeakageModel, block_leakage, error_correction_leakage

Proof = Literal["wiesemann2026", "rusca2018"]


@dataclass(frozen=True, slots=True, eq=False)
class OneDecoyKey:
    """Length of a secret key and every bound that led to it; numbers for one block, arrays for several.

    Attributes
    ----------
    secret_bits : int or ndarray of int64
        Key length [bit], >= 0.
    length_bits : float or ndarray
        The same before it is floored and clipped [bit]; negative where no key can be distilled.
    phase_error_rate : float or ndarray
        Upper bound on the phase error rate of the single-photon key bits [1], at most 1/2.
    vacuum_events, single_photon_events : float or ndarray
        Lower bounds on the key-basis detections that came from vacuum and from single photons [1].
    test_single_photon_events : float or ndarray
        Lower bound on the test-basis detections that came from single photons [1].
    test_single_photon_errors : float or ndarray
        Upper bound on the errors among them [1].
    leakage_bits : float or ndarray
        What error correction reveals [bit].
    vacuum_events_upper, test_vacuum_events_upper : float or ndarray
        Upper bounds on the detections that came from vacuum, in the key basis and in the test basis [1].
    """

    secret_bits: int | NDArray[np.int64]
    length_bits: float | FloatArray
    phase_error_rate: float | FloatArray
    vacuum_events: float | FloatArray
    single_photon_events: float | FloatArray
    test_single_photon_events: float | FloatArray
    test_single_photon_errors: float | FloatArray
    leakage_bits: float | FloatArray
    vacuum_events_upper: float | FloatArray
    test_vacuum_events_upper: float | FloatArray


@dataclass(frozen=True, slots=True)
class Constants:
    """Where the two proofs differ.

    Parameters
    ----------
    terms : float
        Error terms among which epsilon_secrecy is shared.
    privacy_terms, privacy_offset_bits : float
        What privacy amplification costs: so many binary logarithms of terms over epsilon, less an offset [bit].
    clips_counts : bool
        Whether bounds on counts stay between zero and the total.
    with_vacuum : bool
        Whether detections from vacuum count as key.
    phase_error : callable
        How the test basis bounds the phase error of the key.
    """

    terms: float
    privacy_terms: float
    privacy_offset_bits: float
    clips_counts: bool
    with_vacuum: bool
    phase_error: Callable[..., FloatArray]

    @takes_quantities
    def overhead_bits(self, log_terms: float, epsilon_correctness: float) -> float:
        """Return what privacy amplification and error verification cost [bit]."""
        privacy = self.privacy_terms * log_terms / np.log(2.0) - self.privacy_offset_bits
        return float(privacy + np.log2(2.0 / epsilon_correctness))


PROOFS: dict[Proof, Constants] = {
    "wiesemann2026": Constants(
        terms=15.0,
        privacy_terms=4.0,
        privacy_offset_bits=1.0,
        clips_counts=True,
        with_vacuum=False,
        phase_error=serfling_phase_error,
    ),
    "rusca2018": Constants(
        terms=19.0,
        privacy_terms=6.0,
        privacy_offset_bits=0.0,
        clips_counts=False,
        with_vacuum=True,
        phase_error=phase_error_bound,
    ),
}


def photon_bounds(
    key: FloatArray,
    key_wrong: FloatArray,
    test: FloatArray,
    test_wrong: FloatArray,
    *,
    intensities: FloatArray,
    probabilities: FloatArray,
    log_terms: float,
    clips_counts: bool,
) -> tuple[PhotonBounds, FloatArray, FloatArray]:
    """Return what counts and errors in both bases tell of photons, and upper bounds on vacuum in either basis.

    Arguments are those of `secret_key_length`, unchecked, with the logarithm of the error terms over epsilon_secrecy.
    """
    scales = {"intensities": intensities, "probabilities": probabilities}
    tau0, _ = photon_number_probabilities(intensities, probabilities)

    def bounds(counts: FloatArray) -> dict[str, FloatArray]:
        lower, upper = hoeffding(counts, log_inverse_epsilon=log_terms)
        if clips_counts:
            total = counts.sum(axis=-1, keepdims=True)
            lower, upper = np.maximum(lower, 0.0), np.minimum(upper, total)
        return {"lower": lower, "upper": upper}

    def photons(counts: FloatArray, wrong: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        total = counts.sum(axis=-1)
        # Half of what comes from vacuum is wrong, so the errors of any intensity bound it; the smaller one does best.
        noise = (np.exp(intensities) / probabilities * bounds(wrong)["upper"]).min(axis=-1)
        vacuum_upper = 2.0 * (tau0 * noise + np.sqrt(0.5 * log_terms * total))
        if clips_counts:
            vacuum_upper = np.minimum(vacuum_upper, total)
        single = one_decoy_single_photon_events(**bounds(counts), vacuum_upper=vacuum_upper, **scales)
        return one_decoy_vacuum_events(**bounds(counts), **scales), single, vacuum_upper

    vacuum, single, vacuum_upper = photons(key, key_wrong)
    _, test_single, test_vacuum_upper = photons(test, test_wrong)
    errors = one_decoy_single_photon_errors(**bounds(test_wrong), **scales)
    if clips_counts:
        errors = np.minimum(errors, test.sum(axis=-1))
    return PhotonBounds(vacuum, single, test_single, errors), vacuum_upper, test_vacuum_upper


def key_chain(
    key: FloatArray,
    key_wrong: FloatArray,
    test: FloatArray,
    test_wrong: FloatArray,
    *,
    intensities: FloatArray,
    probabilities: FloatArray,
    epsilon_secrecy: float,
    epsilon_correctness: float,
    proof: Proof,
    with_vacuum: bool | None,
    leakage_bits: FloatArray,
) -> tuple[KeyChain, FloatArray, FloatArray]:
    """Return the key from counts to length, and upper bounds on vacuum in either basis.

    Arguments are those of `secret_key_length`, unchecked.
    """
    constants = PROOFS[proof]
    log_terms = float(np.log(constants.terms / epsilon_secrecy))
    found, vacuum_upper, test_vacuum_upper = photon_bounds(
        key,
        key_wrong,
        test,
        test_wrong,
        intensities=intensities,
        probabilities=probabilities,
        log_terms=log_terms,
        clips_counts=constants.clips_counts,
    )
    total, tested = key.sum(axis=-1), test.sum(axis=-1)
    single = np.clip(found.single, 0.0, total)
    test_single = np.clip(found.test_single, 0.0, tested)
    phase = constants.phase_error(
        errors=found.test_errors, sample=test_single, rest=single, log2_inverse_epsilon=log_terms / np.log(2.0)
    )
    overhead = constants.overhead_bits(log_terms, epsilon_correctness)
    gained = single * entropy_deficit(phase)
    if constants.with_vacuum if with_vacuum is None else with_vacuum:
        gained = np.minimum(found.vacuum, total - single) + gained
    chain = KeyChain(
        found=found,
        total=total,
        tested=tested,
        vacuum=np.minimum(found.vacuum, total),
        single=single,
        test_single=test_single,
        phase_error_rate=phase,
        gained_bits=gained,
        leakage_bits=leakage_bits,
        overhead_bits=overhead,
        log_terms=log_terms,
    )
    return chain, vacuum_upper, test_vacuum_upper


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
    proof: Proof = "wiesemann2026",
    with_vacuum: bool | None = None,
    states: int = 4,
    error_correction_efficiency: float = 1.16,
    leakage_bits: ArrayLike | None = None,
) -> OneDecoyKey:
    """Return the secret key length of one block, or of many, from its accumulated counts.

    Parameters
    ----------
    key_counts, key_errors, test_counts, test_errors : array_like
        Detections in the key basis and in the test basis and the errors among them [1], shape (..., 2), signal first;
        expected values may be given for integers. The errors of the key, known once it is corrected, bound the vacuum.
    intensities, probabilities : array_like
        Mean photon numbers at the exit aperture [1] and the probabilities of choosing them [1], shape (2,) or (..., 2).
    epsilon_secrecy, epsilon_correctness : float
        Security parameters [1].
    proof : {"wiesemann2026", "rusca2018"}
        Whose constants.
    with_vacuum : bool, optional
        Whether detections from vacuum count as key; as the proof's authors do unless given.
    states : int
        States sent; only four are covered.
    error_correction_efficiency : float
        Ratio of what error correction reveals to the Shannon limit [1].
    leakage_bits : array_like, optional
        What error correction revealed [bit], shape (...); without it ``f n h(Q)``.

    Returns
    -------
    OneDecoyKey
        Key length and intermediates.

    Raises
    ------
    InputError
        Where the proof does not hold: negative counts, errors above counts, intensities without mu1 > mu2 > 0,
        probabilities that do not sum to one, an epsilon outside (0, 1), other than four states.

    Notes
    -----
    "wiesemann2026": Wiesemann et al., Quantum 10, 2037 (2026), doi:10.22331/q-2026-03-23-2037, which mends the
    fixed-length argument and the acceptance test of earlier proofs. "rusca2018": Rusca et al., Appl. Phys. Lett. 112,
    171104 (2018), doi:10.1063/1.5023340; its phase error is made safe where errors are few, see
    `satqkd.protocols.bounds.phase_error_bound`.

    Security: composable, epsilon_secrecy-secret and epsilon_correctness-correct against coherent attacks, for a length
    fixed before the pass: a block whose counts do not support it is aborted, not shortened. Assumed: phases uniformly
    random, intensities exact, detection efficiency independent of the basis, basis and intensity chosen independently
    of everything else.
    """
    key = checks.counts_array("key_counts", key_counts, intensities=2)
    test = checks.counts_array("test_counts", test_counts, intensities=2)
    key_wrong = checks.counts_array("key_errors", key_errors, intensities=2)
    test_wrong = checks.counts_array("test_errors", test_errors, intensities=2)
    checks.errors_within("key_errors", key_wrong, key)
    checks.errors_within("test_errors", test_wrong, test)
    mu = checks.one_decoy_intensities(intensities)
    p = checks.probabilities_array("probabilities", probabilities, count=2)
    one_of("proof", proof, tuple(PROOFS))
    if states != 4:
        raise InputError(
            f"states = {states!r} is not covered: both proofs bound the phase error from a test basis of two states.",
            "Send all four states, or see Rusca et al., PRA 98, 052336 (2018) for three, whose phase error takes the "
            "mismatched bases too.",
        )
    secrecy, correctness = checks.block_epsilon(epsilon_secrecy, epsilon_correctness)
    if leakage_bits is None:
        total = key.sum(axis=-1)
        rate = key_wrong.sum(axis=-1) / np.where(total > 0.0, total, 1.0)
        efficiency = checks.correction_efficiency(error_correction_efficiency)
        leakage = error_correction_leakage(key_bits=total, error_rate=rate, efficiency=efficiency)
    else:
        leakage = checks.counts_array("leakage_bits", leakage_bits)
    chain, vacuum_upper, test_vacuum_upper = key_chain(
        key,
        key_wrong,
        test,
        test_wrong,
        intensities=mu,
        probabilities=p,
        epsilon_secrecy=secrecy,
        epsilon_correctness=correctness,
        proof=proof,
        with_vacuum=with_vacuum,
        leakage_bits=leakage,
    )
    return OneDecoyKey(
        secret_bits=floor_bits(chain.length_bits),
        length_bits=plain(chain.length_bits),
        phase_error_rate=plain(chain.phase_error_rate),
        vacuum_events=plain(chain.vacuum),
        single_photon_events=plain(chain.single),
        test_single_photon_events=plain(chain.test_single),
        test_single_photon_errors=plain(chain.found.test_errors),
        leakage_bits=plain(leakage),
        vacuum_events_upper=plain(vacuum_upper),
        test_vacuum_events_upper=plain(test_vacuum_upper),
    )


@noun
class OneDecoyBB84:
    """Settings of BB84 with a signal and one decoy: the [protocol] table of a scenario.

    Parameters
    ----------
    clock_rate_hz : float
        Pulses sent per second [1/s].
    intensities, probabilities : tuple of float
        Mean photon numbers at the exit aperture [1] and the probabilities of choosing them [1], signal first.
    key_basis_probability : float
        Probability that either side chooses the key basis [1].
    key_bases : {"one"}
        One basis gives the key and the other tests it.
    misalignment_error : float
        Probability that a photon is detected in the wrong detector of its basis [1].
    epsilon_secrecy, epsilon_correctness : float
        Security parameters of a block [1].
    error_correction_efficiency : float
        Ratio of what error correction reveals to the Shannon limit [1].
    error_correction : {"efficiency", "finite-block"}
        Leakage ``f n h(Q)``, or the least a code of the block's length can reach where that is more.
    proof : {"wiesemann2026", "rusca2018"}
        Whose constants.
    with_vacuum : bool, optional
        Whether detections from vacuum count as key; as the proof's authors do unless given.
    """

    clock_rate_hz: PulseRate
    intensities: tuple[float, float]
    probabilities: tuple[float, float]
    key_basis_probability: OpenFraction
    key_bases: Literal["one"] = "one"
    misalignment_error: ErrorRate = 0.0
    epsilon_secrecy: Epsilon = 1e-9
    epsilon_correctness: Epsilon = 1e-15
    error_correction_efficiency: checks.CorrectionEfficiency = 1.16
    error_correction: Literal["efficiency", "finite-block"] = "efficiency"
    proof: Literal["wiesemann2026", "rusca2018"] = "wiesemann2026"
    with_vacuum: bool | None = None
    name: Literal["one-decoy-bb84"] = "one-decoy-bb84"

    def __post_init__(self) -> None:
        """Refuse what the proof does not cover."""
        checks.block_epsilon(self.epsilon_secrecy, self.epsilon_correctness)
        for name in ("intensities", "probabilities"):  # lists are as good, but settings are compared and hashed
            object.__setattr__(self, name, tuple(float(value) for value in getattr(self, name)))
        checks.one_decoy_intensities(self.intensities)
        checks.probabilities_array("probabilities", self.probabilities, count=2)

    @takes_quantities
    def secret_key(self, *, counts: ArrayLike, errors: ArrayLike) -> BlockKey:
        """Return the secret key of a block, or of many, from counts by basis and intensity.

        Parameters
        ----------
        counts, errors : array_like
            Matched-basis detections and the errors among them [1], shape (..., 2, 2): basis (Z, X), then intensity,
            signal first. Basis Z gives the key, basis X tests it.
        """
        counts, errors = checks.by_basis(counts, errors, intensities=2)
        key = secret_key_length(
            key_counts=counts[..., 0, :],
            key_errors=errors[..., 0, :],
            test_counts=counts[..., 1, :],
            test_errors=errors[..., 1, :],
            intensities=self.intensities,
            probabilities=self.probabilities,
            epsilon_secrecy=self.epsilon_secrecy,
            epsilon_correctness=self.epsilon_correctness,
            proof=self.proof,
            with_vacuum=self.with_vacuum,
            leakage_bits=block_leakage(
                self.error_correction,
                key_bits=counts[..., 0, :].sum(axis=-1),
                errors=errors[..., 0, :].sum(axis=-1),
                efficiency=self.error_correction_efficiency,
                epsilon_correctness=self.epsilon_correctness,
            ),
        )
        return combine_bases((key,), epsilon=self.epsilon_secrecy + self.epsilon_correctness)

    def chains(
        self,
        *,
        counts: FloatArray,
        errors: FloatArray,
        intensities: FloatArray,
        probabilities: FloatArray,
        leakage: LeakageModel,
    ) -> tuple[KeyChain, ...]:
        """Return the key of blocks with parameters of their own, unchecked; see `satqkd.protocols.decoy_bb84`."""
        chain, _, _ = key_chain(
            counts[:, 0],
            errors[:, 0],
            counts[:, 1],
            errors[:, 1],
            intensities=intensities,
            probabilities=probabilities,
            epsilon_secrecy=self.epsilon_secrecy,
            epsilon_correctness=self.epsilon_correctness,
            proof=self.proof,
            with_vacuum=self.with_vacuum,
            leakage_bits=block_leakage(
                leakage,
                key_bits=counts[:, 0].sum(axis=1),
                errors=errors[:, 0].sum(axis=1),
                efficiency=self.error_correction_efficiency,
                epsilon_correctness=self.epsilon_correctness,
            ),
        )
        return (chain,)

    @property
    def key_orders(self) -> tuple[tuple[int, int], ...]:
        """Pairs of the basis that gives key and the one that tests it, as indices of counts."""
        return ((0, 1),)

    @property
    def fixed_length(self) -> bool:
        """Whether the proof asks for a length that is agreed on before the block."""
        return self.proof == "rusca2018"

    @property
    def proof_name(self) -> str:
        """Whose bound the key's length is, of which kind."""
        authors = {
            "wiesemann2026": "Wiesemann et al., Quantum 10, 2037 (2026), variable length",
            "rusca2018": "Rusca et al., APL 112, 171104 (2018), fixed length",
        }
        return f"{authors[self.proof]}, Hoeffding tails, one basis as key"

    @takes_quantities
    def asymptotic_bits(self, *, counts: ArrayLike, errors: ArrayLike) -> float | FloatArray:
        """Return the asymptotic length of a block, or of many [bit], from counts as `secret_key` takes them."""
        counts, errors = checks.by_basis(counts, errors, intensities=2)
        return asymptotic.one_decoy_bb84_length(
            key_counts=counts[..., 0, :],
            key_errors=errors[..., 0, :],
            test_counts=counts[..., 1, :],
            test_errors=errors[..., 1, :],
            intensities=self.intensities,
            probabilities=self.probabilities,
            error_correction_efficiency=self.error_correction_efficiency,
        )
