"""Sky tracks: a station that is asked for is the one that is drawn."""

from __future__ import annotations

import pytest

import satqkd as sq
from satqkd.errors import InputError


@pytest.fixture(scope="module")
def campaign():
    return sq.analyze("micius-beijing-vienna", days=2)


def test_all_stations_or_the_one_that_is_asked_for(campaign):
    def titles(figure):
        return [axes.get_title().split(":")[0] for axes in figure.axes if axes.get_title()]

    assert titles(sq.plot.passes(campaign)) == ["xinglong", "graz"]
    assert titles(sq.plot.passes(campaign, station="graz")) == ["graz"]


def test_a_station_that_is_not_there_is_refused(campaign):
    with pytest.raises(InputError, match=r"(?s)'gratz' is not in this campaign.*'graz'"):
        sq.plot.passes(campaign, station="gratz")


def test_passes_of_a_pooled_block_give_its_key():
    campaign = sq.analyze(sq.load_scenario("micius-nanshan-2017").with_({"key.pool": "campaign"}))
    inside = int((campaign.passes["block"] >= 0).sum())
    title = sq.plot.passes(campaign).axes[0].get_title()
    assert title == f"nanshan: {inside} of {len(campaign.passes)} passes give key"
