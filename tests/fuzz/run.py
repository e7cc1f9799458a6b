"""Run many draws of every family of bad input, and print what did not end as it should: `python -m tests.fuzz.run 10000`."""

from __future__ import annotations

import collections
import random
import sys
import time
import traceback

from tests.fuzz.families import FAMILIES, quietly

HANG_S = 5.0


def main(count: int, chosen: list[str]) -> int:
    faults = 0
    for name in chosen or FAMILIES:
        kinds: collections.Counter[str] = collections.Counter()
        first: dict[str, int] = {}
        slowest = 0.0
        for number in range(count):
            call = FAMILIES[name](random.Random(f"{name}-{number}"))
            begun = time.monotonic()
            try:
                quietly(call)
            except BaseException as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                kind = f"{type(error).__name__} at {where.filename.rpartition('/')[2]}:{where.lineno}: {str(error)[:100]!r}"
                kinds[kind.split(": ")[0]] += 1
                first.setdefault(kind.split(": ")[0] + " " + str(error)[:160], number)
            spent = time.monotonic() - begun
            slowest = max(slowest, spent)
            if spent > HANG_S:
                kinds["hang"] += 1
                first.setdefault("hang", number)
        faults += sum(kinds.values())
        print(f"{name}: {count} draws, {sum(kinds.values())} faults, slowest {slowest:.1f} s", flush=True)
        for kind, number in list(first.items())[:40]:
            print(f"    {number}: {kind}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, sys.argv[2:]))
