"""Authentication and the ledger of epsilons."""

import numpy as np
import pytest

from satqkd.errors import InputError
from satqkd.protocols.authentication import Authentication, EpsilonLedger, tag_bits


def test_tag_is_the_shortest_that_suffices():
    # Analytic: m / 2^(t-1) <= epsilon.
    for message, epsilon in ((1.0, 0.5), (2**20, 2.0**-40), (1e8, 1e-12), (1e15, 1e-30)):
        bits = tag_bits(message_bits=message, epsilon=epsilon)
        assert message / 2.0 ** (bits - 1) <= epsilon * (1 + 1e-11)
        assert message / 2.0 ** (bits - 2) > epsilon
    assert tag_bits(message_bits=1e8, epsilon=1e-12) == 68


def test_net_key_pays_for_every_block():
    authentication = Authentication(messages=8, message_bits=1e8, epsilon=1e-12)
    assert authentication.block_bits == 8 * 68
    np.testing.assert_array_equal(authentication.net_bits([10_000, 0]), [9456, -544])


def test_epsilons_add_up():
    authentication = Authentication(messages=8, epsilon=1e-12)
    ledger = EpsilonLedger().extend(["a", "b", "c"], block_epsilon=1e-9, authentication=authentication)
    assert len(ledger.entries) == 6
    assert ledger.total == pytest.approx(3 * (1e-9 + 8e-12), rel=1e-15)
    assert ledger.add("store", 1e-10).total == pytest.approx(ledger.total + 1e-10)
    assert EpsilonLedger().total == 0


def test_nonsense_is_refused():
    with pytest.raises(InputError, match="message_bits"):
        tag_bits(message_bits=0, epsilon=1e-9)
    with pytest.raises(InputError, match="epsilon"):
        tag_bits(message_bits=1, epsilon=1.0)
    with pytest.raises(InputError, match="messages"):
        Authentication(messages=-1)
    with pytest.raises(InputError, match="epsilon"):
        EpsilonLedger().add("x", -1.0)
