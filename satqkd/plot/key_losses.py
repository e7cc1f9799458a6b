"""Key against loss, one curve a proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from satqkd.columns import COLUMNS
from satqkd.plot.figures import STATION_COLOURS, new_figure, quiet_frame

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_STYLES = ("-", "--", ":", "-.")


def key_against_loss(table: pd.DataFrame, axes: Axes | None = None) -> Figure:
    """Draw the key of a block against the loss, on a logarithmic scale, one curve a proof.

    Parameters
    ----------
    table : pandas.DataFrame
        What `satqkd.key_through_loss` returns.
    axes : Axes, optional
        Draw here instead of in a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        A loss without key has no point; where a curve ends, a tick on the axis marks the first loss without.
    """
    from matplotlib.figure import Figure

    if axes is None:
        axes = new_figure(8.0, 5.0).subplots()
    column, bits = COLUMNS["link_loss_db"], COLUMNS["secret_bits"]
    for place, (proof, rows) in enumerate(table.groupby("proof", sort=False)):
        own = rows.sort_values("link_loss_db")
        key = own["secret_bits"].to_numpy(dtype=float)
        colour, line = STATION_COLOURS[place % len(STATION_COLOURS)], _STYLES[place % len(_STYLES)]
        size = 4.0 if len(own) < 40 else 0.0
        loss = own["link_loss_db"].to_numpy()
        shown = np.where(key > 0.0, key, np.nan)
        axes.plot(loss, shown, marker="o", markersize=size, color=colour, linestyle=line, label=str(proof))
        if (key <= 0.0).any():
            axes.plot(loss[key <= 0.0][:1], [0.0], "|", markersize=12.0, color=colour, clip_on=False,
                      transform=axes.get_xaxis_transform())  # fmt: skip
    axes.set_xlabel(column.axis_label)
    axes.set_ylabel(f"{bits.label} [bit]")
    if (table["secret_bits"] > 0).any():
        axes.set_yscale("log")
    else:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no key at any of these losses", ha="center", va="center", transform=axes.transAxes)
    quiet_frame(axes)
    # Below the axes: what a proof assumes makes its name long.
    axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(0.0, -0.14), frameon=False)
    figure = axes.figure
    assert isinstance(figure, Figure)
    return figure
