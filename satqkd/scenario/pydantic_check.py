"""Asks pydantic about a scenario, which takes its time and finds everything that is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from satqkd.scenario.messages import explain


@cache
def _adapter(scenario: type) -> TypeAdapter[Any]:
    return TypeAdapter(scenario)


def checked_by_pydantic(scenario: type, values: Mapping[str, Any], where: str) -> Any:
    """Return the scenario of a class that plain values describe; parameters as `satqkd.scenario.validation.validated`.

    Raises
    ------
    InputError
        If there is an unknown key or a value out of range; the message names the key.
    """
    try:
        # Strict JSON mode: a number in quotes is no number, yet lists become tuples and tables become nouns.
        return _adapter(scenario).validate_json(json.dumps(values), strict=True)
    except ValidationError as error:
        raise explain(error, values, scenario, where) from None
