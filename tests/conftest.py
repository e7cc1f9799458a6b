from __future__ import annotations

from dataclasses import dataclass

import pytest

from satqkd.cli.main import run


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def satqkd(capfd):
    """Run the command line in this process, as its entry point does."""

    def call(*arguments: str) -> Ran:
        capfd.readouterr()
        with pytest.raises(SystemExit) as stopped:
            run(list(arguments))
        captured = capfd.readouterr()
        return Ran(int(stopped.value.code or 0), captured.out, captured.err)

    return call
