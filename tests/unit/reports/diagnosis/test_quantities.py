"""Listings by the quantity that they show: with another safety stock, without a sign, never set, one at a time."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from stockstorm.reports.diagnosis import DIAGNOSES, diagnose
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Diagnosis
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns, started
from tests.unit.reports.diagnosis.shop import CHANNELS, SKUS, Shop, diagnosed

Change = Callable[[f.AnyFact], f.AnyFact | None]


def changed(change: Change, *, safety_stock: int = 0) -> History:
    """A sound shop's history, with each fact as `change` returns it. None: it is left out."""
    facts = [change(fact) for fact in Shop().history().facts]
    return History.of([
        replace(fact, safety_stock=safety_stock) if isinstance(fact, f.RunStarted) else fact
        for fact in facts
        if fact is not None
    ])  # fmt: skip


def listed(off: int) -> Change:
    """Every listing shows so many units more than the master has."""

    def change(fact: f.AnyFact) -> f.AnyFact:
        match fact:
            case f.ListingPushed():
                return replace(fact, quantity=fact.quantity + off)
            case f.FinalListing():
                return replace(fact, listed=fact.listed + off)
            case _:
                return fact

    return change


@pytest.mark.parametrize(
    ("off", "end"),
    [
        (0, "show 3 units too many: the safety stock is not held back"),
        (-6, "show 3 units too few: the safety stock is held back twice"),
        (-2, "show 1 unit too many"),
    ],
)
def test_listings_that_hold_back_another_safety_stock(off: int, end: str) -> None:
    found = diagnosed(changed(listed(off), safety_stock=3))["same_difference"]
    assert found.cause == f"16 of 16 wrong listings each {end}"


def test_listings_that_are_off_by_different_units_have_no_same_difference() -> None:
    def uneven(fact: f.AnyFact) -> f.AnyFact:
        return replace(fact, listed=fact.listed + int(fact.sku[-1])) if isinstance(fact, f.FinalListing) else fact

    assert "same_difference" not in diagnosed(changed(uneven))
    assert "same_difference" not in diagnosed(changed(listed(-3), safety_stock=3))


def sold_short(quantity: Callable[[int], int]) -> History:
    """Three SKUs end 4, 5 and 6 units short, and every listing shows `quantity` of what is left."""
    short = {sku: 4 + place for place, sku in enumerate(SKUS[:3])}

    def change(fact: f.AnyFact) -> f.AnyFact:
        match fact:
            case f.FinalStock(sku=sku) if sku in short:
                return replace(fact, available=-short[sku], physical=-short[sku])
            case f.FinalListing(sku=sku) if sku in short:
                return replace(fact, listed=quantity(-short[sku]))
            case f.ListingPushed(sku=sku) if sku in short:
                return replace(fact, quantity=quantity(-short[sku]))
            case _:
                return fact

    return changed(change)


def test_a_quantity_below_zero_that_loses_its_sign() -> None:
    found = diagnosed(sold_short(abs))["wrong_sign"]
    assert found.cause.startswith("6 of 6 wrong listings were set to the number of units that their SKU is short of")
    assert found.evidence[0] == "SKU-1 on bazaar was set to 4 where -4 are left"
    assert "wrong_sign" not in diagnosed(sold_short(lambda left: max(0, left)))
    assert "wrong_sign" not in diagnosed(sold_short(lambda left: 2 - left))


@pytest.mark.parametrize("left_out", [("SKU-2", "SKU-7"), ("SKU-2",)])
@pytest.mark.parametrize("elsewhere", [True, False])
def test_skus_that_no_push_ever_set(left_out: tuple[str, ...], elsewhere: bool) -> None:
    def change(fact: f.AnyFact) -> f.AnyFact | None:
        match fact:
            case f.ListingPushed(sku=sku) if sku in left_out:
                return None
            case f.FinalListing(sku=sku) if sku in left_out:
                return replace(fact, listed=1_000)
            case f.ItemStocked(sku=sku) if sku in left_out and elsewhere:
                return replace(fact, location_id=8)
            case _:
                return fact

    found = diagnosed(changed(change))
    if len(left_out) == 1:
        assert "never_pushed" not in found  # it may be a change that was lost
        return
    where = ", and all of them are of location 8" if elsewhere else ""
    cause = f"2 of 2 SKUs with wrong listings were never set by any push, on no marketplace{where}"
    assert found["never_pushed"].cause == cause
    assert found["never_pushed"].evidence[0] == "of 6 SKUs whose listings are right, all were set"


