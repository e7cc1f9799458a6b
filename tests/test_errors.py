"""What is said to a user points at the user's own line."""

import warnings

import pytest

import satqkd as sq
from satqkd import link
from satqkd.errors import SatqkdWarning, StaleElementsWarning, ValidityWarning

SCENARIO = "micius-beijing-vienna"
WALKER = {"model": "walker", "altitude_m": 5e5, "inclination_deg": 50.0, "satellites": 1, "planes": 1}
DESIGNED = {**sq.load_scenario(SCENARIO).to_dict(), "satellites": [WALKER]}


@pytest.mark.parametrize(
    ("call", "category"),
    [
        (lambda: link.background.airglow_w_m2_sr_um(wavelength_m=3e-6, elevation_deg=45.0), ValidityWarning),
        (lambda: link.beam.CollimatedGaussian(waist_radius_m=1e-6), SatqkdWarning),
        (lambda: sq.find_passes(SCENARIO, start="2017-09-01", days=1), StaleElementsWarning),
        (lambda: sq.load_scenario(SCENARIO).with_({"link.receiver.aperture_m": 1e-4}), SatqkdWarning),
        (lambda: sq.find_passes(DESIGNED, start="2051-01-03", days=1), ValidityWarning),
    ],
)
def test_a_warning_points_at_the_line_of_the_caller(call, category):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        call()
    assert {one.filename for one in said if issubclass(one.category, category)} == {__file__}
