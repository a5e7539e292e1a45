"""Listings that are wrong at rest while the master is right: what was pushed before, and what was never pushed."""

from collections.abc import Sequence
from typing import Final

import pytest
from msgspec.structs import replace

from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.event_traits import EventTraits
from stockstorm.reports.diagnosis.passes import in_passes
from stockstorm.reports.diagnosis.traits import Trait, hints
from stockstorm.reports.history import History
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns, started
from tests.unit.reports.diagnosis import shop as shop_module
from tests.unit.reports.diagnosis.shop import SKUS, Change, Shop, diagnosed

SOLD = SKUS[:3]


def sold_and_given_back(*, sold: bool) -> History:
    """Three listings end one unit too low.

    `sold`: because their marketplace sold one, and its cancellation was not pushed.
    """
    shop = Shop()
    known = shop.requests
    if sold:
        for place, sku in enumerate(SOLD):
            shop.happen(Change("sale", 300 + place, "bazaar", ((sku, 1),)))
            shop.happen(Change("cancelled", 300 + place, "bazaar", ((sku, 1),)))
    facts: list[f.AnyFact] = []
    for fact in shop.history().facts:
        match fact:
            case f.ListingPushed(channel="bazaar", request=request) if request >= known:
                continue
            case f.FinalListing(channel="bazaar", sku=sku) if sku in SOLD:
                facts.append(replace(fact, listed=fact.listed - 1))
            case _:
                facts.append(fact)
    return History.of(facts)


def test_the_quantity_that_is_right_was_pushed_before_and_not_again() -> None:
    found = diagnosed(sold_and_given_back(sold=True))["pushed_before"]
    assert found.cause.startswith("3 of 3 wrong listings were last set to the very quantity that is right at the end")
    assert "sold 1 and shows" in found.evidence[0]


def test_a_listing_that_is_too_low_without_a_sale_of_its_own_has_another_cause() -> None:
    assert "pushed_before" not in diagnosed(sold_and_given_back(sold=False))


def sold_and_given_back_once(*, elsewhere: bool) -> History:
    """One listing ends one unit too low. `elsewhere`: the other marketplace was pushed what is right."""
    shop, (sku, *_) = Shop(), SOLD
    shop.happen(Change("sale", 300, "bazaar", ((sku, 1),)))
    known = shop.requests
    shop.happen(Change("cancelled", 300, "bazaar", ((sku, 1),)))
    facts: list[f.AnyFact] = []
    for fact in shop.history().facts:
        match fact:
            case f.ListingPushed(channel=channel, request=request) if request >= known:
                if channel == "mercado" and elsewhere:
                    facts.append(fact)
            case f.ListingPushed(channel="bazaar", sku=one, request=request) if one == sku and request >= known - 2:
                continue  # what was pushed before the sale is right again
            case f.FinalListing(channel=channel, sku=one) if one == sku and (channel == "bazaar" or not elsewhere):
                facts.append(replace(fact, listed=fact.listed - 1))
            case _:
                facts.append(fact)
    return History.of(facts)


def test_one_listing_is_evidence_where_another_marketplace_was_pushed_what_is_right() -> None:
    found = diagnosed(sold_and_given_back_once(elsewhere=True))["pushed_before"]
    assert found.cause.startswith("1 of 1 wrong listings was last set to the very quantity that is right at the end")
    assert "pushed_before" not in diagnosed(sold_and_given_back_once(elsewhere=False))


def undone(*, cancelled: bool) -> History:
    """One listing ends a unit too low after a sale there. `cancelled`: it was undone; else it was a correction."""
    shop, (sku, *_) = Shop(), SOLD
    known = shop.requests
    shop.happen(Change("sale", 300, "bazaar", ((sku, 1),)))
    if cancelled:
        shop.happen(Change("cancelled", 300, "bazaar", ((sku, 1),)))
    facts: list[f.AnyFact] = []
    for fact in shop.history().facts:
        match fact:
            case f.ListingPushed(request=request) if request >= known:
                continue
            case f.FinalListing(channel="bazaar", sku=one) if one == sku:
                facts.append(replace(fact, listed=fact.listed - cancelled))
            case _:
                facts.append(fact)
    return History.of(facts)


