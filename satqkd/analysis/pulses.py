"""The family of prepare-and-measure protocols: weak pulses of several intensities."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from satqkd.analysis.basis import alive_share, basis_shares, noise_by_basis_cps
from satqkd.analysis.counts import Counts
from satqkd.analysis.light import Light
from satqkd.arrays import FloatArray
from satqkd.columns import CAUSES, PARAMETERS
from satqkd.link.budget import LinkBudget
from satqkd.link.downlink import Link
from satqkd.link.qber import combined_error, error_budget
from satqkd.link.receiver.detector import Detector, click_statistics
from satqkd.protocols.choice.objective import DecoyProtocol
from satqkd.protocols.choice.parameters import OptimizedBlocks, optimize
from satqkd.protocols.choice.profiles import Seconds

AnyDecoy = TypeVar("AnyDecoy", bound=DecoyProtocol)


class Pulses:
    """What analysis asks of protocols that send weak pulses; see `satqkd.analysis.families.Family`."""

    def intensities(self, protocol: DecoyProtocol) -> int:
        """Return how many intensities are told apart."""
        return len(protocol.intensities)

    def slots_hz(self, protocol: DecoyProtocol) -> float:
        """Return among how many slots a second the detections are [1/s]: the pulses."""
        return protocol.clock_rate_hz

    def expected_counts(
        self,
        protocol: DecoyProtocol,
        *,
        transmittance: FloatArray,
        background_cps: FloatArray,
        detector: Detector,
        flip_probability: FloatArray | float,
    ) -> Counts:
        """Return the expected count rates over a link.

        Notes
        -----
        Noise clicks of a passive receiver fall into a basis whether its photons do or not, so each basis has its own
        noise (`satqkd.link.receiver.noise_probability`). Clicks make further clicks: after-pulses, and the spill of a
        pulse into its neighbour's gate, are noise in proportion to the clicks. Detectors run freely: every click,
        within a gate or not, blinds the one that clicked for the dead time.
        """
        wrong = combined_error(protocol.misalignment_error, np.broadcast_to(flip_probability, transmittance.shape))
        shares = basis_shares(protocol.key_basis_probability)
        mu, p = np.asarray(protocol.intensities), np.asarray(protocol.probabilities)
        clock = protocol.clock_rate_hz

        def clicking(stray: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
            # Bases that are chosen alike see alike: one stands for both.
            own = shares[:1] if shares[0] == shares[1] else shares
            noise = detector.noise_probability(
                background_cps[:, None], basis_probability=own, stray_probability=stray[:, None]
            )
            seen = transmittance[:, None, None]
            gain, error_rate = (
                np.broadcast_to(values, (len(values), 2, mu.size))
                for values in click_statistics(mu, seen, noise[:, :, None], wrong[:, None, None])
            )
            # Clicks in gates, by the receiver's basis, whatever the sender's.
            return gain, error_rate, np.einsum("b,i,nbi->nb", shares, p, gain) * clock

        stray = np.zeros(transmittance.shape)
        gain, error_rate, clicks = clicking(stray)
        made = detector.stray_click_probability(clicks.sum(axis=1), clock_rate_hz=clock)
        if np.any(made > 0.0):
            stray = made
            gain, error_rate, clicks = clicking(stray)
        outside = max(0.0, 1.0 - detector.gate_s * clock)  # share of the time that is in no gate
        alive = alive_share(clicks + outside * noise_by_basis_cps(background_cps, detector, shares), detector)
        sifted = gain * (clock * shares[:, None] ** 2 * p) * alive[:, :, None]
        return Counts(
            detected_cps=(clicks * alive).sum(axis=1),
            sifted_cps=sifted,
            errors_cps=sifted * error_rate,
            stray_probability=stray,
        )

    def choose(
        self,
        protocol: AnyDecoy,
        light: Light,
        *,
        block: NDArray[np.intp],
        blocks: int,
        parameters: bool,
        window: bool,
    ) -> tuple[NDArray[np.bool_], tuple[AnyDecoy, ...]]:
        """Return the samples worth sending in, and the protocol of every block with the parameters it runs with."""
        kept, chosen = np.ones(light.row.size, dtype=bool), [protocol] * blocks
        if not blocks or not (parameters or window):
            return kept, tuple(chosen)
        # The search knows one misalignment: stations whose bases agree alike are searched together.
        for number in np.unique(light.polarization_of):
            rows = np.flatnonzero(light.polarization_of == number)
            own, local = np.unique(block[rows], return_inverse=True)
            best = self._search(protocol, light.take(rows), local, own.size, parameters, window)
            kept[rows] = best.kept
            for one, where in enumerate(own.tolist() if parameters else ()):
                chosen[where] = replace(best.settings(one), misalignment_error=protocol.misalignment_error)
        return kept, tuple(chosen)

    def _search(
        self,
        protocol: AnyDecoy,
        light: Light,
        block: NDArray[np.intp],
        blocks: int,
        parameters: bool,
        window: bool,
    ) -> OptimizedBlocks[AnyDecoy]:
        # Turned bases count with their mean, second by second only afterwards.
        mean = float(
            np.average(light.flip_probability, weights=np.maximum(light.transmittance * light.weight_s, 1e-300))
        )
        gates = np.array([one.gate_s for one in light.detectors])
        dark = np.array([2.0 * one.dark_count_hz * one.gate_s for one in light.detectors])
        passive = np.array([one.count == 4 for one in light.detectors])
        of_block = np.zeros(blocks, dtype=np.intp)
        of_block[block] = light.detector_of  # a block is of one station
        return optimize(
            replace(protocol, misalignment_error=float(combined_error(protocol.misalignment_error, mean))),
            Seconds.of(
                transmittance=light.transmittance,
                background_per_gate=light.background_cps * gates[light.detector_of],
                weight_s=light.weight_s,
                block=block,
                dark_per_gate=dark[of_block],
                passive=passive[of_block],
                blocks=blocks,
            ),
            parameters=parameters,
            window=window,
        )

    def parameters(self, protocol: DecoyProtocol) -> dict[str, float]:
        """Return what a block runs with, by the names of the columns."""
        values = (*protocol.intensities[:2], *protocol.probabilities[:2], protocol.key_basis_probability)
        return dict(zip(PARAMETERS, values, strict=True))

    def causes(
        self,
        protocol: DecoyProtocol,
        *,
        link: Link,
        budget: LinkBudget,
        flip_probability: FloatArray,
        stray_probability: FloatArray,
    ) -> dict[str, FloatArray]:
        """Split the signal's error rate in the key basis into its causes, by the names of the columns."""
        source = link.polarization.source_error
        # What the source alone flips is known; turned bases are what is left of the flips.
        turned = flip_probability - source
        rotation = turned / (1.0 - 2.0 * source) if source < 0.5 else np.zeros_like(turned)
        shares = error_budget(
            mean_photon_number=protocol.intensities[0],
            transmittance=budget.transmittance,
            detector=link.detector,
            background_cps=budget.background_cps,
            source_error=source,
            misalignment_error=protocol.misalignment_error,
            rotation_error=np.clip(rotation, 0.0, 0.5),
            basis_probability=protocol.key_basis_probability,
            stray_probability=stray_probability,
        )
        return {name: np.asarray(getattr(shares, name.removeprefix("qber_"))) for name in CAUSES}

    def merits(self, protocol: DecoyProtocol, *, counts: FloatArray, errors: FloatArray) -> dict[str, FloatArray]:
        """Return further columns of the passes: none."""
        return {}
