"""Limits are written once and hold however a noun is built."""

from __future__ import annotations

import math

import pytest

from satqkd.errors import InputError
from satqkd.scenario import ElementsPolicy, PassLimits


@pytest.mark.parametrize(
    ("noun", "values", "message"),
    [
        (ElementsPolicy, {"max_age_days": 0.0}, "greater than 0"),
        (ElementsPolicy, {"max_age_days": math.inf}, "not a finite number"),
        (ElementsPolicy, {"max_age_days": True}, "not a finite number"),
        (PassLimits, {"min_elevation_deg": 91.0}, "at most 89"),
        (PassLimits, {"max_range_m": -1.0}, "greater than 0"),
        (PassLimits, {"step_s": "1"}, "not a finite number"),
    ],
)
def test_a_value_out_of_its_limits_is_refused(noun, values, message):
    with pytest.raises(InputError, match=message):
        noun(**values)


def test_what_may_be_missing_may_be_missing():
    assert PassLimits(max_range_m=None, min_sun_separation_deg=None).max_range_m is None