def test_one_listing_is_evidence_where_the_changes_since_its_push_cancel_out() -> None:
    found = diagnosed(undone(cancelled=True))["pushed_before"]
    assert found.cause.startswith("1 of 1 wrong listings was last set to the very quantity that is right")
    assert "pushed_before" not in diagnosed(undone(cancelled=False))


def too_low(*, held: bool) -> History:
    """The listings of one SKU end a unit too low. `held`: so were the pushes before; else only the last one is."""
    shop = Shop()
    for number in range(2):
        shop.happen(Change("sale", 300 + number, "bazaar", ((SKUS[0], 1),)))
        shop.ms += 100
    facts: list[f.AnyFact] = []
    last = shop.requests - 2
    for fact in shop.history().facts:
        match fact:
            case f.ListingPushed(sku=sku, request=request) if sku == SKUS[0] and request >= last - 2 * held:
                facts.append(replace(fact, quantity=fact.quantity - 1))
            case f.FinalListing(sku=sku) if sku == SKUS[0]:
                facts.append(replace(fact, listed=fact.listed - 1))
            case _:
                facts.append(fact)
    return History.of(facts)


def test_units_that_are_held_and_never_released() -> None:
    found = diagnosed(too_low(held=True))["never_released"]
    assert found.cause.startswith("2 of 2 wrong listings stay below what the master has by the same units")
    assert "SKU-1 on bazaar is 1 unit too low since" in found.evidence[0]
    assert "sold as many at" in found.evidence[0]


def test_a_single_push_that_is_too_low_tells_of_no_reservation() -> None:
    assert "never_released" not in diagnosed(too_low(held=False))


READ = 9_000


def levels_read(*, read_ms: float | None, pushed: bool = False) -> History:
    """Ten SKUs of forty are sold in the own store, which is never sent. `read_ms`: when an answer shows the levels."""
    facts: list[f.AnyFact] = [started()]
    facts += [f.ChannelOpened(ns(-1), name, online=name == "online") for name in ("online", "bazaar", "mercado")]
    facts.append(f.SubscriptionCreated(ns(0), 1, "shopify", "inventory_levels/update", "http://me/shop"))
    for number in range(40):
        sku, at = f"SKU-{number:02}", ns(100 + 10 * number)
        untold = number % 4 == 0
        topic, now = "inventory_levels/update", 99
        facts.append(f.ItemStocked(ns(-1), sku, 1_000 + number, 7, 100, 500, hot=False))
        facts += [
            f.StockChanged(at, sku, 1_000 + number, 7, 1, -1, now, "sale", -1, ""),
            f.EventFired(at, number, f"e{number}", "shopify", topic, sku=sku, version=1),
            f.DeliveryPlanned(at, number, number, f"w{number}", 1, topic, at),
            f.DeliveryEnded(at + 5, number, "never_sent" if untold else "acknowledged"),
        ]
        if not untold:
            facts.append(f.AttemptEnded(at + 5, number, 1, at, at, at, at + 5, at, 200))
        if untold and read_ms is not None:
            facts.append(f.StockShown(ns(read_ms), READ, (sku,), (1,)))
        if not untold or pushed:
            at_ms = 120 + 10 * number if not untold else 5_000
            facts += [f.ListingPushed(ns(at_ms), name, sku, now, 100) for name in ("bazaar", "mercado")]
        shows = now if pushed or not untold else 100
        facts.append(f.FinalStock(ns(9_000), sku, now, now, 1))
        facts += [f.FinalListing(ns(9_000), name, sku, shows) for name in ("bazaar", "mercado")]
    facts.append(f.ApiCalled(ns(140), READ, "admin", "inventoryItems", 200, "ok", ns(140)))
    facts += [f.LoadStopped(ns(8_000)), f.QuietReached(ns(8_900), quiet=True, waited_ns=1, by="silence")]
    return History.of([*facts, f.RunEnded(ns(9_100), complete=True)])


def test_what_a_read_shows_is_never_pushed() -> None:
    found = diagnosed(levels_read(read_ms=4_000))["read_not_pushed"]
    assert found.cause.startswith("20 of 20 wrong listings lack a change that was never sent")
    assert "SKU-00 on bazaar shows 100, read at 4.000 s" in found.evidence[0]
    assert "lacking" not in diagnosed(levels_read(read_ms=4_000))


