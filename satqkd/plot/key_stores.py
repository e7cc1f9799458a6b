"""A relay's key stores and what it delivered, against time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.columns import COLUMNS
from satqkd.network.trusted_relay import Relay
from satqkd.plot.figures import STATION_COLOURS, new_figure, quiet_frame, utc_axis
from satqkd.times import to_datetime64, utc_stamps

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def relay(result: Relay, axes: Any = None) -> Figure:
    """Draw the two key stores and the key delivered so far, each against time.

    Parameters
    ----------
    result : Relay
        The relay.
    axes : sequence of two Axes, optional
        Draw here instead of in a new figure.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure: Figure
    if axes is None:
        figure = new_figure(8.0, 5.6)
        axes = figure.subplots(2, 1, sharex=True)
    else:
        figure = axes[0].figure
    prediction, ledger = result.campaign.prediction, result.ledger
    bounds = to_datetime64(np.array([prediction.start_utc, prediction.end_utc]))
    end = bounds[1:] + (bounds[1] - bounds[0]) // 60
    times = np.concatenate([bounds[:1], utc_stamps(ledger["time_utc"]), end])
    for name, station, colour in (
        ("store_a_bits", result.a, STATION_COLOURS[0]),
        ("store_b_bits", result.b, STATION_COLOURS[1]),
    ):
        _steps(axes[0], times, ledger[name].to_numpy(), colour, f"in the store of {station}")
    for side, station, colour in (("a", result.a, STATION_COLOURS[0]), ("b", result.b, STATION_COLOURS[1])):
        made = np.cumsum([one.event.block.bits if one.event.side == side else 0 for one in result.deliveries])
        _steps(axes[1], times, made, colour, f"made by {station}", linewidth=1.2, linestyle="--", zorder=3)
    _steps(axes[1], times, ledger["total_delivered_bits"].to_numpy(), "black", "shared by both", linewidth=2.0)
    factor_unit = COLUMNS["store_a_bits"].display_unit
    for panel, text in zip(axes, ("key in store", "key since start"), strict=True):
        panel.set_ylabel(f"{text} [{factor_unit}]")
        panel.set_ylim(0.0)
        panel.legend(fontsize=8, loc="upper left")
        quiet_frame(panel)
    margin = (bounds[1] - bounds[0]) // 60  # a last step at the very end is still seen
    axes[-1].set_xlim(bounds[0], bounds[1] + margin)
    utc_axis(axes[-1])
    axes[0].set_title(
        f"{result.campaign.scenario.name}: {result.summary()['delivered_bits']:,} bits shared by "
        f"{result.a} and {result.b}",
        fontsize=11,
    )
    return figure


def _steps(axes: Axes, times: Any, bits: Any, colour: str, label: str, **style: Any) -> None:
    factor = COLUMNS["store_a_bits"].display_factor
    first, last = 0.0, float(bits[-1]) if len(bits) else 0.0
    values = np.concatenate([[first], np.asarray(bits, dtype=float), [last]]) * factor
    axes.step(times, values, where="post", color=colour, label=label, **style)
