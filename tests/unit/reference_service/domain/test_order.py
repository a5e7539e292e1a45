"""The effects of a marketplace's notifications, one by one and in every order."""

import itertools
from typing import Any

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.order import Effect, KnownOrder, Outcome, outcome_of, units_of
from stockstorm.reference_service.domain.payloads import (
    ChannelLine,
    ChannelNotification,
    ChannelOrder,
    ChannelReturn,
    Unusable,
)

LINES = [ChannelLine("A", 2), ChannelLine("B", 1), ChannelLine("A", 1)]
UNITS = {"A": 3, "B": 1}
SALE = Effect("bazaar:o1", {"A": -3, "B": -1})
CREATED = KnownOrder("bazaar", "o1", created=True, cancelled=False, lines=UNITS)
CANCELLED = KnownOrder("bazaar", "o1", created=True, cancelled=True, lines=UNITS)
RETURNED = KnownOrder("bazaar", "o1", created=True, cancelled=False, lines=UNITS, returned={"A": 1})
TOMBSTONE = KnownOrder("bazaar", "o1", created=False, cancelled=True, lines=UNITS)


def notification(event: str, returned: ChannelReturn | None = None) -> ChannelNotification:
    return ChannelNotification(f"order.{event}", ChannelOrder("o1", LINES, returned))


def outcome_after(event: str, known: KnownOrder | None, **more: Any) -> Outcome:
    settings = {"sale_waits": False, "returns": (), **more}
    return outcome_of("bazaar", notification(event, settings.pop("returned", None)), known, **settings)


def test_a_new_order_takes_the_units_of_all_its_lines() -> None:
    assert outcome_after("created", None) == Outcome(CREATED, SALE)


def test_an_order_with_too_many_skus_for_one_call_is_unusable() -> None:
    lines = [ChannelLine(f"S{n}", 1) for n in range(limits.ADJUST_CHANGES_MAX + 1)]
    assert len(units_of(lines[1:])) == limits.ADJUST_CHANGES_MAX
    with pytest.raises(Unusable, match="more than 250 SKUs"):
        units_of(lines)


def test_a_known_order_has_no_second_effect() -> None:
    assert outcome_after("created", CREATED) == Outcome()


def test_a_cancellation_before_its_order_leaves_a_tombstone_and_the_order_takes_nothing() -> None:
    assert outcome_after("cancelled", None) == Outcome(TOMBSTONE)
    assert outcome_after("created", TOMBSTONE) == Outcome(CANCELLED)


def test_a_cancellation_removes_a_waiting_sale() -> None:
    assert outcome_after("cancelled", CREATED, sale_waits=True) == Outcome(CANCELLED, removes_sale=True)


def test_a_cancellation_of_a_written_sale_gives_the_units_back_once() -> None:
    assert outcome_after("cancelled", CREATED) == Outcome(CANCELLED, Effect("bazaar:o1:cancelled", UNITS))
    assert outcome_after("cancelled", CANCELLED) == Outcome()


@pytest.mark.parametrize("restock", [True, False])
def test_a_return_gives_units_back_only_when_they_are_restocked(restock: bool) -> None:
    returned = ChannelReturn("r1", restock, [ChannelLine("A", 1)])
    effect = Effect("bazaar:o1:returned:r1", {"A": 1}) if restock else None
    order = RETURNED if restock else CREATED
    assert outcome_after("returned", CREATED, returned=returned) == Outcome(order, effect, return_id="r1")


def test_a_cancellation_after_a_restocked_return_gives_back_the_rest_only() -> None:
    outcome = outcome_after("cancelled", RETURNED)
    assert outcome.effect == Effect("bazaar:o1:cancelled", {"A": 2, "B": 1})
    assert outcome_after("cancelled", RETURNED, sale_waits=True).effect == outcome.effect


def test_a_return_after_the_cancellation_gives_nothing_back() -> None:
    returned = ChannelReturn("r1", restock=True, lines=[ChannelLine("A", 1)])
    assert outcome_after("returned", CANCELLED, returned=returned) == Outcome(CANCELLED, return_id="r1")


def test_a_known_return_has_no_second_effect() -> None:
    returned = ChannelReturn("r1", restock=True, lines=[ChannelLine("A", 1)])
    assert outcome_after("returned", CREATED, returned=returned, returns={"r1"}) == Outcome()


def test_only_sold_units_count_as_pending() -> None:
    assert SALE.sold == UNITS
    assert Effect("bazaar:o1:cancelled", UNITS).sold == {}


@pytest.mark.parametrize("event", ["returned", "shipped"])
def test_a_return_without_its_return_and_an_unknown_topic_are_unusable(event: str) -> None:
    with pytest.raises(Unusable):
        outcome_after(event, CREATED)


def test_a_negative_quantity_is_unusable_and_a_quantity_of_0_is_ignored() -> None:
    assert units_of([ChannelLine("A", 0)]) == {}
    with pytest.raises(Unusable):
        units_of([ChannelLine("A", -1)])


REPEATED = ["created", "cancelled", "created", "cancelled"]
WITH_RETURN = ["created", "cancelled", "returned", "returned"]


@pytest.mark.parametrize("order", sorted({*itertools.permutations(REPEATED), *itertools.permutations(WITH_RETURN)}))
@pytest.mark.parametrize("written", [True, False])
def test_an_order_and_its_cancellation_net_to_zero_in_every_order(order: tuple[str, ...], written: bool) -> None:
    known: KnownOrder | None = None
    waiting: list[Effect] = []
    returns: set[str] = set()
    total = 0
    for event in order:
        returned = ChannelReturn("r1", restock=True, lines=[ChannelLine("A", 2)]) if event == "returned" else None
        waits = any(effect.token == "bazaar:o1" for effect in waiting)
        outcome = outcome_after(event, known, sale_waits=waits, returned=returned, returns=returns)
        known = outcome.order or known
        if outcome.return_id is not None:
            returns.add(outcome.return_id)
        if outcome.removes_sale:
            waiting = [effect for effect in waiting if effect.token != "bazaar:o1"]
        if outcome.effect is not None:
            waiting.append(outcome.effect)
        if written:  # effects are written between any two notifications
            total += sum(effect.units["A"] for effect in waiting)
            waiting.clear()
    assert total + sum(effect.units["A"] for effect in waiting) == 0
