"""Which seconds of a pass count: the built-in constraints.

A constraint is a callable on (pass row, seconds of that pass) that returns True for each second that counts, with a
`reason`: what is said of a pass that loses all its seconds to it. A user's own may be any such callable. The built-in
ones that look at each second by itself also have `counts`, which is asked once for the seconds of all passes, and a
`margin`, whose roots are where seconds begin and cease to count; some know from the pass table that a pass `never` has
a second, or that it `always` counts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Le

from satqkd.arrays import BoolArray, FloatArray, as_floats
from satqkd.errors import InputError, did_you_mean
from satqkd.fields import LongRange, Positive, noun
from satqkd.orbit.rejection import Kind
from satqkd.orbit.samples import PassSamples
from satqkd.orbit.sky import QUANTITIES, TWILIGHT_DEG, Sky
from satqkd.reads import FileRead, file_read

if TYPE_CHECKING:
    import pandas as pd

ElevationDeg = Annotated[float, Ge(-90.0), Le(90.0)]
_SUN_DEG_S = 0.0042
"""More than the Sun's elevation changes, by the Earth's rotation [deg/s]."""
SHORT_PASS_S = 1800.0
"""Passes up to this are over before the range has more than one minimum [s]."""
SeparationDeg = Annotated[float, Ge(0.0), Le(180.0)]


@dataclass(frozen=True, slots=True)
class Seconds:
    """Samples of one pass or of many with the sky above them.

    Every array of `PassSamples` and `Sky` is an attribute: ``range_m``, ``elevation_deg``, ``sun_elevation_deg``,
    ``satellite_sunlit`` and so on, one entry a second.
    """

    samples: PassSamples
    sky: Sky
    part: slice

    def __getattr__(self, name: str) -> Any:
        if name in self.samples.__dataclass_fields__ and name != "offsets":
            return getattr(self.samples, name)[self.part]
        if name in QUANTITIES:
            return getattr(self.sky, name)[self.part]
        raise AttributeError(f"seconds have no {name!r}")

    def __len__(self) -> int:
        return len(self.samples.t_s[self.part])


class _EachSecond:
    """A constraint that looks at each second by itself."""

    __slots__ = ()

    grid_s: ClassVar[float] = 100.0
    """Spacing of instants between which the margin changes its sign once at most, but for a single turn [s]."""
    nearest: ClassVar[tuple[str, Literal["min", "max"]] | None] = None
    """The quantity whose least or largest value tells how near a pass came."""

    column: ClassVar[str | None] = None
    """The column of the pass table that holds it, where one does."""

    def foretold(self, passes: pd.DataFrame) -> tuple[BoolArray, BoolArray] | None:
        """Return in which passes no second counts, and in which some does, as far as their table tells."""
        return None

    def margin(self, seconds: Seconds) -> FloatArray:
        """Return by how much the limit is kept, negative where it is not; continuous along a pass."""
        raise TypeError(f"{type(self).__name__} has no margin.")

    def words(self, value: float) -> str:
        """Return the nearest value in words."""
        return f"{value:g}"

    def shortfall(self, seconds: Seconds) -> str:
        """Return how near the pass came; nothing where there is no such number."""
        if self.nearest is None:
            return ""
        name, which = self.nearest
        return self.words(float(getattr(getattr(seconds, name), which)()))

    def __call__(self, pass_row: Mapping[str, Any], seconds: Seconds) -> BoolArray:
        return self.counts(seconds)

    def counts(self, seconds: Seconds) -> BoolArray:
        """Return which seconds count."""
        raise TypeError(f"{type(self).__name__} does not say which seconds count.")


@noun(kw_only=False)
class MaxRange(_EachSecond):
    """Count the seconds within a range [m]."""

    kind: ClassVar[Kind] = "range"
    nearest = ("range_m", "min")
    column = "min_range_m"

    max_range_m: LongRange

    @property
    def reason(self) -> str:
        """What is said of a pass without such a second."""
        return f"range above {self.max_range_m / 1e3:g} km"

    def counts(self, seconds: Seconds) -> BoolArray:
        """Return which seconds count."""
        return np.asarray(seconds.range_m <= self.max_range_m)

    def never(self, passes: pd.DataFrame, edges: Seconds) -> BoolArray:
        """Return the passes without such a second; `edges` are AOS, TCA and LOS of each."""
        return np.asarray(passes["min_range_m"].to_numpy() > self.max_range_m)

    def foretold(self, passes: pd.DataFrame) -> tuple[BoolArray, BoolArray]:
        """Return in which passes no second counts, and in which some does: the shortest range tells."""
        far = passes["min_range_m"].to_numpy() > self.max_range_m
        return far, ~far

    def rate(self, seconds: Seconds) -> FloatArray:
        """Return the derivative of the margin [m/s].

        The range of a short pass is convex, so that Newton's method comes in from either end.
        """
        return -np.asarray(seconds.range_rate_m_s)

    def always(self, passes: pd.DataFrame, edges: Seconds) -> BoolArray:
        """Return the passes that certainly lie within the range: short ones are farthest at either end."""
        short = edges.t_s[2::3] - edges.t_s[0::3] < SHORT_PASS_S
        return np.asarray(short & (np.maximum(edges.range_m[0::3], edges.range_m[2::3]) <= self.max_range_m))

    def margin(self, seconds: Seconds) -> FloatArray:
        """Return how much nearer the satellite is than it must be [m]."""
        return np.asarray(self.max_range_m - seconds.range_m)

    def words(self, value: float) -> str:
        """Return the shortest range in words."""
        return f"shortest {value / 1e3:.1f} km"


@noun(kw_only=False)
class MinElevation(_EachSecond):
    """Count the seconds at or above an elevation [deg]."""

    kind: ClassVar[Kind] = "elevation"
    nearest = ("elevation_deg", "max")
    column = "max_elevation_deg"

    min_elevation_deg: ElevationDeg

    @property
    def reason(self) -> str:
        """What is said of a pass without such a second."""
        return f"elevation below {self.min_elevation_deg:g} deg"

    def counts(self, seconds: Seconds) -> BoolArray:
        """Return which seconds count."""
        return np.asarray(seconds.elevation_deg >= self.min_elevation_deg)

    def never(self, passes: pd.DataFrame, edges: Seconds) -> BoolArray:
        """Return the passes without such a second; `edges` are AOS, TCA and LOS of each."""
        return np.asarray(passes["max_elevation_deg"].to_numpy() < self.min_elevation_deg)

    def foretold(self, passes: pd.DataFrame) -> tuple[BoolArray, BoolArray]:
        """Return in which passes no second counts, and in which some does: the largest elevation tells."""
        low = passes["max_elevation_deg"].to_numpy() < self.min_elevation_deg
        return low, ~low

    def margin(self, seconds: Seconds) -> FloatArray:
        """Return how much higher the satellite stands than it must [deg]."""
        return np.asarray(seconds.elevation_deg - self.min_elevation_deg)

    def words(self, value: float) -> str:
        """Return the largest elevation in words."""
        return f"highest {value:.2f} deg"


@noun(kw_only=False)
class SunBelow(_EachSecond):
    """Count the seconds with the Sun at or below an elevation [deg] at the station."""

    kind: ClassVar[Kind] = "sun"
    nearest = ("sun_elevation_deg", "min")

    max_sun_elevation_deg: ElevationDeg = -12.0

    @classmethod
    def night(cls, twilight: str) -> SunBelow:
        """Return the limit by name: night begins when civil, nautical or astronomical twilight has ended.

        >>> SunBelow.night("astronomical").max_sun_elevation_deg
        -18.0
        """
        if twilight not in TWILIGHT_DEG:
            raise InputError(f"There is no twilight called {twilight!r}.", did_you_mean(twilight, TWILIGHT_DEG))
        return cls(TWILIGHT_DEG[twilight])

    @property
    def reason(self) -> str:
        """What is said of a pass without such a second."""
        return f"Sun above {self.max_sun_elevation_deg:g} deg"

    def counts(self, seconds: Seconds) -> BoolArray:
        """Return which seconds count."""
        return np.asarray(seconds.sun_elevation_deg <= self.max_sun_elevation_deg)

    def never(self, passes: pd.DataFrame, edges: Seconds) -> BoolArray:
        """Return the passes that certainly have no such second; `edges` are AOS, TCA and LOS of each."""
        farthest_s = np.maximum(-edges.t_s[0::3], edges.t_s[2::3])
        lowest_deg = edges.sun_elevation_deg[1::3] - _SUN_DEG_S * farthest_s
        return np.asarray(lowest_deg > self.max_sun_elevation_deg)

    def always(self, passes: pd.DataFrame, edges: Seconds) -> BoolArray:
        """Return the passes in which the Sun is certainly low enough; `edges` are AOS, TCA and LOS of each."""
        farthest_s = np.maximum(-edges.t_s[0::3], edges.t_s[2::3])
        highest_deg = edges.sun_elevation_deg[1::3] + _SUN_DEG_S * farthest_s
        return np.asarray(highest_deg <= self.max_sun_elevation_deg)

    def foretold(self, passes: pd.DataFrame) -> tuple[BoolArray, BoolArray] | None:
        """Return in which passes no second counts, and in which some does, as the Sun at TCA tells."""
        if "sun_elevation_deg" not in passes:
            return None
        at_tca = passes["sun_elevation_deg"].to_numpy()
        lowest = at_tca - _SUN_DEG_S * passes["duration_s"].to_numpy()
        return lowest > self.max_sun_elevation_deg, at_tca <= self.max_sun_elevation_deg

    def margin(self, seconds: Seconds) -> FloatArray:
        """Return how much lower the Sun stands than it must [deg]."""
        return np.asarray(self.max_sun_elevation_deg - seconds.sun_elevation_deg)

    def words(self, value: float) -> str:
        """Return the Sun's least elevation in words."""
        return f"lowest {value:.1f} deg"


