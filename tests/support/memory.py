"""How much memory this process has needed at most."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def peak_bytes():
    """Return the peak of resident memory of this process alone [bytes].

    What getrusage tells is on Linux at least what the process that started this one had, which for tests is much.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (peak_kib,) = re.findall(r"VmHWM:\s*(\d+) kB", status.read_text())
        return 1024 * int(peak_kib)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
