"""A scenario: everything that decides a result, checked and frozen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from annotated_types import Gt, Le

from satqkd import catalog
from satqkd.errors import InputError, did_you_mean
from satqkd.fields import check_fields
from satqkd.link.downlink import Link
from satqkd.orbit import Elements, HorizonMask, Station, read_elements
from satqkd.reads import FileRead, distinct, is_readable
from satqkd.scenario.changes import changed
from satqkd.scenario.models import DesignedOrbit, ProtocolTable
from satqkd.scenario.origins import origins_of
from satqkd.scenario.own_models import own_models
from satqkd.scenario.plain import leaves
from satqkd.scenario.serialise import fingerprint, to_dict, to_toml
from satqkd.scenario.sites import Site, link_to, position_of
from satqkd.scenario.tables import (
    FORBID_EXTRA,
    ElementsPolicy,
    KeyPolicy,
    PassLimits,
    RelayPair,
    StationTable,
)

if TYPE_CHECKING:
    from satqkd.orbit.selection import Constraint


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
    link: Link
    protocol: ProtocolTable
    description: str = ""
    elements: ElementsPolicy = field(default_factory=ElementsPolicy)
    passes: PassLimits = field(default_factory=PassLimits)
    key: KeyPolicy = field(default_factory=KeyPolicy)
    relay: RelayPair | None = None
    assumed: dict[str, str] = field(default_factory=dict, hash=False)

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_EXTRA
    source: ClassVar[FileRead | None] = None
    """The file it was loaded from, if it was; no value of the scenario, and set on the object by `load_scenario`."""
    origin: ClassVar[Mapping[str, str]] = {}
    """Where the values come from that were given, by dotted keys; as `source`, no value of the scenario."""

    def __post_init__(self) -> None:
        check_fields(self)
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
        return tuple(position_of(table) for table in self.station_tables)

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The stations with the link each of them has.

        Raises
        ------
        InputError
            If a station is neither in the catalogue nor fully given, or has no telescope.
        """
        return tuple(
            Site(station=station, link=link_to(table, self.link))
            for station, table in zip(self.positions, self.station_tables, strict=True)
        )

    @cached_property
    def skylines(self) -> tuple[HorizonMask, ...]:
        """The skylines of the stations that have one; files are read once."""
        found = (table.horizon() for table in self.station_tables)
        return tuple(skyline for skyline in found if skyline is not None)

    def constraints(self) -> list[Constraint]:
        """Return what decides which seconds of a pass count, beside the elevation of AOS and LOS."""
        return [*self.passes.constraints(), *self.skylines]

    def shipped_files(self) -> tuple[FileRead, ...]:
        """Return the shipped files that a result of this scenario rests on, beside the elements."""
        names = ["ephemeris/de421_sun_moon_2016_2050.bsp"]
        known = catalog.entries("stations")
        names += ["stations/ground_stations.csv"] if any(table.name in known for table in self.station_tables) else []
        named = any(entry in catalog.entries("satellites") for entry in self.satellites if isinstance(entry, str))
        names += ["satellites/satellites.toml"] if named else []
        kinds = ("atmosphere", "background", "turbulence", "polarization")
        models: list[Any] = [getattr(self.link, name) for name in (*kinds, "transmitter")]
        models += [getattr(table, name) for table in self.station_tables for name in kinds]
        for model in models:
            names += getattr(model, "DATA_FILES", ())
        return tuple(catalog.shipped_read(*name.split("/")) for name in dict.fromkeys(names))

    def files_read(self, elements: Elements) -> tuple[FileRead, ...]:
        """Return what was read for a result, as it was then: the scenario's own file, elements and skylines."""
        own = [self.source] if self.source else []
        masks = [skyline.file for skyline in self.skylines if skyline.file]
        return distinct((*own, *elements.files, *masks))

    @property
    def min_elevations_deg(self) -> dict[str, float]:
        """Elevation of AOS and LOS at each station [deg]."""
        return {
            table.name: self.passes.min_elevation_deg if table.min_elevation_deg is None else table.min_elevation_deg
            for table in self.station_tables
        }

    @property
    def station_tables(self) -> tuple[StationTable, ...]:
        """The stations as tables; one that is named only has nothing of its own."""
        return tuple(StationTable(name=entry) if isinstance(entry, str) else entry for entry in self.stations)

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
        found: Self = changed(self, changes)
        return found

    def origins(self) -> dict[str, str]:
        """Return where every value comes from, by its dotted key, stations by their names.

        A file or mapping, ``terminal NAME`` of the catalogue, ``set`` by `with_`, the satellites that brought it, the
        catalogue of stations, a model of your own, or ``default``. Of a scenario that was put together in Python or
        copied by `dataclasses.replace` nobody knows: ``not recorded``.
        """
        return origins_of(
            leaves(self.to_dict()), self.origin, own_models(self), self.station_names, catalog.entries("stations")
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the scenario as plain values; what is None is left out."""
        return to_dict(self)

    def to_toml(self) -> str:
        """Write the scenario as TOML; loading it gives an equal scenario."""
        return to_toml(self)

    @property
    def fingerprint(self) -> str | None:
        """SHA-256 of the scenario's values and of the files it rests on, read now; see `satqkd.scenario.fingerprint`.

        Two scenarios with the same fingerprint give the same results; moving a folder does not change it, rewriting a
        file does. None with a model of one's own, of which nobody knows what it computes.
        """
        return fingerprint(self)


def _satellite_elements(wanted: str) -> Elements:
    """Read what one entry of ``satellites`` means: a name of the catalogue, ``FILE``, or ``FILE#NAME``."""
    known = catalog.entries("satellites")
    if wanted in known:
        file = known[wanted]["file"]
        shipped = read_elements(catalog.data_file("satellites", file))
        own = replace(shipped, files=(catalog.shipped_read("satellites", file),))
        return _one_of(own, wanted, "the catalogue")
    file, _, name = wanted.partition("#")
    if not is_readable(file):
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
        ),
        elements.files,
    )
    if not len(own):
        raise InputError(f"{where} has no satellite {wanted!r}.", did_you_mean(wanted, elements.satellites))
    return own.renamed(wanted)
