import pytest

from satqkd.catalog import entries
from satqkd.errors import InputError
from satqkd.link.air.extinction import ZenithExtinction
from satqkd.link.background.radiance import NightClass
from satqkd.link.downlink import Downlink
from satqkd.link.terminals import read_terminal
from tests.support.sight import budget_at

NAMES = sorted(entries("terminals"))
LINKS = [name for name in NAMES if not name.startswith("detector-")]


def test_what_is_shipped() -> None:
    assert set(LINKS) == {
        "micius", "jinan-1-like", "spoqc-hogs", "eagle-1-like", "sota", "cubesat-class", "geo-class"
    }  # fmt: skip
    detectors = [read_terminal(name) for name in NAMES if name.startswith("detector-")]
    assert sum("Silicon" in detector.description for detector in detectors) >= 2
    assert sum("Superconducting" in detector.description for detector in detectors) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_every_terminal_reads(name: str) -> None:
    terminal = read_terminal(name)
    assert terminal.name
    assert terminal.version
    assert terminal.description
    assert 400e-9 < terminal.wavelength_m < 2000e-9
    assert terminal.kind == ("detector" if name.startswith("detector-") else "link")
    assert terminal.detector is not None
    assert terminal.assumed, "nobody publishes everything: say what is assumed"


@pytest.mark.parametrize("name", LINKS)
def test_every_link_has_a_budget(name: str) -> None:
    terminal = read_terminal(name)
    assert terminal.transmitter is not None
    assert terminal.receiver is not None
    assert terminal.detector is not None
    link = Downlink(
        wavelength_m=terminal.wavelength_m,
        transmitter=terminal.transmitter,
        receiver=terminal.receiver,
        detector=terminal.detector,
        atmosphere=ZenithExtinction(zenith_extinction_db=0.5),
        background=NightClass(),
    )
    budget = budget_at(link, elevation_deg=40.0, range_m=3.78e7 if name == "geo-class" else 8e5)
    assert 20.0 < budget.total_loss_db < 65.0
    assert terminal.source["clock_rate_hz"] > 0.0
    if "intensities" in terminal.source:
        assert len(terminal.source["intensities"]) == len(terminal.source["probabilities"]) == 3
        assert sum(terminal.source["probabilities"]) == pytest.approx(1.0)
    # a gate fits between two pulses
    assert terminal.detector.gate_s * terminal.source["clock_rate_hz"] <= 1.0


def test_an_unknown_terminal_suggests_the_nearest() -> None:
    with pytest.raises(InputError, match="micius"):
        read_terminal("miicius")
