"""What kind a protocol is, only one place asks; a new kind and a new variant come in through its door."""

from __future__ import annotations

import ast
import dataclasses

import numpy as np
import pytest

import satqkd as sq
from satqkd.analysis import families
from satqkd.analysis.counts import Counts
from satqkd.errors import InputError
from satqkd.fields import noun
from satqkd.protocols.block import BlockKey, combine_bases, floor_bits
from satqkd.protocols.choice import Profiles, optimize
from satqkd.protocols.decoy_bb84 import DecoyBB84
from tests.support import ROOT
from tests.support.passes import TWO_DECOYS, passes

NIGHT = {"start": "2017-05-22", "days": 1.0}


KINDS = {"DecoyBB84", "OneDecoyBB84", "BBM92", "DecoyProtocol", "Pulses", "Pairs"}
SAYS_THE_KIND = {"name", "model", "__class__"}


def _names(node: ast.AST) -> set[str]:
    """Return every plain or dotted name in a piece of code."""
    return {getattr(one, "id", getattr(one, "attr", "")) for one in ast.walk(node)}


def _is_of_a_protocol(node: ast.expr) -> bool:
    """Return whether an expression is what a protocol is called, such as ``scenario.protocol.name``."""
    return isinstance(node, ast.Attribute) and node.attr in SAYS_THE_KIND and "protocol" in _names(node.value)


def asks_of_the_kind(code: str) -> list[str]:
    """Return the questions after the kind of a protocol in some code, however they are put."""
    found = []
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass")):
                asks = bool(_names(node) & KINDS)
            case ast.Compare():
                sides = [node.left, *node.comparators]
                asks = any(_is_of_a_protocol(side) for side in sides) or (
                    "type" in _names(node) and bool(_names(node) & KINDS)
                )
            case ast.Match():
                patterns = [one for case in node.cases for one in ast.walk(case.pattern)]
                asks = _is_of_a_protocol(node.subject) or any(
                    isinstance(one, ast.MatchClass) and _names(one.cls) & KINDS for one in patterns
                )
            case _:
                continue
        if asks:
            found.append(ast.unparse(node).splitlines()[0])
    return found


def test_nobody_else_asks_what_kind_a_protocol_is():
    door = ROOT / "satqkd" / "analysis" / "families.py"
    found = {
        str(path.relative_to(ROOT)): asked
        for path in (ROOT / "satqkd").rglob("*.py")
        if path != door and (asked := asks_of_the_kind(path.read_text()))
    }
    assert found == {}


@pytest.mark.parametrize(
    "code",
    [
        "isinstance(protocol, BBM92)",
        "isinstance(\n    scenario.protocol,\n    (bbm92.BBM92, DecoyBB84),\n)",
        "issubclass(kind, OneDecoyBB84)",
        "type(protocol) is DecoyBB84",
        'protocol.name != "e91"',
        'self.scenario.protocol.name in ("bbm92", "e91")',
        '"bbm92" == protocol.name',
        "match protocol:\n    case BBM92():\n        pass",
        'match protocol.name:\n    case "e91":\n        pass',
    ],
)
def test_every_way_to_ask_is_seen(code):
    assert len(asks_of_the_kind(code)) == 1


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
    """A toy variant: the same pulses, a bound that grants half of what Lim's does, in its one chain."""

    @property
    def proof_name(self) -> str:
        return "half of Lim"

    def chains(self, **rows):
        whole = DecoyBB84.chains(self, **rows)
        return tuple(dataclasses.replace(one, gained_bits=0.5 * one.gained_bits) for one in whole)

    def secret_key(self, *, counts, errors):
        rows = np.asarray(counts).reshape(-1, 2, 3)
        own = {name: np.tile(getattr(self, name), (len(rows), 1)) for name in ("intensities", "probabilities")}
        wrong = np.asarray(errors).reshape(rows.shape)
        chains = self.chains(counts=rows, errors=wrong, leakage=self.error_correction, **own)
        keys = tuple(_Length(one.length_bits.reshape(np.shape(counts)[:-2])) for one in chains)
        return combine_bases(keys, epsilon=self.epsilon_secrecy + self.epsilon_correctness)


