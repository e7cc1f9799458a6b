"""Positions: SGP4's own verification set, Skyfield's full chain of frames, and the interpolation of tracks."""

from __future__ import annotations

import numpy as np
import pytest
from skyfield.api import EarthSatellite, load, wgs84

from satqkd.orbit import Elements
from satqkd.orbit.engine.propagation import Arc, acceleration, locate, sgp4_teme
from satqkd.orbit.engine.tracks import make_track
from satqkd.orbit.engine.view import Pairs, elevation_azimuth_deg, look
from satqkd.orbit.station import horizons
from satqkd.orbit.timescale import posix_from_tai, tai_from_datetime64, utc_offset_s
from tests.support import REFERENCE
from tests.support.elements import reference_elements, verification_elements

SKYFIELD = load.timescale()
ARCSEC_DEG = 1.0 / 3600.0
CHAIN_DEG = 0.1 * ARCSEC_DEG  # the requirement; 1e-4 arcsec measured
CHAIN_M = 1.0  # the requirement; 2 mm measured
# The file prints eight decimals, which 30 objects meet; the last bit of the elements is 4 mm at e = 0.973 (23333).
VALLADO_KM = 1e-5


def arc_of(item) -> Arc:
    epoch = float(tai_from_datetime64(item.epoch_utc))
    return Arc(item, float(utc_offset_s(epoch)))


def published_states():
    """Yield (catalogue number, minutes since epoch, position [km]) of Vallado's output."""
    number = 0
    for line in (REFERENCE / "orbit" / "tcppver.out").read_text().splitlines():
        words = line.split()
        if len(words) == 2 and words[1] == "xx":
            number = int(words[0])
        elif len(words) >= 7:
            yield number, float(words[0]), np.array([float(w) for w in words[1:4]])


def test_verification_set():
    """Independent program: every state of Vallado's C++ SGP4, with the element sets as ours hold them."""
    models = {item.catalog_number: item.satrec() for item in verification_elements()}
    worst, count = 0.0, 0
    for number, minutes, expected in published_states():
        # 29141 decays and 33334 has no mean motion: the file stops at their errors.
        if number in models:
            position, _, error = sgp4_teme(models[number], 0.0, np.array([minutes * 60.0]))
            if not error[0]:
                worst, count = max(worst, np.abs(position[0] - expected).max()), count + 1
    assert count > 600
    assert worst < VALLADO_KM


CHAINS = {
    "micius": lambda micius: list(micius)[::15],
    "galileo": lambda _: list(reference_elements("meo_geo_2026-08-11.3le"))[::12],
    "starlink": lambda _: list(reference_elements("starlink_53deg_2026-08-11_sample300.3le"))[::100],
}


@pytest.mark.parametrize("which", CHAINS)
def test_chain_is_skyfields(which, micius, xinglong):
    """Oracle: Skyfield's full chain with precession, nutation, UT1, at fresh times."""
    ground = wgs84.latlon(xinglong.latitude_deg, xinglong.longitude_deg, xinglong.altitude_m)
    frames = horizons([xinglong])
    for item in CHAINS[which](micius):
        arc = arc_of(item)
        seconds = np.random.default_rng(3).uniform(-3.0, 3.0, 60) * 86400.0
        tai = float(tai_from_datetime64(item.epoch_utc)) + seconds
        position, velocity = locate(item.satrec(), arc.epoch_tai_s, tai)
        d = position - frames.position_m
        elevation, azimuth = elevation_azimuth_deg(np.repeat(frames.east_north_up, len(tai), axis=2), d)
        whole, rest = np.divmod(tai, 86400.0)
        there = EarthSatellite.from_satrec(item.satrec(), SKYFIELD) - ground
        seen = there.at(SKYFIELD.tt_jd(2440587.5 + whole, (rest + 32.184) / 86400.0))
        altitude, bearing, distance, _, _, rate = seen.frame_latlon_and_rates(ground)
        assert np.abs(elevation - altitude.degrees).max() < CHAIN_DEG
        turn = (azimuth - bearing.degrees + 180.0) % 360.0 - 180.0
        assert np.abs(turn * np.cos(np.radians(elevation))).max() < CHAIN_DEG
        reach = np.sqrt((d**2).sum(axis=0))
        assert np.abs(reach - distance.m).max() < CHAIN_M
        assert np.abs((d * velocity).sum(axis=0) / reach - rate.m_per_s).max() < 0.01


