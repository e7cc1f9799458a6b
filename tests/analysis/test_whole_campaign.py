"""A campaign as a thing of its own: short to read, small to keep, joined from parts, saved and loaded."""

from __future__ import annotations

import json
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest

import satqkd as sq
from satqkd.analysis import stretches
from satqkd.columns import COLUMNS
from satqkd.errors import InputError, SatqkdWarning

SCENARIO = sq.load_scenario("micius-beijing-vienna").with_({"elements.warn_age_days": 30.0})
LONG = SCENARIO.with_({"days": 7.0})


@pytest.fixture
def in_stretches(monkeypatch):
    """Search windows in stretches of four days, as long ones are searched in months."""
    monkeypatch.setattr(stretches, "_QUIET_STRETCH_S", 4 * 86400.0)


@pytest.fixture(scope="module")
def campaign():
    return sq.analyze(SCENARIO)


def analyzed(scenario, changes=None, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SatqkdWarning)  # old elements and other terminals, here on purpose
        return sq.analyze(scenario.with_(changes or {}), **options)


def joined(parts):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SatqkdWarning)  # of overlaps between stations
        return sq.Campaign.joined(parts)


def the_same(one, other):
    pd.testing.assert_frame_equal(one.passes, other.passes, check_exact=True)
    for name in ("sifted", "errors", "detections", "block_of_pass", "seconds_s", "least_loss_db"):
        assert (getattr(one.counts, name) == getattr(other.counts, name)).all()
    assert one.counts.protocols == other.counts.protocols
    assert one.summary() == other.summary()
    assert one.rejected() == other.rejected()
    pd.testing.assert_frame_equal(one.plan.table, other.plan.table, check_exact=True)
    pd.testing.assert_frame_equal(one.plan.gaps, other.plan.gaps, check_exact=True)


def test_it_is_short_to_read(campaign):
    text = repr(campaign)
    assert len(text) < 500
    assert SCENARIO.name in text
    assert f"{campaign.passes['secret_bits'].sum():,}" in text
    html = campaign._repr_html_()
    assert html.startswith("<table>")
    assert html.count("<tr>") == html.count("</tr>") > 3
    assert len(html) < 2000
    odd = sq.analyze(SCENARIO.with_({"name": "<b>" + "long" * 100, "days": 1}))
    assert "<b>" not in odd._repr_html_()
    assert len(repr(odd)) < 500


def test_it_is_kilobytes(campaign):
    raw = pickle.dumps(campaign)
    assert len(raw) < 200_000
    again = pickle.loads(raw)
    the_same(again, campaign)
    pd.testing.assert_frame_equal(again.samples(0), campaign.samples(0), check_exact=True)


def test_its_tables_tell_their_units_and_what_made_them(campaign):
    units, made = campaign.passes.attrs["units"], campaign.passes.attrs["provenance"]
    assert units["min_range_m"] == "m"
    assert units["secret_bits"] == COLUMNS["secret_bits"].unit
    assert "satellite" not in units
    assert made["scenario_sha256"] == campaign.provenance["scenario_sha256"]
    usable = campaign.passes[campaign.passes["usable"]]
    assert usable.attrs["provenance"] is made  # handed on, not copied


def test_samples_are_remade_as_they_would_have_been_kept():
    short = SCENARIO.with_({"days": 3})
    kept, remade = sq.analyze(short, keep_samples=True), sq.analyze(short)
    for row in range(len(remade.passes)):
        pd.testing.assert_frame_equal(kept.samples(row), remade.samples(row), rtol=1e-12)
    assert len(pickle.dumps(kept)) > 10 * len(pickle.dumps(remade))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"key.optimize": True},
        {"key.window": "all", "key.pool": "campaign"},
        {"passes.satellite_light": "dark", "link.polarization.model": "uncompensated"},
        {"passes.sampling": "seconds"},
    ],
)
def test_parts_in_time_join_to_the_whole(changes, in_stretches):
    scenario = LONG.with_(changes)
    whole = analyzed(scenario)
    parts = [analyzed(scenario, part=(number, 2)) for number in range(2)]
    assert all(len(part.passes) for part in parts)
    the_same(joined(reversed(parts)), whole)
    assert joined(parts).provenance == whole.provenance


def test_parts_by_satellite_join_to_the_whole():
    from_designs = [
        {"model": "sun-synchronous", "name": name, "altitude_m": 5e5, "ltan_hours": hours, "epoch": SCENARIO.start}
        for name, hours in (("early", 22.5), ("late", 23.5))
    ]
    whole = analyzed(SCENARIO, {"satellites": from_designs, "days": 4})
    parts = [analyzed(SCENARIO, {"satellites": [one], "days": 4}) for one in from_designs]
    with pytest.warns(SatqkdWarning, match="overlap"):  # no part knows of the other's satellite
        the_same(sq.Campaign.joined(parts), whole)


