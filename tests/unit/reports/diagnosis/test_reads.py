"""What a subject did not read: items of the catalogue, orders of a marketplace."""

from collections.abc import Collection

import pytest

from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.skipped_reads import SkippedReads
from stockstorm.reports.diagnosis.traits import TOPIC_OF
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Incident
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns
from tests.unit.reports.diagnosis import shop as shop_module
from tests.unit.reports.diagnosis.shop import CHANNELS, SKUS, Change, Shop, diagnosed

POLL_MS = 1_000
NOTHING = slice(0, 0)


def read(items: int, *, at_once: int) -> History:
    """So many of 30 items are read before the load, `at_once` in an answer; the others one by one during it."""
    facts: list[f.AnyFact] = [*Shop(orders=3).history().facts]
    skus = [f"ITEM-{number:02}" for number in range(22)]
    facts += [f.ItemStocked(ns(-2), sku, 100 + place, 7, 5, 500, hot=False) for place, sku in enumerate(skus)]
    every = [fact.sku for fact in facts if isinstance(fact, f.ItemStocked)]
    pages = [every[start : start + at_once] for start in range(0, items, at_once)]
    for number, page in enumerate([*pages, *([sku] for sku in every[items:])]):
        at = ns(-1 if number < len(pages) else 100 + number)
        facts.append(f.ApiCalled(at, 900 + number, "admin", "inventoryItems", 200, "ok", at))
        facts.append(f.StockShown(at, 900 + number, tuple(page), (0,) * len(page)))
    return History.of(facts)


@pytest.mark.parametrize(("items", "at_once", "cut"), [(20, 20, True), (30, 15, False), (20, 1, False), (0, 1, False)])
def test_a_catalogue_whose_second_page_is_not_read(items: int, at_once: int, cut: bool) -> None:
    found, notes = diagnose(read(items, at_once=at_once), (Check("sync_latency", "invalid", "slow"),))
    causes = [one.cause for one in found if one.name == "catalogue_cut"]
    assert notes == ()
    if cut:
        (cause,) = causes
        assert cause.startswith("the service read 20 of the shop's 30 items before the load, 20 in its largest answer")
    else:
        assert causes == []


@pytest.mark.parametrize("told_of", [False, True])
def test_a_service_that_goes_on_with_the_catalogue_during_the_load_reads_on(told_of: bool) -> None:
    """Lists of items that nothing was told of come from the catalogue; others can come from the events."""
    skus = [f"ITEM-{number:02}" for number in range(40)]
    facts: list[f.AnyFact] = [
        *Shop(orders=3).history().facts,
        *(f.ItemStocked(ns(-2), sku, 100 + place, 7, 5, 500, hot=False) for place, sku in enumerate(skus)),
    ]
    if told_of:
        topic = "inventory_levels/update"
        facts += [f.EventFired(ns(1), 5_000 + n, f"e{n}", "shopify", topic, sku=sku) for n, sku in enumerate(skus)]
    for number, page in enumerate((skus[:20], skus[20:])):
        at = ns(-1 if number == 0 else 200)
        facts.append(f.ApiCalled(at, 900 + number, "admin", "nodes", 200, "ok", at))
        facts.append(f.StockShown(at, 900 + number, tuple(page), (0,) * len(page)))
    wrong = tuple(Incident("drift", ns(1_000), "is wrong", sku=sku) for sku in skus[25:])
    found, _ = diagnose(History.of(facts), (Check("drift", "invalid", "differs", incidents=wrong),))
    assert any(one.name == "catalogue_cut" for one in found) is told_of


@pytest.mark.parametrize(("sku", "told"), [("ITEM-21", True), ("ITEM-00", False)], ids=["not read", "read"])
def test_a_catalogue_that_is_cut_explains_nothing_about_items_that_were_read(sku: str, told: bool) -> None:
    wrong = tuple(Incident("drift", ns(1_000 + number), "is wrong", sku=sku) for number in range(3))
    found, _ = diagnose(read(20, at_once=20), (Check("drift", "invalid", "differs", incidents=wrong),))
    assert any(one.name == "catalogue_cut" for one in found) is told


