"""The command line that made a result, as it goes into what is written: without where to, and without secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WHERE = ("-o", "--out")
_PASSWORD = re.compile(r"(?<=://)[^/?#\s]*@")
_SECRET = re.compile(r"(?i)((?:token|key|secret|password|auth)[a-z_-]*=)[^&\s]+")


def recorded_command(arguments: Sequence[str]) -> list[str]:
    """Return arguments as they are recorded: no ``-o`` and its value, no password or token in any address.

    >>> recorded_command(["analyze", "-o", "key.csv", "--days", "3"])
    ['satqkd', 'analyze', '--days', '3']
    """
    kept: list[str] = ["satqkd"]
    skip = False
    for word in arguments:
        if skip:
            skip = False
        elif word in _WHERE:
            skip = True
        elif word.startswith("--out=") or (word.startswith("-o") and not word.startswith("--")):
            continue
        else:
            kept.append(_without_secrets(word))
    return kept


def _without_secrets(word: str) -> str:
    return _SECRET.sub(r"\1...", _PASSWORD.sub("", word)) if "://" in word else word
