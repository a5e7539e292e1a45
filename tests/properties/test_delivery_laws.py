"""Laws of delivery over any course of answers: every delivery ends once, no more attempts than allowed, never early."""

import itertools
from collections import Counter

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from stockstorm.simulator.config import PerturbationConfig
from stockstorm.simulator.delivery.attempts import Answer, Outgoing
from stockstorm.simulator.delivery.forgery import KINDS
from stockstorm.simulator.delivery.policy import PolicyName
from stockstorm.simulator.history.facts import (
    AnyFact,
    AttemptEnded,
    DeliveryEnded,
    DeliveryPlanned,
    SubscriptionRemoved,
)
from stockstorm.simulator.plan.items import PlannedForgery
from tests.delivery_service import DeliverySetup, config
from tests.literal_shop import AT_NS, MUG, stock_event

MIXTURE = (
    PerturbationConfig(kind="duplicate", share=0.3, seconds=1),
    PerturbationConfig(kind="reorder", share=0.3, seconds=1),
)
statuses = st.sampled_from([200, 204, 302, 401, 500, 0])
policies = st.sampled_from(["shopify_2024_09", "guide"])


def answer(outgoing: Outgoing, status: int) -> Answer:
    due_ns = outgoing.due_ns
    return Answer(due_ns, due_ns, due_ns + 5, due_ns, due_ns + 5, status=status)


def play(setup: DeliverySetup, events: int, answers: list[int], limit: int) -> tuple[list[AnyFact], list[Outgoing]]:
    """Fire events and a forgery of each kind, then answer what falls due first, over and over; facts and attempts."""
    dispatch = setup.deliveries.fire([stock_event(n, version=n) for n in range(1, events + 1)], AT_NS)
    facts, waiting = list(dispatch.facts), list(dispatch.attempts)
    for serial, kind in enumerate(KINDS):
        dispatch = setup.deliveries.forge(PlannedForgery(0, serial, kind, MUG.sku), AT_NS)
        facts += dispatch.facts
        waiting += dispatch.attempts
    made: list[Outgoing] = []
    while waiting and len(made) < limit:
        waiting.sort(key=lambda each: (each.due_ns, each.delivery))
        outgoing = waiting.pop(0)
        if not setup.deliveries.wanted(outgoing):
            continue
        made.append(outgoing)
        dispatch = setup.deliveries.answered(outgoing, answer(outgoing, answers[len(made) % len(answers)]))
        facts += dispatch.facts
        waiting += dispatch.attempts
        assert setup.deliveries.pending == sum(map(setup.deliveries.wanted, waiting))
    return [*facts, *setup.deliveries.close(AT_NS)], made


@settings(max_examples=60)
@given(policies, st.integers(1, 6), st.lists(statuses, min_size=1, max_size=9), st.integers(0, 150), st.booleans())
def test_every_delivery_ends_exactly_once_and_every_attempt_is_a_fact(
    policy: PolicyName, events: int, answers: list[int], limit: int, by_api: bool
) -> None:
    setup = DeliverySetup(config(policy=policy, perturbations=MIXTURE))
    setup.subscribe(by_api=by_api)
    facts, made = play(setup, events, answers, limit)
    planned = [fact.delivery for fact in facts if isinstance(fact, DeliveryPlanned)]
    ended = [fact.delivery for fact in facts if isinstance(fact, DeliveryEnded)]
    attempts = [(fact.delivery, fact.attempt) for fact in facts if isinstance(fact, AttemptEnded)]
    assert sorted(ended) == sorted(planned) == list(range(len(planned)))
    assert attempts == [(each.delivery, each.attempt) for each in made]
    assert len(set(attempts)) == len(attempts)
    assert by_api or not any(isinstance(fact, SubscriptionRemoved) for fact in facts)


@settings(max_examples=60)
@given(policies, st.integers(1, 4), st.lists(statuses, min_size=1, max_size=9))
def test_attempts_of_a_delivery_repeat_the_same_bytes_ever_later_and_not_too_often(
    policy: PolicyName, events: int, answers: list[int]
) -> None:
    setup = DeliverySetup(config(policy=policy, perturbations=MIXTURE))
    setup.subscribe()
    _, made = play(setup, events, answers, 400)
    chains: dict[int, list[Outgoing]] = {}
    for outgoing in made:
        chains.setdefault(outgoing.delivery, []).append(outgoing)
    for chain in chains.values():
        assert [each.attempt for each in chain] == list(range(1, len(chain) + 1))
        assert len(chain) <= (9 if policy == "shopify_2024_09" else 20)
        assert all(each.head is chain[0].head and each.body is chain[0].body for each in chain)
        gaps = [later.due_ns - earlier.due_ns for earlier, later in itertools.pairwise(chain)]
        assert gaps == sorted(gaps)


@settings(max_examples=40)
@given(st.integers(1, 6), st.lists(statuses, min_size=1, max_size=9))
def test_a_run_can_be_played_again_fact_by_fact(events: int, answers: list[int]) -> None:
    played = []
    for _ in range(2):
        setup = DeliverySetup(config(perturbations=MIXTURE))
        setup.subscribe()
        played.append(play(setup, events, answers, 60))
    assert played[0] == played[1]


@settings(max_examples=40)
@given(st.integers(1, 6), st.lists(statuses, min_size=1, max_size=9))
def test_the_outcomes_of_genuine_deliveries_follow_from_their_last_answer(events: int, answers: list[int]) -> None:
    setup = DeliverySetup(config())
    setup.subscribe()
    facts, _ = play(setup, events, answers, 400)
    last = {fact.delivery: fact.status for fact in facts if isinstance(fact, AttemptEnded)}
    forged = {fact.delivery for fact in facts if isinstance(fact, DeliveryPlanned) and fact.forged}
    outcomes = {fact.delivery: fact.outcome for fact in facts if isinstance(fact, DeliveryEnded)}
    counted = Counter(outcomes[each] == "acknowledged" for each in last if last[each] in {200, 204})
    assert counted[False] == 0
    assert all(outcomes[each] != "acknowledged" for each in last if last[each] not in {200, 204})
    assert {outcomes[each] for each in forged} <= {"acknowledged", "refused", "given_up", "pending"}


@given(st.integers(-(2**40), 2**40), st.integers(0, 2**62))
def test_a_body_depends_on_the_event_alone(available: int, version: int) -> None:
    setup = DeliverySetup(config())
    setup.subscribe()
    event = stock_event(available=available, version=version)
    again = msgspec.structs.replace(event, event=77)
    first, second = setup.deliveries.fire([event, again], AT_NS).attempts
    assert first.body == second.body
    assert first.head != second.head