def test_without_a_read_or_with_a_push_after_it_that_is_not_the_cause() -> None:
    assert "read_not_pushed" not in diagnosed(levels_read(read_ms=None))
    assert "read_not_pushed" not in diagnosed(levels_read(read_ms=4_000, pushed=True))
    assert "read_not_pushed" not in diagnosed(shop_of_levels(ties=True))


def shop_of_levels(*, ties: bool) -> History:
    """Forty SKUs that the own store sells twice. The second sale of the first eight is not pushed.

    `ties`: only these have both sales in one second; else all have.
    """
    facts: list[f.AnyFact] = [started()]
    facts += [f.ChannelOpened(ns(-1), name, online=name == "online") for name in ("online", "bazaar", "mercado")]
    facts.append(f.SubscriptionCreated(ns(0), 1, "shopify", "inventory_levels/update", "http://me/shop"))
    facts += [f.SubscriptionCreated(ns(0), 2, name, "*", "http://me/market") for name in ("bazaar", "mercado")]
    for number in range(40):
        sku, number_of = f"SKU-{number:02}", number * 2
        forgotten = number < 8
        facts.append(f.ItemStocked(ns(-1), sku, 1_000 + number, 7, 100, 500, hot=False))
        for version in (1, 2):
            ms = 100 + 10 * number + (version - 1) * (305 if forgotten or not ties else 1_505)
            at, event = ns(ms), number_of + version
            facts += [
                f.StockChanged(at, sku, 1_000 + number, 7, version, -1, 100 - version, "sale", -1, ""),
                f.EventFired(at, event, f"e{event}", "shopify", "inventory_levels/update", sku=sku, version=version),
                f.DeliveryPlanned(at, event, event, f"w{event}", 1, "inventory_levels/update", at),
                f.AttemptEnded(at + 5, event, 1, at, at, at, at + 5, at, 200),
                f.DeliveryEnded(at + 5, event, "acknowledged"),
            ]
            if version == 1 or not forgotten:
                facts += [f.ListingPushed(ns(ms + 20), name, sku, 100 - version, 100) for name in ("bazaar", "mercado")]
        facts.append(f.ApiCalled(ns(150), number, "bazaar", "PUT listings", 200, "ok", ns(150)))
        facts.append(f.FinalStock(ns(9_000), sku, 98, 98, 2))
        facts += [f.FinalListing(ns(9_000), name, sku, 98 + forgotten) for name in ("bazaar", "mercado")]
    facts += [f.LoadStopped(ns(8_000)), f.QuietReached(ns(8_900), quiet=True, waited_ns=1, by="silence")]
    return History.of([*facts, f.RunEnded(ns(9_100), complete=True)])


def test_changes_of_one_second_that_listings_lack() -> None:
    found = diagnosed(shop_of_levels(ties=True))["lacking"]
    assert found.cause == (
        "8 of 8 changes that listings lack at the end are made by others and of the same second as the change before"
    )
    assert found.evidence[0] == (
        "of the 32 last changes of SKUs whose listings are right, 0 are made by others and of the same second as the "
        "change before"
    )
    assert "on a tie read the level by API" in found.remedy


PASS_MS: Final = range(400, 481, 20)


@pytest.mark.parametrize(
    ("reads_ms", "told"),
    [
        (PASS_MS, "8 changes never reached the listings; each of them came while the service read from the shop"),
        (range(0, 9_000, 20), ""),
        ((8_000,), ""),
    ],
)
def test_changes_that_came_in_a_pass_of_reads_or_soon_after_it(reads_ms: Sequence[int], told: str) -> None:
    """Those that the listings lack come from 405 to 475 ms, others until 1.9 s; a pass takes 80 ms, or no time."""
    reads = [f.ApiCalled(ns(at), 7_000 + at, "admin", "inventoryItems", 200, "ok", ns(at)) for at in reads_ms]
    found = diagnosed(History.of([*shop_of_levels(ties=False).facts, *reads]))["lacking"]
    assert (found.cause == told) is bool(told), found.cause
    assert ("let the times of two reads overlap" in found.remedy) is bool(told)


