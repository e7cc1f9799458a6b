"""Constants of nature and of the models, each with one owner: here."""

from __future__ import annotations

DAY_S = 86400.0
"""Seconds of a day [s]."""

LIGHT_SPEED_M_S = 299792458.0
"""Speed of light in vacuum, SI [m/s]."""
PLANCK_J_S = 6.62607015e-34
"""Planck's constant, SI [J s]."""
ASTRONOMICAL_UNIT_M = 149597870700.0
"""Astronomical unit, IAU 2012 resolution B2 [m]."""
SUN_RADIUS_M = 695.7e6
"""Nominal solar radius, IAU 2015 resolution B3 [m]."""
TROPICAL_YEAR_DAYS = 365.24219
"""Mean tropical year of 2000 [d]."""

WGS84_RADIUS_M = 6378137.0
"""Equatorial radius of the WGS84 ellipsoid [m]."""
WGS84_FLATTENING = 1.0 / 298.257223563
"""Flattening of the WGS84 ellipsoid [1]."""
WGS84_GM_M3_S2 = 3.986004418e14
"""Gravitational parameter of the Earth, WGS84 [m^3/s^2]."""
WGS84_ROTATION_RAD_S = 7.292115e-5
"""Rotation of the Earth, WGS84 [rad/s]."""
EARTH_MEAN_RADIUS_M = 6_371_000.0
"""Mean radius of the Earth, IUGG [m]."""

# WGS72, the gravity model of SGP4 (Vallado, Crawford, Hujsak and Kelso, AIAA 2006-6753, doi:10.2514/6.2006-6753).
SGP4_RADIUS_M = 6378135.0
"""Equatorial radius of the Earth in SGP4 [m]."""
SGP4_GM_M3_S2 = 3.986008e14
"""Gravitational parameter of the Earth in SGP4 [m^3/s^2]."""
SGP4_J2 = 1.082616e-3
"""Oblateness of the Earth in SGP4 [1]."""
