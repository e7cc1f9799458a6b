"""How the polarisation bases of satellite and station turn against each other along a pass, and the errors it makes.

The satellite's horizontal is taken to lie along its motion across the sky, as on a spacecraft that turns about its
track to point its telescope; the station's is that of its telescope's focus. What compensation leaves makes errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import takes_quantities
from satqkd.errors import InputError
from satqkd.limits import ErrorRate, NonNegative, check_limits
from satqkd.link.checks import one_of, within
from satqkd.units import FloatArray


@takes_quantities
def motion_angle_rad(azimuth_deg: ArrayLike, elevation_deg: ArrayLike, t_s: ArrayLike) -> FloatArray:
    """Angle of a satellite's apparent motion against the station's vertical, along a pass.

    Parameters
    ----------
    azimuth_deg, elevation_deg : array_like
        Direction of the satellite, shape (n,), n >= 2 [deg].
    t_s : array_like
        Times, increasing, shape (n,) [s].

    Returns
    -------
    ndarray
        atan2(cos e dA/dt, de/dt), continuous along the pass, shape (n,) [rad]: 0 where it climbs straight up.
    """
    azimuth = np.unwrap(np.radians(within("azimuth_deg", azimuth_deg)))
    elevation = np.radians(within("elevation_deg", elevation_deg, -90.0, 90.0))
    t = within("t_s", t_s)
    if azimuth.ndim != 1 or azimuth.size < 2 or azimuth.shape != elevation.shape or azimuth.shape != t.shape:
        raise InputError(
            f"azimuth_deg, elevation_deg and t_s have shapes {azimuth.shape}, {elevation.shape} and {t.shape}: "
            "one pass of two samples or more is needed."
        )
    if np.any(np.diff(t) <= 0.0):
        raise InputError("t_s does not increase along the pass.")
    across = np.cos(elevation) * np.gradient(azimuth, t)
    return np.asarray(np.unwrap(np.arctan2(across, np.gradient(elevation, t))))


@takes_quantities
def parallactic_angle_rad(azimuth_deg: ArrayLike, elevation_deg: ArrayLike, *, latitude_deg: ArrayLike) -> FloatArray:
    """Angle at the object between the zenith and the pole: the field rotation of an alt-azimuth focus.

    Parameters
    ----------
    azimuth_deg, elevation_deg : array_like
        Direction, azimuth from north through east [deg].
    latitude_deg : array_like
        Latitude of the station [deg].

    Returns
    -------
    ndarray
        atan2(-sin A, tan(phi) cos e - sin e cos A) [rad]: 0 on the southern meridian, positive in the west.
    """
    azimuth = np.radians(within("azimuth_deg", azimuth_deg))
    elevation = np.radians(within("elevation_deg", elevation_deg, -90.0, 90.0))
    latitude = np.radians(within("latitude_deg", latitude_deg, -90.0, 90.0))
    # Both arguments times cos(latitude), so that the poles are no infinity.
    return np.asarray(
        np.arctan2(
            -np.sin(azimuth) * np.cos(latitude),
            np.sin(latitude) * np.cos(elevation) - np.cos(latitude) * np.sin(elevation) * np.cos(azimuth),
        )
    )


@takes_quantities
def nasmyth_rotation_rad(elevation_deg: ArrayLike) -> FloatArray:
    """Rotation of a Nasmyth focus against the station's vertical [rad]: the elevation [deg] itself."""
    return np.radians(within("elevation_deg", elevation_deg, -90.0, 90.0))


@takes_quantities
def coude_rotation_rad(azimuth_deg: ArrayLike, elevation_deg: ArrayLike) -> FloatArray:
    """Rotation of a coude focus against the station's vertical [rad]: elevation minus azimuth [deg]."""
    return np.asarray(nasmyth_rotation_rad(elevation_deg) - np.radians(within("azimuth_deg", azimuth_deg)))