def first_page(operation: str, *, also_lost: str = "") -> History:
    """All items but two are read before the load. Orders with these two are lost, and all changes of one kind."""

    def times(one: Change) -> int:
        return int(not any(sku in SKUS[6:] for sku, _ in one.lines) and one.kind != also_lost)

    facts: list[f.AnyFact] = [*Shop(times).history().facts]
    more = tuple(f"ITEM-{number:02}" for number in range(22))
    facts += [f.ItemStocked(ns(-2), sku, 100 + place, 7, 5, 500, hot=False) for place, sku in enumerate(more)]
    page = (*SKUS[:6], *more)
    facts.append(f.ApiCalled(ns(-1), 900, "admin", operation, 200, "ok", ns(-1)))
    facts.append(f.StockShown(ns(-1), 900, page, (0,) * len(page)))
    return History.of(facts)


@pytest.mark.parametrize(
    ("operation", "remedy"), [("inventoryItems", "pageInfo.hasNextPage"), ("REST GET variants", "Link header")]
)
def test_what_is_lost_of_items_that_were_not_read_is_told_once(operation: str, remedy: str) -> None:
    found = diagnosed(first_page(operation))
    assert list(found) == ["catalogue_cut"]
    assert remedy in found["catalogue_cut"].remedy


def test_what_is_lost_of_items_that_were_read_is_told_besides() -> None:
    found = diagnosed(first_page("inventoryItems", also_lost="returned"))
    assert {"catalogue_cut"} < set(found)


def polled(
    *, named: bool, off: int = 0, page: int = 1_000, lost: frozenset[int] = frozenset(), of_answer: slice = NOTHING
) -> History:
    """Each second every order since the last read is read, in pages.

    `off`: the first so many are skipped. Lost is what comes with a later page, what is in `lost`, and this part of
    each answer.
    """
    orders: dict[int, tuple[int, str]] = {}
    for fact in Shop(orders=240).facts:
        if isinstance(fact, f.PurchaseAccepted):
            orders[fact.order] = fact.at_ns, fact.channel
    answers: list[f.AnyFact] = []
    missed = set(lost)
    for number in range(1, 18):
        for place, channel in enumerate(CHANNELS):
            begin, end = ns((number - 1) * POLL_MS), ns(number * POLL_MS)
            fresh = [order for order, (at, of) in orders.items() if of == channel and begin <= at < end]
            missed.update(fresh[: off if number > 1 else 0])
            fresh = fresh[off if number > 1 else 0 :]
            pages = [fresh[start : start + page] for start in range(0, len(fresh), page)]
            missed.update(order for later in pages[1:] for order in later)
            missed.update(order for some in pages if len(some) > 1 for order in some[of_answer])
            answers += [
                f.OrdersShown(end + 1_000_000 * (2 * at + place), 5_000, channel, tuple(some))
                for at, some in enumerate(pages)
            ]
    history = Shop(lambda one: int(one.order not in missed), named=named, orders=240).history()
    return History.of([*history.facts, *answers])


@pytest.mark.parametrize("named", [True, False])
def test_orders_that_come_first_after_a_read_are_skipped(named: bool) -> None:
    found = diagnosed(polled(named=named, off=1))["skipped_reads"]
    assert "orders that the master lacks were in no answer of their marketplace's API" in found.cause
    assert found.cause.endswith("each is the first one after an answer: the cursor is moved too far")


def first_news_skipped(*, skip: bool) -> History:
    """Each 4 s all news since the last read is read, but for the first one. `skip`: that is lost, whatever it is."""
    every_ns = 4 * POLL_MS * 1_000_000
    missed: set[tuple[int, str]] = set()
    answers: list[f.AnyFact] = []
    events = [fact for fact in Shop(orders=240).facts if isinstance(fact, f.EventFired)]
    for number in range(1, 5):
        for place, channel in enumerate(CHANNELS):
            end = ns(0) + number * every_ns
            fresh = [one for one in events if one.source == channel and end - every_ns <= one.at_ns < end]
            if number > 1:
                missed.add((fresh[0].order, fresh[0].topic))
            orders = tuple(dict.fromkeys(one.order for one in fresh[int(number > 1) :]))
            answers.append(f.OrdersShown(end + place - 2, 5_000, channel, orders))
    lost = missed if skip else set()
    history = Shop(lambda one: int((one.order, TOPIC_OF[one.kind]) not in lost), named=False, orders=240).history()
    return History.of([*history.facts, *answers])


