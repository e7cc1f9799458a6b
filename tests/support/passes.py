"""Passes over a flat sky for the optimiser's tests: a satellite at 500 km, some dB at zenith, a dark station."""

from dataclasses import replace

import numpy as np

from satqkd.protocols.choice.profiles import Seconds
from satqkd.protocols.decoy_bb84 import DecoyBB84
from satqkd.protocols.one_decoy_bb84 import OneDecoyBB84

HEIGHT_M, SPEED_M_S, EARTH_M = 500e3, 7.6e3, 6.371e6
TWO_DECOYS = DecoyBB84(
    clock_rate_hz=1e8,
    intensities=(0.8, 0.1, 0.0),
    probabilities=(0.5, 0.25, 0.25),
    key_basis_probability=0.7,
    misalignment_error=0.01,
)
ONE_DECOY = OneDecoyBB84(
    clock_rate_hz=1e8,
    intensities=(0.5, 0.15),
    probabilities=(0.7, 0.3),
    key_basis_probability=0.7,
    misalignment_error=0.01,
)


def passes(losses_db, *, background=1e-7, miss_m=300e3, dark=5e-8):
    """Seconds of passes with a given loss at zenith each, down to 10 degrees of elevation."""
    losses_db, background, miss_m = np.broadcast_arrays(
        np.atleast_1d(np.asarray(losses_db, dtype=float)), background, miss_m
    )
    transmittance, block = [], []
    time = np.arange(-400.0, 401.0)
    for number, (loss, miss) in enumerate(zip(losses_db, miss_m, strict=True)):
        distance = np.sqrt(HEIGHT_M**2 + miss**2 + (SPEED_M_S * time) ** 2)
        sine = HEIGHT_M / distance - distance / (2 * EARTH_M)
        seen = sine > np.sin(np.radians(10.0))
        total = loss + 20 * np.log10(distance / HEIGHT_M) + 0.7 * (1 / np.maximum(sine, 0.1) - 1)
        transmittance.append(10 ** (-total[seen] / 10))
        block.append(np.full(seen.sum(), number))
    of_block = np.concatenate(block)
    return Seconds.of(
        transmittance=np.concatenate(transmittance),
        background_per_gate=np.asarray(background)[of_block],
        weight_s=1.0,
        block=of_block,
        dark_per_gate=dark,
        blocks=len(losses_db),
    )


def scaled(seconds, *, transmittance=1.0, noise=1.0, weight=1.0):
    return replace(
        seconds,
        transmittance=seconds.transmittance * transmittance,
        background_per_gate=seconds.background_per_gate * noise,
        dark_per_gate=seconds.dark_per_gate * noise,
        weight_s=seconds.weight_s * weight,
    )
