"""Options that commands share, and how they change the scenario."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from satqkd.cli.talk import say
from satqkd.constants import DAY_S
from satqkd.errors import InputError
from satqkd.export.formats import FORMATS
from satqkd.parsing import parse_toml

if TYPE_CHECKING:
    from satqkd.scenario import Scenario

DEFAULT_SCENARIO = "micius-beijing-vienna"
_FORMATS = ", ".join(["table", *FORMATS])


@dataclass
class State:
    """What the options of the running command asked for, beyond its arguments."""

    debug: bool = False
    quiet: bool = False
    command: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    """How long each stage of the work took [s]."""


state = State()


def _set_debug(wanted: bool) -> bool:
    state.debug = wanted
    return wanted


def _set_quiet(wanted: bool) -> bool:
    state.quiet = wanted
    return wanted


ScenarioArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="SCENARIO", help="Name of a shipped scenario, or a TOML file.", show_default=DEFAULT_SCENARIO
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="Begin of the window: ISO date or date-time, UTC without a zone, or 'now'.  [scenario's]"
    ),
]
Days = Annotated[float | None, typer.Option(metavar="DAYS", help="Length of the window in days.  [scenario's]")]
End = Annotated[str | None, typer.Option(metavar="TIME", help="End of the window; rules over --days.")]
Satellite = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Satellite of the catalogue, with its terminal and limits, instead of the scenario's; without SCENARIO, "
        "in its home scenario; with --elements, one of that file.",
    ),
]
Station = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME", help="Station of the catalogue, or 'name,lat,lon,alt_m', instead of the scenario's; repeatable."
    ),
]
ElementsFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="File of element sets (TLE, 3LE, OMM) or '-' for standard input, instead of the satellites.",
    ),
]
MinElevation = Annotated[float | None, typer.Option(metavar="DEG", help="Elevation of AOS and LOS in degrees.")]
Night = Annotated[
    str | None,
    typer.Option(metavar="KIND", help="Darkness that counts: civil, nautical or astronomical (Sun at -6, -12, -18)."),
]
MaxAge = Annotated[
    float | None, typer.Option(metavar="DAYS", help="Oldest element set whose passes are usable, in days.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a value, e.g. link.detector.efficiency=0.6; repeatable."),
]
All = Annotated[bool, typer.Option("--all", help="Show rejected passes in the table too.")]
Format = Annotated[
    str | None, typer.Option("--format", metavar="FORMAT", help=" or ".join(_FORMATS.rsplit(", ", 1)) + ".  [table]")
]
Output = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="Write to this file (format by suffix) instead of the terminal."),
]
Quiet = Annotated[bool, typer.Option("--quiet", callback=_set_quiet, help="No notes beside the result.")]
Debug = Annotated[
    bool, typer.Option("--debug", callback=_set_debug, help="Show where an error happened, and what took how long.")
]


def _shared(
    scenario: ScenarioArgument = None,
    start: Start = None,
    days: Days = None,
    end: End = None,
    satellite: Satellite = None,
    station: Station = None,
    elements: ElementsFile = None,
    min_elevation: MinElevation = None,
    max_age: MaxAge = None,
    night: Night = None,
    set_: Set = None,
) -> None:
    """Say which options choose and change a scenario; see `takes_scenario`."""


def takes_scenario(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that choose and change its scenario; it is called with the scenario they make."""
    shared = inspect.signature(_shared, eval_str=True).parameters
    # The scenario's own type is not evaluated: it would be imported before anybody asked for a scenario.
    names: dict[str, Any] = getattr(command, "__globals__", {})
    own = {
        name: parameter.replace(annotation=eval(parameter.annotation, names))
        for name, parameter in inspect.signature(command).parameters.items()
        if name != "chosen"
    }

    def run(**given: Any) -> None:
        state.seconds.clear()
        chosen = chosen_scenario(**{name: given[name] for name in shared})
        try:
            command(chosen, **{name: given[name] for name in own})
        finally:
            if state.debug:
                _say_seconds()

    parameters = [*shared.values(), *own.values()]
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    )
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


def _say_seconds() -> None:
    """Say how long each stage took."""
    for stage, seconds in state.seconds.items():
        say(f"{seconds:9.3f} s  {stage}")


