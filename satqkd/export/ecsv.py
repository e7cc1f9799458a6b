"""Tables as ECSV, which holds units, times and what made the table."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from satqkd.export.form import Format

if TYPE_CHECKING:
    import pandas as pd


def _ecsv(table: pd.DataFrame, meta: Mapping[str, Any]) -> str:
    from astropy.io import ascii as text_tables

    from satqkd.export.qtable import to_qtable

    plain = json.loads(json.dumps(dict(meta), default=str))  # YAML knows plain values only
    stream = io.StringIO()
    text_tables.write(to_qtable(table, plain), stream, format="ecsv")
    return stream.getvalue().replace("\r\n", "\n")


ECSV = Format(name="ecsv", suffixes=("ecsv",), render=_ecsv, holds_meta=True)
