"""A new model is its file and its name in a union: scenario, change, budget, key, provenance follow from its tag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import pytest

import satqkd as sq
from satqkd.errors import InputError
from satqkd.fields import Chosen, Fraction, noun
from satqkd.link.air import ZenithExtinction
from satqkd.link.downlink import Downlink
from satqkd.scenario import Scenario
from satqkd.scenario.validation import validated


@noun
class Smoke:
    """A toy: the same share of the light at every elevation."""

    share: Fraction = 0.5
    model: Literal["smoke"] = "smoke"

    def transmittance(self, sight, sky, *, wavelength_m):
        return np.full(sight.elevation_deg.shape, self.share)


@noun
class SmokyLink(Downlink):
    """What the union of `satqkd.link.downlink` would say with one name more."""

    atmosphere: Annotated[ZenithExtinction | Smoke, Chosen()]  # type: ignore[assignment]


@dataclass(frozen=True, kw_only=True)
class SmokyScenario(Scenario):
    """A scenario of such links."""

    link: SmokyLink


@pytest.fixture(scope="module")
def smoky():
    values = sq.load_scenario("micius-beijing-vienna").to_dict() | {"days": 2}
    values["link"]["atmosphere"] = {"model": "smoke", "share": 0.25}
    return validated(SmokyScenario, values, "the mapping", {})


def test_it_is_chosen_by_its_tag_and_round_trips(smoky):
    assert smoky.link.atmosphere == Smoke(share=0.25)
    assert 'model = "smoke"' in smoky.to_toml()
    assert validated(SmokyScenario, smoky.to_dict(), "the mapping", {}) == smoky
    assert smoky.fingerprint != sq.load_scenario("micius-beijing-vienna").fingerprint


def test_it_is_changed_by_dotted_keys(smoky):
    assert smoky.with_({"link.atmosphere.share": 0.5}).link.atmosphere.share == 0.5
    with pytest.warns(sq.SatqkdWarning, match="share = 0.25: gone"):
        clear = smoky.with_({"link.atmosphere.model": "zenith-extinction", "link.atmosphere.zenith_extinction_db": 1.0})
    assert clear.link.atmosphere.model == "zenith-extinction"
    with pytest.raises(InputError, match=r"link\.atmosphere\.share = 2"):
        smoky.with_({"link.atmosphere.share": 2.0})
    with pytest.raises(InputError, match="smoke"):
        smoky.with_({"link.atmosphere.model": "smog"})


def test_it_counts(smoky):
    campaign = sq.analyze(smoky)
    samples = campaign.samples(campaign.best_pass)
    assert samples["atmosphere_db"].to_numpy() == pytest.approx(6.0206, abs=1e-4)
    assert sq.budget(smoky, elevation_deg=[20.0])["atmosphere_db"].tolist() == pytest.approx([6.0206], abs=1e-4)