def pushes(rows: int) -> Diagnosis | None:
    """Forty SKUs change every 400 ms, and 100 calls, of one marketplace, set so many of them each."""
    skus = [f"ITEM-{number:02}" for number in range(40)]
    facts = [*Shop(orders=0).history().facts]
    facts = [fact for fact in facts if not isinstance(fact, f.LoadStopped | f.QuietReached | f.RunEnded)]
    facts += [f.ItemStocked(ns(-1), sku, 100 + place, 7, 100, 500, hot=False) for place, sku in enumerate(skus)]
    for version in range(1, 26):
        at = ns(400 * version)
        facts += [
            f.StockChanged(at, sku, 100 + place, 7, version, -1, 100 - version, "sale", -1, "")
            for place, sku in enumerate(skus)
        ]
        facts.append(f.StockShown(at, 500 + version, tuple(skus), (version,) * len(skus)))
    for number in range(100):
        at, some = ns(110 + 100 * number), [skus[(number * rows + place) % 40] for place in range(rows)]
        level = 100 - (110 + 100 * number) // 400
        facts += [f.ListingPushed(at, "bazaar", sku, level, 100, number) for sku in some]
        facts.append(f.ApiCalled(at, number, "bazaar", "PUT listings", 200, "ok", at))
    end = ns(11_000)
    facts += [f.LoadStopped(end), f.QuietReached(end, quiet=True, waited_ns=1, by="silence"), f.RunEnded(end, True)]
    found, notes = diagnose(History.of(facts), (Check("sync_latency", "invalid", "slow"),))
    assert notes == ()
    return next((one for one in found if one.name == "one_by_one"), None)


def test_pushes_of_one_listing_each_while_others_wait() -> None:
    found = pushes(1)
    assert found is not None
    assert found.cause.startswith("100 of 100 pushes hold one listing each, while ")
    assert found.evidence == ("one comes 100 ms after the other, in the median",)
    assert pushes(2) is None


def sold_to_the_last(shows: Callable[[int], int], at_rest: int | None = None) -> History:
    """Four SKUs of six units each sell in the own store. `at_rest`: what listings show then, if not the last push."""
    facts: list[f.AnyFact] = [started(safety_stock=2)]
    facts += [f.ChannelOpened(ns(-1), name, online=name == "online") for name in ("online", *CHANNELS)]
    for place in range(4):
        sku = SKUS[place]
        facts.append(f.ItemStocked(ns(-1), sku, 1_000 + place, 7, 6, 500, hot=True))
        for version in range(1, 5):
            left, ms = 6 - version, 100 * place + 500 * version
            facts.append(f.StockChanged(ns(ms), sku, 1_000 + place, 7, version, -1, left, "sale", -1, ""))
            facts += [f.ListingPushed(ns(ms + 20), name, sku, shows(left), 6) for name in CHANNELS]
        facts.append(f.FinalStock(ns(9_000), sku, 2, 2, 4))
        facts += [f.FinalListing(ns(9_000), name, sku, shows(2) if at_rest is None else at_rest) for name in CHANNELS]
    facts += [f.LoadStopped(ns(8_000)), f.QuietReached(ns(8_900), quiet=True, waited_ns=1, by="silence")]
    return History.of([*facts, f.RunEnded(ns(9_100), complete=True)])


def test_a_safety_stock_that_is_forgotten_for_the_last_units() -> None:
    found = diagnosed(sold_to_the_last(lambda left: left - 2 if left > 2 else left))
    assert found["last_units"].cause.startswith("8 of 8 wrong listings show all that the master has")
    assert "old_over_new" not in found
    pushed = diagnosed(sold_to_the_last(lambda left: left - 2 if left > 2 else left, at_rest=0))
    assert pushed["last_units"].cause.startswith("8 of 8 wrong pushes list all that the master had then")
    assert "it is not held back of the last units" in pushed["last_units"].cause
    assert "last_units" not in diagnosed(sold_to_the_last(lambda left: max(0, left - 2)))


