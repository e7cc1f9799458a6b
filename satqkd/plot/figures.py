"""What figures share: colours, time axes, and saving them whole."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from satqkd.errors import InputError
from satqkd.files import Writer, written_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")
STATION_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's palette, which colour-blind readers can tell apart."""
TERM_COLOURS = ("#0072B2", "#56B4E9", "#E69F00", "#CC79A7", "#009E73", "#999999", "#D55E00", "#F0E442")
"""Of the terms of a link budget, in the order of the light."""

CAUSE_COLOURS = {
    "qber_source": "#56B4E9",
    "qber_misalignment": "#0072B2",
    "qber_rotation": "#009E73",
    "qber_background": "#E69F00",
    "qber_dark": "#999999",
    "qber_stray": "#CC79A7",
}


def new_figure(width_in: float, height_in: float) -> Figure:
    """Return a figure that no global state knows; importing pyplot for it would cost half a second."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in), layout="constrained")


def utc_axis(axes: Axes) -> None:
    """Give a time axis short UTC labels."""
    import datetime as dt

    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(tz=dt.UTC, minticks=3, maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=dt.UTC))
    axes.set_xlabel("UTC")


def quiet_frame(axes: Axes) -> None:
    """Drop the frame's upper and right side and draw a faint grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(True, color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)


def check_suffix(path: Path) -> None:
    """Refuse a file whose suffix names no format for figures."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path.name} is no figure file.", "Allowed suffixes: " + ", ".join(SUFFIXES) + ".")


def figure_bytes(figure: Figure, suffix: str) -> bytes:
    """Return a figure as a file of its kind holds it: the same result gives the same bytes."""
    import matplotlib as mpl

    # No date or version in the file, and ids of SVG that are no random numbers.
    metadata: dict[str, Any] = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    content = io.BytesIO()
    kind = suffix.lower()
    with mpl.rc_context({"svg.hashsalt": "satqkd"}):
        figure.savefig(content, format=kind.removeprefix("."), dpi=130, metadata=metadata[kind])
    return content.getvalue()


def figure_writer(figure: Figure) -> Writer:
    """Return a writer of a figure; the suffix of the path decides the format."""

    def write(path: Path) -> None:
        check_suffix(path)
        path.write_bytes(figure_bytes(figure, path.suffix))

    return write


def save(figures: Mapping[Path, Figure]) -> None:
    """Save figures, whole or not at all."""
    written_whole({path: figure_writer(figure) for path, figure in figures.items()})
