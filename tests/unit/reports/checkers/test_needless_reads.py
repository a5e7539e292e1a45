"""Reads that tell nothing, against the points that a shop restores: storms, sound polling, and catching up."""

import msgspec
import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.checkers.needless_reads import NeedlessReads
from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from stockstorm.simulator.config import ShopPlan
from stockstorm.simulator.history import facts as f
from tests.literal_history import SKU, history, ns, opened

SECONDS = 20


def read(ms: float, request: int, version: int, cost: int, operation: str = "inventoryItems") -> list[f.AnyFact]:
    """A read whose answer shows one SKU; with version -1 an empty one."""
    call = f.ApiCalled(ns(ms), request, "admin", operation, 200, "ok", ns(ms) - 1, cost)
    return [call] if version < 0 else [call, f.StockShown(ns(ms), request, (SKU,), (version,))]


def run(
    every_ms: float, cost: int, versions: list[int], plan: ShopPlan = "standard", until_s: float = SECONDS
) -> History:
    """Reads at an interval, each of which shows the next version of the list, and the last one for ever."""
    start = [
        msgspec.structs.replace(fact, scenario={"shop": {"plan": plan}}) if isinstance(fact, f.RunStarted) else fact
        for fact in opened(duration_ms=SECONDS * 1_000)
    ]
    count = int(until_s * 1_000 / every_ms)
    calls = [
        fact for n in range(count) for fact in read(n * every_ms + 1, n, versions[min(n, len(versions) - 1)], cost)
    ]
    return history(*start, *calls)


def checked(found: History) -> Check:
    return check_all(found, (NeedlessReads(),))[0]


def test_a_catalogue_that_is_read_in_a_loop_is_invalid_and_named() -> None:
    found = run(200, 50, [0])  # 250 points a second, of 100
    check = checked(found)
    assert (check.verdict, [one.kind for one in check.incidents]) == ("invalid", ["needless_reads"])
    assert check.measures["needless_reads.share"] == pytest.approx(2.5, abs=0.05)
    assert check.reason == "99 of 100 rows read showed nothing new: 248 points a second, of 100 that the shop restores"
    named, _ = diagnose(found, (check,))
    assert [one.explains for one in named if one.name == "needless_reads"] == [("needless_reads",)]


def test_a_loop_that_waits_for_points_and_never_is_throttled_is_invalid() -> None:
    assert checked(run(500, 48, [0])).verdict == "invalid"  # 96 of 100 points


@pytest.mark.parametrize(
    ("cost", "refused_of_each", "verdict"), [(30, 2, "invalid"), (30, 0, "valid"), (30, 0.5, "valid"), (20, 2, "valid")]
)
def test_reads_that_are_mostly_throttled_ask_for_more_than_they_get(
    cost: int, refused_of_each: float, verdict: str
) -> None:
    """60 or 40 points a second of 100 are spent on reads that tell nothing, and more of them are refused."""
    found = run(500, cost, [0])
    reads = round(SECONDS * 2 * refused_of_each)
    refused = [
        f.ApiCalled(ns(n * SECONDS * 1_000 / max(1, reads) + 2), 9_000 + n, "admin", "inventoryItems", 200, "throttled")
        for n in range(reads)
    ]
    check = checked(History.of([*found.facts, *refused]))
    assert check.verdict == verdict
    assert (f"and {reads} more reads were throttled" in check.reason) is bool(reads)


def test_empty_answers_in_a_loop_are_invalid() -> None:
    assert checked(run(20, 2, [-1])).verdict == "invalid"


@pytest.mark.parametrize(
    "found",
    [
        run(1_000, 50, [0]),  # the whole catalogue once a second, by half of the points
        run(200, 50, [0], "plus"),  # the same loop in a shop with ten times the points
        run(200, 50, list(range(1_000))),  # every read shows a change
        run(200, 50, [0], until_s=5),  # one reconciliation, and silence after it
    ],
)
def test_sound_polling_is_valid(found: History) -> None:
    assert checked(found).verdict == "valid"


def test_a_change_at_one_location_is_news_after_a_later_one_at_another() -> None:
    """Location 8 changed after location 7, and was read before it: version 2 first, then version 1, and so on."""
    item, *others = run(200, 50, [0], until_s=0).facts
    assert isinstance(item, f.ItemStocked)
    facts: list[f.AnyFact] = [msgspec.structs.replace(item, locations=(7, 8), levels=(4, item.available - 4)), *others]
    for n in range(50):
        for location in (7, 8):
            number, level = 2 * n + location - 6, 5 + n + 2 * (location - 7)
            available = item.available + number
            facts.append(
                f.StockChanged(ns(400 * n), SKU, 2**53 + 1, location, number, 1, available, "restock", level=level)
            )
        facts += [fact for place in (2, 1) for fact in read(400 * n + 10 * place, 2 * n + place, 2 * n + 3 - place, 40)]
    check = checked(history(*facts))
    assert (check.verdict, check.measures["needless_reads.rows"]) == ("valid", 0.0)


