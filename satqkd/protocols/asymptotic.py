"""Asymptotic secret rates: what infinitely many pulses would give. Never a key length; always labelled asymptotic.

The protocols ask for lengths from counts; rates from yields and gains (GLLP, one decoy, none) serve who compares with
papers that give those.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, as_floats, broadcast_floats, takes_quantities
from satqkd.errors import InputError
from satqkd.protocols import checks
from satqkd.protocols.block import plain
from satqkd.protocols.bounds.entropy import binary_entropy, entropy_deficit
from satqkd.protocols.bounds.photons import (
    one_decoy_single_photon_errors,
    one_decoy_single_photon_events,
    one_decoy_vacuum_events,
    photon_number_probabilities,
    single_photon_errors,
    vacuum_and_single_photon_events,
)


@takes_quantities
def decoy_bb84_length(
    *,
    key_counts: ArrayLike,
    key_errors: ArrayLike,
    test_counts: ArrayLike,
    test_errors: ArrayLike,
    intensities: ArrayLike,
    probabilities: ArrayLike,
    error_correction_efficiency: float = 1.16,
) -> float | FloatArray:
    """Return the asymptotic length of BB84 with two decoys: the finite one without deviations and constants.

    Parameters
    ----------
    key_counts, key_errors, test_counts, test_errors : array_like
        Counts of a block, or their expectations [1], shape (..., 3), signal first; `key_errors` may already be summed.
        Counts per pulse give a length per pulse.
    intensities, probabilities : array_like
        Mean photon numbers [1] and the probabilities of choosing them [1], shape (3,) or (..., 3).
    error_correction_efficiency : float
        Ratio of what error correction reveals to the Shannon limit [1].

    Returns
    -------
    float or ndarray
        Asymptotic length [bit], >= 0; all three intensities and the vacuum contribute, so that the finite length of
        the same counts never exceeds it.

    Raises
    ------
    InputError
        As `satqkd.protocols.decoy_bb84.secret_key_length`.

    Notes
    -----
    Vacuum + weak decoy bounds of Ma et al., PRA 72, 012326 (2005), Eqs. (18), (21), (25), with the actual third
    intensity in place of vacuum, doi:10.1103/PhysRevA.72.012326; they are those of Lim et al. (2014) at zero deviation.
    """
    key = checks.counts_array("key_counts", key_counts, intensities=3)
    test = checks.counts_array("test_counts", test_counts, intensities=3)
    wrong = checks.counts_array("test_errors", test_errors, intensities=3)
    checks.errors_within("test_errors", wrong, test)
    key_wrong = checks.error_totals("key_errors", key_errors, key)
    mu = checks.two_decoy_intensities(intensities)
    p = checks.probabilities_array("probabilities", probabilities, count=3)
    efficiency = checks.correction_efficiency(error_correction_efficiency)
    vacuum, single = vacuum_and_single_photon_events(lower=key, upper=key, intensities=mu, probabilities=p)
    _, test_single = vacuum_and_single_photon_events(lower=test, upper=test, intensities=mu, probabilities=p)
    errors = single_photon_errors(lower=wrong, upper=wrong, intensities=mu, probabilities=p)
    return plain(_length(vacuum, single, test_single, errors, key.sum(axis=-1), key_wrong, efficiency))


@takes_quantities
def one_decoy_bb84_length(
    *,
    key_counts: ArrayLike,
    key_errors: ArrayLike,
    test_counts: ArrayLike,
    test_errors: ArrayLike,
    intensities: ArrayLike,
    probabilities: ArrayLike,
    error_correction_efficiency: float = 1.16,
) -> float | FloatArray:
    """Return the asymptotic length of BB84 with one decoy: the finite one without deviations and constants.

    Parameters
    ----------
    key_counts, key_errors, test_counts, test_errors : array_like
        Counts of a block, or their expectations [1], shape (..., 2), signal first.
    intensities, probabilities : array_like
        Mean photon numbers [1] and the probabilities of choosing them [1], shape (2,) or (..., 2).
    error_correction_efficiency : float
        Ratio of what error correction reveals to the Shannon limit [1].

    Returns
    -------
    float or ndarray
        Asymptotic length [bit], >= 0; both intensities and the vacuum contribute.

    Raises
    ------
    InputError
        As `satqkd.protocols.one_decoy_bb84.secret_key_length`.

    Notes
    -----
    Rusca et al., Appl. Phys. Lett. 112, 171104 (2018), at zero deviation, doi:10.1063/1.5023340.
    """
    key = checks.counts_array("key_counts", key_counts, intensities=2)
    key_wrong = checks.counts_array("key_errors", key_errors, intensities=2)
    test = checks.counts_array("test_counts", test_counts, intensities=2)
    wrong = checks.counts_array("test_errors", test_errors, intensities=2)
    checks.errors_within("key_errors", key_wrong, key)
    checks.errors_within("test_errors", wrong, test)
    mu = checks.one_decoy_intensities(intensities)
    p = checks.probabilities_array("probabilities", probabilities, count=2)
    efficiency = checks.correction_efficiency(error_correction_efficiency)
    tau0, _ = photon_number_probabilities(mu, p)

    def single_photons(counts: FloatArray, errors: FloatArray) -> FloatArray:
        noise = 2.0 * tau0 * (np.exp(mu) / p * errors).min(axis=-1)
        return one_decoy_single_photon_events(
            lower=counts, upper=counts, vacuum_upper=noise, intensities=mu, probabilities=p
        )

    vacuum = one_decoy_vacuum_events(lower=key, upper=key, intensities=mu, probabilities=p)
    single, test_single = single_photons(key, key_wrong), single_photons(test, wrong)
    errors = one_decoy_single_photon_errors(lower=wrong, upper=wrong, intensities=mu, probabilities=p)
    total, total_wrong = key.sum(axis=-1), key_wrong.sum(axis=-1)
    return plain(_length(vacuum, single, test_single, errors, total, total_wrong, efficiency))


def _length(
    vacuum: FloatArray,
    single: FloatArray,
    test_single: FloatArray,
    test_errors: FloatArray,
    total: FloatArray,
    wrong: FloatArray,
    efficiency: float,
) -> FloatArray:
    vacuum = np.minimum(vacuum, total)
    single = np.clip(single, 0.0, total - vacuum)
    known = test_single > 0.0
    phase = np.where(known, np.minimum(test_errors / np.where(known, test_single, 1.0), 0.5), 0.5)
    rate = np.minimum(wrong / np.where(total > 0.0, total, 1.0), 0.5)
    length = vacuum + single * entropy_deficit(phase) - efficiency * total * binary_entropy(rate)
    return np.clip(length, 0.0, total)


@takes_quantities
def decoy_bb84_fraction(
    *,
    gains: ArrayLike,
    error_rates: ArrayLike,
    intensities: ArrayLike,
    probabilities: ArrayLike,
    error_correction_efficiency: float = 1.16,
) -> float | FloatArray:
    """Return the asymptotic secret bits of BB84 with two decoys per pulse sent and measured in the key basis.

    Parameters
    ----------
    gains, error_rates : array_like
        Probability that a pulse of each intensity is detected [1], and that such a detection is wrong [1], the same in
        either basis, shape (..., 3), signal first.
    intensities, probabilities : array_like
        Mean photon numbers [1] and the probabilities of choosing them [1], shape (3,) or (..., 3).
    error_correction_efficiency : float
        Ratio of what error correction reveals to the Shannon limit [1].

    Returns
    -------
    float or ndarray
        Secret bits per pulse of any intensity whose bases both are the key basis [bit], >= 0, shape (...). Times the
        clock rate and the probability of that choice it is a rate; the test basis costs nothing asymptotically.

    Notes
    -----
    `decoy_bb84_length` of the expected counts per pulse.
    """
    weights = as_floats("probabilities", probabilities)
    counts = weights * checks.counts_array("gains", gains, intensities=3)
    errors = counts * checks.counts_array("error_rates", error_rates, intensities=3)
    return decoy_bb84_length(
        key_counts=counts,
        key_errors=errors,
        test_counts=counts,
        test_errors=errors,
        intensities=intensities,
        probabilities=probabilities,
        error_correction_efficiency=error_correction_efficiency,
    )


@takes_quantities
def gllp_fraction(
    *,
    gain: ArrayLike,
    error_rate: ArrayLike,
    single_photon_gain: ArrayLike,
    single_photon_error_rate: ArrayLike,
    error_correction_efficiency: float = 1.22,
) -> FloatArray:
    """Return the asymptotic secret bits per sifted pulse of the signal state, ``Q1 [1 - h(e1)] - f Q h(E)``.

    Parameters
    ----------
    gain, error_rate : array_like
        Gain Q and error rate E of the signal state [1].
    single_photon_gain, single_photon_error_rate : array_like
        Gain Q1 of its single photons (lower bound) and their error rate e1 (upper bound) [1]; what infinitely many
        decoys would tell, where they are the true ones.
    error_correction_efficiency : float
        Ratio f of what error correction reveals to the Shannon limit [1].

    Returns
    -------
    ndarray
        Secret bits per pulse before sifting is paid for [bit]; negative where there is no key.

    Notes
    -----
    Gottesman et al., Quantum Inf. Comput. 4, 325 (2004); Ma et al., PRA 72, 012326 (2005), Eq. (1), without its sifting
    factor q, doi:10.1103/PhysRevA.72.012326.
    """
    q, e, q1, e1 = broadcast_floats(
        gain=gain,
        error_rate=error_rate,
        single_photon_gain=single_photon_gain,
        single_photon_error_rate=single_photon_error_rate,
    )
    kept = q1 * entropy_deficit(np.clip(e1, 0.0, 0.5))
    return np.asarray(kept - error_correction_efficiency * q * binary_entropy(np.minimum(e, 0.5)))


@takes_quantities
def vacuum_weak_yields(
    *,
    signal_gain: ArrayLike,
    decoy_gain: ArrayLike,
    decoy_error_rate: ArrayLike,
    background_yield: ArrayLike,
    signal_intensity: float,
    decoy_intensity: float,
    background_error_rate: float = 0.5,
) -> tuple[FloatArray, FloatArray]:
    """Return bounds on the single-photon yield and error rate from a vacuum and a weak decoy state.

    Parameters
    ----------
    signal_gain, decoy_gain : array_like
        Gains of the signal and the weak decoy [1].
    decoy_error_rate : array_like
        Error rate of the weak decoy [1].
    background_yield : array_like
        Yield Y0 of the vacuum decoy [1].
    signal_intensity, decoy_intensity : float
        Mean photon numbers [1].
    background_error_rate : float
        Error rate of the background [1].

    Returns
    -------
    yield_lower, error_rate_upper : ndarray
        Lower bound on Y1 and upper bound on e1 [1].

    Notes
    -----
    Ma et al., PRA 72, 012326 (2005), Eqs. (34) and (37), doi:10.1103/PhysRevA.72.012326.
    """
    mu, nu = _two_intensities(signal_intensity, decoy_intensity)
    y0 = as_floats("background_yield", background_yield)
    decoy = as_floats("decoy_gain", decoy_gain) * np.exp(nu)
    ratio = (nu / mu) ** 2
    signal = as_floats("signal_gain", signal_gain) * np.exp(mu)
    lower = mu / (nu * (mu - nu)) * (decoy - ratio * signal - (1.0 - ratio) * y0)
    errors = as_floats("decoy_error_rate", decoy_error_rate) * decoy - background_error_rate * y0
    known = lower > 0.0
    rate = errors / (nu * np.where(known, lower, 1.0))
    return np.maximum(lower, 0.0), np.where(known, np.maximum(rate, 0.0), 0.5)


@takes_quantities
def one_decoy_yields(
    *,
    signal_gain: ArrayLike,
    decoy_gain: ArrayLike,
    decoy_error_rate: ArrayLike,
    signal_intensity: float,
    decoy_intensity: float,
    background_error_rate: float = 0.5,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return bounds on the single-photon yield and error rate from one weak decoy state.

    Parameters
    ----------
    signal_gain, decoy_gain : array_like
        Gains of the signal and the weak decoy [1].
    decoy_error_rate : array_like
        Error rate of the weak decoy [1].
    signal_intensity, decoy_intensity : float
        Mean photon numbers [1].
    background_error_rate : float
        Error rate of the background [1].

    Returns
    -------
    yield_lower, error_rate_upper, background_upper : ndarray
        Lower bound on Y1, upper bound on e1, and the upper bound on Y0 they use [1].

    Notes
    -----
    Ma et al., PRA 72, 012326 (2005), Sec. III E, doi:10.1103/PhysRevA.72.012326: for the yield every error of the decoy
    may be background, for the error rate none need be.
    """
    wrong = (
        as_floats("decoy_error_rate", decoy_error_rate) * as_floats("decoy_gain", decoy_gain) * np.exp(decoy_intensity)
    )
    _two_intensities(signal_intensity, decoy_intensity)
    if not background_error_rate > 0.0:
        raise InputError(f"background_error_rate = {background_error_rate:g} must be greater than 0.")
    background = wrong / background_error_rate
    lower, _ = vacuum_weak_yields(
        signal_gain=signal_gain,
        decoy_gain=decoy_gain,
        decoy_error_rate=decoy_error_rate,
        background_yield=background,
        signal_intensity=signal_intensity,
        decoy_intensity=decoy_intensity,
        background_error_rate=background_error_rate,
    )
    known = lower > 0.0
    rate = np.where(known, wrong / (decoy_intensity * np.where(known, lower, 1.0)), 0.5)
    return lower, rate, background