def test_news_that_comes_first_after_a_read_is_skipped_whatever_it_is() -> None:
    found = diagnosed(first_news_skipped(skip=True))["skipped_reads"]
    assert "each the first one after an answer of its marketplace's API" in found.cause
    assert "skipped_reads" not in diagnosed(first_news_skipped(skip=False))


def test_orders_of_a_later_page_are_skipped() -> None:
    found = diagnosed(polled(named=True, page=5))["skipped_reads"]
    assert found.cause.endswith("orders came with the second or a later page of a read, and the master lacks them")


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    ("part", "told"),
    [
        (slice(1, None), "behind the first one of an answer, of which the rest is not applied"),
        (slice(3, None), "behind the first 3 of an answer, of which the rest is not applied"),
        (slice(-1, None), "the last ones of an answer of several"),
    ],
)
def test_a_part_of_each_answer_that_is_not_applied_is_named(part: slice, told: str, named: bool) -> None:
    found = diagnosed(polled(named=named, of_answer=part))["skipped_reads"]
    assert found.cause.endswith(told)
    assert found.remedy.startswith("apply every row of an answer")


def test_orders_that_were_read_and_lost_afterwards_are_not_called_skipped() -> None:
    assert "skipped_reads" not in diagnosed(polled(named=True, lost=frozenset(range(0, 240, 9))))
    assert "skipped_reads" not in diagnosed(Shop(lambda one: int(one.order % 9 > 0)).history())


def test_where_every_order_is_lost_its_place_in_an_answer_tells_nothing() -> None:
    """Some orders are undone in time, so that nothing of them is owed; they are no contrast to the others."""
    lost = Shop(lambda _: 0, orders=240).history()
    sales: dict[str, list[int]] = {}
    for sale in lost.all(f.PurchaseAccepted):
        sales.setdefault(sale.channel, []).append(sale.order)
    answers = [f.OrdersShown(lost.end_ns - 5, 5_000, channel, tuple(orders)) for channel, orders in sales.items()]
    case = Case(History.of([*lost.facts, *answers]), (Check("nothing_lost", "invalid", "lost"),))
    assert list(SkippedReads()(case)) == []


def read_after(*, named: bool, young: bool, recorded: bool = False, told: bool = True, every: int = 8) -> History:
    """Some sales are never sent. A read shows them, and the subject applies those that it finds old enough.

    `young`: half of them is read too soon and not applied; else nothing that is read is applied. `recorded`: all
    are. `told`: a read shows them at all. `every`: one of so many sales is never sent.
    """
    unsent = {number for number in range(4, 120, every) if number % 5 != 2 and number % 7 != 3}
    lost = {number for place, number in enumerate(sorted(unsent)) if not young or place % 2 == 0}
    shop = Shop(lambda one: int(recorded or one.order not in lost), named=named)
    sales = {fact.order: fact for fact in shop.facts if isinstance(fact, f.PurchaseAccepted)}
    facts = list(never_sent(shop, unsent).facts)
    for order in sorted(unsent) if told else ():
        sale, after_ms = sales[order], 300 if order in lost else 3_000
        facts.append(f.OrdersShown(sale.at_ns + after_ms * 1_000_000, 5_000, sale.channel, (order,)))
    return History.of(facts)


def never_sent(shop: Shop, unsent: Collection[int]) -> History:
    """The same shop, in which nothing tells the subject of these orders."""
    sent_not = {fact.event for fact in shop.facts if isinstance(fact, f.EventFired) and fact.order in unsent}
    numbers = {fact.delivery for fact in shop.facts if isinstance(fact, f.DeliveryPlanned) and fact.event in sent_not}
    facts: list[f.AnyFact] = []
    for fact in shop.history().facts:
        match fact:
            case f.AttemptEnded(delivery=number) if number in numbers:
                continue
            case f.DeliveryEnded(delivery=number) if number in numbers:
                facts.append(f.DeliveryEnded(fact.at_ns, number, "never_sent"))
            case _:
                facts.append(fact)
    return History.of(facts)


