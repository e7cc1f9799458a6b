"""What a beam that does not point where it should costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from satqkd.link.checks import within
from satqkd.link.gaussian import captured_fraction
from satqkd.units import FloatArray


def mean_pointing_transmittance(
    range_m: ArrayLike,
    *,
    beam_radius_m: ArrayLike,
    aperture_m: ArrayLike,
    jitter_rad: ArrayLike,
    bias_rad: ArrayLike = 0.0,
    obscuration_ratio: ArrayLike = 0.0,
) -> FloatArray:
    """Mean transmittance of a jittering, biased Gaussian beam over that of the same beam at rest on its target.

    Parameters
    ----------
    range_m : array_like
        Distance [m], any shape.
    beam_radius_m : array_like
        1/e² radius of the steady beam at that range [m].
    aperture_m : array_like
        Diameter of the receiver [m].
    jitter_rad : array_like
        Standard deviation of the pointing error per axis [rad], Gaussian, the same in both axes.
    bias_rad : array_like, optional
        Static pointing error [rad].
    obscuration_ratio : array_like, optional
        Central obscuration of the receiver, diameter over diameter.

    Returns
    -------
    ndarray
        Transmittance in [0, 1]. A shaking beam that would fill the shadow of the central obscuration is not credited.

    Notes
    -----
    A Gaussian beam convolved with Gaussian jitter is a Gaussian of w² + 4 sigma² L², centred at b L: exact for any
    receiver size. For a small receiver it is theta²/(theta² + 4 sigma²) exp(-2 b²/(theta² + 4 sigma²)).
    """
    length = within("range_m", range_m, 0.0)
    w = within("beam_radius_m", beam_radius_m, 0.0, above=True)
    sigma = within("jitter_rad", jitter_rad, 0.0)
    bias = within("bias_rad", bias_rad, 0.0)
    steady = captured_fraction(w, aperture_m=aperture_m, obscuration_ratio=obscuration_ratio)
    mean = captured_fraction(
        np.hypot(w, 2.0 * sigma * length),
        aperture_m=aperture_m,
        obscuration_ratio=obscuration_ratio,
        offset_m=bias * length,
    )
    return np.asarray(np.clip(mean / steady, 0.0, 1.0))
