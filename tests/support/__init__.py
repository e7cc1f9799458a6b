"""What tests share: where the reference values are, oracles of our own, and what they are compared on."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "tests" / "reference"
