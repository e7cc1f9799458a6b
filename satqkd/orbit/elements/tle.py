"""Two-line element sets as text: every check that SGP4 does not make, each with its line.

The format is that of the CelesTrak documentation (celestrak.org/NORAD/documentation/tle-fmt.php): 69 columns, a
modulo-10 checksum in the last; catalogue numbers from 100000 on in the Alpha-5 notation, which ends at 339999.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from satqkd.orbit.elements.sets import LARGEST_ALPHA5

if TYPE_CHECKING:
    from satqkd.orbit.elements.sets import ElementSet

LINE_LENGTH = 69
# I and O are left out of Alpha-5 so that they are not taken for 1 and 0.
_ALPHA5 = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_ELEMENT_LINE = re.compile(r"[12] [ 0-9A-Z][ 0-9]{3}[0-9][ A-Z]")
_LONGEST_NAME = 40  # the catalogue's names end at 24 columns
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")


class BadElementsError(ValueError):
    """One element set cannot be used; the text says why, the line says where."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def decode_catalog_number(text: str) -> int:
    """Read the five columns of a catalogue number, plain or Alpha-5.

    >>> decode_catalog_number("E8493")
    148493
    """
    digits = text.strip()
    if digits[:1] in _ALPHA5 and digits[1:].isdigit() and len(digits) == 5:
        return (10 + _ALPHA5.index(digits[0])) * 10000 + int(digits[1:])
    if digits.isascii() and digits.isdigit():
        return int(digits)
    raise ValueError(f"{text!r} is no catalogue number (five digits, or Alpha-5 such as E8493)")


