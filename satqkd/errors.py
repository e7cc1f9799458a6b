"""What satqkd raises and warns: one base error that carries a hint and an exit code, and its few children."""

from __future__ import annotations

import difflib
import sys
import warnings
from collections.abc import Iterable


class SatqkdError(Exception):
    """An error a user can act on.

    Parameters
    ----------
    message : str
        What was given, what is allowed, and where (file, key).
    hint : str
        What to do about it; shown on its own line.
    exit_code : int, optional
        Exit code of the command line; each child has its own default.
    """

    exit_code: int = 1

    def __init__(self, message: str, hint: str = "", exit_code: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if exit_code is not None:
            self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class InputError(SatqkdError, ValueError):
    """The user gave something that cannot be used (exit code 2)."""

    exit_code = 2


class NothingFoundError(SatqkdError):
    """The question was sound and its answer is empty (exit code 3)."""

    exit_code = 3


class DataError(SatqkdError):
    """Shipped data are missing, or every element set is too old (exit code 4)."""

    exit_code = 4


class NetworkError(SatqkdError):
    """The network did not answer (exit code 5)."""

    exit_code = 5


class SatqkdWarning(UserWarning):
    """Base of every warning satqkd gives: a result stands, but the user should know something about it."""


class ValidityWarning(SatqkdWarning):
    """A model was used outside the range in which its source states it."""


class Notice(SatqkdWarning):
    """What a choice brought with it or made void: nothing is doubtful, but it should not happen in silence."""


class StaleElementsWarning(SatqkdWarning):
    """An element set is older than the age at which its passes can be trusted."""


def warn(message: str, category: type[SatqkdWarning] = SatqkdWarning) -> None:
    """Warn, at the line of the user's that led here: the nearest that is neither satqkd's nor that of its machinery."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _OWN_FRAMES:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


_OWN_FRAMES = ("satqkd", "pydantic", "functools", "dataclasses")


def shown(value: object) -> str:
    """Return a value as an error shows it: its repr, cut where it is long, whatever repr makes of it.

    >>> shown("a" * 200)[-5:]
    'aa...'
    """
    try:
        text = repr(value)
    except Exception:  # a number of thousands of digits, an object that cannot say what it is
        text = f"a {type(value).__name__}"
    return text if len(text) <= 100 else text[:97] + "..."


def did_you_mean(given: object, allowed: Iterable[str]) -> str:
    """Return a hint that names the nearest allowed words, or all of them where none is near.

    >>> did_you_mean("xinglng", ["graz", "xinglong"])
    "Did you mean 'xinglong'?"
    """
    names = sorted(allowed)
    near = difflib.get_close_matches(given, names, n=3, cutoff=0.6) if isinstance(given, str) else []
    if near:
        return "Did you mean " + " or ".join(f"'{name}'" for name in near) + "?"
    return "Allowed: " + ", ".join(names) + "."