def test_what_was_never_sent_is_read_and_the_youngest_of_it_is_not_applied() -> None:
    found = diagnosed(read_after(named=True, young=True, every=3))["read_not_applied"]
    assert "that the master lacks were never sent, and the service read them in an answer" in found.cause
    assert "none of them later than 0.300 s after it happened: it does not apply all that it reads" in found.cause
    assert "must not move its cursor beyond it" in found.remedy


def test_a_few_events_that_are_the_youngest_by_chance_are_not_called_young() -> None:
    found = diagnosed(read_after(named=True, young=True))["read_not_applied"]
    assert found.cause.endswith("answer of their marketplace's API: it does not apply all that it reads")
    assert "cursor beyond" not in found.remedy


@pytest.mark.parametrize(("kept", "last"), [("first", True), ("odd", False)])
def test_what_is_not_applied_stands_behind_what_is_in_each_answer(kept: str, last: bool) -> None:
    """An answer shows five orders that were never sent, and the service applies two to four of them."""
    unsent = sorted(number for number in range(2, 118) if number % 5 != 2 and number % 7 != 3)
    by_channel: dict[str, list[int]] = {}
    facts = read_after(named=True, young=False, told=False, every=1).facts
    sales = {fact.order: fact for fact in facts if isinstance(fact, f.PurchaseAccepted)}
    for number in unsent:
        by_channel.setdefault(sales[number].channel, []).append(number)
    answers = [(channel, some[start : start + 5]) for channel, some in by_channel.items() for start in range(0, 20, 5)]
    lost = {
        order
        for number, (_, some) in enumerate(answers)
        for place, order in enumerate(some)
        if (place >= 2 + number % 3 if kept == "first" else place % 2)
    }
    history = never_sent(Shop(lambda one: int(one.order not in lost)), {order for _, some in answers for order in some})
    shown = [f.OrdersShown(ns(7_000 + n), 5_000 + n, channel, tuple(some)) for n, (channel, some) in enumerate(answers)]
    found = diagnosed(History.of([*history.facts, *shown]))["read_not_applied"]
    assert (f", after those that it applied in each of {len(answers)} answers with both" in found.cause) is last


@pytest.mark.parametrize("named", [True, False])
def test_nothing_of_what_is_read_is_applied(named: bool) -> None:
    found = diagnosed(read_after(named=named, young=False))["read_not_applied"]
    assert found.cause.endswith("answer of their marketplace's API: it does not apply what it reads")


@pytest.mark.parametrize(("also_lost", "told"), [(0, True), (3, False)])
def test_a_part_of_what_is_read_is_told_by_the_units_of_a_subject_that_names_nothing(
    monkeypatch: pytest.MonkeyPatch, also_lost: int, told: bool
) -> None:
    """Among 60 SKUs the wrong ones are among the few that were read. `also_lost`: each n-th order that was not."""
    monkeypatch.setattr(shop_module, "SKUS", tuple(f"SKU-{number}" for number in range(1, 61)))
    unsent = {number for number in range(4, 120, 8) if number % 5 != 2 and number % 7 != 3}
    lost = set(sorted(unsent)[::2])
    if also_lost:
        lost |= {number for number in range(also_lost, 120, also_lost) if number not in unsent}
    shop = Shop(lambda one: int(one.order not in lost), named=False)
    sales = {fact.order: fact for fact in shop.facts if isinstance(fact, f.PurchaseAccepted)}
    shown = [f.OrdersShown(sales[one].at_ns + 10**9, 5_000, sales[one].channel, (one,)) for one in sorted(unsent)]
    found = diagnosed(History.of([*never_sent(shop, unsent).facts, *shown]))
    assert ("read_not_applied" in found) is told
    if told:
        assert found["read_not_applied"].cause.startswith(f"{len(lost)} order events that the master lacks were never")
        assert found["read_not_applied"].cause.endswith("it does not apply all that it reads")


def test_reads_that_are_applied_and_events_that_are_not_read_have_no_such_cause() -> None:
    assert "read_not_applied" not in diagnosed(read_after(named=True, young=True, recorded=True))
    assert "read_not_applied" not in diagnosed(read_after(named=True, young=False, told=False))
    assert "read_not_applied" not in diagnosed(Shop(lambda one: int(one.order % 9 > 0)).history())
