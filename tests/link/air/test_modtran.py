import csv

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from satqkd.catalog import data_file
from satqkd.errors import InputError
from satqkd.link.air.airmass import airmass, refraction_deg
from satqkd.link.air.extinction import ClearSkyTable, VisibilityTable
from satqkd.link.quadrature import monotone_cubic
from satqkd.units import loss_db
from tests.support.sight import seen

BETWEEN_ELEVATIONS_DB = 0.1  # at and above 20 deg, the next lower node 10 deg away; 0.067 measured
BETWEEN_VISIBILITIES = 0.07  # of the loss; 0.06 measured


def visibility_rows() -> tuple[np.ndarray, np.ndarray]:
    with data_file("atmosphere", "modtran_visibility.csv").open(encoding="utf-8") as stream:
        rows = list(csv.reader(line for line in stream if not line.startswith("#")))
    return np.array(rows[0][2:], dtype=float), np.array(rows[1:], dtype=float)


def test_visibility_nodes_are_met() -> None:
    """The source's own table, MODTRAN by Qrackling; 0 in it means below its float range."""
    wavelength_nm, rows = visibility_rows()
    for visibility_m in (1e3, 1e4, 5e4):
        mine = rows[rows[:, 0] == visibility_m]
        for column, wavelength in enumerate(wavelength_nm, start=2):
            eta = VisibilityTable(visibility_m=visibility_m).transmittance(
                seen(mine[:, 1]), wavelength_m=wavelength * 1e-9
            )
            known = mine[:, column] > 0.0
            assert eta[known] == pytest.approx(mine[known, column], rel=1e-9)


def test_between_visibilities() -> None:
    """Each visibility held out, so at twice the table's spacing or more; the ends 50 km and 1 km have no neighbours."""
    _, rows = visibility_rows()
    for middle, below, above in ((2e4, 1e4, 5e4), (1e4, 5e3, 2e4), (5e3, 2e3, 1e4), (2e3, 1e3, 5e3)):
        loss = {v: loss_db(rows[(rows[:, 0] == v) & (rows[:, 1] >= 10)][:, 2:]) for v in (middle, below, above)}
        share = (1 / middle - 1 / above) / (1 / below - 1 / above)
        guess = share * loss[below] + (1 - share) * loss[above]
        assert np.abs(guess / loss[middle] - 1).max() < BETWEEN_VISIBILITIES


def test_between_elevations() -> None:
    _, rows = visibility_rows()
    for visibility_m in (2e3, 1e4, 5e4):
        mine = rows[rows[:, 0] == visibility_m]
        mine = mine[np.argsort(mine[:, 1])]
        elevation, loss = mine[:, 1], loss_db(mine[:, 2:])
        sine, per_airmass = np.sin(np.radians(elevation)), loss / airmass(elevation)[:, None]
        for out in np.flatnonzero((elevation >= 20) & (elevation < 90)):
            rest = np.delete(sine, out)
            guess = monotone_cubic(rest, np.delete(per_airmass, out, axis=0).T, sine[out]) * airmass(elevation[out])
            assert np.abs(guess - loss[out]).max() < BETWEEN_ELEVATIONS_DB


def test_water_line_shows() -> None:
    """The 810 to 830 nm water band costs more than its neighbours on either side, in both tables."""
    at = seen(30.0)
    clear = [float(ClearSkyTable().transmittance(at, wavelength_m=w * 1e-9)) for w in (795, 822, 850)]
    assert clear[1] < min(clear[0], clear[2]) - 0.1
    hazy = [float(VisibilityTable(visibility_m=23e3).transmittance(at, wavelength_m=w * 1e-9)) for w in (785, 810, 850)]
    assert hazy[1] < hazy[2]


def test_altitude_is_corrected_only_when_asked() -> None:
    """Analytic: exp(-h0/H) of the loss in dB."""
    low, up = seen(30.0), seen(30.0, altitude_m=2e3)
    for plain, scaled in (
        (ClearSkyTable(), ClearSkyTable(altitude_scale_height_m=2e3)),
        (VisibilityTable(visibility_m=2e4), VisibilityTable(visibility_m=2e4, altitude_scale_height_m=2e3)),
    ):
        sea, high = (loss_db(plain.transmittance(sight, wavelength_m=850e-9)) for sight in (low, up))
        assert sea == high
        assert loss_db(scaled.transmittance(up, wavelength_m=850e-9)) == pytest.approx(sea / np.e, rel=1e-12)


def test_tables_refuse_to_extrapolate() -> None:
    haze = VisibilityTable(visibility_m=2e4)
    at = seen(30.0)
    assert haze.transmittance(at, wavelength_m=848.6e-9) == haze.transmittance(at, wavelength_m=849e-9)
    for wavelength in (700e-9, 830e-9, 1551.5e-9):
        with pytest.raises(InputError, match="not in the visibility table"):
            haze.transmittance(at, wavelength_m=wavelength)
    with pytest.raises(InputError, match="elevation_deg"):
        haze.transmittance(seen(0.5), wavelength_m=850e-9)
    for build in (
        lambda: VisibilityTable(visibility_m=500.0),
        lambda: ClearSkyTable(altitude_scale_height_m=0.0),
        lambda: VisibilityTable(visibility_m=2e4, model="visibility"),
    ):
        with pytest.raises(InputError):
            build()


def test_refraction() -> None:
    """Saemundsson 1986 as every almanac has it: 29' at the horizon, 5.3' at 10 deg, nothing at the zenith."""
    assert refraction_deg([0.0, 10.0, 90.0]) * 60 == pytest.approx([28.98, 5.4, 0.0], abs=0.1)
    assert airmass(10.0, elevation_kind="true") == pytest.approx(float(airmass(10.0 + refraction_deg(10.0))))
    # what the budget's convention costs, as its docstring says
    excess = airmass([30.0, 10.0, 5.0]) / airmass([30.0, 10.0, 5.0], elevation_kind="true") - 1
    assert excess == pytest.approx([0.001, 0.009, 0.03], rel=0.15)


@settings(max_examples=40)
@given(visibility_m=st.floats(1e3, 1e6), wavelength_m=st.sampled_from([780e-9, 809e-9, 849.5e-9, 1064e-9, 1550e-9]))
def test_haze_never_helps(visibility_m: float, wavelength_m: float) -> None:
    elevation = np.linspace(1.0, 90.0, 90)
    sight = seen(elevation)
    eta = VisibilityTable(visibility_m=visibility_m).transmittance(sight, wavelength_m=wavelength_m)
    assert np.all((eta >= 0.0) & (eta <= 1.0))
    assert np.all(np.diff(eta) >= 0.0)
    clearer = VisibilityTable(visibility_m=1.3 * visibility_m).transmittance(sight, wavelength_m=wavelength_m)
    assert np.all(clearer >= eta)
