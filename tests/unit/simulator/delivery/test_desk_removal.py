"""Subscriptions that fail too long are removed, and what was on its way to them ends."""

from collections.abc import Callable

import msgspec
import pytest

from stockstorm.simulator.delivery.attempts import Answer, Outgoing
from stockstorm.simulator.history.facts import AnyFact, DeliveryEnded, EventUnheard, SubscriptionRemoved
from tests.delivery_service import Office
from tests.literal_shop import AT_NS, order_event, stock_event

OK = Answer(AT_NS, AT_NS, AT_NS, AT_NS, AT_NS, status=200)
FAILED = msgspec.structs.replace(OK, status=500)


def at(answer: Answer, ended_ns: int) -> Answer:
    return msgspec.structs.replace(answer, ended_ns=ended_ns, started_ns=ended_ns, answered_ns=ended_ns)


def fail_until_the_end(office: Office, outgoing: Outgoing) -> tuple[list[AnyFact], int]:
    """Answer every attempt with an error when it is due; all facts, and how many attempts there were."""
    facts: list[AnyFact] = []
    attempts = [outgoing]
    while attempts:
        outgoing = attempts.pop()
        dispatch = office.deliveries.answered(outgoing, at(FAILED, outgoing.due_ns))
        facts += dispatch.facts
        attempts += dispatch.attempts
    return facts, outgoing.attempt


def outcomes(facts: list[AnyFact]) -> dict[int, str]:
    return {fact.delivery: fact.outcome for fact in facts if isinstance(fact, DeliveryEnded)}


@pytest.mark.parametrize(("policy", "attempts"), [("shopify_2024_09", 9), ("guide", 19)])
def test_an_api_subscription_that_never_answers_is_removed(
    make_office: Callable[..., Office], policy: str, attempts: int
) -> None:
    office = make_office(policy=policy)
    subscription = office.subscribe()
    (outgoing,) = office.deliveries.fire([stock_event()], AT_NS).attempts
    facts, made = fail_until_the_end(office, outgoing)
    removed = [fact for fact in facts if isinstance(fact, SubscriptionRemoved)]
    assert made == attempts
    assert outcomes(facts) == {0: "given_up"}
    assert [(fact.subscription, fact.by_policy) for fact in removed] == [(subscription, True)]
    later = office.deliveries.fire([stock_event(5)], AT_NS)
    assert later.facts == [EventUnheard(AT_NS, 5)]


def test_a_subscription_out_of_the_app_s_file_is_never_removed(office: Office) -> None:
    office.subscribe(by_api=False)
    (outgoing,) = office.deliveries.fire([stock_event()], AT_NS).attempts
    facts, _ = fail_until_the_end(office, outgoing)
    assert outcomes(facts) == {0: "given_up"}
    assert len(office.deliveries.fire([stock_event(5)], AT_NS).attempts) == 1


def test_a_marketplace_gives_up_but_keeps_notifying(office: Office) -> None:
    office.subscribe("*", source="bazaar")
    sale = msgspec.structs.replace(order_event("order.created"), source="bazaar")
    (outgoing,) = office.deliveries.fire([sale], AT_NS).attempts
    facts, _ = fail_until_the_end(office, outgoing)
    assert outcomes(facts) == {0: "given_up"}
    assert len(office.deliveries.fire([sale], AT_NS).attempts) == 1


def test_removal_ends_what_is_scheduled_and_leaves_what_is_under_way(office: Office) -> None:
    office.subscribe()
    other = office.subscribe("orders/create")
    failing, scheduled = office.deliveries.fire([stock_event(1), stock_event(2)], AT_NS).attempts
    for _ in range(8):
        (failing,) = office.deliveries.answered(failing, at(FAILED, failing.due_ns)).attempts
    end_ns = failing.due_ns
    (scheduled,) = office.deliveries.answered(scheduled, at(FAILED, end_ns)).attempts
    under_way = office.deliveries.fire([msgspec.structs.replace(stock_event(3), at_ns=end_ns)], end_ns).attempts[0]
    elsewhere = office.deliveries.fire([order_event("orders/create")], end_ns).attempts[0]
    facts = office.deliveries.answered(failing, at(FAILED, end_ns)).facts

    assert outcomes(facts) == {0: "given_up", scheduled.delivery: "subscription_removed"}
    assert [office.deliveries.wanted(each) for each in (scheduled, under_way, elsewhere)] == [False, True, True]
    assert office.deliveries.described(scheduled) == ("inventory_levels/update", "")
    assert office.deliveries.pending == 2
    assert office.world.subscription(other) is not None


@pytest.mark.parametrize(("answer", "outcome"), [(OK, "acknowledged"), (FAILED, "subscription_removed")])
def test_an_attempt_under_way_at_the_removal_still_counts(office: Office, answer: Answer, outcome: str) -> None:
    subscription = office.subscribe()
    (outgoing,) = office.deliveries.fire([stock_event()], AT_NS).attempts
    office.world.unsubscribe(subscription, by_policy=False, now_ns=AT_NS)
    dispatch = office.deliveries.answered(outgoing, answer)
    assert outcomes(dispatch.facts) == {0: outcome}
    assert dispatch.attempts == []


def test_the_answer_to_a_recalled_attempt_is_a_fact_and_no_second_end(office: Office) -> None:
    office.subscribe()
    failing, recalled = office.deliveries.fire([stock_event(1), stock_event(2)], AT_NS).attempts
    for _ in range(8):
        (failing,) = office.deliveries.answered(failing, at(FAILED, failing.due_ns)).attempts
    (recalled,) = office.deliveries.answered(recalled, at(FAILED, failing.due_ns)).attempts
    office.deliveries.answered(failing, at(FAILED, failing.due_ns))
    dispatch = office.deliveries.answered(recalled, OK)
    assert len(dispatch.facts) == 1
    assert outcomes(dispatch.facts) == {}
    assert office.deliveries.described(recalled) == ("", "")


def test_the_guide_counts_failures_anew_after_an_acknowledgement(make_office: Callable[..., Office]) -> None:
    office = make_office(policy="guide")
    subscription = office.subscribe()
    (poison,) = office.deliveries.fire([stock_event(1)], AT_NS).attempts
    for _ in range(10):
        (poison,) = office.deliveries.answered(poison, at(FAILED, poison.due_ns)).attempts
    (good,) = office.deliveries.fire([stock_event(2)], AT_NS).attempts
    office.deliveries.answered(good, OK)
    facts, attempts = fail_until_the_end(office, poison)
    assert (outcomes(facts), attempts) == ({0: "given_up"}, 20)
    assert office.world.subscription(subscription) is not None
