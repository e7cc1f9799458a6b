"""``satqkd inspect``: one pass, second by second."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from satqkd.cli import options as opt
from satqkd.cli.analyze import report_assumptions
from satqkd.cli.output import check_output, emit, note
from satqkd.cli.passes import check_any
from satqkd.cli.watch import watched
from satqkd.columns import VIEWS
from satqkd.errors import InputError

if TYPE_CHECKING:
    from satqkd.analysis import Campaign
    from satqkd.scenario import Scenario


@opt.takes_scenario
def inspect(
    chosen: Scenario,
    which: Annotated[
        str | None,
        typer.Option(
            "--pass", metavar="PASS", help="pass_id, 'best', or the number in the first column of tables.  [best]"
        ),
    ] = None,
    every: Annotated[int, typer.Option(min=1, metavar="N", help="On the terminal, show every N-th second.")] = 10,
    form: opt.Format = None,
    out: opt.Output = None,
    figure: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the pass to this PNG, SVG or PDF.")] = None,
    quiet: opt.Quiet = False,
    debug: opt.Debug = False,
) -> None:
    """Show one pass second by second: geometry, loss by term, noise, QBER and rates.

    \b
    Examples:
      satqkd inspect micius-xinglong-2016-12-19
      satqkd inspect --pass 3 --format csv -o pass.csv
      satqkd inspect micius-xinglong-2016-12-19 --figure pass.png
    """
    check_output(form, out, figure)
    import satqkd

    with watched():
        campaign = satqkd.analyze(chosen)
    check_any(campaign.passes)
    row = _row(campaign, which)
    one = campaign.passes.iloc[row]
    table = campaign.samples(row)
    meta = {**campaign.provenance, "pass_id": one["pass_id"]}
    emit(
        table,
        form=form,
        out=out,
        meta=lambda: meta,
        columns=tuple(VIEWS["inspect"]),
        shown=table.iloc[::every],
        figures={} if figure is None else {figure: lambda: satqkd.plot.inspect(campaign, row)},
    )
    causes = [str(name) for name in table if str(name).startswith("qber_")]
    light = table[table["sending"]]
    if causes and not light.empty:
        # Weighted by the light: what the bits of the whole pass owe to each cause.
        means = {name: float((light[name] * light["sifted_bps"]).sum() / light["sifted_bps"].sum()) for name in causes}
        shares = ", ".join(
            f"{name.removeprefix('qber_')} {100.0 * value:.3f} %" for name, value in means.items() if value
        )
        note(f"QBER by cause, over the sending seconds: {shares}")
    state = "usable" if one["usable"] else f"rejected: {one['reject_reason']}"
    promised = f"at expected counts, {campaign.security['proof']}"
    note(
        f"{one['pass_id']} (--pass {row + 1}): {state}; {one['sifted_bits']:,} sifted, "
        f"{one['secret_bits']:,} secret bits ({promised}; epsilon {campaign.block_epsilon:.3g})"
    )
    report_assumptions(campaign.provenance["assumed"])


def _row(campaign: Campaign, which: str | None) -> int:
    """Return the row of the pass that ``--pass`` names; its numbers count all passes from 1, as the tables do."""
    text = "best" if which is None else which.strip()
    if text == "best":
        return campaign.row(campaign.best_pass or 0)
    if not text.lstrip("+-").isdigit():
        return campaign.row(text)
    number, last = int(text), len(campaign.passes)
    if not 1 <= number <= last:
        raise InputError(
            f"--pass {which} does not exist: the passes are numbered from 1 to {last}.",
            "The first column of satqkd passes --all and satqkd analyze --all shows the numbers.",
        )
    return number - 1
