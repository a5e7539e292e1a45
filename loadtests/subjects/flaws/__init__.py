"""The flaws that the reference service can be started with, and the checks that each must and may fail.

A run with a flaw must fail every check in `must`, and no check outside `must` and `may`: `stockstorm prove` checks it.
A threshold counts as the check that measures it. One file a class.
"""

from typing import Final

from stockstorm.loadtests.subjects.flaws import (
    arithmetic,
    conduct,
    coverage,
    crash_windows,
    deduplication,
    degradation,
    installation,
    loss,
    order,
    polling,
    pushes,
    signatures,
    writes,
)
from stockstorm.loadtests.subjects.flaws.flaw import Flaw

__all__ = ["FLAWS", "Flaw", "flaws_of"]

_FILES: Final = (
    signatures,
    deduplication,
    order,
    loss,
    crash_windows,
    arithmetic,
    writes,
    pushes,
    coverage,
    conduct,
    degradation,
    installation,
    polling,
)
FLAWS: Final = {flaw.name: flaw for file in _FILES for flaw in file.DECLARED}


def flaws_of(architecture: str) -> tuple[str, ...]:
    """Names of the flaws that an architecture can have."""
    return tuple(name for name, flaw in FLAWS.items() if architecture in flaw.subjects)
