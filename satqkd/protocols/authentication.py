"""What authenticating the public messages costs, and what all blocks together may fail with."""

from __future__ import annotations

import math
from typing import Annotated

from annotated_types import Ge

from satqkd.arrays import takes_quantities
from satqkd.errors import InputError, ValidityWarning, warn
from satqkd.fields import Epsilon, Positive, noun
from satqkd.protocols import checks


@takes_quantities
def tag_bits(*, message_bits: float, epsilon: float) -> int:
    """Return the length of a Wegman-Carter tag for a message.

    Parameters
    ----------
    message_bits : float
        Length m of the message [bit].
    epsilon : float
        Probability that a forged message passes [1].

    Returns
    -------
    int
        Smallest t with ``m/2^(t - 1) <= epsilon`` [bit], and of the key it consumes.

    Raises
    ------
    InputError
        For a message without length or an epsilon outside (0, 1).

    Notes
    -----
    Toeplitz hashing from a shift register, the tag encrypted with t fresh bits while the hash function is kept:
    Wegman, Carter, J. Comput. Syst. Sci. 22, 265 (1981), doi:10.1016/0022-0000(81)90033-7; Krawczyk, CRYPTO '94,
    doi:10.1007/3-540-48658-5_15.

    >>> tag_bits(message_bits=2**20, epsilon=2.0**-40)
    61
    """
    if not (math.isfinite(message_bits) and message_bits > 0.0):
        raise InputError(f"message_bits = {message_bits!r} is out of range: it must be greater than 0.")
    # A rounding error of the logarithm must not ask for one bit more.
    bits = math.log2(message_bits) - math.log2(checks.epsilon("epsilon", epsilon))
    return 1 + max(0, math.ceil(bits - 1e-12))


@noun(kw_only=False)
class Authentication:
    """How the public messages of a block are authenticated.

    Parameters
    ----------
    messages : int
        Messages with a tag in a block, both directions together.
    message_bits : float
        Length of the longest of them [bit].
    epsilon : float
        Probability that a forged message passes, for each [1].
    """

    messages: Annotated[int, Ge(0)] = 8
    message_bits: Positive = 1e8
    epsilon: Epsilon = 1e-12

    @property
    def block_bits(self) -> int:
        """Key consumed by a block [bit], by one that yields nothing too.

        The hash function, twice as long as a tag, is shared once and kept.
        """
        return self.messages * tag_bits(message_bits=self.message_bits, epsilon=self.epsilon)

    @property
    def block_epsilon(self) -> float:
        """Probability that any forged message of a block passes, at most [1]."""
        return self.messages * self.epsilon


def checked_total(total: float, what: str) -> float:
    """Return a sum of security parameters that is about to be told.

    Parameters
    ----------
    total : float
        The sum [1].
    what : str
        What it is the sum over, for the message.

    Raises
    ------
    InputError
        From 1 on: a key that may fail with certainty is promised nothing, and is not to be called secret.

    Notes
    -----
    Composable security parameters add: Portmann, Renner, Rev. Mod. Phys. 94, 025008 (2022),
    doi:10.1103/RevModPhys.94.025008.
    """
    if not total < 1.0:
        raise InputError(
            f"The security parameters of {what} add up to {total:.3g}: from 1 on nothing is promised.",
            "Make protocol.epsilon_secrecy, protocol.epsilon_correctness or key.authentication.epsilon smaller.",
        )
    if total > checks.WEAK_EPSILON:
        warn(f"the security parameters of {what} add up to {total:.3g}: so weak a promise is unusual.", ValidityWarning)
    return total
