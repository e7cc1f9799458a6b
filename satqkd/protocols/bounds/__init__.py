"""What counts tell of what cannot be seen: tails, photons, sampling, entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy

if TYPE_CHECKING:
    from satqkd.protocols.bounds import (
        entropy as entropy,
        hypergeometric as hypergeometric,
        photons as photons,
        sampling as sampling,
        tails as tails,
    )
    from satqkd.protocols.bounds.entropy import binary_entropy as binary_entropy, entropy_deficit as entropy_deficit
    from satqkd.protocols.bounds.hypergeometric import (
        log_tail as log_tail,
        most_errors_elsewhere as most_errors_elsewhere,
        phase_error_rates as phase_error_rates,
    )
    from satqkd.protocols.bounds.photons import (
        PhotonBounds as PhotonBounds,
        one_decoy_single_photon_errors as one_decoy_single_photon_errors,
        one_decoy_single_photon_events as one_decoy_single_photon_events,
        one_decoy_vacuum_events as one_decoy_vacuum_events,
        photon_number_probabilities as photon_number_probabilities,
        single_photon_errors as single_photon_errors,
        vacuum_and_single_photon_events as vacuum_and_single_photon_events,
    )
    from satqkd.protocols.bounds.sampling import (
        divergence as divergence,
        gaussian_phase_error as gaussian_phase_error,
        hypergeometric_tail_exponent as hypergeometric_tail_exponent,
        invert_tail as invert_tail,
        phase_error_bound as phase_error_bound,
        serfling_phase_error as serfling_phase_error,
    )
    from satqkd.protocols.bounds.tails import (
        TAIL_BOUNDS as TAIL_BOUNDS,
        chernoff as chernoff,
        hoeffding as hoeffding,
        relative_entropy as relative_entropy,
    )

__getattr__, __dir__, __all__ = lazy.face(__name__)
