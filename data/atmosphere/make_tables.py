"""Condense the upstream tables into the two files beside this script.

python make_tables.py visibility LONG.csv      # visibility,wavelength_nm,elevation_deg,transmittance (Qrackling, MIT)
python make_tables.py solar ASTMG173.csv       # wavelength,extraterrestrial,... as pvlib ships it (BSD-3-Clause)
"""

import csv
import itertools
import math
import sys
from pathlib import Path

HERE = Path(__file__).parent


def visibility(source: Path) -> None:
    """One row per visibility and elevation, one column per wavelength; "clear" (no aerosol) becomes infinite."""
    rows = [line.split(",") for line in source.read_text().splitlines() if line and not line.startswith("#")][1:]
    table = {
        (math.inf if v == "clear" else 1000.0 * float(v.removesuffix("km")), float(e), float(w)): t
        for v, w, e, t in rows
        if v != "set2_scan" and e not in {"85", "88", "89"}
    }
    wavelengths = sorted({key[2] for key in table})
    with (HERE / "modtran_visibility.csv").open("w", encoding="utf-8", newline="") as stream:
        stream.write(
            "# One-way transmittance, ground at 0 km to space, computed with MODTRAN for a meteorological visibility.\n"
            "# Source: Qrackling, Examples/Data/atmospheric transmittance/varying elevation MODTRAN data 3,\n"
            "# commit 098cd72 (Free-Space-QKD-Lab-HWU/Qrackling), MIT licence, (c) 2024 Heriot-Watt University.\n"
            "# Columns: wavelength [nm].\n"
            "# Left out: elevations of 85, 88 and 89 deg, which upstream lacks at 1 km. 0 means below 1e-38.\n"
        )
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(["visibility_m", "elevation_deg", *(f"{w:g}" for w in wavelengths)])
        for v, e in sorted({key[:2] for key in table}, reverse=True):
            out.writerow([f"{v:g}", f"{e:g}", *(table[v, e, w] for w in wavelengths)])


def solar(source: Path) -> None:
    """Mean extraterrestrial irradiance over 20 nm, 380 to 2020 nm."""
    with source.open(encoding="utf-8") as stream:
        stream.readline()
        rows = [(float(row["wavelength"]), float(row["extraterrestrial"])) for row in csv.DictReader(stream)]
    with (HERE / "solar_spectrum.csv").open("w", encoding="utf-8", newline="") as stream:
        stream.write(
            "# Extraterrestrial solar spectral irradiance at 1 au [W m^-2 um^-1], mean over 20 nm about each line.\n"
            "# Source: ASTM G173-03 (SMARTS 2.9.2) as shipped by pvlib 0.16.1, BSD-3-Clause.\n"
            "wavelength_nm,irradiance_w_m2_um\n"
        )
        for centre in range(380, 2021, 20):
            inside = [(w, e) for w, e in rows if centre - 10 <= w <= centre + 10]
            area = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in itertools.pairwise(inside))
            stream.write(f"{centre},{1000.0 * area / (inside[-1][0] - inside[0][0]):.1f}\n")


if __name__ == "__main__":
    {"visibility": visibility, "solar": solar}[sys.argv[1]](Path(sys.argv[2]))
