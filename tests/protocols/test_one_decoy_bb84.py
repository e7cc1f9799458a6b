"""BB84 with one decoy: both proofs' published formulas, and what is refused."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from satqkd.errors import InputError
from satqkd.protocols.one_decoy_bb84 import OneDecoyBB84, secret_key_length

# Independent programs in double (Rusca) and 40-digit arithmetic (Wiesemann).
RTOL = 1e-9
PROTOCOL = OneDecoyBB84(
    clock_rate_hz=1e8,
    intensities=(0.5, 0.15),
    probabilities=(0.7, 0.3),
    key_basis_probability=0.9,
    misalignment_error=0.01,
)


def of_case(inputs, **options):
    return secret_key_length(
        key_counts=inputs["nZ"],
        key_errors=inputs["mZ"],
        test_counts=inputs["nX"],
        test_errors=inputs["mX"],
        intensities=inputs["mu"],
        probabilities=inputs["p"],
        epsilon_secrecy=inputs["eps_sec"],
        epsilon_correctness=inputs["eps_cor"],
        **options,
    )


def compare(key, expected, fields):
    for theirs, ours in fields.items():
        if theirs in expected:
            # Rusca's table leaves bounds below zero as they are and clips its lengths; ours do the reverse.
            assert max(getattr(key, ours), 0.0) == pytest.approx(max(expected[theirs], 0.0), rel=RTOL), ours


@pytest.mark.parametrize("with_vacuum", [False, True])
def test_wiesemann_2026(reference, with_vacuum):
    # Independent program with the constants of Wiesemann et al. 2026, agreeing with the authors' public simulation.
    fields = {
        "s0": "vacuum_events",
        "s1": "single_photon_events",
        "s1_test": "test_single_photon_events",
        "v1_test": "test_single_photon_errors",
        "phase_error": "phase_error_rate",
    }
    for case in reference("wiesemann2026")["cases"]:
        key = of_case(case["inputs"], leakage_bits=case["inputs"]["leak"], with_vacuum=with_vacuum)
        expected = case["outputs"]["with_vacuum" if with_vacuum else "without_vacuum"]
        compare(key, expected, fields)
        assert key.length_bits == pytest.approx(expected["length"], rel=RTOL)


def test_rusca_2018(reference):
    # Independent program with the formulas of Rusca et al. 2018.
    fields = {
        "ell": "length_bits",
        "sz0l": "vacuum_events",
        "sz0u": "vacuum_events_upper",
        "sz1l": "single_photon_events",
        "sx0u": "test_vacuum_events_upper",
        "sx1l": "test_single_photon_events",
        "vx1": "test_single_photon_errors",
        "phi": "phase_error_rate",
        "leak": "leakage_bits",
    }
    for case in reference("rusca2018")["cases"]:
        compare(of_case(case["inputs"], proof="rusca2018"), case["outputs"], fields)


def test_formally_verified_calculator(reference):
    # Independent program: formally verified interval arithmetic (Lean), see the file's source.
    case = reference("rusca2018_formally_verified")
    key = of_case(case["inputs"], proof="rusca2018", leakage_bits=case["inputs"]["leak"])
    fields = {
        "s_Z0_lower": "vacuum_events",
        "s_Z0_upper": "vacuum_events_upper",
        "s_Z1_lower": "single_photon_events",
        "s_X0_upper": "test_vacuum_events_upper",
        "s_X1_lower": "test_single_photon_events",
        "v_X1_upper": "test_single_photon_errors",
        "phase_error": "phase_error_rate",
        "length": "length_bits",
        "secret_bits": "secret_bits",
    }
    compare(key, case["outputs"], fields)


def test_vacuum_counts_as_the_proof_says_unless_told():
    block = {
        "key_counts": [800_000, 60_000],
        "key_errors": [14_000, 12_000],
        "test_counts": [800_000, 60_000],
        "test_errors": [14_000, 12_000],
        "intensities": [0.5, 0.02],
        "probabilities": [0.5, 0.5],
        "epsilon_secrecy": 1e-9,
        "epsilon_correctness": 1e-15,
    }
    for proof, default in (("wiesemann2026", False), ("rusca2018", True)):
        lengths = {v: secret_key_length(**block, proof=proof, with_vacuum=v).length_bits for v in (None, False, True)}
        assert lengths[None] == lengths[default]
        assert lengths[True] > lengths[False]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"states": 3}, "states = 3"),
        ({"proof": "lim2014"}, "proof"),
        ({"intensities": [0.1, 0.5]}, "mu1 > mu2"),
        ({"intensities": [0.5, 0.0]}, "mu2 > 0"),
        ({"probabilities": [0.7, 0.2]}, "sum to 1"),
        ({"key_errors": [500, 300]}, "exceed"),
        ({"test_counts": [-1, 3]}, "not negative"),
        ({"key_counts": [1, 2, 3]}, "2 intensities"),
        ({"epsilon_secrecy": 2.0}, "epsilon_secrecy"),
    ],
)
def test_what_no_proof_covers_is_refused(change, words):
    block = {
        "key_counts": [400, 200],
        "key_errors": [4, 2],
        "test_counts": [40, 20],
        "test_errors": [1, 1],
        "intensities": [0.5, 0.15],
        "probabilities": [0.7, 0.3],
        "epsilon_secrecy": 1e-9,
        "epsilon_correctness": 1e-15,
    }
    with pytest.raises(InputError, match=words):
        secret_key_length(**{**block, **change})


def expected_counts(transmittance, noise, pulses, misalignment=0.01):
    mu, p, z = (np.array(x) for x in (PROTOCOL.intensities, PROTOCOL.probabilities, PROTOCOL.key_basis_probability))
    light = -np.expm1(-transmittance * mu)
    weight = pulses * p * np.array([[z * z], [(1.0 - z) ** 2]])
    return {
        "counts": weight * (noise + (1.0 - noise) * light),
        "errors": weight * (0.5 * noise * (1.0 - light) + misalignment * light),
    }


@settings(max_examples=80, deadline=None)
@given(
    st.floats(0.0, 1.0),
    st.floats(0.0, 0.5),
    st.floats(0.0, 1e15),
    st.floats(0.0, 0.5),
    st.sampled_from(["wiesemann2026", "rusca2018"]),
    st.sampled_from([None, False, True]),
)
def test_key_is_a_number_below_the_counts_and_the_asymptotic_one(
    transmittance, noise, pulses, misalignment, proof, vacuum
):
    protocol = replace(PROTOCOL, proof=proof, with_vacuum=vacuum)
    block = expected_counts(transmittance, noise, pulses, misalignment)
    key = protocol.secret_key(**block)
    assert all(np.isfinite(value) for value in asdict(key.by_basis[0]).values())
    assert 0 <= key.secret_bits <= block["counts"][0].sum()
    assert key.length_bits <= protocol.asymptotic_bits(**block)


@settings(max_examples=40, deadline=None)
@given(st.floats(1e-6, 1e-2), st.floats(1.0, 30.0), st.floats(1e-8, 1e-4), st.floats(1.0, 10.0))
def test_more_loss_or_more_noise_is_never_more_key(transmittance, loss, noise, more):
    best = PROTOCOL.secret_key(**expected_counts(transmittance, noise, 1e11)).secret_bits
    assert PROTOCOL.secret_key(**expected_counts(transmittance / loss, noise, 1e11)).secret_bits <= best
    assert PROTOCOL.secret_key(**expected_counts(transmittance, noise * more, 1e11)).secret_bits <= best


def test_noise_alone_is_no_key():
    block = expected_counts(0.0, 1e-5, 1e13)
    assert PROTOCOL.secret_key(**block).secret_bits == 0
    assert PROTOCOL.asymptotic_bits(**block) == 0


def test_finite_approaches_asymptotic():
    # Analytic limit; with_vacuum, as the asymptotic length has it.
    protocol = replace(PROTOCOL, with_vacuum=True)
    block = expected_counts(1e-3, 1e-6, 1e20)
    assert protocol.secret_key(**block).length_bits == pytest.approx(protocol.asymptotic_bits(**block), rel=1e-4)


def test_many_blocks_give_what_each_gives_alone():
    blocks = [expected_counts(t, 1e-6, 1e11) for t in (1e-2, 1e-3, 1e-4)]
    together = PROTOCOL.secret_key(**{name: np.stack([b[name] for b in blocks]) for name in ("counts", "errors")})
    assert list(together.secret_bits) == [PROTOCOL.secret_key(**b).secret_bits for b in blocks]
    assert np.asarray(together.secret_bits)[0] > 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"intensities": (0.1, 0.2)}, "mu1 > mu2"),
        ({"probabilities": (0.5, 0.6)}, "sum to 1"),
        ({"proof": "rusca"}, "rusca2018"),
        ({"key_bases": "both"}, "key_bases"),
        ({"error_correction": "none"}, "error_correction"),
        ({"key_basis_probability": 0.0}, "greater than 0"),
    ],
)
def test_settings_outside_their_limits_are_refused(change, words):
    with pytest.raises(InputError, match=words):
        replace(PROTOCOL, **change)
