"""Finite key of BB84 with weak coherent pulses, a signal and two decoy intensities (Lim et al. 2014)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from satqkd.arrays import FloatArray, takes_quantities
from satqkd.fields import Epsilon, ErrorRate, OpenFraction, PulseRate, noun, one_of
from satqkd.protocols import asymptotic, checks
from satqkd.protocols.block import BlockKey, combine_bases, floor_bits, plain
from satqkd.protocols.bounds.entropy import entropy_deficit
from satqkd.protocols.bounds.photons import PhotonBounds, single_photon_errors, vacuum_and_single_photon_events
from satqkd.protocols.bounds.sampling import phase_error_bound
from satqkd.protocols.bounds.tails import TAIL_BOUNDS, TailBound
from satqkd.protocols.chain import KeyChain
from satqkd.protocols.leakage import LeakageModel, block_leakage, error_correction_leakage

TERMS = 21.0
"""Error terms of the proof among which epsilon_secrecy is shared."""


@dataclass(frozen=True, slots=True, eq=False)
class DecoyKey:
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
    """

    secret_bits: int | NDArray[np.int64]
    length_bits: float | FloatArray
    phase_error_rate: float | FloatArray
    vacuum_events: float | FloatArray
    single_photon_events: float | FloatArray
    test_single_photon_events: float | FloatArray
    test_single_photon_errors: float | FloatArray
    leakage_bits: float | FloatArray


def photon_bounds(
    key: FloatArray,
    test: FloatArray,
    wrong: FloatArray,
    *,
    intensities: FloatArray,
    probabilities: FloatArray,
    log_terms: float,
    tail_bound: TailBound,
    cap_errors: bool = True,
    clamp_tails: bool = True,
) -> PhotonBounds:
    """Return what the counts in the key basis, those in the test basis and the errors among these tell of photons.

    Arguments are those of `secret_key_length`, unchecked, with the logarithm of the error terms over epsilon_secrecy;
    nothing is clipped to the counts.
    """
    scales = {"intensities": intensities, "probabilities": probabilities}

    def bounds(counts: FloatArray) -> dict[str, FloatArray]:
        lower, upper = TAIL_BOUNDS[tail_bound](counts, log_inverse_epsilon=log_terms)
        return {"lower": np.maximum(lower, 0.0) if clamp_tails else lower, "upper": upper}

    vacuum, single = vacuum_and_single_photon_events(**bounds(key), **scales)
    _, test_single = vacuum_and_single_photon_events(**bounds(test), **scales)
    errors = single_photon_errors(**bounds(wrong), **scales)
    if cap_errors:
        errors = np.minimum(errors, wrong.sum(axis=-1))
    return PhotonBounds(vacuum, single, test_single, errors)


def overhead_bits(log_terms: float, epsilon_correctness: float) -> float:
    """Return what privacy amplification and error verification cost, ``6 log2(21/eps_sec) + log2(2/eps_cor)`` [bit]."""
    return float(6.0 * log_terms / np.log(2.0) + np.log2(2.0 / epsilon_correctness))


def key_chain(
    key: FloatArray,
    test: FloatArray,
    wrong: FloatArray,
    *,
    intensities: FloatArray,
    probabilities: FloatArray,
    epsilon_secrecy: float,
    epsilon_correctness: float,
    tail_bound: TailBound,
    leakage_bits: FloatArray,
    cap_errors: bool = True,
    clamp_tails: bool = True,
) -> KeyChain:
    """Return the key of one basis from counts to length; arguments are those of `secret_key_length`, unchecked."""
    log_terms = float(np.log(TERMS / epsilon_secrecy))
    found = photon_bounds(
        key,
        test,
        wrong,
        intensities=intensities,
        probabilities=probabilities,
        log_terms=log_terms,
        tail_bound=tail_bound,
        cap_errors=cap_errors,
        clamp_tails=clamp_tails,
    )
    total, tested = key.sum(axis=-1), test.sum(axis=-1)
    vacuum = np.minimum(found.vacuum, total)
    single = np.clip(found.single, 0.0, total - vacuum)
    test_single = np.clip(found.test_single, 0.0, tested)
    phase = phase_error_bound(
        errors=found.test_errors, sample=test_single, rest=single, log2_inverse_epsilon=log_terms / np.log(2.0)
    )
    gained, overhead = vacuum + single * entropy_deficit(phase), overhead_bits(log_terms, epsilon_correctness)
    return KeyChain(
        found=found,
        total=total,
        tested=tested,
        vacuum=vacuum,
        single=single,
        test_single=test_single,
        phase_error_rate=phase,
        gained_bits=gained,
        leakage_bits=leakage_bits,
        overhead_bits=overhead,
        log_terms=log_terms,
    )


