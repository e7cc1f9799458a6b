"""Another model keeps what it knows of the old one; what goes is named; no reason stays behind a value that went."""

from __future__ import annotations

import pytest

import satqkd as sq
from satqkd.analysis import assumptions
from satqkd.errors import Notice

ONE_DECOY = {
    "protocol.name": "one-decoy-bb84",
    "protocol.intensities": [0.5, 0.1],
    "protocol.probabilities": [0.7, 0.3],
    "protocol.key_basis_probability": 0.5,
    "protocol.clock_rate_hz": 1e8,
}


@pytest.fixture(scope="module")
def flight():
    return sq.load_scenario("micius-xinglong-2016-12-19")


def test_one_decoy_keeps_the_misalignment(flight):
    """Recomputed independently: 256,494 bits at 1.26 %; without the 1 % it was 408,511 at 0.26 %."""
    with pytest.warns(Notice, match=r"not know protocol\.key_bases = both, protocol\.tail_bound = hoeffding: gone"):
        changed = flight.with_(ONE_DECOY)
    assert changed.protocol.misalignment_error == 0.01
    passes = sq.analyze(changed).passes
    assert passes["secret_bits"].max() == 256_494
    assert passes["qber"].max() == pytest.approx(0.0126, abs=5e-5)
    assert assumptions(changed)["protocol.misalignment_error"]["value"] == 0.01


def test_a_transmitter_keeps_its_jitter(flight):
    with pytest.warns(Notice, match=r"link\.transmitter\.divergence_rad = 1e-05"):
        changed = flight.with_(
            {"link.transmitter.model": "collimated-gaussian", "link.transmitter.waist_radius_m": 0.1}
        )
    assert changed.link.transmitter.pointing_jitter_rad == 1.2e-6
    # theta_w = 2.70 urad: 10 log10(1 + 4 (1.2/2.70)^2) = 2.53 dB in the far field, a little less where the waist counts
    assert sq.budget(changed, elevation_deg=47.8)["pointing_db"].iloc[0] == pytest.approx(2.38, abs=0.02)


def test_a_value_of_another_kind_goes_and_is_named(flight):
    pairs = {"protocol.name": "bbm92", "protocol.pair_rate_hz": 1e6, "protocol.coincidence_window_s": 1e-9}
    with pytest.warns(Notice, match=r"protocol\.intensities = \[0\.8, 0\.1, 0\.0\].*tail_bound = hoeffding"):
        changed = flight.with_(pairs | {"protocol.error_correction_efficiency": 1.2})
    assert changed.protocol.tail_bound == "serfling"
    assert changed.protocol.misalignment_error == 0.01
    assert changed.protocol.error_correction_efficiency == 1.2


def test_a_reason_goes_with_its_value():
    spoqc = sq.load_scenario("spoqc-europe")
    collimated = {"link.transmitter.model": "collimated-gaussian", "link.transmitter.waist_radius_m": 0.02}
    with pytest.warns(Notice):
        changed = spoqc.with_(collimated)
    assert "link.transmitter.divergence_definition" not in changed.assumed
    assert changed.assumed["link.transmitter.pointing_jitter_rad"] == "design goal"
    assert changed.link.transmitter.pointing_jitter_rad == 1e-6


def test_a_terminal_under_another_model_keeps_its_jitter():
    values = sq.load_scenario("spoqc-europe").to_dict()
    values["link"] = {
        "terminal": "spoqc-hogs",
        "transmitter": {"model": "collimated-gaussian", "waist_radius_m": 0.03},
        "atmosphere": {"model": "clear-sky-table"},
        "background": {"model": "natural-sky"},
    }
    values.pop("assumed")
    scenario = sq.load_scenario(values)
    assert scenario.link.transmitter.pointing_jitter_rad == 1e-6
    assert scenario.link.transmitter.waist_radius_m == 0.03
    assert "link.receiver.field_of_view_rad" in scenario.assumed


def test_another_terminal_takes_the_reasons_of_the_old_one_along():
    spoqc = sq.load_scenario("spoqc-europe")
    changed = spoqc.with_({"link.terminal": "micius"})
    assert changed.link.transmitter.divergence_rad == 10e-6
    told = assumptions(changed)
    assert told["link.transmitter.pointing_jitter_rad"]["why"].startswith("published as tracking accuracy")
    assert "link.receiver.optics_transmittance" not in told