@noun(kw_only=False)
class SunSeparation(_EachSecond):
    """Count the seconds with the satellite at least so far from the Sun's centre [deg]."""

    kind: ClassVar[Kind] = "sun-separation"
    grid_s = 1.0  # a satellite passes a small circle in seconds
    nearest = ("sun_separation_deg", "max")

    min_separation_deg: SeparationDeg

    @property
    def reason(self) -> str:
        """What is said of a pass without such a second."""
        return f"within {self.min_separation_deg:g} deg of the Sun"

    def counts(self, seconds: Seconds) -> BoolArray:
        """Return which seconds count."""
        return np.asarray(seconds.sun_separation_deg >= self.min_separation_deg)

    def margin(self, seconds: Seconds) -> FloatArray:
        """Return how much farther from the Sun the satellite stands than it must [deg]."""
        return np.asarray(seconds.sun_separation_deg - self.min_separation_deg)

    def words(self, value: float) -> str:
        """Return the largest separation in words."""
        return f"farthest {value:.1f} deg"


@noun(kw_only=False)
class MoonSeparation(_EachSecond):
    """Count the seconds with the Moon down, or the satellite at least so far from its centre [deg]."""

    kind: ClassVar[Kind] = "moon-separation"
    grid_s = 1.0  # a satellite passes a small circle in seconds
    nearest = ("moon_separation_deg", "max")

    min_separation_deg: SeparationDeg

    @property
    def reason(self) -> str:
        """What is said of a pass without such a second."""
        return f"within {self.min_separation_deg:g} deg of the Moon"

    def counts(self, seconds: Seconds) -> BoolArray:
        """Return which seconds count."""
        return np.asarray((seconds.moon_elevation_deg < 0.0) | (seconds.moon_separation_deg >= self.min_separation_deg))

    def margin(self, seconds: Seconds) -> FloatArray:
        """Return how much farther from the Moon the satellite stands than it must, or how far that is down [deg]."""
        apart = seconds.moon_separation_deg - self.min_separation_deg
        return np.asarray(np.maximum(apart, -seconds.moon_elevation_deg))

    def words(self, value: float) -> str:
        """Return the largest separation in words."""
        return f"farthest {value:.1f} deg"


