"""What a result was read from: each file by the digest of the very bytes that were parsed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ORIGIN_SUFFIX = ".origin.json"
"""What a file of this name more says of another: where on the network it was fetched from, and when."""


@dataclass(frozen=True, slots=True)
class FileRead:
    """One file, as it was when it was read.

    Attributes
    ----------
    path : str
        As it was asked for; of what is shipped, from ``data/`` on.
    sha256 : str
        Of its bytes.
    size_bytes : int
    url, fetched_utc : str
        Where and when it was fetched, if that is known.
    """

    path: str
    sha256: str
    size_bytes: int
    url: str = ""
    fetched_utc: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it for a sidecar; what is not known is left out."""
        said = {"path": self.path, "sha256": self.sha256, "bytes": self.size_bytes}
        origin = {"url": self.url, "fetched_utc": self.fetched_utc}
        return said | {name: value for name, value in origin.items() if value}


def file_read(path: str | Path, raw: bytes, *, shown: str | None = None) -> FileRead:
    """Return the record of bytes that were read from a file just now.

    Parameters
    ----------
    path : str or Path
        Where from; a file ``NAME.origin.json`` beside it tells where it was fetched, if it belongs to these bytes.
    raw : bytes
        All of them.
    shown : str, optional
        What the record calls the file.
    """
    digest = hashlib.sha256(raw).hexdigest()
    origin = _origin(Path(path), digest)
    return FileRead(
        path=str(path) if shown is None else shown,
        sha256=digest,
        size_bytes=len(raw),
        url=str(origin.get("url", "")),
        fetched_utc=str(origin.get("fetched_utc", "")),
    )


def is_file(path: str | Path) -> bool:
    """Whether there is a regular file of a name, also of a name that no system allows."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def is_readable(path: str | Path) -> bool:
    """Whether there is something to read of a name: a file, a device or a pipe."""
    try:
        return Path(path).exists() and not Path(path).is_dir()
    except (OSError, ValueError):
        return False


def resolved(path: Path) -> str:
    """Return a path from the root on, and one that leads nowhere as it is."""
    try:
        return str(path.resolve())
    except (OSError, RuntimeError, ValueError):
        return str(path)


def origin_text(raw: bytes, *, url: str, fetched_utc: str) -> str:
    """Return what ``NAME.origin.json`` says of a file just fetched."""
    said = {"url": url, "fetched_utc": fetched_utc, "sha256": hashlib.sha256(raw).hexdigest()}
    return json.dumps(said, indent=2) + "\n"


def distinct(reads: Iterable[FileRead]) -> tuple[FileRead, ...]:
    """Return records without repetition, in their order."""
    return tuple(dict.fromkeys(reads))


def _origin(path: Path, digest: str) -> Mapping[str, Any]:
    try:
        said = json.loads(path.with_name(path.name + ORIGIN_SUFFIX).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}  # there is none, or none that can be read: then nothing is known
    return said if isinstance(said, dict) and said.get("sha256") == digest else {}
