"""A Gaussian beam over an annular telescope: the overlap that beam and pointing are built on."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, takes_quantities, within
from satqkd.link.quadrature import gauss_legendre

_CHUNK = 50_000  # samples integrated at a time, to bound memory


@takes_quantities
def captured_fraction(
    beam_radius_m: ArrayLike, *, aperture_m: ArrayLike, obscuration_ratio: ArrayLike = 0.0, offset_m: ArrayLike = 0.0
) -> FloatArray:
    """Share of a Gaussian beam's power that falls into an annular telescope.

    Parameters
    ----------
    beam_radius_m : array_like
        1/e² radius of the beam at the telescope [m].
    aperture_m : array_like
        Diameter of the telescope [m].
    obscuration_ratio : array_like, optional
        Central obscuration, diameter over diameter, in [0, 1).
    offset_m : array_like, optional
        Distance of the beam's centre from the telescope's [m].

    Returns
    -------
    ndarray
        Transmittance in [0, 1], broadcast shape of the arguments.

    Notes
    -----
    Centred: exp(-2 g² a²/w²) - exp(-2 a²/w²). Off centre: the Gaussian integrated over azimuth, (4 r/w²)
    exp(-2 (r² + d²)/w²) I0(4 r d/w²), by Gauss-Legendre over the radius.
    """
    w = within("beam_radius_m", beam_radius_m, 0.0, above=True)
    a = within("aperture_m", aperture_m, 0.0, above=True) / 2.0
    g = within("obscuration_ratio", obscuration_ratio, 0.0, 1.0)
    d = within("offset_m", offset_m, 0.0)
    w = np.maximum(w, 1e-12 * a)  # a point already, and a square that is still a number
    if not np.any(d):
        # exp(-x g²) (1 - exp(-x (1 - g²))), without the cancellation of the textbook's difference
        x = 2.0 * (a / w) ** 2
        return np.asarray(np.exp(-x * g**2) * -np.expm1(-x * (1.0 - g**2)) + 0.0 * d)
    from scipy.special import i0e  # 0.2 s to import, and only a static bias needs it

    w, a, g, d = np.broadcast_arrays(w, a, g, d)
    if w.size == 0:
        return np.zeros(w.shape)
    if w.size > _CHUNK:
        pieces = zip(*(np.array_split(x.ravel(), w.size // _CHUNK + 1) for x in (w, a, g, d)), strict=True)
        return np.concatenate(
            [captured_fraction(w_, aperture_m=2 * a_, obscuration_ratio=g_, offset_m=d_) for w_, a_, g_, d_ in pieces]
        ).reshape(w.shape)
    reach = 7.0 * w
    high = np.minimum(a, np.maximum(d + reach, a * g))
    # Of a beam that passes by, the rim nearest to it catches all but 1e-20 of what is caught within two beam radii.
    low = np.minimum(np.maximum(g * a, np.minimum(d - reach, a - 2.0 * w)), high)
    # A telescope much smaller than the beam sees it nearly flat.
    flat = float(np.max(a * (a + d) / w**2)) < 0.5
    nodes, weights = gauss_legendre([-1.0, 1.0], 12 if flat else 48)
    r = (low + high)[..., None] / 2.0 + (high - low)[..., None] / 2.0 * nodes
    w_, d_ = w[..., None], d[..., None]
    density = 4.0 * r / w_**2 * np.exp(-2.0 * ((r - d_) / w_) ** 2) * i0e(4.0 * r * d_ / w_**2)
    return np.asarray(np.clip((density @ weights) * (high - low) / 2.0, 0.0, 1.0))
