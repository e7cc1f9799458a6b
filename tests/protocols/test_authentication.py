"""What authenticating the public messages costs."""

import pytest

from satqkd.errors import InputError
from satqkd.protocols.authentication import Authentication, tag_bits


def test_tag_is_the_shortest_that_suffices():
    # Analytic: m / 2^(t-1) <= epsilon.
    for message, epsilon in ((1.0, 0.5), (2**20, 2.0**-40), (1e8, 1e-12), (1e15, 1e-30)):
        bits = tag_bits(message_bits=message, epsilon=epsilon)
        assert message / 2.0 ** (bits - 1) <= epsilon * (1 + 1e-11)
        assert message / 2.0 ** (bits - 2) > epsilon
    assert tag_bits(message_bits=1e8, epsilon=1e-12) == 68


def test_a_block_pays_for_every_message():
    authentication = Authentication(messages=8, message_bits=1e8, epsilon=1e-12)
    assert authentication.block_bits == 8 * 68
    assert authentication.block_epsilon == pytest.approx(8e-12, rel=1e-15)


def test_nonsense_is_refused():
    with pytest.raises(InputError, match="message_bits"):
        tag_bits(message_bits=0, epsilon=1e-9)
    with pytest.raises(InputError, match="epsilon"):
        tag_bits(message_bits=1, epsilon=1.0)
    with pytest.raises(InputError, match="messages"):
        Authentication(messages=-1)
