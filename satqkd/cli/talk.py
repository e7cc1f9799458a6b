"""What is said beside a result, on stderr, whoever still listens there."""

from __future__ import annotations

import contextlib

import typer


def say(text: str) -> None:
    """Say something on stderr; where nobody listens any more, the result goes on all the same."""
    with contextlib.suppress(OSError, ValueError):
        typer.echo(printable(text), err=True)


def printable(text: str) -> str:
    """Return a text that a terminal shows as it is: control characters of names, files and servers as escapes."""
    return "".join(one if one.isprintable() or one == "\n" else repr(one)[1:-1] for one in text)
