"""A bare Skyfield script that prints what `satqkd passes --format csv` prints, for comparing whole processes.

python skyfield_passes.py STATIONS.csv ELEMENTS.3le NAME EPHEMERIS.bsp START_YYYY-MM-DD DAYS
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from skyfield.api import EarthSatellite, load, load_file, wgs84

stations, elements, name, ephemeris, start, days = sys.argv[1:]
scale = load.timescale()
bodies = load_file(ephemeris)
earth, sun, moon = bodies["earth"], bodies["sun"], bodies["moon"]
lines = Path(elements).read_text().splitlines()
line = next(k for k, text in enumerate(lines) if text == f"0 {name}")
satellite = EarthSatellite(lines[line + 1], lines[line + 2], name, scale)
year, month, day = map(int, start.split("-"))
begin, end = scale.utc(year, month, day), scale.utc(year, month, day + int(days))
writer = csv.writer(sys.stdout)


def sun_elevation(place, times):
    return (earth + place).at(times).observe(sun).apparent(deflectors=()).altaz()[0].degrees


for station, latitude, longitude, altitude in csv.reader(Path(stations).read_text().splitlines()):
    place = wgs84.latlon(float(latitude), float(longitude), float(altitude))
    times, kinds = satellite.find_events(place, begin, end, altitude_degrees=20.0)
    # Whole passes only: rise, culmination, set.
    whole = np.flatnonzero((kinds[:-2] == 0) & (kinds[1:-1] == 1) & (kinds[2:] == 2))
    if not whole.size:
        continue
    aos, tca, los = times[whole], times[whole + 1], times[whole + 2]
    difference = satellite - place
    (_, rise, _), (height, middle, distance), (_, fall, _) = (difference.at(t).altaz() for t in (aos, tca, los))
    here = (earth + place).at(tca)
    moon_now = here.observe(moon).apparent(deflectors=())
    sun_tca = sun_elevation(place, tca)
    darkest = np.minimum(sun_elevation(place, aos), sun_elevation(place, los))
    columns = (
        (t.utc_iso(places=3) for t in (aos, tca, los)),
        (
            (los - aos) * 86400.0,
            height.degrees,
            rise.degrees,
            middle.degrees,
            fall.degrees,
            distance.m,
            sun_tca,
            moon_now.altaz()[0].degrees,
            moon_now.fraction_illuminated(sun),
            difference.at(tca).separation_from(moon_now).degrees,
            satellite.at(tca).is_sunlit(bodies),
            tca - satellite.epoch,
            darkest <= -12.0,
        ),
    )
    for row in zip(*columns[0], *columns[1], strict=True):
        reason = "" if row[-1] else "Sun above -12 deg"
        writer.writerow([f"{name}-{station}-{row[0]}", name, station, *row, reason])
