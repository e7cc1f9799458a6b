"""Tables as text: times, numbers and what is missing."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from satqkd.errors import InputError
from satqkd.export import render, rows
from satqkd.times import to_datetime64, to_iso

TABLE = pd.DataFrame(
    {
        "pass_id": ["a|b", 'with "quotes", and comma'],
        "time_utc": pd.to_datetime(["2016-12-19T16:52:13.487654Z", None]),
        "range_m": [645255.123456789012, np.nan],
        "count": [3, -4],
        "usable": [True, False],
    }
)


def test_csv_is_a_header_and_rows():
    text = render(TABLE, "csv", {"ignored": 1})
    first, second = csv.DictReader(io.StringIO(text))
    assert first["time_utc"] == "2016-12-19T16:52:13.488Z"
    assert float(first["range_m"]) == pytest.approx(645255.123456789, rel=1e-11)
    assert (first["usable"], second["usable"]) == ("true", "false")
    assert (second["time_utc"], second["range_m"]) == ("", "")
    assert second["pass_id"] == 'with "quotes", and comma'


def test_json_holds_rows_and_meta_and_null_for_what_is_missing():
    content = json.loads(render(TABLE, "json", {"scenario": "x"}))
    assert content["meta"] == {"scenario": "x"}
    assert content["rows"] == rows(TABLE)
    assert content["rows"][1]["range_m"] is None
    assert content["rows"][1]["time_utc"] is None
    assert [json.loads(line) for line in render(TABLE, "jsonl").splitlines()] == content["rows"]


def test_markdown_escapes_its_own_mark():
    lines = render(TABLE, "md").splitlines()
    assert len(lines) == 4
    assert r"a\|b" in lines[2]


def test_no_such_format():
    with pytest.raises(InputError, match="'xls'"):
        render(TABLE, "xls")


@given(st.lists(st.floats(0.0, 4e9), min_size=1, max_size=20))
def test_times_are_written_as_everywhere(seconds):
    stamps = to_datetime64(np.array(seconds))
    table = pd.DataFrame({"time_utc": pd.DatetimeIndex(stamps).tz_localize("UTC")})
    written = [row["time_utc"] for row in rows(table)]
    for text, stamp in zip(written, stamps, strict=True):
        # Half a millisecond may fall either way.
        assert text == to_iso(stamp) or abs(pd.Timestamp(text) - pd.Timestamp(stamp, tz="UTC")) <= pd.Timedelta("500us")
