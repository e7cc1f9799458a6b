import numpy as np
import pytest

from satqkd.errors import InputError
from satqkd.link.polarization import (
    contrast_error,
    coude_rotation_rad,
    mean_rotation_error,
    motion_angle_rad,
    nasmyth_rotation_rad,
    parallactic_angle_rad,
    rotation_error,
    uncompensated_rotation_rad,
)


def straight_pass(offset_m: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A satellite 500 km up flying north at 7.6 km/s over a flat Earth, its track `offset_m` east of the station."""
    t = np.linspace(-150.0, 150.0, 3001)
    north, east, up = 7600.0 * t, offset_m, 5e5
    return np.degrees(np.arctan2(east, north)), np.degrees(np.arctan2(up, np.hypot(north, east))), t


def test_motion_against_vectors() -> None:
    """Independent route: the velocity projected on the sky, against the projected vertical."""
    azimuth, elevation, t = straight_pass(3e5)
    angle = motion_angle_rad(azimuth, elevation, t)
    sight = np.stack([7600.0 * t, np.full_like(t, 3e5), np.full_like(t, 5e5)])
    sight /= np.linalg.norm(sight, axis=0)
    a, e = np.radians(azimuth), np.radians(elevation)
    vertical = np.stack([-np.sin(e) * np.cos(a), -np.sin(e) * np.sin(a), np.cos(e)])
    right = np.stack([-np.sin(a), np.cos(a), np.zeros_like(a)])
    velocity = np.array([1.0, 0.0, 0.0])[:, None] - sight[0] * sight
    expected = np.unwrap(np.arctan2((velocity * right).sum(axis=0), (velocity * vertical).sum(axis=0)))
    assert angle[1:-1] == pytest.approx(expected[1:-1], abs=1e-5)
    # rising it climbs, at culmination it moves sideways, setting it falls: 112 deg over this pass, never back
    assert abs(angle[-1] - angle[0]) == pytest.approx(1.96, abs=0.01)
    assert np.all(np.diff(angle) < 0.0) or np.all(np.diff(angle) > 0.0)
    assert abs(np.sin(angle[1500])) == pytest.approx(1.0, abs=1e-6)


def test_parallactic_angle() -> None:
    """Analytic: 0 on the southern meridian, 90 deg at the pole star's elongation, azimuth turned at the pole itself."""
    assert parallactic_angle_rad(180.0, 40.0, latitude_deg=40.0) == pytest.approx(0.0, abs=1e-12)
    assert parallactic_angle_rad(270.0, 30.0, latitude_deg=40.0) > 0.0
    assert parallactic_angle_rad(90.0, 30.0, latitude_deg=40.0) == pytest.approx(
        -parallactic_angle_rad(270.0, 30.0, latitude_deg=40.0)
    )
    # spherical triangle: sin q = cos(latitude) sin H / cos e, here by the law of sines with declination
    azimuth, elevation, latitude = np.radians([250.0, 35.0, 48.0])
    sin_dec = np.sin(latitude) * np.sin(elevation) + np.cos(latitude) * np.cos(elevation) * np.cos(azimuth)
    expected = -np.sin(azimuth) * np.cos(latitude) / np.sqrt(1 - sin_dec**2)
    assert np.sin(parallactic_angle_rad(250.0, 35.0, latitude_deg=48.0)) == pytest.approx(expected, rel=1e-12)
    assert np.isfinite(parallactic_angle_rad(10.0, 50.0, latitude_deg=90.0))


def test_foci_turn_with_the_mount() -> None:
    assert nasmyth_rotation_rad(30.0) == pytest.approx(np.pi / 6)
    assert coude_rotation_rad(100.0, 30.0) == pytest.approx(np.radians(-70.0))


def test_rotation_makes_errors() -> None:
    """Analytic: sin2; averaged over a Gaussian (1 - exp(-2 sigma2))/2; contrast C:1 is 1/(1 + C), for Micius 0.36 %."""
    assert rotation_error(np.radians([0.0, 45.0, 90.0])) == pytest.approx([0.0, 0.5, 1.0])
    drawn = np.sin(np.random.default_rng(1).normal(0.0, 0.3, 400_000)) ** 2
    assert mean_rotation_error(0.3) == pytest.approx(drawn.mean(), rel=0.01)
    assert mean_rotation_error(0.0) == 0.0
    assert contrast_error(280.0) == pytest.approx(0.0036, abs=5e-5)


def test_best_fixed_setting() -> None:
    """Analytic: a linear sweep of +-20 deg about anything leaves +-20 deg; what turns by pi has not turned."""
    sweep = np.radians(np.linspace(-20.0, 20.0, 101))
    assert uncompensated_rotation_rad(sweep + 1.234) == pytest.approx(sweep, abs=1e-9)
    assert uncompensated_rotation_rad(np.array([0.3, 0.3 + np.pi, 0.3 - np.pi])) == pytest.approx([0, 0, 0], abs=1e-12)


def test_a_pass_that_cannot_be() -> None:
    with pytest.raises(InputError, match="one pass of two samples"):
        motion_angle_rad([10.0], [20.0], [0.0])
    with pytest.raises(InputError, match="t_s does not increase"):
        motion_angle_rad([10.0, 11.0], [20.0, 21.0], [1.0, 0.0])
