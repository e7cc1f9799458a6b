"""Families of bad input, drawn from a seed: each draw is one call that must end in a result or in a SatqkdError.

They know the structure of what they break: a TLE is broken in its columns, a scenario at its keys, a command at its options.
"""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import io
import json
import random
import string
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

import satqkd as sq
from satqkd import catalog, orbit
from satqkd.errors import SatqkdError
from satqkd.times import to_iso, to_posix
from tests.support import REFERENCE

Call = Callable[[], Any]
GOOD_CODES = {0, 2, 3, 4, 5}
NIGHT = sq.load_scenario("micius-xinglong-2016-12-19")
VALUES = NIGHT.to_dict()

WEIRD: list[Any] = [
    None, True, False, 0, -1, 1, 2.5, -0.0, 1e-320, 1e308, float("nan"), float("inf"), -float("inf"), 10**40, 10**5000, "",
    "abc", "1e3", "nan", "\x00", "\x1b[2J", "\u202e", "a" * 5000, b"bytes", [], [1], [[1, 2], [3]], {}, {"a": 1}, (), 1 + 2j,
    dt.date(2020, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999), np.nan, np.array([]), np.array(["x"]), object(),
    [None], ["a", 1], np.ma.masked, set(), range(3), lambda: None, Path("."), float,
]  # fmt: skip


