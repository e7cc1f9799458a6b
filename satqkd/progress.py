"""What a long computation says of itself while it runs, to who listens: how large it is, how far, how long it took.

Whoever wants to know listens for a while (`listening`), in this thread and context; where nobody does, nothing happens.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Protocol


class Listener(Protocol):
    """Who is told."""

    def expected(self, text: str, seconds: float) -> None:
        """Hear, before it begins, how large the work is in words, and how long it may take [s]."""

    def reached(self, stage: str, done: int, total: int) -> None:
        """Hear how much of a stage is done; `total` is 0 where that is not known."""

    def took(self, stage: str, seconds: float) -> None:
        """Hear how long a stage took [s], finished or not."""


_listener: ContextVar[Listener | None] = ContextVar("satqkd_progress", default=None)


@contextmanager
def listening(listener: Listener | None) -> Iterator[None]:
    """Let a listener, or nobody, be told what happens meanwhile, instead of any other."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Tell that a stage begins, and how long it took; stages follow one another and are not nested."""
    listener = _listener.get()
    if listener is None:
        yield
        return
    listener.reached(name, 0, 0)
    began = perf_counter()
    try:
        yield
    finally:
        listener.took(name, perf_counter() - began)


def report(name: str, done: int, total: int) -> None:
    """Tell how much of a stage is done."""
    listener = _listener.get()
    if listener is not None:
        listener.reached(name, done, total)


def announce(text: str, seconds: float) -> None:
    """Tell how large the work is that begins now."""
    listener = _listener.get()
    if listener is not None:
        listener.expected(text, seconds)
