"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import satqkd

MODULES = sorted(one.name for one in pkgutil.walk_packages(satqkd.__path__, "satqkd.") if ".__" not in one.name)


def examples_of(name: str) -> list[doctest.DocTest]:
    return [one for one in doctest.DocTestFinder().find(importlib.import_module(name)) if one.examples]


def test_there_are_examples():
    assert sum(len(examples_of(name)) for name in MODULES) > 25


@pytest.mark.parametrize("name", [name for name in MODULES if examples_of(name)])
def test_examples_are_true(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0