def test_ignoring_ut1_would_show(micius, xinglong):
    """The check that the chain's tolerance means something: 0.4 s of UT1 are tens of metres."""
    item = micius.sets[0]
    arc = arc_of(item)
    tai = float(tai_from_datetime64(item.epoch_utc)) + np.array([100.0])
    here, _ = locate(item.satrec(), arc.epoch_tai_s, tai)
    later, _ = locate(item.satrec(), arc.epoch_tai_s - 0.4, tai - 0.4)
    assert np.linalg.norm(here - later) > 50.0


TRACK_M = {"low": 0.02, "deep": 0.5}  # the interpolation's largest error; SDP4 itself steps by centimetres


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("oneweb_2025-10-03.3le", "low"),
        ("starlink_53deg_2026-08-11_sample300.3le", "low"),
        ("meo_geo_2026-08-11.3le", "deep"),
    ],
)
def test_tracks_interpolate_sgp4(name, kind):
    for item in list(reference_elements(name))[::11]:
        arc = arc_of(item)
        start = float(tai_from_datetime64(item.epoch_utc))
        track = make_track(arc, start, start + 2.0 * 86400.0, nodes_per_turn=14).interpolating()
        tai = start + np.random.default_rng(1).uniform(0.0, 2.0 * 86400.0, 500)
        position, velocity, bend = track.locate(tai)
        expected, rate = locate(track.model, arc.epoch_tai_s, tai)
        assert np.abs(position - expected).max() < TRACK_M[kind]
        assert np.abs(velocity - rate).max() < 0.2  # SGP4's velocity is that far from the derivative
        assert np.abs(bend - acceleration(expected, rate)).max() < 1e-3


def test_transfer_orbits_are_interpolated_too():
    kept = {"8195", "9880", "11801", "16925", "21897", "22674", "23177", "23599", "26975", "28623", "4632"}
    for item in verification_elements():
        if str(item.catalog_number) not in kept:
            continue
        arc = arc_of(item)
        start = float(tai_from_datetime64(item.epoch_utc))
        track = make_track(arc, start, start + 86400.0, nodes_per_turn=14).interpolating()
        tai = start + np.random.default_rng(1).uniform(0.0, 86400.0, 1000)
        assert np.abs(track.locate(tai)[0] - locate(track.model, arc.epoch_tai_s, tai)[0]).max() < TRACK_M["deep"]


def test_a_track_ends_where_sgp4_does(micius):
    """The last Micius set decays in early 2026."""
    item = micius.sets[-1]
    arc = arc_of(item)
    start = float(tai_from_datetime64(item.epoch_utc))
    track = make_track(arc, start, start + 200.0 * 86400.0, nodes_per_turn=12)
    assert "SGP4 stops for micius" in track.failure
    assert "decayed" in track.failure
    assert start < track.end_tai_s < start + 200.0 * 86400.0
    assert np.isfinite(track.position_km[12:-12]).all()
    ends = np.array([track.end_tai_s, track.end_tai_s + 0.01])
    error = sgp4_teme(track.model, arc.epoch_tai_s, ends)[2]
    assert error.tolist() == [0, 6]


def test_looking_at_several_tracks_is_looking_at_each(december, micius, stations):
    frames = horizons(list(stations.values()))
    items = [december.sets[0], micius.sets[10]]
    start = float(tai_from_datetime64(december.sets[0].epoch_utc))
    tracks = [make_track(arc_of(item), start, start + 6000.0, nodes_per_turn=12) for item in items]
    tai = start + np.array([10.0, 20.0, 30.0])
    both = look(tracks, frames, Pairs(np.array([0, 0, 1]), np.array([0, 2, 1])), tai)
    alone = look(tracks[1:], frames, Pairs(np.array([0]), np.array([1])), tai[2:])
    assert np.array_equal(both.d[:, 2:], alone.d)


def test_arcs_keep_their_own_utc(december):
    """Across a leap second an arc goes on smoothly; its epoch moves with the offset it keeps."""
    item = december.sets[0]
    before, after = Arc(item, 36.0), Arc(item, 37.0)
    assert after.epoch_tai_s - before.epoch_tai_s == 1.0
    assert before.epoch_tai_s == float(posix_from_tai(tai_from_datetime64(item.epoch_utc))) + 36.0
    assert len(Elements((item,))) == 1
