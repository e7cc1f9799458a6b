"""Writing files whole or not at all, one or a group of them, whoever else writes there and whenever a process dies.

A group is staged in hidden folders beside its targets, synced, and moved into place in its order: what tells that the
group is whole, a manifest or sidecar with the hashes of the others, goes last.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from satqkd.errors import InputError, warn

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no such locks: writers there are not told of each other
    fcntl = None  # type: ignore[assignment]

Writer = Callable[[Path], None]

STAGING_PREFIX = ".satqkd-"
_PATIENCE_S = 30.0
_POLL_S = 0.02


def written_whole(writers: Mapping[Path, Writer]) -> None:  # noqa: C901 - one transaction
    """Write several files so that either all of them appear complete, or none is touched.

    Parameters
    ----------
    writers : mapping of Path to callable
        Each callable writes its content to the path it is given, which is a temporary one. Files appear in this order:
        put last what holds the hashes of the others, so that a reader can tell whether the group is whole.

    Raises
    ------
    InputError
        If a folder or a file cannot be written, or another process does not stop writing there.

    Notes
    -----
    A replaced file keeps its mode, a link stays and its target is replaced, a device or a pipe is written through.
    Killed while it stages, a process changes nothing; killed while it moves files, it leaves some of them new, which
    the hashes in the last one tell. What it has staged is swept by the next writer in that folder.
    """
    staging: dict[Path, _Staging] = {}
    made: list[Path] = []
    named = ""
    try:
        moves: list[tuple[Path, Path]] = []
        for path, write in writers.items():
            named = str(path)
            if path.is_dir():
                raise InputError(f"{path} is a folder, where a file is to be written.")
            if not is_replaceable(path):
                write(path)
                continue
            target = path.resolve()
            folder = target.parent
            if folder not in staging:
                made += _make(folder)
                staging[folder] = _Staging(folder)
            temporary = staging[folder].path / target.name
            write(temporary)
            _finish(temporary, target)
            moves.append((temporary, target))
        with contextlib.ExitStack() as locks:
            for folder in sorted(staging):  # always in the same order, so that two writers never wait for each other
                named = str(folder)
                locks.enter_context(_locked(folder))
            for temporary, target in moves:
                named = str(target)
                os.replace(temporary, target)
            for folder in staging:
                _sync(folder)
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a name that no system allows
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{named} cannot be written: {getattr(error, 'strerror', None) or error}.",
            "Choose another place with -o.",
        ) from None
    finally:
        for one in staging.values():
            one.remove()
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()  # only what is empty still: where nothing came to be written


def is_replaceable(path: Path) -> bool:
    """Whether a path is free or a regular file: what is written whole; a device or a pipe is not."""
    return not path.exists() or path.is_file()


def text_writer(text: str) -> Writer:
    """Return a writer of UTF-8 text with Unix line ends."""

    def write(path: Path) -> None:
        path.write_text(text, encoding="utf-8", newline="\n")

    return write


def bytes_writer(content: bytes) -> Writer:
    """Return a writer of bytes as they are."""

    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


class _Staging:
    """A hidden folder beside the targets, locked as long as its process lives."""

    def __init__(self, folder: Path) -> None:
        # Beside the target, so that the final move is within one file system and cannot be partial. Made and locked
        # while the folder is locked, so that nobody takes it for one whose owner has died.
        with _locked(folder):
            _sweep(folder)
            self.path = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=folder))
            self._lock = _try_lock(self.path)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)


def _make(folder: Path) -> list[Path]:
    """Make a folder with its parents, and return those that were not there, outermost first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _sweep(folder: Path) -> None:
    """Remove what dead processes have staged here."""
    if fcntl is None:  # pragma: no cover - nothing tells whether the owner lives
        return
    for stale in folder.glob(STAGING_PREFIX + "*"):
        if stale.is_dir() and not stale.is_symlink() and (lock := _try_lock(stale)) is not None:
            shutil.rmtree(stale, ignore_errors=True)
            os.close(lock)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder against other writers, who are told; the system lets go of it when this process dies."""
    if fcntl is None:  # pragma: no cover
        yield
        return
    lock = os.open(folder, os.O_RDONLY)
    try:
        _wait_for(lock, folder)
        yield
    finally:
        os.close(lock)


def _wait_for(lock: int, folder: Path) -> None:
    begun = time.monotonic()
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() - begun > _PATIENCE_S:
                raise InputError(
                    f"Another process has been writing into {folder} for {_PATIENCE_S:g} s.",
                    "Wait for it or end it, or choose another place with -o.",
                ) from None
            time.sleep(_POLL_S)
        except OSError:
            return  # a file system without such locks
        else:
            break
    if time.monotonic() - begun > _POLL_S:
        warn(
            f"another process was writing into {folder} at the same time; where it wrote files of the same names, "
            "those of the later of the two stay."
        )


def _try_lock(folder: Path) -> int | None:
    """Lock a folder if nobody holds it; None where somebody does, or where there are no locks."""
    if fcntl is None:  # pragma: no cover
        return None
    try:
        lock = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _finish(temporary: Path, target: Path) -> None:
    """Give a staged file the mode of the one it replaces, and bring it to the disk."""
    with contextlib.suppress(FileNotFoundError):
        temporary.chmod(stat.S_IMODE(target.stat().st_mode))
    _sync(temporary)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:  # pragma: no cover - a file system that cannot sync a folder
        pass
    finally:
        os.close(handle)
