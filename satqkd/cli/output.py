"""Where results go: tables to the terminal, text to a pipe, files whole; talk goes to stderr."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from satqkd.cli.options import state
from satqkd.cli.talk import printable, say, write
from satqkd.errors import InputError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from satqkd.files import Writer


def note(text: str) -> None:
    """Say something beside the result, on stderr, unless asked to be quiet."""
    if not state.quiet:
        say(text)


def emit(
    table: pd.DataFrame,
    *,
    form: str | None,
    out: Path | None,
    meta: Callable[[], Mapping[str, Any]],
    columns: Sequence[str] | None = None,
    shown: pd.DataFrame | None = None,
    numbered: bool = False,
    printed: Callable[[], None] | None = None,
    figures: Mapping[Path, Callable[[], Figure]] | None = None,
) -> None:
    """Hand out a table, and figures of it.

    Parameters
    ----------
    table : pandas.DataFrame
        All rows and columns: what files and machine formats hold.
    form, out
        The options ``--format`` and ``--out``.
    meta : callable
        Returns what made the table, where that is written.
    columns : sequence of str, optional
        Those shown on a terminal.
    shown : pandas.DataFrame, optional
        The rows shown on a terminal.
    numbered : bool, optional
        Whether rows on a terminal begin with their number among all, from 1, as ``--pass`` takes it.
    printed : callable, optional
        Prints it on a terminal in a way of its own.
    figures : mapping of Path to callable, optional
        Files, and what draws each; they and the table's file are written all or none.
    """
    from satqkd.export.formats import FORMATS
    from satqkd.export.tables import render, table_writers

    check_output(form, out)
    if is_stdout(out):
        form, out = form or "csv", None
    writers: dict[Path, Writer] = {}
    if figures:
        from satqkd.plot.figures import figure_writer

        writers |= {path: figure_writer(draw()) for path, draw in figures.items()}
    if out is not None:
        writers |= table_writers(table, out, recorded(meta()), None if form == "table" else form)
    if writers:
        write_whole(writers)
    if out is not None:
        return
    if form in (None, "table") and printed is not None:
        printed()
    elif form in (None, "table"):
        visible = table if shown is None else shown
        print_table(
            visible if columns is None else visible[[name for name in columns if name in visible]], numbered=numbered
        )
    else:
        write(render(table, form, recorded(meta()) if FORMATS[form].holds_meta else None), nl=False)


def recorded(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return what made a result with the command line that asked for it."""
    return {**meta, "command": list(state.command)}


def is_stdout(out: Path | None) -> bool:
    """Whether ``-o -`` was given: standard output, in the format that is asked for, or CSV."""
    return out is not None and str(out) == "-"


def write_whole(writers: Mapping[Path, Writer]) -> None:
    """Write files, all or none, and say which, and which folder was made for them."""
    from satqkd.files import written_whole

    made = next((one.parent for one in writers if not one.parent.exists()), None)
    written_whole(writers)
    if made is not None:
        note(f"made the folder {made}")
    note("wrote " + ", ".join(str(path) for path in writers))


def check_output(
    form: str | None, out: Path | None = None, figure: Path | None = None, *, to_file: bool = True
) -> None:
    """Refuse a ``--format``, ``--out`` or ``--figure`` that cannot be, before any work is done.

    What is no text goes to a file; a command that writes its table to none (`to_file`) says which formats are text.
    """
    if form not in (None, "table"):
        from satqkd.export.formats import FORMATS

        if form not in FORMATS:
            raise InputError(f"--format {form!r} does not exist.", did_you_mean(form, ("table", *FORMATS)))
        FORMATS[form].check_needs()
        if FORMATS[form].render is None and (out is None or is_stdout(out)):
            texts = [name for name, one in FORMATS.items() if one.render is not None]
            raise InputError(
                f"--format {form} is no text for a terminal or a pipe.",
                f"Give a file: -o table.{FORMATS[form].suffixes[0]}" if to_file else f"Text are {', '.join(texts)}.",
            )
    if out is not None and not is_stdout(out):
        from satqkd.export.formats import format_of

        if is_folder("-o", out):
            raise InputError(f"-o {out} is a folder; name a file in it.", f"For example: -o {out / 'table.csv'}")
        format_of(out, None if form == "table" else form)
    if figure is not None:
        from satqkd.plot.figures import check_suffix

        if is_folder("--figure", figure):
            raise InputError(f"--figure {figure} is a folder; name a file in it.")
        check_suffix(figure)


def is_folder(option: str, path: Path) -> bool:
    """Whether there is a folder of that name, refusing a name that no system allows and a link that leads to itself."""
    try:
        path.resolve()
        return path.is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise InputError(f"{option} {str(path)[:80]} cannot be written: {cause}.", "Choose another name.") from None


def print_table(table: pd.DataFrame, *, numbered: bool = False) -> None:
    """Print a table to the terminal with labels and display units, never cut; see `emit` for the numbers."""
    from satqkd.columns import COLUMNS

    headings, cells, right = [], [], []
    if numbered:
        headings.append(["#"])
        cells.append([str(int(row) + 1) for row in table.index])
        right.append(True)
    for name in table.columns:
        quantity = COLUMNS.get(str(name))
        headings.append(quantity.axis_label.split(" [") if quantity else [str(name)])
        column = [_shown(value, str(name)) for value in table[name].tolist()]
        cells.append(column)
        right.append(table[name].dtype.kind in "fiu")
    units = [f"[{words[1]}" if len(words) > 1 else "" for words in headings]
    titles = [words[0] for words in headings]
    widths = [
        max([len(title), len(unit), *(len(cell) for cell in column)])
        for title, unit, column in zip(titles, units, cells, strict=True)
    ]

    def line(texts: Sequence[str]) -> str:
        aligned = (
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(texts, widths, right, strict=True)
        )
        return "  ".join(aligned).rstrip()

    write(line(titles))
    if any(units):
        write(line(units))
    write(line(["-" * width for width in widths]))
    for row in zip(*cells, strict=True):
        write(line(row))


def _shown(value: Any, name: str) -> str:
    from satqkd.columns import COLUMNS

    quantity = COLUMNS.get(name)
    if value is None or value != value:  # NaN and NaT differ from themselves
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return printable(value)
    if hasattr(value, "isoformat"):
        from satqkd.times import to_text

        return to_text(value)
    if isinstance(value, float | int) and quantity:
        return f"{value * quantity.display_factor:.{quantity.decimals}f}"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def print_values(values: Mapping[str, str]) -> None:
    """Print labels and values, one pair a line, aligned."""
    width = max(len(label) for label in values)
    for label, value in values.items():
        write(f"{label.ljust(width)}  {value}")
