"""What a subject does decides what it is judged on; a declared level excuses, and what is not reached does not."""

import msgspec
import pytest

from stockstorm.reports.checkers import CHECKERS, check_all
from stockstorm.reports.history.level import judged_level, level_text, reached_level
from stockstorm.reports.verdict.judge import call_notes, judge
from stockstorm.simulator.config import Level
from stockstorm.simulator.history import facts as f
from tests.literal_history import delivered, history, ns, opened, order_event, pushed, recorded, rest, sold, started

NEEDS_MORE = {checker.name for checker in CHECKERS if checker.level == "full"}
ORDERS = 30


def declared(level: Level, *facts: f.AnyFact, reads_ns: int = 0) -> list[f.AnyFact]:
    run = msgspec.structs.replace(started(), level=level, reads_every_ns=reads_ns)
    return [run, *opened()[1:], *facts]


def acknowledging() -> list[f.AnyFact]:
    """Orders that are acknowledged and have no effect."""
    found: list[f.AnyFact] = []
    for order in range(ORDERS):
        at = 10.0 + 100 * order
        found += [sold(at, order, "bazaar", before=100, shown=100), order_event(at, order, order, "bazaar")]
        found += delivered(at, order)
    return [*found, f.LoadStopped(ns(5_000)), rest(5_500), f.RunEnded(ns(6_000), True)]


def test_effects_are_not_exercised_by_a_subject_that_only_acknowledges() -> None:
    found = {check.name: check for check in check_all(history(*declared("acknowledgement", *acknowledging())))}
    excused = {name for name, check in found.items() if check.reason == "level: acknowledgement only"}
    assert excused == NEEDS_MORE | {checker.name for checker in CHECKERS if checker.level == "probe"}
    assert all(found[name].verdict == "not_exercised" for name in excused)
    assert {"nothing_lost", "drift", "sync_latency", "oversell"} <= excused
    assert not excused & {"ack_time", "delivery_success", "forged", "generator"}


def test_the_same_run_is_judged_for_its_effects_where_nothing_is_declared() -> None:
    run = history(*declared("full", *acknowledging()))
    assert {check.name for check in check_all(run) if check.reason.startswith("level: ")} == set()
    assert judge(run).verdict != "valid"
    assert "full loop, but what was reached is acknowledgement only" in level_text(run)


@pytest.mark.parametrize("effect", [pushed(3, "bazaar", 5), recorded(3, 1, -1, 9)])
def test_a_subject_that_does_more_than_it_declares_is_judged_for_all_of_it(effect: f.AnyFact) -> None:
    run = history(*declared("acknowledgement", effect))
    assert (reached_level(run), judged_level(run)) == ("full", "full")
    assert "more than the acknowledgement only that is declared" in level_text(run)


def test_calls_are_not_missed_where_none_are_expected() -> None:
    assert call_notes(history(*declared("acknowledgement"))) == ()
    assert call_notes(history(*declared("full"))) != ()


def test_a_level_is_stated_in_the_result() -> None:
    result = judge(history(*declared("acknowledgement", *acknowledging())))
    assert result.level == "acknowledgement only, as declared: answers and signatures are judged, and no effects"
    assert {tier.verdict for tier in result.tiers} == {"unknown"}, (
        "no tier says anything of a speed that was not judged"
    )
