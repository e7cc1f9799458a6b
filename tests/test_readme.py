"""README runs as written: its commands, and its Python."""

from __future__ import annotations

import re
import shlex
import warnings
from pathlib import Path

import pytest

from satqkd.cli.main import run

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL))
COMMANDS = [line for line in SHELL.splitlines() if line.startswith("satqkd ")]


def test_there_are_commands():
    assert len(COMMANDS) >= 5


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_readme_runs(line, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        run(shlex.split(line, comments=True)[1:])
    assert stopped.value.code == 0, capsys.readouterr().err
    assert capsys.readouterr().out or list(tmp_path.iterdir())


def test_the_python_of_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # it saves a campaign
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(code, "README.md", "exec"), {})


def test_every_dotted_name_of_readme_exists():
    import satqkd as sq

    for name in set(re.findall(r"\bsq\.([a-z_.]+)", README)):
        here = sq
        for part in name.strip(".").split("."):
            here = getattr(here, part)
