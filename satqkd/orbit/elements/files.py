"""Files of element sets: TLE, 3LE and OMM in, any of them out, every bad set with its file, line and cause."""

from __future__ import annotations

import io
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from satqkd.errors import InputError, did_you_mean, shown, warn
from satqkd.orbit.elements import omm
from satqkd.orbit.elements.sets import Elements, ElementSet, slug
from satqkd.orbit.elements.tle import BadElementsError, parse_pair, parse_tle, to_tle
from satqkd.reads import FileRead, file_read

_OMM = {"omm-json": omm.to_json, "omm-csv": omm.to_csv, "omm-xml": omm.to_xml}
FORMATS = ("tle", "3le", *_OMM)


def read_elements(
    source: str | Path | IO[str] | IO[bytes], *, satellite: str | None = None, skip_bad: bool = False
) -> Elements:
    """Read the element sets of a file or a text.

    Parameters
    ----------
    source : path, text or file-like
        A text is told from a path by its line breaks; ``-`` is the standard input.
    satellite : str, optional
        Our id for all sets, which must then be of one object; else each object's name makes its id.
    skip_bad : bool
        Skip bad sets with one counted warning instead of refusing the file.

    Raises
    ------
    InputError
        With file, line and cause of the first bad set, or if there is no set at all.
    """
    found, bad, where, read = _scan(source)
    if bad and not skip_bad:
        raise InputError(
            f"{bad[0]}.",
            "Correct or remove this set, or skip bad sets: skip_bad=True, or `satqkd elements convert --skip-bad`.",
        )
    if not found:
        reason = f"; {len(bad)} were bad, the first: {bad[0]}" if bad else ""
        raise InputError(
            f"{where}: there is no usable element set{reason}.", "Give TLE or 3LE lines, or OMM as JSON, CSV or XML."
        )
    if bad:
        warn(f"{len(bad)} of {len(bad) + len(found)} element sets were skipped; the first: {bad[0]}")
    elements = Elements(tuple(_with_ids(found)), (read,))
    return elements.renamed(satellite) if satellite else elements


def scan_elements(source: str | Path | IO[str] | IO[bytes]) -> tuple[tuple[ElementSet, ...], tuple[str, ...]]:
    """Read what can be read: every set in the order of the file, and a message for each that cannot be used.

    Parameters
    ----------
    source : path, text or file-like
        As `read_elements` takes it.

    Returns
    -------
    sets : tuple of ElementSet
        Also those that `Elements` would drop because a later one has the same epoch.
    messages : tuple of str
        File, line and cause of every bad set.
    """
    found, bad, _, _ = _scan(source)
    return tuple(_with_ids(found)), tuple(bad)


def _scan(source: str | Path | IO[str] | IO[bytes]) -> tuple[list[ElementSet], list[str], str, FileRead]:
    text, where, read = _text_of(source)
    good: list[ElementSet] = []
    bad: list[str] = []
    for item in _parser(text)(text):
        try:
            if isinstance(item, BadElementsError):
                raise item
            good.append(_build(item, where))
        except BadElementsError as error:
            bad.append(f"{where}:{error.line}: {error.reason}")
    return good, bad, where, read


def _text_of(source: str | Path | IO[str] | IO[bytes]) -> tuple[str, str, FileRead]:
    """Return the text of a source, what messages call it, and the record of what was read."""
    if isinstance(source, str | Path) and str(source).strip() == "-":
        raw, where = _standard_input(), "standard input"
        return _decoded(raw), where, file_read("-", raw, shown=where)
    if isinstance(source, str) and (re.search(r"[\r\n]", source) or source.lstrip("\ufeff ")[:1] in ("{", "[", "<")):
        return source.lstrip("\ufeff"), "text", file_read("text", source.encode(errors="replace"))
    if isinstance(source, str | Path):
        path = Path(source)
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            raise InputError(f"The element file {path} does not exist.", "Check the path.") from None
        except (OSError, ValueError) as error:  # a path that no system allows is a ValueError
            cause = getattr(error, "strerror", None) or error
            raise InputError(f"The element file {path} cannot be read: {cause}.", "Check the path.") from None
        where = str(path)
    elif isinstance(source, io.TextIOBase) or hasattr(source, "read"):
        content = source.read()
        where = str(getattr(source, "name", "stream"))
        if isinstance(content, str):
            return content.lstrip("\ufeff"), where, file_read(where, content.encode(errors="replace"))
        raw = content
    else:
        raise InputError(f"{shown(source)} is no source of element sets.", "Give a path, a text or an open file.")
    return _decoded(raw), where, file_read(where, raw)


def _standard_input() -> bytes:
    try:
        return sys.stdin.buffer.read()
    except (OSError, ValueError, AttributeError):  # closed, or none at all
        raise InputError("There is no standard input to read elements from.", "Give a file instead of '-'.") from None


