"""``python -m satqkd`` is the command line."""

from satqkd.cli.start import entry

entry()
