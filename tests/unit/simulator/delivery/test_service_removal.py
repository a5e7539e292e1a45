"""Subscriptions that fail too long are removed, and what was on its way to them ends."""

from collections.abc import Callable

import msgspec
import pytest

from stockstorm.simulator.delivery.attempts import Answer, Outgoing
from stockstorm.simulator.history.facts import AnyFact, DeliveryEnded, EventUnheard, SubscriptionRemoved
from tests.delivery_service import DeliverySetup
from tests.literal_shop import AT_NS, order_event, stock_event

OK = Answer(AT_NS, AT_NS, AT_NS, AT_NS, AT_NS, status=200)
FAILED = msgspec.structs.replace(OK, status=500)


def at(answer: Answer, ended_ns: int) -> Answer:
    return msgspec.structs.replace(answer, ended_ns=ended_ns, started_ns=ended_ns, answered_ns=ended_ns)


def fail_until_the_end(setup: DeliverySetup, outgoing: Outgoing) -> tuple[list[AnyFact], int]:
    """Answer every attempt with an error when it is due; all facts, and how many attempts there were."""
    facts: list[AnyFact] = []
    attempts = [outgoing]
    while attempts:
        outgoing = attempts.pop()
        dispatch = setup.deliveries.answered(outgoing, at(FAILED, outgoing.due_ns))
        facts += dispatch.facts
        attempts += dispatch.attempts
    return facts, outgoing.attempt


def outcomes(facts: list[AnyFact]) -> dict[int, str]:
    return {fact.delivery: fact.outcome for fact in facts if isinstance(fact, DeliveryEnded)}


@pytest.mark.parametrize(("policy", "attempts"), [("shopify_2024_09", 9), ("guide", 19)])
def test_an_api_subscription_that_never_answers_is_removed(
    make_setup: Callable[..., DeliverySetup], policy: str, attempts: int
) -> None:
    setup = make_setup(policy=policy)
    subscription = setup.subscribe()
    (outgoing,) = setup.deliveries.fire([stock_event()], AT_NS).attempts
    facts, made = fail_until_the_end(setup, outgoing)
    removed = [fact for fact in facts if isinstance(fact, SubscriptionRemoved)]
    assert made == attempts
    assert outcomes(facts) == {0: "given_up"}
    assert [(fact.subscription, fact.by_policy) for fact in removed] == [(subscription, True)]
    later = setup.deliveries.fire([stock_event(5)], AT_NS)
    assert later.facts == [EventUnheard(AT_NS, 5)]


def test_a_subscription_out_of_the_app_s_file_is_never_removed(setup: DeliverySetup) -> None:
    setup.subscribe(by_api=False)
    (outgoing,) = setup.deliveries.fire([stock_event()], AT_NS).attempts
    facts, _ = fail_until_the_end(setup, outgoing)
    assert outcomes(facts) == {0: "given_up"}
    assert len(setup.deliveries.fire([stock_event(5)], AT_NS).attempts) == 1


def test_a_marketplace_gives_up_but_keeps_notifying(setup: DeliverySetup) -> None:
    setup.subscribe("*", source="bazaar")
    sale = msgspec.structs.replace(order_event("order.created"), source="bazaar")
    (outgoing,) = setup.deliveries.fire([sale], AT_NS).attempts
    facts, _ = fail_until_the_end(setup, outgoing)
    assert outcomes(facts) == {0: "given_up"}
    assert len(setup.deliveries.fire([sale], AT_NS).attempts) == 1


def test_removal_ends_what_is_scheduled_and_leaves_what_is_under_way(setup: DeliverySetup) -> None:
    setup.subscribe()
    other = setup.subscribe("orders/create")
    failing, scheduled = setup.deliveries.fire([stock_event(1), stock_event(2)], AT_NS).attempts
    for _ in range(8):
        (failing,) = setup.deliveries.answered(failing, at(FAILED, failing.due_ns)).attempts
    end_ns = failing.due_ns
    (scheduled,) = setup.deliveries.answered(scheduled, at(FAILED, end_ns)).attempts
    under_way = setup.deliveries.fire([msgspec.structs.replace(stock_event(3), at_ns=end_ns)], end_ns).attempts[0]
    elsewhere = setup.deliveries.fire([order_event("orders/create")], end_ns).attempts[0]
    facts = setup.deliveries.answered(failing, at(FAILED, end_ns)).facts

    assert outcomes(facts) == {0: "given_up", scheduled.delivery: "subscription_removed"}
    assert setup.deliveries.described(scheduled) == ("inventory_levels/update", "")
    assert [setup.deliveries.wanted(each) for each in (scheduled, under_way, elsewhere)] == [False, True, True]
    assert setup.deliveries.described(scheduled) == ("", ""), "what is not sent is not kept"
    assert setup.deliveries.pending == 2
    assert setup.world.subscription(other) is not None


@pytest.mark.parametrize(("answer", "outcome"), [(OK, "acknowledged"), (FAILED, "subscription_removed")])
def test_an_attempt_under_way_at_the_removal_still_counts(setup: DeliverySetup, answer: Answer, outcome: str) -> None:
    subscription = setup.subscribe()
    (outgoing,) = setup.deliveries.fire([stock_event()], AT_NS).attempts
    setup.world.unsubscribe(subscription, by_policy=False, now_ns=AT_NS)
    dispatch = setup.deliveries.answered(outgoing, answer)
    assert outcomes(dispatch.facts) == {0: outcome}
    assert dispatch.attempts == []


def test_the_answer_to_a_cancelled_attempt_is_a_fact_and_no_second_end(setup: DeliverySetup) -> None:
    setup.subscribe()
    failing, recalled = setup.deliveries.fire([stock_event(1), stock_event(2)], AT_NS).attempts
    for _ in range(8):
        (failing,) = setup.deliveries.answered(failing, at(FAILED, failing.due_ns)).attempts
    (recalled,) = setup.deliveries.answered(recalled, at(FAILED, failing.due_ns)).attempts
    setup.deliveries.answered(failing, at(FAILED, failing.due_ns))
    dispatch = setup.deliveries.answered(recalled, OK)
    assert len(dispatch.facts) == 1
    assert outcomes(dispatch.facts) == {}
    assert setup.deliveries.described(recalled) == ("", "")


def test_the_guide_counts_failures_anew_after_an_acknowledgement(make_setup: Callable[..., DeliverySetup]) -> None:
    setup = make_setup(policy="guide")
    subscription = setup.subscribe()
    (poison,) = setup.deliveries.fire([stock_event(1)], AT_NS).attempts
    for _ in range(10):
        (poison,) = setup.deliveries.answered(poison, at(FAILED, poison.due_ns)).attempts
    (good,) = setup.deliveries.fire([stock_event(2)], AT_NS).attempts
    setup.deliveries.answered(good, OK)
    facts, attempts = fail_until_the_end(setup, poison)
    assert (outcomes(facts), attempts) == ({0: "given_up"}, 20)
    assert setup.world.subscription(subscription) is not None
