"""The registry: every standard check once, and no checker's failure silences the others."""

from stockstorm.reports.checkers import CHECKERS, check_all
from stockstorm.reports.checkers.forged import Forged
from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from tests.literal_history import history, opened, sold

STANDARD = {
    "delivery",
    "ack_time",
    "sync_latency",
    "oversell",
    "refused_though_available",
    "lost_units",
    "applied_twice",
    "nothing_lost",
    "forged",
    "drift",
    "stale_overwrite",
    "unexplained_push",
    "event_classes",
    "delivery_success",
    "resources",
    "retry_discipline",
    "generator",
    "crisis_time",
    "order_latency",
}


class Broken:
    name = "broken"

    def __call__(self, history: History) -> Check:
        raise ZeroDivisionError("by nothing")


def test_every_standard_check_is_made_once() -> None:
    names = [checker.name for checker in CHECKERS]
    assert sorted(names) == sorted(STANDARD)


def test_a_checker_that_raises_is_unknown_and_the_others_are_heard() -> None:
    found = check_all(history(opened()), (Broken(), Forged()))
    assert [(check.name, check.verdict, check.reason) for check in found] == [
        ("broken", "unknown", "the checker failed: ZeroDivisionError: by nothing"),
        ("forged", "unknown", "no delivery was planned"),
    ]


def test_an_empty_history_is_unknown_throughout() -> None:
    assert {check.verdict for check in check_all(history())} == {"unknown"}


def test_every_finding_has_a_reason_and_no_more_than_200_incidents() -> None:
    facts = [sold(n, n, "bazaar", 1, 0, 5) for n in range(250)]
    oversell = next(check for check in check_all(history(opened(0), *facts)) if check.name == "oversell")
    assert (len(oversell.incidents), oversell.incidents_total) == (200, 250)
    assert all(check.reason for check in check_all(history(opened(0), *facts)))
