"""The passes of a campaign on the sky of each station."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.analysis import Campaign
from satqkd.errors import InputError, did_you_mean
from satqkd.plot.figures import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.projections.polar import PolarAxes

_COLOUR_MAP = "viridis"


def passes(campaign: Campaign, axes: Any = None, *, station: str | None = None) -> Figure:
    """Draw the sky tracks of all passes, one panel a station: north up, east right, zenith in the middle.

    Parameters
    ----------
    campaign : Campaign
        Passes with their key.
    axes : PolarAxes, optional
        Draw one station here instead of all of them in a new figure.
    station : str, optional
        Draw this one only; without it all of them, or on given axes the first.

    Returns
    -------
    matplotlib.figure.Figure
        The seconds that make key are drawn in a colour that tells the key of their pass, or of its block where several
        share one; the rest of usable passes is thin and dark, rejected passes are faint.

    Raises
    ------
    InputError
        If the station is not in the campaign.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    names = list(campaign.scenario.station_names)
    if station is not None and station not in names:
        raise InputError(f"Station {station!r} is not in this campaign.", did_you_mean(station, names))
    largest = float(campaign.block_bits.max(initial=0)) * 1e-3
    scale = ScalarMappable(Normalize(0.0, max(largest, 1e-3)), _COLOUR_MAP)
    if axes is not None:
        _sky(axes, campaign, station or names[0], scale)
        drawn: Figure = axes.figure
        return drawn
    names = names if station is None else [station]
    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    figure = new_figure(4.6 * columns + 0.8, 4.9 * rows)
    panels: list[Any] = [figure.add_subplot(rows, columns, k + 1, projection="polar") for k in range(len(names))]
    for panel, name in zip(panels, names, strict=True):
        _sky(panel, campaign, name, scale)
    made = campaign.provenance
    figure.suptitle(
        f"{', '.join(campaign.scenario.satellite_names)}, {made['start_utc'][:10]} to {made['end_utc'][:10]}",
        fontsize=12,
    )
    figure.supxlabel(
        "coloured: seconds that make key     thick grey: seconds that were to, but give none\n"
        "thin: the rest of usable passes     faint: rejected passes",
        fontsize=8,
        color="0.35",
    )
    if largest > 0.0:
        figure.colorbar(scale, ax=panels, label="secret bits of the pass or its block [kbit]", shrink=0.75)
    return figure


def _sky(axes: PolarAxes, campaign: Campaign, station: str, scale: Any) -> None:
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)  # azimuth runs clockwise, as on a compass: east is on the right
    axes.set_rlim(0.0, 90.0)
    axes.set_rticks([0, 30, 60], labels=["90°", "60°", "30°"], color="0.35", fontsize=8)
    axes.set_thetagrids([0, 90, 180, 270], labels=["N", "E", "S", "W"])
    axes.grid(True, color="0.88", linewidth=0.6)
    here = np.flatnonzero((campaign.passes["station"] == station).to_numpy())
    bits = campaign.block_bits
    usable = campaign.passes["usable"].to_numpy()
    for row in sorted(here, key=lambda k: (usable[k], bits[k])):
        track = campaign.track(int(row))
        angle, zenith = np.radians(track.azimuth_deg), 90.0 - track.elevation_deg
        colour, width = ("0.45", 0.7) if usable[row] else ("0.86", 0.5)
        axes.plot(angle, zenith, color=colour, linewidth=width)
        if usable[row]:
            inside = campaign.counts.sending.contain(np.full(len(track), row), track.t_s)
            colour = scale.to_rgba(bits[row] * 1e-3) if bits[row] > 0 else "0.45"
            axes.plot(np.where(inside, angle, np.nan), np.where(inside, zenith, np.nan), color=colour, linewidth=2.2)
    with_key = int(((campaign.passes["station"] == station).to_numpy() & (bits > 0)).sum())
    axes.set_title(f"{station}: {with_key} of {here.size} passes give key", fontsize=11)
