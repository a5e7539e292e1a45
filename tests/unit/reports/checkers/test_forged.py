"""Forged deliveries are refused and have no effect."""

from reports.checkers.forged import Forged
from reports.result import Check, Incident
from tests.literal_history import delivered, effect, ended, history, ns, opened, planned, tried


def test_without_deliveries_nothing_is_known_about_forgeries() -> None:
    found = Forged()(history(opened()))
    assert found == Check(name="forged", verdict="unknown", reason="no delivery was planned", measures={})


def test_a_forged_delivery_that_was_refused_is_as_it_should_be() -> None:
    found = Forged()(
        history(opened(), planned(0, 0, -1, forged="tampered"), tried(0, 0, 5, 401), ended(5, 0, "refused"))
    )
    assert found == Check(
        name="forged",
        verdict="valid",
        reason="all of 1 forged were refused",
        measures={"forged.sent": 1.0, "forged.accepted": 0.0, "forged.unanswered": 0.0},
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
            ),
        ),
        incidents_total=1,
    )


def test_a_forged_delivery_without_any_answer_says_nothing() -> None:
    found = Forged()(
        history(
            opened(),
            planned(0, 0, -1, forged="tampered"),
            tried(0, 0, 5_000, 0, "answer_timeout"),
            ended(5_000, 0, "given_up"),
        )
    )
    assert found == Check(
        name="forged",
        verdict="unknown",
        reason="no forged delivery got an answer",
        measures={"forged.sent": 1.0, "forged.accepted": 0.0, "forged.unanswered": 1.0},
    )


def test_a_refused_forgery_that_was_taken_in_beside_genuine_deliveries_counts_as_accepted() -> None:
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
    assert found == Check(
        name="forged",
        verdict="invalid",
        reason="1 of 1 forged were accepted",
        measures={"forged.sent": 1.0, "forged.accepted": 1.0, "forged.unanswered": 0.0},
        incidents=(
            Incident(
                kind="forged_accepted",
                at_ns=ns(5),
                text="A forged delivery (wrong_key, order.created) was taken in, at 0.005 s",
                details={"forgery": "wrong_key"},
            ),
        ),
        incidents_total=1,
    )
