"""Results as tables in files, with what made them beside or inside."""

from satqkd.export.tables import render, rows, write_table

__all__ = ["render", "rows", "write_table"]
