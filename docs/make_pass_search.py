"""Draw docs/pass_search.svg: what the pass search looks at, on one pass of Micius over Xinglong."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from satqkd.catalog import data_file
from satqkd.orbit import Station, find_passes, read_elements
from satqkd.orbit.engine.propagation import Arc
from satqkd.orbit.engine.tracks import make_track
from satqkd.orbit.engine.view import Pairs, look
from satqkd.orbit.station import horizons
from satqkd.orbit.timescale import tai_from_datetime64, utc_offset_s
from satqkd.plot.figures import figure_bytes, new_figure, quiet_frame
from satqkd.times import utc_stamps

MASK_DEG = 10.0
NODES_PER_TURN = 14


def drawing() -> bytes:
    """Return the drawing as SVG."""
    elements = read_elements(data_file("satellites", "micius_qss_41731.3le"), satellite="micius")
    place = Station("xinglong", 40.39586667, 117.5774583, 890.0)
    table = find_passes(elements, place, "2016-12-19T16:00", "2016-12-19T18:00", min_elevation_deg=MASK_DEG)
    names = ("aos_utc", "tca_utc", "los_utc")
    aos, tca, los = (float(tai_from_datetime64(utc_stamps(table[name])[:1])[0]) for name in names)
    nearest = min(elements, key=lambda one: abs(float(tai_from_datetime64(one.epoch_utc)) - tca))
    arc = Arc(nearest, float(utc_offset_s(tca)), tca - 3000.0, tca + 3000.0)
    track = make_track(arc, tca - 1500.0, tca + 1500.0, NODES_PER_TURN)
    frames = horizons([place])

    def elevation(tai_s: np.ndarray) -> np.ndarray:
        one = np.zeros(tai_s.size, dtype=np.int64)
        d = look([track], frames, Pairs(one, one), tai_s).d
        up = frames.up[:, 0]
        return np.degrees(np.arcsin(up @ d / np.linalg.norm(d, axis=0)))

    fine = np.linspace(tca - 1000.0, tca + 1000.0, 2000)
    nodes = track.times(np.arange(track.count))
    nodes = nodes[(nodes > fine[0]) & (nodes < fine[-1])]
    figure = new_figure(8.0, 3.8)
    axes = figure.subplots()
    axes.plot(fine - tca, elevation(fine), color="#0072B2", linewidth=1.6, zorder=2)
    axes.axhline(MASK_DEG, color="0.4", linewidth=1.0, linestyle="--")
    axes.axhline(0.0, color="0.8", linewidth=0.8)
    axes.plot(nodes - tca, elevation(nodes), "o", color="#0072B2", markersize=7, zorder=3, label="nodes of the track")
    top = elevation(np.array([tca]))
    axes.plot([0.0], top, "^", color="#D55E00", markersize=10, zorder=4, label="extremum: g changes its sign (TCA)")
    edges = np.array([aos, los])
    axes.plot(edges - tca, elevation(edges), "s", color="#009E73", markersize=8, zorder=4, label="crossings (AOS, LOS)")
    for a, b in zip(nodes[:-1] - tca, nodes[1:] - tca, strict=True):
        if a <= 0.0 < b:
            axes.axvspan(a, b, color="#D55E00", alpha=0.08, zorder=0)
        if any(a <= edge - tca < b for edge in edges):
            axes.axvspan(a, b, color="#009E73", alpha=0.08, zorder=0)
    axes.annotate("mask", (fine[0] - tca, MASK_DEG + 1.5), color="0.4")
    axes.set_xlabel("time from TCA [s]; shaded: the intervals that are solved")
    axes.set_ylabel("elevation [°]")
    axes.set_ylim(-25.0, 90.0)
    axes.legend(loc="upper left", fontsize=8, framealpha=0.9)
    quiet_frame(axes)
    return figure_bytes(figure, ".svg")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("pass_search.svg")
    target.write_bytes(drawing())