def test_changes_soon_after_a_pass_without_length() -> None:
    reads = [f.ApiCalled(ns(402), 7_000, "admin", "inventoryItems", 200, "ok", ns(402))]
    case = Case(History.of([*shop_of_levels(ties=True).facts, *reads]), ())
    found = in_passes(case, [ns(405 + 10 * number) for number in range(8)])
    assert found is not None
    assert found.text == "each of them came while the service read from the shop, or less than 0.5 s after it"
    assert found.evidence == "so did 9 of the 72 other changes of stock"


def test_a_trait_that_no_other_change_has_is_told_before_the_time_of_reads() -> None:
    reads = [f.ApiCalled(ns(at), 7_000 + at, "admin", "inventoryItems", 200, "ok", ns(at)) for at in PASS_MS]
    found = diagnosed(History.of([*shop_of_levels(ties=True).facts, *reads]))["lacking"]
    assert "of the same second as the change before" in found.cause


def test_what_passed_comes_behind_what_is_wrong_at_rest() -> None:
    """Two listings show an older state for a moment, and the last change of eight others is not pushed."""
    stale = []
    for number in (20, 21):
        sku, at_ms = f"SKU-{number:02}", 1_900 + 10 * number
        stale += [
            f.ListingPushed(ns(at_ms), "bazaar", sku, 99, 98),
            f.ListingPushed(ns(at_ms + 5), "bazaar", sku, 98, 99),
        ]
    history = History.of(sorted([*shop_of_levels(ties=True).facts, *stale], key=lambda fact: fact.at_ns))
    found, _ = diagnose(history, judge(history).checks)
    explains = {one.name: one.explains for one in found}
    assert [one.name for one in found if one.name in {"lacking", "old_over_new"}] == ["lacking", "old_over_new"]
    assert "drift" in explains["lacking"]
    assert "stale_overwrite" in explains["old_over_new"]
    assert "drift" not in explains["old_over_new"]


def test_what_the_service_wrote_itself_is_no_change_of_the_same_second() -> None:
    facts = shop_of_levels(ties=True).facts
    own = [replace(fact, cause="subject_adjust") if isinstance(fact, f.StockChanged) else fact for fact in facts]
    causes = [one.cause for one in diagnosed(History.of(own)).values()]
    assert not any("of the same second" in cause for cause in causes)


def test_changes_that_listings_lack_as_often_as_others_have_no_cause() -> None:
    found = diagnosed(shop_of_levels(ties=False))["lacking"]
    assert found.cause == "8 changes never reached the listings, and nothing was found that they alone have in common"


def lost_in_a_rush(*, apart_ms: float) -> History:
    """The second sale of two SKUs of forty is not pushed. `apart_ms`: between the sales, of which the rest is even."""
    facts: list[f.AnyFact] = []
    lost = {"SKU-00": 4_000.0, "SKU-01": 4_000.0 + apart_ms}
    for fact in shop_of_levels(ties=True).facts:
        sku = getattr(fact, "sku", "")
        number = int(sku[-2:]) if sku else 0
        match fact:
            case f.StockChanged(version=version) | f.EventFired(version=version) if version == 2:
                facts.append(replace(fact, at_ns=ns(lost.get(sku, 500 + 180 * number))))
            case f.FinalListing() if 1 < number < 8:
                facts.append(replace(fact, listed=98))
            case f.ListingPushed(quantity=98):
                facts.append(replace(fact, at_ns=ns(520 + 180 * number)))
            case _:
                facts.append(fact)
    pushed = [
        f.ListingPushed(ns(520 + 180 * number), name, f"SKU-{number:02}", 98, 99)
        for number in range(2, 8)
        for name in ("bazaar", "mercado")
    ]
    return History.of([*facts[:-3], *pushed, *facts[-3:]])


def test_changes_that_are_lost_in_one_rush_are_told_by_it() -> None:
    rushed = diagnosed(lost_in_a_rush(apart_ms=10))["lacking"]
    assert "all of them came within 10 ms, in a rush of" in rushed.cause
    assert "more changes wait than fit into one push" in rushed.remedy
    assert "rush" not in diagnosed(lost_in_a_rush(apart_ms=2_000))["lacking"].cause


