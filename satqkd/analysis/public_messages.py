"""What the stations tell each other in public about a block, whose authentication costs key, and what it promises."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from satqkd.analysis.families import family_of
from satqkd.arrays import FloatArray
from satqkd.protocols.authentication import Authentication
from satqkd.scenario import Protocol


def sifting_message_bits(detections: FloatArray, sending_s: FloatArray, protocol: Protocol) -> FloatArray:
    """Return about how long the longest message of a block is: which pulses were detected, and in which basis [bit].

    Parameters
    ----------
    detections : ndarray
        Clicks or coincidences of each block [1].
    sending_s : ndarray
        Time it sends [s].
    protocol : DecoyBB84, OneDecoyBB84 or BBM92
        Its clock, or for pairs the coincidence window, says among how many slots they are.

    Notes
    -----
    Entropy of the positions of n among N slots, at most ``n [log2(N/n) + log2 e]``, and two bits each for basis
    and intensity.
    """
    slots = np.maximum(sending_s * family_of(protocol).slots_hz(protocol), 1.0)
    number = np.clip(detections, 1.0, slots)
    return np.asarray(number * (np.log2(slots / number) + np.log2(np.e) + 2.0))


def authentication_for(wanted: Authentication, longest_message_bits: float) -> Authentication:
    """Return an authentication whose tags are long enough for the longest message of any block."""
    return replace(wanted, message_bits=max(wanted.message_bits, float(longest_message_bits)))


def promise(protocol: Protocol, authentication: Authentication) -> dict[str, Any]:
    """Return what goes with every secret bit: whose proof it is by, at which counts, and what each block may fail with.

    Parameters
    ----------
    protocol : DecoyBB84, OneDecoyBB84 or BBM92
        With the parameters of the scenario.
    authentication : Authentication
        What each block's messages are authenticated with.
    """
    return {
        "proof": protocol.proof_name,
        "counts": "expected",
        "epsilon_secrecy": protocol.epsilon_secrecy,
        "epsilon_correctness": protocol.epsilon_correctness,
        "epsilon_authentication": authentication.block_epsilon,
    }
