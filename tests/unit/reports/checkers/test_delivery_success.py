"""Timeouts, deliveries given up and removed subscriptions are invalid by themselves."""

from stockstorm.reports.checkers.delivery_success import DeliverySuccess
from stockstorm.reports.result import Check, Incident
from stockstorm.simulator.history import facts as f
from tests.literal_history import delivered, ended, history, ns, opened, planned, tried


def test_without_attempts_delivery_success_is_unknown() -> None:
    found = DeliverySuccess()(history(opened()))
    assert (found.verdict, found.measures) == (
        "unknown",
        {
            "delivery_success.attempts": 0.0,
            "delivery_success.retries": 0.0,
            "delivery_success.given_up": 0.0,
            "delivery_success.timeouts": 0.0,
            "delivery_success.subscriptions_removed": 0.0,
            "delivery_success_s.without_subscription": 0.0,
        },
    )


def test_a_delivery_acknowledged_at_the_first_try_is_a_success() -> None:
    found = DeliverySuccess()(history(opened(), delivered(0, 0)))
    assert (found.verdict, found.measures) == (
        "valid",
        {
            "delivery_success.first_try_share": 1.0,
            "delivery_success.attempts": 1.0,
            "delivery_success.retries": 0.0,
            "delivery_success.given_up": 0.0,
            "delivery_success.timeouts": 0.0,
            "delivery_success.order.created.first_try_share": 1.0,
            "delivery_success.order.created.attempts": 1.0,
            "delivery_success.order.created.retries": 0.0,
            "delivery_success.order.created.given_up": 0.0,
            "delivery_success.order.created.timeouts": 0.0,
            "delivery_success.subscriptions_removed": 0.0,
            "delivery_success_s.without_subscription": 0.0,
        },
    )


def test_a_delivery_that_was_given_up_is_invalid() -> None:
    found = DeliverySuccess()(
        history(opened(), planned(0, 0, 0), tried(0, 0, 5, 500), tried(10, 0, 5, 500, nth=2), ended(15, 0, "given_up"))
    )
    assert found == Check(
        name="delivery_success",
        verdict="invalid",
        reason="1 delivery given up",
        measures={
            "delivery_success.first_try_share": 0.0,
            "delivery_success.attempts": 2.0,
            "delivery_success.retries": 1.0,
            "delivery_success.given_up": 1.0,
            "delivery_success.timeouts": 0.0,
            "delivery_success.order.created.first_try_share": 0.0,
            "delivery_success.order.created.attempts": 2.0,
            "delivery_success.order.created.retries": 1.0,
            "delivery_success.order.created.given_up": 1.0,
            "delivery_success.order.created.timeouts": 0.0,
            "delivery_success.subscriptions_removed": 0.0,
            "delivery_success_s.without_subscription": 0.0,
        },
        incidents=(
            Incident(
                kind="given_up",
                at_ns=ns(15),
                text=("order.created was given up after 2 attempts, at 0.015 s: the subject never got event 0"),
                events=(0,),
            ),
        ),
        incidents_total=1,
    )


def test_forged_deliveries_alone_leave_success_unknown() -> None:
    found = DeliverySuccess()(
        history(opened(), planned(0, 0, -1, forged="unsigned"), tried(0, 0, 5, 401), ended(5, 0, "refused"))
    )
    assert (found.verdict, found.measures) == (
        "unknown",
        {
            "delivery_success.attempts": 0.0,
            "delivery_success.retries": 0.0,
            "delivery_success.given_up": 0.0,
            "delivery_success.timeouts": 0.0,
            "delivery_success.subscriptions_removed": 0.0,
            "delivery_success_s.without_subscription": 0.0,
        },
    )


def test_a_timeout_that_overlaps_a_fault_is_excused_and_one_beside_it_is_not() -> None:
    found = DeliverySuccess()(
        history(
            opened(),
            f.FaultStarted(ns(100), "kill_worker", "worker"),
            planned(50, 0, 0),
            tried(50, 0, 100, 0, "answer_timeout"),
            f.FaultEnded(ns(200), "kill_worker", "worker"),
            planned(300, 1, 1),
            tried(300, 1, 100, 0, "answer_timeout"),
        )
    )
    assert (found.verdict, found.measures) == (
        "invalid",
        {
            "delivery_success.first_try_share": 0.0,
            "delivery_success.attempts": 2.0,
            "delivery_success.retries": 0.0,
            "delivery_success.given_up": 0.0,
            "delivery_success.timeouts": 2.0,
            "delivery_success.order.created.first_try_share": 0.0,
            "delivery_success.order.created.attempts": 2.0,
            "delivery_success.order.created.retries": 0.0,
            "delivery_success.order.created.given_up": 0.0,
            "delivery_success.order.created.timeouts": 2.0,
            "delivery_success.subscriptions_removed": 0.0,
            "delivery_success_s.without_subscription": 0.0,
        },
    )


def late(*, given_up: bool = False) -> Check:
    """Attempts that a late generator started 900 ms after it could, one of which timed out."""
    due, begun = ns(0), ns(900)
    fine = f.AttemptEnded(ns(905), 0, 1, due, begun, begun, ns(905), due, 200, "")
    slow = f.AttemptEnded(ns(5_900), 1, 1, due, begun, begun, 0, due, 0, "answer_timeout")
    end = (ended(5_900, 1, "given_up"),) if given_up else ()
    return DeliverySuccess()(history(opened(), planned(0, 0, 0), planned(0, 1, 1), fine, ended(905, 0), slow, end))


def test_timeouts_alone_of_a_late_generator_are_not_blamed_on_the_subject() -> None:
    found = late()
    assert found.verdict == "unknown"
    assert found.reason == (
        "1 attempt timed out, but the load generator could not keep up: "
        "it started attempts 900.0 ms late (p99); the limit is 50 ms"
    )
    assert found.measures["delivery_success.timeouts"] == 1.0


def test_a_delivery_that_was_given_up_is_invalid_whatever_the_generator_did() -> None:
    found = late(given_up=True)
    assert (found.verdict, found.reason) == ("invalid", "1 attempt timed out, 1 delivery given up")
