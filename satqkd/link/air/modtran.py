"""The shipped MODTRAN tables: a cloudless sky by wavelength, and a hazy one by visibility."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Ge

from satqkd.arrays import FloatArray, takes_quantities, within
from satqkd.errors import InputError
from satqkd.fields import ScaleHeight, noun
from satqkd.link.air.airmass import airmass
from satqkd.link.quadrature import monotone_cubic
from satqkd.link.sight import DARK_NIGHT, LineOfSight, SkyLight
from satqkd.units import transmittance


@noun
class ClearSkyTable:
    """A cloudless sky by MODTRAN: 785 to 850 nm and 1550 nm, elevation 0 to 90 deg; its aerosol is not stated.

    Nodes are met exactly; between them, loss over airmass is linear in elevation (0.02 dB down to 5 deg) and loss is
    monotone cubic in wavelength (0.05 dB; in the water band from 805 to 825 nm the 5 nm steps are coarse, 0.4 dB).

    Parameters
    ----------
    altitude_scale_height_m : float or None, optional
        The table starts at sea level. With a scale height [m] the loss shrinks by exp(-altitude/scale height); without
        one, the default, it is not corrected, and a mountain station loses less than this.
    """

    DATA_FILES: ClassVar = ("atmosphere/modtran_clear_sky.csv",)
    """What it reads of the shipped data."""

    altitude_scale_height_m: ScaleHeight | None = None
    model: Literal["clear-sky-table"] = "clear-sky-table"

    def __post_init__(self) -> None:
        _check_scale_height(self.altitude_scale_height_m)

    @takes_quantities
    def transmittance(self, sight: LineOfSight, sky: SkyLight = DARK_NIGHT, *, wavelength_m: float) -> FloatArray:
        """Transmittance in the shape of the sight; an elevation or wavelength outside the table is refused."""
        e = within("elevation_deg", sight.elevation_deg, 0.0, 90.0 + 1e-6)
        nodes, loss_per_airmass = _clear_sky_column(float(wavelength_m))
        loss_db = np.interp(e, nodes, loss_per_airmass) * airmass(e)
        return transmittance(loss_db * _thinner(sight.station_altitude_m, self.altitude_scale_height_m))


@noun
class VisibilityTable:
    """A hazy sky by MODTRAN for a meteorological visibility of 1 km or more; 780 to 1550 nm, elevation 1 to 90 deg.

    Wavelengths: 780-785, 808-810, 849-850, 1064, 1310, 1550 nm, each to a nanometre. Loss is linear in 1/visibility (a
    column held out comes back to 6 %) and, over airmass, monotone cubic in elevation (0.1 dB down to 20 deg).

    Parameters
    ----------
    visibility_m : float
        Meteorological visibility at sea level [m].
    altitude_scale_height_m : float or None, optional
        As for `ClearSkyTable`.
    """

    DATA_FILES: ClassVar = ("atmosphere/modtran_visibility.csv",)
    """What it reads of the shipped data."""

    visibility_m: Annotated[float, Ge(1000.0)]
    altitude_scale_height_m: ScaleHeight | None = None
    model: Literal["visibility-table"] = "visibility-table"

    def __post_init__(self) -> None:
        _check_scale_height(self.altitude_scale_height_m)

    @takes_quantities
    def transmittance(self, sight: LineOfSight, sky: SkyLight = DARK_NIGHT, *, wavelength_m: float) -> FloatArray:
        """Transmittance in the shape of the sight; an elevation or wavelength outside the table is refused."""
        e = within("elevation_deg", sight.elevation_deg, 1.0, 90.0 + 1e-6)
        sines, loss_per_airmass = _visibility_column(float(wavelength_m), float(self.visibility_m))
        height = np.sin(np.radians(e))
        loss_db = monotone_cubic(sines, loss_per_airmass, height) * airmass(e)
        return transmittance(
            np.maximum(loss_db, 0.0) * _thinner(sight.station_altitude_m, self.altitude_scale_height_m)
        )


def _check_scale_height(value: float | None) -> None:
    if value is not None:
        within("altitude_scale_height_m", value, 0.0, above=True)


def _thinner(altitude_m: float | FloatArray, scale_height_m: float | None) -> float | FloatArray:
    return 1.0 if scale_height_m is None else np.exp(-altitude_m / scale_height_m)


def _read(name: str) -> tuple[list[str], FloatArray]:
    from satqkd.catalog import data_file

    with data_file("atmosphere", name).open(encoding="utf-8") as stream:
        lines = [line.strip() for line in stream if not line.startswith("#")]
    return lines[0].split(","), np.array([[float(word) for word in line.split(",")] for line in lines[1:]])


@lru_cache(maxsize=1)
def _clear_sky_table() -> tuple[FloatArray, FloatArray, FloatArray]:
    header, table = _read("modtran_clear_sky.csv")
    wavelengths_m = np.array([float(word) for word in header[1:]]) * 1e-9
    elevation = table[:, 0]
    return wavelengths_m, elevation, -10.0 * np.log10(table[:, 1:]) / airmass(elevation)[:, None]


@lru_cache(maxsize=64)
def _clear_sky_column(wavelength_m: float) -> tuple[FloatArray, FloatArray]:
    wavelengths, elevation, loss = _clear_sky_table()
    same = np.isclose(wavelengths, wavelength_m, rtol=0.0, atol=1e-12)
    if same.any():
        return elevation, loss[:, int(np.argmax(same))]
    band = wavelengths < 900e-9
    near = wavelengths[band]
    if not near[0] <= wavelength_m <= near[-1]:
        raise InputError(
            f"wavelength_m = {wavelength_m:g} is not in the clear-sky table: it holds 785e-9 to 850e-9 and 1550e-9.",
            'Choose one of those, or model = "visibility-table", "visibility" or "zenith-extinction".',
        )
    return elevation, monotone_cubic(near, loss[:, band], wavelength_m)


@lru_cache(maxsize=1)
def _visibility_table() -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    header, table = _read("modtran_visibility.csv")
    wavelengths_m = np.array([float(word) for word in header[2:]]) * 1e-9
    clarity, elevation = np.unique(1.0 / table[:, 0]), np.unique(table[:, 1])
    order = np.lexsort((table[:, 1], 1.0 / table[:, 0]))
    eta = table[order, 2:].reshape(len(clarity), len(elevation), len(wavelengths_m))
    loss = -10.0 * np.log10(np.maximum(eta, 1e-60)) / airmass(elevation)[None, :, None]
    return wavelengths_m, clarity, elevation, loss


@lru_cache(maxsize=64)
def _visibility_column(wavelength_m: float, visibility_m: float) -> tuple[FloatArray, FloatArray]:
    wavelengths, clarity, elevation, loss = _visibility_table()
    nearest = wavelengths[np.argmin(np.abs(wavelengths - wavelength_m))]
    pairs = ((780e-9, 785e-9), (808e-9, 810e-9), (849e-9, 850e-9))
    inside = any(low <= wavelength_m <= high for low, high in pairs)
    if not inside and abs(nearest - wavelength_m) > 1.001e-9:
        raise InputError(
            f"wavelength_m = {wavelength_m:g} is not in the visibility table: it holds 780e-9 to 785e-9, 808e-9 to "
            "810e-9, 849e-9 to 850e-9, 1064e-9, 1310e-9 and 1550e-9, each to a nanometre.",
            'Choose one of those, or model = "visibility" or "zenith-extinction".',
        )
    at = wavelength_m if inside else float(nearest)
    column = np.apply_along_axis(lambda row: np.interp(at, wavelengths, row), 2, loss)
    by_clarity = np.array([np.interp(1.0 / visibility_m, clarity, column[:, i]) for i in range(len(elevation))])
    return np.sin(np.radians(elevation)), by_clarity
