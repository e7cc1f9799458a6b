"""``satqkd scenario``: show and check scenarios."""

from __future__ import annotations

from typing import Annotated

import typer

from satqkd.cli import options as opt
from satqkd.errors import InputError

app = typer.Typer(no_args_is_help=True, help="Show and check scenarios.", rich_markup_mode=None)


@app.command("show")
def show(
    scenario: opt.ScenarioArgument = None,
    set_: opt.Set = None,
    original: Annotated[
        bool, typer.Option("--original", help="The shipped file as it is, with the source of every value.")
    ] = False,
    debug: opt.Debug = False,
) -> None:
    """Print a scenario as TOML, with every value that defaults filled in.

    \b
    Examples:
      satqkd scenario show micius-nanshan-2017 --original
      satqkd scenario show > mine.toml
    """
    if original:
        from satqkd import catalog

        if set_:
            raise InputError("--original shows a file as it is; --set would change it.", "Give only one of them.")
        name = scenario or opt.DEFAULT_SCENARIO
        catalog.entry("scenarios", name)
        typer.echo(catalog.data_file("scenarios", f"{name}.toml").read_text(encoding="utf-8"), nl=False)
        return
    typer.echo(opt.chosen_scenario(scenario, set_=set_).to_toml(), nl=False)


@app.command("check")
def check(
    scenario: opt.ScenarioArgument = None,
    set_: opt.Set = None,
    debug: opt.Debug = False,
) -> None:
    """Check a scenario: every key, value, station and element set.

    \b
    Examples:
      satqkd scenario check mine.toml
    """
    chosen = opt.chosen_scenario(scenario, set_=set_)
    sites, elements = chosen.sites, chosen.read_elements()
    typer.echo(
        f"{chosen.name}: sound. {len(elements)} element sets of {len(elements.satellites)} satellites, "
        f"{len(sites)} stations, sha256 {chosen.fingerprint[:16]}"
    )
