"""A loss is one row: budget, subtotals, samples, figure and command follow the table."""

import pytest

import satqkd as sq
from satqkd import columns
from satqkd.link import budget, terms
from satqkd.link.terms import LOSS_TERMS, LossTerm, budget_names, subtotal_terms, term_names
from tests.support.sight import budget_at

SCENARIO = "micius-xinglong-2016-12-19"


def test_the_order_of_the_light():
    assert budget_names() == (
        "geometric_db",
        "pointing_db",
        "atmosphere_db",
        "turbulence_db",
        "channel_loss_db",
        "receiver_optics_db",
        "link_loss_db",
        "detector_db",
        "total_loss_db",
    )
    assert subtotal_terms("link_loss_db") == term_names()[:5]


def test_subtotals_add_up(micius_link):
    found = budget_at(micius_link, elevation_deg=[20.0, 60.0], range_m=1e6)
    assert found.total_loss_db == pytest.approx(sum(found.losses.values()))
    assert found.link_loss_db == pytest.approx(found.total_loss_db - found.detector_db)
    with pytest.raises(AttributeError, match="no 'rain_db'"):
        _ = found.rain_db


def test_a_new_loss_is_one_row(monkeypatch, micius_link, satqkd):
    rain = LossTerm("rain_db", "channel_loss_db", lambda way: 0.1)
    table = (*LOSS_TERMS[:3], rain, *LOSS_TERMS[3:])
    dry = budget_at(micius_link, elevation_deg=45.0)
    channel_db, total_db = dry.channel_loss_db, dry.total_loss_db
    for module in (terms, budget):
        monkeypatch.setattr(module, "LOSS_TERMS", table)
    monkeypatch.setitem(columns.COLUMNS, "rain_db", columns.Column("dB", "rain"))
    wet = budget_at(micius_link, elevation_deg=45.0)
    assert wet.rain_db == pytest.approx(10.0)
    assert wet.channel_loss_db == pytest.approx(channel_db + 10.0)
    assert wet.total_loss_db == pytest.approx(total_db + 10.0)
    campaign = sq.analyze(SCENARIO)
    samples = campaign.samples(0)
    assert (samples["rain_db"] == wet.rain_db).all()
    figure = sq.plot.inspect(campaign, 0)
    assert "rain" in [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    printed = satqkd("budget", SCENARIO, "--elevation", "45").out
    assert "rain [dB]" in printed
