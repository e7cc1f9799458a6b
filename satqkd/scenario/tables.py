"""The tables of a scenario, each with its limits and defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from annotated_types import Ge, Le

from satqkd import orbit
from satqkd.errors import InputError
from satqkd.fields import Altitude, Aperture, Fraction, Latitude, Longitude, LongRange, Positive, noun, partial
from satqkd.link.downlink import Atmosphere, Background, Polarization, Turbulence
from satqkd.link.receiver.detector import Detector
from satqkd.link.receiver.telescope import Receiver
from satqkd.protocols.authentication import Authentication

if TYPE_CHECKING:
    from satqkd.orbit.selection import Constraint

    ReceiverPart: TypeAlias = Receiver
    DetectorPart: TypeAlias = Detector
else:
    ReceiverPart, DetectorPart = partial(Receiver), partial(Detector)

MinElevation = Annotated[float, Ge(0.0), Le(89.0)]
FORBID_EXTRA: dict[str, str] = {"extra": "forbid"}


@noun
class ElementsPolicy:
    """How old an element set may be, as |TCA - epoch| [d]: a warning first, then its passes are not usable."""

    warn_age_days: Positive = 7.0
    max_age_days: Positive = 30.0


@noun
class PassLimits:
    """Which seconds of a pass count. A limit that is None does not apply.

    Parameters
    ----------
    min_elevation_deg : float
        Elevation at which AOS and LOS are [deg].
    refraction : bool
        Whether that is the elevation at which the satellite appears, or where it is.
    max_range_m : float, optional
        Longest distance [m].
    max_sun_elevation_deg : float
        Highest elevation of the Sun at the station [deg]; 90 lets it stand anywhere.
    min_sun_separation_deg, min_moon_separation_deg : float, optional
        Least angle between the satellite and Sun or Moon [deg]; a Moon below the horizon does not matter.
    satellite_light : {"any", "sunlit", "dark"}
        Whether the satellite must be lit by the Sun, or must not.
    max_azimuth_rate_deg_s : float, optional
        What an alt-azimuth mount can follow [deg/s]; the seconds it loses near the zenith do not count.
    step_s : float
        Length of a sample [s].
    sampling : {"nodes", "seconds"}
        Where light and counts are evaluated: at the nodes of a quadrature on every stretch that counts, which ends
        where a limit is reached, to 0.01 s; or in samples of `step_s`, which count or do not. Samples that are looked
        at have `step_s` either way.
    """

    min_elevation_deg: MinElevation = 10.0
    refraction: bool = False
    max_range_m: LongRange | None = None
    max_sun_elevation_deg: Annotated[float, Ge(-90.0), Le(90.0)] = -12.0
    min_sun_separation_deg: Annotated[float, Ge(0.0), Le(180.0)] | None = None
    min_moon_separation_deg: Annotated[float, Ge(0.0), Le(180.0)] | None = None
    satellite_light: Literal["any", "sunlit", "dark"] = "any"
    max_azimuth_rate_deg_s: Positive | None = None
    step_s: Annotated[float, Ge(0.01), Le(60.0)] = 1.0
    sampling: Literal["nodes", "seconds"] = "nodes"

    def constraints(self) -> list[Constraint]:
        """Return the limits as constraints on the seconds of a pass, in the order in which they are named."""
        wanted: list[tuple[float | None, Callable[[float], Constraint]]] = [
            (self.max_range_m, orbit.MaxRange),
            (self.max_sun_elevation_deg if self.max_sun_elevation_deg < 90.0 else None, orbit.SunBelow),
            (self.min_sun_separation_deg, orbit.SunSeparation),
            (self.min_moon_separation_deg, orbit.MoonSeparation),
            (self.max_azimuth_rate_deg_s, orbit.MountKeyhole),
        ]
        found = [make(limit) for limit, make in wanted if limit is not None]
        if self.satellite_light != "any":
            found.append(orbit.SatelliteSunlit() if self.satellite_light == "sunlit" else orbit.SatelliteDark())
        return found


@noun
class KeyPolicy:
    """How counts become key: what makes a block, which of its seconds send, with which parameters, and what it costs.

    Parameters
    ----------
    pool : {"pass", "day", "campaign"} or int
        Passes of one satellite over one station that share a block: each its own, those from local noon to noon, all of
        them, or so many in turn. A larger block loses less to statistics; its key is there when its last pass is over.
    window : {"best", "all"}
        Send in the seconds that make the longest expected key, or in all that count. Chosen from the predicted profile
        before the pass: a choice by the counts themselves would break the proof.
    optimize : bool
        Whether intensities, their probabilities and the basis bias are chosen for each block, likewise beforehand.
    forecast_error_db : float
        How far the loss of a pass may be from its forecast where keys are drawn: one standard deviation, normal in
        decibels [dB]. Assumed: clear nights differ from one another by about so much.
    misalignment_spread : float
        Factor by which the misalignment error may be off there, at one standard deviation [1]; 1 is not at all.
    authentication : Authentication
        What authenticating the classical messages of a block costs.
    """

    pool: Literal["pass", "day", "campaign"] | Annotated[int, Ge(1), Le(100_000)] = "pass"
    window: Literal["best", "all"] = "best"
    optimize: bool = False
    forecast_error_db: Annotated[float, Ge(0), Le(20)] = 0.9
    misalignment_spread: Annotated[float, Ge(1), Le(10)] = 1.0
    authentication: Authentication = field(default_factory=Authentication)


@noun
class StationTable:
    """A station written in a scenario: a new one, or a station of the catalogue with something of its own.

    What stands here rules over the scenario's ``[link]`` for the passes of this station; positions left out come from
    the catalogue's station of that name. `receiver` and `detector` may be given in part; `aperture_m` and
    `obscuration_ratio` are those of the receiver. `horizon_mask` is a CSV file (azimuth_deg, elevation_deg) or its
    pairs.
    """

    name: str
    latitude_deg: Latitude | None = None
    longitude_deg: Longitude | None = None
    altitude_m: Altitude | None = None
    aperture_m: Aperture | None = None
    obscuration_ratio: Fraction | None = None
    min_elevation_deg: MinElevation | None = None
    horizon_mask: str | tuple[tuple[float, float], ...] | None = None
    receiver: ReceiverPart | None = None
    detector: DetectorPart | None = None
    atmosphere: Atmosphere | None = None
    turbulence: Turbulence | None = None
    polarization: Polarization | None = None
    background: Background | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InputError("A station needs a name.")
        for name in ("aperture_m", "obscuration_ratio"):
            own, part = getattr(self, name), getattr(self.receiver, name, None)
            if None not in (own, part) and own != part:
                raise InputError(
                    f"stations.{self.name}.{name} = {own:g}, but stations.{self.name}.receiver.{name} = {part:g}.",
                    f"Give one of them: stations.{self.name}.{name} is there already.",
                )
        self.horizon()

    def horizon(self) -> orbit.HorizonMask | None:
        """Return the station's skyline, if it has one."""
        if self.horizon_mask is None:
            return None
        if isinstance(self.horizon_mask, str):
            return orbit.HorizonMask.from_csv(self.horizon_mask, station=self.name)
        if not self.horizon_mask:
            raise InputError(f"stations.{self.name}.horizon_mask is empty.", "Give pairs of azimuth and elevation.")
        azimuths, elevations = (tuple(column) for column in zip(*self.horizon_mask, strict=True))
        return orbit.HorizonMask(azimuths, elevations, station=self.name)


@noun
class RelayPair:
    """The two stations that come to share key through the satellite."""

    a: str
    b: str

    def __post_init__(self) -> None:
        if self.a == self.b:
            raise InputError(f"A relay needs two different stations; a and b are both {self.a!r}.")
