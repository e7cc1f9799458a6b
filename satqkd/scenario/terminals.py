"""What ``link.terminal`` means: the values of a terminal of the catalogue, beneath those a scenario gives itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from satqkd import catalog

_PARTS = ("transmitter", "receiver", "detector")


def with_terminals(values: dict[str, Any]) -> dict[str, Any]:
    """Replace ``link.terminal`` by the values it stands for.

    It is a name of the catalogue, or a list of them of which earlier ones rule (another detector, then the link it goes
    with). What comes out names no terminal: a scenario holds its values, whatever the catalogue says tomorrow.
    """
    link = values.get("link")
    if isinstance(link, dict) and "terminal" in link:
        for terminal in _terminals(link.pop("terminal")):
            _put_beneath(values, link, terminal)
    return values


def forget_parts(values: dict[str, Any], named: Any) -> None:
    """Drop what other terminals will bring, so that a change of terminal changes all of it."""
    link, protocol = values["link"], values["protocol"]
    for terminal in _terminals(named):
        for part in _PARTS:
            if part in terminal:
                link.pop(part, None)
        if terminal["kind"] == "link":
            link.pop("wavelength_m", None)
            link.get("polarization", {}).pop("source_error", None)
            for key in terminal.get("source", {}):
                protocol.pop(key, None)
        for key in terminal.get("assumed", {}):
            values.get("assumed", {}).pop(_scenario_key(key), None)


def _terminals(named: Any) -> Iterator[Mapping[str, Any]]:
    for name in [named] if isinstance(named, str) else list(named):
        yield catalog.entry("terminals", str(name))


def _put_beneath(values: dict[str, Any], link: dict[str, Any], terminal: Mapping[str, Any]) -> None:
    for part in _PARTS:
        if part not in terminal:
            continue
        own = link.get(part, {})
        another_model = "model" in own and own["model"] != terminal[part].get("model", own["model"])
        link[part] = own if another_model else {**terminal[part], **own}
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
        values.setdefault("assumed", {}).setdefault(_scenario_key(key), why)


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
