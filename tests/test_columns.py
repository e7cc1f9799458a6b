"""Every column of every table has its row, the unit that its name says, and its place."""

from __future__ import annotations

import re

import pytest
from astropy import units as u

import satqkd as sq
from satqkd import columns
from satqkd.arrays import unit_of
from satqkd.columns import COLUMNS, LOSSES, TABLES, VIEWS, Column
from satqkd.link.terms import budget_names, term_names
from satqkd.orbit import check_elements

MICIUS = sq.load_scenario("micius-beijing-vienna").with_({"days": 2})
PAIRS = {"protocol.name": "e91", "protocol.pair_rate_hz": 6e7, "protocol.coincidence_window_s": 5e-10}


@pytest.fixture(scope="module")
def tables():
    campaign = sq.analyze(MICIUS, seed=1)
    return {
        "passes": [sq.find_passes(MICIUS)],
        "campaign": [
            campaign.passes,
            sq.analyze(MICIUS.with_({"key.optimize": True})).passes,
            sq.analyze(MICIUS.with_(PAIRS)).passes,
        ],
        "samples": [campaign.samples(0), sq.analyze(MICIUS.with_(PAIRS)).samples(0)],
        "ledger": [sq.relay(campaign, "xinglong", "graz").ledger],
        "budget": [sq.budget(MICIUS, elevation_deg=[30.0, 90.0])],
        "pools": [sq.compare_pools(MICIUS, pools=("pass", "day"))],
        "key": [
            sq.key_from_counts([{"basis": one, "detections": 1e5, "errors": 1e3} for one in "ZX"], MICIUS.with_(PAIRS)),
            sq.key_through_loss([30.0, 40.0], MICIUS, seconds_s=300.0),
        ],
        "parameters": [campaign.parameters()],
        "elements": [check_elements(MICIUS.read_elements())],
    }


def expected(name):
    losses = budget_names() if name == "budget" else term_names()
    return [one for column in TABLES[name] for one in (losses if column == LOSSES else (column,))]


@pytest.mark.filterwarnings("ignore::satqkd.errors.Notice")
@pytest.mark.parametrize("name", TABLES)
def test_tables_carry_what_the_table_of_columns_says(tables, name):
    order = expected(name)
    for table in tables[name]:
        assert list(table.columns) == [column for column in order if column in table.columns]
        assert set(table.columns) <= set(COLUMNS)
    if name != "campaign":
        assert any(list(table.columns) == order for table in tables[name])


@pytest.mark.parametrize("name", COLUMNS)
def test_the_unit_is_that_of_the_name(name):
    declared, carried = COLUMNS[name].unit, unit_of(re.sub(r"_p\d\d$", "", name))
    assert u.Unit(declared or "1") == u.Unit(carried or "1")
    shown = COLUMNS[name].display_unit
    if shown not in ("", "°", "%", "ppm", "µrad"):
        scale = u.Unit(declared).to(u.Unit(shown))
        assert COLUMNS[name].display_factor == pytest.approx(scale)


@pytest.mark.parametrize("name", VIEWS)
def test_a_terminal_shows_columns_that_there_are(name):
    table = {"analyze": "campaign", "inspect": "samples", "relay": "campaign"}.get(name, name)
    assert set(VIEWS[name]) <= set(expected(table))
    assert min(VIEWS[name].values()) == 0


def test_a_new_column_is_one_row(monkeypatch, satqkd, tables):
    """Beside the line that computes it: heading, unit and format follow."""
    monkeypatch.setitem(COLUMNS, "wind_m_s", Column("m/s", "wind", "km/h", 3.6, 1))
    monkeypatch.setitem(columns.VIEWS, "passes", {"pass_id": 0, "wind_m_s": 1})

    def windy(*arguments, **options):
        found = predict(*arguments, **options)
        found.passes["wind_m_s"] = 10.0
        return found

    from satqkd import analysis

    predict = analysis.predict
    monkeypatch.setattr(analysis, "predict", windy)
    lines = satqkd("passes", "--days", "2", "--all").out.splitlines()
    assert "wind" in lines[0]
    assert "[km/h]" in lines[1]
    assert lines[3].split()[-1 if "rejected" not in lines[0] else 2] == "36.0"
    table = tables["passes"][0].assign(wind_m_s=10.0)
    assert sq.to_qtable(table)["wind_m_s"].unit == u.m / u.s