def _decoded(raw: bytes) -> str:
    """Decode a file: names may come in any encoding; element lines are ASCII and checked as such."""
    # Windows' PowerShell writes UTF-16 when the output of a command is sent to a file.
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return raw.decode(encoding, errors="replace")


def _parser(text: str) -> Callable[[str], Iterator[dict[str, Any] | BadElementsError]]:
    """Tell the format by its first characters."""
    begin = text.lstrip()[:2000]
    if begin[:1] in ("[", "{"):
        return omm.parse_json
    if begin[:1] == "<":
        return omm.parse_xml
    if re.match(r'"?[A-Za-z_]+"?\s*,', begin) and re.search(r"MEAN_MOTION", begin.partition("\n")[0], re.IGNORECASE):
        return omm.parse_csv
    # Not splitlines(), which breaks names at control characters too and so miscounts the lines of the file.
    return lambda lines: parse_tle(re.split(r"\r\n|\r|\n", lines))


def _build(fields: dict[str, Any], where: str) -> ElementSet:
    """Make a set of the fields read and see that SGP4 accepts it at its own epoch."""
    from sgp4.api import SGP4_ERRORS

    fields = dict(fields)
    line = fields.pop("line")
    try:
        built = ElementSet(satellite="", source=f"{where}:{line}", **fields)
    except InputError as error:
        raise BadElementsError(error.message.removeprefix(f"{where}:{line}: ").rstrip("."), line) from None
    model = built.satrec()
    code = model.error or model.sgp4(model.jdsatepoch, model.jdsatepochF)[0]
    if code:
        raise BadElementsError(f"SGP4 refuses the elements at their own epoch: {SGP4_ERRORS[code]}", line)
    return built


def _with_ids(sets: Iterable[ElementSet]) -> Iterator[ElementSet]:
    """Give each set the id its name makes; objects that share a name carry their catalogue number too."""
    sets = list(sets)
    # Designed orbits have no number; there the name tells objects apart.
    keys = [item.catalog_number or slug(item.name) for item in sets]
    # One object keeps one id, even where only some of its sets carry its name.
    names = {key: slug(item.name) for key, item in zip(keys, sets, strict=True) if slug(item.name)}
    shared = [name for name, count in Counter(names.values()).items() if count > 1]
    for key, item in zip(keys, sets, strict=True):
        name = names.get(key) or "norad"
        chosen = f"{name}-{item.catalog_number}" if name in shared or name == "norad" else name
        yield replace(item, satellite=chosen)


def write_elements(elements: Iterable[ElementSet], format: str) -> str:  # noqa: A002 - the word of the command line
    """Write element sets as text.

    Parameters
    ----------
    elements : Elements or iterable of ElementSet
    format : str
        ``tle``, ``3le``, ``omm-json``, ``omm-csv`` or ``omm-xml``. A TLE holds fewer digits than OMM and no catalogue
        number above 339999; digits lost bring a warning.

    Returns
    -------
    str
        The file's content.

    Raises
    ------
    InputError
        If a set does not fit the format.
    """
    if format in _OMM:
        return _OMM[format](elements)
    if format not in FORMATS:
        raise InputError(f"Element sets cannot be written as {format!r}.", did_you_mean(format, FORMATS))
    blocks = []
    rounded = 0
    for item in elements:
        try:
            block = to_tle(item, with_name=format == "3le")
        except ValueError as error:
            raise InputError(
                f"{item.satellite} ({item.source}) cannot be written as a TLE: {error}.",
                "Write OMM: omm-json, omm-csv or omm-xml.",
            ) from None
        rounded += _lost_digits(item, block)
        blocks.append(block)
    if rounded:
        warn(f"{rounded} of {len(blocks)} sets have more digits than a TLE holds and were rounded.")
    return "".join(blocks)


def _lost_digits(item: ElementSet, block: str) -> bool:
    """Tell whether a TLE says something else than the set it was written from."""
    line1, line2 = block.splitlines()[-2:]
    again = parse_pair(line1, line2, 1, 2)
    angles = ("inclination_deg", "raan_deg", "argument_of_perigee_deg", "mean_anomaly_deg")
    if any(abs(again[name] % 360.0 - getattr(item, name) % 360.0) > 1e-10 for name in angles):
        return True
    # Two microseconds are 15 mm of orbit.
    if abs(again["epoch_utc"] - item.epoch_utc) > np.timedelta64(2, "us") or abs(
        again["bstar"] - item.bstar
    ) > 1e-12 * abs(item.bstar):
        return True
    return any(abs(again[name] - getattr(item, name)) > 1e-12 for name in ("mean_motion_rev_day", "eccentricity"))
