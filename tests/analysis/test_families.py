"""What kind a protocol is, only one place asks; a new kind and a new variant come in through its door."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

import satqkd as sq
from satqkd.analysis import families
from satqkd.analysis.counts import Counts
from satqkd.errors import InputError
from satqkd.fields import noun
from satqkd.protocols.block import BlockKey, combine_bases, floor_bits
from satqkd.protocols.decoy_bb84 import DecoyBB84
from tests.support import ROOT

NIGHT = {"start": "2017-05-22", "days": 1.0}


def test_nobody_else_asks_what_kind_a_protocol_is():
    kinds = r"(DecoyBB84|OneDecoyBB84|BBM92|DecoyProtocol)"
    asks = re.compile(rf"isinstance\([^)]*{kinds}|type\([^)]*\) (is|==) {kinds}|protocol\.name ==|protocol\.model ==")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in (ROOT / "satqkd").rglob("*.py")
        for line in path.read_text().splitlines()
        if asks.search(line) and path.name != "families.py"
    ]
    assert found == []


@noun
class Flashes:
    """A toy: one flash a slot, a bit from every detection."""

    flash_rate_hz: float = 1e6
    key_basis_probability: float = 0.5
    epsilon_secrecy: float = 1e-9
    epsilon_correctness: float = 1e-15
    proof_name: str = "a toy"

    def secret_key(self, *, counts: np.ndarray, errors: np.ndarray) -> BlockKey:
        length = np.asarray(counts - 10.0 * errors).sum(axis=(-2, -1))
        return combine_bases((_Length(length),), epsilon=1e-9)

    def asymptotic_bits(self, *, counts: np.ndarray, errors: np.ndarray) -> np.ndarray:
        return np.asarray(counts).sum(axis=(-2, -1))


@dataclasses.dataclass(frozen=True)
class _Length:
    length_bits: np.ndarray

    @property
    def secret_bits(self):
        return floor_bits(self.length_bits)


class FlashFamily:
    """What analysis asks of flashes."""

    def intensities(self, protocol):
        return 1

    def slots_hz(self, protocol):
        return protocol.flash_rate_hz

    def expected_counts(self, protocol, *, transmittance, background_cps, detector, flip_probability):
        seen = protocol.flash_rate_hz * np.stack([transmittance, transmittance], axis=1)[:, :, None] / 2.0
        return Counts(
            detected_cps=seen.sum(axis=(1, 2)),
            sifted_cps=seen,
            errors_cps=0.01 * seen,
            stray_probability=np.zeros(transmittance.shape),
        )

    def choose(self, protocol, light, *, block, weight_s, blocks, parameters, window):
        return np.ones(light.index.size, dtype=bool), (protocol,) * blocks

    def parameters(self, protocol):
        return {}

    def causes(self, protocol, *, link, budget, flip_probability, stray_probability):
        return {"qber_toy": np.full(budget.background_cps.shape, 0.01)}

    def merits(self, protocol, *, counts, errors):
        return {"flashes": counts.sum(axis=(1, 2))}


@pytest.fixture
def flashes(monkeypatch):
    monkeypatch.setitem(families.FAMILIES, Flashes, FlashFamily())
    scenario = sq.load_scenario("micius-beijing-vienna")
    copy = dataclasses.replace(scenario)
    object.__setattr__(copy, "protocol", Flashes())
    return copy


def test_a_new_family_comes_in_through_the_door(flashes):
    campaign = sq.analyze(flashes, **NIGHT)
    usable = campaign.passes[campaign.passes["usable"]]
    assert len(usable) > 0
    assert usable["qber"].to_numpy() == pytest.approx(0.01)
    assert (usable["secret_bits"] > 0).all()
    assert usable["flashes"].to_numpy() == pytest.approx(usable["sifted_bits"].to_numpy(), abs=0.5)
    assert campaign.security["proof"] == "a toy"
    assert (campaign.samples(int(usable.index[0]))["qber_toy"] == 0.01).all()


def test_a_type_in_no_family_is_refused():
    with pytest.raises(InputError, match="belongs to no family"):
        families.family_of(object())


@noun
class HalfOfDecoy(DecoyBB84):
    """A toy variant: the same pulses, a bound that grants half."""

    @property
    def proof_name(self) -> str:
        return "half of Lim"

    def secret_key(self, *, counts, errors):
        whole = DecoyBB84.secret_key(self, counts=counts, errors=errors)
        half = floor_bits(np.asarray(whole.length_bits) / 2.0)
        return dataclasses.replace(whole, secret_bits=half, length_bits=np.asarray(whole.length_bits) / 2.0)


@pytest.mark.parametrize("optimize", [False, True])
def test_a_variant_of_a_decoy_protocol_needs_its_own_file_only(optimize):
    scenario = sq.load_scenario("micius-beijing-vienna").with_({"key.optimize": optimize})
    whole = sq.analyze(scenario, **NIGHT)
    variant = dataclasses.replace(scenario)
    values = {one.name: getattr(scenario.protocol, one.name) for one in dataclasses.fields(DecoyBB84)}
    object.__setattr__(variant, "protocol", HalfOfDecoy(**values))
    half = sq.analyze(variant, **NIGHT)
    assert half.security["proof"] == "half of Lim"
    assert half.passes["secret_bits"].tolist() == [bits // 2 for bits in whole.passes["secret_bits"]]
