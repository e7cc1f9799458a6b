"""A model of one's own serves everywhere: in an analysis, its provenance, its figures, its changes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

import satqkd as sq
from satqkd.errors import InputError


class Fog:
    """An atmosphere with the one method that is asked for."""

    def transmittance(self, sight, sky, *, wavelength_m):
        return np.full(sight.elevation_deg.shape, 0.25)

    def __repr__(self) -> str:
        return "Fog()"


@dataclass(frozen=True)
class Glow:
    """A sky, as a dataclass, that describes itself."""

    level: float = 1e-6

    def sky_radiance_w_m2_sr_um(self, sight, sky, *, wavelength_m):
        return np.full(sight.elevation_deg.shape, self.level)

    def to_dict(self):
        return {"model": "glow", "level": self.level}


@pytest.fixture(scope="module")
def mine():
    scenario = sq.load_scenario("micius-xinglong-2016-12-19")
    return replace(scenario, link=replace(scenario.link, atmosphere=Fog(), background=Glow()))


@pytest.fixture(scope="module")
def campaign(mine):
    return sq.analyze(mine)


def test_it_serves_in_an_analysis(campaign, mine):
    assert campaign.passes["secret_bits"].max() > 0
    assert sq.budget(mine, elevation_deg=[30.0, 90.0])["atmosphere_db"].tolist() == pytest.approx([6.0206, 6.0206])


def test_provenance_tells_what_it_says_of_itself(campaign):
    made = campaign.provenance
    assert made["scenario_sha256"] is None  # nobody knows what it computes
    values = campaign.scenario.to_dict()
    assert values["link"]["atmosphere"] == "Fog()"
    assert values["link"]["background"] == {"model": "glow", "level": 1e-6}


def test_figures_and_pools(campaign, mine):
    assert sq.plot.passes(campaign) is not None
    assert sq.plot.inspect(campaign, campaign.best_pass) is not None
    assert len(sq.compare_pools(mine, pools=("pass", "campaign"))) == 2


def test_changes_leave_it_in_place(mine):
    changed = mine.with_({"link.receiver.aperture_m": 1.2, "key.pool": "campaign"})
    assert changed.link.receiver.aperture_m == 1.2
    assert changed.link.atmosphere is mine.link.atmosphere
    assert changed.link.background is mine.link.background


def test_another_model_takes_its_place(mine):
    changed = mine.with_({"link.atmosphere.model": "zenith-extinction", "link.atmosphere.zenith_extinction_db": 1.0})
    assert changed.link.atmosphere.zenith_extinction_db == 1.0
    assert changed.link.background is mine.link.background


def test_it_has_no_keys_and_is_no_toml(mine):
    with pytest.raises(InputError, match="a model of your own, Fog"):
        mine.with_({"link.atmosphere.visibility_m": 2e4})
    with pytest.raises(InputError, match="cannot be written as TOML"):
        mine.to_toml()


def test_a_station_may_have_one(mine):
    scenario = sq.load_scenario("micius-beijing-vienna")
    tables = tuple(replace(one, atmosphere=Fog()) if not isinstance(one, str) else one for one in scenario.stations)
    own = replace(scenario, stations=tables)
    changed = own.with_({"days": 1, "stations.graz.aperture_m": 0.5})
    assert isinstance(changed.sites[1].link.atmosphere, Fog)
    assert changed.sites[1].link.receiver.aperture_m == 0.5
    assert sq.analyze(changed).provenance["scenario_sha256"] is None
