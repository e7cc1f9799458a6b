import csv
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from satqkd.catalog import data_file
from satqkd.errors import InputError
from satqkd.link.air.extinction import (
    ClearSkyTable,
    Visibility,
    ZenithExtinction,
    airmass,
    scattering_per_km,
)
from satqkd.link.quadrature import monotone_cubic
from satqkd.units import loss_db
from tests.support.sight import seen

DB_PER_NEPER = 10 / np.log(10)
# Between nodes of the table: half the distance to a held-out column interpolates to this (the requirement).
BETWEEN_NODES_DB = 0.05


@pytest.mark.parametrize(
    ("elevation_deg", "expected"),
    [(90, 0.9997), (60, 1.1540), (45, 1.4126), (30, 1.9943), (20, 2.9031), (15, 3.8129), (10, 5.5860), (5, 10.306)],
)
def test_airmass(elevation_deg: float, expected: float) -> None:
    """Independent program, five digits; Kasten & Young 1989 print 1.9939 at 30 deg and 5.5841 at 10 deg."""
    assert airmass(elevation_deg) == pytest.approx(expected, abs=0.6 * 10.0 ** -(3 if elevation_deg == 5 else 4))


@pytest.mark.parametrize(
    ("wavelength_m", "visibility_m", "kruse", "kim"),
    [(850e-9, 23e3, 0.4195, 0.4195), (850e-9, 5e3, 2.198, 2.069), (1550e-9, 23e3, 0.1921, 0.1921),
     (1550e-9, 5e3, 1.205, 1.043)],
)  # fmt: skip
def test_visibility(wavelength_m: float, visibility_m: float, kruse: float, kim: float) -> None:
    """Independent program, four digits [dB/km]."""
    for law, expected in (("kruse", kruse), ("kim", kim)):
        extinction = scattering_per_km(visibility_m, wavelength_m=wavelength_m, law=law)
        assert extinction * DB_PER_NEPER == pytest.approx(expected, rel=4e-4)


def test_visibility_over_a_mountain() -> None:
    """Analytic: 1.2 km higher leaves 1/e of the aerosol."""
    haze = Visibility(visibility_m=23e3)
    low, high = (
        loss_db(haze.transmittance(seen(30.0, altitude_m=altitude), wavelength_m=850e-9)) for altitude in (0.0, 1200.0)
    )
    assert low == pytest.approx(0.4195 * 1.2 * 1.9943, rel=3e-4)
    assert high == pytest.approx(low / np.e, rel=1e-12)


@pytest.mark.parametrize(
    ("wavelength_m", "expected"),
    [(850e-9, (0.895, 0.802, 0.726, 0.539)), (785e-9, (0.876, 0.770, 0.684, 0.483)),
     (810e-9, (0.814, 0.686, 0.592, 0.391)), (1550e-9, (0.960, 0.923, 0.891, 0.802))],
)  # fmt: skip
def test_clear_sky_nodes(wavelength_m: float, expected: tuple[float, ...]) -> None:
    """The source's own table, MODTRAN, at 90, 30, 20, 10 deg, to its three digits; 810 nm lies in the water band."""
    eta = ClearSkyTable().transmittance(seen([90, 30, 20, 10]), wavelength_m=wavelength_m)
    assert eta == pytest.approx(expected, abs=6e-4)


def clear_sky() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    with data_file("atmosphere", "modtran_clear_sky.csv").open(encoding="utf-8") as stream:
        rows = list(csv.reader(line for line in stream if not line.startswith("#")))
    table = np.array(rows[1:], dtype=float)
    return np.array(rows[0][1:], dtype=float), table[:, 0], table[:, 1:]


def test_clear_sky_meets_every_node() -> None:
    wavelength_nm, elevation, eta = clear_sky()
    for column, wavelength in enumerate(wavelength_nm):
        computed = ClearSkyTable().transmittance(seen(elevation), wavelength_m=wavelength * 1e-9)
        assert computed == pytest.approx(eta[:, column], rel=1e-9)


def test_clear_sky_between_elevations() -> None:
    """Every second elevation held out: 0.05 dB down to 5 deg (0.02 dB measured)."""
    _, elevation, eta = clear_sky()
    per_airmass = loss_db(eta) / airmass(elevation)[:, None]
    for column in per_airmass.T:
        guess = np.interp(elevation, elevation[::2], column[::2])
        error = np.abs(guess - column) * airmass(elevation)
        assert error[elevation >= 5.0].max() < BETWEEN_NODES_DB


def test_clear_sky_between_wavelengths() -> None:
    """Columns held out, so at twice the table's spacing: 0.05 dB down to 10 deg on both sides of the water band.

    Inside the band (805 to 825 nm) the table is too coarse for its own neighbours: up to 0.36 dB at 10 deg.
    """
    wavelength_nm, elevation, eta = clear_sky()
    loss = loss_db(eta[:, :-1])
    for column, wavelength in enumerate(wavelength_nm[1:-2], start=1):
        rest = np.delete(wavelength_nm[:-1], column)
        error = monotone_cubic(rest, np.delete(loss, column, axis=1), wavelength) - loss[:, column]
        allowed = 0.37 if 805 <= wavelength <= 825 else BETWEEN_NODES_DB
        assert np.abs(error[elevation >= 10]).max() < allowed, wavelength


@pytest.mark.parametrize("wavelength_m", [532e-9, 780e-9, 900e-9, 1540e-9])
def test_clear_sky_refuses_to_extrapolate(wavelength_m: float) -> None:
    with pytest.raises(InputError, match="785e-9 to 850e-9"):
        ClearSkyTable().transmittance(seen(30.0), wavelength_m=wavelength_m)


def test_below_the_horizon_is_refused() -> None:
    with pytest.raises(InputError, match="elevation_deg"):
        airmass([-5.0, 10.0])


@pytest.mark.parametrize(
    "build",
    [
        lambda: ZenithExtinction(zenith_extinction_db=-1.0),
        lambda: Visibility(visibility_m=0.0),
        lambda: Visibility(visibility_m=1e4, law="mie"),
        lambda: ClearSkyTable(model="clear sky"),
    ],
)
def test_an_atmosphere_that_cannot_be(build: Any) -> None:
    with pytest.raises(InputError):
        build()


@settings(max_examples=60)
@given(
    zenith_db=st.floats(0.0, 30.0),
    visibility_m=st.floats(50.0, 2e5),
    wavelength_m=st.floats(400e-9, 2000e-9),
    altitude_m=st.floats(0.0, 4500.0),
)
def test_lower_is_never_clearer(zenith_db: float, visibility_m: float, wavelength_m: float, altitude_m: float) -> None:
    elevation = np.linspace(0.1, 90.0, 60)
    sight = seen(elevation, altitude_m=altitude_m)
    models: list[Any] = [ZenithExtinction(zenith_extinction_db=zenith_db), Visibility(visibility_m=visibility_m)]
    for eta in [model.transmittance(sight, wavelength_m=wavelength_m) for model in models]:
        assert np.all((eta >= 0.0) & (eta <= 1.0))
        assert np.all(np.diff(eta) >= 0.0)
    table = ClearSkyTable().transmittance(sight, wavelength_m=float(np.clip(wavelength_m, 785e-9, 850e-9)))
    assert np.all(np.diff(table) >= 0.0)