@takes_quantities
def uncompensated_rotation_rad(rotation_rad: ArrayLike) -> FloatArray:
    """Deviation of a rotation along a pass from the best fixed setting of a half-wave plate.

    Parameters
    ----------
    rotation_rad : array_like
        Rotation of one basis against the other along a pass, shape (n,) [rad].

    Returns
    -------
    ndarray
        Rotation minus its mean direction, polarisation repeating every pi, shape (n,) in (-pi/2, pi/2] [rad].
    """
    rotation = within("rotation_rad", rotation_rad)
    mean = np.angle(np.exp(2j * rotation).mean()) / 2.0
    return np.asarray(np.angle(np.exp(2j * (rotation - mean))) / 2.0)


@takes_quantities
def rotation_error(residual_rad: ArrayLike) -> FloatArray:
    """Share of wrong bits of two linear bases turned against each other by an angle [rad]: sin² phi."""
    return np.asarray(np.sin(within("residual_rad", residual_rad)) ** 2)


@takes_quantities
def mean_rotation_error(residual_rms_rad: ArrayLike) -> FloatArray:
    """Mean share of wrong bits where compensation leaves a Gaussian residual of a standard deviation [rad].

    (1 - exp(-2 sigma²))/2: sigma² for a small residual, 1/2 for a lost basis.
    """
    return np.asarray(-np.expm1(-2.0 * within("residual_rms_rad", residual_rms_rad, 0.0) ** 2) / 2.0)


@takes_quantities
def contrast_error(contrast: ArrayLike) -> FloatArray:
    """Share of wrong bits of a polarisation contrast C:1, 1/(1 + C).

    >>> float(contrast_error(280.0).round(4))
    0.0036
    """
    return np.asarray(1.0 / (1.0 + within("contrast", contrast, 1.0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Compensated:
    """Bases that follow each other along the pass.

    Parameters
    ----------
    residual_rms_rad : float, optional
        Standard deviation of what compensation leaves [rad].
    source_error : float, optional
        Probability that the prepared state is the wrong one of its basis.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    residual_rms_rad: NonNegative = 0.0
    source_error: ErrorRate = 0.0
    model: Literal["compensated"] = "compensated"

    def __post_init__(self) -> None:
        check_limits(self)
        one_of("Compensated.model", self.model, ("compensated",))

    @takes_quantities
    def rotation_error(self, *, azimuth_deg: ArrayLike, elevation_deg: ArrayLike, t_s: ArrayLike) -> FloatArray:
        """Probability of a wrong bit by turned bases in the samples of one pass, shape (n,)."""
        return np.full(np.shape(t_s), float(mean_rotation_error(self.residual_rms_rad)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncompensated:
    """Bases that turn against each other along the pass, about the best setting that stays fixed through it.

    Parameters
    ----------
    focus : {"tube", "nasmyth", "coude"}, optional
        Where the receiver sits: on the moving tube of an alt-azimuth telescope, or at a focus that turns against it.
    source_error : float, optional
        Probability that the prepared state is the wrong one of its basis.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    focus: Literal["tube", "nasmyth", "coude"] = "tube"
    source_error: ErrorRate = 0.0
    model: Literal["uncompensated"] = "uncompensated"

    def __post_init__(self) -> None:
        check_limits(self)
        one_of("Uncompensated.focus", self.focus, ("tube", "nasmyth", "coude"))
        one_of("Uncompensated.model", self.model, ("uncompensated",))

    @takes_quantities
    def rotation_error(self, *, azimuth_deg: ArrayLike, elevation_deg: ArrayLike, t_s: ArrayLike) -> FloatArray:
        """Probability of a wrong bit by turned bases in the samples of one pass, shape (n,); 0 for a single one."""
        if np.size(t_s) < 2:
            return np.zeros(np.shape(t_s))
        rotation = motion_angle_rad(azimuth_deg, elevation_deg, t_s)
        if self.focus == "nasmyth":
            rotation = rotation - nasmyth_rotation_rad(elevation_deg)
        elif self.focus == "coude":
            rotation = rotation - coude_rotation_rad(azimuth_deg, elevation_deg)
        return np.asarray(np.minimum(rotation_error(uncompensated_rotation_rad(rotation)), 0.5))
