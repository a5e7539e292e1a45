"""What diagnoses say of a subject that loses, doubles or forgets something when a call fails or a process ends."""

from collections import Counter

import pytest
from msgspec.structs import replace

from stockstorm.reports.diagnosis import wrong_units
from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.moments import followed
from stockstorm.reports.diagnosis.unit_groups import Group
from stockstorm.reports.history import History
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns
from tests.unit.reports.diagnosis import shop as shop_module
from tests.unit.reports.diagnosis.shop import SKUS, Change, Shop, diagnosed


def with_facts(history: History, *more: f.AnyFact) -> History:
    """The history with more facts, in order of time."""
    return History.of(sorted([*history.facts, *more], key=lambda fact: fact.at_ns))


def test_events_that_are_lost_before_a_process_ends_are_dated_by_it() -> None:
    lost = {40, 41, 42}
    shop = Shop(lambda one: int(one.order not in lost))
    sales = {fact.order: fact.at_ns for fact in shop.facts if isinstance(fact, f.PurchaseAccepted)}
    end = f.ProcessEnded(sales[42] + 100_000_000, "worker", 9, -9, ("killed",))
    found = diagnosed(with_facts(shop.history(), end))
    assert found["process_ended"].cause.startswith("worker ended by signal 9 (SIGKILL)")
    text = found["lost_at_failure"].cause
    assert "lost events were acknowledged less than" in text
    assert text.endswith("before a process of the service ended")


@pytest.mark.parametrize(("failures", "told"), [(1, False), (12, True)])
def test_a_failure_that_a_retry_healed_explains_nothing_that_is_missing(failures: int, told: bool) -> None:
    """Every return is lost, and an attempt or two failed at first."""
    facts: list[f.AnyFact] = []
    left = failures
    for fact in Shop(lambda one: int(one.kind != "returned")).history().facts:
        if isinstance(fact, f.AttemptEnded) and left:
            left -= 1
            facts.append(replace(fact, status=500, said="no"))
            facts.append(replace(fact, attempt=2))
        else:
            facts.append(fact)
    found = diagnosed(History.of(facts))
    assert "lost_events" in found
    assert ("webhook_failures" in found) is told


def test_events_that_are_lost_where_a_write_was_throttled_say_so() -> None:
    def times(change: Change) -> int:
        return int(change.order % 17 != 5)

    shop = Shop(times)
    moments = [fact.at_ns for fact in shop.facts if isinstance(fact, f.PurchaseAccepted) and fact.order % 17 == 5]
    calls = [
        f.ApiCalled(at + 20_000_000, 10_000 + place, "admin", "inventoryAdjustQuantities", 200, "throttled", at)
        for place, at in enumerate(moments)
    ]
    found = diagnosed(with_facts(shop.history(), *calls))
    assert "before a write to the master was throttled" in found["lost_at_failure"].cause


def test_failures_that_are_everywhere_are_not_blamed() -> None:
    shop = Shop(lambda one: int(one.order * 7919 % 31 != 0))
    calls = [
        f.ApiCalled(ns(at), 10_000 + at, "admin", "inventoryAdjustQuantities", 200, "throttled", ns(at))
        for at in range(0, 8_000, 100)
    ]
    assert "lost_at_failure" not in diagnosed(with_facts(shop.history(), *calls))


def test_a_doubled_write_whose_call_got_no_answer_is_told_from_other_doubles() -> None:
    shop = Shop(lambda one: 2 if one.order in {30, 33} and one.kind == "sale" else 1)
    history = shop.history()
    first: dict[int, int] = {}
    for effect in history.orders.effects:
        if effect.order in {30, 33} and effect.kind == "sale":
            row = next(
                row for row in history.all(f.StockChanged) if row.sku == effect.sku and row.version == effect.version
            )
            first[effect.order] = row.request
    facts = [
        replace(fact, status=0, injected="answer_lost")
        if isinstance(fact, f.ApiCalled) and fact.request in first.values()
        else fact
        for fact in history.facts
    ]
    found = diagnosed(History.of(facts))
    assert found["twice_at_failure"].cause.startswith("2 of 2 events that count twice")
    assert "applied_twice" not in found
    assert "twice_at_failure" not in diagnosed(history)


