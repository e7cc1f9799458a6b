"""Orbit Mean-Elements Messages (CCSDS 502.0-B) as JSON, CSV and XML: read into fields, and written.

Only what SGP4 takes is accepted: mean elements of the theory SGP4 about the Earth, in TEME and UTC. A field that
says otherwise makes the set bad; CelesTrak leaves these four out, and then they are taken for granted.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

import numpy as np

from satqkd.orbit.elements.tle import BadElementsError

if TYPE_CHECKING:
    from satqkd.orbit.elements.sets import ElementSet

_METADATA = {"CENTER_NAME": "EARTH", "REF_FRAME": "TEME", "TIME_SYSTEM": "UTC", "MEAN_ELEMENT_THEORY": "SGP4"}
_ACCEPTED = {**{name: (value,) for name, value in _METADATA.items()}, "MEAN_ELEMENT_THEORY": ("SGP4", "SGP/SGP4")}
_NUMBERS = {
    "MEAN_MOTION": "mean_motion_rev_day",
    "ECCENTRICITY": "eccentricity",
    "INCLINATION": "inclination_deg",
    "RA_OF_ASC_NODE": "raan_deg",
    "ARG_OF_PERICENTER": "argument_of_perigee_deg",
    "MEAN_ANOMALY": "mean_anomaly_deg",
    "BSTAR": "bstar",
    "MEAN_MOTION_DOT": "mean_motion_dot_rev_day2",
    "MEAN_MOTION_DDOT": "mean_motion_ddot_rev_day3",
}
_OPTIONAL = {"MEAN_MOTION_DOT", "MEAN_MOTION_DDOT"}  # SGP4 does not use them
_INTEGERS = {
    "EPHEMERIS_TYPE": ("ephemeris_type", 0),
    "ELEMENT_SET_NO": ("element_set_number", 999),
    "REV_AT_EPOCH": ("revolution_number", 0),
}
_MEAN_ELEMENTS = ("EPOCH", *list(_NUMBERS)[:6])
_TLE_PARAMETERS = (
    "EPHEMERIS_TYPE",
    "CLASSIFICATION_TYPE",
    "NORAD_CAT_ID",
    "ELEMENT_SET_NO",
    "REV_AT_EPOCH",
    *list(_NUMBERS)[6:],
)
_EPOCH = re.compile(r"(\d{4})-(?:(\d\d)-(\d\d)|(\d{3}))T(\d\d):(\d\d):(\d\d)(?:\.(\d*))?Z?")


def parse_json(text: str) -> Iterator[dict[str, Any] | BadElementsError]:
    """Read one message or a list of them, each with the line it begins on."""
    decoder = json.JSONDecoder()
    cut_off = BadElementsError("this is no JSON (the list does not end)", text.rstrip().count("\n") + 1)
    place = _next(text, 0)
    in_list = text[place : place + 1] == "["
    place = _next(text, place + 1) if in_list else place
    line, counted = 1, 0
    while place < len(text) and text[place] != "]":
        line, counted = line + text.count("\n", counted, place), place
        try:
            record, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            yield BadElementsError(f"this is no JSON ({error.msg})", error.lineno)
            return
        except (RecursionError, ValueError):  # nested by the thousand, or a number of thousands of digits
            yield BadElementsError("this is no JSON of element sets (nested too deeply, or a number too long)", line)
            return
        if isinstance(record, dict):
            yield _fields(record, line)
        else:
            yield BadElementsError(f"a JSON object was expected, not {str(record)[:40]!r}", line)
        place = _next(text, place)
        if text[place : place + 1] == ",":
            place = _next(text, place + 1)
        # Objects one after the other, without a list, are JSON lines.
        elif text[place : place + 1] not in ("", "]") and (in_list or text[place] != "{"):
            yield BadElementsError("this is no JSON (a comma or the end of the list was expected)", line)
            return
    if in_list and text[place : place + 1] != "]":
        yield cut_off


def _next(text: str, place: int) -> int:
    """Return the place of the next character that is no white space."""
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def parse_csv(text: str) -> Iterator[dict[str, Any] | BadElementsError]:
    """Read a table with a heading of OMM names."""
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    reader.fieldnames = [name.strip().upper() for name in reader.fieldnames or ()]
    try:
        for row in reader:
            if None in row:
                yield BadElementsError("the row has more fields than the heading", reader.line_num)
            else:
                yield _fields({name: value for name, value in row.items() if value is not None}, reader.line_num)
    except csv.Error as error:
        yield BadElementsError(f"this is no CSV ({error})", reader.line_num + 1)


def parse_xml(text: str) -> Iterator[dict[str, Any] | BadElementsError]:
    """Read the segments of an NDM/XML message."""
    found: list[dict[str, Any] | BadElementsError] = []
    record: dict[str, Any] = {}
    begun = 0
    words: list[str] = []
    parser = expat.ParserCreate("utf-8")  # the text is decoded already, whatever encoding its first line names
    parser.buffer_text = True

    def start(name: str, _: Any) -> None:
        nonlocal record, begun
        words.clear()
        if name.rpartition(":")[2] == "segment":
            record, begun = {}, parser.CurrentLineNumber

    def end(name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag == "segment":
            found.append(_fields(record, begun))
        elif "".join(words).strip():
            record[tag] = "".join(words).strip()
        words.clear()

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, words.append
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        found.append(BadElementsError(f"this is no XML ({expat.ErrorString(error.code)})", error.lineno))
    yield from found


def _fields(record: Mapping[str, Any], line: int) -> dict[str, Any] | BadElementsError:
    """Turn one message into the fields of an `ElementSet`."""
    try:
        return _read(record, line)
    except BadElementsError as error:
        return error


def _read(record: Mapping[str, Any], line: int) -> dict[str, Any]:
    for name, accepted in _ACCEPTED.items():
        given = str(record.get(name) or accepted[0]).strip().upper()
        if given not in accepted:
            raise BadElementsError(f"{name} is {given}; SGP4 needs {accepted[0]}", line)
    missing = [
        name
        for name in ("NORAD_CAT_ID", "EPOCH", *_NUMBERS)
        if record.get(name) in (None, "") and name not in _OPTIONAL
    ]
    if missing:
        raise BadElementsError(f"the field {missing[0]} is missing", line)
    fields: dict[str, Any] = {
        "name": str(record.get("OBJECT_NAME") or "").strip(),
        "international_designator": str(record.get("OBJECT_ID") or "").strip(),
        "classification": str(record.get("CLASSIFICATION_TYPE") or "U").strip(),
        "catalog_number": _catalog_number(record["NORAD_CAT_ID"], line),
        "epoch_utc": _epoch(str(record["EPOCH"]).strip(), line),
        "line": line,
    }
    for name, field in _NUMBERS.items():
        fields[field] = _number(record, name, line)
    for name, (field, default) in _INTEGERS.items():
        fields[field] = _integer(record, name, default, line)
    return fields


def _number(record: Mapping[str, Any], name: str, line: int) -> float:
    value = record.get(name)
    try:
        number = float(value if value not in (None, "") else 0.0)
    except (TypeError, ValueError):
        raise BadElementsError(f"{name} is {value!r}, no number", line) from None
    if not np.isfinite(number):
        raise BadElementsError(f"{name} is {value!r}, no finite number", line)
    return number


def _catalog_number(value: Any, line: int) -> int:
    text = str(value).strip()
    if not re.fullmatch(r"\+?0*[0-9]{1,9}", text):
        raise BadElementsError(f"NORAD_CAT_ID is {value!r}, no whole number of up to nine digits", line)
    return int(text)


def _integer(record: Mapping[str, Any], name: str, default: int, line: int) -> int:
    value = record.get(name)
    if value in (None, ""):
        return default
    text = str(value).strip()
    if not re.fullmatch(r"\+?[0-9]+(\.0*)?", text):
        raise BadElementsError(f"{name} is {value!r}, no whole number", line)
    return int(text.partition(".")[0])


def _epoch(text: str, line: int) -> np.datetime64:
    match = _EPOCH.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        year, month, day, day_of_year, hour, minute, second, fraction = match.groups()
        date = np.datetime64(f"{year}-{month}-{day}" if month else f"{year}-01-01", "us")
        if day_of_year:
            date = date + np.timedelta64(int(day_of_year) - 1, "D")
        if int(hour) > 23 or int(minute) > 59 or int(second) > 60:
            raise ValueError
        if day_of_year and date.astype("datetime64[Y]") != np.datetime64(year, "Y"):
            raise ValueError
        seconds = (int(hour) * 60 + int(minute)) * 60 + int(second)
        microseconds = round(float(f"0.{fraction or 0}") * 1e6)
    except ValueError:
        raise BadElementsError(f"EPOCH is {text!r}, no time like 2016-12-19T13:39:33.153407", line) from None
    return date + np.timedelta64(seconds * 1_000_000 + microseconds, "us")


def _record(item: ElementSet) -> dict[str, Any]:
    """Return a set as an OMM record in the order of the standard."""
    record: dict[str, Any] = {
        "OBJECT_NAME": item.name or item.satellite,
        "OBJECT_ID": item.international_designator,
        **_METADATA,
        "EPOCH": str(item.epoch_utc.astype("datetime64[us]")),
    }
    for name in (*_MEAN_ELEMENTS[1:], *_TLE_PARAMETERS):
        if name in _NUMBERS:
            record[name] = getattr(item, _NUMBERS[name])
        elif name in _INTEGERS:
            record[name] = getattr(item, _INTEGERS[name][0])
    record["CLASSIFICATION_TYPE"] = item.classification
    record["NORAD_CAT_ID"] = item.catalog_number
    order = ("OBJECT_NAME", "OBJECT_ID", *_METADATA, *_MEAN_ELEMENTS, *_TLE_PARAMETERS)
    return {name: record[name] for name in order}


def to_json(sets: Iterable[ElementSet]) -> str:
    """Write a JSON list of messages."""
    return json.dumps([_record(item) for item in sets], indent=1, ensure_ascii=False) + "\n"


def to_csv(sets: Iterable[ElementSet]) -> str:
    """Write a table with a heading."""
    out = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for item in sets:
        record = _record(item)
        if writer is None:
            writer = csv.DictWriter(out, list(record), lineterminator="\n")
            writer.writeheader()
        writer.writerow(record)
    return out.getvalue()


def to_xml(sets: Iterable[ElementSet]) -> str:
    """Write an NDM/XML file with one message a set."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<ndm>"]
    for item in sets:
        record = {name: _xml_text(str(value)) for name, value in _record(item).items()}

        def block(names: Iterable[str], record: Mapping[str, str] = record) -> str:
            return "".join(f"<{name}>{record[name]}</{name}>" for name in names)

        lines += [
            '<omm id="CCSDS_OMM_VERS" version="2.0"><header><CREATION_DATE/><ORIGINATOR/></header><body><segment>',
            f"<metadata>{block(('OBJECT_NAME', 'OBJECT_ID', *_METADATA))}</metadata>",
            f"<data><meanElements>{block(_MEAN_ELEMENTS)}</meanElements>",
            f"<tleParameters>{block(_TLE_PARAMETERS)}</tleParameters></data></segment></body></omm>",
        ]
    return "\n".join([*lines, "</ndm>", ""])


def _xml_text(text: str) -> str:
    """Escape a text and leave out the control characters that XML cannot hold."""
    # html, not xml.sax: that would import the network for it.
    return html.escape("".join(c for c in text if c >= " " and c not in "\ufffe\uffff"), quote=False)
