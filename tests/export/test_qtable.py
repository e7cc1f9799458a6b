"""Tables with units: what comes back from astropy's table and from ECSV is what went in."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable
from astropy.time import Time

import satqkd as sq
from satqkd.errors import InputError


@pytest.fixture(scope="module")
def campaign():
    return sq.analyze("micius-xinglong-2016-12-19")


def test_columns_have_the_units_of_their_names(campaign):
    table = sq.to_qtable(campaign)
    assert table["min_range_m"].unit == u.m
    assert table["max_elevation_deg"].to("rad")[1].value == pytest.approx(0.8348, abs=1e-4)
    assert table["min_link_loss_db"].unit == u.dB
    assert table["secret_bits"].unit == u.bit
    assert isinstance(table["tca_utc"], Time)
    assert table["tca_utc"][1].isot == "2016-12-19T16:52:13.457"
    assert table.meta["scenario"] == "micius-xinglong-2016-12-19"
    assert table["qber"].info.description == "QBER"


def test_a_missing_time_is_masked(campaign):
    assert np.asarray(sq.to_qtable(campaign)["key_start_utc"].mask).tolist() == [True, False]


def test_ecsv_comes_back(satqkd, tmp_path, campaign):
    path = tmp_path / "key.ecsv"
    assert satqkd("analyze", "micius-xinglong-2016-12-19", "-o", str(path)).code == 0
    assert [file.name for file in tmp_path.iterdir()] == ["key.ecsv"]  # what made it is inside
    back = QTable.read(path, format="ascii.ecsv")
    assert back["min_range_m"].unit == u.m
    assert back["secret_bits"].value.tolist() == campaign.passes["secret_bits"].tolist()
    assert back["tca_utc"][1].isot == "2016-12-19T16:52:13.457"
    assert back.meta["security"]["counts"] == "expected"


def test_samples_and_passes_too(campaign):
    samples = sq.to_qtable(campaign.samples(campaign.best_pass))
    assert samples["sifted_bps"].unit == u.bit / u.s
    assert len(sq.to_qtable(sq.find_passes("micius-nanshan-2017"))) == 24
    with pytest.raises(InputError, match="has no table"):
        sq.to_qtable(3)
