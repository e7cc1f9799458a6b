"""At the highest point of an eccentric orbit's pass the satellite is where it is, not where it was nearest."""

from __future__ import annotations

import numpy as np
import pytest
from skyfield.api import EarthSatellite, load, wgs84

from satqkd.orbit import Elements, ElementSet, Station, add_sky, find_passes, read_elements
from satqkd.orbit.bodies import SunAndMoon
from satqkd.orbit.elements.tle import to_tle
from satqkd.orbit.sky import earth_shadow
from satqkd.orbit.timescale import tai_from_datetime64
from tests.support import REFERENCE

STATIONS = [Station("delft", 53.0, 5.0), Station("quito", -0.2, -78.5, 2800.0), Station("perth", -32.0, 116.0)]


def eccentric(name: str, motion: float, eccentricity: float, inclination: float, perigee: float) -> list[ElementSet]:
    return [
        ElementSet(
            satellite=f"{name}-{node}",
            name=f"{name}-{node}",
            catalog_number=90000 + node,
            epoch_utc=np.datetime64("2025-03-10T00:00:00", "us"),
            mean_motion_rev_day=motion,
            eccentricity=eccentricity,
            inclination_deg=inclination,
            raan_deg=float(node),
            argument_of_perigee_deg=perigee,
            mean_anomaly_deg=float(3 * node % 360),
        )
        for node in range(0, 360, 60)
    ]


@pytest.fixture(scope="module")
def flown():
    """Three days about an equinox, when high orbits meet the shadow."""
    sets = (
        *eccentric("molniya", 2.006, 0.72, 63.4, 270.0),
        *eccentric("transfer", 2.27, 0.73, 7.0, 180.0),
        *eccentric("long", 1.22, 0.80, 59.0, 190.0),
    )
    passes = find_passes(Elements(sets), STATIONS, "2025-03-11", "2025-03-16", min_elevation_deg=5.0)
    return {item.satellite: item for item in sets}, add_sky(passes, STATIONS)


def places_by_skyfield(sets, passes):
    """Return the satellites' Earth-fixed places at TCA [m], shape (3, n)."""
    timescale = load.timescale()
    moments = timescale.from_datetimes([stamp.to_pydatetime() for stamp in passes["tca_utc"]])
    found = np.zeros((3, len(passes)))
    for k, (name, moment) in enumerate(zip(passes["satellite"], moments, strict=True)):
        lines = to_tle(sets[name], with_name=False).split("\n")
        place = wgs84.subpoint_of(EarthSatellite(lines[0], lines[1], "", timescale).at(moment))
        height = wgs84.height_of(EarthSatellite(lines[0], lines[1], "", timescale).at(moment))
        found[:, k] = wgs84.latlon(place.latitude.degrees, place.longitude.degrees, height.m).itrs_xyz.m
    return found


def test_sunlit_at_tca_of_eccentric_orbits(flown):
    """Oracle: Skyfield's places, in the same shadow; at the shortest range some of these passes were wrong."""
    sets, passes = flown
    assert len(passes) > 80
    tai = tai_from_datetime64(passes["tca_utc"].dt.tz_localize(None).to_numpy(dtype="datetime64[us]"))
    place = places_by_skyfield(sets, passes)
    lit = ~earth_shadow(place, SunAndMoon(tai).sun_m())[0]
    assert (passes["satellite_sunlit"].to_numpy() == lit).all()
    assert not lit.all()


def test_range_at_tca_is_the_range_then(flown):
    sets, passes = flown
    place = places_by_skyfield(sets, passes)
    stands = {station.name: station.position_m for station in STATIONS}
    there = np.array([stands[name] for name in passes["station"]]).T
    assert passes["tca_range_m"].to_numpy() == pytest.approx(np.linalg.norm(place - there, axis=0), abs=2e3)
    assert (passes["tca_range_m"] - passes["min_range_m"]).max() > 1e7
    assert (passes["tca_range_m"] >= passes["min_range_m"] - 1e-3).all()


def test_proba_3_is_lit_at_the_top_of_its_pass():
    """Ray-traced: lit at 2025-01-23T01:59:10, 62,569 km away; where it was nearest, 9,080 km, it was not."""
    elements = read_elements(REFERENCE / "orbit" / "proba3.tle")
    place = Station("obs", 53.0, 5.0)
    with pytest.warns(UserWarning, match="days from the epoch"):
        passes = find_passes(elements, place, "2025-01-22T12:00", "2025-01-23T12:00", min_elevation_deg=5.0)
    (row,) = add_sky(passes, place).to_dict("records")
    assert f"{row['tca_utc']:%Y-%m-%dT%H:%M:%S}" == "2025-01-23T01:59:10"
    assert row["satellite_sunlit"]
    assert row["tca_range_m"] == pytest.approx(62_569e3, abs=2e3)
