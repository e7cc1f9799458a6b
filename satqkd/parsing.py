"""Reading TOML and JSON that anybody may have written: what a parser cannot take is bad input, never our fault."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from satqkd.errors import InputError

DEEPEST = 40
"""Levels of tables and lists in each other; nothing here has more than six."""
_LARGEST = 10**30  # whole numbers of more digits are no quantity of anything


def parse_toml(text: str, what: str) -> dict[str, Any]:
    """Parse TOML.

    Parameters
    ----------
    text : str
    what : str
        What messages call it, such as a file's name.

    Raises
    ------
    tomllib.TOMLDecodeError
        If it is no TOML: the caller knows what to say.
    InputError
        If it is nested too deeply, or has a number too long to be one.
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise _too_deep(what) from None
    except ValueError as error:  # whole numbers of thousands of digits
        raise InputError(f"{what} cannot be read: {_short(str(error))}.") from None
    check_nesting(found, what)
    return found


def parse_json(text: str, what: str) -> Any:
    """Parse JSON; raises `json.JSONDecodeError` where it is none, else as `parse_toml`."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise _too_deep(what) from None
    except ValueError as error:
        raise InputError(f"{what} cannot be read: {_short(str(error))}.") from None
    check_nesting(found, what)
    return found


def check_nesting(value: Any, what: str) -> None:
    """Raise `InputError` where tables and lists are nested too deeply, or hold a whole number too long to be one."""
    level: list[Any] = [value]
    for _ in range(DEEPEST + 1):
        inner: list[Any] = []
        for one in level:
            if isinstance(one, Mapping):
                inner += one.values()
            elif isinstance(one, list | tuple):
                inner += one
            elif type(one) is int and not -_LARGEST < one < _LARGEST:
                raise InputError(f"{what} has a whole number of more than {len(str(_LARGEST)) - 1} digits.")
        level = [one for one in inner if isinstance(one, Mapping | list | tuple | int)]
        if not level:
            return
    raise _too_deep(what)


def _too_deep(what: str) -> InputError:
    return InputError(f"{what} is nested too deeply: tables and lists may hold each other {DEEPEST} times.")


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:117] + "..."