def test_a_part_may_be_empty_and_scattered_keys_join_too():
    whole = sq.analyze(SCENARIO, seed=1, draws=20)
    parts = [sq.analyze(SCENARIO, part=(number, 3), seed=1, draws=20) for number in range(3)]
    assert [len(part.passes) for part in parts] == [len(whole.passes), 0, 0]
    the_same(sq.Campaign.joined(parts), whole)


def test_what_does_not_join_is_refused(campaign, in_stretches):
    other = sq.analyze(SCENARIO.with_({"link.receiver.optics_transmittance": 0.1, "days": 1}))
    pooled = LONG.with_({"key.pool": "campaign"})
    for parts, words in (
        ([], "no parts"),
        ([campaign, 3], "no campaign"),
        ([campaign, campaign], "in two of the parts"),
        ([campaign, other], "another scenario"),
        ([sq.analyze(SCENARIO, seed=1, draws=5), analyzed(LONG, part=(1, 2))], "another scenario|seeds|in two"),
        ([analyzed(pooled, part=(number, 2)) for number in range(2)], "blocks have passes in several parts"),
    ):
        with pytest.raises(InputError, match=words):
            sq.Campaign.joined(parts)
    for part in ((2, 2), (-1, 2), (0, 0), 3, (0.5, 2), "ab", (True, 2)):
        with pytest.raises(InputError, match="part"):
            sq.analyze(SCENARIO, part=part)


@pytest.mark.parametrize("changes", [{}, {"key.optimize": True, "days": 3}, {"passes.sampling": "seconds"}])
def test_what_is_saved_is_loaded(tmp_path, changes):
    made = sq.analyze(SCENARIO.with_(changes))
    assert made.save(tmp_path / "here") == sorted(made.save(tmp_path / "here"), key=lambda one: one == "manifest.json")
    again = sq.load_campaign(tmp_path / "here")
    the_same(again, made)
    assert again.provenance == json.loads(json.dumps(made.provenance, default=str))
    one, other = sq.relay(made), sq.relay(again)
    assert one.summary() == other.summary()
    pd.testing.assert_frame_equal(one.ledger, other.ledger, check_exact=True)
    pd.testing.assert_frame_equal(made.samples(5), again.samples(5), check_exact=True)


@pytest.mark.slow
def test_what_is_loaded_draws_the_same_figures(tmp_path, campaign):
    from satqkd.plot.figures import figure_bytes

    campaign.save(tmp_path / "here")
    again = sq.load_campaign(tmp_path / "here")
    for draw in (
        lambda c: sq.plot.passes(c),
        lambda c: sq.plot.inspect(c, 5),
        lambda c: sq.plot.relay(sq.relay(c)),
    ):
        assert figure_bytes(draw(campaign), ".png") == figure_bytes(draw(again), ".png")


def test_a_skyline_goes_with_it(tmp_path):
    mask = tmp_path / "mask.csv"
    mask.write_text("azimuth_deg,elevation_deg\n0,10\n180,30\n", encoding="utf-8")
    made = sq.analyze(SCENARIO.with_({"stations.graz.horizon_mask": str(mask), "days": 3}))
    made.save(tmp_path / "here")
    mask.unlink()
    the_same(sq.load_campaign(tmp_path / "here"), made)


def test_what_is_no_campaign_is_refused(tmp_path, campaign):
    with pytest.raises(InputError, match="cannot be read"):
        sq.load_campaign(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no path"):
        sq.load_campaign(3)
    campaign.save(tmp_path / "here")
    manifest = tmp_path / "here" / "manifest.json"
    good = manifest.read_text(encoding="utf-8")
    manifest.write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="no campaign of format 1"):
        sq.load_campaign(tmp_path / "here")
    manifest.write_text(good.replace('"format": 1', '"format": 99'), encoding="utf-8")
    with pytest.raises(InputError, match="says 99"):
        sq.load_campaign(tmp_path / "here")
    manifest.write_text(good[:100], encoding="utf-8")
    with pytest.raises(InputError):
        sq.load_campaign(tmp_path / "here")
    manifest.write_text(good, encoding="utf-8")
    arrays = tmp_path / "here" / "campaign.npz"
    arrays.write_bytes(arrays.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match="hash differs"):
        sq.load_campaign(tmp_path / "here")


def test_a_model_of_ones_own_cannot_be_saved(tmp_path):
    class Glass:
        def transmittance(self, sight, sky, *, wavelength_m):
            return np.full(sight.elevation_deg.shape, 0.5)

    from dataclasses import replace

    mine = replace(SCENARIO, link=replace(SCENARIO.link, atmosphere=Glass()))
    with pytest.raises(InputError, match="cannot be saved"):
        sq.analyze(mine, days=1).save(tmp_path / "here")
    assert not (tmp_path / "here").exists()
