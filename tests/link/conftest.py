import pytest

from satqkd.link.air.extinction import ZenithExtinction
from satqkd.link.background.radiance import NightClass
from satqkd.link.beam.transmitters import Transmitter
from satqkd.link.downlink import Downlink
from satqkd.link.receiver.detector import Detector
from satqkd.link.receiver.telescope import Receiver


@pytest.fixture
def micius_link() -> Downlink:
    """Micius 2017 as published (Liao et al., Nature 549, 43): 2.7 dB zenith loss with turbulence."""
    return Downlink(
        wavelength_m=848.6e-9,
        transmitter=Transmitter(
            aperture_m=0.30, divergence_rad=10e-6, divergence_definition="uniform", pointing_jitter_rad=1.2e-6
        ),
        receiver=Receiver(aperture_m=1.0, optics_transmittance=0.16, field_of_view_rad=100e-6, filter_bandwidth_m=1e-9),
        detector=Detector(efficiency=0.5, dark_count_hz=25.0, count=4, gate_s=2e-9),
        atmosphere=ZenithExtinction(zenith_extinction_db=2.7),
        background=NightClass(),
    )