def test_a_level_has_nothing_of_the_lines_of_its_order() -> None:
    """It tells of one item, so how many lines the order has is no reason why it is lost."""
    facts = [
        replace(fact, order=3) if isinstance(fact, f.EventFired) else fact for fact in shop_of_levels(ties=True).facts
    ]
    sale = f.PurchaseAccepted(ns(1), 3, "online", "#1", ("SKU-01", "SKU-02"), (2, 1), (9, 9), (9, 9))
    history = History.of([*facts[:-1], sale, facts[-1]])
    traits = EventTraits(Case(history, ()))
    kinds = {trait.kind for event in history.all(f.EventFired) for trait in traits.of(event)}
    assert kinds.isdisjoint({"lines", "many_lines", "two_lines", "units"})


def test_where_the_subject_has_what_its_listings_lack_its_pushes_are_looked_at() -> None:
    *facts, ended = shop_of_levels(ties=True).facts
    probed = [f.StockProbed(ns(9_050), f"SKU-{number:02}", 98) for number in range(40)]
    found = diagnosed(History.of([*facts, *probed, ended]))["lacking"]
    assert found.cause.endswith("; the service's own stock has them, and they were not pushed")
    assert "a read before the commit" in found.remedy


def test_an_event_is_told_by_the_last_digit_of_its_item() -> None:
    """As where one shard of ten does not run."""
    history = shop_of_levels(ties=True)
    traits = EventTraits(Case(history, ()))
    events = history.all(f.EventFired)
    found = {event.sku: {one.value for one in traits.of(event) if one.kind == "digit"} for event in events}
    assert found["SKU-03"] == found["SKU-13"] == {"3"}
    assert Trait("digit", "3").phrase == "of items whose id ends in 3"


def test_changes_that_came_too_soon_after_a_push() -> None:
    """A wait between two pushes of a SKU, after which nobody pushes what came meanwhile."""
    facts: list[f.AnyFact] = []
    for fact in shop_of_levels(ties=False).facts:
        soon = isinstance(fact, f.StockChanged | f.EventFired) and fact.version == 2 and int(fact.sku[4:]) < 8
        facts.append(replace(fact, at_ns=fact.at_ns - 200_000_000) if soon else fact)
    found = diagnosed(History.of(facts))["lacking"]
    assert "came less than 0.25 s after a push of their SKU" in found.cause


def test_a_limit_on_what_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop_module, "SKUS", tuple(f"SKU-{number}" for number in range(40)))

    def limited(fact: f.AnyFact) -> f.AnyFact:
        match fact:
            case f.ListingPushed():
                return replace(fact, quantity=min(fact.quantity, 995))
            case f.FinalListing():
                return replace(fact, listed=min(fact.listed, 995))
            case _:
                return fact

    history = History.of([limited(fact) for fact in Shop(orders=60).history().facts])
    assert diagnosed(history)["wrong_listings"].cause.endswith("wrong listings are ones that show 995")


@pytest.mark.parametrize("ended_after_ms", [100, None])
def test_changes_that_listings_lack_because_a_process_ended(ended_after_ms: int | None) -> None:
    """Two later sales, which come to nothing with a restock, make the last change no witness."""
    history = shop_of_levels(ties=False)
    lost = [change.at_ns for change in history.all(f.StockChanged) if change.version == 2][:8]
    more: list[f.AnyFact] = []
    if ended_after_ms is not None:
        more = [f.ProcessEnded(lost[-1] + ended_after_ms * 1_000_000, "worker", 9, -9, ("killed",))]
    found = diagnosed(History.of([*history.facts, *more]))
    if ended_after_ms is None:
        assert "lacking_at_failure" not in found
    else:
        assert found["lacking_at_failure"].cause.startswith(
            "8 of 8 changes that listings lack came less than 0.25 s before"
        )


def test_what_only_says_which_code_handles_changes_is_looked_at_last() -> None:
    text = hints((Trait("cause", "sale"), Trait("tie")))
    assert text.startswith(Trait("tie").hint)
    assert text.endswith(Trait("cause", "sale").hint)
