"""What a command says while it works: how large the work is, how far it is, and in the end what took how long."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from typing import TYPE_CHECKING

from satqkd.cli.options import state
from satqkd.cli.output import note
from satqkd.progress import listening

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

DELAY_S = 1.0
"""Work that is done within this shows no progress."""
WORTH_SAYING_S = 3.0
"""Work that is expected to take longer is announced."""


@contextmanager
def watched() -> Iterator[None]:
    """Say meanwhile on stderr how the work goes on, and keep for ``--debug`` how long its stages took."""
    watcher = _Watcher(shows=not state.quiet and _is_terminal())
    try:
        with listening(watcher):
            yield
    finally:
        watcher.close()


class _Watcher:
    """Notes what is large, remembers how long stages took, and shows a line of progress that goes when it is done."""

    def __init__(self, *, shows: bool) -> None:
        self._at = ("", 0, 0)
        self._line: tuple[Progress, TaskID] | None = None
        self._closed = False
        self._lock = Lock()
        self._timer: Timer | None = None
        if shows:
            self._timer = Timer(DELAY_S, self._show)
            self._timer.daemon = True
            self._timer.start()

    def expected(self, text: str, seconds: float) -> None:
        if seconds > WORTH_SAYING_S:
            note(text)

    def reached(self, stage: str, done: int, total: int) -> None:
        self._at = (stage, done, total)
        if self._line is not None:
            self._update(*self._line)

    def took(self, stage: str, seconds: float) -> None:
        state.seconds[stage] = state.seconds.get(stage, 0.0) + seconds

    def close(self) -> None:
        """Take the line away."""
        if self._timer is None:
            return
        self._timer.cancel()
        with self._lock:
            self._closed = True
            if self._line is not None:
                self._line[0].stop()

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[share]}"),
            TimeElapsedColumn(),
        )
        progress = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
        with self._lock:
            if self._closed:
                return
            line = (progress, progress.add_task(self._at[0], total=None, share=""))
            self._update(*line)
            progress.start()
            self._line = line

    def _update(self, progress: Progress, task: TaskID) -> None:
        stage, done, total = self._at
        progress.tasks[0].total = total or None  # by itself: to `update`, None means that it stays
        progress.update(task, description=stage, completed=done, share=f"{done / total:.0%}" if total else "")


def _is_terminal() -> bool:
    """Whether stderr is a terminal on which a line can be drawn again."""
    try:
        return sys.stderr.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
    except (AttributeError, ValueError):  # there is none, or it is closed
        return False
