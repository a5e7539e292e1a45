"""Lost events by what was going on when they came: an outage, a restart, more of them than the subject takes."""

import random
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Diagnosis
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns
from tests.unit.reports.diagnosis.shop import SKUS, Change, Shop, diagnosed

LOST = range(40, 52)


def sold_at(history: History, order: int) -> int:
    return next(fact.at_ns for fact in history.all(f.PurchaseAccepted) if fact.order == order)


def with_fault(history: History, begin_ns: int, end_ns: int, fault: f.FaultName = "restart_database") -> History:
    more: list[f.AnyFact] = [f.FaultStarted(begin_ns, fault, "database"), f.FaultEnded(end_ns, fault, "database")]
    return History.of([*history.facts, *more])


@pytest.mark.parametrize("named", [True, False])
def test_events_that_were_acknowledged_during_an_outage(named: bool) -> None:
    history = Shop(lambda one: int(one.order not in LOST), named=named).history()
    begin, end = sold_at(history, LOST[0]) - MILLISECOND_NS, sold_at(history, LOST[-1] + 1) - MILLISECOND_NS
    found = diagnosed(with_fault(history, begin, end))["lost_events" if named else "exact_units"]
    assert "acknowledged during the fault restart database" in found.cause
    assert "an error while it is stored must be answered 5xx" in found.remedy


def test_events_that_came_in_an_outage_and_were_acknowledged_after_it() -> None:
    """As where an id is marked as seen before it is stored."""
    history = Shop(lambda one: int(one.order not in LOST)).history()
    begin, end = sold_at(history, LOST[0]) - MILLISECOND_NS, sold_at(history, LOST[-1] + 1) - MILLISECOND_NS
    late = [
        replace(fact, at_ns=end + MILLISECOND_NS)
        if isinstance(fact, f.AttemptEnded | f.DeliveryEnded) and begin <= fact.at_ns <= end
        else fact
        for fact in history.facts
    ]
    found = diagnosed(with_fault(History.of(late), begin, end))["lost_events"]
    assert "first tried during the fault restart database and acknowledged after it" in found.cause


def test_events_that_came_just_after_a_restart() -> None:
    history = Shop(lambda one: int(one.order not in LOST)).history()
    ready = sold_at(history, LOST[0]) - MILLISECOND_NS
    found = diagnosed(with_fault(history, ready - 20 * MILLISECOND_NS, ready, "kill_worker"))["lost_events"]
    assert "first tried less than 1 s after a restart" in found.cause


@pytest.mark.parametrize(("again_ms", "told"), [(300, True), (2_500, False)])
def test_events_that_waited_for_a_process_that_ended_again_soon(again_ms: int, told: bool) -> None:
    """A worker takes up what waited, marks it as done, and is killed before it writes."""
    waited = range(40, 90)
    history = Shop(lambda one: int(one.order not in waited)).history()
    begin, ready = sold_at(history, waited[0]) - MILLISECOND_NS, sold_at(history, waited[-1]) + 10 * MILLISECOND_NS
    again = ready + again_ms * MILLISECOND_NS
    twice = with_fault(with_fault(history, begin, ready, "kill_worker"), again, again + MILLISECOND_NS, "kill_worker")
    causes = [one.cause for one in diagnosed(twice).values()]
    assert any("lost events waited before a process of the service ended" in cause for cause in causes) is told, causes
    if told:
        assert any("that had been up for 0.3 s" in cause for cause in causes)


@pytest.mark.parametrize("before", [True, False])
def test_a_read_that_came_before_an_event_can_be_why_it_is_lost_and_a_later_one_cannot(before: bool) -> None:
    history = Shop(lambda one: int(one.order not in LOST)).history()
    shown: list[f.AnyFact] = []
    for fact in history.facts:
        if isinstance(fact, f.PurchaseAccepted) and fact.order in LOST:
            read_ns = fact.at_ns + MILLISECOND_NS if before else sold_at(history, LOST[-1]) + 400 * MILLISECOND_NS
            shown.append(f.OrdersShown(read_ns, 9_000 + fact.order, fact.channel, (fact.order,)))
        if isinstance(fact, f.AttemptEnded) and before:
            shown.append(replace(fact, started_ns=fact.started_ns + 3 * MILLISECOND_NS))
        else:
            shown.append(fact)
    causes = [one.cause for one in diagnosed(History.of(shown)).values()]
    assert any("that the service had read by API before" in cause for cause in causes) is before, causes
    assert not any("read by API too" in cause for cause in causes)


