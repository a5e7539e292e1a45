"""Checkers: each is a function of the history that yields one `Check`. One file a checker, one line in the registry.

If a checker raises, the defect is Stockstorm's and not the subject's: its finding is unknown, and the reason names the
exception.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import Final

from stockstorm.reports.checkers.ack_time import AckTime
from stockstorm.reports.checkers.applied_twice import AppliedTwice
from stockstorm.reports.checkers.channel_outage import ChannelOutage
from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.checkers.connections import Connections
from stockstorm.reports.checkers.crisis_time import CrisisTime
from stockstorm.reports.checkers.delivery import Delivery
from stockstorm.reports.checkers.delivery_success import DeliverySuccess
from stockstorm.reports.checkers.descriptors import Descriptors
from stockstorm.reports.checkers.drift import Drift
from stockstorm.reports.checkers.event_classes import EventClasses
from stockstorm.reports.checkers.exposed import cases_of, exposed, promise_of
from stockstorm.reports.checkers.faults_met import FaultsMet
from stockstorm.reports.checkers.forged import Forged
from stockstorm.reports.checkers.generator import Generator
from stockstorm.reports.checkers.lost_units import LostUnits
from stockstorm.reports.checkers.memory import Memory
from stockstorm.reports.checkers.needless_reads import NeedlessReads
from stockstorm.reports.checkers.never_sent import NeverSent
from stockstorm.reports.checkers.nothing_lost import NothingLost
from stockstorm.reports.checkers.order_latency import OrderLatency
from stockstorm.reports.checkers.oversell import Oversell
from stockstorm.reports.checkers.own_view import OwnView
from stockstorm.reports.checkers.poison import Poison
from stockstorm.reports.checkers.put_back import PutBack
from stockstorm.reports.checkers.refused_though_available import RefusedThoughAvailable
from stockstorm.reports.checkers.resources import Resources
from stockstorm.reports.checkers.retry_discipline import RetryDiscipline
from stockstorm.reports.checkers.stability import Stability
from stockstorm.reports.checkers.stale_overwrite import StaleOverwrite
from stockstorm.reports.checkers.sync_latency import SyncLatency
from stockstorm.reports.checkers.throttling import Throttling
from stockstorm.reports.checkers.trend import Trend
from stockstorm.reports.checkers.unanswered import Unanswered
from stockstorm.reports.checkers.unexplained_push import UnexplainedPush
from stockstorm.reports.checkers.unheard import Unheard
from stockstorm.reports.collector import collector_paused
from stockstorm.reports.history import History
from stockstorm.reports.history.level import judged_at, not_judged
from stockstorm.reports.result import Check, unknown
from stockstorm.simulator.history.facts import DeliveryPlanned, RunStarted

__all__ = [
    "CHECKERS",
    "CORRECTNESS",
    "MEANINGS",
    "MEASURES",
    "NOT_ASKED",
    "POLLS",
    "REQUIRED",
    "Checker",
    "Measure",
    "check_all",
    "checker_of",
    "is_speed",
    "measure_of",
    "polls",
]

# In order of importance: first the cause of much of the rest, then from what costs a shop most to what only slows it
# down. A verdict's reasons keep this order.
CHECKERS: Final[tuple[Checker, ...]] = (
    Stability(),
    NothingLost(),
    AppliedTwice(),
    Forged(),
    Drift(),
    OwnView(),
    Oversell(),
    StaleOverwrite(),
    UnexplainedPush(),
    PutBack(),
    EventClasses(),
    Delivery(),
    DeliverySuccess(),
    Unheard(),
    NeverSent(),
    Poison(),
    Unanswered(),
    Throttling(),
    RetryDiscipline(),
    NeedlessReads(),
    RefusedThoughAvailable(),
    LostUnits(),
    SyncLatency(),
    ChannelOutage(),
    OrderLatency(),
    CrisisTime(),
    AckTime(),
    Trend(),
    Memory(),
    Connections(),
    Descriptors(),
    FaultsMet(),
    Generator(),
    Resources(),
)
MEASURES: Final[dict[str, Measure]] = {measure.name: measure for checker in CHECKERS for measure in checker.measures}
# What [expect] may name: every measure that is not one of many, with what it means.
MEANINGS: Final = {name: measure.meaning for name, measure in MEASURES.items() if "*" not in name}
CORRECTNESS: Final = tuple(checker.name for checker in CHECKERS if checker.severity == "correctness")
REQUIRED: Final = tuple(checker.name for checker in CHECKERS if checker.severity != "optional")

NOT_ASKED: Final = "not asked for"
POLLS: Final = "the subject polls: it asked for no notification"


def check_all(history: History, checkers: Sequence[Checker] = CHECKERS) -> tuple[Check, ...]:
    """Every checker's finding, in the order of the registry."""
    with collector_paused():
        return tuple(
            history.elsewhere.value(check_key(checker.name)) or check_one(checker, history) for checker in checkers
        )


@cache
def measure_of(name: str) -> Measure | None:
    """The declaration of a measure found in a check. None for a name that no checker declares."""
    return MEASURES.get(name) or next((one for one in MEASURES.values() if _covers(one, name)), None)


@cache
def checker_of(measure: str) -> Checker | None:
    """The checker that declares a measure. None if no checker does."""
    return next((checker for checker in CHECKERS if measure_of(measure) in checker.measures), None)


def is_speed(measure: str) -> bool:
    """Whether a late load generator makes this measure meaningless."""
    found, checker = measure_of(measure), checker_of(measure)
    return bool((found and found.speed) or (checker and checker.speed))


def polls(history: History) -> bool:
    """Whether the run declares that its subject polls, and no delivery was planned.

    A subject that should have subscribed and did not is judged like any other.
    """
    return history.started.polls and not history.count(DeliveryPlanned)


def _covers(measure: Measure, name: str) -> bool:
    return "*" in measure.name and fnmatchcase(name, measure.name)


def check_key(name: str) -> str:
    """Under which name another process hands over a check."""
    return f"check {name}"


def check_one(checker: Checker, history: History) -> Check:
    """One checker's finding; unknown where it raises."""
    try:
        if checker.when_polling is not None and polls(history):
            measures = dict.fromkeys(checker.when_polling, 0.0)
            return Check(checker.name, "not_exercised", POLLS, measures, notes=(NOT_ASKED,))
        if history.last(RunStarted) is not None and not judged_at(checker.level, history):
            return Check(checker.name, "not_exercised", not_judged(history), {})
        promise, cases = promise_of(history, checker.name), cases_of(history)
        return exposed(checker(history), checker.exposure(history), promise, cases)
    except Exception as error:  # noqa: BLE001 - whatever a checker raises, the others must still be heard
        return unknown(checker.name, f"the checker failed: {type(error).__name__}: {error}")
