"""What leaves a telescope and what a receiver catches of it: beams, diffraction, pointing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy

if TYPE_CHECKING:
    from satqkd.link.beam import (
        diffraction as diffraction,
        divergence as divergence,
        gaussian as gaussian,
        pointing as pointing,
        transmitters as transmitters,
    )
    from satqkd.link.beam.diffraction import (
        FRAUNHOFER_LIMIT as FRAUNHOFER_LIMIT,
        TruncatedGaussian as TruncatedGaussian,
        diffraction_transmittance as diffraction_transmittance,
    )
    from satqkd.link.beam.divergence import (
        DEFINITIONS as DEFINITIONS,
        check_definition as check_definition,
        explain as explain,
    )
    from satqkd.link.beam.gaussian import captured_fraction as captured_fraction
    from satqkd.link.beam.pointing import (
        PointingErrors as PointingErrors,
        mean_pointing_transmittance as mean_pointing_transmittance,
        mean_pointing_transmittance_per_axis as mean_pointing_transmittance_per_axis,
        pointing_cdf as pointing_cdf,
        pointing_quantile as pointing_quantile,
    )
    from satqkd.link.beam.transmitters import (
        CollimatedGaussian as CollimatedGaussian,
        Transmitter as Transmitter,
        collimated_beam_radius_m as collimated_beam_radius_m,
        diffraction_half_angle_rad as diffraction_half_angle_rad,
        gaussian_of_divergence as gaussian_of_divergence,
        geometric_transmittance as geometric_transmittance,
        measured_beam_radius_m as measured_beam_radius_m,
    )

__getattr__, __dir__, __all__ = lazy.face(__name__)
