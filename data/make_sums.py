"""Write SHA256SUMS: the hash of every shipped file, which `satqkd doctor` holds against them. Run after any change."""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).parent
LEFT_OUT = {"SHA256SUMS"}

if __name__ == "__main__":
    files = sorted(
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*")
        if path.is_file() and path.name not in LEFT_OUT and "__pycache__" not in path.parts
    )
    lines = [f"{hashlib.sha256((ROOT / name).read_bytes()).hexdigest()}  {name}\n" for name in files]
    (ROOT / "SHA256SUMS").write_text("".join(lines), encoding="utf-8", newline="\n")
