"""Forged deliveries are refused and have no effect."""

import pytest

from stockstorm.reports.checkers.forged import Forged
from stockstorm.reports.result import Check, Incident
from stockstorm.simulator.history import facts as f
from tests.literal_history import delivered, effect, ended, history, ns, opened, planned, tried, without_text


def test_without_deliveries_nothing_is_known_about_forgeries() -> None:
    found = Forged()(history(opened()))
    assert (found.verdict, found.measures) == ("unknown", {})


def test_a_refused_forged_delivery_is_valid() -> None:
    found = Forged()(
        history(opened(), planned(0, 0, -1, forged="tampered"), tried(0, 0, 5, 401), ended(5, 0, "refused"))
    )
    assert (found.verdict, found.measures) == (
        "valid",
        {"forged.sent": 1.0, "forged.accepted": 0.0, "forged.unanswered": 0.0},
    )


def test_a_forged_delivery_that_was_acknowledged_is_accepted() -> None:
    found = Forged()(history(opened(), planned(0, 0, -1, forged="tampered"), tried(0, 0), ended(5, 0)))
    assert found == Check(
        name="forged",
        verdict="invalid",
        reason="1 of 1 forged were accepted",
        measures={"forged.sent": 1.0, "forged.accepted": 1.0, "forged.unanswered": 0.0},
        incidents=(
            Incident(
                kind="forged_accepted",
                at_ns=ns(5),
                text=("A forged delivery (tampered, order.created) was acknowledged, at 0.005 s"),
                details={"forgery": "tampered"},
                deliveries=(0,),
            ),
        ),
        incidents_total=1,
    )


def test_a_forged_delivery_without_an_answer_leaves_it_unknown() -> None:
    found = Forged()(
        history(
            opened(),
            planned(0, 0, -1, forged="tampered"),
            tried(0, 0, 5_000, 0, "answer_timeout"),
            ended(5_000, 0, "given_up"),
        )
    )
    assert (found.verdict, found.measures) == (
        "unknown",
        {"forged.sent": 1.0, "forged.accepted": 0.0, "forged.unanswered": 1.0},
    )


def test_a_refused_forgery_that_was_processed_all_the_same_counts_as_accepted() -> None:
    found = Forged()(
        history(
            opened(),
            delivered(0, 0),
            planned(0, 1, -1, forged="wrong_key"),
            ended(5, 1, "refused"),
            effect(0, "applied", 1),
            effect(1, "applied", 1),
        )
    )
    assert (found.verdict, found.measures) == (
        "invalid",
        {"forged.sent": 1.0, "forged.accepted": 1.0, "forged.unanswered": 0.0},
    )
    assert [without_text(incident) for incident in found.incidents] == [
        Incident(kind="forged_accepted", at_ns=ns(5), text="", details={"forgery": "wrong_key"}, deliveries=(1,))
    ]


def forgeries(*statuses: int) -> tuple[f.AnyFact, ...]:
    """One forged delivery a second, answered so; 0: its connection was refused."""
    facts: list[f.AnyFact] = []
    for n, status in enumerate(statuses):
        at = 1_000 * n
        outcome: f.DeliveryOutcome = "refused" if 400 <= status < 500 else "given_up"
        error: f.AttemptError = "" if status else "connect_refused"
        facts += [planned(at, n, -1, forged="unsigned"), tried(at, n, 5, status, error), ended(at + 5, n, outcome)]
    return tuple(facts)


@pytest.mark.parametrize("status", [0, 500, 503])
def test_a_forged_delivery_that_failed_like_a_genuine_one_was_not_refused(status: int) -> None:
    found = Forged()(history(opened(), forgeries(401, *[status] * 9)))
    assert (found.verdict, found.reason) == ("unknown", "1 of 10 forged were refused, 9 failed or got no answer")
    assert found.measures == {"forged.sent": 10.0, "forged.accepted": 0.0, "forged.unanswered": 9.0}


def test_a_forged_delivery_during_a_fault_is_not_counted_if_others_were_refused() -> None:
    fault = (f.FaultStarted(ns(900), "kill_receiver", "receiver"), f.FaultEnded(ns(1_500), "kill_receiver", "receiver"))
    found = Forged()(history(opened(), fault, forgeries(401, 0, 403)))
    assert (found.verdict, found.reason) == ("valid", "all of 2 forged were refused, apart from 1 sent during a fault")
    nothing_else = Forged()(history(opened(), f.FaultStarted(ns(0), "kill_receiver", "receiver"), forgeries(0)))
    assert nothing_else.verdict == "unknown"
