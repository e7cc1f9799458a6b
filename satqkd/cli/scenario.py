"""``satqkd scenario``: show and check scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from satqkd.cli import options as opt
from satqkd.cli.output import check_output, emit
from satqkd.cli.passes import check_age, check_any, report_rejected
from satqkd.cli.talk import say, write
from satqkd.errors import InputError

if TYPE_CHECKING:
    from satqkd.scenario import Scenario

_LINE, _SHORTEST = 80, 12

app = typer.Typer(no_args_is_help=True, help="Show and check scenarios.", rich_markup_mode=None)


@app.command("show")
def show(
    scenario: opt.ScenarioArgument = None,
    set_: opt.Set = None,
    original: Annotated[
        bool, typer.Option("--original", help="The shipped file as it is, with the source of every value.")
    ] = False,
    origin: Annotated[
        bool, typer.Option("--origin", help="Every value on a line of its own, with where it comes from.")
    ] = False,
    form: opt.Format = None,
    debug: opt.Debug = False,
) -> None:
    """Print a scenario as TOML, with every value that defaults filled in.

    \b
    Examples:
      satqkd scenario show micius-nanshan-2017 --original
      satqkd scenario show --origin --set stations.graz.detector.efficiency=0.6
      satqkd scenario show --origin --format json
      satqkd scenario show > mine.toml
    """
    if origin and original:
        raise InputError("--original shows a file as it is, --origin what is made of it.", "Give only one.")
    if form and not origin:
        raise InputError("--format is for the table that --origin makes; a scenario is TOML.", "Add --origin.")
    check_output(form, to_file=False)
    if original:
        from satqkd import catalog

        if set_:
            raise InputError("--original shows a file as it is; --set would change it.", "Give only one of them.")
        name = scenario or opt.DEFAULT_SCENARIO
        catalog.entry("scenarios", name)
        write(catalog.data_file("scenarios", f"{name}.toml").read_text(encoding="utf-8"), nl=False)
        return
    chosen = opt.chosen_scenario(scenario, set_=set_)
    if origin:
        _show_origins(chosen, form)
        return
    write(chosen.to_toml(), nl=False)


def _show_origins(scenario: Scenario, form: str | None) -> None:
    """Print every value with where it comes from, those of the catalogue's stations among them."""
    from satqkd import catalog
    from satqkd.scenario.plain import leaves, plain

    values, origins = leaves(plain(scenario.to_dict())), scenario.origins()
    for key in origins.keys() - values.keys():
        name, _, own = key.removeprefix("stations.").rpartition(".")
        values[key] = catalog.entry("stations", name)[own]
    if form in (None, "table"):
        for key, where in origins.items():
            write(_line_of(key, values[key], where))
        return
    import pandas as pd

    from satqkd._version import __version__

    rows = [{"key": key, "value": values[key], "origin": where} for key, where in origins.items()]
    table = pd.DataFrame(rows).astype({"value": object})
    emit(table, form=form, out=None, meta=lambda: {"satqkd": __version__, "scenario": scenario.name})


def _line_of(key: str, value: object, where: str) -> str:
    """Return ``key = value  # origin``; of a long text or list only as much as a line of 80 columns holds."""
    text = str(value)
    room = max(_LINE - len(f"{key} =   # {where}"), _SHORTEST)
    if len(text) > room and isinstance(value, str | list):
        text = text[: room - 3] + "..."
    return f"{f'{key} = {text}':<48}  # {where}"


@app.command("check")
def check(
    scenario: opt.ScenarioArgument = None,
    set_: opt.Set = None,
    debug: opt.Debug = False,
) -> None:
    """Check a scenario: every key, value, station and element set, and whether an analysis would refuse it.

    It is sound where the link and the key can be evaluated over every station, and some pass of its window can be used.

    \b
    Examples:
      satqkd scenario check
      satqkd scenario check micius-nanshan-2017 --set key.optimize=true
      satqkd scenario check mine.toml
    """
    from satqkd.analysis import try_out

    chosen = opt.chosen_scenario(scenario, set_=set_)
    trial = try_out(chosen)
    usable, tried = int(trial.passes["usable"].sum()), "" if trial.whole else f" in the first {trial.days:.0f} days"
    if trial.whole:
        check_any(trial.passes)
        check_age(trial.prediction)
    report_rejected(trial.prediction, everything=True)
    for problem in trial.problems:
        say(f"warning: {problem}{tried}")
    verdict = "nothing refuses it, but it is of no use" if trial.problems else "sound"
    write(
        f"{chosen.name}: {verdict}. {len(trial.elements)} element sets of {len(trial.elements.satellites)} satellites, "
        f"{len(chosen.stations)} stations, {usable} of {len(trial.passes)} passes usable{tried}, "
        f"sha256 {str(chosen.fingerprint)[:16]}"
    )