def test_an_older_quantity_that_is_not_what_is_left_has_another_cause() -> None:
    found = diagnosed(sold_to_the_last(lambda left: left - 2 if left > 2 else 1))
    assert "last_units" not in found


@pytest.mark.parametrize(
    ("slip", "told"),
    [
        (str.lower, "in lower case"),
        (lambda sku: sku[:5], ""),  # of another name than any slip makes
        (lambda sku: f"GIFT {sku}", ""),
    ],
)
def test_skus_that_are_pushed_by_a_name_that_no_marketplace_knows(slip: Callable[[str], str], told: str) -> None:
    """`told`: the slip. Other unknown names, such as those of items that are not listed, explain nothing."""
    left_out = ("SKU-2", "SKU-7")

    def change(fact: f.AnyFact) -> f.AnyFact | None:
        match fact:
            case f.ListingPushed(sku=sku) if sku in left_out:
                return None
            case f.FinalListing(sku=sku) if sku in left_out:
                return replace(fact, listed=1_000)
            case _:
                return fact

    refused = [
        f.ApiCalled(
            ns(500 + place), 9_000 + place, "bazaar", "PUT listings", 200, "ok", ns(499 + place),
            errors=(f"unknown sku: {slip(sku)}, ITEM",),
        )
        for place, sku in enumerate(left_out)
    ]  # fmt: skip
    found = diagnosed(History.of([*changed(change).facts, *refused]))
    assert ("unknown_skus" in found) is bool(told)
    assert ("never_pushed" in found) is not bool(told)
    if told:
        assert found["unknown_skus"].cause == (
            f'2 of 2 SKUs with wrong listings are pushed {told}, and the marketplaces answer "unknown sku"'
        )
        assert found["unknown_skus"].evidence[0] == "for example 'sku-2' for SKU-2, 'sku-7' for SKU-7"


def test_unknown_names_of_a_subject_whose_listings_are_right() -> None:
    push = f.ApiCalled(ns(500), 9_000, "bazaar", "PUT listings", 200, "ok", ns(499), errors=("unknown sku: sku-2",))
    assert diagnosed(History.of([*changed(lambda fact: fact).facts, push])) == {}


def shares(of_channel: dict[str, float]) -> Change:
    """Each channel shows a share of what the master has."""

    def change(fact: f.AnyFact) -> f.AnyFact:
        match fact:
            case f.ListingPushed():
                return replace(fact, quantity=int(fact.quantity * of_channel[fact.channel]))
            case f.FinalListing():
                return replace(fact, listed=int(fact.listed * of_channel[fact.channel]))
            case _:
                return fact

    return change


@pytest.mark.parametrize(
    ("of_channel", "end"),
    [
        ((0.65, 0.65), "16 wrong listings of bazaar, mercado show 65% of the stock, each to the unit"),
        (
            (0.5, 0.3),
            "show a share of the stock: those of bazaar 50% of it, those of mercado 30% of it, each to the unit",
        ),
        ((0.5, 1.0), "8 wrong listings of bazaar show 50% of the stock, each to the unit"),
    ],
)
def test_listings_that_show_a_share_of_the_stock(of_channel: tuple[float, float], end: str) -> None:
    history = changed(shares(dict(zip(CHANNELS, of_channel, strict=True))))
    found = judge(history).diagnoses[0]
    assert (found.name, found.cause.endswith(end)) == ("share_listed", True), found.cause
    assert "lists_less = true" in found.remedy


def test_a_usual_share_of_all_listings_is_their_rule() -> None:
    found = diagnosed(changed(shares(dict.fromkeys(CHANNELS, 0.75))))
    assert "listing_rule" in found
    assert "share_listed" not in found


def test_listings_that_are_off_by_one_number_or_by_different_ones_show_no_share() -> None:
    for off in (-3, 2):
        assert "share_listed" not in diagnosed(changed(listed(off)))
    assert "share_listed" not in diagnosed(changed(shares({"bazaar": 0.99, "mercado": 0.995})))


def test_a_sku_in_another_form_is_told_before_the_dead_letters_of_its_orders() -> None:
    """A service that has a SKU in another form finds no level for its orders, and gives them up."""
    names = [one.name for one in DIAGNOSES]
    assert names.index("unknown_skus") < names.index("dead_letters")
