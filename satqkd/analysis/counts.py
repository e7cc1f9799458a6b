"""What the receivers are expected to count, second by second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from satqkd.arrays import FloatArray
from satqkd.errors import InputError
from satqkd.link.qber import combined_error
from satqkd.link.receiver.detector import Detector, click_statistics, dead_time_factor, gate_acceptance
from satqkd.protocols.bbm92 import BBM92
from satqkd.protocols.decoy_bb84 import DecoyBB84
from satqkd.protocols.one_decoy_bb84 import OneDecoyBB84
from satqkd.protocols.pair_source import coincidences
from satqkd.scenario import Protocol


@dataclass(frozen=True, slots=True)
class Counts:
    """What the receiver is expected to count in each sample, per second.

    Attributes
    ----------
    detected_cps : ndarray, shape (n,)
        Clicks, or coincidences, of all intensities and bases [1/s].
    sifted_cps, errors_cps : ndarray, shape (n, 2, intensities)
        Matched-basis detections and the errors among them [1/s]: basis (Z, X), intensity (signal first,
        one for pairs).
    stray_probability : ndarray, shape (n,)
        Probability per gate of a click that other clicks made [1].
    """

    detected_cps: FloatArray
    sifted_cps: FloatArray
    errors_cps: FloatArray
    stray_probability: FloatArray

    @property
    def signal_cps(self) -> FloatArray:
        """Matched-basis detections of the signal intensity [1/s], shape (n,)."""
        return np.asarray(self.sifted_cps[:, :, 0].sum(axis=1))

    @property
    def qber(self) -> FloatArray:
        """Share of errors among them [1], shape (n,); 1/2 where nothing is detected."""
        return error_share(self.errors_cps[:, :, 0].sum(axis=1), self.signal_cps)


def error_share(errors: FloatArray, counts: FloatArray) -> FloatArray:
    """Return errors over counts [1]; 1/2, the share of noise, where nothing was counted."""
    some = counts > 0.0
    return np.where(some, errors / np.where(some, counts, 1.0), 0.5)


def intensities_of(protocol: Protocol) -> int:
    """Return how many intensities a protocol tells apart in its counts; pairs have one."""
    return 1 if isinstance(protocol, BBM92) else len(protocol.intensities)


def expected_counts(
    protocol: Protocol,
    *,
    transmittance: FloatArray,
    background_cps: FloatArray,
    detector: Detector,
    flip_probability: FloatArray | float = 0.0,
) -> Counts:
    """Return the expected count rates of a protocol over a link.

    Parameters
    ----------
    protocol : DecoyBB84, OneDecoyBB84 or BBM92
        What is sent, and how it is measured.
    transmittance : ndarray
        From the exit aperture to a click [1], shape (n,).
    background_cps : ndarray
        Background counts of the whole receiver, efficiencies included [1/s], shape (n,).
    detector : Detector
        What counts them.
    flip_probability : ndarray, optional
        Probability of a wrong bit by source and turned bases, beside the protocol's misalignment [1], shape (n,).

    Raises
    ------
    InputError
        For a double downlink, whose key is not that of one station's pass.

    Notes
    -----
    Noise clicks of a passive receiver fall into a basis whether its photons do or not, so each basis has its own noise
    (`satqkd.link.receiver.noise_probability`). Clicks make further clicks: after-pulses, and the spill of a pulse into
    its neighbour's gate, are noise in proportion to the clicks. Detectors run freely: every click, within a gate or
    not, blinds the one that clicked for the dead time. A coincidence asks two detectors: the timing errors and dead
    times of both ends count.
    """
    if isinstance(protocol, BBM92):
        return _count_pairs(protocol, transmittance, background_cps, detector, flip_probability)
    wrong = combined_error(protocol.misalignment_error, np.broadcast_to(flip_probability, transmittance.shape))
    return _count_pulses(protocol, transmittance, background_cps, detector, wrong)


def _count_pulses(
    protocol: DecoyBB84 | OneDecoyBB84,
    transmittance: FloatArray,
    background_cps: FloatArray,
    detector: Detector,
    wrong: FloatArray,
) -> Counts:
    shares = _shares(protocol)
    mu, p = np.asarray(protocol.intensities), np.asarray(protocol.probabilities)
    clock = protocol.clock_rate_hz

    def clicking(stray: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        noise = detector.noise_probability(
            background_cps[:, None], basis_probability=shares, stray_probability=stray[:, None]
        )
        gain, error_rate = click_statistics(mu, transmittance[:, None, None], noise[:, :, None], wrong[:, None, None])
        # Clicks in gates, by the receiver's basis, whatever the sender's.
        return gain, error_rate, np.einsum("b,i,nbi->nb", shares, p, gain) * clock

    stray = np.zeros(transmittance.shape)
    gain, error_rate, clicks = clicking(stray)
    made = detector.stray_click_probability(clicks.sum(axis=1), clock_rate_hz=clock)
    if np.any(made > 0.0):
        stray = made
        gain, error_rate, clicks = clicking(stray)
    outside = max(0.0, 1.0 - detector.gate_s * clock)  # share of the time that is in no gate
    alive = _alive(clicks + outside * _noise_by_basis_cps(background_cps, detector, shares), detector)
    sifted = gain * (clock * shares[:, None] ** 2 * p) * alive[:, :, None]
    return Counts(
        detected_cps=(clicks * alive).sum(axis=1),
        sifted_cps=sifted,
        errors_cps=sifted * error_rate,
        stray_probability=stray,
    )


def _count_pairs(
    protocol: BBM92,
    transmittance: FloatArray,
    background_cps: FloatArray,
    detector: Detector,
    flip_probability: FloatArray | float,
) -> Counts:
    if protocol.geometry == "double-downlink":
        raise InputError(
            'protocol.geometry = "double-downlink" has no key per station: it needs two at once.',
            'Choose "source-on-satellite", or use satqkd.protocols.bbm92 with the transmittances of the two links.',
        )
    shares = _shares(protocol)
    # Pairs know no gate: what is accepted lies within the coincidence window.
    clicking = transmittance / gate_acceptance(detector.gate_s, jitter_s=detector.jitter_s)
    noise_cps = _noise_by_basis_cps(background_cps, detector, shares)
    local_noise_cps = 0.5 * protocol.local_noise_cps  # each basis on board has half of the detectors
    alive = _alive(protocol.pair_rate_hz * clicking[:, None] * shares + noise_cps, detector)
    alive = alive * dead_time_factor(
        (protocol.pair_rate_hz * protocol.local_transmittance * shares + local_noise_cps) / 2.0,
        dead_time_s=detector.dead_time_s if protocol.local_dead_time_s is None else protocol.local_dead_time_s,
    )
    found = coincidences(
        pair_rate_hz=protocol.pair_rate_hz,
        transmittance_a=clicking[:, None] * shares,
        transmittance_b=protocol.local_transmittance * shares,
        noise_a_cps=noise_cps,
        noise_b_cps=local_noise_cps,
        coincidence_window_s=protocol.coincidence_window_s,
        misalignment_error=protocol.misalignment_error,
        jitter_a_s=detector.jitter_s,
        jitter_b_s=detector.jitter_s if protocol.local_jitter_s is None else protocol.local_jitter_s,
    )
    true = (found.rate_cps - found.accidental_cps) * alive
    accidental = found.accidental_cps * alive
    wrong = combined_error(protocol.misalignment_error, np.broadcast_to(flip_probability, transmittance.shape))
    sifted, errors = true + accidental, true * wrong[:, None] + 0.5 * accidental
    return Counts(
        # Of all coincidences, those of like bases are the sum of the squared shares.
        detected_cps=sifted.sum(axis=1) / float((shares**2).sum()),
        sifted_cps=sifted[:, :, None],
        errors_cps=errors[:, :, None],
        stray_probability=np.zeros(transmittance.shape),
    )


def _noise_by_basis_cps(background_cps: FloatArray, detector: Detector, shares: FloatArray) -> FloatArray:
    """Return noise counts of the detectors of either basis [1/s], shape (n, 2).

    A splitter shares out the sky's light, but both its pairs of detectors count in the dark all the time; a single pair
    with an active choice measures in a basis for that basis' share of the time.
    """
    dark = 2.0 * detector.dark_count_hz * (np.ones(2) if detector.count == 4 else shares)
    return background_cps[:, None] * shares + dark


def _alive(clicks_cps: FloatArray, detector: Detector) -> FloatArray:
    """Return the share of clicks that dead time leaves, from the clicks in either basis [1/s], shape (n, 2)."""
    if detector.count == 4:
        each = clicks_cps / 2.0
    else:
        each = np.broadcast_to(clicks_cps.sum(axis=1, keepdims=True) / 2.0, clicks_cps.shape)
    return dead_time_factor(each, dead_time_s=detector.dead_time_s)


def _shares(protocol: Protocol) -> FloatArray:
    return np.array([protocol.key_basis_probability, 1.0 - protocol.key_basis_probability])