def as_variant(protocol):
    """Return the toy variant with the parameters of a protocol."""
    return HalfOfDecoy(**{one.name: getattr(protocol, one.name) for one in dataclasses.fields(DecoyBB84)})


@pytest.mark.parametrize("choice", [{"key.window": "all"}, {"key.window": "best"}, {"key.optimize": True}])
def test_a_variant_of_a_decoy_protocol_needs_its_own_file_only(choice):
    scenario = sq.load_scenario("micius-beijing-vienna").with_(choice)
    whole = sq.analyze(scenario, **NIGHT)
    variant = dataclasses.replace(scenario)
    object.__setattr__(variant, "protocol", as_variant(scenario.protocol))
    half = sq.analyze(variant, **NIGHT)
    assert half.security["proof"] == "half of Lim"
    assert all(isinstance(one, HalfOfDecoy) for one in half.counts.protocols)
    # A bound that grants less, of half the gain, never grants more than half.
    bits, lims = (one.passes["secret_bits"].to_numpy() for one in (half, whole))
    assert (bits <= lims / 2).all()
    assert bits.max() > 0
    if choice == {"key.window": "all"}:  # nothing is chosen, so the counts are the parent's
        assert np.array_equal(half.passes["sifted_bits"], whole.passes["sifted_bits"])


def test_the_optimiser_climbs_the_chain_of_a_variant():
    """What is best for a harsher bound is at least as good, by that bound, as what is best for the parent's."""
    losses = passes([26.0, 30.0, 33.0])
    variant = as_variant(TWO_DECOYS)
    own, parents = optimize(variant, losses, window=False), optimize(TWO_DECOYS, losses, window=False)
    profiles = Profiles.of(losses, misalignment_error=variant.misalignment_error, largest_intensity=1.0)
    blocks = np.arange(3)

    def lengths(found):
        shares = np.stack([found.key_basis_probability, 1.0 - found.key_basis_probability], axis=1)
        clicks = profiles.counts(blocks, kept=np.ones(3), intensities=found.intensities, basis_probabilities=shares)
        scale = variant.clock_rate_hz * shares[:, :, None] ** 2 * found.probabilities[:, None, :]
        return [
            found.settings(block)
            .secret_key(counts=(scale * clicks[0])[block], errors=(scale * clicks[1])[block])
            .length_bits
            for block in blocks
        ]

    at_parents = lengths(dataclasses.replace(parents, protocol=variant))
    assert lengths(own) == pytest.approx(own.length_bits, rel=1e-9)
    assert (own.length_bits > np.array(at_parents)).all()
    assert not np.array_equal(own.key_basis_probability, parents.key_basis_probability)


@pytest.mark.filterwarnings("ignore:the new model does not know")
def test_pairs_are_counted_by_the_detectors_of_their_own_station():
    pairs = {"protocol.name": "e91", "protocol.pair_rate_hz": 6e7, "protocol.coincidence_window_s": 5e-10}
    own = {"detector.efficiency": 0.8, "detector.dead_time_s": 1e-6, "detector.jitter_s": 2e-10}
    scenario = sq.load_scenario("micius-beijing-vienna").with_(pairs)
    plain = sq.analyze(scenario, **NIGHT).passes
    both = sq.analyze(scenario.with_({f"stations.graz.{name}": value for name, value in own.items()}), **NIGHT).passes
    every = sq.analyze(scenario.with_({f"link.{name}": value for name, value in own.items()}), **NIGHT).passes
    columns = ["pass_id", "detections", "sifted_bits", "qber", "secret_bits", "key_seconds_s", "chsh_value"]
    for station, alike in (("graz", every), ("xinglong", plain)):
        here = both["station"] == station
        assert both.loc[here, columns].equals(alike.loc[here, columns])
        assert both.loc[here, "sifted_bits"].max() > 0
    assert not both["sifted_bits"].equals(plain["sifted_bits"])
    assert not both["sifted_bits"].equals(every["sifted_bits"])
