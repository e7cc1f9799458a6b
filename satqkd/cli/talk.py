"""What is shown, on stdout, and what is said beside it, on stderr, whoever still reads and listens there."""

from __future__ import annotations

import contextlib

import typer

from satqkd.errors import SatqkdError


def say(text: str) -> None:
    """Say something on stderr; where nobody listens any more, the result goes on all the same."""
    with contextlib.suppress(OSError, ValueError):
        typer.echo(printable(text), err=True)


class ReaderLeftError(SatqkdError):
    """Who read our output has seen enough (head, less): not an error, and nothing to be said about."""

    exit_code = 0


def write(text: str = "", *, nl: bool = True) -> None:
    """Write to standard output, which is the result.

    Raises
    ------
    ReaderLeftError
        Where nobody reads it any more.
    """
    try:
        typer.echo(text, nl=nl)
    except BrokenPipeError:
        raise ReaderLeftError("") from None


def printable(text: str) -> str:
    """Return a text that a terminal shows as it is: control characters of names, files and servers as escapes."""
    return "".join(one if one.isprintable() or one == "\n" else repr(one)[1:-1] for one in text)
