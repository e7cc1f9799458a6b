"""``satqkd catalog``: list and show what is shipped."""

from __future__ import annotations

from typing import Annotated

import typer

from satqkd.cli import options as opt
from satqkd.cli.output import check_output, emit
from satqkd.cli.talk import write

app = typer.Typer(no_args_is_help=True, help="List and show what is shipped.", rich_markup_mode=None)

_COLUMNS = {
    "satellites": ("id", "name", "catalog_number", "terminal", "scenario", "mission"),
    "stations": (
        "id",
        "name",
        "latitude_deg",
        "longitude_deg",
        "altitude_m",
        "aperture_m",
        "position_status",
        "aperture_status",
    ),
    "terminals": ("id", "kind", "version", "wavelength_m", "description"),
    "scenarios": ("id", "description", "start", "days"),
}  # fmt: skip


@app.command("list")
def list_(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="satellites, stations, scenarios or terminals.")],
    form: opt.Format = None,
    out: opt.Output = None,
    debug: opt.Debug = False,
) -> None:
    """List everything of one kind.

    \b
    Examples:
      satqkd catalog list stations
      satqkd catalog list satellites --format json
    """
    check_output(form, out)
    import pandas as pd

    from satqkd import catalog
    from satqkd._version import __version__

    table = pd.DataFrame(
        [
            {
                "id": name,
                **{key: value for key, value in one.items() if not isinstance(value, dict | list)},
                **(one.get("passes", {}) if kind == "satellites" else {}),
            }
            for name, one in catalog.entries(kind).items()
        ]
    )
    emit(table, form=form, out=out, meta=lambda: {"satqkd": __version__, "kind": kind}, columns=_COLUMNS.get(kind))


@app.command("show")
def show(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="satellites, stations, scenarios or terminals.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `satqkd catalog list` names it.")],
    debug: opt.Debug = False,
) -> None:
    """Show one entry with all that is known of it, as TOML.

    \b
    Examples:
      satqkd catalog show stations graz
    """
    import tomli_w

    from satqkd import catalog

    write(tomli_w.dumps({name: dict(catalog.entry(kind, name))}), nl=False)
