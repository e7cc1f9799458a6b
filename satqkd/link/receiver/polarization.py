"""How the polarisation bases of satellite and station turn against each other along a pass, and the errors it makes.

Angles of a polarisation are measured from rising elevation towards rising azimuth, looking at the satellite. Where the
satellite's horizontal lies is a choice of its builders, see `Uncompensated`; the station's is that of its telescope's
focus. What compensation leaves makes errors.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, takes_quantities, within
from satqkd.constants import WGS84_FLATTENING, WGS84_RADIUS_M, WGS84_ROTATION_RAD_S
from satqkd.errors import InputError
from satqkd.fields import ErrorRate, TurnAngle, noun


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
    azimuth, elevation, t = _one_pass(azimuth_deg, elevation_deg, t_s)
    across = np.cos(elevation) * np.gradient(azimuth, t)
    return np.asarray(np.unwrap(np.arctan2(across, np.gradient(elevation, t))))


@takes_quantities
def parallactic_angle_rad(azimuth_deg: ArrayLike, elevation_deg: ArrayLike, *, latitude_deg: ArrayLike) -> FloatArray:
    """Angle at the object between the zenith and the pole: the field rotation of an alt-azimuth focus.

    For whoever compares with an observatory's; the errors of a pass follow from other angles, see `Uncompensated`.

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
def body_angle_rad(
    azimuth_deg: ArrayLike,
    elevation_deg: ArrayLike,
    t_s: ArrayLike,
    *,
    range_m: ArrayLike,
    latitude_deg: float,
    altitude_m: float = 0.0,
) -> FloatArray:
    """Angle of a nadir-pointing spacecraft's axis along its orbit, as the station sees it, along a pass.

    Parameters
    ----------
    azimuth_deg, elevation_deg, range_m : array_like
        Place of the satellite, shape (n,), n >= 2 [deg, m].
    t_s : array_like
        Times, increasing, shape (n,) [s].
    latitude_deg, altitude_m : float
        Where the station stands [deg, m].

    Returns
    -------
    ndarray
        Continuous along the pass, shape (n,) [rad].

    Notes
    -----
    The axis is the inertial velocity, less its part towards the Earth's centre, projected across the line of sight.
    """
    azimuth, elevation, t = _one_pass(azimuth_deg, elevation_deg, t_s)
    satellite = _place_m(azimuth, elevation, within("range_m", range_m, 0.0, above=True))
    centre = _earth_centre_m(latitude_deg, altitude_m)[:, None]
    latitude = np.radians(float(within("latitude_deg", latitude_deg, -90.0, 90.0)))
    spin = WGS84_ROTATION_RAD_S * np.array([0.0, np.cos(latitude), np.sin(latitude)])
    outward = satellite - centre
    velocity = np.gradient(satellite, t, axis=1) + np.cross(spin, outward, axis=0)
    axis = velocity - outward * (velocity * outward).sum(axis=0) / (outward**2).sum(axis=0)
    return _angle_rad(axis, azimuth, elevation)


@takes_quantities
def gimbal_angle_rad(
    azimuth_deg: ArrayLike,
    elevation_deg: ArrayLike,
    t_s: ArrayLike,
    *,
    range_m: ArrayLike,
    latitude_deg: float,
    altitude_m: float = 0.0,
) -> FloatArray:
    """Angle of a transmitter whose gimbal holds it in the plane of nadir and line of sight; as `body_angle_rad`.

    Nearly the station's own vertical: what is left comes from the Earth's flattening, 0.2 deg at most at the horizon.
    """
    azimuth, elevation, _ = _one_pass(azimuth_deg, elevation_deg, t_s)
    satellite = _place_m(azimuth, elevation, within("range_m", range_m, 0.0, above=True))
    return _angle_rad(_earth_centre_m(latitude_deg, altitude_m)[:, None] - satellite, azimuth, elevation)


def _one_pass(azimuth_deg: ArrayLike, elevation_deg: ArrayLike, t_s: ArrayLike) -> tuple[FloatArray, ...]:
    azimuth = np.unwrap(np.radians(np.atleast_1d(within("azimuth_deg", azimuth_deg))))
    elevation = np.radians(np.atleast_1d(within("elevation_deg", elevation_deg, -90.0, 90.0)))
    t = within("t_s", t_s)
    if azimuth.ndim != 1 or azimuth.size < 2 or azimuth.shape != elevation.shape or azimuth.shape != t.shape:
        raise InputError(
            f"azimuth_deg, elevation_deg and t_s have shapes {azimuth.shape}, {elevation.shape} and {t.shape}: "
            "one pass of two samples or more is needed."
        )
    if np.any(np.diff(t) <= 0.0):
        raise InputError("t_s does not increase along the pass.")
    return azimuth, elevation, t


