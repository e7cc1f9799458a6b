"""What old elements do to times, against sets of Micius that later ones have shown to be wrong."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest

from satqkd.orbit.elements.ageing import WORTHLESS_DAYS, along_track_error_s, error_in_words
from tests.support import REFERENCE

CSV = REFERENCE / "orbit" / "micius_tle_ageing.csv"


@pytest.fixture(scope="module")
def compared():
    with CSV.open() as stream:
        rows = list(csv.DictReader(stream))
    return np.array([[abs(float(row["age_days"])), abs(float(row["along_s"]))] for row in rows]).T


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.5), (1.5, 4.0), (4.0, 8.0), (8.0, 15.0), (15.0, 45.0)])
def test_the_table_is_that_of_the_sets(compared, low, high):
    age, error = compared
    inside = (age >= low) & (age < high)
    typical, largest = along_track_error_s(high - 1e-9)
    assert typical == pytest.approx(np.median(error[inside]), rel=0.2, abs=0.01)
    assert largest == pytest.approx(error[inside].max(), rel=0.05)
    assert np.all(error[inside] <= largest * 1.001)


def test_older_is_never_better():
    age = np.linspace(0.0, 400.0, 2000)
    for seconds in along_track_error_s(age):
        assert np.all(np.diff(seconds[np.isfinite(seconds)]) >= 0.0)


def test_a_hundred_days_and_seventeen_years():
    """Independent: sets of 95 to 115 days, median 156 s, largest 36 min; one of 6031 days is worthless."""
    assert [float(one) for one in along_track_error_s(-105.0)] == [156.0, 2160.0]
    assert "156 s" in error_in_words(105.0)
    assert "36 min" in error_in_words(105.0)
    assert math.isinf(along_track_error_s(6031.0)[0])
    assert "worthless" in error_in_words(6031.0)
    assert "worthless" not in error_in_words(WORTHLESS_DAYS - 1.0)
