"""Timeouts, deliveries given up and removed subscriptions are invalid by themselves."""

import msgspec
import pytest

from stockstorm.reports.checkers.delivery_success import DeliverySuccess
from stockstorm.reports.result import Check, Incident
from stockstorm.simulator.history import facts as f
from tests.literal_history import delivered, ended, history, ns, opened, order_event, planned, tried


def test_without_attempts_delivery_success_is_unknown() -> None:
    found = DeliverySuccess()(history(opened()))
    assert (found.verdict, found.measures) == (
        "unknown",
        {
            "delivery_success.attempts": 0.0,
            "delivery_success.retries": 0.0,
            "delivery_success.given_up": 0.0,
            "delivery_success.timeouts": 0.0,
            "delivery_success.dropped": 0.0,
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
            "delivery_success.dropped": 0.0,
            "delivery_success.order.created.first_try_share": 1.0,
            "delivery_success.order.created.attempts": 1.0,
            "delivery_success.order.created.retries": 0.0,
            "delivery_success.order.created.given_up": 0.0,
            "delivery_success.order.created.timeouts": 0.0,
            "delivery_success.subscriptions_removed": 0.0,
            "delivery_success_s.without_subscription": 0.0,
            "delivery_success.failures": 0.0,
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
            "delivery_success.dropped": 0.0,
            "delivery_success.order.created.first_try_share": 0.0,
            "delivery_success.order.created.attempts": 2.0,
            "delivery_success.order.created.retries": 1.0,
            "delivery_success.order.created.given_up": 1.0,
            "delivery_success.order.created.timeouts": 0.0,
            "delivery_success.subscriptions_removed": 0.0,
            "delivery_success_s.without_subscription": 0.0,
            "delivery_success.failures": 2.0,
        },
        incidents=(
            Incident(
                kind="delivery_failed",
                at_ns=ns(5),
                text=("order.created of the shop (webhook w0) failed at attempt 1, at 0.005 s: answered 500"),
                events=(0,),
            ),
            Incident(
                kind="given_up",
                at_ns=ns(15),
                text=("order.created was given up after 2 attempts, at 0.015 s: the subject never got event 0"),
                events=(0,),
            ),
            Incident(
                kind="delivery_failed",
                at_ns=ns(15),
                text=("order.created of the shop (webhook w0) failed at attempt 2, at 0.015 s: answered 500"),
                events=(0,),
            ),
        ),
        incidents_total=3,
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
            "delivery_success.dropped": 0.0,
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
            "delivery_success.dropped": 0.0,
            "delivery_success.order.created.first_try_share": 0.0,
            "delivery_success.order.created.attempts": 2.0,
            "delivery_success.order.created.retries": 0.0,
            "delivery_success.order.created.given_up": 0.0,
            "delivery_success.order.created.timeouts": 2.0,
            "delivery_success.subscriptions_removed": 0.0,
            "delivery_success_s.without_subscription": 0.0,
            "delivery_success.failures": 1.0,
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


def answered(number: int, status: int, topic: str = "order.created", copy: int = 0) -> tuple[f.AnyFact, ...]:
    """A delivery of an event of its own with one attempt that was answered with this status."""
    plan = msgspec.structs.replace(planned(number, number, number, topic), copy=copy)
    end = (ended(number + 5, number),) if status < 300 else (ended(9_000, number, "pending"),)
    return (order_event(number, number, number, "bazaar"), plan, tried(number, number, 5, status), *end)


def test_a_single_failure_that_a_retry_healed_is_an_incident_and_no_failure() -> None:
    healed = (planned(0, 0, 0), tried(0, 0, 5, 503), tried(10, 0, nth=2), ended(15, 0))
    found = DeliverySuccess()(history(opened(), healed, *(delivered(n, n) for n in range(1, 5))))
    assert (found.verdict, found.incidents_total) == ("valid", 1)
    assert found.reason == "4 of 5 deliveries acknowledged at the first try; 1 attempt failed, too few to judge"
    assert found.incidents[0].text.endswith("answered 503; a later attempt was acknowledged")


def test_a_subject_that_refuses_every_delivery_fails() -> None:
    found = DeliverySuccess()(history(opened(), *(answered(n, 401) for n in range(7))))
    assert (found.verdict, found.incidents_total) == ("invalid", 7)
    assert found.reason == "7 of 7 attempts failed (7 answered 401, all of order.created)"


def test_a_subject_that_fails_on_duplicates_only_is_judged_although_they_are_pending() -> None:
    fine = [delivered(n, n) for n in range(50)]
    copies = [answered(100 + n, 500, copy=1) for n in range(4)]
    found = DeliverySuccess()(history(opened(), *fine, *copies))
    assert (found.verdict, found.reason) == (
        "invalid",
        "4 of 54 attempts failed (4 answered 500, all of order.created, all of them duplicates)",
    )


def test_failures_among_thousands_of_attempts_are_too_few_to_judge() -> None:
    fine = [delivered(n, n) for n in range(4_000)]
    found = DeliverySuccess()(history(opened(), *fine, *(answered(5_000 + n, 503) for n in range(3))))
    assert (found.verdict, found.incidents_total) == ("valid", 3)


def test_failures_during_a_planned_fault_are_not_held_against_the_subject() -> None:
    fault = (f.FaultStarted(ns(0), "kill_receiver", "receiver"), f.FaultEnded(ns(100), "kill_receiver", "receiver"))
    found = DeliverySuccess()(history(opened(), fault, *(answered(n, 503) for n in range(5)), delivered(200, 200)))
    assert (found.verdict, found.incidents_total) == ("valid", 0)


@pytest.mark.parametrize(
    ("status", "by_api", "verdict"), [(404, False, "valid"), (404, True, "invalid"), (401, False, "invalid")]
)
def test_a_topic_that_the_subject_never_asked_for_may_be_refused(status: int, by_api: bool, verdict: str) -> None:
    topic = "products/update"
    subscribed = f.SubscriptionCreated(ns(-1), 1, "shopify", topic, "http://127.0.0.1:1/", by_api)
    refused = [answered(100 + n, status, topic) for n in range(5)]
    found = DeliverySuccess()(history(opened(), subscribed, *(delivered(n, n) for n in range(5)), *refused))
    assert found.verdict == verdict


def test_a_subject_that_refuses_all_topics_in_one_way_is_not_excused() -> None:
    subscribed = f.SubscriptionCreated(ns(-1), 1, "shopify", "order.created", "http://127.0.0.1:1/", by_api=False)
    found = DeliverySuccess()(history(opened(), subscribed, *(answered(n, 404) for n in range(5))))
    assert found.verdict == "invalid"


def test_a_fault_is_over_when_the_subject_acknowledges_again() -> None:
    fault = (f.FaultStarted(ns(0), "kill_receiver", "receiver"), f.FaultEnded(ns(10), "kill_receiver", "receiver"))
    starting = [answered(100 + n, 503) for n in range(5)]
    found = DeliverySuccess()(history(opened(), fault, *starting, delivered(200, 200)))
    assert (found.verdict, found.incidents_total) == ("valid", 0)
    after = [answered(300 + n, 503) for n in range(5)]
    assert DeliverySuccess()(history(opened(), fault, *starting, delivered(200, 200), *after)).verdict == "invalid"


@pytest.mark.parametrize(("status", "verdict"), [(503, "unknown"), (500, "invalid")])
def test_answers_of_overload_are_not_blamed_on_the_subject_if_the_machine_was_too_slow(
    status: int, verdict: str
) -> None:
    late = f.AttemptEnded(ns(905), 0, 1, ns(0), ns(900), ns(900), ns(905), ns(0), 200, "")
    facts = (planned(0, 0, 0), late, ended(905, 0), *(answered(1_000 + n, status) for n in range(5)))
    assert DeliverySuccess()(history(opened(), *facts)).verdict == verdict


@pytest.mark.parametrize(("created_ms", "verdict"), [(50, "valid"), (-50, "invalid")])
def test_a_cancellation_may_be_refused_until_its_order_is_there(created_ms: float, verdict: str) -> None:
    facts: list[f.AnyFact] = []
    for n in range(5):
        at, order, gone = n * 1_000, 2 * n, 2 * n + 1
        facts += [order_event(at - 60, order, n, "bazaar"), order_event(at - 60, gone, n, "bazaar", "order.cancelled")]
        facts += [planned(at - 60, order, order), tried(at + created_ms, order), ended(at + created_ms + 5, order)]
        facts += [planned(at - 60, gone, gone, "order.cancelled"), tried(at, gone, 5, 409)]
        facts += [tried(at + 100, gone, nth=2), ended(at + 105, gone)]
    found = DeliverySuccess()(history(opened(), *facts))
    assert (found.verdict, found.incidents_total) == (verdict, 5)


@pytest.mark.parametrize(("status", "verdict"), [(503, "valid"), (500, "invalid")])
def test_a_subject_without_a_token_may_ask_for_deliveries_later_and_may_not_fail(status: int, verdict: str) -> None:
    life = (f.AppChanged(ns(1_000), "uninstall"), f.AppChanged(ns(3_000), "reinstall"))
    deliveries = [
        fact
        for number in range(5)
        for fact in (
            planned(2_000 + number, number, number),
            tried(2_000 + number, number, 100, status),
            tried(20_000 + number, number, 10, 200, nth=2),
            ended(20_010 + number, number),
        )
    ]
    assert DeliverySuccess()(history(opened(), *life, *deliveries)).verdict == verdict
    assert DeliverySuccess()(history(opened(), *deliveries)).verdict == "invalid"


def test_a_connection_dropped_on_reuse_is_no_first_try_success_and_no_failure() -> None:
    again = (planned(0, 0, 0), tried(0, 0, 5, 0, "dropped"), tried(10, 0, 5, nth=2), ended(15, 0))
    found = DeliverySuccess()(history(opened(), again, delivered(20, 1)))
    assert (found.verdict, found.incidents_total) == ("valid", 0)
    names = ("first_try_share", "retries", "dropped", "failures")
    assert [found.measures[f"delivery_success.{name}"] for name in names] == [0.5, 1.0, 1.0, 0.0]
    assert found.reason.endswith("; 1 attempt met a kept connection that the subject had just closed")


def test_a_delivery_whose_every_connection_is_dropped_fails() -> None:
    dropped = []
    for n in range(4):
        attempts = [tried(n + place, n, 1, 0, "dropped", nth=place + 1) for place in range(3)]
        dropped.append((planned(n, n, n), *attempts, ended(n + 3, n, "given_up")))
    found = DeliverySuccess()(history(opened(), *dropped))
    assert (found.verdict, found.measures["delivery_success.failures"]) == ("invalid", 8.0)


@pytest.mark.parametrize(
    ("waited_ms", "others_ms", "verdict"), [(600, 900, "unknown"), (600, 0, "invalid"), (300, 900, "invalid")]
)
def test_a_timeout_while_other_programs_take_the_machine_is_unknown(
    waited_ms: int, others_ms: int, verdict: str
) -> None:
    samples: list[f.AnyFact] = []
    for second in range(9):
        cpu = second * 200_000_000
        samples.append(f.ResourcesSampled(ns(second * 1_000), "receiver", cpu, 1, waited_ns=second * waited_ms * 10**6))
        samples.append(f.MachineSampled(ns(second * 1_000), 2, cpu + second * others_ms * 10**6))
    late = f.AttemptEnded(ns(6_000), 0, 1, ns(1_000), ns(1_000), 0, 0, ns(1_000), 0, "answer_timeout")
    found = DeliverySuccess()(history(opened(), *samples, planned(1_000, 0, 0), late, delivered(6_500, 1)))
    assert found.verdict == verdict
    if verdict == "unknown":
        assert found.reason.startswith("1 attempt timed out, but a process of the run waited 4.8 s of 8.0 s for a CPU")
