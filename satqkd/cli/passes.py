"""``satqkd passes``: predict passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd.cli import options as opt
from satqkd.cli.output import check_output, emit, note
from satqkd.cli.watch import watched
from satqkd.columns import VIEWS
from satqkd.errors import DataError, NothingFoundError

if TYPE_CHECKING:
    import pandas as pd

    from satqkd.analysis import Prediction
    from satqkd.scenario import Scenario


@opt.takes_scenario
def passes(
    chosen: Scenario,
    everything: opt.All = False,
    form: opt.Format = None,
    out: opt.Output = None,
    quiet: opt.Quiet = False,
    debug: opt.Debug = False,
) -> None:
    """Predict passes: when, how high, how dark, and which can be used.

    \b
    Examples:
      satqkd passes
      satqkd passes --satellite spoqc --station hwu_hogs --start 2026-08-11 --days 3
      satqkd passes --night astronomical --set passes.satellite_light=dark
      satqkd passes --station roof,48.2,16.35,240 --all --format csv
    """
    check_output(form, out)
    from satqkd.analysis import predict
    from satqkd.analysis.provenance import provenance

    with watched():
        found = predict(chosen)
    table = found.passes
    check_any(table)
    emit(
        table,
        form=form,
        out=out,
        meta=lambda: provenance(found),
        columns=(*VIEWS["passes"], *(("reject_reason",) if everything else ())),
        shown=table if everything else table[table["usable"]],
        numbered=True,
    )
    report_rejected(found, everything)
    check_age(found)


def check_any(table: pd.DataFrame) -> None:
    """Refuse to go on without a single pass (exit code 3)."""
    if table.empty:
        cause, advice = table.attrs.get("why_no_pass", ("", "Look further ahead with --days."))
        raise NothingFoundError(f"No pass found in the window. {cause}".strip(), advice)


def check_age(found: Prediction) -> None:
    """Raise where every pass was rejected because its elements are too old (exit code 4)."""
    from satqkd.orbit.elements.ageing import error_in_words

    if found.too_old:
        table = found.passes
        raise DataError(
            f"No pass can be used: every element set is too old ({table['reject_reason'].iloc[0]}).",
            f"Give newer ones with --elements, or move --start. --max-age would accept them as they are: "
            f"{error_in_words(float(table['elements_age_days'].abs().min()))}.",
        )


def report_rejected(found: Prediction, everything: bool) -> None:
    """Say how many passes were rejected, and for what."""
    rejected = found.rejected()
    if not rejected:
        return
    hint = "" if everything else "; --all shows them"
    note(f"{sum(rejected.values())} of {len(found.passes)} passes rejected{hint}:")
    for reason, count in rejected.items():
        note(f"  {count:4d}  {reason}")
