"""What a subject does, and so what it can be judged on: as its owner declared it, unless the history shows more.

A declared level that is not reached lowers nothing: a service that should write to the shop and does not is judged for
that. So a wrong address never looks like a service that only acknowledges.
"""

from typing import Final, Protocol, TypeVar

from stockstorm.reports.history.order_effects import SUBJECT_CAUSES
from stockstorm.simulator.config import Level
from stockstorm.simulator.history import facts as f

ORDER: Final[dict[Level, int]] = {"acknowledgement": 0, "probe": 1, "full": 2}
WORDS: Final[dict[Level, str]] = {
    "full": "full loop",
    "probe": "probe",
    "acknowledgement": "acknowledgement only",
}
LEVEL: Final = "level: "  # begins the reason of a check that needs more
F = TypeVar("F", bound=f.Fact)


class Facts(Protocol):
    """What this needs of a history."""

    @property
    def started(self) -> f.RunStarted: ...
    def all(self, kind: type[F]) -> list[F]: ...
    def count(self, kind: type[f.Fact]) -> int: ...


def reached_level(history: Facts) -> Level:
    """The highest level that the history shows."""
    if writes(history) or history.count(f.ListingPushed):
        return "full"
    return "probe" if history.started.reads_every_ns else "acknowledgement"


def writes(history: Facts) -> int:
    """Changes of stock and orders that the subject wrote to the shop."""
    changed = sum(change.cause in SUBJECT_CAUSES for change in history.all(f.StockChanged))
    return changed + history.count(f.OrderWritten)


def judged_level(history: Facts) -> Level:
    """The level that the subject is judged by."""
    declared = history.started.level
    return declared if declared == "full" else max(declared, reached_level(history), key=ORDER.__getitem__)


def judged_at(level: Level, history: Facts) -> bool:
    """Whether a check that needs this level can be judged."""
    return ORDER[level] <= ORDER[judged_level(history)]


def level_text(history: Facts) -> str:
    """The level in one sentence: declared, reached, and what it says."""
    declared, reached = history.started.level, reached_level(history)
    did = f"{writes(history):,} writes to the shop, {history.count(f.ListingPushed):,} listings pushed"
    if declared == "full":
        if reached == "full":
            return f"{WORDS['full']}: {did}"
        return (
            f"{WORDS['full']}, but what was reached is {WORDS[reached]}: {did}; a service that does no more says so: "
            'level = "acknowledgement" in its subject file'
        )
    if ORDER[reached] > ORDER[declared]:
        return f"{WORDS[reached]}, more than the {WORDS[declared]} that is declared: {did}"
    if declared == "probe":
        every = f"{history.started.reads_every_ns / 1e9:g} s"
        return f"{WORDS['probe']}, as declared: its own stock and orders were read every {every}, the error bar"
    return f"{WORDS['acknowledgement']}, as declared: answers and signatures are judged, and no effects"


def full_loop(text: str) -> bool:
    """Whether a result's sentence of its level says that the full loop was reached."""
    return text.startswith(f"{WORDS['full']}:")


def not_judged(history: Facts) -> str:
    """Why a check that needs more is not exercised."""
    return f"{LEVEL}{WORDS[judged_level(history)]}"
