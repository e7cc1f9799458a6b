"""``satqkd key``: the key of counts that one has, or of a loss."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from satqkd.cli import options as opt
from satqkd.cli.output import check_output, emit, note, print_table
from satqkd.cli.talk import write
from satqkd.columns import VIEWS
from satqkd.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from satqkd.scenario import Scenario

_MOST_LOSSES = 10_000


def key(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            help="CSV or JSON of basis, intensity, detections and errors (and block, leakage_bits), or of a loss "
            "curve: t_s, link_loss_db (and background_cps).",
        ),
    ] = None,
    scenario: opt.ScenarioArgument = None,
    loss: Annotated[
        list[str] | None,
        typer.Option(metavar="DB", help="No FILE but a link loss in dB, or several as first:last:step; repeatable."),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(metavar="S", help="How long each --loss lasts, in seconds.  [300]")
    ] = None,
    background: Annotated[
        float | None,
        typer.Option(metavar="CPS", help="Background counts a second of the whole receiver, with --loss.  [0]"),
    ] = None,
    set_: opt.Set = None,
    form: opt.Format = None,
    out: opt.Output = None,
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the key against --loss to this PNG, SVG or PDF.")
    ] = None,
    quiet: opt.Quiet = False,
    debug: opt.Debug = False,
) -> None:
    """Show the secret key of measured counts, a loss curve or a fixed loss, under every proof that is offered.

    \b
    Examples:
      satqkd key counts.csv micius-xinglong-2016-12-19
      satqkd key counts.csv --set protocol.intensities=[0.6,0.12,0.0]
      satqkd key --loss 25:45:1 --seconds 300 --figure key.png
    """
    check_output(form, out, figure)
    if loss and file is not None:  # then there is no file, and the first word is the scenario
        if scenario is not None:
            raise InputError(f"--loss and the file {file} both say what to make key of.", "Give one of them.")
        file, scenario = None, file
    if not loss and file is None:
        raise InputError("There is nothing to make key of.", "Give a file of counts or of losses, or --loss DB.")
    for option, given in (("--figure", figure), ("--seconds", seconds), ("--background", background)):
        if given is not None and not loss:
            raise InputError(f"{option} goes with --loss, not with a file.", "For example: --loss 25:45:1")
    chosen = opt.chosen_scenario(scenario, set_=set_)
    losses = [one for text in loss or [] for one in _losses(text)]
    table, said = _table(chosen, file, losses, 300.0 if seconds is None else seconds, background or 0.0)
    import satqkd
    from satqkd import analysis

    protocol = chosen.protocol
    security = {
        "proof": protocol.proof_name,
        "counts": said["counts"],
        "epsilon_secrecy": protocol.epsilon_secrecy,
        "epsilon_correctness": protocol.epsilon_correctness,
    }
    meta = {**analysis.scenario_provenance(chosen), "made_of": said, "security": security}
    figures = {} if figure is None else {figure: lambda: satqkd.plot.key_against_loss(table)}
    emit(table, form=form, out=out, meta=lambda: meta, printed=lambda: _print(table), figures=figures)
    own = table[table["proof"] == protocol.proof_name]
    epsilon = protocol.epsilon_secrecy + protocol.epsilon_correctness
    note(
        f"{_headline(own, bool(loss))}, authentication not paid; epsilon {epsilon:.3g} a block; at {said['counts']} "
        f"counts, {protocol.proof_name}"
    )
    if said["counts"] == "expected":
        light = said.get("background_cps")
        sky = "the curve's own" if light is None else f"{light:g} counts/s"
        note(f"detectors of {chosen.station_names[0]}; background {sky}, dark counts beside")
    elif protocol.fixed_length:
        note("so much the counts support: a proof of fixed length grants what was agreed on before it, if that is less")


def _print(table: pd.DataFrame) -> None:
    """Print what each proof gives below its name, which is too long for a column."""
    columns = [name for name in VIEWS["key"] if name in table and table[name].notna().any()]
    for proof, rows in table.groupby("proof", sort=False):
        for line in wrap(str(proof), 79):
            write(line)
        print_table(rows[columns])
        write("")


def _headline(own: pd.DataFrame, losses: bool) -> str:
    """Return what the protocol's own proof grants, in words."""
    bits, some = own["secret_bits"], own[own["secret_bits"] > 0]
    if losses and len(own) > 1:
        last = f", up to {some['link_loss_db'].max():g} dB" if len(some) else ""
        return f"key at {len(some)} of {len(own)} losses{last}"
    return f"{int(bits.sum()):,} secret bits from {len(some)} of {len(own)} blocks"


def _table(
    chosen: Scenario, file: str | None, losses: list[float], seconds: float, background: float
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the table, and what it was made of."""
    from satqkd import analysis
    from satqkd.analysis.loss_key import is_loss_curve
    from satqkd.analysis.measured_rows import read_rows

    if file is None:
        table = analysis.key_through_loss(losses, chosen, seconds_s=seconds, background_cps=background)
        said = {"loss_db": losses, "seconds_s": seconds, "background_cps": background}
        return table, {"counts": "expected", **said}
    rows = read_rows(file, what="counts", hint="Give a CSV or JSON file of counts, or of a loss curve.")
    made_of: dict[str, Any] = {"file": rows.file.to_dict()} if rows.file else {}
    if is_loss_curve(rows):
        if "background_cps" not in rows.columns:
            made_of["background_cps"] = 0.0
        return analysis.key_through_curve(rows, chosen), {"counts": "expected", **made_of}
    table = analysis.key_from_counts(rows, chosen)
    table.attrs.clear()
    return table, {"counts": "measured", **made_of}


def _losses(text: str) -> list[float]:
    """Read one loss, or first:last:step with both ends."""
    example = "Write decibels such as 32.5, or first:last:step such as 25:45:1."
    try:
        parts = [float(part) for part in text.split(":")]
    except ValueError:
        raise InputError(f"--loss {text!r} is no number of decibels.", example) from None
    if len(parts) == 1:
        return parts
    if len(parts) != 3 or not 0.0 < parts[2] < float("inf") or not parts[0] <= parts[1] < float("inf"):
        raise InputError(f"--loss {text!r} is no first:last:step.", example)
    count = int((parts[1] - parts[0]) / parts[2] + 1e-9) + 1
    if count > _MOST_LOSSES:
        raise InputError(f"--loss {text!r} are {count:,} losses: at most {_MOST_LOSSES:,} are allowed.", example)
    return [round(parts[0] + number * parts[2], 9) for number in range(count)]
