import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import ROOT

SCRIPT = ROOT / "data" / "atmosphere" / "make_tables.py"


def test_the_script_that_made_the_tables_runs(tmp_path: Path) -> None:
    shutil.copy(SCRIPT, tmp_path)
    modtran, sun = tmp_path / "long.csv", tmp_path / "sun.csv"
    modtran.write_text(
        "# a comment\nvisibility,wavelength_nm,elevation_deg,transmittance\n"
        "10km,850,90,0.6\n10km,850,85,nan\nclear,850,90,0.9\nset2_scan,850,90,0.5\n"
    )
    sun.write_text("a title\nwavelength,extraterrestrial,global,direct\n" + "".join(
        f"{nm},{nm / 1000},0,0\n" for nm in range(360, 2041)
    ))  # fmt: skip
    for verb, source in (("visibility", modtran), ("solar", sun)):
        subprocess.run([sys.executable, str(tmp_path / "make_tables.py"), verb, str(source)], check=True)
    rows = (tmp_path / "modtran_visibility.csv").read_text().splitlines()
    assert [row for row in rows if not row.startswith("#")] == [
        "visibility_m,elevation_deg,850",
        "inf,90,0.9",
        "10000,90,0.6",
    ]
    rows = (tmp_path / "solar_spectrum.csv").read_text().splitlines()
    assert rows[3:5] == ["380,380.0", "400,400.0"]  # a straight line is its own mean
