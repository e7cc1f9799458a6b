"""``satqkd analyze``: passes, link and key per pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from satqkd.cli import options as opt
from satqkd.cli.output import check_output, emit, note
from satqkd.cli.passes import check_age, check_any, report_rejected
from satqkd.cli.watch import watched
from satqkd.columns import PARAMETERS, SCATTER, VIEWS
from satqkd.errors import InputError

if TYPE_CHECKING:
    from satqkd.scenario import Scenario


@opt.takes_scenario
def analyze(
    chosen: Scenario,
    sample: Annotated[
        int | None,
        typer.Option(
            metavar="SEED",
            help="Draw channel and counts of every pass 200 times from this seed: mean, P10, P50 and P90 of each key.",
        ),
    ] = None,
    pools: Annotated[
        bool, typer.Option("--pools", help="Compare ways to pool passes into blocks: what waiting buys.")
    ] = False,
    everything: opt.All = False,
    form: opt.Format = None,
    out: opt.Output = None,
    quiet: opt.Quiet = False,
    debug: opt.Debug = False,
) -> None:
    """Predict passes and the finite secret key each of them yields.

    \b
    Examples:
      satqkd analyze micius-xinglong-2016-12-19
      satqkd analyze --set key.optimize=true --set key.pool=day
      satqkd analyze micius-nanshan-2017 --sample 1
      satqkd analyze --pools
      satqkd analyze --set link.receiver.optics_transmittance=0.3 --format csv
      satqkd analyze --satellite spoqc --station tenerife_ogs -o key.csv
    """
    check_output(form, out)
    import satqkd
    from satqkd.analysis import scenario_provenance

    if pools:
        if sample is not None or everything:
            raise InputError("--pools compares ways to pool; --sample and --all do not go with it.", "Run it alone.")
        check_any(satqkd.find_passes(chosen))
        with watched():
            compared = satqkd.compare_pools(chosen)
        emit(
            compared,
            form=form,
            out=out,
            meta=lambda: {**scenario_provenance(chosen), "security": compared.attrs["security"]},
        )
        return
    with watched():
        campaign = satqkd.analyze(chosen, seed=sample)
    table = campaign.passes
    check_any(table)
    shown = (*VIEWS["analyze"], *(() if sample is None else SCATTER))
    if chosen.key.optimize:
        shown = (*shown, *PARAMETERS)
    if chosen.key.pool != "pass":
        shown = (*shown, "block")
        note("pooled: the key of a block stands with its last pass")
    emit(
        table,
        form=form,
        out=out,
        meta=lambda: campaign.provenance,
        columns=(*shown, "reject_reason") if everything else shown,
        shown=table if everything else table[table["usable"]],
        numbered=True,
    )
    note(headline(campaign.summary()))
    if sample is not None:
        note(drawn(chosen))
    report_rejected(campaign.prediction, everything)
    report_assumptions(campaign.provenance["assumed"])
    check_age(campaign.prediction)


def headline(totals: dict[str, Any]) -> str:
    """Return the sum of a campaign on one line, with what stands in the way of having it and what it promises."""
    bits, net, overlapping = totals["secret_bits"], totals["net_secret_bits"], totals["overlapping_passes"]
    together = ""
    if overlapping:
        most = totals["coexisting_secret_bits"]
        at_most = "how much of it can be had together is not known" if most is None else f"at most {most:,} together"
        together = f" ({overlapping} passes overlap: {at_most})"
    left = f"{net:,} net of authentication" if net >= 0 else f"a debt of {-net:,}: authentication costs more"
    return (
        f"{bits:,} secret bits{together} from {totals['with_key']} of {totals['blocks']} blocks, {left}; "
        f"epsilon {totals['epsilon_per_block']:.3g} a block, {totals['epsilon_of_all']:.3g} in all; "
        f"at expected counts, {totals['proof']}; asymptotic bits for comparison only"
    )


def drawn(scenario: Scenario) -> str:
    """Say what chance was given to the keys that were drawn."""
    key, channel = scenario.key, []
    if key.forecast_error_db > 0.0:
        channel.append(f"losses off by {key.forecast_error_db:g} dB (1 sigma, key.forecast_error_db)")
    if key.misalignment_spread > 1.0:
        channel.append(f"misalignment by a factor of {key.misalignment_spread:g} (1 sigma, key.misalignment_spread)")
    return f"drawn: {', '.join([*channel, 'shot noise'])}; no clouds"


def report_assumptions(assumed: dict[str, dict[str, object]]) -> None:
    """Repeat what the scenario assumes."""
    for key, one in assumed.items():
        note(f"assumed: {key} = {one['value']} ({one['why']})")
