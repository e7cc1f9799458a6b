"""A year of passes of one station, each second, is some 150,000 samples: the whole budget in less than a second."""

import time

import numpy as np
import pytest

from satqkd.link.air.extinction import ClearSkyTable
from satqkd.link.air.turbulence import HufnagelValley
from satqkd.link.background.natural_sky import NaturalSky
from satqkd.link.beam.diffraction import TruncatedGaussian
from satqkd.link.beam.transmitters import Transmitter
from satqkd.link.budget import LinkBudget
from satqkd.link.downlink import Downlink
from satqkd.link.receiver.detector import Detector
from satqkd.link.receiver.telescope import Receiver
from tests.support.sight import budget_at

SAMPLES = 150_000
LIMIT_S = 1.0  # the requirement; 0.1 to 0.2 s measured on one core

SENDERS = {
    "measured": Transmitter(
        aperture_m=0.30, divergence_rad=10e-6, divergence_definition="uniform", pointing_jitter_rad=1.2e-6
    ),
    "measured, biased": Transmitter(
        aperture_m=0.30,
        divergence_rad=10e-6,
        divergence_definition="uniform",
        pointing_jitter_rad=1.2e-6,
        pointing_bias_rad=1e-6,
    ),
    "diffraction": TruncatedGaussian(
        aperture_m=0.30,
        waist_radius_m=0.12,
        obscuration_ratio=0.2,
        pointing_jitter_rad=1.2e-6,
        pointing_bias_rad=0.5e-6,
        pointing_jitter_elevations_deg=(10.0, 90.0),
        pointing_jitter_factors=(2.0, 1.0),
    ),
}


def a_year(sender: str) -> LinkBudget:
    rng = np.random.default_rng(2017)
    elevation = rng.uniform(10.0, 90.0, SAMPLES)
    link = Downlink(
        wavelength_m=848.6e-9,
        transmitter=SENDERS[sender],
        receiver=Receiver(
            aperture_m=1.0,
            obscuration_ratio=0.3,
            optics_transmittance=0.16,
            field_of_view_rad=100e-6,
            filter_bandwidth_m=1e-9,
            pointing_jitter_rad=5e-6,
        ),
        detector=Detector(efficiency=0.5, dark_count_hz=25.0, gate_s=2e-9, jitter_s=0.3e-9),
        atmosphere=ClearSkyTable(),
        background=NaturalSky(sky_quality_v_mag_arcsec2=21.0),
        turbulence=HufnagelValley(),
    )
    return budget_at(
        link,
        elevation_deg=elevation,
        range_m=np.interp(elevation, [10.0, 90.0], [1.7e6, 5e5]),
        altitude_m=890.0,
        range_rate_m_s=rng.uniform(-7e3, 7e3, SAMPLES),
        sun_elevation_deg=rng.uniform(-60.0, -12.0, SAMPLES),
        moon_elevation_deg=rng.uniform(-60.0, 60.0, SAMPLES),
        moon_illumination=rng.uniform(0.0, 1.0, SAMPLES),
        moon_separation_deg=rng.uniform(5.0, 170.0, SAMPLES),
    )


@pytest.mark.parametrize("sender", SENDERS)
def test_a_year_of_samples(sender: str) -> None:
    a_year(sender)  # imports and tables
    start = time.perf_counter()
    budget = a_year(sender)
    assert time.perf_counter() - start < LIMIT_S
    assert budget.total_loss_db.shape == (SAMPLES,)
    assert np.all(np.isfinite(budget.total_loss_db))


@pytest.mark.parametrize("sender", SENDERS)
def test_benchmark_a_year_of_samples(benchmark: object, sender: str) -> None:
    benchmark(a_year, sender)
