"""Causes in what the subject wrote or pushed: an old read, a rounded quantity, what was refused and not sent again."""

from collections import Counter
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.diagnosis.case import Found
from stockstorm.reports.diagnosis.explained import without_consequences
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Diagnosis, Incident
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns, started
from tests.unit.reports.diagnosis.shop import SKUS, Change, Shop, diagnosed

READ = 9_000
TAKEN = "Address for this topic has already been taken"


def read_and_pushed(*, read_again: bool, times: int = 2) -> History:
    """Twenty SKUs are sold in the own store after a read; each is then pushed with the quantity of that read.

    `read_again`: half of them after an answer that showed the new level. `times`: how often it was read before.
    """
    facts: list[f.AnyFact] = [started()]
    facts += [f.ChannelOpened(ns(-1), name, online=name == "online") for name in ("online", "bazaar", "mercado")]
    facts.append(f.SubscriptionCreated(ns(0), 1, "shopify", "inventory_levels/update", "http://me/shop"))
    facts += [f.ApiCalled(ns(40), READ, "admin", "inventoryItems", 200, "ok", ns(40))]
    for number in range(20):
        left = 99 - number % 4
        sku, at, topic = f"SKU-{number:02}", ns(100 + 10 * number), "inventory_levels/update"
        facts.append(f.ItemStocked(ns(-1), sku, 1_000 + number, 7, 100, 500, hot=False))
        facts += [f.StockShown(ns(50), READ, (sku,), (0,)) for _ in range(times)]
        facts += [
            f.StockChanged(at, sku, 1_000 + number, 7, 1, left - 100, left, "sale", -1, ""),
            f.EventFired(at, number, f"e{number}", "shopify", topic, sku=sku, version=1),
            f.DeliveryPlanned(at, number, number, f"w{number}", 1, topic, at),
            f.AttemptEnded(at + 5, number, 1, at, at, at, at + 5, at, 200),
            f.DeliveryEnded(at + 5, number, "acknowledged"),
        ]
        if read_again:
            facts.append(f.StockShown(at + 10, READ, (sku,), (1,)))
        facts += [f.ListingPushed(at + 20_000_000, name, sku, 100, 100) for name in ("bazaar", "mercado")]
        facts.append(f.FinalStock(ns(9_000), sku, left, left, 1))
        facts += [f.FinalListing(ns(9_000), name, sku, 100) for name in ("bazaar", "mercado")]
    facts += [f.LoadStopped(ns(8_000)), f.QuietReached(ns(8_900), quiet=True, waited_ns=1, by="silence")]
    return History.of([*facts, f.RunEnded(ns(9_100), complete=True)])


def test_a_push_of_what_was_read_before_a_change_that_was_told() -> None:
    found = diagnosed(read_and_pushed(read_again=False))
    assert found["old_read"].cause.startswith("40 of 40 wrong listings were last set to what the shop had shown before")
    assert "lacking" not in found


def test_a_push_after_a_new_read_and_one_of_a_subject_that_reads_once_have_another_cause() -> None:
    assert "old_read" not in diagnosed(read_and_pushed(read_again=True))
    assert "old_read" not in diagnosed(read_and_pushed(read_again=False, times=1))


def listed_as(shows: Callable[[int], int]) -> History:
    facts: list[f.AnyFact] = []
    for fact in Shop().history().facts:
        match fact:
            case f.ListingPushed():
                facts.append(replace(fact, quantity=shows(fact.quantity)))
            case f.FinalListing():
                facts.append(replace(fact, listed=shows(fact.listed)))
            case _:
                facts.append(fact)
    return History.of(facts)


