"""A scenario as plain values, as TOML, and as one number that tells it from every other."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from satqkd.errors import InputError
from satqkd.reads import FileRead, distinct
from satqkd.scenario.own_models import described, own_models
from satqkd.scenario.plain import plain

_PLAIN_VALUES = (str, int, float, bool, tuple, list, dict, dt.datetime, type(None))


def to_dict(noun: Any) -> dict[str, Any]:
    """Turn a noun into nested dicts and lists of plain values, leaving out what is None."""
    result: dict[str, Any] = {}
    for field in dataclasses.fields(noun):
        value = getattr(noun, field.name)
        if value is not None and not (isinstance(value, dict) and not value):
            result[field.name] = _bare(value)
    return result


def _bare(value: Any) -> Any:
    is_ours = type(value).__module__.startswith("satqkd.") or hasattr(type(value), "__pydantic_config__")
    if not isinstance(value, _PLAIN_VALUES) and not is_ours:
        return described(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_dict(value)
    if isinstance(value, tuple | list):
        return [_bare(inner) for inner in value]
    if isinstance(value, dict):
        return {key: _bare(inner) for key, inner in value.items()}
    return value


def to_toml(scenario: Any) -> str:
    """Write a scenario as TOML; see `Scenario.to_toml`."""
    import tomli_w

    if own := own_models(scenario):
        raise InputError(
            f"{', '.join(own)} cannot be written as TOML: a model of your own is an object, not a table.",
            "Keep the Python that puts it in.",
        )
    return tomli_w.dumps(to_dict(scenario))


def fingerprint(scenario: Any, reads: Sequence[FileRead] | None = None) -> str | None:
    """Return the SHA-256 of a scenario's values and of the files behind its paths; see `Scenario.fingerprint`.

    Parameters
    ----------
    scenario : Scenario
    reads : sequence of FileRead, optional
        What a run has read; without it the files are read now.

    Returns
    -------
    str or None
        None for a scenario with a model of one's own, of which nobody knows what it computes.
    """
    if own_models(scenario):
        return None
    if reads is None:
        reads = scenario.files_read(scenario.read_elements())
    reads = distinct((*reads, *scenario.shipped_files()))
    digests = {one.path: one.sha256 for one in reads}
    values = plain(to_dict(scenario))
    values["satellites"] = [_by_content(entry, digests) for entry in values["satellites"]]
    for station in values["stations"]:
        if isinstance(station, dict) and isinstance(station.get("horizon_mask"), str):
            station["horizon_mask"] = digests.get(station["horizon_mask"], station["horizon_mask"])
    source = scenario.source
    shipped = sorted(one.sha256 for one in reads if one.path.startswith("data/") and one != source)
    canonical = json.dumps([values, shipped], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _by_content(entry: Any, digests: Mapping[str, str]) -> Any:
    """Return an entry of ``satellites`` with its file's digest for the path."""
    if not isinstance(entry, str):
        return entry
    file, mark, name = entry.partition("#")
    return digests[file] + mark + name if file in digests else entry
