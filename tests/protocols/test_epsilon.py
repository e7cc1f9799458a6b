"""A security parameter promises something, is held by the arithmetic, and is warned of where it promises little."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import satqkd as sq
from satqkd.errors import InputError, ValidityWarning
from satqkd.protocols import bbm92, decoy_bb84, one_decoy_bb84
from satqkd.protocols.authentication import Authentication, checked_total, tag_bits

BB84 = {"clock_rate_hz": 1e8, "key_basis_probability": 0.5}
TWO = {**BB84, "intensities": (0.8, 0.1, 0.0), "probabilities": (0.5, 0.25, 0.25)}
ONE = {**BB84, "intensities": (0.5, 0.1), "probabilities": (0.7, 0.3)}
PAIRS = {"pair_rate_hz": 1e6, "coincidence_window_s": 1e-9, "key_basis_probability": 0.5}
MAKERS: dict[str, Any] = {
    "decoy-bb84": lambda **eps: decoy_bb84.DecoyBB84(**TWO, **eps),
    "one-decoy-bb84": lambda **eps: one_decoy_bb84.OneDecoyBB84(**ONE, **eps),
    "rusca2018": lambda **eps: one_decoy_bb84.OneDecoyBB84(**ONE, proof="rusca2018", **eps),
    "bbm92": lambda **eps: bbm92.BBM92(**PAIRS, **eps),
    "bbm92 exact": lambda **eps: bbm92.BBM92(**PAIRS, tail_bound="hypergeometric", **eps),
}
WIDTH = {"decoy-bb84": 3, "one-decoy-bb84": 2, "rusca2018": 2, "bbm92": 1, "bbm92 exact": 1}


@pytest.mark.parametrize("name", MAKERS)
def test_a_sum_of_one_promises_nothing(name):
    with pytest.raises(InputError, match="nothing is promised"):
        MAKERS[name](epsilon_secrecy=0.6, epsilon_correctness=0.5)
    with pytest.warns(ValidityWarning, match="unusual"):
        MAKERS[name](epsilon_secrecy=0.9)


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("value", [5e-324, 1e-101, 0.0, 1.0, math.nan])
def test_what_the_arithmetic_cannot_hold_is_refused(name, value):
    for which in ("epsilon_secrecy", "epsilon_correctness"):
        with pytest.raises(InputError, match=which):
            MAKERS[name](**{which: value})


@pytest.mark.filterwarnings("ignore::satqkd.errors.ValidityWarning")
@pytest.mark.parametrize("name", MAKERS)
@settings(max_examples=30, deadline=None)
@given(
    secrecy=st.floats(-100.0, -0.35).map(lambda x: 10.0**x),
    correctness=st.floats(-100.0, -0.35).map(lambda x: 10.0**x),
    scale=st.floats(0.0, 7.0).map(lambda x: 10.0**x),
    rate=st.floats(0.0, 0.5),
)
def test_no_epsilon_makes_a_nan(name, secrecy, correctness, scale, rate):
    protocol = MAKERS[name](epsilon_secrecy=max(secrecy, 1e-100), epsilon_correctness=max(correctness, 1e-100))
    counts = np.rint(scale * np.ones((2, WIDTH[name])))
    key = protocol.secret_key(counts=counts, errors=np.floor(rate * counts))
    assert math.isfinite(key.length_bits)
    assert 0 <= key.secret_bits <= counts.sum()
    assert 0.0 < key.epsilon < 1.0


@pytest.mark.parametrize("value", [5e-324, 1e-101, 0.0, 1.0])
def test_authentication_too(value):
    with pytest.raises(InputError):
        Authentication(epsilon=value)
    with pytest.raises(InputError, match="epsilon"):
        tag_bits(message_bits=1e6, epsilon=value)


def test_a_sum_that_is_told_is_checked():
    assert checked_total(1e-8, "all blocks") == 1e-8
    with pytest.warns(ValidityWarning, match="all blocks add up to 0.5"):
        checked_total(0.5, "all blocks")
    for nothing in (1.0, 1.8, math.nan):
        with pytest.raises(InputError, match="nothing is promised"):
            checked_total(nothing, "all blocks")


def test_no_bits_are_called_secret_at_that_price():
    with pytest.raises(InputError, match="nothing is promised"):
        sq.load_scenario("micius-nanshan-2017").with_(
            {"protocol.epsilon_secrecy": 0.9, "protocol.epsilon_correctness": 0.9}
        )
