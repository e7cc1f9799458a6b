"""Which bases give key: both where one alone would waste half of what is sifted, one where the choice is biased."""

from __future__ import annotations

from dataclasses import replace

import pytest

import satqkd as sq
from satqkd.protocols.decoy_bb84 import DecoyBB84

EVEN = DecoyBB84(
    clock_rate_hz=1e8, intensities=(0.8, 0.1, 0.0), probabilities=(0.5, 0.25, 0.25), key_basis_probability=0.5
)


def test_the_default_follows_the_probability():
    assert len(EVEN.key_orders) == 2
    assert len(replace(EVEN, key_basis_probability=0.9).key_orders) == 1
    assert len(replace(EVEN, key_bases="one").key_orders) == 1
    assert len(replace(EVEN, key_basis_probability=0.9, key_bases="both").key_orders) == 2
    assert "both bases" in EVEN.proof_name


@pytest.fixture(scope="module")
def silent():
    """The flight of 19 December 2016 with nothing said of key bases."""
    values = sq.load_scenario("micius-xinglong-2016-12-19").to_dict()
    del values["protocol"]["key_bases"]
    return sq.load_scenario(values)


def test_nothing_said_gives_the_key_of_both(silent):
    """Half a key, 182 kbit, came of it before."""
    assert sq.analyze(silent).passes["secret_bits"].max() == 370_084
    one = sq.analyze(silent.with_({"protocol.key_bases": "one"})).passes["secret_bits"].max()
    assert one == pytest.approx(0.5 * 370_084, rel=0.03)


def test_a_bias_that_is_looked_for_leaves_one(silent):
    campaign = sq.analyze(silent.with_({"key.optimize": True}))
    protocols = [one for one in campaign.counts.protocols if one.key_basis_probability != 0.5]
    assert protocols
    assert all(one.key_bases == "one" for one in protocols)
    assert campaign.passes["secret_bits"].max() > 370_084
