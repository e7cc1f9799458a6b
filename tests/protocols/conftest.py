import json
from pathlib import Path
from typing import Any

import pytest

REFERENCE = Path(__file__).resolve().parents[1] / "reference"


@pytest.fixture(scope="session")
def reference():
    def load(name: str) -> Any:
        return json.loads((REFERENCE / f"{name}.json").read_text())

    return load
