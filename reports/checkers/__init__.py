"""Checkers: each is a function of the history that yields one `Check`. One file a checker, one line in the registry.

A checker that raises is our defect, not the subject's: its verdict is unknown, with what was raised as the reason.
"""

import gc
from typing import Final, Protocol

from stockstorm.reports.checkers.ack_time import AckTime
from stockstorm.reports.checkers.applied_twice import AppliedTwice
from stockstorm.reports.checkers.crisis_time import CrisisTime
from stockstorm.reports.checkers.delivery import Delivery
from stockstorm.reports.checkers.delivery_success import DeliverySuccess
from stockstorm.reports.checkers.drift import Drift
from stockstorm.reports.checkers.event_classes import EventClasses
from stockstorm.reports.checkers.forged import Forged
from stockstorm.reports.checkers.generator import Generator
from stockstorm.reports.checkers.lost_units import LostUnits
from stockstorm.reports.checkers.nothing_lost import NothingLost
from stockstorm.reports.checkers.order_latency import OrderLatency
from stockstorm.reports.checkers.oversell import Oversell
from stockstorm.reports.checkers.polling import MEASURES, not_asked, polls
from stockstorm.reports.checkers.refused_though_available import RefusedThoughAvailable
from stockstorm.reports.checkers.resources import Resources
from stockstorm.reports.checkers.retry_discipline import RetryDiscipline
from stockstorm.reports.checkers.stale_overwrite import StaleOverwrite
from stockstorm.reports.checkers.sync_latency import SyncLatency
from stockstorm.reports.checkers.unexplained_push import UnexplainedPush
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, unknown

__all__ = ["CHECKERS", "Checker", "check_all"]


class Checker(Protocol):
    """Judges one thing. `name` is the check's name and the prefix of its measures."""

    name: str

    def __call__(self, history: History) -> Check:
        """The finding. May raise: `check_all` makes that unknown."""
        ...


CHECKERS: Final[tuple[Checker, ...]] = (
    NothingLost(),
    AppliedTwice(),
    Forged(),
    Drift(),
    Oversell(),
    StaleOverwrite(),
    UnexplainedPush(),
    EventClasses(),
    Delivery(),
    DeliverySuccess(),
    AckTime(),
    SyncLatency(),
    OrderLatency(),
    RefusedThoughAvailable(),
    LostUnits(),
    CrisisTime(),
    RetryDiscipline(),
    Generator(),
    Resources(),
)


def check_all(history: History, checkers: tuple[Checker, ...] = CHECKERS) -> tuple[Check, ...]:
    """Every checker's finding, in the order of the registry."""
    collecting = gc.isenabled()
    gc.disable()  # Indexes hold no cycles; over a million facts the collector would cost a fifth of the time.
    try:
        return tuple(_guarded(checker, history) for checker in checkers)
    finally:
        if collecting:
            gc.enable()


def _guarded(checker: Checker, history: History) -> Check:
    try:
        if checker.name in MEASURES and polls(history):
            return not_asked(checker.name)
        return checker(history)
    except Exception as error:  # noqa: BLE001 - whatever a checker raises, the others must still be heard
        return unknown(checker.name, f"the checker failed: {type(error).__name__}: {error}")
