"""The face of a package: its public names, written once, each imported when it is first asked for."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from inspect import getsource
from typing import Any


def face(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a package, read from its imports for type checkers.

    The imports below ``if TYPE_CHECKING:`` in the package's own file say which names are public and where they come
    from, to type checkers and editors as to this function: ``from satqkd.orbit.station import Station as Station``.

    Parameters
    ----------
    package : str
        Its ``__name__``.

    Raises
    ------
    AttributeError
        By what is returned, for a name that is not public.
    """
    module = sys.modules[package]
    homes = _homes(getsource(module))

    def getattribute(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home, inner = homes[name]
        try:
            # From itself a package offers its modules, and asking it for one would end here again.
            value = import_module(f"{home}.{inner}") if home == package else getattr(import_module(home), inner)
        except AttributeError:
            value = import_module(f"{home}.{inner}")
        setattr(module, name, value)
        return value

    def directory() -> list[str]:
        return sorted({*vars(module), *homes})

    return getattribute, directory, sorted(homes)


def _homes(source: str) -> dict[str, tuple[str, str]]:
    """Return for each name imported below ``if TYPE_CHECKING:`` the module it comes from, and its name there."""
    guards = [one for one in ast.parse(source).body if isinstance(one, ast.If) and ast.unparse(one.test) == _GUARD]
    imports = [one for guard in guards for one in guard.body if isinstance(one, ast.ImportFrom)]
    return {(alias.asname or alias.name): (str(one.module), alias.name) for one in imports for alias in one.names}


_GUARD = "TYPE_CHECKING"