def halved(shop: Shop) -> History:
    facts = list(shop.history().facts)
    twice = {
        f"{fact.channel}:{fact.ref}"
        for fact in facts
        if isinstance(fact, f.PurchaseAccepted) and len(set(fact.skus)) < len(fact.skus)
    }
    off = dict.fromkeys(SKUS, 0)
    changed: list[f.AnyFact] = []
    for fact in facts:
        match fact:
            case f.StockChanged():
                less = int(fact.reference.removeprefix("urn:channel-orders:") in twice)
                off[fact.sku] += less
                changed.append(replace(fact, delta=fact.delta + less, available=fact.available + off[fact.sku]))
            case f.FinalStock():
                changed.append(replace(fact, available=fact.available + off[fact.sku]))
            case f.FinalListing():
                changed.append(replace(fact, listed=fact.listed + off[fact.sku]))
            case _:
                changed.append(fact)
    return History.of(changed)


def test_writes_of_other_units_than_their_orders_are_compared() -> None:
    found = diagnosed(halved(Shop()))["wrong_units"]
    assert "one SKU on two lines" in found.cause
    assert "own store" not in found.cause
    assert "wrong_units" not in diagnosed(Shop(lambda one: int(one.kind != "returned")).history())


def test_writes_of_what_the_master_has_already_are_called_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_much(case: Case) -> list[Group]:
        units = Counter[str]()
        for misfit in case.history.orders.misfits:
            units[misfit.row.sku] += misfit.excess
        return [Group("the sales of the shop's own store", dict(units), frozenset(), "it has them already")]

    monkeypatch.setattr(wrong_units, "of_the_store", too_much)
    found = diagnosed(halved(Shop()))["wrong_units"]
    assert found.cause.endswith(": the sales of the shop's own store are in it too, although they should not be")
    assert found.remedy == "it has them already"


def set_too_high(on_the_shelf: int) -> dict[str, Diagnosis]:
    """At last each listing of bazaar is set to 3 units more than the master has. `on_the_shelf`: how many more are."""
    shop = Shop()
    history = shop.history()
    end = history.last(f.LoadStopped)
    assert end is not None
    late = [f.ListingPushed(end.at_ns - 1, "bazaar", sku, shop.available[sku] + 3, shop.available[sku]) for sku in SKUS]
    finals: list[f.AnyFact] = []
    for fact in history.facts:
        match fact:
            case f.FinalListing(channel="bazaar"):
                finals.append(replace(fact, listed=fact.listed + 3))
            case f.FinalStock():
                finals.append(replace(fact, physical=fact.physical + on_the_shelf))
            case _:
                finals.append(fact)
    return diagnosed(with_facts(History.of(finals), *late))


def test_a_listing_that_was_right_and_then_older_was_overtaken() -> None:
    found = set_too_high(0)
    assert found["overtaken"].cause == "8 of 8 wrong listings were right, and then set to an older quantity"
    assert "push_forgotten" not in found


def test_a_listing_that_shows_the_shelf_where_the_master_is_wrong_is_no_older_one() -> None:
    assert "overtaken" not in set_too_high(3)


def test_a_channel_that_is_no_longer_set_is_frozen() -> None:
    history = Shop().history()
    middle = ns(3_000)
    facts = [
        fact
        for fact in history.facts
        if not (isinstance(fact, f.ListingPushed) and fact.channel == "mercado" and fact.at_ns > middle)
    ]
    stale = [
        replace(fact, listed=fact.listed + 1)
        if isinstance(fact, f.FinalListing) and fact.channel == "mercado"
        else fact
        for fact in facts
    ]
    found = diagnosed(History.of(stale))["channel_frozen"]
    assert found.cause.startswith("the listings of mercado freeze at 2.9")


def test_a_window_is_no_finding_where_good_ones_are_in_it_as_often() -> None:
    times = [at * SECOND_NS for at in range(0, 2_000, 10)]
    assert followed([5 * SECOND_NS - 1], times, [5 * SECOND_NS]) is not None
    assert followed(times[:3], times, [at + 1 for at in times]) is None
    assert followed([], times, times) is None
    assert followed(times, [], times) is None


