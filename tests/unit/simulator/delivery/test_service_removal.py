"""Subscriptions that fail too long are removed, and what was on its way to them ends."""

from collections.abc import Callable

import msgspec
import pytest

from stockstorm.simulator.clock import SECOND_NS
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


def rule_setup(make_setup: Callable[..., DeliverySetup], rule: str, scale: float = 1.0) -> DeliverySetup:
    return make_setup(removal=rule, scale=scale)


def removed_by(facts: list[AnyFact]) -> list[int]:
    return [fact.at_ns for fact in facts if isinstance(fact, SubscriptionRemoved)]


def test_eight_failures_in_a_row_over_all_deliveries_remove_a_subscription(
    make_setup: Callable[..., DeliverySetup],
) -> None:
    setup = rule_setup(make_setup, "consecutive")
    setup.subscribe()
    attempts = setup.deliveries.fire([stock_event(n) for n in range(8)], AT_NS).attempts
    facts: list[AnyFact] = []
    for n, outgoing in enumerate(attempts):
        assert removed_by(facts) == []
        facts += setup.deliveries.answered(outgoing, at(FAILED, AT_NS + n)).facts
    assert removed_by(facts) == [AT_NS + 7]
    assert outcomes(facts) == dict.fromkeys(range(8), "subscription_removed")
    assert setup.deliveries.pending == 0


def test_an_acknowledgement_between_them_begins_the_count_anew(make_setup: Callable[..., DeliverySetup]) -> None:
    setup = rule_setup(make_setup, "consecutive")
    setup.subscribe()
    attempts = setup.deliveries.fire([stock_event(n) for n in range(15)], AT_NS).attempts
    facts: list[AnyFact] = []
    for n, outgoing in enumerate(attempts):
        facts += setup.deliveries.answered(outgoing, at(OK if n == 7 else FAILED, AT_NS + n)).facts
    assert removed_by(facts) == []


def test_a_change_of_the_subscription_ends_no_count(make_setup: Callable[..., DeliverySetup]) -> None:
    setup = rule_setup(make_setup, "consecutive")
    number = setup.subscribe()
    facts: list[AnyFact] = []
    for n in range(8):
        (outgoing,) = setup.deliveries.fire([stock_event(n)], AT_NS + n).attempts
        facts += setup.deliveries.answered(outgoing, at(FAILED, AT_NS + n)).facts
        old = setup.world.subscription(number)
        if old is not None:
            setup.world.change_subscription(msgspec.structs.replace(old, updated_ns=AT_NS + n))
    assert removed_by(facts) == [AT_NS + 7]


def test_the_guide_counts_acknowledgements_of_a_changed_subscription(make_setup: Callable[..., DeliverySetup]) -> None:
    setup = make_setup(policy="guide")
    number = setup.subscribe()
    (poison,) = setup.deliveries.fire([stock_event(1)], AT_NS).attempts
    for _ in range(10):
        (poison,) = setup.deliveries.answered(poison, at(FAILED, poison.due_ns)).attempts
    old = setup.world.subscription(number)
    assert old is not None
    setup.world.change_subscription(msgspec.structs.replace(old, name="renamed"))
    (good,) = setup.deliveries.fire([stock_event(2)], AT_NS).attempts
    setup.deliveries.answered(good, OK)
    facts, _ = fail_until_the_end(setup, poison)
    assert removed_by(facts) == []


@pytest.mark.parametrize(("apart_h", "scale", "removals"), [(1, 1.0, 1), (4, 1.0, 0), (1, 0.01, 0)])
def test_eight_deliveries_given_up_within_a_day_remove_a_subscription(
    make_setup: Callable[..., DeliverySetup], apart_h: int, scale: float, removals: int
) -> None:
    """The day is scaled like the gaps between tries."""
    setup = rule_setup(make_setup, "day", scale)
    setup.subscribe()
    facts: list[AnyFact] = []
    for n in range(8):
        event = msgspec.structs.replace(stock_event(n), at_ns=AT_NS + n * apart_h * 3_600 * SECOND_NS)
        (outgoing,) = setup.deliveries.fire([event], event.at_ns).attempts
        facts += fail_until_the_end(setup, outgoing)[0]
        for fine in setup.deliveries.fire([msgspec.structs.replace(event, event=100 + n)], event.at_ns).attempts:
            setup.deliveries.answered(fine, at(OK, event.at_ns))  # successes in between change nothing
    assert len(removed_by(facts)) == removals


def test_a_rule_never_removes_a_subscription_out_of_the_app_s_file(make_setup: Callable[..., DeliverySetup]) -> None:
    setup = rule_setup(make_setup, "consecutive")
    setup.subscribe(by_api=False)
    facts: list[AnyFact] = []
    for n, outgoing in enumerate(setup.deliveries.fire([stock_event(n) for n in range(20)], AT_NS).attempts):
        facts += setup.deliveries.answered(outgoing, at(FAILED, AT_NS + n)).facts
    assert removed_by(facts) == []