def encode_catalog_number(number: int) -> str:
    """Write a catalogue number in five columns, Alpha-5 from 100000 to 339999.

    >>> encode_catalog_number(148493)
    'E8493'
    """
    if 0 <= number < 100000:
        return f"{number:05d}"
    if not 0 <= number <= LARGEST_ALPHA5:
        raise ValueError(f"catalogue number {number} does not fit a TLE, whose Alpha-5 ends at {LARGEST_ALPHA5}")
    return _ALPHA5[number // 10000 - 10] + f"{number % 10000:04d}"


def checksum(line: str) -> int:
    """Return the checksum of the first 68 columns: digits count themselves, a minus sign one, modulo 10."""
    return sum(int(c) if c in "0123456789" else c == "-" for c in line[: LINE_LENGTH - 1]) % 10


def looks_like_element_line(line: str) -> bool:
    """Tell an element line, also a damaged one, from a name, which may begin with a digit too."""
    return _ELEMENT_LINE.match(line) is not None or (line[:2] in ("1 ", "2 ") and len(line) > _LONGEST_NAME)


def _check_line(line: str, number: int, where: int) -> None:
    if len(line) != LINE_LENGTH:
        # A catalogue number, then columns of digits: what Vallado's test file appends to a line does not look so.
        second = re.search(r"(?<=.{65})[12] [ 0-9A-Z][ 0-9]{3}[0-9][ A-Z] ?\S{3,}", line)
        if second:
            raise BadElementsError(
                f"two element lines stand on one line (the second begins at column {second.start() + 1})", where
            )
        raise BadElementsError(f"line {number} has {len(line)} columns instead of {LINE_LENGTH}", where)
    if not line.isascii():
        raise BadElementsError(f"line {number} holds characters that are not ASCII", where)
    given = line[-1]
    expected = checksum(line)
    if given != str(expected):
        raise BadElementsError(f"the checksum of line {number} is {given!r}, but the line adds up to {expected}", where)


def _number(line: str, first: int, last: int, what: str, where: int) -> float:
    text = line[first - 1 : last].strip()
    if _PLAIN_NUMBER.fullmatch(text) is None:
        raise BadElementsError(f"{what} (columns {first}-{last}) is {text!r}, no number", where)
    return float(text)


def _exponent_number(line: str, first: int, last: int, what: str, where: int) -> float:
    """Read a field like ``-11606-4``: a signed five-digit fraction and a power of ten, the point understood."""
    text = line[first - 1 : last].strip()
    match = re.fullmatch(r"([+-]?)\.?(\d+)([+-]\d)", text.replace(" ", ""))
    if not text or re.fullmatch(r"[+-]?\.?0*", text):
        return 0.0
    if match is None:
        raise BadElementsError(f"{what} (columns {first}-{last}) is {text!r}, no number like -11606-4", where)
    sign, digits, power = match.groups()
    return float(f"{sign}0.{digits}e{power}")


def _integer(line: str, first: int, last: int, what: str, where: int) -> int:
    text = line[first - 1 : last].replace(" ", "")
    if text and not text.isdigit():
        raise BadElementsError(f"{what} (columns {first}-{last}) is {text!r}, no whole number", where)
    return int(text) if text else 0


def _decimals(line: str, first: int, last: int, what: str, where: int) -> float:
    """Read digits behind a point that is understood; blanks are zeros, as Fortran reads them."""
    text = line[first - 1 : last].replace(" ", "0")
    if not text.isdigit():
        raise BadElementsError(f"{what} (columns {first}-{last}) is {text!r}, no digits", where)
    return int(text) / 10.0 ** len(text)


def _epoch(line: str, where: int) -> np.datetime64:
    year_text, day_text = line[18:20], line[20:32].replace(" ", "0")
    try:
        year, (day, _, fraction) = int(year_text), day_text.partition(".")
        year += 2000 if year < 57 else 1900
        # Eight decimals of a day are whole multiples of 864 microseconds, so that nothing is rounded here.
        microseconds = (int(day) - 1) * 86_400_000_000 + int(fraction.ljust(8, "0")[:8]) * 864
    except ValueError:
        raise BadElementsError(f"the epoch (columns 19-32) is {line[18:32]!r}, no year and day", where) from None
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= int(day) <= 365 + leap:
        raise BadElementsError(f"the epoch's day {int(day)} is not in the year {year}", where)
    return np.datetime64(f"{year}-01-01", "us") + np.timedelta64(microseconds, "us")


def parse_pair(line1: str, line2: str, where: int, where2: int) -> dict[str, Any]:
    """Read the two lines of a set into the fields of an `ElementSet`.

    Raises
    ------
    BadElementsError
        With the cause and the number of the line it stands on.
    """
    _check_line(line1, 1, where)
    _check_line(line2, 2, where2)
    try:
        number = decode_catalog_number(line1[2:7])
    except ValueError as error:
        raise BadElementsError(str(error), where) from None
    if line1[2:7].strip().lstrip("0") != line2[2:7].strip().lstrip("0"):
        raise BadElementsError(f"line 1 is of object {line1[2:7]}, line 2 of object {line2[2:7]}", where2)
    return {
        "catalog_number": number,
        "classification": line1[7].strip() or "U",
        "international_designator": _designator(line1[9:17]),
        "epoch_utc": _epoch(line1, where),
        "mean_motion_dot_rev_day2": _number(line1, 34, 43, "the derivative of the mean motion", where),
        "mean_motion_ddot_rev_day3": _exponent_number(line1, 45, 52, "the second derivative", where),
        "bstar": _exponent_number(line1, 54, 61, "the drag term B*", where),
        "ephemeris_type": _integer(line1, 63, 63, "the ephemeris type", where),
        "element_set_number": _integer(line1, 65, 68, "the element set number", where),
        "inclination_deg": _number(line2, 9, 16, "the inclination", where2),
        "raan_deg": _number(line2, 18, 25, "the right ascension of the node", where2),
        "eccentricity": _decimals(line2, 27, 33, "the eccentricity", where2),
        "argument_of_perigee_deg": _number(line2, 35, 42, "the argument of perigee", where2),
        "mean_anomaly_deg": _number(line2, 44, 51, "the mean anomaly", where2),
        "mean_motion_rev_day": _number(line2, 53, 63, "the mean motion", where2),
        "revolution_number": _integer(line2, 64, 68, "the revolution number", where2),
    }


def _designator(text: str) -> str:
    """Write a launch like ``16051A`` as ``2016-051A``, the way OMM does; anything else stays as it is."""
    text = text.strip()
    match = re.fullmatch(r"(\d\d)(\d{3})([A-Z]{1,3})", text)
    if match is None:
        return text
    year, launch, piece = match.groups()
    return f"{2000 + int(year) if int(year) < 57 else 1900 + int(year)}-{launch}{piece}"


def parse_tle(lines: Sequence[str]) -> Iterator[dict[str, Any] | BadElementsError]:
    """Read the sets of a TLE or 3LE text in order, each as fields or as the error that it is.

    Yields
    ------
    dict or BadElementsError
        The fields of a set with its ``name`` and the ``line`` it begins on, or what is wrong with it.
    """
    name = ""
    index = 0
    while index < len(lines):
        line = lines[index].strip()
        where = index + 1
        index += 1
        if not line.strip() or line.startswith("#"):
            continue
        if not looks_like_element_line(line):
            name = line[2:].strip() if line.startswith("0 ") else line.strip()
            continue
        if line[0] == "2":
            yield BadElementsError("line 2 of a set stands without its line 1", where)
            name = ""
            continue
        while index < len(lines) and not lines[index].strip():
            index += 1
        following = lines[index].strip() if index < len(lines) else ""
        if not (looks_like_element_line(following) and following[0] == "2"):
            try:
                _check_line(line, 1, where)
                yield BadElementsError("line 1 of a set stands without its line 2", where)
            except BadElementsError as error:
                yield error
            name = ""
            continue
        index += 1
        try:
            yield {**parse_pair(line, following, where, index), "name": name, "line": where}
        except BadElementsError as error:
            yield error
        name = ""


def to_tle(item: ElementSet, *, with_name: bool) -> str:
    """Write a set as two lines, with its name before them for a 3LE.

    Raises
    ------
    ValueError
        If a number does not fit its columns.
    """
    if not re.fullmatch(r"[A-Z]?", item.classification):
        raise ValueError(f"the classification {item.classification!r} is not one letter")
    line1 = (
        f"1 {encode_catalog_number(item.catalog_number)}{item.classification or 'U'} "
        f"{_launch(item.international_designator):<8} {_epoch_field(item.epoch_utc)} "
        f"{_fraction(item.mean_motion_dot_rev_day2)} {_exponent(item.mean_motion_ddot_rev_day3)} "
        f"{_exponent(item.bstar)} {item.ephemeris_type % 10} {item.element_set_number % 10000:4d}"
    )
    line2 = (
        f"2 {encode_catalog_number(item.catalog_number)} {item.inclination_deg:8.4f} {item.raan_deg % 360.0:8.4f} "
        f"{round(item.eccentricity * 1e7):07d} {item.argument_of_perigee_deg % 360.0:8.4f} "
        f"{item.mean_anomaly_deg % 360.0:8.4f} {item.mean_motion_rev_day:11.8f}{item.revolution_number % 100000:5d}"
    )
    lines = [f"0 {' '.join(item.name.split()) or item.satellite}"] if with_name else []
    for line in (line1, line2):
        if len(line) != LINE_LENGTH - 1:
            raise ValueError(f"the set does not fit the columns of a TLE: {line!r}")
        lines.append(f"{line}{checksum(line)}")
    return "\n".join(lines) + "\n"


def _epoch_field(epoch: np.datetime64) -> str:
    """Write an epoch as year and day with eight decimals, which are steps of 864 microseconds."""
    steps = round(int(epoch.astype("datetime64[us]").astype(np.int64)) / 864)
    year = np.datetime64(steps * 864, "us").astype("datetime64[Y]")
    if not 1957 <= int(str(year)) <= 2056:
        raise ValueError(f"the epoch's year {year} does not fit the two digits of a TLE, 1957 to 2056")
    day, part = divmod(steps - int(year.astype("datetime64[us]").astype(np.int64)) // 864, 10**8)
    return f"{str(year)[2:]}{day + 1:03d}.{part:08d}"


def _launch(designator: str) -> str:
    """Write ``2016-051A`` as ``16051A``; a designator that does not fit is left out."""
    match = re.fullmatch(r"\d\d(\d\d)-(\d{3}[A-Z]{1,3})", designator)
    if match:
        return match[1] + match[2]
    return designator if len(designator) <= 8 and designator.isascii() else ""


def _fraction(value: float) -> str:
    """Write a number below 1 in ten columns, without the zero before its point."""
    text = f"{value:+.8f}"
    if text[1] != "0":
        raise ValueError(f"the derivative of the mean motion {value:g} does not fit a TLE")
    return (" " if text[0] == "+" else "-") + text[2:]


def _exponent(value: float) -> str:
    """Write a number as five digits and a power of ten: -0.11606e-4 is ``-11606-4``."""
    power = math.floor(math.log10(abs(value))) + 1 if value else 0
    power = max(power, -9)
    digits = round(abs(value) * 10.0 ** (5 - power))
    if digits == 100000:
        digits, power = 10000, power + 1
    if power > 9:
        raise ValueError(f"{value:g} does not fit a TLE")
    sign = "-" if value < 0.0 and digits else " "
    return f"{sign}{digits:05d}{'+' if power > 0 else '-'}{abs(power)}"