@takes_quantities
def no_decoy_single_photons(
    *, gain: ArrayLike, error_rate: ArrayLike, intensity: float
) -> tuple[FloatArray, FloatArray]:
    """Return bounds on the gain and error rate of single photons where no decoy guards against multi-photon pulses.

    Parameters
    ----------
    gain, error_rate : array_like
        Gain and error rate of the only state sent [1].
    intensity : float
        Its mean photon number [1].

    Returns
    -------
    gain_lower, error_rate_upper : ndarray
        Every pulse of several photons is taken to be detected, and every error to be a single photon's [1].

    Notes
    -----
    Gottesman, Lo, Luetkenhaus, Preskill, Quantum Inf. Comput. 4, 325 (2004), doi:10.26421/QIC4.5-1.
    """
    q = as_floats("gain", gain)
    several = -np.expm1(-intensity) - intensity * np.exp(-intensity)
    single = np.maximum(q - several, 0.0)
    known = single > 0.0
    rate = as_floats("error_rate", error_rate) * q / np.where(known, single, 1.0)
    return single, np.where(known, rate, 0.5)


@takes_quantities
def bbm92_fraction(
    *, key_error_rate: ArrayLike, test_error_rate: ArrayLike, error_correction_efficiency: float = 1.16
) -> FloatArray:
    """Return the asymptotic secret bits per sifted pair, ``1 - h(Q_test) - f h(Q_key)``.

    Parameters
    ----------
    key_error_rate, test_error_rate : array_like
        Error rates of the two bases [1].
    error_correction_efficiency : float
        Ratio f of what error correction reveals to the Shannon limit [1].

    Returns
    -------
    ndarray
        Secret bits per coincidence in the key basis [bit]; negative where there is no key.

    Notes
    -----
    Shor, Preskill, Phys. Rev. Lett. 85, 441 (2000), doi:10.1103/PhysRevLett.85.441; for pairs Ma, Fung, Lo, PRA 76,
    012307 (2007), doi:10.1103/PhysRevA.76.012307.
    """
    key = np.minimum(as_floats("key_error_rate", key_error_rate), 0.5)
    test = np.minimum(as_floats("test_error_rate", test_error_rate), 0.5)
    return np.asarray(entropy_deficit(test) - error_correction_efficiency * binary_entropy(key))


def _two_intensities(signal: float, decoy: float) -> tuple[float, float]:
    if not 0.0 < decoy < signal < np.inf:
        raise InputError(
            f"signal_intensity = {signal:g} and decoy_intensity = {decoy:g}: the bounds need signal > decoy > 0."
        )
    return signal, decoy
