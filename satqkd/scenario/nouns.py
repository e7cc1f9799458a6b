"""The nouns of a scenario: what a scenario file may say, with its limits and defaults."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from annotated_types import Ge, Gt, Le
from pydantic import Discriminator, Tag

from satqkd import catalog, orbit
from satqkd.errors import InputError, did_you_mean
from satqkd.limits import Altitude, Fraction, Latitude, Longitude, Positive, check_limits
from satqkd.link.atmosphere import Visibility, ZenithExtinction
from satqkd.link.background import FixedRadiance, NightClass
from satqkd.link.beam import CollimatedGaussian, Transmitter
from satqkd.link.budget import Link
from satqkd.link.diffraction import TruncatedGaussian
from satqkd.link.modtran import ClearSkyTable, VisibilityTable
from satqkd.link.polarization import Compensated, Uncompensated
from satqkd.link.sky import NaturalSky
from satqkd.link.turbulence import HufnagelValley, NoTurbulence
from satqkd.orbit import Elements, Station, read_elements
from satqkd.orbit.constellation import SunSynchronous, Walker
from satqkd.protocols.authentication import Authentication
from satqkd.protocols.bbm92 import BBM92
from satqkd.protocols.decoy_bb84 import DecoyBB84
from satqkd.protocols.one_decoy_bb84 import OneDecoyBB84


def _chosen_by(key: str, default: str | None = None) -> Discriminator:
    """Tell the members of a union apart by one of their keys, which may be left out where there is a default."""

    def tag(table: Any) -> Any:
        return table.get(key, default) if isinstance(table, dict) else getattr(table, key, None)

    return Discriminator(tag)


if TYPE_CHECKING:
    from satqkd.orbit.selection import Constraint


Atmosphere = Annotated[
    Annotated[ZenithExtinction, Tag("zenith-extinction")]
    | Annotated[ClearSkyTable, Tag("clear-sky-table")]
    | Annotated[VisibilityTable, Tag("visibility-table")]
    | Annotated[Visibility, Tag("visibility")],
    _chosen_by("model"),
]
Background = Annotated[
    Annotated[FixedRadiance, Tag("radiance")]
    | Annotated[NightClass, Tag("night-class")]
    | Annotated[NaturalSky, Tag("natural-sky")],
    _chosen_by("model"),
]
Transmission = Annotated[
    Annotated[Transmitter, Tag("measured-divergence")]
    | Annotated[CollimatedGaussian, Tag("collimated-gaussian")]
    | Annotated[TruncatedGaussian, Tag("diffraction")],
    _chosen_by("model", "measured-divergence"),
]
Turbulence = Annotated[
    Annotated[NoTurbulence, Tag("none")] | Annotated[HufnagelValley, Tag("hufnagel-valley")],
    _chosen_by("model", "none"),
]
DesignedOrbit = Annotated[
    Annotated[Walker, Tag("walker")] | Annotated[SunSynchronous, Tag("sun-synchronous")],
    _chosen_by("model"),
]
Polarization = Annotated[
    Annotated[Compensated, Tag("compensated")] | Annotated[Uncompensated, Tag("uncompensated")],
    _chosen_by("model", "compensated"),
]
Protocol = DecoyBB84 | OneDecoyBB84 | BBM92
_ProtocolTable = Annotated[
    Annotated[DecoyBB84, Tag("decoy-bb84")]
    | Annotated[OneDecoyBB84, Tag("one-decoy-bb84")]
    | Annotated[BBM92, Tag("bbm92")]
    | Annotated[BBM92, Tag("e91")],
    _chosen_by("name"),
]

MinElevation = Annotated[float, Ge(0.0), Le(89.0)]
_FORBID_EXTRA: dict[str, str] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementsPolicy:
    """How old an element set may be, as |TCA - epoch| [d]: a warning first, then its passes are not usable."""

    warn_age_days: Positive = 7.0
    max_age_days: Positive = 30.0

    __pydantic_config__: ClassVar[dict[str, str]] = _FORBID_EXTRA

    def __post_init__(self) -> None:
        check_limits(self)


@dataclass(frozen=True, slots=True, kw_only=True)
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
    """

    min_elevation_deg: MinElevation = 10.0
    refraction: bool = False
    max_range_m: Positive | None = None
    max_sun_elevation_deg: Annotated[float, Ge(-90.0), Le(90.0)] = -12.0
    min_sun_separation_deg: Annotated[float, Ge(0.0), Le(180.0)] | None = None
    min_moon_separation_deg: Annotated[float, Ge(0.0), Le(180.0)] | None = None
    satellite_light: Literal["any", "sunlit", "dark"] = "any"
    max_azimuth_rate_deg_s: Positive | None = None
    step_s: Annotated[float, Ge(0.01), Le(60.0)] = 1.0

    __pydantic_config__: ClassVar[dict[str, str]] = _FORBID_EXTRA

    def __post_init__(self) -> None:
        check_limits(self)

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