@dataclass(frozen=True, slots=True)
class SatelliteSunlit(_EachSecond):
    """Count the seconds in which the Sun lights the satellite, as a visual search for it needs."""

    kind: ClassVar[Kind] = "shadow"

    reason: str = "satellite in the Earth's shadow"

    def counts(self, seconds: Seconds) -> BoolArray:
        """Return which seconds count."""
        return np.asarray(seconds.satellite_sunlit)

    def margin(self, seconds: Seconds) -> FloatArray:
        """Return how far outside the umbra the satellite stands [deg]."""
        return -np.asarray(seconds.shadow_depth_deg)


@dataclass(frozen=True, slots=True)
class SatelliteDark(_EachSecond):
    """Count the seconds in which the satellite is in the Earth's umbra and reflects no sunlight."""

    kind: ClassVar[Kind] = "sunlit"

    reason: str = "satellite lit by the Sun"

    def counts(self, seconds: Seconds) -> BoolArray:
        """Return which seconds count."""
        return np.asarray(~seconds.satellite_sunlit)

    def margin(self, seconds: Seconds) -> FloatArray:
        """Return how deep in the umbra the satellite stands [deg]."""
        return np.asarray(seconds.shadow_depth_deg)


@dataclass(frozen=True, slots=True)
class HorizonMask:
    """Count the seconds above a skyline, which is given by azimuth and interpolated around the circle.

    Parameters
    ----------
    azimuth_deg, elevation_deg : tuple of float
        The skyline [deg], in any order of azimuth.
    station : str, optional
        The only station that has this skyline; else all have.
    """

    kind: ClassVar[Kind] = "skyline"
    grid_s: ClassVar[float] = 2.0

    azimuth_deg: tuple[float, ...]
    elevation_deg: tuple[float, ...]
    station: str | None = None
    file: FileRead | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        azimuth, elevation = (as_floats(name, getattr(self, name)) for name in ("azimuth_deg", "elevation_deg"))
        if azimuth.ndim != 1 or azimuth.shape != elevation.shape or azimuth.size == 0:
            raise InputError("A horizon mask needs as many elevations as azimuths, and at least one of each.")
        if not (np.isfinite(azimuth).all() and (azimuth >= 0.0).all() and (azimuth <= 360.0).all()):
            raise InputError("The azimuths of a horizon mask must lie between 0 and 360 deg.")
        if not (np.isfinite(elevation).all() and (np.abs(elevation) <= 90.0).all()):
            raise InputError("The elevations of a horizon mask must lie between -90 and 90 deg.")
        object.__setattr__(self, "azimuth_deg", tuple(azimuth.tolist()))
        object.__setattr__(self, "elevation_deg", tuple(elevation.tolist()))

    @classmethod
    def from_csv(cls, path: str | Path, station: str | None = None) -> HorizonMask:
        """Read a skyline from a CSV file with the columns ``azimuth_deg`` and ``elevation_deg``."""
        try:
            raw = Path(path).read_bytes()
        except (OSError, ValueError) as error:
            cause = getattr(error, "strerror", None) or error
            raise InputError(f"The horizon mask {path} cannot be read: {cause}.", "Check the path.") from None
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            raise InputError(f"{path}:{line}: this is no UTF-8 text.", "Save the horizon mask as UTF-8.") from None
        rows = list(csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True))
        columns: list[tuple[float, ...]] = []
        for name in ("azimuth_deg", "elevation_deg"):
            values = []
            for line, row in enumerate(rows, start=2):
                try:
                    values.append(float(row[name]))
                except (KeyError, TypeError, ValueError):
                    raise InputError(
                        f"{path}:{line}: {name} = {row.get(name)!r} is no number.",
                        "Give a CSV file with the heading azimuth_deg,elevation_deg and numbers below it.",
                    ) from None
            columns.append(tuple(values))
        return cls(columns[0], columns[1], station, file_read(path, raw))

    @property
    def reason(self) -> str:
        """What is said of a pass without such a second."""
        return "behind the skyline"

    def skyline_deg(self, azimuth_deg: FloatArray) -> FloatArray:
        """Return the elevation of the skyline [deg] at azimuths [deg]."""
        return np.interp(azimuth_deg, self.azimuth_deg, self.elevation_deg, period=360.0)

    def always(self, passes: pd.DataFrame, edges: Seconds) -> BoolArray:
        """Return the passes over other stations."""
        return np.asarray(passes["station"] != self.station) & (self.station is not None)

    def margin(self, seconds: Seconds) -> FloatArray:
        """Return how much higher the satellite stands than the skyline [deg]."""
        return np.asarray(seconds.elevation_deg - self.skyline_deg(seconds.azimuth_deg))

    def __call__(self, pass_row: Mapping[str, Any], seconds: Seconds) -> BoolArray:
        """Return which seconds count."""
        if self.station is not None and pass_row["station"] != self.station:
            return np.ones(len(seconds), dtype=bool)
        return np.asarray(seconds.elevation_deg >= self.skyline_deg(seconds.azimuth_deg))


