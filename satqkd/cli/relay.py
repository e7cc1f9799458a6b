"""``satqkd relay``: the key that two stations come to share through a satellite."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from satqkd.cli import options as opt
from satqkd.cli.options import state
from satqkd.cli.output import check_output, is_folder, is_stdout, note, print_table, print_values, recorded
from satqkd.cli.passes import check_age, check_any
from satqkd.cli.talk import write
from satqkd.cli.watch import watched
from satqkd.columns import VIEWS
from satqkd.errors import InputError

if TYPE_CHECKING:
    from satqkd.analysis import Campaign
    from satqkd.network.trusted_relay import Relay
    from satqkd.scenario import Scenario

_OTHER_FILES = (".txt", ".zip")
"""Suffixes that a file is meant by beside those of tables and figures; any other name may be a folder's: results.v1."""


@opt.takes_scenario
def relay(
    chosen: Scenario,
    form: opt.Format = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Write passes, ledger, scenario, manifest and figures into this folder."
        ),
    ] = None,
    quiet: opt.Quiet = False,
    debug: opt.Debug = False,
) -> None:
    """Show the key that two stations come to share through a trusted satellite.

    \b
    Examples:
      satqkd relay
      satqkd relay -o results/
      satqkd relay --station xinglong --station nanshan --days 7 --format json
    """
    if is_stdout(out):
        form, out = form or "csv", None
    check_output(form, to_file=False)
    import satqkd
    from satqkd.export.formats import table_suffixes
    from satqkd.plot.figures import SUFFIXES

    files = (*table_suffixes(), *SUFFIXES, *_OTHER_FILES)
    if out is not None and not is_folder("-o", out) and (out.exists() or out.suffix.lower() in files):
        raise InputError(f"-o {out} is a file; relay writes several files and needs a folder.")
    if chosen.relay is None:
        raise InputError(
            f"Scenario {chosen.name!r} has no [relay]: which two stations are to share key?",
            "Name them with --station A --station B, or in the scenario's [relay].",
        )
    with watched():
        campaign = satqkd.analyze(chosen)
    check_any(campaign.passes)
    result = satqkd.relay(campaign)
    totals = result.summary()
    if totals["others"]:
        others = ", ".join(totals["others"])
        note(f"{result.a} and {result.b} share key; {others} takes no part: a relay has two stations")
    if totals["left_out_passes"]:
        note(
            f"{totals['left_out_passes']} passes with {totals['left_out_bits']:,} bits are left out: their satellite "
            "or station was busy with another that gives more"
        )
    if out is not None:
        from satqkd.report import write_relay

        new = not out.exists()
        names = write_relay(result, out, command=state.command)
        note(f"wrote {', '.join(names)} to {out}" + (", a new folder" if new else ""))
    if form in (None, "table"):
        _print(campaign, result)
    else:
        from satqkd.export.tables import render

        meta = recorded({**campaign.provenance, "relay": result.summary()})
        write(render(result.ledger, form, meta), nl=False)
    check_age(campaign.prediction)


def _print(campaign: Campaign, result: Relay) -> None:
    scenario, passes = campaign.scenario, campaign.passes
    made = campaign.provenance
    write(f"{scenario.name}: {scenario.description or 'relay'}")
    write(f"{made['start_utc']} to {made['end_utc']}, {', '.join(scenario.satellite_names)}\n")
    with_key = passes[passes["secret_bits"] > 0]
    if with_key.empty:
        write("No pass gives key.")
    else:
        write("Passes that give key (secret bits: what the finite-key bound grants at the expected counts)")
        print_table(with_key[list(VIEWS["relay"])], numbered=True)
    keyless = passes["usable"] & (passes["secret_bits"] == 0)
    inside = int((keyless & (campaign.block_bits > 0)).sum())
    shared_block = f"{inside} in blocks whose key stands with a later pass, " if inside else ""
    write(
        f"\n{len(passes)} passes: {len(with_key)} with key, {shared_block}{int(keyless.sum()) - inside} usable but "
        "without key, rejected:"
    )
    rejected = campaign.rejected()
    for kind, count in rejected.items():
        write(f"  {count:4d}  {kind}")
    if not rejected:
        write("  none")
    totals = result.summary()
    if len(result.ledger):
        write(f"\nRelay ledger (A = {result.a}, B = {result.b})")
        print_table(result.ledger[list(VIEWS["ledger"])])
    write("")
    print_values(
        {
            f"key of {result.a}": f"{totals['generated_a_bits']:,} bit",
            f"key of {result.b}": f"{totals['generated_b_bits']:,} bit",
            "shared by the two stations": f"{totals['delivered_bits']:,} bit",
            "net of authentication": f"{totals['net_delivered_bits']:,} bit",
            "left in the stores": f"{totals['store_a_bits']:,} and {totals['store_b_bits']:,} bit",
            "age of the key when shared": _ages(totals["median_key_age_s"], totals["longest_key_age_s"]),
            "sum of security parameters": (
                f"{totals['epsilon']:.3g} "
                f"(secrecy, correctness and authentication of the {totals['blocks_used']} blocks drawn from)"
            ),
            "proof": f"{totals['proof']}, at expected counts",
        }
    )
    write(f"\n{totals['trust']}")
    if made["assumed"]:
        write("\nAssumed, not published:")
        for key, one in made["assumed"].items():
            write(f"  {key} = {one['value']}  ({one['why']})")


def _ages(median_s: float | None, longest_s: float | None) -> str:
    if median_s is None or longest_s is None:
        return "-"
    return f"median {median_s / 3600.0:.1f} h, longest {longest_s / 3600.0:.1f} h"
