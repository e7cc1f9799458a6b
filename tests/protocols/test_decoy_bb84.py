"""BB84 with two decoys: published formulas, what is refused, and what a key length must never do."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from satqkd.errors import InputError
from satqkd.protocols.decoy_bb84 import DecoyBB84, secret_key_length

# Independent program against independent program, both in double precision.
RTOL = 1e-9
VARIANTS = {"lim_plain": (False, False), "lim_vcap": (True, False), "lim_clamp_vcap": (True, True)}
FIELDS = {
    "SKL": "length_bits",
    "phi": "phase_error_rate",
    "sX0": "vacuum_events",
    "sX1": "single_photon_events",
    "sZ0": None,
    "sZ1": "test_single_photon_events",
    "vZ1": "test_single_photon_errors",
}
BLOCK = {
    "key_counts": [7_028_237, 404_260, 64],
    "key_errors": [70_000, 4_600, 39],
    "test_counts": [439_265, 25_266, 4],
    "test_errors": [4_406, 257, 2],
    "intensities": [0.5, 0.1, 0.0],
    "probabilities": [0.7, 0.2, 0.1],
    "epsilon_secrecy": 1e-9,
    "epsilon_correctness": 1e-15,
}
PROTOCOL = DecoyBB84(
    clock_rate_hz=1e8,
    intensities=(0.8, 0.1, 0.0),
    probabilities=(0.5, 0.25, 0.25),
    key_basis_probability=0.5,
    key_bases="both",
    misalignment_error=0.01,
)

# Weak epsilons on purpose: a bound that fails seldom could not be seen to hold.
pytestmark = pytest.mark.filterwarnings("ignore:.*so weak a promise:satqkd.errors.ValidityWarning")


def of_case(inputs, **options):
    return secret_key_length(
        key_counts=inputs["nX"],
        key_errors=inputs["mX"],
        test_counts=inputs["nZ"],
        test_errors=inputs["mZ"],
        intensities=inputs["mu"],
        probabilities=inputs["P"],
        epsilon_secrecy=inputs["eps_sec"],
        epsilon_correctness=inputs["eps_cor"],
        tail_bound=inputs["bound"],
        **options,
    )


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_intermediate_of_lim_2014(reference, variant):
    # Independent program: formulas of Lim et al. 2014 and the Chernoff bounds of Yin et al. 2020 on 24 sets of counts;
    # its zeros are written 1e-300 and its lengths are clipped at zero.
    cap, clamp = VARIANTS[variant]
    for case in reference("lim2014_counts")["cases"]:
        key = of_case(case["inputs"], leakage_bits=case["inputs"]["leak"], cap_errors=cap, clamp_tails=clamp)
        for field, ours in FIELDS.items():
            if ours is not None:
                expected = case[variant][field]
                assert max(getattr(key, ours), 0.0) == pytest.approx(expected, rel=RTOL, abs=1e-200), (ours, case)


def test_leakage_is_f_n_h_unless_given(reference):
    for case in reference("lim2014_counts")["cases"]:
        assert of_case(case["inputs"]).leakage_bits == pytest.approx(case["inputs"]["leak"], rel=RTOL)


def test_many_blocks_give_what_each_gives_alone(reference):
    cases = [c["inputs"] for c in reference("lim2014_counts")["cases"] if c["inputs"]["bound"] == "chernoff"]
    together = secret_key_length(
        key_counts=[c["nX"] for c in cases],
        key_errors=[c["mX"] for c in cases],
        test_counts=[c["nZ"] for c in cases],
        test_errors=[c["mZ"] for c in cases],
        intensities=[c["mu"] for c in cases],
        probabilities=[c["P"] for c in cases],
        epsilon_secrecy=1e-9,
        epsilon_correctness=1e-15,
    )
    alone = [of_case(c) for c in cases]
    assert together.secret_bits.dtype == np.int64
    np.testing.assert_array_equal(together.secret_bits, [key.secret_bits for key in alone])
    np.testing.assert_allclose(together.length_bits, [key.length_bits for key in alone], rtol=1e-13)


def test_one_block_gives_plain_numbers():
    key = secret_key_length(**BLOCK)
    assert type(key.secret_bits) is int
    assert type(key.length_bits) is float
    assert key.secret_bits == int(key.length_bits) > 0


def test_a_length_below_zero_is_shown_but_no_key():
    key = secret_key_length(**{**BLOCK, "test_counts": [40, 3, 0], "test_errors": [1, 0, 0]})
    assert key.secret_bits == 0
    assert key.length_bits < 0
    assert key.phase_error_rate == 0.5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"probabilities": [0.7, 0.2, 0.2]}, "sum to 1"),
        ({"probabilities": [0.8, 0.2, 0.0]}, "greater than 0"),
        ({"intensities": [0.5, 0.4, 0.1]}, "mu1 > mu2"),
        ({"intensities": [0.5, 0.1, 0.1]}, "mu2 > mu3"),
        ({"intensities": [0.5, 0.1, -0.1]}, "mu3 >= 0"),
        ({"intensities": [0.5, 0.1]}, "3 intensities"),
        ({"key_counts": [-1, 2, 3]}, "not negative"),
        ({"key_counts": [float("nan"), 2, 3]}, "finite"),
        ({"key_counts": [7_028_237, 404_260]}, "3 intensities"),
        ({"test_errors": [4_406, 25_267, 2]}, "exceed"),
        ({"key_errors": 1e9}, "exceed"),
        ({"key_errors": [[1, 2, 3]]}, "summed"),
        ({"epsilon_secrecy": 0.0}, "epsilon_secrecy"),
        ({"epsilon_correctness": 1.0}, "epsilon_correctness"),
        ({"tail_bound": "azuma"}, "tail_bound"),
        ({"error_correction_efficiency": 0.9}, "Shannon"),
        ({"leakage_bits": -1.0}, "leakage_bits"),
    ],
)
def test_what_no_proof_covers_is_refused(change, words):
    with pytest.raises(InputError, match=words):
        secret_key_length(**{**BLOCK, **change})


@st.composite
def blocks(draw):
    mu3 = draw(st.floats(0.0, 0.01))
    mu2 = mu3 + draw(st.floats(0.02, 0.3))
    mu1 = mu2 + mu3 + draw(st.floats(0.02, 0.6))
    weights = np.array(draw(st.lists(st.floats(0.05, 1.0), min_size=3, max_size=3)))
    counts = np.array(draw(st.lists(st.floats(0.0, 1e9) | st.integers(0, 50), min_size=6, max_size=6))).reshape(2, 3)
    rates = np.array(draw(st.lists(st.floats(0.0, 1.0), min_size=6, max_size=6))).reshape(2, 3)
    return {
        "key_counts": counts[0],
        "key_errors": counts[0] * rates[0],
        "test_counts": counts[1],
        "test_errors": counts[1] * rates[1],
        "intensities": [mu1, mu2, mu3],
        "probabilities": weights / weights.sum(),
        "epsilon_secrecy": 10.0 ** draw(st.floats(-30, -2)),
        "epsilon_correctness": 1e-15,
        "tail_bound": draw(st.sampled_from(["hoeffding", "chernoff"])),
        "cap_errors": draw(st.booleans()),
        "clamp_tails": draw(st.booleans()),
    }


@settings(max_examples=200, deadline=None)
@given(blocks())
def test_whatever_the_counts_the_key_is_a_number_below_them(block):
    key = secret_key_length(**block)
    assert all(np.isfinite(value) for value in asdict(key).values())
    total = block["key_counts"].sum()
    assert 0 <= key.secret_bits <= total
    assert 0 <= key.vacuum_events + key.single_photon_events <= total * (1 + 1e-12)
    assert 0 <= key.phase_error_rate <= 0.5


def expected_counts(transmittance, noise, misalignment=0.01, pulses=1e11, protocol=PROTOCOL):
    """Expected counts (2, 3) of a steady link, in the model of the detector: unions, double clicks at random."""
    mu, p, z = (np.array(x) for x in (protocol.intensities, protocol.probabilities, protocol.key_basis_probability))
    y = 1.0 - np.sqrt(1.0 - noise)
    right = 1.0 - (1.0 - y) * np.exp(-transmittance * mu * (1.0 - misalignment))
    wrong = 1.0 - (1.0 - y) * np.exp(-transmittance * mu * misalignment)
    weight = pulses * p * np.array([[z * z], [(1.0 - z) ** 2]])
    return {"counts": weight * (right + wrong - right * wrong), "errors": weight * (wrong - 0.5 * right * wrong)}


@settings(max_examples=50, deadline=None)
@given(st.floats(1e-6, 1e-2), st.floats(1.0, 30.0), st.floats(1e-8, 1e-4), st.floats(1.0, 10.0))
def test_more_loss_or_more_noise_is_never_more_key(transmittance, loss, noise, more):
    block = expected_counts(transmittance, noise)
    best = PROTOCOL.secret_key(**block).length_bits
    noisier = PROTOCOL.secret_key(**expected_counts(transmittance, noise * more))
    dimmer = PROTOCOL.secret_key(**expected_counts(transmittance / loss, noise))
    assert max(noisier.length_bits, 0) <= max(best, 0) * (1 + 1e-9)
    assert max(dimmer.length_bits, 0) <= max(best, 0) * (1 + 1e-9)


@settings(max_examples=50, deadline=None)
@given(st.floats(1e-5, 1e-2), st.floats(0.0, 0.2), st.floats(0.0, 0.2))
def test_more_errors_are_never_more_key(transmittance, error, more):
    few, many = (PROTOCOL.secret_key(**expected_counts(transmittance, 1e-7, e)) for e in (error, error + more))
    assert many.secret_bits <= few.secret_bits


@settings(max_examples=30, deadline=None)
@given(st.floats(1e-9, 0.5), st.floats(1e3, 1e13))
def test_noise_alone_is_no_key(noise, pulses):
    block = expected_counts(0.0, noise, pulses=pulses)
    np.testing.assert_allclose(block["errors"], block["counts"] / 2, rtol=1e-12)
    key = PROTOCOL.secret_key(**block)
    assert key.secret_bits == 0
    assert PROTOCOL.asymptotic_bits(**block) == 0


@settings(max_examples=50, deadline=None)
@given(st.floats(1e-6, 1e-1), st.floats(1e-8, 1e-4), st.floats(0.0, 0.1), st.floats(1e6, 1e15))
def test_finite_is_never_above_asymptotic(transmittance, noise, misalignment, pulses):
    block = expected_counts(transmittance, noise, misalignment, pulses)
    key = PROTOCOL.secret_key(**block)
    assert key.length_bits <= PROTOCOL.asymptotic_bits(**block)


@settings(max_examples=40, deadline=None)
@given(st.floats(1e-5, 1e-2), st.floats(1e8, 1e13), st.floats(1.0, 100.0), st.floats(1.0, 1e20))
def test_longer_blocks_and_larger_epsilons_are_never_less_key(transmittance, pulses, longer, stricter):
    one = PROTOCOL.secret_key(**expected_counts(transmittance, 1e-7, pulses=pulses)).length_bits
    block = expected_counts(transmittance, 1e-7, pulses=pulses * longer)
    many = PROTOCOL.secret_key(**block)
    assert many.length_bits >= max(longer * one, 0) * (1 - 1e-9) or one <= 0
    strict = replace(PROTOCOL, epsilon_secrecy=PROTOCOL.epsilon_secrecy / stricter)
    assert strict.secret_key(**block).secret_bits <= many.secret_bits


def test_finite_approaches_asymptotic():
    # Analytic limit: deviations grow as the root of the block, so here 2e-5 of the length.
    block = expected_counts(1e-3, 1e-6, pulses=1e20)
    key = PROTOCOL.secret_key(**block)
    assert key.length_bits == pytest.approx(PROTOCOL.asymptotic_bits(**block), rel=1e-4)


def test_both_bases_are_two_runs_with_half_the_epsilons():
    block = expected_counts(1e-3, 1e-6)
    both = PROTOCOL.secret_key(**block)
    alone = secret_key_length(
        key_counts=block["counts"][0],
        key_errors=block["errors"][0],
        test_counts=block["counts"][1],
        test_errors=block["errors"][1],
        intensities=PROTOCOL.intensities,
        probabilities=PROTOCOL.probabilities,
        epsilon_secrecy=0.5e-9,
        epsilon_correctness=0.5e-15,
    )
    assert len(both.by_basis) == 2
    assert both.by_basis[0].length_bits == alone.length_bits
    assert both.secret_bits == 2 * alone.secret_bits
    assert both.epsilon == pytest.approx(1e-9, rel=1e-5)


def test_a_basis_without_key_takes_nothing_from_the_other():
    block = expected_counts(1e-3, 1e-6)
    block["errors"][0] = block["counts"][0] / 2 * np.array([0.5, 0.01, 1.0])
    key = PROTOCOL.secret_key(**block)
    assert key.by_basis[0].length_bits < 0 < key.by_basis[1].length_bits
    assert key.secret_bits == key.by_basis[1].secret_bits
    assert key.length_bits == key.by_basis[1].length_bits
    none = PROTOCOL.secret_key(counts=block["counts"], errors=block["counts"] / 2)
    assert none.length_bits == max(part.length_bits for part in none.by_basis) < 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"clock_rate_hz": 0.0}, "clock_rate_hz"),
        ({"intensities": (0.1, 0.8, 0.0)}, "mu1 > mu2"),
        ({"probabilities": (0.5, 0.25, 0.3)}, "sum to 1"),
        ({"key_basis_probability": 1.0}, "less than 1"),
        ({"key_bases": "neither"}, "key_bases"),
        ({"misalignment_error": 0.6}, "at most 0.5"),
        ({"epsilon_secrecy": 0.0}, "greater than 0"),
        ({"error_correction_efficiency": 0.5}, "at least 1"),
        ({"tail_bound": "chernof"}, "chernoff"),
    ],
)
def test_settings_outside_their_limits_are_refused(change, words):
    with pytest.raises(InputError, match=words):
        replace(PROTOCOL, **change)


def test_lists_make_the_same_settings_as_tuples():
    listed = replace(PROTOCOL, intensities=[0.8, 0.1, 0], probabilities=[0.5, 0.25, 0.25])
    assert listed == PROTOCOL
    assert hash(listed) == hash(PROTOCOL)


def test_counts_without_a_basis_axis_are_refused():
    with pytest.raises(InputError, match="basis"):
        PROTOCOL.secret_key(counts=[1, 2, 3], errors=[0, 0, 0])


def test_a_scenario_table_becomes_the_noun():
    from pydantic import TypeAdapter, ValidationError

    table = {
        "name": "decoy-bb84",
        "clock_rate_hz": 1e8,
        "intensities": [0.8, 0.1, 0.0],
        "probabilities": [0.5, 0.25, 0.25],
        "key_basis_probability": 0.5,
        "key_bases": "both",
        "misalignment_error": 0.01,
    }
    adapter = TypeAdapter(DecoyBB84)
    assert adapter.validate_python(table) == PROTOCOL
    with pytest.raises(ValidationError, match="clock_rate"):
        adapter.validate_python({**table, "clock_rate": 1e8})
