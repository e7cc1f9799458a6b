"""No public function throws a unit or a mask away: a Quantity is converted to its parameter's unit or refused.

Every public function of link and protocols, and every method of their nouns, is found here by itself; a new parameter
only needs a sample value below.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import math
import pkgutil
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from astropy import units as u

import satqkd as sq
from satqkd import link, orbit, protocols
from satqkd.arrays import as_float, as_floats, broadcast_floats, takes_quantities, unit_of
from satqkd.errors import InputError

# A value that suits every parameter of a name, in the unit of its suffix.
SAMPLES: dict[str, Any] = {
    "aperture_m": 1.0,
    "apparent_deg": 20.0,
    "altitude_m": 500.0,
    "afterpulse_probability": 0.01,
    "azimuth_deg": [40.0, 50.0],
    "at": 0.5,
    "background_cps": 300.0,
    "dark_count_probabilities": (1e-6, 1e-6),
    "efficiency_mismatch": 0.01,
    "background_error_rate": 0.5,
    "background_yield": 1e-6,
    "basis_probability": 0.4,
    "beam_quality": 1.1,
    "beam_radius_m": 5.0,
    "bias_rad": 1e-6,
    "bias_x_rad": 1e-6,
    "bias_y_rad": 1e-6,
    "click_rate_cps": 1e4,
    "clock_rate_hz": 1e8,
    "cn2_integral": 2.2e-12,
    "coincidence_window_s": 1e-9,
    "contrast": 280.0,
    "counts": 1e6,
    "dark_count_hz": 50.0,
    "dead_time_s": 5e-8,
    "decoy_error_rate": 0.02,
    "decoy_gain": 1e-4,
    "decoy_intensity": 0.1,
    "divergence_rad": 1e-5,
    "doubling_k": 8.0,
    "efficiencies": [0.5, 0.6],
    "efficiency": 1.16,
    "elevation_deg": 45.0,
    "epsilon": 1e-9,
    "epsilon_correctness": 1e-15,
    "epsilon_secrecy": 1e-9,
    "error_correction_efficiency": 1.16,
    "error_rate": 0.02,
    "error_rates": [0.01, 0.02, 0.5],
    "errors": 1e4,
    "extinction_v_mag": 0.2,
    "field_of_view_rad": 1e-4,
    "filter_bandwidth_m": 1e-9,
    "fried_parameter_m": 0.1,
    "gain": 1e-3,
    "gains": [1e-3, 1.3e-4, 1e-6],
    "gate_s": 2e-9,
    "ground_cn2": 1.7e-14,
    "ground_wind_m_s": 5.0,
    "half_angle_rad": 7e-6,
    "height_m": 1000.0,
    "intensities": [0.8, 0.1, 0.0],
    "intensity": 0.8,
    "irradiance_ratio": 1.0,
    "jitter_rad": 1e-6,
    "jitter_s": 1e-10,
    "jitter_x_rad": 1e-6,
    "jitter_y_rad": 2e-6,
    "key_bits": 1e6,
    "key_counts": [8e5, 1e5, 1e3],
    "key_errors": [8e3, 2e3, 5e2],
    "key_error_rate": 0.02,
    "latitude_deg": 40.0,
    "leakage_bits": 1e5,
    "length_bits": 1e5,
    "log2_inverse_epsilon": 30.0,
    "log_inverse_epsilon": 20.0,
    "mean_motion_rev_day": 15.2,
    "mean_photon_number": 0.8,
    "message_bits": 1e8,
    "misalignment_error": 0.01,
    "moment_5_3": 1e-5,
    "moment_5_6": 1e-9,
    "moon_elevation_deg": 30.0,
    "moon_illumination": 0.7,
    "moon_separation_deg": 60.0,
    "moon_zenith_distance_deg": 40.0,
    "noise_a_cps": 300.0,
    "noise_b_cps": 300.0,
    "noise_cps": 300.0,
    "noise_probability": 1e-6,
    "obscuration_ratio": 0.3,
    "offset_m": 0.5,
    "orbit_altitude_m": 5e5,
    "pair_rate_hz": 1e6,
    "path_m": 7e5,
    "period_s": 1e-8,
    "phase_angle_deg": 30.0,
    "probabilities": [0.5, 0.25, 0.25],
    "probability": 0.3,
    "radiance_w_m2_sr_um": 1e-4,
    "range_m": 8e5,
    "range_rate_m_s": 3000.0,
    "rate": 0.02,
    "rate_cps": 1e5,
    "reference_k": 253.0,
    "relative_transmittance": 0.5,
    "residual_rad": 0.1,
    "residual_rms_rad": 0.1,
    "rest": 1e6,
    "rotation_error": 0.01,
    "rotation_rad": [0.1, 0.2, 0.3],
    "rytov_variance": 0.2,
    "sample": 1e6,
    "satellite_m": 1.0,
    "scale_height_m": 7000.0,
    "separation_deg": 60.0,
    "shift_m": 1e-11,
    "signal_gain": 1e-3,
    "signal_intensity": 0.8,
    "single_photon_error_rate": 0.02,
    "single_photon_gain": 5e-4,
    "site_altitude_m": 100.0,
    "sky_quality_v_mag_arcsec2": 20.0,
    "slew_rad_s": 0.01,
    "source_error": 0.005,
    "station_altitude_m": 500.0,
    "stray_probability": 1e-7,
    "sun_elevation_deg": -14.0,
    "t_s": [0.0, 1.0],
    "temperature_k": 263.0,
    "test_bits": 1e6,
    "test_counts": [8e5, 1e5, 1e3],
    "test_error_rate": 0.02,
    "test_errors": [8e3, 2e3, 5e2],
    "transmittance": 1e-3,
    "transmittance_a": 1e-3,
    "transmittance_b": 0.3,
    "transmitter_aperture_m": 0.3,
    "transmitter_obscuration_ratio": 0.2,
    "true_deg": 20.0,
    "true_elevation_deg": 20.0,
    "visibility": 0.95,
    "visibility_m": 2e4,
    "waist_radius_m": 0.1,
    "wavelength_m": 850e-9,
    "wind_moment": 1e-9,
    "wind_m_s": 21.0,
    "zenith_distance_deg": 30.0,
}
# What else a function needs, and samples that differ from those above.
OTHERS: dict[str, Any] = {
    "divergence_definition": "1/e2",
    "detectors": 4,
    "sight": link.LineOfSight(elevation_deg=[40.0, 50.0], range_m=[9e5, 8e5], station_altitude_m=500.0),
    "sky": link.SkyLight(moon_elevation_deg=30.0, moon_illumination=0.5, moon_separation_deg=60.0),
    "detector": link.detector.Detector(efficiency=0.5, dark_count_hz=25.0, gate_s=2e-9),
}
BY_FUNCTION: dict[str, dict[str, Any]] = {
    "phase_error_bound": {"errors": 1e4},
    "bbm92.secret_key_length": {"test_errors": 1e4, "key_bits": 1e6},
    "one_decoy_bb84.secret_key_length": {
        "intensities": [0.5, 0.1],
        "probabilities": [0.7, 0.3],
        "key_counts": [8e5, 1e5],
        "key_errors": [8e3, 2e3],
        "test_counts": [8e5, 1e5],
        "test_errors": [8e3, 2e3],
    },
    "asymptotic.one_decoy_bb84_length": {
        "intensities": [0.5, 0.1],
        "probabilities": [0.7, 0.3],
        "key_counts": [8e5, 1e5],
        "key_errors": [8e3, 2e3],
        "test_counts": [8e5, 1e5],
        "test_errors": [8e3, 2e3],
    },
    "polarization.motion_angle_rad": {"elevation_deg": [40.0, 41.0]},
    "Uncompensated.rotation_error": {"elevation_deg": [40.0, 41.0], "range_m": [8e5, 7.9e5]},
    "Uncompensated.rotation_rad": {"elevation_deg": [40.0, 41.0], "range_m": [8e5, 7.9e5]},
    "polarization.body_angle_rad": {"elevation_deg": [40.0, 41.0], "range_m": [8e5, 7.9e5]},
    "polarization.gimbal_angle_rad": {"elevation_deg": [40.0, 41.0], "range_m": [8e5, 7.9e5]},
    "BBM92.secret_key": {"counts": [[1e6], [1e6]], "errors": [[1e4], [1e4]]},
    "BBM92.asymptotic_bits": {"counts": [[1e6], [1e6]], "errors": [[1e4], [1e4]]},
    "leakage.block_leakage": {"model": "efficiency"},
    "scintillation.scintillation_height_m": {"profile": link.turbulence.HufnagelValley()},
    "scintillation.weak_scintillation_index": {"profile": link.turbulence.HufnagelValley()},
}

OTHER_UNITS = {
    "m": "cm",
    "rad": "arcsec",
    "deg": "rad",
    "s": "us",
    "Hz": "kHz",
    "1 / s": "kHz",
    "m / s": "km / h",
    "rad / s": "deg / s",
    "K": "mK",
    "km": "m",
    "bit": "kbit",
    "mag": "mmag",
    "cycle / day": "cycle / hour",
    "W / (m2 sr um)": "W / (m2 sr nm)",
    "": "%",
}
NOT_AT_THE_EDGE = {
    # Steps of the search or of a proof, called with arrays that are checked already.
    "decoy_bb84.key_chain",
    "decoy_bb84.photon_bounds",
    "decoy_bb84.overhead_bits",
    "one_decoy_bb84.key_chain",
    "one_decoy_bb84.photon_bounds",
    "hypergeometric.phase_error_rates",
    "hypergeometric.most_errors_elsewhere",
    "hypergeometric.log_tail",
    "moonlight.scattered_w_m2_sr_um",
    "authentication.checked_total",
    "block.combine_bases",
    # Words, not numbers, come out of these.
    "divergence.check_definition",
    "divergence.explain",
    "Transmitter.doubt",
    "Receiver.doubt",
    "sampling.divergence",
    "sampling.invert_tail",
    "HufnagelValley.moment",
    "block.plain",
    "quadrature.monotone_cubic",
    "quadrature.gauss_legendre",
    "quadrature.chebyshev_nodes",
    "quadrature.chebyshev_interpolate",
}


def nouns() -> dict[str, Any]:
    """Return one object of every model that a budget or a protocol may use."""
    from satqkd.link.terminals import read_terminal
    from satqkd.protocols.bbm92 import BBM92

    pointing = {"pointing_jitter_rad": 1e-6, "pointing_jitter_elevations_deg": (10.0, 90.0)}
    pointing["pointing_jitter_factors"] = (2.0, 1.0)
    measured = {"aperture_m": 0.3, "divergence_rad": 1e-5, "divergence_definition": "uniform"}
    micius = read_terminal("micius")
    return {
        "Transmitter": link.beam.Transmitter(**measured, **pointing),
        "CollimatedGaussian": link.beam.CollimatedGaussian(waist_radius_m=0.1, **pointing),
        "TruncatedGaussian": link.diffraction.TruncatedGaussian(aperture_m=0.3, waist_radius_m=0.12, **pointing),
        "Receiver": micius.receiver,
        "Detector": OTHERS["detector"],
        "ZenithExtinction": link.air.ZenithExtinction(zenith_extinction_db=1.0),
        "ClearSkyTable": link.modtran.ClearSkyTable(),
        "VisibilityTable": link.modtran.VisibilityTable(visibility_m=2e4),
        "Visibility": link.air.Visibility(visibility_m=2e4),
        "FixedRadiance": link.background.FixedRadiance(radiance_w_m2_sr_um=1e-4),
        "NightClass": link.background.NightClass(),
        "NaturalSky": link.background.NaturalSky(),
        "HufnagelValley": link.turbulence.HufnagelValley(),
        "NoTurbulence": link.turbulence.NoTurbulence(),
        "Compensated": link.polarization.Compensated(residual_rms_rad=0.1),
        "Uncompensated": link.polarization.Uncompensated(focus="coude", reference="body"),
        "BBM92": BBM92(pair_rate_hz=1e6, coincidence_window_s=1e-9, key_basis_probability=0.5),
        "Refraction": orbit.Refraction(),
    }


def public_functions() -> dict[str, Callable[..., Any]]:
    """Return every public function of numbers of link and protocols, and every method of their nouns."""
    found: dict[str, Callable[..., Any]] = {}
    for room in (link, protocols):
        for path in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            module, leaf = importlib.import_module(path.name), path.name.rpartition(".")[2]
            if leaf in ("checks", "search", "objective", "parameters", "profiles", "photons", "fluctuation"):
                continue
            for name, value in vars(module).items():
                own = inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
                if own and f"{leaf}.{name}" not in NOT_AT_THE_EDGE:
                    found[f"{leaf}.{name}"] = value
    for name in ("mean_altitude_m", "slant_range_m"):
        found[f"slant.{name}"] = getattr(importlib.import_module("satqkd.orbit.slant"), name)
    for one in (link.LineOfSight, link.SkyLight):
        found[one.__name__] = one
    for noun, item in nouns().items():
        for name, _ in inspect.getmembers(type(item), inspect.isfunction):
            if not name.startswith("_"):
                found[f"{noun}.{name}"] = getattr(item, name)
    return {name: value for name, value in found.items() if numbers_of(value) and name not in NOT_AT_THE_EDGE}


def numbers_of(function: Callable[..., Any]) -> list[str]:
    """Return the parameters that take numbers."""
    return [
        name
        for name, one in inspect.signature(function).parameters.items()
        if ("ArrayLike" in str(one.annotation) or str(one.annotation).startswith(("float", "FloatArray")))
        and one.kind is not inspect.Parameter.VAR_POSITIONAL
    ]


FUNCTIONS = public_functions()
OTHER_DIMENSION = "kg"


def arguments(name: str) -> dict[str, Any]:
    own = BY_FUNCTION.get(name, BY_FUNCTION.get(name.partition(".")[2], {}))
    given = {}
    for parameter, declared in inspect.signature(FUNCTIONS[name]).parameters.items():
        for source in (own, SAMPLES, OTHERS):
            if parameter in source:
                given[parameter] = source[parameter]
                break
        else:
            assert declared.default is not inspect.Parameter.empty, f"{name} takes {parameter}: add a sample"
    return given


def flat(value: Any) -> list[float]:
    if value is None or isinstance(value, str):
        return []
    if isinstance(value, dict):
        return [x for one in value.values() for x in flat(one)]
    if dataclasses.is_dataclass(value):
        return [x for field in dataclasses.fields(value) for x in flat(getattr(value, field.name))]
    if isinstance(value, tuple | list):
        return [x for one in value for x in flat(one)]
    return np.ravel(np.asarray(value, dtype=float)).tolist()


def call(name: str, given: dict[str, Any]) -> list[float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return flat(FUNCTIONS[name](**given))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_quantity_is_converted(name):
    given = arguments(name)
    plain = call(name, given)
    assert plain
    for parameter in set(given) & set(numbers_of(FUNCTIONS[name])):
        unit = u.Unit(unit_of(parameter))
        other = OTHER_UNITS[unit_of(parameter)]
        quantity = (np.asarray(given[parameter]) * unit).to(other)
        assert call(name, {**given, parameter: quantity}) == pytest.approx(plain, rel=1e-9), parameter


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_quantity_of_another_dimension_is_refused(name):
    given = arguments(name)
    for parameter in set(given) & set(numbers_of(FUNCTIONS[name])):
        with pytest.raises(InputError, match=r"cannot be converted"):
            call(name, {**given, parameter: np.asarray(given[parameter]) * u.Unit(OTHER_DIMENSION)})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_mask_is_never_lost(name):
    given = arguments(name)
    for parameter in set(given) & set(numbers_of(FUNCTIONS[name])):
        hidden = np.ma.masked_array(given[parameter], mask=np.ones_like(given[parameter], dtype=bool))
        with pytest.raises(InputError, match=r"masked"):
            call(name, {**given, parameter: hidden})


def test_the_sightings():
    eta = link.beam.geometric_transmittance(
        800 * u.km, aperture_m=1.0, divergence_rad=1e-5, divergence_definition="uniform", transmitter_aperture_m=0.3
    )
    assert -10.0 * np.log10(eta) == pytest.approx(18.413, abs=0.001)  # 3.1 dB at 800 m
    assert float(link.airmass.airmass(0.5 * u.rad)) == pytest.approx(2.08, abs=0.005)
    table = sq.budget("micius-xinglong-2016-12-19", elevation_deg=0.5 * u.rad)
    assert table["elevation_deg"].iloc[0] == pytest.approx(np.degrees(0.5))
    assert float(as_floats("angle_rad", [1.0 * u.deg, 0.1])[0]) == pytest.approx(np.pi / 180.0)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("range_m", True, "not a number"),
        ("range_m", "800", "not a number"),
        ("range_m", 1 + 2j, "not a number"),
        ("range_m", [[1.0], [1.0, 2.0]], "different lengths"),
        ("range_m", None, "not a number"),
        ("range_m", 3 * u.s, "cannot be converted"),
    ],
)
def test_what_is_no_number_is_refused(name, value, words):
    with pytest.raises(InputError, match=words):
        as_floats(name, value)


def test_one_number_is_one_number():
    assert as_float("days", 36 * u.hour) == 1.5
    with pytest.raises(InputError, match="one number"):
        as_float("days", [1.0, 2.0])


def test_shapes_that_do_not_go_together():
    with pytest.raises(InputError, match=r"errors \(2,\), sample \(3,\)"):
        broadcast_floats(errors=[1.0, 2.0], sample=[1.0, 2.0, 3.0])
    with pytest.raises(InputError, match=r"do not go together: key_error_rate \(3,\), test_error_rate \(2,\)"):
        protocols.asymptotic.bbm92_fraction(key_error_rate=[0.01, 0.02, 0.03], test_error_rate=[0.01, 0.02])


def test_numbers_beyond_the_floats_are_named():
    @takes_quantities
    def ratio(a_m: float, b_m: float) -> float:
        return math.exp(a_m / b_m)

    assert ratio(1.0, 2.0) == math.exp(0.5)
    with pytest.raises(InputError, match="ratio leaves the range of floats") as caught:
        ratio(1.0, b_m=0.0)
    assert "a_m = 1.0, b_m = 0.0" in str(caught.value)
    with pytest.raises(InputError, match="math range error"):
        ratio(1e300, 1e-5)


def test_an_error_of_another_kind_comes_through():
    @takes_quantities
    def fails(a_m: float) -> float:
        raise ValueError("not about numbers")

    with pytest.raises(ValueError, match="not about numbers"):
        fails(1.0)


def aperture(quantity: Any) -> dict[str, Any]:
    return {"link.receiver.aperture_m": quantity}


@pytest.mark.parametrize(
    "make",
    [
        (lambda q: link.receiver.Receiver(aperture_m=q, field_of_view_rad=1e-4, filter_bandwidth_m=1e-9).aperture_m),
        (lambda q: link.beam.CollimatedGaussian(waist_radius_m=q).waist_radius_m),
        (lambda q: orbit.Station(name="roof", latitude_deg=0.0, longitude_deg=0.0, altitude_m=q).altitude_m),
        (lambda q: 1e-6 * orbit.MaxRange(1e6 * q).max_range_m),
        (
            lambda q: (
                sq.load_scenario("micius-nanshan-2017").with_({"link.receiver.aperture_m": q}).link.receiver.aperture_m
            )
        ),
    ],
)
def test_a_noun_holds_plain_numbers(make):
    held = make(80 * u.cm)
    assert type(held) is float
    assert held == pytest.approx(0.8)
    with pytest.raises(InputError):
        make(80 * u.s)


def test_the_sky_takes_quantities_too():
    roof = orbit.Station(name="roof", latitude_deg=0.84 * u.rad, longitude_deg=15.0, altitude_m=0.5 * u.km)
    elements = sq.load_scenario("micius-nanshan-2017").read_elements()
    window = ("2017-03-05", "2017-03-06")
    plain = orbit.find_passes(elements, roof, *window, min_elevation_deg=20.0)
    turned = orbit.find_passes(elements, roof, *window, min_elevation_deg=(20.0 * u.deg).to("rad"))
    assert turned["aos_utc"].tolist() == plain["aos_utc"].tolist()
    with pytest.raises(InputError, match="min_elevation_deg"):
        orbit.find_passes(elements, roof, *window, min_elevation_deg=20.0 * u.m)
    skyline = orbit.HorizonMask((0.0, 3.0) * u.rad, (10.0, 20.0))
    assert skyline.azimuth_deg == pytest.approx((0.0, np.degrees(3.0)))
    with pytest.raises(InputError, match="days"):
        sq.find_passes("micius-nanshan-2017", days=3.0 * u.km)
    with pytest.raises(InputError, match="masked"):
        link.airmass.airmass(np.ma.masked_array([30.0, 40.0], mask=[False, True]))
