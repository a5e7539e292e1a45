"""Sold units that the next push offers again, against subjects that net, that write first, and that are slow."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.put_back import CASES_MIN, FEW_MIN, PutBack
from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from tests.literal_history import called, delivered, history, opened, order_event, pushed, recorded, sold, version

STOCK = 100
EVERY_MS = 700

# The facts that follow the n-th sale, from its time in ms, its number and what is left after it.
Reaction = Callable[[float, int, int], list[f.AnyFact]]


def run(react: Reaction, count: int = 30, told_ms: float = 0, every_ms: float = 0) -> History:
    every_ms = every_ms or EVERY_MS
    facts: list[f.AnyFact | tuple[f.AnyFact, ...]] = [called(0, 0, "inventoryAdjustQuantities")]
    for n in range(count):
        ms, left = n * every_ms + 10.0, STOCK - n - 1
        facts += [
            sold(ms, n, "bazaar", 1, left + 1, left + 1),
            order_event(ms, n, n, "bazaar"),
            delivered(ms + told_ms, n),
            *react(ms, n, left),
            pushed(ms + 170, "mercado", left, left + 1),
        ]
    return history(opened(STOCK, duration_ms=count * every_ms), *facts)


def wrote(ms: float, n: int, left: int) -> f.AnyFact:
    return recorded(ms, n + 1, -1, left, f"bazaar:{n}")


def ignoring(ms: float, n: int, left: int) -> list[f.AnyFact]:
    """Pushes what the master shows, and writes later."""
    return [pushed(ms + 60, "bazaar", left + 1, left), wrote(ms + 150, n, left), pushed(ms + 160, "bazaar", left)]


def netting(ms: float, n: int, left: int) -> list[f.AnyFact]:
    """Pushes what is left, and writes later."""
    return [pushed(ms + 60, "bazaar", left, left), wrote(ms + 150, n, left)]


def writing_first(ms: float, n: int, left: int) -> list[f.AnyFact]:
    return [wrote(ms + 60, n, left), pushed(ms + 70, "bazaar", left, left)]


def moved_meanwhile(ms: float, n: int, left: int) -> list[f.AnyFact]:
    """A sale elsewhere is the occasion of each push."""
    if n % 2:
        return []
    pushes = [pushed(ms + 60, "bazaar", left + 1, left), pushed(ms + 160, "bazaar", left)]
    write = recorded(ms + 150, n // 2 + 1, -1, STOCK - n // 2 - 1, f"bazaar:{n}")
    return [sold(ms + 20, 1_000 + n, "mercado", 1, left, STOCK), write, *pushes]


def crossing(ms: float, n: int, left: int) -> list[f.AnyFact]:
    """The push began before the subject could have read the news of the sale."""
    return [pushed(ms + 9, "bazaar", left + 1, left), wrote(ms + 150, n, left), pushed(ms + 160, "bazaar", left)]


def checked(found: History) -> Check:
    return check_all(found, (PutBack(),))[0]


def test_sold_units_that_every_next_push_offers_again_are_invalid_and_named() -> None:
    found = run(ignoring)
    check = checked(found)
    assert (check.verdict, check.incidents_total) == ("invalid", 30)
    assert check.incidents[0].text == (
        "bazaar sold 1 unit of MUG at 0.010 s and told it 0 ms later; at 0.070 s the next push set it from 99 to 100 "
        "again"
    )
    named, _ = diagnose(found, (check,))
    assert [one.explains for one in named if one.name == "put_back"] == [("put_back",)]


@pytest.mark.parametrize("react", [netting, writing_first])
def test_a_subject_that_nets_or_writes_first_is_valid(react: Reaction) -> None:
    check = checked(run(react))
    assert (check.verdict, check.measures["put_back.sales"]) == ("valid", 0)
    assert check.measures["put_back.of"] == 30


def test_a_slow_subject_whose_pushes_have_another_occasion_is_not_accused() -> None:
    assert checked(run(moved_meanwhile, 60)).verdict == "not_exercised"


def test_a_push_that_crosses_the_news_of_the_sale_is_not_accused() -> None:
    assert checked(run(crossing)).measures["put_back.sales"] == 0
    assert checked(run(ignoring, told_ms=100)).measures["put_back.sales"] == 0


def test_some_cases_are_latency_and_no_habit() -> None:
    def mixed(ms: float, n: int, left: int) -> list[f.AnyFact]:
        return ignoring(ms, n, left) if n % 3 == 0 else netting(ms, n, left)

    check = checked(run(mixed, 60))
    assert (check.verdict, check.measures["put_back.sales"]) == ("valid", 20)
    assert checked(run(mixed, CASES_MIN - 1)).verdict == "not_exercised"


def test_a_few_cases_are_enough_where_it_is_nearly_all_of_them() -> None:
    assert checked(run(ignoring, FEW_MIN)).verdict == "invalid"
    assert checked(run(ignoring, FEW_MIN - 1)).verdict == "not_exercised"

    def mostly(ms: float, n: int, left: int) -> list[f.AnyFact]:
        return netting(ms, n, left) if n % 4 == 0 else ignoring(ms, n, left)

    assert checked(run(mostly, CASES_MIN - 1)).verdict == "not_exercised"


def test_what_happened_just_before_the_sale_is_another_occasion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.unit.reports.checkers.test_put_back.EVERY_MS", 400)
    assert checked(run(ignoring)).measures["put_back.of"] == 1  # the first sale, before which nothing had happened


def test_a_change_in_the_shop_is_another_occasion() -> None:
    def restocked(ms: float, n: int, left: int) -> list[f.AnyFact]:
        return [version(ms + 20, n + 1, 0, left + 1, "restock"), pushed(ms + 60, "bazaar", left + 1, left)]

    assert checked(run(restocked)).measures["put_back.of"] == 0


def listed_anew(found: History) -> History:
    """Every push of a sold SKU is one of a call that sets 20 other listings to what they show."""
    others = tuple(f"SKU-{number}" for number in range(20))
    facts: list[f.AnyFact] = [*found.facts]
    first = facts[0].at_ns
    facts += [f.ItemStocked(first, sku, 5_000 + place, 7, STOCK, 500, hot=False) for place, sku in enumerate(others)]
    changed: list[f.AnyFact] = []
    for place, fact in enumerate(sorted(facts, key=lambda one: one.at_ns)):
        if isinstance(fact, f.ListingPushed):
            changed.append(replace(fact, request=10_000 + place))
            changed += [f.ListingPushed(fact.at_ns, fact.channel, sku, STOCK, STOCK, 10_000 + place) for sku in others]
        else:
            changed.append(fact)
    return History.of(changed)


def test_a_push_of_all_listings_has_another_occasion_than_a_sale_that_was_just_told() -> None:
    """As after a restart: what it says of an order that the subject cannot know of yet proves nothing."""
    check = checked(listed_anew(run(ignoring)))
    assert (check.verdict, check.measures["put_back.of"]) == ("not_exercised", 0)


def test_a_push_of_all_listings_long_after_the_sale_was_told_counts() -> None:
    def late(ms: float, n: int, left: int) -> list[f.AnyFact]:
        return [pushed(ms + 700, "bazaar", left + 1, left), wrote(ms + 750, n, left), pushed(ms + 760, "bazaar", left)]

    assert checked(listed_anew(run(late, every_ms=1_500))).verdict == "invalid"
