"""Attempts that fail without an answer: one cause however their connections ended, and none where a process ended."""

import pytest
from msgspec.structs import replace

from stockstorm.reports.diagnosis.traits import MARKS, Trait
from stockstorm.reports.history import History
from stockstorm.reports.render.causes import consequences_text
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns
from tests.unit.reports.diagnosis.shop import Shop, diagnosed

FAILED = 40


def cut(end_after_ms: float | None = None) -> dict[str, Diagnosis]:
    """The first attempts are cut off, in two ways in turn. A process ends so long after the first of them."""
    facts: list[f.AnyFact] = []
    seen = list[int]()
    for fact in Shop(lambda one: int(one.kind != "returned")).history().facts:
        if isinstance(fact, f.AttemptEnded) and len(seen) < FAILED:
            seen.append(fact.at_ns)
            facts.append(replace(fact, status=0, said="", error=("dropped", "disconnected")[len(seen) % 2]))
        else:
            facts.append(fact)
    if end_after_ms is not None:
        facts += [f.ProcessEnded(at_ns + round(end_after_ms * 1e6), "worker", 9, 1, ()) for at_ns in seen]
    return diagnosed(History.of(sorted(facts, key=lambda fact: fact.at_ns)))


def test_attempts_that_are_cut_off_are_one_cause() -> None:
    found = cut()["webhook_failures"]
    assert "attempts to deliver were cut off before an answer" in found.cause
    assert found.evidence[0] == (
        "20: connection closed before the answer, 20: a kept connection closed before the answer"
    )


@pytest.mark.parametrize(("after_ms", "told"), [(300, False), (20_000, True)])
def test_what_the_end_of_a_process_cuts_off_is_no_cause_of_its_own(after_ms: float, told: bool) -> None:
    assert ("webhook_failures" in cut(after_ms)) is told


def test_an_order_that_comes_back_in_two_parts_has_a_hint_of_its_own() -> None:
    hint = Trait("perturbed", MARKS["two_returns"]).hint
    assert hint.endswith("tell them apart by the id of the return, and not by order and topic")
    assert "under two webhook ids" in Trait("perturbed", MARKS["resent"]).hint
    assert Trait("perturbed", MARKS["delay"]).hint == f"look at what is done with an event that is {MARKS['delay']}"


def test_a_cause_of_nearly_everything_says_how_much_it_explains() -> None:
    names = tuple(f"check_{number}" for number in range(9))
    cause = Diagnosis("x", "x", (), "x", names[:8], ns(0))
    assert consequences_text(cause).startswith("explains check 0, check 1")
    assert consequences_text(replace(cause, explains=names)) == "explains 9 of the checks below"
