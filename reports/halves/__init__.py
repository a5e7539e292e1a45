"""A long history is read, judged and drawn by two processes, each of which decodes one half of the facts.

`opened` alone decides whether a history is split. A reader of the history need not know: what is in the other half
comes from there, and the result is the same to the byte. Where anything about a file is wrong, it is read as a whole,
so that every error is found and told as of a small one.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from stockstorm.reports.collector import collector_paused
from stockstorm.reports.halves.first import Second
from stockstorm.reports.halves.kinds import (
    ALL,
    CHECKED_BY_SECOND,
    DELIVERY,
    STAND_INS,
    digested_elsewhere,
    stand_ins_of,
)
from stockstorm.reports.halves.second import READ
from stockstorm.reports.history import History
from stockstorm.reports.history.invariants import breaks_in_half
from stockstorm.reports.history.time_order import IN_ORDER
from stockstorm.reports.history_file import Decoding, read_facts
from stockstorm.reports.store import RunFolder, read_history, require_inside, require_start
from stockstorm.simulator.errors import HistoryError

SPLIT_MIN_BYTES: Final = 3_000_000  # of the compressed file, about 250,000 facts; below, a second process gains nothing
CORES_MIN: Final = 2


def on_stderr(text: str) -> None:
    """Tells the user. A closed standard error costs no verdict."""
    with suppress(OSError, ValueError):
        print(f"note: {text}", file=sys.stderr, flush=True)  # nowhere where there is no standard error


@contextmanager
def opened(
    path: Path, *, unsealed: bool = False, split: bool | None = None, tell: Callable[[str], None] = on_stderr
) -> Iterator[History]:
    """A history to judge and render, as `read_history` gives it. `split`: None decides by its size and the machine.

    `tell` takes a sentence for the user where the second process failed and this one had to do all of its work.

    Raises HistoryError as `read_history` does. The second process has ended afterwards.
    """
    file = RunFolder(path).history if path.is_dir() else path
    if unsealed or not (_worth_it(file) if split is None else split):
        yield read_history(file, unsealed=unsealed)
        return
    require_inside(file.parent, file)
    second = Second(file)
    try:
        with collector_paused():
            yield _first_half(file, second) or read_history(file)
    finally:
        second.close()
        if second.failure:
            tell(f"one process judged this history, which took longer and changed no result: {second.failure}")


def _worth_it(file: Path) -> bool:
    return file.is_file() and file.stat().st_size >= SPLIT_MIN_BYTES and _cores() >= CORES_MIN


def _cores() -> int:
    """The cores that this process may use; macOS tells only how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _first_half(file: Path, second: Second) -> History | None:
    """The history with the other half in the second process; None where either half is not as it should be."""
    in_order = IN_ORDER | {STAND_INS[kind] for kind in IN_ORDER & DELIVERY}
    try:
        written = read_facts(file, decoding=Decoding(stand_ins_of(DELIVERY), in_order, digested=digested_elsewhere))
        history = History.of(written.facts, second, ordered=written.sorted)
        require_start(file, history)
    except (HistoryError, OSError):
        return None
    if history.started.level != "full":  # what it does is in both halves
        return None
    if not written.in_order or breaks_in_half(history, ALL - CHECKED_BY_SECOND, "stock"):
        return None
    with suppress(Exception):  # whoever needs them will tell
        _ = history.listings  # built while the second process still reads
    return history if second.value(READ) else None
