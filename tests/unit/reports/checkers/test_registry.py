"""The registry: each checker once, and no checker's failure silences the others."""

from pathlib import Path

from stockstorm.reports import checkers
from stockstorm.reports.checkers import CHECKERS, CORRECTNESS, MEASURES, REQUIRED, Checker, check_all
from stockstorm.reports.checkers.forged import Forged
from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from tests.literal_history import history, opened, sold


class Broken(Checker):
    name = "broken"

    def __call__(self, history: History) -> Check:
        raise ZeroDivisionError("by nothing")


def test_every_checker_file_is_in_the_registry() -> None:
    shared = {"__init__", "__main__", "checker", "exposed"}
    files = {path.stem for path in Path(checkers.__file__).parent.glob("*.py")} - shared
    assert sorted(checker.name for checker in CHECKERS) == sorted(files)


def test_severities_are_those_that_verdicts_rest_on() -> None:
    assert CORRECTNESS == ("nothing_lost", "applied_twice", "forged", "drift")
    assert (*CORRECTNESS, "stale_overwrite", "event_classes", "faults_met", "generator") == REQUIRED


def test_no_two_checkers_declare_the_same_measure() -> None:
    assert len(MEASURES) == sum(len(checker.measures) for checker in CHECKERS)
    assert len({measure.label for measure in MEASURES.values() if measure.headline}) == sum(
        measure.headline for measure in MEASURES.values()
    )


def test_a_checker_that_raises_is_unknown_and_the_others_are_heard() -> None:
    found = check_all(history(opened()), (Broken(), Forged()))
    assert [(check.name, check.verdict, check.reason) for check in found] == [
        ("broken", "unknown", "the checker failed: ZeroDivisionError: by nothing"),
        ("forged", "unknown", "no delivery was planned"),
    ]


def test_an_empty_history_is_unknown_throughout() -> None:
    assert {check.verdict for check in check_all(history())} == {"unknown", "not_exercised"}


def test_every_finding_has_a_reason_and_no_more_than_200_incidents() -> None:
    facts = [sold(n, n, "bazaar", 1, 0, 5) for n in range(250)]
    oversell = next(check for check in check_all(history(opened(0), *facts)) if check.name == "oversell")
    assert (len(oversell.incidents), oversell.incidents_total) == (200, 250)
    assert all(check.reason for check in check_all(history(opened(0), *facts)))
