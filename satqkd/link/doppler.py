"""What the satellite's motion does to wavelength and time.

The budget asks for the shift in wavelength; the shift in frequency and the clock's drift wait for links that lock to
them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from satqkd.arrays import FloatArray, takes_quantities, within
from satqkd.constants import LIGHT_SPEED_M_S


@takes_quantities
def doppler_ratio(range_rate_m_s: ArrayLike) -> FloatArray:
    """Relative change of frequency of light from a receding (positive rate) satellite.

    Parameters
    ----------
    range_rate_m_s : array_like
        Rate at which the range grows [m/s].

    Returns
    -------
    ndarray
        df/f = -rdot/c [1], first order: the second-order and gravitational shifts are below 1e-9.

    Examples
    --------
    >>> float(doppler_ratio(-7000.0).round(8))
    2.335e-05
    """
    return np.asarray(-within("range_rate_m_s", range_rate_m_s, -3e5, 3e5) / LIGHT_SPEED_M_S)


@takes_quantities
def doppler_shift_hz(range_rate_m_s: ArrayLike, *, wavelength_m: ArrayLike) -> FloatArray:
    """Change of optical frequency [Hz] at a range rate [m/s] and an emitted wavelength [m]."""
    wavelength = within("wavelength_m", wavelength_m, 0.0, above=True)
    return np.asarray(doppler_ratio(range_rate_m_s) * LIGHT_SPEED_M_S / wavelength)


@takes_quantities
def doppler_shift_m(range_rate_m_s: ArrayLike, *, wavelength_m: ArrayLike) -> FloatArray:
    """Change of wavelength [m], lambda rdot/c: longer from a receding satellite."""
    return np.asarray(-doppler_ratio(range_rate_m_s) * within("wavelength_m", wavelength_m, 0.0, above=True))


@takes_quantities
def clock_drift(range_rate_m_s: ArrayLike) -> FloatArray:
    """Relative drift of the satellite's clock as received [s/s], rdot/c: pulses arrive later and later as it recedes.

    Times a clock period it is how far the next pulse moves against the last; times a synchronisation interval, how far
    the gate would be off if nobody followed.
    """
    return np.asarray(-doppler_ratio(range_rate_m_s))


@takes_quantities
def light_time_s(range_m: ArrayLike) -> FloatArray:
    """Time light takes over a range [m], one way, in vacuum [s]; the air adds some 8 ns at the zenith."""
    return np.asarray(within("range_m", range_m, 0.0) / LIGHT_SPEED_M_S)