def chosen_scenario(
    scenario: str | None,
    *,
    start: str | None = None,
    days: float | None = None,
    end: str | None = None,
    satellite: list[str] | None = None,
    station: list[str] | None = None,
    elements: Path | None = None,
    min_elevation: float | None = None,
    max_age: float | None = None,
    night: str | None = None,
    set_: list[str] | None = None,
) -> Scenario:
    """Load a scenario and let the options change it, so that it says all that made the result."""
    from satqkd.scenario import load_scenario
    from satqkd.scenario.satellites import home_scenario

    if scenario is None:
        scenario = (home_scenario(satellite) if satellite else None) or DEFAULT_SCENARIO
        if scenario != DEFAULT_SCENARIO and not state.quiet:
            say(f"note: scenario {scenario}, the satellite's own; name another to fly it there")
    loaded = load_scenario(scenario)
    changes: dict[str, Any] = {}
    if elements is not None:
        file = _elements_file(elements)
        changes["satellites"] = [f"{file}#{name}" for name in satellite] if satellite else [file]
    elif satellite:
        changes["satellites"] = satellite
    if station:
        changes |= _other_stations(loaded, station)
    if end is not None:
        days = _days_until(end, loaded, start)
    given = {
        "start": start,
        "days": days,
        "passes.min_elevation_deg": min_elevation,
        "elements.max_age_days": max_age,
        "passes.max_sun_elevation_deg": None if night is None else _sun_limit_deg(night),
    }
    changes |= {key: value for key, value in given.items() if value is not None}
    changes |= parse_set(set_ or [])
    return loaded.with_(changes) if changes else loaded


def _elements_file(elements: Path) -> str:
    """Return the name of a file of element sets that will still be found when the scenario is elsewhere."""
    if str(elements) == "-":
        elements = Path("/dev/stdin")
        if not elements.exists():
            raise InputError("--elements -: there is no standard input.", "Give a file.")
    if elements.is_dir():
        raise InputError(f"--elements {elements} is a folder, not a file.")
    if not elements.exists():
        raise InputError(f"--elements {elements}: there is no such file.")
    # A pipe is read where it is; resolved, it would be a name that nobody can open again.
    return str(elements.resolve() if elements.is_file() else elements.absolute())


def _other_stations(loaded: Scenario, station: list[str]) -> dict[str, Any]:
    """Return the changes that put in other stations, and relay between them where there are two."""
    # A station that the scenario describes itself is meant as it stands there.
    own = {one["name"]: one for one in loaded.to_dict()["stations"] if isinstance(one, dict)}
    changes: dict[str, Any] = {"stations": [own.get(text, _station(text)) for text in station]}
    names = [entry if isinstance(entry, str) else entry["name"] for entry in changes["stations"]]
    if not (loaded.relay and {loaded.relay.a, loaded.relay.b} <= set(names)):
        changes["relay"] = {"a": names[0], "b": names[1]} if len(set(names)) == 2 else None
    return changes


def _days_until(end: str, loaded: Scenario, start: str | None) -> float:
    from satqkd.times import to_posix

    first = to_posix(start, "--start") if start is not None else loaded.start.timestamp()
    days = (to_posix(end, "--end") - first) / DAY_S
    if days <= 0.0:
        raise InputError(f"--end {end} is not after the start of the window.")
    return days


def _sun_limit_deg(night: str) -> float:
    from satqkd.orbit import SunBelow

    return SunBelow.night(night).max_sun_elevation_deg


def _station(text: str) -> str | dict[str, Any]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 1:
        return parts[0]
    example = "Write name,latitude,longitude,altitude such as 'roof,48.2,16.35,240' (degrees, degrees, metres)."
    if len(parts) != 4:
        raise InputError(f"--station {text!r} has {len(parts)} parts, not 4.", example)
    if not parts[0]:
        raise InputError(f"--station {text!r} has no name.", example)
    try:
        latitude, longitude, altitude = (float(part) for part in parts[1:])
    except ValueError:
        raise InputError(f"--station {text!r}: latitude, longitude and altitude must be numbers.", example) from None
    return {"name": parts[0], "latitude_deg": latitude, "longitude_deg": longitude, "altitude_m": altitude}


def parse_set(assignments: list[str]) -> dict[str, Any]:
    """Read ``key=value`` as TOML does; a value that is no TOML is text, so that words need no quotes."""
    changes: dict[str, Any] = {}
    for text in assignments:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise InputError(f"--set {text!r} is not KEY=VALUE.", "For example: --set link.detector.efficiency=0.6")
        try:
            changes[key.strip()] = parse_toml(f"value = {value}", f"--set {key.strip()}")["value"]
        except tomllib.TOMLDecodeError:
            changes[key.strip()] = value.strip()
    return changes
