"""Ctrl-C, remembered: a library may turn the interrupt into an error of its own."""

from __future__ import annotations

import signal
from typing import Any, NoReturn

_seen: list[int] = []


def remember() -> None:
    """Let an interrupt be remembered before it is raised."""

    def interrupt(signal_number: int, frame: Any) -> NoReturn:
        _seen.append(signal_number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)


def came() -> bool:
    """Whether there was an interrupt."""
    return bool(_seen)
