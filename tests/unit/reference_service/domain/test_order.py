"""What notifications of a marketplace mean, one by one and in every order."""

import itertools
from typing import Any

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.order import Effect, KnownOrder, Outcome, judge, units_of
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


def notice(what: str, returned: ChannelReturn | None = None) -> ChannelNotification:
    return ChannelNotification(f"order.{what}", ChannelOrder("o1", LINES, returned))


def says(what: str, known: KnownOrder | None, **more: Any) -> Outcome:
    settings = {"sale_waits": False, "returns": (), **more}
    return judge("bazaar", notice(what, settings.pop("returned", None)), known, **settings)


def test_a_new_order_takes_its_units_summed_over_its_lines() -> None:
    assert says("created", None) == Outcome(CREATED, SALE)


def test_an_order_that_fits_into_no_call_to_the_master_cannot_be_used() -> None:
    lines = [ChannelLine(f"S{n}", 1) for n in range(limits.ADJUST_CHANGES_MAX + 1)]
    assert len(units_of(lines[1:])) == limits.ADJUST_CHANGES_MAX
    with pytest.raises(Unusable, match="more than 250 SKUs"):
        units_of(lines)


def test_an_order_that_is_known_does_nothing_again() -> None:
    assert says("created", CREATED) == Outcome()


def test_a_cancellation_that_comes_first_leaves_a_tombstone_and_the_order_then_takes_nothing() -> None:
    assert says("cancelled", None) == Outcome(TOMBSTONE)
    assert says("created", TOMBSTONE) == Outcome(CANCELLED)


def test_a_cancellation_takes_a_waiting_sale_away() -> None:
    assert says("cancelled", CREATED, sale_waits=True) == Outcome(CANCELLED, nets=True)


def test_a_cancellation_of_a_written_sale_gives_the_units_back_once() -> None:
    assert says("cancelled", CREATED) == Outcome(CANCELLED, Effect("bazaar:o1:cancelled", UNITS))
    assert says("cancelled", CANCELLED) == Outcome()


@pytest.mark.parametrize("restock", [True, False])
def test_a_return_gives_units_back_only_when_they_are_restocked(restock: bool) -> None:
    returned = ChannelReturn("r1", restock, [ChannelLine("A", 1)])
    effect = Effect("bazaar:o1:returned:r1", {"A": 1}) if restock else None
    order = RETURNED if restock else CREATED
    assert says("returned", CREATED, returned=returned) == Outcome(order, effect, return_id="r1")


def test_a_cancellation_after_a_restocked_return_gives_back_only_what_is_left() -> None:
    outcome = says("cancelled", RETURNED)
    assert outcome.effect == Effect("bazaar:o1:cancelled", {"A": 2, "B": 1})
    assert says("cancelled", RETURNED, sale_waits=True).effect == outcome.effect


def test_a_return_after_the_cancellation_gives_nothing_back() -> None:
    returned = ChannelReturn("r1", restock=True, lines=[ChannelLine("A", 1)])
    assert says("returned", CANCELLED, returned=returned) == Outcome(CANCELLED, return_id="r1")


def test_a_return_that_is_known_does_nothing_again() -> None:
    returned = ChannelReturn("r1", restock=True, lines=[ChannelLine("A", 1)])
    assert says("returned", CREATED, returned=returned, returns={"r1"}) == Outcome()


def test_only_what_is_sold_counts_as_pending() -> None:
    assert SALE.sold == UNITS
    assert Effect("bazaar:o1:cancelled", UNITS).sold == {}


@pytest.mark.parametrize("what", ["returned", "shipped"])
def test_what_cannot_be_applied_is_unusable(what: str) -> None:
    with pytest.raises(Unusable):
        says(what, CREATED)


def test_a_negative_quantity_is_unusable_and_a_line_of_none_is_nothing() -> None:
    assert units_of([ChannelLine("A", 0)]) == {}
    with pytest.raises(Unusable):
        units_of([ChannelLine("A", -1)])


REPEATED = ["created", "cancelled", "created", "cancelled"]
WITH_RETURN = ["created", "cancelled", "returned", "returned"]


@pytest.mark.parametrize("order", sorted({*itertools.permutations(REPEATED), *itertools.permutations(WITH_RETURN)}))
@pytest.mark.parametrize("written", [True, False])
def test_an_order_and_its_cancellation_come_to_nothing_in_every_order(order: tuple[str, ...], written: bool) -> None:
    known: KnownOrder | None = None
    waiting: list[Effect] = []
    returns: set[str] = set()
    total = 0
    for what in order:
        returned = ChannelReturn("r1", restock=True, lines=[ChannelLine("A", 2)]) if what == "returned" else None
        waits = any(effect.token == "bazaar:o1" for effect in waiting)
        outcome = says(what, known, sale_waits=waits, returned=returned, returns=returns)
        known = outcome.order or known
        if outcome.return_id is not None:
            returns.add(outcome.return_id)
        if outcome.nets:
            waiting = [effect for effect in waiting if effect.token != "bazaar:o1"]
        if outcome.effect is not None:
            waiting.append(outcome.effect)
        if written:  # the master is told between any two notifications
            total += sum(effect.units["A"] for effect in waiting)
            waiting.clear()
    assert total + sum(effect.units["A"] for effect in waiting) == 0


def test_the_flaw_takes_a_known_order_for_new() -> None:
    assert says("created", CREATED, repeats=True) == Outcome(CREATED, SALE)