def _place_m(azimuth: FloatArray, elevation: FloatArray, range_m: FloatArray) -> FloatArray:
    """Return a satellite's place east, north and up of the station [m], shape (3, n)."""
    if range_m.shape not in ((), azimuth.shape):
        raise InputError(f"range_m has shape {range_m.shape}, but the directions have {azimuth.shape}.")
    return np.asarray(
        range_m
        * np.array([np.cos(elevation) * np.sin(azimuth), np.cos(elevation) * np.cos(azimuth), np.sin(elevation)])
    )


def _earth_centre_m(latitude_deg: float, altitude_m: float) -> FloatArray:
    """Return where the Earth's centre lies east, north and up of a station of WGS84 geodetic coordinates [m]."""
    latitude = np.radians(float(within("latitude_deg", latitude_deg, -90.0, 90.0)))
    eccentricity_squared = WGS84_FLATTENING * (2.0 - WGS84_FLATTENING)
    normal = WGS84_RADIUS_M / np.sqrt(1.0 - eccentricity_squared * np.sin(latitude) ** 2)
    north = eccentricity_squared * normal * np.sin(latitude) * np.cos(latitude)
    down = normal * (1.0 - eccentricity_squared * np.sin(latitude) ** 2) + float(altitude_m)
    return np.array([0.0, north, -down])


def _angle_rad(axis: FloatArray, azimuth: FloatArray, elevation: FloatArray) -> FloatArray:
    """Return the angle of an axis (3, n) from rising elevation towards rising azimuth, continuous along the pass."""
    rising = [-np.sin(elevation) * np.sin(azimuth), -np.sin(elevation) * np.cos(azimuth), np.cos(elevation)]
    turning = [np.cos(azimuth), -np.sin(azimuth), np.zeros_like(azimuth)]
    along, across = ((axis * np.array(one)).sum(axis=0) for one in (rising, turning))
    return np.asarray(np.unwrap(np.arctan2(across, along)))


@takes_quantities
def nasmyth_rotation_rad(elevation_deg: ArrayLike, *, port: int = 1) -> FloatArray:
    """Rotation of a Nasmyth focus against the station's vertical [rad]: plus or minus the elevation [deg].

    A polarisation at theta arrives at theta - e in port 1 and at theta + e in port 2, on the other side of the tube.
    """
    return np.asarray(_side(port) * np.radians(within("elevation_deg", elevation_deg, -90.0, 90.0)))


@takes_quantities
def coude_rotation_rad(azimuth_deg: ArrayLike, elevation_deg: ArrayLike, *, port: int = 1) -> FloatArray:
    """Rotation of a coude focus against the station's vertical [rad]: azimuth plus or minus elevation [deg].

    A polarisation at theta arrives, but for a sign, at theta - e - A by port 1 and at theta + e - A by port 2. Pointing
    at the zenith at a polarisation fixed in space, whose theta grows with the azimuth, nothing turns.
    """
    return np.asarray(np.radians(within("azimuth_deg", azimuth_deg)) + nasmyth_rotation_rad(elevation_deg, port=port))


def _side(port: int) -> float:
    if port not in (1, 2):
        raise InputError(f"port = {port!r} does not exist: it must be 1 or 2, the two sides of the elevation axis.")
    return 1.0 if port == 1 else -1.0


@takes_quantities
def uncompensated_rotation_rad(rotation_rad: ArrayLike, *, weight_s: ArrayLike | None = None) -> FloatArray:
    """Deviation of a rotation along a pass from the best fixed setting of a half-wave plate.

    Parameters
    ----------
    rotation_rad : array_like
        Rotation of one basis against the other along a pass, shape (n,) [rad].
    weight_s : array_like, optional
        Time that each sample stands for [s], shape (n,); equal times by default.

    Returns
    -------
    ndarray
        Rotation minus its mean direction, polarisation repeating every pi, shape (n,) in (-pi/2, pi/2] [rad].
    """
    rotation = within("rotation_rad", rotation_rad)
    turned = np.exp(2j * rotation)
    sums = turned.mean() if weight_s is None else (turned * within("weight_s", weight_s, 0.0)).sum()
    mean = np.angle(sums) / 2.0
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


