"""Scenarios built by their annotations are those that pydantic would build, and no others."""

from __future__ import annotations

import copy
import math
import subprocess
import sys
import warnings

import pytest

from satqkd import catalog
from satqkd.errors import InputError
from satqkd.scenario import Scenario, load_scenario
from satqkd.scenario.building import Unfit, built, fits
from satqkd.scenario.plain import plain
from satqkd.scenario.pydantic_check import checked_by_pydantic
from satqkd.scenario.tables import StationTable

PRESETS = sorted(catalog.entries("scenarios"))
DESIGNED = [
    {"model": "walker", "name": "w", "altitude_m": 6e5, "inclination_deg": 53, "satellites": 6, "planes": 3},
    {"model": "sun-synchronous", "name": "s", "altitude_m": 6e5, "ltan_hours": 22.5},
]
FULL_STATION = {
    "name": "graz",
    "latitude_deg": 47,
    "receiver": {"aperture_m": 0.5},
    "detector": {"count": 2},
    "horizon_mask": [[0.0, 10], [180, 20.5]],
    "atmosphere": {"model": "visibility", "visibility_m": 23e3},
    "turbulence": {"model": "hufnagel-valley"},
}
ODD = [
    *(None, True, False, 0, 1, -1, 2, 1.0, 0.5, 1e300, -1e300, 2**53 + 1, 10**30, math.nan),
    *("", "best", "1", "\ud800", "micius", "2017-05-22", "2017-05-22T00:00:00.000Z", "bbm92", "none"),
    *([], {}, [1.0], [0.5, 0.3], [0.5, 0.3, 0.1], ["graz"], [["a"]], [[0.0, 1.0]], {"model": "none"}, {"name": "graz"}),
    *({"x": "y"}, {"x": 1}, [{"name": "graz", "aperture_m": 1}], DESIGNED, [FULL_STATION]),
]


def verdict(make, values):
    """What is made of values, or that they are refused; warnings are no matter here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return make(values)
        except (Unfit, InputError):
            return "refused"


def agree(values, *, unsure=False):
    """What is built is what pydantic builds; what is not, pydantic refuses, unless it is left to pydantic to say."""
    ours = verdict(lambda one: built(Scenario, one), values)
    theirs = verdict(lambda one: checked_by_pydantic(Scenario, one, ""), values)
    if ours == "refused" and unsure:
        return
    assert ours == theirs
    if ours != "refused":
        assert ours.to_toml() == theirs.to_toml()


def places(table, path=()):
    """The path of every table and value, lists looked into."""
    yield path
    for key, inner in table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, list) else ():
        yield from places(inner, (*path, key))


def replaced(values, path, value):
    changed = copy.deepcopy(values)
    here = changed
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = copy.deepcopy(value)
    return changed


@pytest.fixture(scope="module")
def whole():
    """A scenario with everything written down that may be, designed orbits and a station of its own among it."""
    values = plain(load_scenario("micius-beijing-vienna").to_dict())
    values["satellites"] += plain(DESIGNED)
    for design in values["satellites"][-2:]:
        design["epoch"] = values["start"]
    values["stations"] = ["xinglong", plain(FULL_STATION)]
    values.pop("relay", None)
    return values


@pytest.mark.parametrize("name", PRESETS)
def test_every_shipped_scenario_is_built_as_pydantic_builds_it(name):
    values = plain(load_scenario(name).to_dict())
    assert built(Scenario, values) == checked_by_pydantic(Scenario, values, "") == load_scenario(name)


def test_whatever_stands_anywhere_is_judged_as_pydantic_judges_it(whole):
    assert verdict(lambda one: built(Scenario, one), whole) != "refused"
    for path in list(places(whole))[1:]:
        for odd in ODD:
            # pydantic knows more ways to write a time, and whole numbers that are floats only when rounded.
            unsure = path[-1] in ("start", "epoch") or (type(odd) is int and abs(odd) > 2**53)
            agree(replaced(whole, path, odd), unsure=unsure)


@pytest.mark.parametrize("name", PRESETS)
def test_what_lacks_a_key_or_has_one_too_many_is_judged_alike(name):
    values = plain(load_scenario(name).to_dict())
    for path in list(places(values))[1:]:
        if isinstance(path[-1], str):
            lacking = copy.deepcopy(values)
            here = lacking
            for key in path[:-1]:
                here = here[key]
            del here[path[-1]]
            agree(lacking)
            agree(replaced(values, (*path[:-1], "another"), 1.0))


def test_an_annotation_that_nobody_knows_is_left_to_pydantic():
    with pytest.raises(Unfit):
        built(set[str], ["a"])
    with pytest.raises(Unfit):
        built(float | int, 1)  # both would do: which is meant, is not decided here


def test_a_noun_says_itself_what_its_annotations_cannot():
    with pytest.raises(InputError, match="A station needs a name"):
        built(StationTable, {"name": " "})


def test_what_a_noun_refuses_does_not_fit():
    assert fits(StationTable, {"name": "graz"})
    assert not fits(StationTable, {"name": " "})
    assert not fits(StationTable, {"name": 1})


def test_a_sound_scenario_is_loaded_without_pydantic_and_pandas():
    code = (
        "import sys; from satqkd import load_scenario\n"
        "load_scenario('micius-beijing-vienna').with_({'link.receiver.aperture_m': 1.1, 'days': 2})\n"
        "print([name for name in ('pydantic', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
