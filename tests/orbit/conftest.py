"""The stations and the element sets of Micius that the orbit tests share."""

from __future__ import annotations

import pytest

from satqkd.catalog import data_file
from satqkd.orbit import Elements, Station, read_elements
from tests.support.elements import STATIONS


@pytest.fixture(scope="session")
def stations() -> dict[str, Station]:
    return STATIONS


@pytest.fixture(scope="session")
def xinglong() -> Station:
    return STATIONS["xinglong"]


@pytest.fixture(scope="session")
def micius() -> Elements:
    """All 75 shipped sets."""
    return read_elements(data_file("satellites", "micius_qss_41731.3le"), satellite="micius")


@pytest.fixture(scope="session")
def december(micius) -> Elements:
    """The one set of 2016-12-19, epoch 16354.56913372."""
    return Elements(tuple(item for item in micius if str(item.epoch_utc).startswith("2016-12-19")))
