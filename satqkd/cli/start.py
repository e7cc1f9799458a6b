"""Where a process of the command line begins and ends: little is imported before an interrupt is understood."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys

from satqkd.cli import interrupt

_GARBAGE_AFTER = 50_000
"""New objects before Python looks for garbage among them. Nearly all that start-up makes stays, and looking for garbage
in it every 700 objects is a twentieth of a short command."""


def entry() -> None:
    """Run the command line as a process of its own, and exit with its code."""
    gc.set_threshold(_GARBAGE_AFTER, *gc.get_threshold()[1:])
    interrupt.remember()
    try:
        from satqkd.cli.main import run

        run()
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    except KeyboardInterrupt:
        code = _interrupted()
    # The result stands: an interrupt while Python takes itself down would only print a traceback.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(_flushed(code))


def _interrupted() -> int:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write("interrupted\n")
    return 130


def _flushed(code: int) -> int:
    """Hand out what is still held back; a reader that left is no fault, an output that cannot be written is."""
    gc.freeze()  # nothing more is to be collected: leaving takes half as long
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _to_nowhere(sys.stdout)
    except (OSError, ValueError) as error:
        _to_nowhere(sys.stdout)
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"error: the output cannot be written: {getattr(error, 'strerror', None) or error}\n")
        code = code or 2
    except AttributeError:
        pass  # there is no standard output at all
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    return code


def _to_nowhere(stream: object) -> None:
    """Point a stream that failed to nowhere, or Python would complain of it again when it closes it."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())  # type: ignore[attr-defined]
        os.close(nowhere)