def test_skus_that_are_wrong_for_no_single_reason_are_compared_with_the_right_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shop_module, "SKUS", tuple(f"SKU-{number}" for number in range(80)))

    def times(change: Change) -> int:
        return change.order % 3 * 2 if change.kind == "cancelled" else 1

    found = diagnosed(Shop(times, named=False, orders=100).history())
    assert "exact_units" not in found
    assert found["wrong_stock"].cause.endswith("had an event of topic order.cancelled")


def test_a_zero_that_is_never_pushed_is_told_by_what_is_sold_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop_module, "SKUS", tuple(f"SKU-{number}" for number in range(60)))
    history = Shop(orders=100).history()
    sold_out = {"SKU-3", "SKU-7", "SKU-20"}
    facts: list[f.AnyFact] = []
    for fact in history.facts:
        match fact:
            case f.FinalStock(sku=sku) if sku in sold_out:
                facts.append(replace(fact, available=0, physical=0))
            case f.FinalListing(sku=sku) if sku in sold_out:
                facts.append(replace(fact, listed=2))
            case _:
                facts.append(fact)
    found = diagnosed(History.of(facts))["wrong_listings"]
    assert found.cause == "all 6 wrong listings are of SKUs that are sold out"


def test_what_most_right_listings_share_names_no_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen wrong listings are of SKUs whose last change was of one unit, like many right ones."""
    monkeypatch.setattr(shop_module, "SKUS", tuple(f"SKU-{number}" for number in range(300)))
    history = Shop(orders=400).history()
    last = {fact.sku: fact.delta for fact in history.all(f.StockChanged)}
    of_one_unit = sorted(sku for sku, delta in last.items() if abs(delta) == 1)
    assert len(of_one_unit) > 40
    wrong = {*of_one_unit[:8]}
    facts = [
        replace(fact, listed=fact.listed + 1) if isinstance(fact, f.FinalListing) and fact.sku in wrong else fact
        for fact in history.facts
    ]
    assert "wrong_listings" not in diagnosed(History.of(facts))


def test_changes_that_are_too_small_to_be_pushed() -> None:
    def pushed_by(step: int) -> History:
        facts: list[f.AnyFact] = []
        pushes: dict[tuple[str, str], int] = {}
        for fact in Shop().history().facts:
            match fact:
                case f.ListingPushed(channel=channel, sku=sku):
                    pushes[channel, sku] = pushes.get((channel, sku), 0) + 1
                    facts.append(replace(fact, quantity=step * (pushes[channel, sku] % 2)))
                case f.FinalListing(sku=sku) if sku == SKUS[0]:
                    facts.append(replace(fact, listed=fact.listed + 2))
                case _:
                    facts.append(fact)
        return History.of(facts)

    cause = diagnosed(pushed_by(3))["small_steps"].cause
    assert "by less than 3 units, and 2 of 2 wrong listings are off by less" in cause
    assert "small_steps" not in diagnosed(pushed_by(1))


def test_calls_to_a_frozen_channel_are_counted_by_their_end() -> None:
    middle, end = ns(3_000), ns(4_000)
    facts: list[f.AnyFact] = []
    for fact in Shop().history().facts:
        if isinstance(fact, f.ListingPushed) and fact.channel == "mercado" and fact.at_ns > middle:
            continue
        if isinstance(fact, f.FinalListing) and fact.channel == "mercado":
            facts.append(replace(fact, listed=fact.listed + 1))
        else:
            facts.append(fact)
    assert "no call to mercado was tried after that" in diagnosed(History.of(facts))["channel_frozen"].evidence
    calls = [
        f.ApiCalled(end, 90_000, "mercado", "PUT listings", 401, "denied", end, errors=("the token is wrong",)),
        f.ApiCalled(end, 90_001, "mercado", "PUT listings", 503, "failed", end),
        f.ApiCalled(end, 90_002, "mercado", "PUT listings", 401, "denied", end),
    ]
    found = diagnosed(with_facts(History.of(facts), *calls))["channel_frozen"]
    told = "3 calls to mercado were tried after that: 2 refused, 1 failed; one was told: the token is wrong"
    assert told in found.evidence