def test_an_order_that_changed_is_news_and_an_unchanged_one_is_not() -> None:
    start = list(run(200, 50, [0], until_s=0).facts)
    sold = f.PurchaseAccepted(ns(0), 1, "online", "1", (SKU,), (1,), (9,), (9,))
    paid = f.OrderPaid(ns(10_000), 1, "online")
    calls: list[f.AnyFact] = []
    for n in range(200):
        at_ns = ns(100 * n + 1)
        calls += [
            f.ApiCalled(at_ns, n, "admin", "orders", 200, "ok", at_ns - 1, 10),
            f.OrdersShown(at_ns, n, "online", (1,)),
        ]
    check = checked(history(*start, sold, paid, *calls))
    assert check.measures["needless_reads.rows"] == 198 / 200
    assert check.verdict == "invalid"


def test_without_reads_nothing_is_judged() -> None:
    assert checked(run(200, 50, [0], until_s=0)).verdict == "not_exercised"


def by_rest(every_ms: float, operation: str = "REST GET inventory_levels", version: int = 0) -> History:
    """A poll by REST at an interval, beside a little polling by GraphQL."""
    calls = [
        fact
        for n in range(int(SECONDS * 1_000 / every_ms))
        for fact in read(n * every_ms + 1, n, version, 1, operation)
    ]
    return history(*run(2_000, 2, [0]).facts, *calls)


def test_a_loop_by_rest_is_judged_by_the_bucket_of_rest() -> None:
    found = by_rest(450)  # 2.2 calls a second, of 2
    check = checked(found)
    assert check.verdict == "invalid"
    assert check.reason.endswith("2 calls a second, of 2 that the shop restores")
    (named,) = [one for one in diagnose(found, (check,))[0] if one.name == "needless_reads"]
    assert named.cause.startswith("REST GET inventory_levels is read again and again")
    assert checked(by_rest(450, "REST GET orders", -1)).verdict == "invalid"


def test_sound_polling_by_rest_is_valid() -> None:
    assert checked(by_rest(1_000)).verdict == "valid"


def test_a_level_is_news_although_another_location_has_a_newer_version() -> None:
    start = list(run(200, 50, [0], until_s=0).facts)
    calls: list[f.AnyFact] = []
    for n in range(100):
        at_ns = ns(200 * n + 1)
        calls += [
            f.ApiCalled(at_ns, n, "admin", "inventoryItems", 200, "ok", at_ns - 1, 50),
            f.StockShown(at_ns, n, (SKU, SKU), (2 * n + 2, 2 * n + 1)),
        ]
    check = checked(history(*start, *calls))
    assert (check.verdict, check.measures["needless_reads.rows"]) == ("valid", 0)


def of_feed(every_ms: float, filled: int = 0, until_s: float = SECONDS) -> History:
    """Reads of a marketplace's orders at an interval, of which each `filled`-th finds some; beside a little polling."""
    calls = []
    for n in range(int(until_s * 1_000 / every_ms)):
        rows = int(filled > 0 and n % filled == 0)
        at_ns = ns(n * every_ms + 1)
        calls.append(f.ApiCalled(at_ns, 10_000 + n, "bazaar", "GET orders", 200, "ok", at_ns - 1, rows=rows))
    return history(*run(2_000, 2, [0]).facts, *calls)


def test_a_feed_that_is_read_without_a_pause_is_invalid_and_named() -> None:
    found = of_feed(10)
    check = checked(found)
    assert (check.verdict, check.measures["needless_reads.feed_per_s"]) == ("invalid", 100.0)
    assert check.reason == "the orders of bazaar were read 100 times a second without finding any"
    (named,) = [one for one in diagnose(found, (check,))[0] if one.name == "needless_reads"]
    assert named.cause.startswith("the orders of bazaar are read without a pause: 2,000 of 2,000 reads found none")


@pytest.mark.parametrize(
    "found",
    [of_feed(200), of_feed(1_000), of_feed(10, filled=1), of_feed(10, until_s=6)],  # the last: it catches up, once
)
def test_a_feed_that_is_read_at_an_interval_or_finds_orders_is_valid(found: History) -> None:
    assert checked(found).verdict == "valid"
