"""Results as tables in files, with what made them beside or inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from satqkd import lazy

if TYPE_CHECKING:
    from satqkd.export.cells import rows as rows
    from satqkd.export.form import Format as Format
    from satqkd.export.formats import FORMATS as FORMATS
    from satqkd.export.qtable import to_qtable as to_qtable
    from satqkd.export.tables import render as render, write_table as write_table

__getattr__, __dir__, __all__ = lazy.face(__name__)
