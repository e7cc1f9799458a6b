"""Times at the public edge."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from satqkd.errors import InputError
from satqkd.times import to_datetime64, to_iso, to_posix, to_text, utc_column, utc_seconds, utc_stamps

MOMENT = 1482166333.46  # 2016-12-19T16:52:13.46Z, by `date -u`


@pytest.mark.parametrize(
    "value",
    [
        "2016-12-19T16:52:13.46Z",
        "2016-12-19 16:52:13.460",
        "2016-12-19T17:52:13.46+01:00",
        dt.datetime(2016, 12, 19, 16, 52, 13, 460000),  # noqa: DTZ001 - no zone means UTC
        dt.datetime(2016, 12, 19, 16, 52, 13, 460000, tzinfo=dt.UTC),
        np.datetime64("2016-12-19T16:52:13.460"),
        np.array(np.datetime64("2016-12-19T16:52:13.460000")),
        pd.Timestamp("2016-12-19T16:52:13.46"),
        pd.Timestamp("2016-12-19T17:52:13.46", tz="Europe/Vienna"),
    ],
)
def test_ways_to_write_a_time(value):
    assert to_posix(value) == pytest.approx(MOMENT, abs=1e-6)
    assert to_iso(value) == "2016-12-19T16:52:13.460Z"


def test_a_day_begins_at_midnight():
    assert to_posix("2016-12-19") == to_posix(dt.date(2016, 12, 19)) == 1482105600.0


def test_now_is_now():
    assert abs(to_posix("now") - dt.datetime.now(dt.UTC).timestamp()) < 5.0


@pytest.mark.parametrize("value", ["noon", "", "2016-13-01", 5.0, None, pd.NaT, np.datetime64("NaT", "us")])
def test_what_is_no_time_is_refused(value):
    with pytest.raises(InputError, match="begin"):
        to_posix(value, "begin")


@given(st.floats(-1e9, 4e9))
def test_back_and_forth_to_the_microsecond(posix_s):
    assert to_posix(to_datetime64(posix_s)) == pytest.approx(posix_s, abs=1.1e-6)


@pytest.mark.parametrize(
    ("moment", "decimals", "text"),
    [
        ("2016-12-19T16:52:13.499", 0, "2016-12-19 16:52:13"),
        ("2016-12-19T16:52:13.500", 0, "2016-12-19 16:52:14"),
        ("2016-12-31T23:59:59.7", 0, "2017-01-01 00:00:00"),
        ("2016-12-19T16:52:13.487", 1, "2016-12-19 16:52:13.5"),
    ],
)
def test_times_to_be_read_are_rounded_and_not_cut(moment, decimals, text):
    assert to_text(moment, decimals=decimals) == text


def test_columns_and_numbers_are_each_other_s_inverse():
    stamps = np.array(["2017-05-22T16:30:00.123456", "NaT"], dtype="datetime64[us]")
    column = pd.Series(utc_column(stamps))
    assert str(column.dt.tz) == "UTC"
    np.testing.assert_array_equal(utc_stamps(column), stamps)
    np.testing.assert_array_equal(utc_stamps(pd.Series(stamps)), stamps)
    np.testing.assert_array_equal(utc_stamps(column.dt.tz_convert("Asia/Shanghai")), stamps)
    assert utc_seconds(column[:1]).tolist() == [1495470600.123456]