def uneven(number: int) -> float:
    """Times between events, in ms: now few come, now many."""
    return (12.0, 17.0, 25.0)[number // 37 % 3]


def shop_that_takes(takes: Callable[[Shop, Change], int]) -> History:
    shop = Shop(orders=0, step_ms=uneven)
    shop.times = lambda one: takes(shop, one)
    for order in range(500):
        shop.happen(Change("sale", order, "bazaar", ((f"SKU-{order % 8 + 1}", 1),)))
    return shop.history()


def test_no_more_than_some_events_in_a_window_have_their_effect() -> None:
    taken: dict[int, int] = {}

    def capped(shop: Shop, _: Change) -> int:
        window = int(shop.ms + 5) // 500
        taken[window] = taken.get(window, 0) + 1
        return int(taken[window] <= 14)

    found = diagnosed(shop_that_takes(capped))
    assert found["capped"].cause.startswith("never more than 14 events in half a second had their effect")
    assert "lost_alone" not in found


def test_a_loss_by_chance_is_no_cap() -> None:
    dice = random.Random(5)
    assert "capped" not in diagnosed(shop_that_takes(lambda _shop, _one: int(dice.random() < 0.5)))


def test_what_is_lost_evenly_of_what_comes_evenly_is_no_cap() -> None:
    assert "capped" not in diagnosed(Shop(lambda one: int(one.order % 2)).history())


def test_what_a_write_names_and_has_no_row_of_is_told() -> None:
    """The subject writes the first line of an order alone, under the name of the whole order."""
    found = diagnosed(Shop(counts=lambda one: one.lines[:1]).history())["lost_events"]
    assert found.cause.endswith("; writes name them and have no row of their units")
    assert (
        "writes name them"
        not in diagnosed(Shop(lambda one: int(one.kind != "returned")).history())["lost_events"].cause
    )


@pytest.mark.parametrize("in_batches", [True, False])
def test_losses_of_which_no_two_come_in_a_row(in_batches: bool) -> None:
    """The last event of each batch is lost, or as many by chance."""
    dice = random.Random(11)
    left: list[int] = []

    def takes(_: Change) -> int:
        if not in_batches:
            return int(dice.random() > 0.35)
        if not left:
            size = dice.randint(1, 4)
            left.extend([1] * (size - 1) + [int(size == 1)])
        return left.pop(0)

    shop = Shop(takes, orders=0)
    for order in range(300):
        # More of the orders with two lines are lost, so that they have something in common
        lines = (("SKU-1", 1), ("SKU-2", 1)) if order % 2 else (("SKU-3", 1),)
        shop.happen(Change("sale", order, "bazaar", lines))
        shop.happen(Change("returned", order, "bazaar", (lines[0],)))
    causes = [one.cause for one in diagnosed(shop.history()).values()]
    told = any("hardly two of them in a row (0, where chance makes" in cause for cause in causes)
    assert told == in_batches, causes


class Says(Diagnose):
    """Covers so many events."""

    def __init__(self, name: str, count: int) -> None:
        self.name, self.count = name, count

    def __call__(self, case: Case) -> tuple[Found, ...]:
        covers = frozenset(f"{self.name} {number}" for number in range(self.count))
        return (Found(Diagnosis(self.name, self.name, (), "", case.failing), covers),)


@pytest.mark.parametrize(("lost", "twice"), [(5, 200), (200, 5)])
def test_of_events_lost_and_events_applied_twice_the_larger_number_comes_first(lost: int, twice: int) -> None:
    some = (Says("forgeries", 1), Says("lost_events", lost), Says("wrong_units", 1), Says("applied_twice", twice))
    found, _ = diagnose(History.of([f.RunEnded(ns(1), complete=True)]), (Check("drift", "invalid", ""),), some)
    first, second = ("lost_events", "applied_twice") if lost > twice else ("applied_twice", "lost_events")
    assert [one.name for one in found] == ["forgeries", first, "wrong_units", second]


@pytest.mark.parametrize("named", [True, False])
def test_news_of_orders_that_are_known_are_told_in_words_for_orders(named: bool) -> None:
    """They move units up, but nobody who reads this thinks of them as changes of stock."""
    far_apart = Shop(lambda one: int(one.kind == "sale"), named=named, step_ms=lambda _: 2_000).history()
    found = diagnosed(far_apart)["lost_events"]
    assert " are cancellations and returns" in found.cause
    assert "where the order is known already" in found.remedy


def numbered(change: Change) -> str:
    """Bazaar sells the even orders, and mercado has each of bazaar's numbers 20 of its own orders later."""
    return str(1001 + change.order // 2 - 20 * (change.order % 2))


def test_events_of_orders_whose_number_another_marketplace_had_before() -> None:
    def again(change: Change) -> bool:
        return change.order % 2 == 1 and change.order > 40

    found = diagnosed(Shop(lambda one: int(not again(one)), ref=numbered).history())
    cause = found["lost_events"]
    assert "of orders whose number an earlier one of another marketplace has too" in cause.cause
    assert "make the marketplace a part of the order's key" in cause.remedy


def test_events_of_orders_with_more_lines_than_the_service_reads() -> None:
    shop = Shop(orders=0, times=lambda one: int(len(one.lines) <= 5))
    for order in range(60):
        lines = tuple((SKUS[(order + line) % 8], 1) for line in range(1 + order % 7))
        shop.happen(Change("sale", order, "bazaar", lines))
    cause = diagnosed(shop.history())["lost_events"]
    assert "of orders with more than 5 lines" in cause.cause
    assert "read all lines of an order" in cause.remedy


@pytest.mark.parametrize(("read", "told"), [(5, "beyond the first 5"), (1, "every line but the first")])
def test_lines_that_are_not_read_by_a_service_that_names_no_orders(read: int, told: str) -> None:
    shop = Shop(orders=0, named=False, counts=lambda one: one.lines[:read])
    for order in range(60):
        lines = tuple((SKUS[(order * 3 + line * line) % 8], 1 + line % 3) for line in range(1 + order % 8))
        shop.happen(Change("sale", order, "bazaar", lines))
    assert told in diagnosed(shop.history())["exact_units"].cause
