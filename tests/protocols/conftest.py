import json
from typing import Any

import pytest

from tests.support import REFERENCE


@pytest.fixture(scope="session")
def reference():
    def load(name: str) -> Any:
        return json.loads((REFERENCE / f"{name}.json").read_text())

    return load
