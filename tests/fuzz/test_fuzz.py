"""Bad input, five hundred draws a family: a result or a SatqkdError, never another error, a traceback or a hang."""

from __future__ import annotations

import random
import time

import pytest

from tests.fuzz.families import FAMILIES, quietly

DRAWS = 500
QUICK = 25
HANG_S = 5.0


def draw(family: str, number: int) -> None:
    call = FAMILIES[family](random.Random(f"{family}-{number}"))
    begun = time.monotonic()
    try:
        quietly(call)
    except Exception as error:
        raise AssertionError(f"{family} {number}: {type(error).__name__}: {error}") from error
    assert time.monotonic() - begun < HANG_S, f"{family} {number} hangs"


@pytest.mark.parametrize("family", FAMILIES)
def test_some_draws_end_as_they_should(family):
    for number in range(QUICK):
        draw(family, number)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_many_draws_end_as_they_should(family):
    for number in range(QUICK, DRAWS):
        draw(family, number)
