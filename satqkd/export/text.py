"""Tables as CSV and as Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from satqkd.export.form import Format

if TYPE_CHECKING:
    import pandas as pd


def _csv(table: pd.DataFrame, meta: Mapping[str, Any]) -> str:
    from satqkd.export.cells import cells

    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(zip(*(cells(table[name]) for name in table.columns), strict=True))
    return stream.getvalue()


def _markdown(table: pd.DataFrame, meta: Mapping[str, Any]) -> str:
    from satqkd.export.cells import cells

    header = "| " + " | ".join(table.columns) + " |\n|" + " --- |" * len(table.columns) + "\n"
    return header + "".join(
        "| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |\n"
        for row in zip(*(cells(table[name]) for name in table.columns), strict=True)
    )


CSV = Format(name="csv", suffixes=("csv",), render=_csv)
MARKDOWN = Format(name="md", suffixes=("md",), render=_markdown)