@noun
class Compensated:
    """Bases that follow each other along the pass.

    Parameters
    ----------
    residual_rms_rad : float, optional
        Standard deviation of what compensation leaves [rad].
    source_error : float, optional
        Probability that the prepared state is the wrong one of its basis.
    """

    residual_rms_rad: TurnAngle = 0.0
    source_error: ErrorRate = 0.0
    model: Literal["compensated"] = "compensated"
    steady: ClassVar[bool] = True  # errors are the same in every sample, so that no pass need be followed

    @takes_quantities
    def rotation_error(
        self,
        *,
        azimuth_deg: ArrayLike,
        elevation_deg: ArrayLike,
        t_s: ArrayLike,
        range_m: ArrayLike,
        latitude_deg: float,
        altitude_m: float = 0.0,
    ) -> FloatArray:
        """Probability of a wrong bit by turned bases in the samples of one pass, shape (n,)."""
        return np.full(np.shape(t_s), float(mean_rotation_error(self.residual_rms_rad)))


@noun
class Uncompensated:
    """Bases that turn against each other along the pass, about the best setting that stays fixed through it.

    Parameters
    ----------
    focus : {"tube", "nasmyth", "coude"}, optional
        Where the receiver sits: on the moving tube of an alt-azimuth telescope, or at a focus that turns against it.
    port : {1, 2}, optional
        Which of the two ports of a Nasmyth or coude focus; see `nasmyth_rotation_rad` and `coude_rotation_rad`.
    reference : {"motion", "body", "gimbal"}, optional
        Where the satellite's horizontal lies: along its motion across the sky; along its body, which points at the
        nadir and flies ahead; or held by its gimbal in the plane of nadir and line of sight.
    source_error : float, optional
        Probability that the prepared state is the wrong one of its basis.
    """

    focus: Literal["tube", "nasmyth", "coude"] = "tube"
    port: Literal[1, 2] = 1
    reference: Literal["motion", "body", "gimbal"] = "motion"
    source_error: ErrorRate = 0.0
    model: Literal["uncompensated"] = "uncompensated"
    weighs: ClassVar[bool] = True  # takes samples at unequal steps, with their weights

    @takes_quantities
    def rotation_rad(
        self,
        *,
        azimuth_deg: ArrayLike,
        elevation_deg: ArrayLike,
        t_s: ArrayLike,
        range_m: ArrayLike,
        latitude_deg: float,
        altitude_m: float = 0.0,
    ) -> FloatArray:
        """Rotation of the satellite's basis against the station's along one pass [rad], shape (n,), n >= 2."""
        if self.reference == "motion":
            theta = motion_angle_rad(azimuth_deg, elevation_deg, t_s)
        else:
            seen = body_angle_rad if self.reference == "body" else gimbal_angle_rad
            theta = seen(
                azimuth_deg, elevation_deg, t_s, range_m=range_m, latitude_deg=latitude_deg, altitude_m=altitude_m
            )
        if self.focus == "nasmyth":
            theta = theta - nasmyth_rotation_rad(elevation_deg, port=self.port)
        elif self.focus == "coude":
            theta = theta - coude_rotation_rad(azimuth_deg, elevation_deg, port=self.port)
        return theta

    @takes_quantities
    def rotation_error(
        self,
        *,
        azimuth_deg: ArrayLike,
        elevation_deg: ArrayLike,
        t_s: ArrayLike,
        range_m: ArrayLike,
        latitude_deg: float,
        altitude_m: float = 0.0,
        weight_s: ArrayLike | None = None,
    ) -> FloatArray:
        """Probability of a wrong bit by turned bases in the samples of one pass, shape (n,); 0 for a single one.

        Samples of a pass that stand for unequal times have a `weight_s` each [s].
        """
        if np.size(t_s) < 2:
            return np.zeros(np.shape(t_s))
        rotation = self.rotation_rad(
            azimuth_deg=azimuth_deg,
            elevation_deg=elevation_deg,
            t_s=t_s,
            range_m=range_m,
            latitude_deg=latitude_deg,
            altitude_m=altitude_m,
        )
        residual = uncompensated_rotation_rad(rotation, weight_s=weight_s)
        return np.asarray(np.minimum(rotation_error(residual), 0.5))
