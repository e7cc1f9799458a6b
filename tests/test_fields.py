"""Limits are written once and hold however a noun is built."""

from __future__ import annotations

import dataclasses
import math
from typing import Annotated, Literal

import pytest
from annotated_types import Ge
from astropy import units as u
from pydantic import TypeAdapter, ValidationError

from satqkd.errors import InputError
from satqkd.fields import Chosen, Positive, noun
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


@noun
class Box:
    """A noun of every kind of field."""

    length_m: Positive
    lid: Literal["open", "shut"] = "shut"
    count: Annotated[int, Ge(1)] = 1
    painted: bool = False
    label: str = ""
    share: float | None = None
    pool: Literal["pass"] | Annotated[int, Ge(2)] = "pass"
    inner: Box | None = None

    def __post_init__(self) -> None:
        if self.label == "none":
            raise InputError("no label")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"lid": "ajar"}, "Box.lid = 'ajar' is not known.\\nAllowed: open, shut"),
        ({"lid": None}, "Box.lid = None is not known"),
        ({"count": 2.0}, "Box.count = 2.0 is no whole number"),
        ({"count": True}, "Box.count = True is no whole number"),
        ({"count": 0}, "Box.count = 0 is out of range: it must be at least 1"),
        ({"painted": 1}, "Box.painted = 1 is neither true nor false"),
        ({"label": 3}, "Box.label = 3 is no text"),
        ({"label": "none"}, "no label"),
        ({"share": math.nan}, "Box.share = nan is not a finite number"),
        ({"share": "half"}, "Box.share = 'half' is not a finite number"),
        ({"pool": "day"}, "Box.pool = 'day' is not known"),
        ({"pool": 1}, "Box.pool = 1 is out of range"),
        ({"length_m": 3 * u.s}, "length_m"),
    ],
)
def test_a_noun_checks_every_field_by_its_annotation(values, message):
    with pytest.raises(InputError, match=message):
        Box(**{"length_m": 1.0, **values})


def test_a_noun_is_frozen_slotted_and_by_keywords():
    box = Box(length_m=2 * u.km, count=3, pool=5, share=None, inner=Box(length_m=1.0))
    assert box.length_m == 2000.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        box.count = 4  # type: ignore[misc]
    with pytest.raises(TypeError, match="positional"):
        Box(1.0)  # type: ignore[call-arg]
    assert not hasattr(box, "__dict__")
    assert dataclasses.replace(box, count=1).count == 1


def test_a_noun_that_extends_another_checks_once_and_runs_its_own():
    @noun
    class Trunk(Box):
        wheels: Annotated[int, Ge(0)] = 0

    with pytest.raises(InputError, match="no label"):
        Trunk(length_m=1.0, label="none")
    with pytest.raises(InputError, match=r"Trunk\.wheels = -1"):
        Trunk(length_m=1.0, wheels=-1)


def test_a_tag_chooses_among_nouns():
    @noun
    class Sphere:
        radius_m: Positive
        model: Literal["sphere"] = "sphere"

    @noun
    class Cube:
        side_m: Positive
        model: Literal["cube", "die"] = "cube"

    shape = TypeAdapter(Annotated[Sphere | Cube, Chosen(default="sphere")])
    assert shape.validate_python({"side_m": 1.0, "model": "die"}) == Cube(side_m=1.0, model="die")
    assert shape.validate_python({"radius_m": 1.0}) == Sphere(radius_m=1.0)
    for wrong in ({"model": "cone"}, {"model": "cube", "radius_m": 1.0}, {"model": "sphere", "radius_m": -1.0}):
        with pytest.raises(ValidationError):
            shape.validate_python(wrong)
