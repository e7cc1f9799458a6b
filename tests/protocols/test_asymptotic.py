"""Asymptotic rates: Ma et al. 2005 and its limits."""

import numpy as np
import pytest

from satqkd.protocols import asymptotic

# Independent program; single-photon yields at 140 km are differences of 1e-5 of their terms.
RTOL = 1e-9


def additive_link(inputs):
    """Gain model of Ma et al. 2005 (additive, Eqs. 8 to 11), kept here because ours is a union."""
    transmittance = (
        10 ** (-inputs["alpha"] * inputs["L_km"] / 10) * inputs["eta_Bob"]
        if "alpha" in inputs
        else 10 ** (-inputs["loss_dB"] / 10) * inputs.get("eta_Bob", 1.0)
    )
    noise, misalignment = inputs["Y0"], inputs["e_d"]

    def link(intensity):
        light = -np.expm1(-transmittance * intensity)
        gain = noise + light
        return gain, (0.5 * noise + misalignment * light) / gain

    yield_1 = noise + transmittance
    return link, yield_1, (0.5 * noise + misalignment * transmittance) / yield_1


def rate(inputs, gain, error_rate, yield_1, error_1):
    mu = inputs["mu"]
    return inputs["q"] * asymptotic.gllp_fraction(
        gain=gain,
        error_rate=error_rate,
        single_photon_gain=yield_1 * mu * np.exp(-mu),
        single_photon_error_rate=error_1,
        error_correction_efficiency=inputs["f"],
    )


def test_ma_2005(reference):
    cases = [case for case in reference("ma2005_gllp")["cases"] if "nu" in case["inputs"]]
    assert len(cases) == 12
    for case in cases:
        inputs, expected = case["inputs"], case["outputs"]
        mu, nu, noise = inputs["mu"], inputs["nu"], inputs["Y0"]
        link, yield_1, error_1 = additive_link(inputs)
        (signal_gain, signal_error), (decoy_gain, decoy_error) = link(mu), link(nu)
        assert signal_gain == pytest.approx(expected["Q_mu"], rel=RTOL)
        assert signal_error == pytest.approx(expected["E_mu"], rel=RTOL)
        known = {
            "signal_gain": signal_gain,
            "decoy_gain": decoy_gain,
            "decoy_error_rate": decoy_error,
            "signal_intensity": mu,
            "decoy_intensity": nu,
        }
        lower, upper = asymptotic.vacuum_weak_yields(**known, background_yield=noise)
        assert lower == pytest.approx(expected["Y1_L"], rel=RTOL)
        assert upper == pytest.approx(expected["e1_U"], rel=RTOL)
        one_lower, one_upper, background = asymptotic.one_decoy_yields(**known)
        assert background == pytest.approx(expected["Y0_U_one"], rel=RTOL)
        # Rates cross zero: compared at 1e-9 of their largest term, the error correction.
        scale = RTOL * signal_gain
        for field, pair in {
            "R_infinite": (yield_1, error_1),
            "R_vac_weak": (lower, upper),
            "R_one_decoy": (one_lower, one_upper),
        }.items():
            assert rate(inputs, signal_gain, signal_error, *pair) == pytest.approx(expected[field], rel=RTOL, abs=scale)


def test_gllp_without_decoys(reference):
    for case in reference("ma2005_gllp")["cases"]:
        inputs = dict(case["inputs"])
        if "nu" in inputs:
            expected = case["outputs"]["R_GLLP"]
        else:
            expected, inputs["mu"] = case["outputs"]["R_GLLP_opt"], case["outputs"]["mu_opt"]
        gain, error = additive_link(inputs)[0](inputs["mu"])
        single, single_error = asymptotic.no_decoy_single_photons(gain=gain, error_rate=error, intensity=inputs["mu"])
        fraction = asymptotic.gllp_fraction(
            gain=gain,
            error_rate=error,
            single_photon_gain=single,
            single_photon_error_rate=single_error,
            error_correction_efficiency=inputs["f"],
        )
        assert max(inputs["q"] * fraction, 0) == pytest.approx(expected, rel=RTOL)


def test_the_fraction_is_the_length_per_pulse_and_takes_samples():
    mu, p = np.array([0.6, 0.1, 1e-3]), np.array([0.6, 0.3, 0.1])
    transmittance = np.geomspace(1e-5, 1e-1, 7)[:, None]
    gains = 1 - (1 - 1e-6) * np.exp(-transmittance * mu)
    errors = (0.5e-6 + 0.01 * -np.expm1(-transmittance * mu)) / gains
    fraction = asymptotic.decoy_bb84_fraction(gains=gains, error_rates=errors, intensities=mu, probabilities=p)
    assert fraction.shape == (7,)
    assert np.all(np.diff(fraction) > 0)
    length = asymptotic.decoy_bb84_length(
        key_counts=1e9 * p * gains,
        key_errors=1e9 * p * gains * errors,
        test_counts=1e5 * p * gains,
        test_errors=1e5 * p * gains * errors,
        intensities=mu,
        probabilities=p,
    )
    np.testing.assert_allclose(length, 1e9 * fraction, rtol=1e-9)
