"""Tables as JSON, which holds what made them, and as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from satqkd.export.form import Format

if TYPE_CHECKING:
    import pandas as pd


def _json(table: pd.DataFrame, meta: Mapping[str, Any]) -> str:
    from satqkd.export.cells import rows

    return json.dumps({"rows": rows(table), "meta": dict(meta)}, indent=2, default=str) + "\n"


def _json_lines(table: pd.DataFrame, meta: Mapping[str, Any]) -> str:
    from satqkd.export.cells import rows

    return "".join(json.dumps(row) + "\n" for row in rows(table))


JSON = Format(name="json", suffixes=("json",), render=_json, holds_meta=True)
JSON_LINES = Format(name="jsonl", suffixes=("jsonl",), render=_json_lines)
