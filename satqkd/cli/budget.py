"""``satqkd budget``: the link budget at an elevation."""

from __future__ import annotations

from typing import Annotated

import typer

from satqkd.cli import options as opt
from satqkd.cli.analyze import report_assumptions
from satqkd.cli.output import check_output, emit
from satqkd.cli.talk import write


def budget(
    scenario: opt.ScenarioArgument = None,
    elevation: Annotated[
        list[float] | None, typer.Option(metavar="DEG", help="Elevation in degrees; repeatable.  [90 60 45 30 20 10]")
    ] = None,
    station: Annotated[
        str | None, typer.Option(metavar="NAME", help="One of the scenario's stations.  [the first]")
    ] = None,
    range_km: Annotated[
        float | None,
        typer.Option("--range", metavar="KM", help="Distance in km.  [that of a circular orbit at this elevation]"),
    ] = None,
    satellite: opt.Satellite = None,
    elements: opt.ElementsFile = None,
    set_: opt.Set = None,
    form: opt.Format = None,
    out: opt.Output = None,
    quiet: opt.Quiet = False,
    debug: opt.Debug = False,
) -> None:
    """Show the link budget, term by term, on a dark moonless night.

    \b
    Examples:
      satqkd budget --elevation 30
      satqkd budget --elevation 30 --range 1000 --set link.detector.efficiency=0.6 --format json
      satqkd budget --satellite spoqc --station hwu_hogs
    """
    check_output(form, out)
    chosen = opt.chosen_scenario(scenario, satellite=satellite, elements=elements, set_=set_)
    from satqkd import analysis

    table = analysis.budget(
        chosen,
        elevation_deg=elevation or [90.0, 60.0, 45.0, 30.0, 20.0, 10.0],
        station=station,
        range_m=None if range_km is None else range_km * 1e3,
    )
    meta = analysis.scenario_provenance(chosen)
    if out is not None or form not in (None, "table"):
        emit(table, form=form, out=out, meta=lambda: meta)
        return
    from satqkd.columns import COLUMNS
    from satqkd.link.terms import SUBTOTALS

    orbit = f"as high as {chosen.satellite_names[0]}" if range_km is None else "at a given distance"
    write(f"{chosen.name}, station {table['station'].iloc[0]}, a satellite {orbit}, dark moonless night")
    for name in table.columns[1:]:
        quantity = COLUMNS[name]
        form_ = ".2e" if name == "noise_probability" else f".{quantity.decimals}f"
        cells = "".join(f"{value * quantity.display_factor:>11{form_}}" for value in table[name])
        mark = "= " if name in SUBTOTALS else "  "
        write(f"{mark}{quantity.axis_label:<36}{cells}")
    report_assumptions(meta["assumed"])
