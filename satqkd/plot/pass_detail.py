"""One pass against time: geometry, losses, QBER and rates."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.analysis import Campaign
from satqkd.columns import COLUMNS
from satqkd.link.terms import term_names
from satqkd.plot.figures import CAUSE_COLOURS, TERM_COLOURS, new_figure, quiet_frame
from satqkd.times import to_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def inspect(campaign: Campaign, which: str | int, axes: Any = None) -> Figure:
    """Draw one pass in four panels over time from TCA: elevation and range, loss by term, QBER, rates.

    Parameters
    ----------
    campaign : Campaign
        Passes with their key.
    which : str or int
        ``pass_id`` or row number.
    axes : sequence of four Axes, optional
        Draw here instead of in a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        Shaded: the seconds that make no key.
    """
    row = campaign.row(which)
    one, table = campaign.passes.iloc[row], campaign.samples(row)
    figure: Figure
    if axes is None:
        figure = new_figure(8.0, 9.5)
        axes = figure.subplots(4, 1, sharex=True)
        figure.suptitle(
            f"{one['pass_id']}: {one['secret_bits']:,} secret bits of {one['sifted_bits']:,} sifted\n"
            "at expected counts; grey: seconds that make no key",
            fontsize=11,
        )
    else:
        figure = axes[0].figure
    _geometry(axes[0], table)
    _losses(axes[1], table)
    _qber(axes[2], table)
    _rates(axes[3], table)
    for panel in axes:
        _shade(panel, table)
        quiet_frame(panel)
    axes[0].spines["right"].set_visible(True)
    axes[-1].set_xlabel(COLUMNS["t_s"].axis_label + f", TCA {to_text(one['tca_utc'])} UTC")
    axes[-1].set_xlim(table["t_s"].iloc[0], table["t_s"].iloc[-1])
    return figure


def _shown(table: Any, name: str) -> Any:
    return table[name].to_numpy() * COLUMNS[name].display_factor


def _geometry(axes: Axes, table: Any) -> None:
    axes.plot(table["t_s"], table["elevation_deg"], color="#0072B2")
    axes.set_ylabel(COLUMNS["elevation_deg"].axis_label, color="#0072B2")
    axes.set_ylim(0.0, 90.0)
    axes.set_yticks([0, 30, 60, 90])
    other = axes.twinx()
    other.plot(table["t_s"], _shown(table, "range_m"), color="#D55E00")
    other.set_ylabel(COLUMNS["range_m"].axis_label, color="#D55E00")
    other.set_ylim(0.0)
    other.spines["top"].set_visible(False)


def _losses(axes: Axes, table: Any) -> None:
    colours = dict(zip(term_names(), cycle(TERM_COLOURS), strict=False))
    names = [name for name in colours if table[name].abs().max() > 0.0]
    axes.stackplot(
        table["t_s"],
        *(table[name] for name in names),
        colors=[colours[name] for name in names],
        labels=[COLUMNS[name].label for name in names],
        alpha=0.85,
    )
    axes.plot(table["t_s"], table["link_loss_db"], color="black", linewidth=1.4, label="link loss (no detector)")
    axes.set_ylabel("loss [dB]")
    axes.legend(fontsize=7, ncols=2, loc="lower right", framealpha=0.9)


def _qber(axes: Axes, table: Any) -> None:
    for name, colour in CAUSE_COLOURS.items():
        if name in table and table[name].max() > 1e-4:
            axes.plot(table["t_s"], _shown(table, name), color=colour, linewidth=1.0, label=COLUMNS[name].label[6:])
    axes.plot(table["t_s"], _shown(table, "qber"), color="black", linewidth=1.6, label="all causes")
    axes.legend(fontsize=7, ncols=2, loc="upper center", framealpha=0.9)
    axes.set_ylabel(COLUMNS["qber"].axis_label)
    axes.set_ylim(0.0, max(3.0, min(50.0, 1.15 * float(np.max(_shown(table, "qber"))))))


def _rates(axes: Axes, table: Any) -> None:
    axes.plot(table["t_s"], _shown(table, "sifted_bps"), color="#009E73", label="sifted (signal)")
    axes.plot(table["t_s"], _shown(table, "asymptotic_bps"), color="#E69F00", linestyle="--", label="asymptotic secret")
    axes.set_ylabel("rate [kbit/s]")
    axes.set_ylim(0.0)
    axes.legend(fontsize=8, loc="upper right")


def _shade(axes: Axes, table: Any) -> None:
    time, idle = table["t_s"].to_numpy(), ~table["sending"].to_numpy()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], idle, [False]]).astype(np.int8)))
    for begin, stop in zip(edges[::2], edges[1::2], strict=True):
        # Up to the neighbour that sends, so that no white stripe is left between.
        left, right = time[max(begin - 1, 0)] if begin else time[0], time[min(stop, time.size - 1)]
        axes.axvspan(left, right, color="0.93", zorder=0, linewidth=0)
