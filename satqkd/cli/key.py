"""``satqkd key``: the key of counts that one has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from satqkd.cli import options as opt
from satqkd.cli.output import check_output, emit, note
from satqkd.columns import VIEWS


def key(
    counts: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="CSV or JSON of basis, intensity, detections and errors; block and leakage_bits if there are such.",
        ),
    ],
    scenario: opt.ScenarioArgument = None,
    set_: opt.Set = None,
    form: opt.Format = None,
    out: opt.Output = None,
    quiet: opt.Quiet = False,
    debug: opt.Debug = False,
) -> None:
    """Show the secret key of measured counts, under every proof that is offered.

    \b
    Examples:
      satqkd key counts.csv micius-xinglong-2016-12-19
      satqkd key counts.csv --set protocol.intensities=[0.6,0.12,0.0]
      satqkd key counts.csv micius-nanshan-2017 -o key.csv
    """
    check_output(form, out)
    chosen = opt.chosen_scenario(scenario, set_=set_)
    from satqkd import analysis

    table = analysis.key_from_counts(counts, chosen)
    measured = table.attrs.pop("counts")
    protocol = chosen.protocol
    meta = {
        **analysis.scenario_provenance(chosen),
        "counts_file": measured.file.to_dict(),
        "security": {
            "proof": protocol.proof_name,
            "counts": "measured",
            "epsilon_secrecy": protocol.epsilon_secrecy,
            "epsilon_correctness": protocol.epsilon_correctness,
        },
    }
    emit(table, form=form, out=out, meta=lambda: meta, columns=tuple(VIEWS["key"]))
    own = table[table["proof"] == protocol.proof_name]
    blocks = f"{int((own['secret_bits'] > 0).sum())} of {len(own)} blocks"
    epsilon = protocol.epsilon_secrecy + protocol.epsilon_correctness
    note(
        f"{int(own['secret_bits'].sum()):,} secret bits from {blocks}, authentication not paid; epsilon {epsilon:.3g} "
        f"a block; of the counts as given, {protocol.proof_name}"
    )
