"""What the receivers are expected to count, second by second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from satqkd.errors import InputError
from satqkd.link.detector import Detector, click_statistics, dead_time_factor
from satqkd.link.qber import combined_error
from satqkd.protocols.bbm92 import BBM92
from satqkd.protocols.decoy_bb84 import DecoyBB84
from satqkd.protocols.one_decoy_bb84 import OneDecoyBB84
from satqkd.scenario import Protocol
from satqkd.units import FloatArray


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
    """

    detected_cps: FloatArray
    sifted_cps: FloatArray
    errors_cps: FloatArray

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
    probability (`satqkd.link.detector.noise_probability`). Clicks make further clicks: after-pulses, and the spill of a
    pulse into its neighbour's gate, are noise in proportion to the clicks. Dead time thins all counts alike.
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

    def clicking(stray: FloatArray | float) -> tuple[FloatArray, FloatArray, FloatArray]:
        noise = detector.noise_probability(
            background_cps[:, None], basis_probability=shares, stray_probability=np.atleast_1d(stray)[:, None]
        )
        gain, error_rate = click_statistics(mu, transmittance[:, None, None], noise[:, :, None], wrong[:, None, None])
        # Clicks per pulse in either basis: the receiver's choice, whatever the sender's.
        return gain, error_rate, np.einsum("b,i,nbi->n", shares, p, gain) * protocol.clock_rate_hz

    gain, error_rate, clicks = clicking(0.0)
    stray = detector.stray_click_probability(clicks, clock_rate_hz=protocol.clock_rate_hz)
    if np.any(stray > 0.0):
        gain, error_rate, clicks = clicking(stray)
    alive = dead_time_factor(clicks / detector.count, dead_time_s=detector.dead_time_s)
    sifted = gain * (protocol.clock_rate_hz * shares[:, None] ** 2 * p) * alive[:, None, None]
    return Counts(detected_cps=clicks * alive, sifted_cps=sifted, errors_cps=sifted * error_rate)


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
    noise_cps = background_cps + detector.count * detector.dark_count_hz
    clicks = protocol.pair_rate_hz * transmittance + noise_cps
    alive = dead_time_factor(clicks / detector.count, dead_time_s=detector.dead_time_s)
    found = protocol.coincidences(transmittance=transmittance, noise_cps=noise_cps)
    rate = found.rate_cps * alive
    # A flip leaves the accidental half wrong as it is, so it may come after everything else.
    wrong = combined_error(found.error_rate, flip_probability)
    sifted = (rate[:, None] * _shares(protocol) ** 2)[:, :, None]
    return Counts(detected_cps=rate, sifted_cps=sifted, errors_cps=sifted * wrong[:, None, None])


def _shares(protocol: Protocol) -> FloatArray:
    return np.array([protocol.key_basis_probability, 1.0 - protocol.key_basis_probability])