@takes_quantities
def two_decoy_counts(
    key_counts: ArrayLike,
    key_errors: ArrayLike,
    test_counts: ArrayLike,
    test_errors: ArrayLike,
    leakage_bits: ArrayLike | None,
    *,
    efficiency: float,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return counts in the key and the test basis, errors in the test, and leakage, checked.

    Arguments are those of `secret_key_length`; leakage that is not given is ``f n h(Q)``.
    """
    key = checks.counts_array("key_counts", key_counts, intensities=3)
    test = checks.counts_array("test_counts", test_counts, intensities=3)
    wrong = checks.counts_array("test_errors", test_errors, intensities=3)
    key_wrong = checks.error_totals("key_errors", key_errors, key)
    checks.errors_within("test_errors", wrong, test)
    factor = checks.correction_efficiency(efficiency)
    if leakage_bits is not None:
        return key, test, wrong, checks.counts_array("leakage_bits", leakage_bits)
    total = key.sum(axis=-1)
    rate = key_wrong / np.where(total > 0.0, total, 1.0)
    return key, test, wrong, error_correction_leakage(key_bits=total, error_rate=rate, efficiency=factor)


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
    tail_bound: TailBound = "chernoff",
    error_correction_efficiency: float = 1.16,
    leakage_bits: ArrayLike | None = None,
    cap_errors: bool = True,
    clamp_tails: bool = True,
) -> DecoyKey:
    """Return the secret key length of one block, or of many, from its accumulated counts.

    Parameters
    ----------
    key_counts, test_counts : array_like
        Detections in the key basis and in the test basis [1], shape (..., 3), signal first; expected values may be
        given for integers.
    key_errors, test_errors : array_like
        Errors among them [1], same shape; those of the key may already be summed over intensities, shape (...).
    intensities, probabilities : array_like
        Mean photon numbers at the exit aperture [1] and the probabilities of choosing them [1], shape (3,) or (..., 3).
    epsilon_secrecy, epsilon_correctness : float
        Security parameters [1].
    tail_bound : {"chernoff", "hoeffding", "relative-entropy"}
        How the counts bound their expectations.
    error_correction_efficiency : float
        Ratio of what error correction reveals to the Shannon limit [1].
    leakage_bits : array_like, optional
        What error correction revealed [bit], shape (...); without it ``f n h(Q)``.
    cap_errors : bool
        Never more single-photon errors in the test basis than errors in all.
    clamp_tails : bool
        No lower bound on a count below zero.

    Returns
    -------
    DecoyKey
        Key length and intermediates.

    Raises
    ------
    InputError
        Where the proof does not hold: negative counts, errors above counts, intensities without mu1 > mu2 + mu3 and
        mu2 > mu3 >= 0, probabilities that do not sum to one, an epsilon outside (0, 1).

    Notes
    -----
    Lim, Curty, Walenta, Xu, Zbinden, PRA 89, 022307 (2014), Eqs. (1) to (5), doi:10.1103/PhysRevA.89.022307; the
    Chernoff bounds are Yin et al., Sci. Rep. 10, 14312 (2020), doi:10.1038/s41598-020-71107-6. `cap_errors` and
    `clamp_tails` are rigorous additions of ours, off for the paper's own numbers. Lower bounds never exceed the counts
    they are taken from.

    The phase error is made safe where errors are few, see `satqkd.protocols.bounds.phase_error_bound`.

    Security: composable, epsilon_secrecy-secret and epsilon_correctness-correct against coherent attacks. Assumed:
    phases uniformly random, intensities exact, detection efficiency independent of the basis, basis and intensity
    chosen independently of everything else, and a length fixed before the pass: a block whose counts do not support it
    is aborted, not shortened. Wiesemann et al., Quantum 10, 2037 (2026), doi:10.22331/q-2026-03-23-2037, mend what this
    proof leaves open, the fixed length and the acceptance test, with other constants; of these only those for one decoy
    are at hand, in `satqkd.protocols.one_decoy_bb84`.
    """
    key, test, wrong, leakage = two_decoy_counts(
        key_counts, key_errors, test_counts, test_errors, leakage_bits, efficiency=error_correction_efficiency
    )
    mu = checks.two_decoy_intensities(intensities)
    p = checks.probabilities_array("probabilities", probabilities, count=3)
    secrecy, correctness = checks.block_epsilon(epsilon_secrecy, epsilon_correctness)
    one_of("tail_bound", tail_bound, tuple(TAIL_BOUNDS))
    chain = key_chain(
        key,
        test,
        wrong,
        intensities=mu,
        probabilities=p,
        epsilon_secrecy=secrecy,
        epsilon_correctness=correctness,
        tail_bound=tail_bound,
        leakage_bits=leakage,
        cap_errors=cap_errors,
        clamp_tails=clamp_tails,
    )
    return DecoyKey(
        secret_bits=floor_bits(chain.length_bits),
        length_bits=plain(chain.length_bits),
        phase_error_rate=plain(chain.phase_error_rate),
        vacuum_events=plain(chain.vacuum),
        single_photon_events=plain(chain.single),
        test_single_photon_events=plain(chain.test_single),
        test_single_photon_errors=plain(chain.found.test_errors),
        leakage_bits=plain(leakage),
    )


@noun
class DecoyBB84:
    """Settings of BB84 with a signal and two decoys: the [protocol] table of a scenario.

    Parameters
    ----------
    clock_rate_hz : float
        Pulses sent per second [1/s].
    intensities, probabilities : tuple of float
        Mean photon numbers at the exit aperture [1] and the probabilities of choosing them [1], signal first.
    key_basis_probability : float
        Probability that either side chooses the key basis; where both bases give key, that of basis Z [1].
    key_bases : {"auto", "one", "both"}
        Whether one basis gives the key and the other tests it, or each does both. ``"auto"``: both where the key basis
        is chosen half of the time, when one alone would waste half of what is sifted; else one.
    misalignment_error : float
        Probability that a photon is detected in the wrong detector of its basis [1].
    epsilon_secrecy, epsilon_correctness : float
        Security parameters of a block [1]; halved for each basis where both give key.
    error_correction_efficiency : float
        Ratio of what error correction reveals to the Shannon limit [1].
    error_correction : {"efficiency", "finite-block"}
        Leakage ``f n h(Q)``, or the least a code of the block's length can reach where that is more.
    tail_bound : {"chernoff", "hoeffding", "relative-entropy"}
        How the counts bound their expectations.
    """

    clock_rate_hz: PulseRate
    intensities: tuple[float, float, float]
    probabilities: tuple[float, float, float]
    key_basis_probability: OpenFraction
    key_bases: Literal["auto", "one", "both"] = "auto"
    misalignment_error: ErrorRate = 0.0
    epsilon_secrecy: Epsilon = 1e-9
    epsilon_correctness: Epsilon = 1e-15
    error_correction_efficiency: checks.CorrectionEfficiency = 1.16
    error_correction: Literal["efficiency", "finite-block"] = "efficiency"
    tail_bound: TailBound = "chernoff"
    name: Literal["decoy-bb84"] = "decoy-bb84"

    def __post_init__(self) -> None:
        """Refuse what the proof does not cover."""
        checks.block_epsilon(self.epsilon_secrecy, self.epsilon_correctness)
        for name in ("intensities", "probabilities"):  # lists are as good, but settings are compared and hashed
            object.__setattr__(self, name, tuple(float(value) for value in getattr(self, name)))
        checks.two_decoy_intensities(self.intensities)
        checks.probabilities_array("probabilities", self.probabilities, count=3)

    @takes_quantities
    def secret_key(self, *, counts: ArrayLike, errors: ArrayLike) -> BlockKey:
        """Return the secret key of a block, or of many, from counts by basis and intensity.

        Parameters
        ----------
        counts, errors : array_like
            Matched-basis detections and the errors among them [1], shape (..., 2, 3): basis (Z, X), then intensity,
            signal first.

        Returns
        -------
        BlockKey
            Where both bases give key, each is bounded with half of either epsilon, the other basis testing it.
        """
        counts, errors = checks.by_basis(counts, errors, intensities=3)
        orders = self.key_orders
        share = 1.0 / len(orders)
        keys = tuple(
            secret_key_length(
                key_counts=counts[..., key, :],
                key_errors=errors[..., key, :],
                test_counts=counts[..., test, :],
                test_errors=errors[..., test, :],
                intensities=self.intensities,
                probabilities=self.probabilities,
                epsilon_secrecy=self.epsilon_secrecy * share,
                epsilon_correctness=self.epsilon_correctness * share,
                tail_bound=self.tail_bound,
                leakage_bits=block_leakage(
                    self.error_correction,
                    key_bits=counts[..., key, :].sum(axis=-1),
                    errors=errors[..., key, :].sum(axis=-1),
                    efficiency=self.error_correction_efficiency,
                    epsilon_correctness=self.epsilon_correctness * share,
                ),
            )
            for key, test in orders
        )
        return combine_bases(keys, epsilon=self.epsilon_secrecy + self.epsilon_correctness)

    def chains(
        self,
        *,
        counts: FloatArray,
        errors: FloatArray,
        intensities: FloatArray,
        probabilities: FloatArray,
        leakage: LeakageModel,
    ) -> tuple[KeyChain, ...]:
        """Return the key of each key basis of blocks with parameters of their own, unchecked: what an optimiser climbs.

        Parameters
        ----------
        counts, errors : ndarray
            As `secret_key` takes them, shape (rows, 2, 3).
        intensities, probabilities : ndarray
            Parameters of each row [1], shape (rows, 3).
        leakage : {"efficiency", "finite-block"}
            Model of the leakage.
        """
        share = 1.0 / len(self.key_orders)
        return tuple(
            key_chain(
                counts[:, key],
                counts[:, test],
                errors[:, test],
                intensities=intensities,
                probabilities=probabilities,
                epsilon_secrecy=self.epsilon_secrecy * share,
                epsilon_correctness=self.epsilon_correctness * share,
                tail_bound=self.tail_bound,
                leakage_bits=block_leakage(
                    leakage,
                    key_bits=counts[:, key].sum(axis=1),
                    errors=errors[:, key].sum(axis=1),
                    efficiency=self.error_correction_efficiency,
                    epsilon_correctness=self.epsilon_correctness * share,
                ),
            )
            for key, test in self.key_orders
        )

    @takes_quantities
    def asymptotic_bits(self, *, counts: ArrayLike, errors: ArrayLike) -> float | FloatArray:
        """Return the asymptotic length of a block, or of many [bit], from counts as `secret_key` takes them."""
        counts, errors = checks.by_basis(counts, errors, intensities=3)
        return sum(
            asymptotic.decoy_bb84_length(
                key_counts=counts[..., key, :],
                key_errors=errors[..., key, :],
                test_counts=counts[..., test, :],
                test_errors=errors[..., test, :],
                intensities=self.intensities,
                probabilities=self.probabilities,
                error_correction_efficiency=self.error_correction_efficiency,
            )
            for key, test in self.key_orders
        )

    @property
    def key_orders(self) -> tuple[tuple[int, int], ...]:
        """Pairs of the basis that gives key and the one that tests it, as indices of counts."""
        both = self.key_bases == "both" or (self.key_bases == "auto" and self.key_basis_probability == 0.5)
        return ((0, 1), (1, 0)) if both else ((0, 1),)

    @property
    def fixed_length(self) -> bool:
        """Whether the proof asks for a length that is agreed on before the block."""
        return True

    @property
    def proof_name(self) -> str:
        """Whose bound the key's length is, of which kind, with which tails."""
        bases = "both bases as key, each at half of epsilon" if len(self.key_orders) > 1 else "one basis as key"
        return f"Lim et al., PRA 89, 022307 (2014), fixed length, {self.tail_bound.capitalize()} tails, {bases}"
