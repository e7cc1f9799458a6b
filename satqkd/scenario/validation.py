"""Plain values to a scenario: checked against the annotations of its nouns, or one message that says what is wrong."""

from __future__ import annotations

from typing import Any

from satqkd.errors import InputError
from satqkd.parsing import check_nesting
from satqkd.scenario.building import Unfit, built
from satqkd.scenario.plain import give_epochs, leaves, plain
from satqkd.scenario.sites import with_rest_of_link
from satqkd.scenario.terminals import with_terminals


def validated(scenario: type, values: dict[str, Any], where: str, origins: dict[str, str]) -> Any:
    """Return the scenario of a class that plain values describe.

    Parameters
    ----------
    scenario : type
        The class.
    values : dict
        Tables as they were written; terminals are replaced by what they stand for.
    where : str
        What an error calls the place.
    origins : dict
        Where each value comes from, by its dotted key; those that terminals give are added.

    Raises
    ------
    InputError
        If there is an unknown key or a value out of range; the message names the key.
    """
    check_nesting(values, where)
    bare = with_rest_of_link(with_terminals(plain(values), origins), origins)
    give_epochs(bare, bare.get("start"))
    try:
        found = built(scenario, bare)
    except (Unfit, InputError):
        # What is wrong, of all that is wrong, and where, pydantic knows; it has the last word.
        from satqkd.scenario.pydantic_check import checked_by_pydantic

        found = checked_by_pydantic(scenario, bare, where)
    known = leaves(bare)
    object.__setattr__(found, "origin", {key: text for key, text in origins.items() if key in known})
    return found
