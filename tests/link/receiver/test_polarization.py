import numpy as np
import pytest

import satqkd as sq
from satqkd.errors import InputError
from satqkd.link.receiver.polarization import (
    Uncompensated,
    contrast_error,
    coude_rotation_rad,
    mean_rotation_error,
    motion_angle_rad,
    nasmyth_rotation_rad,
    parallactic_angle_rad,
    rotation_error,
    uncompensated_rotation_rad,
)
from tests.support import REFERENCE


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
    assert nasmyth_rotation_rad(30.0, port=2) == pytest.approx(-np.pi / 6)
    assert coude_rotation_rad(100.0, 30.0) == pytest.approx(np.radians(130.0))
    assert coude_rotation_rad(100.0, 30.0, port=2) == pytest.approx(np.radians(70.0))
    with pytest.raises(InputError, match="port = 3"):
        nasmyth_rotation_rad(30.0, port=3)


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


def through_mirrors(azimuth_deg: float, elevation_deg: float, theta: float, side: float) -> tuple[float, float]:
    """Angles of a polarisation after the tertiary, against the vertical, and after the fold down the azimuth axis.

    An independent route: plane mirrors at 45 deg turn direction and field, nothing is known of any formula.
    """
    a, e = np.radians(azimuth_deg), np.radians(elevation_deg)
    sight = np.array([np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)])
    rising = np.array([-np.sin(e) * np.sin(a), -np.sin(e) * np.cos(a), np.cos(e)])
    turning = np.array([np.cos(a), -np.sin(a), 0.0])
    down = np.array([0.0, 0.0, -1.0])

    def folded(field: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        normal = (after - before) / np.linalg.norm(after - before)
        return 2.0 * (field @ normal) * normal - field

    axis = side * turning  # the elevation axis, out of one side of the tube or the other
    nasmyth = folded(np.cos(theta) * rising + np.sin(theta) * turning, -sight, axis)
    level = np.array([np.sin(a), np.cos(a), 0.0])
    coude = folded(nasmyth, axis, down)
    return float(np.arctan2(nasmyth @ level, nasmyth[2])), float(np.arctan2(coude[0], coude[1]))


@pytest.mark.parametrize("port", [1, 2])
def test_the_foci_against_mirrors(port: int) -> None:
    """What the formula takes away from theta is what the mirrors take, but for a sign and a constant."""
    rng = np.random.default_rng(port)
    azimuths, elevations, thetas = rng.uniform(0, 360, 50), rng.uniform(5, 85, 50), rng.uniform(-3, 3, 50)
    found = []
    for side in (1.0, -1.0):
        seen = np.array([through_mirrors(*one, side) for one in zip(azimuths, elevations, thetas, strict=True)])
        ours = (
            thetas - nasmyth_rotation_rad(elevations, port=port),
            thetas - coude_rotation_rad(azimuths, elevations, port=port),
        )
        same = [
            any(abs(abs(np.exp(2j * (seen[:, k] - sign * ours[k])).mean()) - 1.0) < 1e-12 for sign in (1.0, -1.0))
            for k in (0, 1)
        ]
        found.append(same)
    assert [True, True] in found  # one of the two sides of the tube is this port, and the other the other
    assert [False, False] in found


def test_nothing_turns_in_a_coude_focus_that_looks_at_the_zenith() -> None:
    azimuth = np.linspace(0.0, 300.0, 7)
    fixed = np.radians(azimuth)  # a polarisation fixed in space: theta counts from where the azimuth stands
    for port in (1, 2):
        turned = fixed - coude_rotation_rad(azimuth, np.full(7, 90.0), port=port)
        assert np.ptp(turned) == pytest.approx(0.0, abs=1e-12)


CHECK_PASS = REFERENCE / "scenarios" / "flight-0.1.toml"


@pytest.fixture(scope="module")
def check_pass() -> dict[str, object]:
    """The Micius pass of 19 December 2016 over Xinglong, from horizon mask to horizon mask."""
    campaign = sq.analyze(CHECK_PASS)
    table = campaign.samples(campaign.best_pass)
    columns = {name: table[name].to_numpy() for name in ("azimuth_deg", "elevation_deg", "t_s", "range_m")}
    return {**columns, "latitude_deg": 40.39586667, "altitude_m": 890.0}


@pytest.mark.parametrize(
    ("reference", "turned_deg"),
    [("body", 112.8), ("motion", 114.2), ("gimbal", 0.28)],  # independent ray matrices: 112 of the body, 0.3 held
)
def test_where_the_satellites_horizontal_lies(check_pass, reference, turned_deg) -> None:
    rotation = Uncompensated(reference=reference).rotation_rad(**check_pass)
    assert np.degrees(np.ptp(rotation)) == pytest.approx(turned_deg, abs=0.1)


@pytest.mark.parametrize("port", [1, 2])
def test_a_coude_focus_errs_a_tenth_and_not_a_quarter(check_pass, port) -> None:
    """Ray matrices give 10 % over the whole pass; with the azimuth the wrong way it was 28 %."""
    errors = Uncompensated(focus="coude", port=port).rotation_error(**check_pass)
    assert errors.mean() == pytest.approx(0.10, abs=0.005)


def test_a_held_transmitter_needs_no_compensation_on_the_tube(check_pass) -> None:
    assert Uncompensated(reference="gimbal").rotation_error(**check_pass).max() < 1e-5
    with pytest.raises(InputError, match="reference"):
        Uncompensated(reference="sideways")
