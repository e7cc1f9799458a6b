"""What a format of tables is: the door that `satqkd.export.formats` opens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from satqkd.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format of tables, text or binary.

    Attributes
    ----------
    name : str
        The word of ``--format``.
    suffixes : tuple of str
        Of files, without the dot.
    render : callable, optional
        Of a text format: the text of a table and of what made it.
    write : callable, optional
        Of a binary format: writes a table and what made it to a path.
    holds_meta : bool
        Whether the file itself says what made it; where not, a sidecar does.
    needs : mapping
        Packages that must be there, each with the extra of satqkd that brings it.
    """

    name: str
    suffixes: tuple[str, ...]
    render: Callable[[pd.DataFrame, Mapping[str, Any]], str] | None = None
    write: Callable[[pd.DataFrame, Mapping[str, Any], Path], None] | None = None
    holds_meta: bool = False
    needs: Mapping[str, str] = field(default_factory=dict)

    def check_needs(self) -> None:
        """Raise `InputError` where a package that the format needs is not installed."""
        for package, extra in self.needs.items():
            if find_spec(package) is None:
                raise InputError(
                    f"The format {self.name!r} needs {package}, which is not installed.",
                    f"Install it with: pip install 'satqkd[{extra}]'",
                )
