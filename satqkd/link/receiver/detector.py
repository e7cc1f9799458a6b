"""Detectors: how often they click, how often wrongly, and how often for nothing."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, takes_quantities, within
from satqkd.errors import InputError
from satqkd.fields import DarkCounts, DeadTime, Fraction, PositiveFraction, TimeWindow, TimingJitter, noun, one_of

# A gate and its jitter are a number or two: not worth the import of scipy.special.
_ERF = np.vectorize(math.erf, otypes=[float])
_ERFC = np.vectorize(math.erfc, otypes=[float])


@takes_quantities
def noise_probability(
    background_cps: ArrayLike,
    *,
    dark_count_hz: ArrayLike,
    detectors: int,
    gate_s: ArrayLike,
    basis_probability: ArrayLike = 0.5,
    stray_probability: ArrayLike = 0.0,
) -> FloatArray:
    """Probability that noise alone makes the detectors of a basis click in a gate, given that this basis was chosen.

    Parameters
    ----------
    background_cps : array_like
        Background counts of the whole receiver, efficiencies included [1/s].
    dark_count_hz : array_like
        Dark counts of one detector [1/s].
    detectors : {4, 2}
        4: a beam splitter chooses the basis and each basis has its own pair; 2: an active choice, one pair.
    gate_s : array_like
        Length of the gate [s].
    basis_probability : array_like, optional
        Probability that the receiver chooses this basis, in (0, 1]; an active receiver's noise does not depend on it.
    stray_probability : array_like, optional
        Clicks that other clicks or pulses made, per gate; see `stray_click_probability`.

    Returns
    -------
    ndarray
        Y0 in [0, 1).

    Notes
    -----
    Y0 = 1 - (1 - stray) exp(-(R_bg + n R_dark) t). A passive splitter sends the share p of the sky's light to a basis,
    but its two detectors count in the dark whatever the splitter does. Noise clicks of the basis per pulse are thus
    (p R_bg + 2 R_dark) t; divided by p, because sifting multiplies by p, n = 2/p: 4 for an even splitter, 20 for a test
    basis of one tenth.

    Examples
    --------
    >>> float(noise_probability(150.0, dark_count_hz=25.0, detectors=4, gate_s=2e-9).round(12))
    5e-07
    """
    one_of("detectors", detectors, (4, 2))  # a passive choice of basis, or an active one
    background = within("background_cps", background_cps, 0.0)
    dark = within("dark_count_hz", dark_count_hz, 0.0)
    gate = within("gate_s", gate_s, 0.0)
    p = within("basis_probability", basis_probability, 0.0, 1.0, above=True)
    stray = within("stray_probability", stray_probability, 0.0, 1.0)
    effective = 2.0 / p if detectors == 4 else 2.0
    own = -np.expm1(-(background + effective * dark) * gate)
    return np.asarray(own + stray - own * stray)


@takes_quantities
def click_statistics(
    mean_photon_number: ArrayLike,
    transmittance: ArrayLike,
    noise_probability: ArrayLike,
    misalignment_error: ArrayLike,
) -> tuple[FloatArray, FloatArray]:
    """Probability of a click per pulse and the share of wrong bits among the clicks.

    Parameters
    ----------
    mean_photon_number : array_like
        Mean photon number k at the transmitter's exit aperture [1].
    transmittance : array_like
        Total transmittance eta, detectors included, in [0, 1].
    noise_probability : array_like
        Y0, in [0, 1].
    misalignment_error : array_like
        Probability e_d that a photon goes to the wrong detector, in [0, 1/2].

    Returns
    -------
    gain, error_rate : ndarray
        Q and E, broadcast shape of the arguments; E is 1/2 where nothing ever clicks.

    Notes
    -----
    Poissonian light and independent noise in two detectors, y = 1 - sqrt(1 - Y0) each: p_c = 1 - (1-y)
    exp(-eta k (1-e_d)) for the right one, p_w = 1 - (1-y) exp(-eta k e_d) for the wrong one; double clicks take a
    random bit, so Q = p_c + p_w - p_c p_w (a union, 1 - (1 - Y0) exp(-eta k)) and E Q = p_w - p_c p_w/2.

    Examples
    --------
    >>> gain, error_rate = click_statistics(0.8, 0.0, 1e-6, 0.01)
    >>> float(error_rate)
    0.5
    """
    k = within("mean_photon_number", mean_photon_number, 0.0)
    eta = within("transmittance", transmittance, 0.0, 1.0)
    y0 = within("noise_probability", noise_probability, 0.0, 1.0)
    e_d = within("misalignment_error", misalignment_error, 0.0, 0.5)
    with np.errstate(divide="ignore"):  # Y0 = 1 is infinitely much noise, and comes out right
        noise = -0.5 * np.log1p(-y0)
    right = -np.expm1(-(noise + eta * k * (1.0 - e_d)))
    wrong = -np.expm1(-(noise + eta * k * e_d))
    both = right * wrong
    gain = right + wrong - both
    silent = gain <= 0.0
    error_rate = np.where(silent, 0.5, (wrong - 0.5 * both) / np.where(silent, 1.0, gain))
    return np.asarray(gain), np.asarray(error_rate)


@takes_quantities
def gate_acceptance(gate_s: ArrayLike, *, jitter_s: ArrayLike) -> FloatArray:
    """Share of the signal that falls into a gate centred on it.

    Parameters
    ----------
    gate_s : array_like
        Full length of the gate [s].
    jitter_s : array_like
        Standard deviation of the Gaussian timing error of a click [s], pulse width and synchronisation included.

    Returns
    -------
    ndarray
        erf(t / (sqrt(8) sigma)), 1 without jitter.
    """
    gate = within("gate_s", gate_s, 0.0)
    sigma = within("jitter_s", jitter_s, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        argument = np.where(sigma > 0.0, gate / (math.sqrt(8.0) * sigma), np.inf)
    return np.asarray(_ERF(argument))


@takes_quantities
def neighbour_gate_fraction(gate_s: ArrayLike, *, jitter_s: ArrayLike, period_s: ArrayLike) -> FloatArray:
    """Share of the signal that timing errors carry into the gates of other pulses, where its bit means nothing.

    Parameters
    ----------
    gate_s : array_like
        Full length of the gate [s].
    jitter_s : array_like
        Standard deviation of the Gaussian timing error of a click [s].
    period_s : array_like
        Time between pulses, at least the gate [s].

    Returns
    -------
    ndarray
        In [0, 1): the two gates before and the two after.
    """
    gate = within("gate_s", gate_s, 0.0)
    sigma = within("jitter_s", jitter_s, 0.0)
    period = within("period_s", period_s, 0.0, above=True)
    if np.any(gate > period):
        raise InputError(
            f"gate_s = {float(gate.max()):g} is longer than the time between pulses, {float(period.min()):g} s.",
            "Shorten link.detector.gate_s or lower protocol.clock_rate_hz.",
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(sigma > 0.0, 1.0 / (math.sqrt(2.0) * sigma), np.inf)
        near = [_ERFC((n * period - gate / 2.0) * scale) - _ERFC((n * period + gate / 2.0) * scale) for n in (1, 2)]
    return np.asarray(np.nan_to_num(near[0] + near[1]))


@takes_quantities
def stray_click_probability(
    click_rate_cps: ArrayLike,
    *,
    gate_s: ArrayLike,
    clock_rate_hz: ArrayLike,
    afterpulse_probability: ArrayLike = 0.0,
    jitter_s: ArrayLike = 0.0,
) -> FloatArray:
    """Probability of a click in a gate that an earlier click (after-pulse) or a neighbouring pulse (jitter) made.

    Parameters
    ----------
    click_rate_cps : array_like
        Clicks of the whole receiver within gates, mean over all intensities [1/s].
    gate_s : array_like
        Length of the gate [s].
    clock_rate_hz : array_like
        Pulses per second [1/s].
    afterpulse_probability : array_like, optional
        Mean number of after-pulses of a click; taken to be spread evenly over time, so that only those within gates
        count.
    jitter_s : array_like, optional
        Standard deviation of the Gaussian timing error of a click [s].

    Returns
    -------
    ndarray
        In [0, 1]. It carries a random bit and does not know the pulse's intensity, so that it is noise to a decoy
        analysis: give it to `noise_probability`.
    """
    rate = within("click_rate_cps", click_rate_cps, 0.0)
    clock = within("clock_rate_hz", clock_rate_hz, 0.0, above=True)
    afterpulses = within("afterpulse_probability", afterpulse_probability, 0.0, 1.0)
    # The clicks are those their own gates accepted; what spills over is a share of all there were.
    accepted = gate_acceptance(gate_s, jitter_s=jitter_s)
    spilled = neighbour_gate_fraction(gate_s, jitter_s=jitter_s, period_s=1.0 / clock) / np.maximum(accepted, 1e-300)
    return np.asarray(np.minimum(rate * (afterpulses * np.asarray(gate_s) + spilled / clock), 1.0))


@takes_quantities
def dark_counts_at_hz(
    temperature_k: ArrayLike, *, dark_count_hz: ArrayLike, reference_k: ArrayLike, doubling_k: ArrayLike = 8.0
) -> FloatArray:
    """Dark counts of a detector at another temperature; it waits for receivers that are cooled.

    Parameters
    ----------
    temperature_k : array_like
        Temperature [K].
    dark_count_hz, reference_k : array_like
        Dark counts [1/s] at a temperature [K].
    doubling_k : array_like, optional
        Warming that doubles them [K]; 7 to 9 K is usual for silicon (assumed: ask the datasheet).

    Returns
    -------
    ndarray
        [1/s].
    """
    warmer = within("temperature_k", temperature_k, 0.0, above=True) - within("reference_k", reference_k, 0.0)
    dark = within("dark_count_hz", dark_count_hz, 0.0)
    return np.asarray(dark * 2.0 ** (warmer / within("doubling_k", doubling_k, 0.0, above=True)))


@takes_quantities
def efficiency_mismatch(efficiencies: ArrayLike) -> FloatArray:
    """Largest relative difference in efficiency between detectors, 1 - min/max over the last axis.

    The key bounds of this package assume none: report it, and balance the detectors.
    """
    eta = np.atleast_1d(within("efficiencies", efficiencies, 0.0, 1.0, above=True))
    if eta.shape[-1] == 0:
        raise InputError("efficiencies is empty: give that of each detector.")
    return np.asarray(1.0 - eta.min(axis=-1) / eta.max(axis=-1))


@takes_quantities
def dead_time_factor(rate_cps: ArrayLike, *, dead_time_s: ArrayLike) -> FloatArray:
    """Share of the clicks that survive a non-paralysable dead time.

    Parameters
    ----------
    rate_cps : array_like
        Clicks one detector would give without dead time [1/s].
    dead_time_s : array_like
        Time after a click in which the detector is blind and is not blinded anew [s].

    Returns
    -------
    ndarray
        1/(1 + R tau), in (0, 1].
    """
    rate = within("rate_cps", rate_cps, 0.0)
    return np.asarray(1.0 / (1.0 + rate * within("dead_time_s", dead_time_s, 0.0)))


@noun
class Detector:
    """The receiver's detectors, alike.

    Parameters
    ----------
    efficiency : float
        Probability that a photon at the detector makes a click.
    dark_count_hz : float
        Dark counts of one detector [1/s].
    gate_s : float
        Length of the time window around each pulse in which clicks count [s].
    count : {4, 2}, optional
        4 with a passive choice of basis, 2 with an active one.
    dead_time_s : float, optional
        Dead time after a click, non-paralysable [s].
    jitter_s : float, optional
        Standard deviation of the Gaussian timing error of a click [s], pulse width and synchronisation included. Pairs
        ask for the clicks of both ends, whose errors add in quadrature; a protocol may give the other end its own.
    afterpulse_probability : float, optional
        Mean number of after-pulses of a click.
    efficiency_mismatch : float, optional
        1 - smallest/largest efficiency of the detectors; no proof here covers it, so that any refuses the key.
    """

    efficiency: PositiveFraction
    dark_count_hz: DarkCounts
    gate_s: TimeWindow
    count: Literal[2, 4] = 4
    dead_time_s: DeadTime = 0.0
    jitter_s: TimingJitter = 0.0
    afterpulse_probability: Fraction = 0.0
    efficiency_mismatch: Fraction = 0.0

    @property
    def transmittance(self) -> float:
        """Efficiency times the share of the signal the gate accepts."""
        return self.efficiency * float(gate_acceptance(self.gate_s, jitter_s=self.jitter_s))

    @takes_quantities
    def stray_click_probability(self, click_rate_cps: ArrayLike, *, clock_rate_hz: ArrayLike) -> FloatArray:
        """Clicks per gate that other clicks or pulses made, at a click rate of all detectors [1/s]."""
        return stray_click_probability(
            click_rate_cps,
            gate_s=self.gate_s,
            clock_rate_hz=clock_rate_hz,
            afterpulse_probability=self.afterpulse_probability,
            jitter_s=self.jitter_s,
        )

    @takes_quantities
    def noise_probability(
        self, background_cps: ArrayLike, *, basis_probability: ArrayLike = 0.5, stray_probability: ArrayLike = 0.0
    ) -> FloatArray:
        """Y0 of a basis chosen with a probability; see `noise_probability`."""
        return noise_probability(
            background_cps,
            dark_count_hz=self.dark_count_hz,
            detectors=self.count,
            gate_s=self.gate_s,
            basis_probability=basis_probability,
            stray_probability=stray_probability,
        )
