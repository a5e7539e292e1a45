"""The order of test files, for several at a time: what waits comes between what computes.

Four runs at once want more than two cores and are slow; four tests that wait for the end of a lease leave both idle.
"""

from collections.abc import Collection
from typing import Final

COMPUTES: Final = ("tests/e2e/", "tests/strangers/", "tests/fuzz/")  # whole runs, each with many processes
WAITS: Final = ("tests/contract/", "tests/unit/loadtests/")  # for leases, time limits and emulators


def in_turns(files: Collection[str]) -> list[str]:
    """Both kinds, each in its order and evenly spread, and then the rest, which is short."""
    kinds = ([file for file in files if file.startswith(kind)] for kind in (COMPUTES, WAITS))
    placed = [((place + 0.5) / len(kind), file) for kind in kinds for place, file in enumerate(kind)]
    first = [file for _, file in sorted(placed, key=lambda each: each[0])]
    return first + [file for file in files if not file.startswith((*COMPUTES, *WAITS))]
