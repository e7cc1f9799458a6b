"""``satqkd doctor``: what is installed, whether the shipped data are whole, and whether a folder of results is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from satqkd.cli import options as opt
from satqkd.cli.output import print_values
from satqkd.cli.talk import write
from satqkd.errors import DataError, InputError


def doctor(
    results: Annotated[
        Path | None,
        typer.Argument(metavar="RESULTS", help="A folder with a manifest, a manifest, or a table with its sidecar."),
    ] = None,
    debug: opt.Debug = False,
) -> None:
    """Show versions, shipped data, cache and terminal; or verify results by their hashes.

    \b
    Examples:
      satqkd doctor
    """
    if results is not None:
        _verify(results)
        return
    from satqkd.health import checkup

    found = checkup()
    print_values(found.lines)
    if found.damaged:
        raise DataError(f"The shipped data are damaged: {', '.join(found.damaged)}.", "Install satqkd again.")


def _verify(results: Path) -> None:
    from satqkd.health import verify

    state = verify(results)
    for name, said in state.files.items():
        write(f"{said:8}  {name}")
    wrong = [name for name, said in state.files.items() if said != "whole"]
    if wrong:
        raise InputError(
            f"{state.manifest}: {len(wrong)} of {len(state.files)} files are not those it was written with.",
            "They were changed since, or a run was ended while it wrote: run it again.",
        )
    write(f"{state.manifest}: all {len(state.files)} files are those it was written with")