@noun(kw_only=False)
class MountKeyhole:
    """Count the seconds that an altazimuth mount follows, whose azimuth turns no faster than a limit [deg/s].

    Near the zenith the azimuth runs away. The mount follows until its limit, then turns at the limit until it has
    caught up: half a turn at 5 deg/s loses 36 s, though the satellite itself is faster for few of them only.
    """

    kind: ClassVar[Kind] = "keyhole"
    sharp: ClassVar[bool] = True  # what it says of an instant may be asked between the seconds, too

    max_azimuth_rate_deg_s: Positive

    @property
    def reason(self) -> str:
        """What is said of a pass without such a second."""
        return f"azimuth faster than {self.max_azimuth_rate_deg_s:g} deg/s"

    def __call__(self, pass_row: Mapping[str, Any], seconds: Seconds) -> BoolArray:
        """Return which seconds count."""
        rate = np.abs(seconds.azimuth_rate_deg_s)
        follows = np.asarray(rate <= self.max_azimuth_rate_deg_s)
        if follows.all():
            return follows
        time, azimuth = seconds.t_s, np.unwrap(seconds.azimuth_deg, period=360.0)
        lost_until = -np.inf
        for k in np.flatnonzero(~follows):
            if time[k] <= lost_until:
                continue
            begin = max(int(k) - 1, 0)  # the last second it followed
            behind = np.abs(azimuth[begin:] - azimuth[begin]) - self.max_azimuth_rate_deg_s * (
                time[begin:] - time[begin]
            )
            caught = np.flatnonzero((behind <= 0.0) & (np.arange(len(behind)) > k - begin))
            lost_until = time[begin + caught[0]] if len(caught) else np.inf
            follows[k:] &= time[k:] >= lost_until
        return follows
