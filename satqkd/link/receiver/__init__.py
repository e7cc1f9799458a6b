"""What stands on the ground: telescope, field stop, polarisation analyser, detectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy

if TYPE_CHECKING:
    from satqkd.link.receiver import (
        detector as detector,
        field_stop as field_stop,
        polarization as polarization,
        telescope as telescope,
    )
    from satqkd.link.receiver.detector import (
        Detector as Detector,
        click_statistics as click_statistics,
        dark_counts_at_hz as dark_counts_at_hz,
        dead_time_factor as dead_time_factor,
        efficiency_mismatch as efficiency_mismatch,
        gate_acceptance as gate_acceptance,
        neighbour_gate_fraction as neighbour_gate_fraction,
        noise_probability as noise_probability,
        stray_click_probability as stray_click_probability,
    )
    from satqkd.link.receiver.field_stop import (
        field_stop_transmittance as field_stop_transmittance,
        seeing_rad as seeing_rad,
    )
    from satqkd.link.receiver.polarization import (
        Compensated as Compensated,
        Uncompensated as Uncompensated,
        body_angle_rad as body_angle_rad,
        contrast_error as contrast_error,
        coude_rotation_rad as coude_rotation_rad,
        gimbal_angle_rad as gimbal_angle_rad,
        mean_rotation_error as mean_rotation_error,
        motion_angle_rad as motion_angle_rad,
        nasmyth_rotation_rad as nasmyth_rotation_rad,
        parallactic_angle_rad as parallactic_angle_rad,
        rotation_error as rotation_error,
        uncompensated_rotation_rad as uncompensated_rotation_rad,
    )
    from satqkd.link.receiver.telescope import (
        Receiver as Receiver,
        collecting_area_m2 as collecting_area_m2,
        filter_transmittance as filter_transmittance,
        solid_angle_sr as solid_angle_sr,
    )

__getattr__, __dir__, __all__ = lazy.face(__name__)
