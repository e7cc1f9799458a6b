"""The shipped terminals: whole links of known missions and classes, and detectors by their datasheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from satqkd.errors import DataError
from satqkd.fields import words_of
from satqkd.link.beam.diffraction import TruncatedGaussian
from satqkd.link.beam.transmitters import CollimatedGaussian, Transmitter
from satqkd.link.downlink import Transmission
from satqkd.link.receiver.detector import Detector
from satqkd.link.receiver.telescope import Receiver

_TRANSMITTERS = {tag: one for one in get_args(get_args(Transmission)[0]) for tag in words_of(one, "model")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """One terminal of the catalogue, its parts as the nouns a link is made of.

    Attributes
    ----------
    name, kind, version, description : str
        What it is; the kind is "link" (both ends) or "detector".
    wavelength_m : float
        Signal wavelength, or the one at which a detector's efficiency holds [m].
    transmitter, receiver, detector
        The parts; None where the terminal has none.
    source : Mapping
        The light source: protocol, clock_rate_hz, intensities, probabilities, source_error, where known.
    assumed : Mapping
        Which values are not established, and why.
    """

    name: str
    kind: str
    version: str
    description: str
    wavelength_m: float
    transmitter: Transmitter | CollimatedGaussian | TruncatedGaussian | None
    receiver: Receiver | None
    detector: Detector | None
    source: Mapping[str, Any]
    assumed: Mapping[str, str]


def read_terminal(name: str) -> Terminal:
    """Read a terminal of the catalogue as nouns, for whoever builds a link in Python; a scenario takes its table.

    Parameters
    ----------
    name : str
        Its name, e.g. "micius" or "detector-snspd-mosi".

    Raises
    ------
    InputError
        If there is none of that name; the nearest are suggested.
    DataError
        If the shipped file holds a key the link does not know.
    """
    from satqkd.catalog import entry

    table = entry("terminals", name)
    transmitter = table.get("transmitter")
    try:
        return Terminal(
            name=table["name"],
            kind=table["kind"],
            version=table["version"],
            description=table["description"],
            wavelength_m=float(table["wavelength_m"]),
            transmitter=_TRANSMITTERS[transmitter["model"]](**transmitter) if transmitter else None,
            receiver=Receiver(**table["receiver"]) if "receiver" in table else None,
            detector=Detector(**table["detector"]) if "detector" in table else None,
            source=dict(table.get("source", {})),
            assumed=dict(table.get("assumed", {})),
        )
    except (KeyError, TypeError) as error:
        raise DataError(f"The shipped terminal {name!r} cannot be used: {error}.", "Install satqkd again.") from None
