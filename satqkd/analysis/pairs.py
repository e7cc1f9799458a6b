"""The family of entanglement-based protocols: pairs, of which one photon is measured on the satellite."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from satqkd.analysis.basis import alive_share, basis_shares, noise_by_basis_cps
from satqkd.analysis.counts import Counts, error_share, over_detectors
from satqkd.analysis.light import Light
from satqkd.arrays import FloatArray
from satqkd.errors import InputError
from satqkd.link.budget import LinkBudget
from satqkd.link.downlink import Link
from satqkd.link.qber import combined_error
from satqkd.link.receiver.detector import Detector, dead_time_factor, gate_acceptance
from satqkd.protocols.bbm92 import BBM92, chsh_value
from satqkd.protocols.pair_source import coincidences

_PARTS = 64  # steps in which the seconds of a block are tried, the best ones first


class Pairs:
    """What analysis asks of protocols that share entangled pairs; see `satqkd.analysis.families.Family`."""

    def intensities(self, protocol: BBM92) -> int:
        """Return how many intensities are told apart: pairs have one."""
        return 1

    def slots_hz(self, protocol: BBM92) -> float:
        """Return among how many slots a second the detections are [1/s]: the coincidence windows."""
        return 1.0 / protocol.coincidence_window_s

    def expected_counts(
        self,
        protocol: BBM92,
        *,
        transmittance: FloatArray,
        background_cps: FloatArray,
        detector: Detector,
        flip_probability: FloatArray | float,
    ) -> Counts:
        """Return the expected rates of coincidences.

        Raises
        ------
        InputError
            For a double downlink, whose key is not that of one station's pass.

        Notes
        -----
        A coincidence asks two detectors: the timing errors and dead times of both ends count.
        """
        if protocol.geometry == "double-downlink":
            raise InputError(
                'protocol.geometry = "double-downlink" has no key per station: it needs two at once.',
                'Choose "source-on-satellite", or use satqkd.protocols.bbm92 with the transmittances of the two links.',
            )
        shares = basis_shares(protocol.key_basis_probability)
        # Pairs know no gate: what is accepted lies within the coincidence window.
        clicking = transmittance / gate_acceptance(detector.gate_s, jitter_s=detector.jitter_s)
        noise_cps = noise_by_basis_cps(background_cps, detector, shares)
        local_noise_cps = 0.5 * protocol.local_noise_cps  # each basis on board has half of the detectors
        alive = alive_share(protocol.pair_rate_hz * clicking[:, None] * shares + noise_cps, detector)
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

    def choose(
        self,
        protocol: BBM92,
        light: Light,
        *,
        block: NDArray[np.intp],
        blocks: int,
        parameters: bool,
        window: bool,
    ) -> tuple[NDArray[np.bool_], tuple[BBM92, ...]]:
        """Return the seconds of every block that make the longest expected key, those with the least errors first.

        Raises
        ------
        InputError
            If parameters are to be chosen, of which a pair source has none.
        """
        if parameters:
            raise InputError(
                f'key.optimize = true is not offered for protocol.name = "{protocol.name}".',
                "Set key.optimize = false; a pair source has no intensities to choose.",
            )
        kept = np.ones(block.size, dtype=bool)
        if not window:
            return kept, (protocol,) * blocks
        counts = over_detectors(partial(self.expected_counts, protocol), light)
        order = np.lexsort((-counts.signal_cps, counts.qber, block))
        ends = np.searchsorted(block[order], np.arange(blocks + 1))
        for begin, end in pairwise(ends):
            own = order[begin:end]
            parts = np.unique(np.rint(np.linspace(0, own.size, _PARTS + 1)).astype(np.intp))[1:] - 1
            if not parts.size:
                continue
            sifted, errors = (
                np.cumsum(rates[own] * light.weight_s[own, None, None], axis=0)[parts]
                for rates in (counts.sifted_cps, counts.errors_cps)
            )
            lengths = np.asarray(protocol.secret_key(counts=sifted, errors=errors).length_bits)
            best = int(np.argmax(lengths))
            if lengths[best] > 0.0:
                kept[own[parts[best] + 1 :]] = False
        return kept, (protocol,) * blocks

    def parameters(self, protocol: BBM92) -> dict[str, float]:
        """Return what a block runs with, by the names of the columns: nothing was chosen."""
        return {}

    def causes(
        self,
        protocol: BBM92,
        *,
        link: Link,
        budget: LinkBudget,
        flip_probability: FloatArray,
        stray_probability: FloatArray,
    ) -> dict[str, FloatArray]:
        """Return the causes of error, by the names of the columns: those of pairs are not told apart."""
        return {}

    def merits(self, protocol: BBM92, *, counts: FloatArray, errors: FloatArray) -> dict[str, FloatArray]:
        """Return further columns of the passes from what was sifted, shape (passes, 2, 1): the CHSH value."""
        if not protocol.tells_chsh:
            return {}
        # 2 sqrt2 times the mean visibility of the two bases.
        wrong = error_share(errors[:, :, 0], counts[:, :, 0])
        return {"chsh_value": chsh_value(visibility=1.0 - wrong.sum(axis=1))}
