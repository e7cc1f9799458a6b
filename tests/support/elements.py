"""The element sets and stations of the published flights, and readers of the references."""

from __future__ import annotations

from satqkd.orbit import Elements, Station, read_elements
from satqkd.orbit.elements.tle import checksum
from tests.support import REFERENCE

STATIONS = {
    # Yin et al., Nature 582, 501 (2020) and Science 356, 1140 (2017), as printed; altitudes as in flights.csv.
    "xinglong": Station("xinglong", 40.39586667, 117.5774583, 890.0),
    "nanshan": Station("nanshan", 43.47546111, 87.17668611, 2028.0),
    "delingha": Station("delingha", 37.37900833, 97.72694722, 3153.0),
}


def reference_elements(name: str) -> Elements:
    return read_elements(REFERENCE / "orbit" / name)


def verification_elements() -> Elements:
    """SGP4's verification sets, their lines cut to 69 columns and their five wrong checksums mended."""
    raw = (REFERENCE / "orbit" / "SGP4-VER.TLE").read_text().splitlines()
    lines = [f"{line[:68]}{checksum(line[:68])}" for line in raw if line.startswith(("1 ", "2 "))]
    # 33334 is meant to fail: its mean motion is 1e-5 rev/day.
    pairs = [pair for pair in zip(lines[::2], lines[1::2], strict=True) if "33334" not in pair[0]]
    return read_elements("\n".join("\n".join(pair) for pair in pairs) + "\n")
