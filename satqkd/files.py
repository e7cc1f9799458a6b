"""Writing files whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from satqkd.errors import InputError

Writer = Callable[[Path], None]


def written_whole(writers: Mapping[Path, Writer]) -> None:
    """Write several files so that either all of them appear complete, or none is touched.

    Parameters
    ----------
    writers : mapping of Path to callable
        Each callable writes its content to the path it is given, which is a temporary one.

    Raises
    ------
    InputError
        If a folder or a file cannot be written.
    """
    staged: list[tuple[Path, Path]] = []
    staging: dict[Path, Path] = {}
    named = ""
    try:
        for path, write in writers.items():
            named = str(path)
            if path.is_dir():
                raise InputError(f"{path} is a folder, where a file is to be written.")
            if not is_replaceable(path):
                write(path)  # a device or a pipe is written through, never replaced
                continue
            target = path.resolve()  # a link stays, what it points to is replaced
            folder = target.parent
            if folder not in staging:
                folder.mkdir(parents=True, exist_ok=True)
                # Beside the target, so that the final move is within one file system and cannot be partial.
                staging[folder] = Path(tempfile.mkdtemp(prefix=".satqkd-", dir=folder))
            temporary = staging[folder] / target.name
            write(temporary)
            staged.append((temporary, target))
        for temporary, target in staged:
            named = str(target)
            os.replace(temporary, target)
    except OSError as error:
        raise InputError(
            f"{named} cannot be written: {error.strerror or error}.",
            "Choose another place with -o.",
        ) from None
    finally:
        for folder in staging.values():
            shutil.rmtree(folder, ignore_errors=True)


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
