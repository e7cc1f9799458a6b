"""The fast search against brute force (the elevation every 0.1 s) and against Skyfield's find_events."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from skyfield.api import EarthSatellite, load, wgs84

from satqkd.orbit import Elements, ElementSet, Station, find_passes
from satqkd.orbit.timescale import datetime64_from_tai, tai_from_datetime64
from tests.support.brute_force import brute_passes
from tests.support.elements import reference_elements, verification_elements

EDGE_S = 0.02  # the requirement for rise and set; 0.2 ms measured
TOP_S = 0.02  # the requirement for culminations of low orbits; 0.6 ms measured
DEEP_TOP_S = 0.2  # the requirement for Molniya, transfer and geosynchronous orbits
HEIGHT_DEG = 2e-4  # a sample nearest to the zenith misses that much of the peak


def scattered(count: int, seed: int) -> list[Station]:
    rng = np.random.default_rng(seed)
    latitude = np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, count)))
    return [
        Station(f"s{k}", float(latitude[k]), float(rng.uniform(-180.0, 180.0)), float(rng.uniform(0.0, 4000.0)))
        for k in range(count)
    ]


def found(elements, stations, start, end, mask):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ages, and decays on purpose
        table = find_passes(
            elements, stations, datetime64_from_tai(start), datetime64_from_tai(end), min_elevation_deg=mask
        )
    times = {
        name: tai_from_datetime64(table[f"{name}_utc"].dt.tz_localize(None).to_numpy())
        for name in ("aos", "tca", "los")
    }
    return table.station.to_numpy(), times, table.max_elevation_deg.to_numpy()


def compare(item, stations, days, mask=10.0, step=0.1, peak_s=0.0, top_s=TOP_S):
    """Same passes, none missed, none extra; return how many."""
    start = float(tai_from_datetime64(item.epoch_utc)) + 1000.0
    end = start + days * 86400.0
    brute = sorted(
        brute_passes(item, stations, start, end, mask, step=step, peak_s=peak_s), key=lambda p: (p.station, p.aos)
    )
    names, times, height = found(Elements((item,)), stations, start, end, mask)
    order = np.lexsort((times["aos"], names.astype(str)))
    assert names[order].tolist() == [p.station for p in brute]
    for name, slack in (("aos", EDGE_S), ("tca", top_s), ("los", EDGE_S)):
        away = times[name][order] - [getattr(p, name) for p in brute]
        assert np.abs(away).max(initial=0.0) < slack, name
    away = height[order] - [p.max_elevation_deg for p in brute]
    assert np.abs(away).max(initial=0.0) < HEIGHT_DEG
    return len(brute)


@pytest.mark.parametrize(("count", "mask"), [(4, 10.0), (4, 0.0), (11, 10.0), (11, 60.0)])
def test_low_orbit(december, count, mask):
    assert compare(december.sets[0], scattered(count, 1), days=1.0, mask=mask) > 0


def test_stations_near_the_poles(december):
    places = [Station("n", 89.9, 10.0), Station("s", -89.99, 0.0, 2800.0), Station("x", 82.5, -62.0)]
    assert compare(december.sets[0], places, days=1.0) > 30


@pytest.mark.slow
def test_low_orbit_100_stations_30_days(micius):
    # A set of 2017: the brute force does not know of the leap second at the end of 2016.
    item = next(x for x in micius if str(x.epoch_utc).startswith("2017-01-06"))
    assert compare(item, scattered(100, 2), days=30.0) > 10_000


# Molniya and transfer orbits, retrograde, eccentric, low; by their numbers in SGP4's verification file.
DEEP = (8195, 9880, 11801, 16925, 21897, 22674, 23177, 23599, 26975, 28623, 4632, 9998, 28129)
LOW = (5, 6251, 28057, 88888, 28872, 22312)


@pytest.mark.parametrize("number", DEEP)
def test_deep_space_orbits(number):
    item = next(x for x in verification_elements() if x.catalog_number == number)
    for places in (scattered(3, 3), scattered(11, 4)):
        assert compare(item, places, days=2.0, step=1.0, top_s=DEEP_TOP_S) > 0


@pytest.mark.parametrize("number", LOW)
def test_low_orbits_of_the_verification_set(number):
    """Among them orbits that decay within hours: passes until SGP4 ends, none after."""
    item = next(x for x in verification_elements() if x.catalog_number == number)
    for places in (scattered(3, 3), scattered(11, 4)):
        compare(item, places, days=0.5, step=0.1)


@pytest.mark.parametrize("name", ["eutelsat-174a", "intelsat-906-is-906", "gsat0202-galileo-6", "gsat0101-galileo-pfm"])
def test_geosynchronous_and_galileo(name):
    item = reference_elements("meo_geo_2026-08-11.3le").of(name).sets[0]
    # A geosynchronous culmination is flat: the brute force takes its parabola through samples a minute apart.
    geosynchronous = item.mean_motion_rev_day < 1.1
    for places in (scattered(4, 5), scattered(12, 6)):
        count = compare(item, places, days=3.0, step=1.0, peak_s=60.0 if geosynchronous else 5.0, top_s=DEEP_TOP_S)
        assert count > 0


@pytest.mark.parametrize("seed", range(12))
def test_any_orbit_any_mask(seed):
    """Orbits drawn at random, circular to e = 0.74, prograde and retrograde; 8000 passes of 100 s of drawing agreed."""
    rng = np.random.default_rng(seed)
    eccentricity = (0.0, 0.001, 0.1, 0.3, 0.6, 0.74)[seed % 6]
    semi_major_km = rng.uniform(6600.0, 9000.0) / (1.0 - eccentricity)
    item = ElementSet(
        satellite="drawn",
        name="drawn",
        catalog_number=1,
        epoch_utc=np.datetime64("2026-03-01", "us"),
        mean_motion_rev_day=86400.0 / (2.0 * np.pi * np.sqrt(semi_major_km**3 / 398600.8)),
        eccentricity=eccentricity,
        inclination_deg=float(rng.uniform(0.0, 180.0)),
        raan_deg=float(rng.uniform(0.0, 360.0)),
        argument_of_perigee_deg=float(rng.uniform(0.0, 360.0)),
        mean_anomaly_deg=float(rng.uniform(0.0, 360.0)),
    )
    deep = item.mean_motion_rev_day < 6.4
    mask = float(rng.choice([-2.0, 0.0, 5.0, 10.0, 30.0]))
    compare(item, scattered((2, 11)[seed % 2], seed), 0.5, mask=mask, step=0.5, top_s=DEEP_TOP_S if deep else TOP_S)


def test_grazing_passes(december):
    """Masks 1e-6 to 1e-3 deg under a maximum: found, and rising before setting; above it: not found."""
    item = december.sets[0]
    places = scattered(14, 7)
    start = float(tai_from_datetime64(item.epoch_utc))
    end = start + 2.5 * 86400.0
    tops = []
    for place in places:
        _, times, height = found(december, place, start, end, 10.0)
        tops += [(place, *top) for top in zip(times["tca"], height, strict=True)]
    cases = 0
    for place, around, highest in tops[::2]:
        if min(around - start, end - around) < 900.0:
            continue  # cut by the window, its culmination perhaps outside
        for under in (1e-6, 1e-5, 1e-4, 1e-3):
            who, when, top = found(december, place, around - 900.0, around + 900.0, highest - under)
            assert who.tolist() == [place.name]
            assert when["aos"][0] < when["tca"][0] < when["los"][0]
            assert abs(when["tca"][0] - around) < 0.005
            assert abs(top[0] - highest) < 2e-7
            # Near the top the elevation is a parabola: the pass is symmetric to its width.
            early, late = around - when["aos"][0], when["los"][0] - around
            assert 0.5 < early / late < 2.0
            assert not len(found(december, place, around - 900.0, around + 900.0, highest + under)[0])
            cases += 1
    assert cases >= 240


def test_grazing_passes_of_many_stations(december):
    """The same where tracks interpolate: all stations at once, each with a mask just under its highest pass."""
    item = december.sets[0]
    places = scattered(40, 8)
    start = float(tai_from_datetime64(item.epoch_utc))
    end = start + 86400.0
    names, times, height = found(december, places, start, end, 5.0)
    highest = pd.DataFrame({"station": names, "top": height, "tca": times["tca"]})
    highest = highest.sort_values("top").groupby("station").last()
    for under in (1e-5, 1e-3):
        masks = {place.name: float(highest.top.get(place.name, 45.0)) - under for place in places}
        who, when, _ = found(december, places, start, end, masks)
        assert sorted(who) == sorted(highest.index)
        assert np.abs(when["tca"] - highest.tca[who].to_numpy()).max() < 0.005
        above = {place.name: masks[place.name] + 2.0 * under for place in places}
        assert not len(found(december, places, start, end, above)[0])


# Skyfield's find_events ------------------------------------------------------------------------------------------

EVENTS_S = 0.3  # the requirement; find_events itself is good to 0.2 s for low orbits
# It stops its search at half a second, which it uses up where satellites rise slowly; brute force is on our side.
SLOW_EVENTS_S = 0.5
SKYFIELD = load.timescale()


def events(item, place, start, end, mask):
    """Rises, culminations and settings [s, TAI] by Skyfield."""
    satellite = EarthSatellite.from_satrec(item.satrec(), SKYFIELD)
    span = [SKYFIELD.tt_jd(2440587.5 + (t + 32.184) / 86400.0) for t in (start, end)]
    ground = wgs84.latlon(place.latitude_deg, place.longitude_deg, place.altitude_m)
    times, kinds = satellite.find_events(ground, *span, altitude_degrees=mask)
    tai = (times.whole - 2440587.5) * 86400.0 + times.tai_fraction * 86400.0
    return [tai[kinds == kind] for kind in range(3)]


def same_as_find_events(item, places, days):
    """Every event of Skyfield's is one of ours. Where it has fewer, brute force tells whose count is right."""
    start = float(tai_from_datetime64(item.epoch_utc))
    end = start + days * 86400.0
    slack = EVENTS_S if item.mean_motion_rev_day > 6.4 else SLOW_EVENTS_S
    names, times, _ = found(Elements((item,)), places, start, end, 10.0)
    for place in places:
        mine = names == place.name
        rises, tops, falls = events(item, place, start, end, 10.0)
        for theirs, ours, edge in ((rises, times["aos"][mine], start), (falls, times["los"][mine], end)):
            ours = ours[np.abs(ours - edge) > 1e-3]  # cut by the window: no event
            if len(theirs) < len(ours):  # it drops the shorter of two passes that follow each other closely
                compare(item, [place], days, step=1.0, top_s=DEEP_TOP_S, peak_s=5.0)
                ours = ours[[int(np.abs(ours - one).argmin()) for one in theirs]]
            assert len(theirs) == len(ours)
            assert np.abs(theirs - ours).max(initial=0.0) < slack
        for top in times["tca"][mine]:
            if min(top - start, end - top) > 1e-3:
                assert np.abs(tops - top).min() < slack
    return len(times["aos"])


CONSTELLATIONS = {
    "starlink_53deg_2026-08-11_sample300.3le": 30,
    "oneweb_2025-10-03.3le": 65,
    "iridium_next_2026-08-11.3le": 16,
    "meo_geo_2026-08-11.3le": 6,
}


@pytest.mark.parametrize("name", CONSTELLATIONS)
def test_find_events(name):
    places = [Station("graz", 47.07, 15.49, 540.0), Station("quito", -0.2, -78.5, 2850.0)]
    for item in list(reference_elements(name))[:: CONSTELLATIONS[name]]:
        same_as_find_events(item, places, days=2.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONSTELLATIONS)
def test_find_events_of_whole_constellations(name):
    places = [
        Station("graz", 47.07, 15.49, 540.0),
        Station("tromso", 69.7, 18.9),
        Station("quito", -0.2, -78.5, 2850.0),
    ]
    count = sum(same_as_find_events(item, places, days=2.0) for item in reference_elements(name))
    assert count > 100