def test_quantities_that_are_rounded() -> None:
    found = diagnosed(listed_as(lambda units: units // 2 * 2))
    assert "are multiples of 2, and the stock is not" in found["rounded"].cause
    assert not {"old_over_new", "small_steps", "wrong_listings"}.intersection(found)
    assert "rounded" not in diagnosed(listed_as(lambda units: units - 3))


def refused_at_last(*, sent_again: bool) -> History:
    """A marketplace did not take the last push of three SKUs."""
    shop = Shop()
    last = {
        fact.sku: fact for fact in shop.facts if isinstance(fact, f.ListingPushed) and fact.channel == "bazaar"
    }  # the last one of each SKU
    facts: list[f.AnyFact] = []
    for fact in shop.history().facts:
        match fact:
            case f.ListingPushed(sku=sku) if fact is last.get(sku) and sku in SKUS[:3]:
                facts.append(f.RowsNotListed(fact.at_ns, fact.request, "bazaar", (sku,)))
                if sent_again:
                    facts.append(replace(fact, at_ns=fact.at_ns + 1, quantity=fact.quantity + 1))
            case f.FinalListing(channel="bazaar", sku=sku) if sku in SKUS[:3]:
                facts.append(replace(fact, listed=fact.listed + 1))
            case _:
                facts.append(fact)
    return History.of(facts)


def test_pushes_that_were_not_taken_and_never_sent_again() -> None:
    found = diagnosed(refused_at_last(sent_again=False))
    assert list(found) == ["push_forgotten"]
    assert found["push_forgotten"].cause.startswith(
        "3 of 3 wrong listings: their marketplace did not take the last push"
    )
    assert "push_forgotten" not in diagnosed(refused_at_last(sent_again=True))


def refused_writes(*, after_all: bool) -> History:
    """Some orders are lost. A refused write follows each of them; `after_all`: it follows every order."""

    def times(change: Change) -> int:
        return int(change.order % 17 != 5)

    shop = Shop(times)
    sales = [fact for fact in shop.facts if isinstance(fact, f.PurchaseAccepted)]
    calls = [
        f.ApiCalled(
            sale.at_ns + 7_000_000, 10_000 + place, "admin", "inventoryAdjustQuantities", 200, "user_error",
            sale.at_ns + 6_000_000, errors=("no longer matches",),
        )
        for place, sale in enumerate(sales)
        if after_all or sale.order % 17 == 5
    ]  # fmt: skip
    return History.of(sorted([*shop.history().facts, *calls], key=lambda fact: fact.at_ns))


def test_lost_events_whose_write_was_refused_name_the_refusal() -> None:
    found = diagnosed(refused_writes(after_all=False))["lost_at_failure"]
    assert "the next write to the master was refused, and they are in no later one: no longer matches" in found.cause


def test_refusals_after_every_event_are_not_blamed_for_some() -> None:
    found = diagnosed(refused_writes(after_all=True))
    assert "lost_at_failure" not in found or "was refused" not in found["lost_at_failure"].cause


@pytest.mark.parametrize(("text", "told"), [(TAKEN, False), ("Address is invalid", True)])
def test_a_subscription_that_is_there_is_no_cause(text: str, told: bool) -> None:
    shop = Shop(lambda one: int(one.order != 40))
    shop.call("webhookSubscriptionCreate", outcome="user_error", errors=(text,))
    assert ("calls_refused" in diagnosed(shop.history())) is told


def test_memory_of_a_short_run_is_told_as_its_check_found_it() -> None:
    grown = Incident("memory_growth", ns(1), "service grew from 109 to 131 MiB")
    check = Check("memory", "invalid", "service grew by 20 MiB in 6 s", incidents=(grown,), incidents_total=1)
    (found,) = diagnose(Shop().history(), (check,))[0]
    assert (found.name, found.explains) == ("growth", ("memory",))


@pytest.mark.parametrize(("sku", "left"), [("SKU-00", 1), ("SKU-01", 2)])
def test_levels_that_no_listing_shows_are_told_once(sku: str, left: int) -> None:
    def found(name: str, key: str, check: str) -> Found:
        return Found(Diagnosis(name, "why", (), "do", (check,), 0), frozenset({key}))

    listing = found("wrong_listings", f"listing bazaar {sku}", "drift")
    kept = without_consequences(
        [listing, found("lost_alone", "event 0", "nothing_lost")], read_and_pushed(read_again=False)
    )
    assert len(kept) == left
    assert kept[0].diagnosis.explains == (("drift", "nothing_lost") if left == 1 else ("drift",))


def refused_pushes() -> History:
    """One marketplace refuses every push, and the other is sent none: the subject's round ends at the error."""
    facts: list[f.AnyFact] = []
    sold: Counter[tuple[str, str]] = Counter()
    text = ("600 rows; send at most 500 in one call",)
    for fact in Shop().history().facts:
        match fact:
            case f.ListingPushed():
                continue
            case f.ApiCalled(operation="PUT listings"):
                facts.append(replace(fact, status=422, outcome="bad_request", errors=text))
                continue
            case f.PurchaseAccepted():
                for sku, units in zip(fact.skus, fact.quantities, strict=True):
                    sold[fact.channel, sku] += units
            case f.FinalListing():
                fact = replace(fact, listed=1_000 - sold[fact.channel, fact.sku])  # noqa: PLW2901 - as the marketplace shows it
        facts.append(fact)
    return History.of(facts)


def test_where_nothing_was_ever_pushed_no_event_is_the_reason() -> None:
    found = diagnosed(refused_pushes())
    assert "send at most 500" in found["calls_refused"].cause
    assert "lacking" not in found
