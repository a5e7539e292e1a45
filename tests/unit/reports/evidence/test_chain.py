"""The chain of an incident: what led to it, in order, in the words of the subject's own log."""

import msgspec
import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.evidence import with_chains
from stockstorm.reports.history import History
from stockstorm.reports.result import CHAINS_KEPT, Check, Incident, Step
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    SKU,
    at_rest,
    called,
    delivered,
    ended,
    history,
    ns,
    opened,
    order_event,
    planned,
    pushed,
    put,
    query,
    recorded,
    sold,
    tried,
)

WALL = 1_795_000_000_123_456_789  # 2026-11-18T11:06:40.123Z


def chained(*facts: f.AnyFact | tuple[f.AnyFact, ...], check: str) -> tuple[Incident, ...]:
    """The incidents of one check, with their chains."""
    found = with_wall(history(*facts))
    return next(each for each in with_chains(found, check_all(found)) if each.name == check).incidents


def with_wall(run: History) -> History:
    return History.of(
        msgspec.structs.replace(fact, wall_ns=WALL) if isinstance(fact, f.RunStarted) else fact for fact in run.facts
    )


def brief(steps: tuple[Step, ...]) -> list[tuple[str, str]]:
    return [(step.kind, step.text) for step in steps]


LOST = (
    opened(),
    sold(0, 1, "bazaar", 2),
    order_event(0, 0, 1, "bazaar"),
    planned(1, 0, 0),
    tried(1, 0, status=503),
    tried(1_000, 0, nth=2),
    ended(1_005, 0),
    sold(2, 2, "mercado"),
    recorded(10, 1, -1, 9, "mercado:2"),
    pushed(1_500, "mercado", 8),
    at_rest(9_000, 9, 7, 9, 8),
)


def test_a_lost_order_is_followed_from_the_sale_to_the_write_that_never_came() -> None:
    (lost,) = chained(*LOST, check="nothing_lost")
    assert lost.wall == "2026-11-18T11:06:40.123Z"
    assert brief(lost.chain) == [
        ("order", "bazaar's order 1 was accepted: 2 × MUG (MUG: 10 shown, 10 on the shelf)"),
        ("event", "bazaar fired order.created of bazaar's order 1"),
        ("delivery", "order.created was due to the subject"),
        ("attempt", "attempt 1 of 2: the subject answered 503, 5.0 ms after it was due"),
        ("attempt", "attempt 2 of 2: the subject answered 200, 5.0 ms after it was due"),
        ("push", "the subject set MUG on mercado to 8; it showed 10"),
        ("missing", "no write of the subject to the master names bazaar:1 for MUG"),
    ]
    assert [step.ids for step in lost.chain][:3] == [{"order": "1"}, {}, {"webhook id": "w0"}]
    assert lost.chain[4].wall == "2026-11-18T11:06:41.128Z"


def test_an_order_applied_twice_shows_both_writes_with_their_calls() -> None:
    twice = [
        f.StockChanged(
            ns(10 * n),
            SKU,
            2**53 + 1,
            7,
            n,
            -2,
            10 - 2 * n,
            "subject_adjust",
            -1,
            "urn:channel-orders:bazaar:1",
            request=n,
        )
        for n in (1, 2)
    ]
    calls = [called(10 * n, n, "inventoryAdjustQuantities") for n in (1, 2)]
    (found,) = chained(opened(), sold(0, 1, "bazaar", 2), *twice, *calls, check="applied_twice")
    assert [(step.kind, step.ids.get("request id")) for step in found.chain if step.kind in ("call", "write")] == [
        ("call", "stockstorm-00000001"),
        ("write", "stockstorm-00000001"),
        ("call", "stockstorm-00000002"),
        ("write", "stockstorm-00000002"),
    ]


def test_both_writers_of_a_lost_update_have_their_side() -> None:
    facts = (
        (opened(), sold(0, 1, "bazaar"), sold(1, 2, "mercado"), *query(10, 1, 0), *query(11, 2, 0)),
        (put(20, 3, 1, -1, 9, "bazaar:1"), called(20, 3, "inventorySetQuantities")),
        (put(21, 4, 1, 0, 9, "mercado:2"), called(21, 4, "inventorySetQuantities")),
    )
    (found,) = chained(*facts[0], *facts[1:], check="retry_discipline")
    sides = [(step.side, step.kind, step.ids["request id"][-1]) for step in found.chain]
    assert sides == [
        ("first", "call", "1"),
        ("first", "read", "1"),
        ("second", "call", "2"),
        ("second", "read", "2"),
        ("first", "call", "3"),
        ("first", "write", "3"),
        ("second", "call", "4"),
        ("second", "write", "4"),
    ]
    assert found.chain[3].text == "the answer showed 10 of MUG available (version 0)"
    assert found.chain[-1].text.startswith("the subject set MUG, which changed nothing (version 1 stays)")


def test_a_forged_delivery_is_shown_though_it_belongs_to_no_event() -> None:
    (found,) = chained(opened(), planned(0, 0, -1, forged="tampered"), tried(0, 0), ended(5, 0), check="forged")
    assert brief(found.chain) == [
        ("delivery", "a forged order.created (tampered) was due to the subject"),
        ("attempt", "attempt 1 of 1: the subject answered 200, 5.0 ms after it was due"),
    ]


def test_only_the_incidents_that_are_shown_have_chains_and_all_have_their_wall_time() -> None:
    run = with_wall(history(*LOST))
    many = tuple(Incident("drift", ns(n), "", sku=SKU) for n in range(CHAINS_KEPT + 5))
    (check,) = with_chains(run, [Check("drift", "invalid", "so", incidents=many, incidents_total=len(many))])
    assert all(incident.wall for incident in check.incidents)
    assert not any(incident.chain for incident in check.incidents[CHAINS_KEPT:])


def test_a_run_without_incidents_is_left_as_it_is() -> None:
    checks = (Check("drift", "valid", "so"),)
    assert with_chains(history(opened()), checks) is not None
    assert with_chains(history(opened()), checks) == checks


@pytest.mark.parametrize("order", [1, 99])
def test_an_incident_of_what_the_history_does_not_hold_has_what_there_is(order: int) -> None:
    run = with_wall(history(*LOST))
    odd = Incident("lost", ns(0), "", "nowhere", "NONE", order, events=(77,), deliveries=(88,), requests=(99,))
    (check,) = with_chains(run, [Check("nothing_lost", "invalid", "so", incidents=(odd,), incidents_total=1)])
    assert all(step.kind in ("order", "write") for step in check.incidents[0].chain)


def test_an_event_with_no_subscriber_says_so() -> None:
    unheard = (order_event(0, 0, 1, "bazaar"), f.EventUnheard(ns(0), 0))
    run = with_wall(history(opened(), sold(0, 1, "bazaar"), *unheard, delivered(1, 9)))
    missed = Incident("lost", ns(0), "", "bazaar", SKU, 1, events=(0,))
    (check,) = with_chains(run, [Check("nothing_lost", "invalid", "so", incidents=(missed,), incidents_total=1)])
    assert ("missing", "nobody was subscribed to order.created, so nothing was delivered") in brief(
        check.incidents[0].chain
    )
