"""Every example that a help shows runs as it stands, and is no example of a warning."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

import satqkd as package
from satqkd.cli.main import app

NIGHT = "micius-xinglong-2016-12-19"
NEEDS_THE_NETWORK = ["elements fetch"]


def commands(group: typer.Typer, prefix: str = "") -> Iterator[str]:
    for command in group.registered_commands:
        yield f"{prefix}{command.name}"
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from commands(inner.typer_instance, f"{prefix}{inner.name} ")


def examples(text: str) -> list[str]:
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if line.strip() == "Examples:")
    return [line.strip() for line in lines[first + 1 :] if line.startswith("    satqkd ")]


COUNTS = "basis,intensity,detections,errors\n" + "\n".join(
    f"{basis},{row}" for basis in "ZX" for row in ("signal,974149,11299", "decoy,62285,1402", "weakest,1590,795")
)


def ages_of_elements(line: str) -> bool:
    """Whether a warning is about the age of the shipped elements, which no example can help."""
    return re.search(r"epoch|too old|days old", line) is not None


def test_all_commands_are_found():
    assert {"passes", "analyze", "relay", "scenario check", "elements convert", "catalog show"} < set(commands(app))


@pytest.mark.parametrize("command", sorted(set(commands(app)) - set(NEEDS_THE_NETWORK)))
def test_examples_run_without_a_warning(satqkd, command, tmp_path, monkeypatch):
    ran = satqkd(*command.split(), "--help")
    assert ran.code == 0
    lines = examples(ran.out)
    assert lines
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(package.load_scenario(NIGHT).to_toml())
    Path("counts.csv").write_text(COUNTS)
    for line in lines:
        words = shlex.split(line, comments=True)
        target = None
        if ">" in words:
            words, target = words[: words.index(">")], words[-1]
        ran = satqkd(*words[1:])
        assert ran.code == 0, (line, ran.err)
        warned = [text for text in ran.err.splitlines() if text.startswith("warning:") and not ages_of_elements(text)]
        assert warned == [], line
        if target is not None:
            Path(target).write_text(ran.out)


def test_the_value_that_help_sets_by_way_of_example_can_be_set(satqkd):
    """It stands in every help: it must reach every station of the scenario that is run by default."""
    (example,) = set(re.findall(r"Change a value, e\.g\. (\S+);", " ".join(satqkd("budget", "--help").out.split())))
    ran = satqkd("budget", "--set", example)
    assert ran.code == 0
    assert "warning:" not in ran.err
    (hint,) = set(re.findall(r"--set (\S+=\S+)", satqkd("budget", "--set", "days").err))
    assert hint == example
