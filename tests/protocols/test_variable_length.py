"""The key that counts grant (Tupkary et al. 2025) against 40-digit values, and what must hold for any block."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from satqkd.errors import InputError
from satqkd.protocols import decoy_bb84
from satqkd.protocols.bounds.entropy import binary_entropy
from satqkd.protocols.variable_length import Epsilons, mismatch_terms, secret_key_length
from tests.support import ROOT

# Independent: 40 digits from the authors' public code, and double precision with sharper tails;
# "variable_length_*.json" and "micius_block_by_analysis.json" of the project's reference values.
FOLDER = ROOT / "tests/reference/protocols"
PRINTED = json.loads((FOLDER / "variable_length_two_decoy.json").read_text())["cases"]
SHARP = json.loads((FOLDER / "variable_length_sharp_tails.json").read_text())["cases"]
BLOCK = json.loads((FOLDER / "micius_block_by_analysis.json").read_text())
TAILS = {"hoeffding": "hoeffding", "chernoff": "chernoff", "kl": "relative-entropy"}
SAMPLING = {"serfling": "serfling", "hyper": "hypergeometric"}


def key_of(inputs, **options):
    return secret_key_length(
        key_counts=inputs["nk"],
        key_errors=0.0 * np.array(inputs["nk"]),
        test_counts=inputs["nt"],
        test_errors=inputs["mt"],
        intensities=inputs["mu"],
        probabilities=inputs["p"],
        epsilon_secrecy=inputs["eps_sec"],
        epsilon_correctness=inputs["eps_cor"],
        leakage_bits=inputs["leak"],
        **options,
    )


AS_PRINTED = {"tail_bound": "hoeffding", "sampling": "serfling", "cap_errors": False}
ANALYSES = {
    "perfect_detectors": {"clamp_tails": False},
    "perfect_detectors_lower_tails_clamped": {"clamp_tails": True},
    "loss_mismatch_0.01": {
        "clamp_tails": True,
        "efficiency_mismatch": 0.02 / 1.01,
        "dark_count_probabilities": (1e-6, 1e-6),
    },
}


@pytest.mark.parametrize("analysis", ANALYSES)
@pytest.mark.parametrize("case", PRINTED, ids=range(len(PRINTED)))
def test_the_authors_numbers_are_reproduced(case, analysis):
    key, expected = key_of(case["inputs"], **AS_PRINTED, **ANALYSES[analysis]), case[analysis]
    assert key.single_photon_events == pytest.approx(max(expected["s1"], 0.0), rel=1e-9)
    assert key.test_single_photon_events == pytest.approx(max(expected["s1_test"], 0.0), rel=1e-9)
    if expected["length"] is None:
        assert key.secret_bits == 0
        return
    assert key.test_single_photon_errors == pytest.approx(expected["v1_test"], rel=1e-9)
    assert key.phase_error_rate == pytest.approx(min(expected["phi"], 0.5), rel=1e-9)
    scale = case["inputs"]["leak"] + abs(expected["length"])
    assert key.length_bits == pytest.approx(expected["length"], abs=1e-9 * scale) or expected["phi"] >= 0.5


@pytest.mark.parametrize("sampling", SAMPLING)
@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("case", SHARP, ids=range(len(SHARP)))
def test_sharper_tails_give_what_they_should(case, tail, sampling):
    key = key_of(case["inputs"], tail_bound=TAILS[tail], sampling=SAMPLING[sampling])
    expected = case["outputs"][f"{tail}_{sampling}"]
    if expected["length"] is None:
        assert key.secret_bits == 0
        return
    assert key.single_photon_events == pytest.approx(expected["s1"], rel=1e-6)
    assert key.test_single_photon_events == pytest.approx(expected["s1t"], rel=1e-6)
    assert key.test_single_photon_errors == pytest.approx(expected["v"], rel=1e-6)
    assert key.phase_error_rate == pytest.approx(expected["phi"], rel=1e-6)
    assert key.length_bits == pytest.approx(
        expected["length"], abs=1e-6 * (case["inputs"]["leak"] + expected["length"])
    )


def micius(**options):
    block = BLOCK["block"]
    seen, wrong = sum(block["key_counts"]), sum(block["test_errors"])
    own = {
        "nk": block["key_counts"],
        "nt": block["key_counts"],
        "mt": block["test_errors"],
        "mu": block["intensities"],
        "p": block["probabilities"],
        "eps_sec": 0.5e-9,
        "eps_cor": 0.5e-15,
        "leak": 1.16 * seen * float(binary_entropy(wrong / seen)),
    }
    return 2.0 * key_of(own, **options).length_bits


@pytest.mark.parametrize("sampling", SAMPLING)
@pytest.mark.parametrize("tail", TAILS)
def test_the_flown_block_by_every_analysis(tail, sampling):
    expected = BLOCK["analyses"][f"Tupkary2025 variable length, {tail}, {sampling}, analytic"]["bits"]
    assert micius(tail_bound=TAILS[tail], sampling=SAMPLING[sampling]) == pytest.approx(expected, rel=1e-6)


def test_the_flown_block_as_in_the_authors_code():
    assert micius(**AS_PRINTED) == pytest.approx(270_397, abs=1.0)


def test_a_mismatch_costs_what_it_should():
    # Independent: the project's values for .1/.5/1/2/5 %, in kbit.
    for mismatch, kbit in ((0.001, 426), (0.005, 394), (0.01, 355), (0.02, 285), (0.05, 108)):
        assert micius(efficiency_mismatch=mismatch) / 1e3 == pytest.approx(kbit, abs=1.0)


def test_a_biased_splitter_costs_nearly_half_of_the_key_at_one_percent():
    # Per offered photon p-/p+ = (1-p)/p behind a splitter of bias p, however small the dark counts are. Analytic: with
    # delta_1 = z1 and delta_2 = z2 alone, without the binomial deviations gamma that the proof asks for wherever they
    # are not zero, it would be 234/152/83/22 kbit of one basis.
    for bias, kbit in ((0.50, 233.3), (0.51, 139.0), (0.52, 71.8), (0.53, 12.9)):
        for high in (1e-6, 1e-9):
            bits = 0.5 * micius(dark_count_probabilities=(high * (1.0 - bias) / bias, high))
            assert bits / 1e3 == pytest.approx(kbit, abs=0.1)
    assert micius(dark_count_probabilities=(1e-6 * 0.45 / 0.55, 1e-6)) < 0.0


def test_the_epsilons_add_up():
    for mismatch in (False, True):
        share = Epsilons.of(1e-9, mismatch=mismatch)
        spent = 9.0 * share.interval**2 + share.sampling**2 + 2.0 * share.mismatch**2
        assert spent == pytest.approx(share.testing**2, rel=1e-12)
        assert 2.0 * share.testing + share.privacy == pytest.approx(1e-9, rel=1e-12)


def test_unequal_dark_counts_without_a_smallest_leave_nothing():
    assert mismatch_terms(efficiency_mismatch=0.0) == (0.0, 0.0)
    assert mismatch_terms(efficiency_mismatch=0.0, dark_count_probabilities=(1e-6, 1e-6)) == (0.0, 0.0)
    assert mismatch_terms(efficiency_mismatch=0.0, dark_count_probabilities=(0.0, 1e-6))[1] == 1.0
    assert micius(dark_count_probabilities=(0.0, 1e-6)) < 0.0
    for wrong in ({"efficiency_mismatch": 1.0}, {"efficiency_mismatch": -0.1}):
        with pytest.raises(InputError, match="efficiency_mismatch"):
            mismatch_terms(**wrong)
    with pytest.raises(InputError, match="smallest and a largest"):
        mismatch_terms(efficiency_mismatch=0.0, dark_count_probabilities=(2e-6, 1e-6))


BLOCK_OF: dict[str, Any] = {
    "nk": [6e6, 1.2e6, 8e3],
    "nt": [4e5, 8e4, 600.0],
    "mt": [4e3, 900.0, 40.0],
    "mu": [0.6, 0.2, 0.002],
    "p": [0.5, 0.3, 0.2],
    "leak": 7e5,
    "eps_sec": 1e-9,
    "eps_cor": 1e-15,
}


def test_key_falls_with_mismatch_noise_loss_and_epsilon():
    def bits(**changes):
        options = {name: changes.pop(name) for name in ("efficiency_mismatch",) if name in changes}
        return key_of({**BLOCK_OF, **changes}, **options).length_bits

    mismatch = [bits(efficiency_mismatch=m) for m in (0.0, 1e-4, 1e-3, 1e-2, 0.05)]
    epsilon = [bits(eps_sec=eps) for eps in (1e-4, 1e-6, 1e-9, 1e-15, 1e-30)]
    noise = [bits(mt=[factor * one for one in BLOCK_OF["mt"]]) for factor in (0.5, 1.0, 2.0, 4.0)]
    scaled = [
        bits(**{name: [one * scale for one in BLOCK_OF[name]] for name in ("nk", "nt", "mt")}, leak=7e5 * scale) / scale
        for scale in (10.0, 1.0, 0.3, 0.1)
    ]
    for falling in (mismatch, epsilon, noise, scaled):
        assert (np.diff(falling) < 0.0).all()


def test_there_is_no_nan_from_nothing_to_a_quadrillion():
    for scale in (0.0, 1e-6, 1e-3, 1.0, 1e3, 1e8):
        block = {name: [one * scale for one in BLOCK_OF[name]] for name in ("nk", "nt", "mt")}
        for eps in (1e-4, 1e-9, 1e-30):
            for tail in TAILS.values():
                for sampling in SAMPLING.values():
                    key = key_of(
                        {**BLOCK_OF, **block, "leak": 7e5 * scale, "eps_sec": eps}, tail_bound=tail, sampling=sampling
                    )
                    assert np.isfinite(key.length_bits)
                    assert 0 <= key.secret_bits <= sum(block["nk"])
                    assert 0.0 <= key.phase_error_rate <= 0.5


def test_many_blocks_are_as_each_alone():
    nk = np.array(BLOCK_OF["nk"]) * np.array([[1.0], [0.3], [0.01]])
    nt, mt = (np.array(BLOCK_OF[name]) * np.array([[1.0], [0.3], [0.01]]) for name in ("nt", "mt"))
    leak = np.array([7e5, 2.1e5, 7e3])
    whole = key_of({**BLOCK_OF, "nk": nk, "nt": nt, "mt": mt, "leak": leak})
    for row in range(3):
        one = key_of({**BLOCK_OF, "nk": nk[row], "nt": nt[row], "mt": mt[row], "leak": leak[row]})
        assert one.length_bits == pytest.approx(whole.length_bits[row], rel=1e-12)


def test_a_fixed_length_is_longer_only_because_it_is_agreed_on_before():
    printed = decoy_bb84.secret_key_length(
        key_counts=BLOCK_OF["nk"], key_errors=0.0, test_counts=BLOCK_OF["nt"], test_errors=BLOCK_OF["mt"],
        intensities=BLOCK_OF["mu"], probabilities=BLOCK_OF["p"], epsilon_secrecy=1e-9, epsilon_correctness=1e-15,
        leakage_bits=BLOCK_OF["leak"], tail_bound="relative-entropy",
    )  # fmt: skip
    granted = key_of(BLOCK_OF)
    assert 0.8 * printed.length_bits < granted.length_bits < printed.length_bits
