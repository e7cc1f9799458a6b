"""``satqkd elements``: check, convert and fetch element sets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from satqkd.cli import options as opt
from satqkd.cli.output import check_output, emit, is_folder, is_stdout, note
from satqkd.cli.talk import say, write
from satqkd.columns import VIEWS
from satqkd.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from satqkd.orbit import ElementSet

app = typer.Typer(no_args_is_help=True, help="Check, convert and fetch element sets.", rich_markup_mode=None)

_SUFFIXES = {
    ".tle": "tle",
    ".2le": "tle",
    ".txt": "tle",
    ".3le": "3le",
    ".json": "omm-json",
    ".csv": "omm-csv",
    ".xml": "omm-xml",
}

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE", help="TLE, 3LE or OMM (JSON, CSV, XML); '-' is standard input; or a shipped satellite's name."
    ),
]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave out sets that cannot be used, and count them.")]


@app.command("check")
def check(
    file: File,
    now: Annotated[
        str, typer.Option(metavar="TIME", help="When the sets are wanted: ISO date or date-time, UTC, or 'now'.")
    ] = "now",
    skip_bad: SkipBad = False,
    form: opt.Format = None,
    out: opt.Output = None,
    quiet: opt.Quiet = False,
    debug: opt.Debug = False,
) -> None:
    """Show epoch, age, orbit and problems of every element set.

    Sets that cannot be used are told apart, with line and cause.

    \b
    Examples:
      satqkd elements check micius --now 2017-05-22
      satqkd elements check spoqc --format json
    """
    check_output(form, out)
    from satqkd._version import __version__
    from satqkd.orbit import check_elements
    from satqkd.times import to_iso

    sets, bad = _read(file)
    if sets:
        table = check_elements(sets, now)
        meta = {"satqkd": __version__, "source": file, "now": to_iso(now), "unusable": list(bad)}
        emit(table, form=form, out=out, meta=lambda: meta, columns=tuple(VIEWS["elements"]))
        troubled = int((table["problems"] != "").sum())
        note(f"sets: {len(table)}, satellites: {table['satellite'].nunique()}, with problems: {troubled}")
    if bad:
        for message in bad:
            say(message)
        if not (skip_bad and sets):
            raise InputError(f"{len(bad)} of {len(bad) + len(sets)} element sets cannot be used.", _HINT)
        note(f"sets left out: {len(bad)}")


@app.command("convert")
def convert(
    file: File,
    out: opt.Output = None,
    to: Annotated[
        str | None,
        typer.Option(metavar="FORMAT", help="tle, 3le, omm-json, omm-csv or omm-xml.  [by the suffix of -o]"),
    ] = None,
    skip_bad: SkipBad = False,
    quiet: opt.Quiet = False,
    debug: opt.Debug = False,
) -> None:
    """Write element sets in another format.

    \b
    Examples:
      satqkd elements convert micius --to omm-json
      satqkd elements convert micius -o micius.xml
      satqkd elements convert micius.xml -o micius.tle
    """
    form = to if to is not None else _SUFFIXES.get(out.suffix.lower()) if out is not None else None
    if form is None:
        raise InputError(
            "It is not said which format to write." if out is None else f"{out} has no suffix that names a format.",
            "Give --to tle, 3le, omm-json, omm-csv or omm-xml.",
        )
    from satqkd.files import text_writer, written_whole
    from satqkd.orbit import Elements, write_elements

    sets, bad = _read(file)
    if bad and not (skip_bad and sets):
        raise InputError(f"{bad[0]}." if len(bad) == 1 else f"{bad[0]}; and {len(bad) - 1} more.", _HINT)
    elements = Elements(sets)
    text = write_elements(elements, form)
    if bad:
        note(f"sets left out: {len(bad)}, the first: {bad[0]}")
    if len(elements) < len(sets):
        note(f"sets replaced by a later one of the same epoch: {len(sets) - len(elements)}")
    if out is None or is_stdout(out):
        write(text, nl=False)
    else:
        if is_folder("-o", out):
            raise InputError(f"-o {out} is a folder; name a file in it.")
        written_whole({out: text_writer(text)})
        note(f"wrote {out} (sets: {len(elements)})")


@app.command("fetch")
def fetch(
    catalog_number: Annotated[int | None, typer.Option(metavar="NUMBER", help="NORAD catalogue number.")] = None,
    name: Annotated[str | None, typer.Option(metavar="TEXT", help="All objects whose name holds this text.")] = None,
    group: Annotated[str | None, typer.Option(metavar="GROUP", help="A group of CelesTrak, e.g. stations.")] = None,
    folder: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where files are kept.  [user's cache]")] = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Another service that takes CelesTrak's queries.")
    ] = None,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="Longest wait for the answer.")] = 10.0,
    quiet: opt.Quiet = False,
    debug: opt.Debug = False,
) -> None:
    """Fetch the newest element sets from CelesTrak and print the file they are in.

    What was fetched less than two hours ago is not asked for again. No other command uses the network.

    \b
    Examples:
      satqkd elements fetch --catalog-number 41731
      satqkd elements fetch --group stations --folder .
    """
    from satqkd.orbit import fetch_elements, scan_elements
    from satqkd.orbit.elements.celestrak import CELESTRAK_URL

    path = fetch_elements(
        catalog_number=catalog_number,
        name=name,
        group=group,
        folder=folder,
        base_url=CELESTRAK_URL if url is None else url,
        timeout_s=timeout,
    )
    sets, bad = scan_elements(path)
    newest = max(str(item.epoch_utc)[:19] for item in sets)
    note(f"sets: {len(sets)}, satellites: {len({item.satellite for item in sets})}, newest epoch: {newest}Z")
    if bad:
        note(f"sets that cannot be used: {len(bad)}, the first: {bad[0]}")
    write(str(path))


_HINT = "Correct or remove these sets, or leave them out (--skip-bad)."


def _read(file: str) -> tuple[tuple[ElementSet, ...], tuple[str, ...]]:
    from satqkd import catalog
    from satqkd.orbit import scan_elements

    shipped = {} if file == "-" or Path(file).is_file() else catalog.entries("satellites")
    if file in shipped:
        sets, _ = scan_elements(catalog.data_file("satellites", shipped[file]["file"]))
        number = shipped[file]["catalog_number"]
        return tuple(replace(item, satellite=file) for item in sets if item.catalog_number == number), ()
    if shipped and not Path(file).exists() and Path(file).name == file and not Path(file).suffix:
        raise InputError(f"{file} is neither a file nor a shipped satellite.", did_you_mean(file, shipped))
    sets, bad = scan_elements(Path(file))
    if not sets and not bad:
        raise InputError(f"{file}: there is no element set.", "Give TLE or 3LE lines, or OMM as JSON, CSV or XML.")
    return sets, bad
