"""Results as tables in files, with what made them beside or inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy

if TYPE_CHECKING:
    from satqkd.export.qtable import to_qtable as to_qtable
    from satqkd.export.tables import render as render, rows as rows, write_table as write_table

__getattr__, __dir__, __all__ = lazy.face(__name__)
