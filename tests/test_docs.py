"""What README, CONTRIBUTING and the docs name is there, and what they say to run runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest

from tests.support import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
DOTTED = re.compile(r"`(?:satqkd|sq)((?:\.[A-Za-z_]\w*)+)")
COMMAND = re.compile(r"^satqkd .*$", re.MULTILINE)
PLACE = re.compile(r"`((?:satqkd|tests|data|docs|notebooks|\.ci)/[\w./-]+)`")


def resolved(path: str) -> Any:
    """Return what a dotted name below the package stands for."""
    import satqkd

    found: Any = satqkd
    for part in path.strip(".").split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            found = import_module(f"{found.__name__}.{part}")
    return found


def test_every_dotted_name_is_there_in_a_fresh_process():
    names = sorted({name for page in PAGES for name in DOTTED.findall(page.read_text())})
    assert len(names) > 25
    code = f"from tests.test_docs import resolved\nfor name in {names!r}:\n    resolved(name)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_is_there(page):
    for place in PLACE.findall(page.read_text()):
        assert (ROOT / place).exists(), place


DOCS = [page for page in PAGES if page.name != "README.md"]  # README's own are in tests/test_readme.py
COMMANDS = sorted({line for page in DOCS for line in COMMAND.findall(page.read_text())})


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(command, satqkd):
    ran = satqkd(*shlex.split(command, comments=True)[1:])
    assert ran.code == 0, ran.err
    assert ran.out


def test_the_drawing_is_made_by_its_script(tmp_path):
    script = ROOT / "docs" / "make_pass_search.py"
    subprocess.run([sys.executable, script, tmp_path / "new.svg"], cwd=ROOT, check=True)
    new, shipped = (path.read_text() for path in (tmp_path / "new.svg", ROOT / "docs" / "pass_search.svg"))
    assert new.startswith("<?xml")
    assert shipped.startswith("<?xml")
    assert len(re.findall("<path", new)) == len(re.findall("<path", shipped))


def test_decisions_are_ten_lines_each():
    for page in (ROOT / "docs" / "decisions").glob("*.md"):
        text = page.read_text()
        assert len(text.splitlines()) <= 10, page.name
        for word in ("Context", "Decision", "Why", "Costs", "Think again"):
            assert f"* {word}: " in text, page.name