def quietly(call: Call) -> Any:
    """Run a call; SatqkdErrors are an answer, warnings are heard by nobody."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(SatqkdError):
            return call()
    return None


def nested(rng: random.Random, depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value] if rng.random() < 0.5 else {"a": value}
    return value


def broken_text(rng: random.Random, text: str) -> str:
    """Return a text with a few faults of the kinds that files come with."""
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(text) + 1)
        kind = rng.randrange(9)
        if kind == 0:
            text = text[:place] + rng.choice(string.printable + "\x00é\u2028\ufeff") + text[place + 1 :]
        elif kind == 1:
            text = text[:place]
        elif kind == 2:
            end = min(len(text), place + rng.randint(1, 80))
            text = text[:place] + text[end:]
        elif kind == 3:
            text = (
                text[:place]
                + rng.choice(["9" * 5000, "1e999", "-", "NaN", "null", "[" * 3000, '"', "\n\n", "\r", "=", "0x1F"])
                + text[place:]
            )
        elif kind == 4:
            lines = text.split("\n")
            rng.shuffle(lines)
            text = "\n".join(lines)
        elif kind == 5:
            text = text.replace(rng.choice("0123456789. "), rng.choice("0123456789.- x"), rng.randint(1, 5))
        elif kind == 6:
            text = text * 2
        elif kind == 7:
            text = text.swapcase()
        else:
            lines = text.split("\n")
            line = rng.randrange(len(lines))
            lines[line] = lines[line][: rng.randint(0, 70)]
            text = "\n".join(lines)
    return text


def _elements_texts() -> list[str]:
    folder = REFERENCE / "elements"
    texts = [
        (folder / name).read_text()
        for name in ("micius_omm.csv", "micius_omm.json", "sample_omm.xml", "sample_omm.json")
    ]
    return [
        *texts,
        (REFERENCE / "orbit" / "proba3.tle").read_text(),
        catalog.data_file("satellites", "micius_qss_41731.3le").read_text()[:2000],
    ]


ELEMENTS = _elements_texts()


def elements(rng: random.Random) -> Call:
    text = broken_text(rng, rng.choice(ELEMENTS))
    if rng.random() < 0.05:
        text = json.dumps(nested(rng, rng.choice([50, 900])))
    skip = rng.random() < 0.5

    def call() -> None:
        found = orbit.read_elements(io.StringIO(text), skip_bad=skip)
        orbit.write_elements(found, rng.choice(["tle", "3le", "omm-json", "omm-csv", "omm-xml"]))
        orbit.check_elements(found)

    return call


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += _paths(inner, (*path, key))
    return found


PATHS = _paths(VALUES)
PLAIN = [
    one for one in WEIRD if isinstance(one, str | int | float | bool | list | dict | dt.date) and one not in ([None],)
]


def _put(values: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        values = values[key]
    values[path[-1]] = value


def toml(rng: random.Random) -> Call:
    values = json.loads(json.dumps(VALUES, default=str))
    for _ in range(rng.randint(1, 3)):
        with contextlib.suppress(KeyError, IndexError, TypeError):
            _put(values, rng.choice(PATHS), copy.deepcopy(rng.choice([*PLAIN, nested(rng, rng.choice([3, 60]))])))
    try:
        text = tomli_w.dumps(values)
    except (TypeError, ValueError, RecursionError):
        text = tomli_w.dumps(json.loads(json.dumps(VALUES, default=str)))
    raw = (broken_text(rng, text) if rng.random() < 0.5 else text).encode("utf-8", errors="surrogatepass")
    if rng.random() < 0.1:
        raw = raw[: rng.randrange(len(raw))] + bytes(rng.randrange(256) for _ in range(5))

    def call() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mine.toml"
            path.write_bytes(raw)
            scenario = sq.load_scenario(path)
            _ = scenario.sites, scenario.constraints(), scenario.to_toml()

    return call


KEYS = [".".join(str(part) for part in path) for path in PATHS]


def assignments(rng: random.Random) -> Call:
    key = rng.choice(KEYS)
    if rng.random() < 0.3:
        key = rng.choice(["assumed", "link", "link.terminal", "stations", "stations.x", "satellites", "a." * 3000 + "b", "", ".", "link..x",
                          "link.atmosphere.model", "protocol.name", "link.transmitter.model", "key.pool", "relay", "start", "days.x"])  # fmt: skip
    value = rng.choice(
        [
            *PLAIN,
            nested(rng, rng.choice([3, 60, 500])),
            "micius",
            "bbm92",
            "visibility",
            ["micius", "spoqc"],
            "hufnagel-valley",
        ]
    )
    written = "9" * 5000 if type(value) is int and value > 10**100 else str(value)
    text = f"{key}={written}" if rng.random() < 0.5 else f"{key}={broken_text(rng, written[:200])}"

    def call() -> None:
        from satqkd.cli.options import parse_set

        scenario = NIGHT.with_(parse_set([text]) if rng.random() < 0.5 else {key: value})
        _ = scenario.sites, scenario.fingerprint

    return call


def dates(rng: random.Random) -> Call:
    text = f"{rng.randint(-5, 11000)}-{rng.randint(0, 14):02d}-{rng.randint(0, 33):02d}T{rng.randint(0, 25)}:{rng.randint(0, 61)}:{rng.random() * 62}"
    text += rng.choice(["", "Z", "+14:00", "-23:59", "+99:00", " UTC"])
    given: Any = rng.choice([text, broken_text(rng, text), broken_text(rng, "2017-05-22"), np.datetime64(rng.randint(-(2**62), 2**62), "us"),
                             np.datetime64(rng.randint(0, 10**6), "D"), dt.datetime.max, dt.datetime.min, dt.date.max, rng.choice(WEIRD)])  # fmt: skip
    if rng.random() < 0.1:
        from astropy.time import Time

        given = Time(rng.choice([1e9, -1e9, 2451545.0, 1e7]), format="jd")

    def call() -> None:
        to_iso(given)
        to_posix(given)
        sq.find_passes(NIGHT, start=given, days=0.001)

    return call


def masks(rng: random.Random) -> Call:
    text = "azimuth_deg,elevation_deg\n" + "\n".join(
        f"{rng.uniform(-10, 370)},{rng.uniform(-5, 95)}" for _ in range(rng.randint(0, 6))
    )
    raw = broken_text(rng, text).encode(rng.choice(["utf-8", "utf-16", "utf-8-sig"]), errors="replace")
    raw = raw[: rng.randint(0, len(raw))] + rng.choice([b"", b"\xff\xfe", b"\x00"])

    def call() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "trees.csv"
            path.write_bytes(raw)
            mask = orbit.HorizonMask.from_csv(path)
            mask.skyline_deg(np.array([0.0, 359.0]))
        orbit.HorizonMask(rng.choice(WEIRD), rng.choice(WEIRD))

    return call


COMMANDS = [["passes"], ["analyze"], ["inspect"], ["budget"], ["relay"], ["catalog", "list"], ["catalog", "show"], ["elements", "check"],
            ["elements", "convert"], ["scenario", "show"], ["scenario", "check"], ["doctor"], []]  # fmt: skip
WORDS = ["--days", "0.01", "--start", "2016-12-19T16:40", "--end", "now", "--satellite", "spoqc", "micius", "--station", "graz", "roof,48,16,200",
         "roof,nan,1,2", ",,,", "--format", "csv", "json", "md", "ecsv", "xls", "-o", "-", "/dev/null/x.csv", "a" * 400 + ".csv", "--set", "days=1",
         "key.optimize=true", "=", "--pass", "best", "0", "99", "--elements", "nix.tle", ".", "--min-elevation", "inf", "-5", "1e400", "--night", "civil",
         "deep", "--all", "--quiet", "--debug", "--sample", "3", "--pools", "--every", "7", "--elevation", "30", "--range", "-1", "--to", "tle", "--now",
         "yesterday", "stations", "satellites", "micius-xinglong-2016-12-19", "spoqc-europe", "nix.toml", "--max-age", "1e9", "--", "-h", "\x1b[2J", "é",
         "--figure", "x.gif", "--original", "--column", "--version"]  # fmt: skip


def commands(rng: random.Random) -> Call:
    arguments = [*rng.choice(COMMANDS), *rng.choices(WORDS, k=rng.randint(0, 6))]
    if arguments and arguments[0] in ("passes", "analyze", "inspect", "relay"):
        arguments[1:1] = ["--start", "2016-12-19T16:40", "--days", "0.02"]

    def call() -> None:
        from satqkd.cli.main import run

        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                run(arguments)
            except SystemExit as stop:
                code = stop.code
        said = err.getvalue()
        assert code in GOOD_CODES, (arguments, code, said[-500:])
        assert "internal error" not in said, (arguments, said[-500:])
        assert "Traceback" not in said or "--debug" in arguments, (arguments, said[-500:])
        assert "\x1b" not in said, arguments

    return call


def arguments_of_functions(rng: random.Random) -> Call:
    from tests.test_quantities import FUNCTIONS, arguments, numbers_of

    name = rng.choice(sorted(FUNCTIONS))
    given = arguments(name)
    broken = sorted(
        {*(set(numbers_of(FUNCTIONS[name])) & set(given)), *(key for key, one in given.items() if isinstance(one, str))}
    )
    for parameter in rng.sample(broken, k=min(len(broken), rng.randint(1, 2))):
        given[parameter] = rng.choice(WEIRD)
    return lambda: FUNCTIONS[name](**given)


def arguments_of_the_face(rng: random.Random) -> Call:
    value, other = rng.choice(WEIRD), rng.choice(WEIRD)
    roof = orbit.Station("roof", 40.0, 117.0)
    elements_ = orbit.read_elements(ELEMENTS[-1])
    calls: list[Call] = [
        lambda: sq.load_scenario(value),
        lambda: sq.analyze(value),
        lambda: sq.relay(value, other),
        lambda: sq.find_passes(NIGHT, start=value, days=other),
        lambda: sq.find_passes(NIGHT, days=0.01, constraints=[value]),
        lambda: sq.find_passes(NIGHT, days=0.01, constraints=value),
        lambda: sq.budget(NIGHT, elevation_deg=value, range_m=other),
        lambda: sq.budget(NIGHT, elevation_deg=30.0, station=value),
        lambda: sq.analyze(NIGHT, days=0.01, seed=value, draws=other),
        lambda: sq.compare_pools(NIGHT, days=0.01, pools=[value]),
        lambda: NIGHT.with_(value),
        lambda: NIGHT.with_({rng.choice(KEYS): value}),
        lambda: sq.to_qtable(value),
        lambda: orbit.Station(value, other, 0.0),
        lambda: orbit.find_passes(elements_, value, "2016-12-19", "2016-12-20"),
        lambda: orbit.find_passes(elements_, roof, value, other),
        lambda: orbit.find_passes(
            elements_, roof, "2016-12-19", "2016-12-19T01:00", min_elevation_deg=value, warn_age_days=other
        ),
        lambda: orbit.find_passes(value, roof, "2016-12-19", "2016-12-20"),
        lambda: orbit.read_elements(value),
        lambda: orbit.walker(altitude_m=value, inclination_deg=other, satellites=1, planes=1, epoch="2026-01-01"),
        lambda: orbit.sun_synchronous(altitude_m=5e5, ltan_hours=value, epoch=other),
        lambda: orbit.fetch_elements(catalog_number=value, base_url=other, folder="."),
        lambda: orbit.MaxRange(value),
        lambda: orbit.Refraction(value, other),
    ]
    return rng.choice(calls)


FAMILIES: dict[str, Callable[[random.Random], Call]] = {
    "elements": elements,
    "toml": toml,
    "set": assignments,
    "dates": dates,
    "masks": masks,
    "commands": commands,
    "functions": arguments_of_functions,
    "face": arguments_of_the_face,
}