@dataclass(frozen=True, slots=True, kw_only=True)
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
    authentication : Authentication
        What authenticating the classical messages of a block costs.
    """

    pool: Literal["pass", "day", "campaign"] | Annotated[int, Ge(1), Le(100_000)] = "pass"
    window: Literal["best", "all"] = "best"
    optimize: bool = False
    authentication: Authentication = field(default_factory=Authentication)

    __pydantic_config__: ClassVar[dict[str, str]] = _FORBID_EXTRA


@dataclass(frozen=True, slots=True, kw_only=True)
class StationTable:
    """A station written in a scenario: a new one, or a station of the catalogue with something of its own.

    What stands here rules over the scenario's ``[link]`` for the passes of this station; positions left out come from
    the catalogue's station of that name. `horizon_mask` is a CSV file (azimuth_deg, elevation_deg) or its pairs.
    """

    name: str
    latitude_deg: Latitude | None = None
    longitude_deg: Longitude | None = None
    altitude_m: Altitude | None = None
    aperture_m: Positive | None = None
    obscuration_ratio: Fraction | None = None
    min_elevation_deg: MinElevation | None = None
    horizon_mask: str | tuple[tuple[float, float], ...] | None = None
    atmosphere: Atmosphere | None = None
    background: Background | None = None

    __pydantic_config__: ClassVar[dict[str, str]] = _FORBID_EXTRA

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InputError("A station needs a name.")
        check_limits(self)
        self.horizon()

    def horizon(self) -> orbit.HorizonMask | None:
        """Return the station's skyline, if it has one."""
        if self.horizon_mask is None:
            return None
        if isinstance(self.horizon_mask, str):
            return orbit.HorizonMask.from_csv(self.horizon_mask, station=self.name)
        azimuths, elevations = (tuple(column) for column in zip(*self.horizon_mask, strict=True))
        return orbit.HorizonMask(azimuths, elevations, station=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTable(Link):
    """The ``[link]`` table: `satqkd.link.budget.Link`, whose models a scenario chooses by their ``model`` key."""

    transmitter: Transmission
    atmosphere: Atmosphere
    background: Background
    turbulence: Turbulence = field(default_factory=NoTurbulence)
    polarization: Polarization = field(default_factory=Compensated)

    __pydantic_config__: ClassVar[dict[str, str]] = _FORBID_EXTRA


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayPair:
    """The two stations that come to share key through the satellite."""

    a: str
    b: str

    __pydantic_config__: ClassVar[dict[str, str]] = _FORBID_EXTRA

    def __post_init__(self) -> None:
        if self.a == self.b:
            raise InputError(f"A relay needs two different stations; a and b are both {self.a!r}.")


@dataclass(frozen=True, slots=True)
class Site:
    """A station as one scenario uses it: where it stands, and the link to it with its own telescope and sky."""

    station: Station
    link: Link


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Everything that decides a result: who flies over whom, when, with which light and which key bound.

    Load one with `satqkd.load_scenario`; change one with `with_`, which returns a new one.
    """

    name: str
    start: dt.datetime
    days: Annotated[float, Gt(0.0), Le(36_525.0)]
    satellites: tuple[str | DesignedOrbit, ...]  # names of the catalogue, element files, FILE#NAME, designed orbits
    stations: tuple[str | StationTable, ...]
    link: LinkTable
    protocol: _ProtocolTable
    description: str = ""
    elements: ElementsPolicy = field(default_factory=ElementsPolicy)
    passes: PassLimits = field(default_factory=PassLimits)
    key: KeyPolicy = field(default_factory=KeyPolicy)
    relay: RelayPair | None = None
    assumed: dict[str, str] = field(default_factory=dict, hash=False)

    __pydantic_config__: ClassVar[dict[str, str]] = _FORBID_EXTRA

    def __post_init__(self) -> None:
        check_limits(self)
        if not self.name.strip():
            raise InputError("name is empty: a scenario needs one.")
        twice = sorted({name for name in self.satellite_names if self.satellite_names.count(name) > 1})
        if twice:
            raise InputError(f"satellites names {', '.join(twice)} more than once.")
        if not self.satellites:
            raise InputError("satellites is empty: name at least one.", "See: satqkd catalog list satellites")
        if not self.stations:
            raise InputError("stations is empty: name at least one.", "See: satqkd catalog list stations")
        names = self.station_names
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(f"stations names {', '.join(twice)} more than once.")
        if self.relay:
            for key in ("a", "b"):
                wanted = getattr(self.relay, key)
                if wanted not in names:
                    raise InputError(
                        f"relay.{key} = {wanted!r} is not one of the scenario's stations.", did_you_mean(wanted, names)
                    )

    @property
    def satellite_names(self) -> tuple[str, ...]:
        """What the satellites are called here: names of the catalogue, files, and names of designed orbits."""
        return tuple(entry if isinstance(entry, str) else entry.name for entry in self.satellites)

    @property
    def station_names(self) -> tuple[str, ...]:
        """Names of the stations, in the scenario's order."""
        return tuple(entry if isinstance(entry, str) else entry.name for entry in self.stations)

    @cached_property
    def positions(self) -> tuple[Station, ...]:
        """Where the stations are.

        Raises
        ------
        InputError
            If a station is neither in the catalogue nor fully given.
        """
        return tuple(_position(table) for table in self.station_tables)

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The stations with the link each of them has.

        Raises
        ------
        InputError
            If a station is neither in the catalogue nor fully given, or has no telescope.
        """
        return tuple(
            Site(station=station, link=self._link_to(table))
            for station, table in zip(self.positions, self.station_tables, strict=True)
        )

    def constraints(self) -> list[Constraint]:
        """Return what decides which seconds of a pass count, beside the elevation of AOS and LOS."""
        skylines = [table.horizon() for table in self.station_tables]
        return [*self.passes.constraints(), *(skyline for skyline in skylines if skyline is not None)]

    @property
    def min_elevations_deg(self) -> dict[str, float]:
        """Elevation of AOS and LOS at each station [deg]."""
        return {
            table.name: _first(table.min_elevation_deg, self.passes.min_elevation_deg) for table in self.station_tables
        }

    @property
    def station_tables(self) -> tuple[StationTable, ...]:
        """The stations as tables; one that is named only has nothing of its own."""
        return tuple(StationTable(name=entry) if isinstance(entry, str) else entry for entry in self.stations)

    def _link_to(self, table: StationTable) -> Link:
        # The most specific word rules: the station's table, then the link, then what the catalogue knows.
        receiver = self.link.receiver
        known = catalog.entries("stations").get(table.name, {})
        aperture = _first(table.aperture_m, receiver.aperture_m, known.get("aperture_m"))
        if aperture is None:
            raise InputError(
                f"Station {table.name!r} has no telescope: neither the scenario nor the catalogue gives its aperture.",
                f"Set link.receiver.aperture_m or stations.{table.name}.aperture_m.",
            )
        return replace(
            self.link,
            receiver=replace(
                receiver,
                aperture_m=aperture,
                obscuration_ratio=_first(table.obscuration_ratio, receiver.obscuration_ratio),
            ),
            atmosphere=_first(table.atmosphere, self.link.atmosphere),
            background=_first(table.background, self.link.background),
        )

    def read_elements(self) -> Elements:
        """Read the element sets of the scenario's satellites.

        Raises
        ------
        InputError
            If a satellite is neither in the catalogue nor an element file.
        """
        found: Elements | None = None
        for wanted in self.satellites:
            new = _satellite_elements(wanted) if isinstance(wanted, str) else wanted.elements()
            found = new if found is None else found.merged(new)
        assert found is not None  # satellites is never empty
        return found

    def with_(self, changes: dict[str, Any]) -> Self:
        """Return a copy with some values changed.

        Parameters
        ----------
        changes : dict
            Dotted keys to values, e.g. ``{"link.receiver.aperture_m": 1.2, "stations.graz.aperture_m": 0.8}``. A key
            that ends in ``.model`` chooses another model, whose own parameters may be given beside it.
            astropy Quantities and Times are accepted.

        Raises
        ------
        InputError
            If a key does not exist or a value is out of range.
        """
        from satqkd.scenario.loading import changed

        return changed(self, changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the scenario as plain values; what is None is left out."""
        from satqkd.scenario.loading import to_dict

        return to_dict(self)

    def to_toml(self) -> str:
        """Write the scenario as TOML; loading it gives an equal scenario."""
        from satqkd.scenario.loading import to_toml

        return to_toml(self)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the scenario's values: two scenarios with the same fingerprint give the same results."""
        from satqkd.scenario.loading import fingerprint

        return fingerprint(self)


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _position(table: StationTable) -> Station:
    known = catalog.entries("stations").get(table.name, {})
    if not known and (table.latitude_deg is None or table.longitude_deg is None):
        catalog.entry("stations", table.name)  # raises, with the nearest names
    return Station(
        name=table.name,
        latitude_deg=_first(table.latitude_deg, known.get("latitude_deg")),
        longitude_deg=_first(table.longitude_deg, known.get("longitude_deg")),
        altitude_m=_first(table.altitude_m, known.get("altitude_m"), 0.0),
    )


def _satellite_elements(wanted: str) -> Elements:
    """Read what one entry of ``satellites`` means: a name of the catalogue, ``FILE``, or ``FILE#NAME``."""
    known = catalog.entries("satellites")
    if wanted in known:
        return _one_of(read_elements(catalog.data_file("satellites", known[wanted]["file"])), wanted, "the catalogue")
    file, _, name = wanted.partition("#")
    if not Path(file).is_file():
        raise InputError(
            f"Satellite {wanted!r} is neither in the catalogue nor a file of element sets.",
            did_you_mean(wanted, known),
        )
    elements = read_elements(Path(file))
    return _one_of(elements, name, file) if name else elements


def _one_of(elements: Elements, wanted: str, where: str) -> Elements:
    """Pick one satellite by the catalogue's name for it, by its own name, or by its catalogue number."""
    number = catalog.entries("satellites").get(wanted, {}).get("catalog_number")
    own = Elements(
        tuple(
            one
            for one in elements
            if one.catalog_number == number or wanted in (one.satellite, one.name, str(one.catalog_number))
        )
    )
    if not len(own):
        raise InputError(f"{where} has no satellite {wanted!r}.", did_you_mean(wanted, elements.satellites))
    return own.renamed(wanted)
