"""What ``link.terminal`` means: the values of a terminal of the catalogue, beneath those a scenario gives itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from satqkd import catalog
from satqkd.errors import InputError
from satqkd.fields import field_types
from satqkd.link.downlink import Link
from satqkd.scenario import schema
from satqkd.scenario.models import ProtocolTable
from satqkd.scenario.plain import leaves, value_at

_PARTS = ("transmitter", "receiver", "detector")


def with_terminals(values: dict[str, Any], origins: dict[str, str]) -> dict[str, Any]:
    """Replace ``link.terminal`` by the values it stands for.

    It is a name of the catalogue, or a list of them of which earlier ones rule (another detector, then the link it goes
    with). What comes out names no terminal: a scenario holds its values, whatever the catalogue says tomorrow. Where
    they come from is added to `origins`, by their dotted keys.
    """
    link = values.get("link")
    if isinstance(link, dict) and "terminal" in link:
        origins.pop("link.terminal", None)
        for name, terminal in _terminals(link.pop("terminal")):
            known = leaves(values)
            _put_beneath(values, link, terminal)
            origins |= {key: f"terminal {name}" for key in leaves(values) if key not in known}
    return values


def forget_parts(values: dict[str, Any], named: Any) -> None:
    """Drop what other terminals will bring, so that a change of terminal changes all of it."""
    link, protocol = values["link"], values["protocol"]
    for _, terminal in _terminals(named):
        for part in _PARTS:
            if part in terminal:
                link.pop(part, None)
        if terminal["kind"] == "link":
            link.pop("wavelength_m", None)
            link.get("polarization", {}).pop("source_error", None)
            for key in terminal.get("source", {}):
                protocol.pop(key, None)


def _terminals(named: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(named, str | list | tuple) or not all(isinstance(name, str) for name in named):
        raise InputError(
            f"link.terminal = {named!r} is no name of a terminal, nor a list of names.",
            "See: satqkd catalog list terminals",
        )
    for name in [named] if isinstance(named, str) else named:
        yield str(name), catalog.entry("terminals", str(name))


def bring_transmitter(values: dict[str, Any], name: str) -> None:
    """Give a scenario what a terminal has on board: transmitter, wavelength and source; the ground stays as it is."""
    terminal = catalog.entry("terminals", name)
    link, protocol = values["link"], values["protocol"]
    link["transmitter"] = dict(terminal["transmitter"])
    link["wavelength_m"] = terminal["wavelength_m"]
    source = dict(terminal.get("source", {}))
    kind, error = source.pop("protocol", None), source.pop("source_error", 0.0)
    link.setdefault("polarization", {})["source_error"] = error
    model = schema.member(ProtocolTable, str(kind))
    if kind != protocol["name"] and isinstance(model, type):
        protocol = values["protocol"] = {**schema.shared(protocol, model), "name": kind}
    known = field_types(schema.member(ProtocolTable, protocol["name"]))
    protocol.update({key: value for key, value in source.items() if key in known})
    for key, why in terminal.get("assumed", {}).items():
        if key.partition(".")[0] in ("transmitter", "source", "all"):
            values.setdefault("assumed", {})[_scenario_key(key)] = why


def _put_beneath(values: dict[str, Any], link: dict[str, Any], terminal: Mapping[str, Any]) -> None:
    for part in _PARTS:
        if part not in terminal:
            continue
        own, theirs = link.get(part, {}), terminal[part]
        if "model" in own and own["model"] != theirs.get("model", own["model"]):
            # Another model keeps what it knows as well, such as a jitter.
            model = schema.member(schema.choices_at(Link, [part]), own["model"])
            theirs = schema.shared(theirs, model) if isinstance(model, type) else {}
        link[part] = {**theirs, **own}
    if terminal["kind"] == "link":
        link.setdefault("wavelength_m", terminal["wavelength_m"])
        source = dict(terminal.get("source", {}))
        name, error = source.pop("protocol", None), source.pop("source_error", None)
        protocol = values.setdefault("protocol", {})
        if protocol.setdefault("name", name) == name:
            values["protocol"] = {**source, **protocol}
        if error is not None:
            link.setdefault("polarization", {}).setdefault("source_error", error)
    for key, why in terminal.get("assumed", {}).items():
        dotted = _scenario_key(key)
        if _stands(values, dotted, terminal, key):
            values.setdefault("assumed", {}).setdefault(dotted, why)


def _stands(values: Mapping[str, Any], dotted: str, terminal: Mapping[str, Any], key: str) -> bool:
    """Whether a scenario has the very value of the terminal that a reason was written for; tables always have some."""
    given = value_at(terminal, key)
    return given is None or isinstance(given, Mapping) or value_at(values, dotted) == given


def _scenario_key(key: str) -> str:
    """Return where a scenario holds what a terminal calls by this key."""
    part, _, rest = key.partition(".")
    if part == "all":
        return "link"
    if part != "source":
        return f"link.{key}"
    if rest == "source_error":
        return "link.polarization.source_error"
    return f"protocol.{rest}" if rest else "protocol"
