"""Pushes that are put off, and then never sent: the last change of a burst has no push, and single changes have one."""

import pytest

from stockstorm.reports.diagnosis.burst_end import AFTER, Calm, Split, _fits
from stockstorm.reports.history import History
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns, started
from tests.unit.reports.diagnosis.shop import diagnosed

LEVELS = "inventory_levels/update"
CHANNELS = ("bazaar", "mercado")
ITEMS = 30
APART_MS = 2_000


def shop_of_bursts(*, soon_ms: int, unpushed: range, from_second_ms: int = 900) -> History:
    """Thirty SKUs are sold three times; of the first ten, the third sale comes `soon_ms` after the second one.

    `unpushed`: the items whose third sale is not pushed.
    """
    facts: list[f.AnyFact] = [started()]
    facts += [f.ChannelOpened(ns(-1), name, online=name == "online") for name in ("online", *CHANNELS)]
    facts.append(f.SubscriptionCreated(ns(0), 1, "shopify", LEVELS, "http://me/shop"))
    facts += [f.SubscriptionCreated(ns(0), 2, name, "*", "http://me/market") for name in CHANNELS]
    for number in range(ITEMS):
        sku, second = f"SKU-{number:02}", 2_000 + from_second_ms + number
        third = second + (soon_ms if number < 10 else APART_MS)
        facts.append(f.ItemStocked(ns(-1), sku, 1_000 + number, 7, 100, 500, hot=False))
        facts.append(f.ApiCalled(ns(150), number, "bazaar", "PUT listings", 200, "ok", ns(150)))
        for version, ms in enumerate((100 + number, second, third), 1):
            facts += sale(sku, number * 3 + version, 1_000 + number, version, ms)
            if version < 3 or number not in unpushed:
                facts += [f.ListingPushed(ns(ms + 20), name, sku, 100 - version, 100) for name in CHANNELS]
        facts.append(f.FinalStock(ns(9_000), sku, 97, 97, 3))
        facts += [f.FinalListing(ns(9_000), name, sku, 97 + (number in unpushed)) for name in CHANNELS]
    facts += [f.LoadStopped(ns(8_000)), f.QuietReached(ns(8_900), quiet=True, waited_ns=1, by="silence")]
    return History.of([*facts, f.RunEnded(ns(9_100), complete=True)])


def sale(sku: str, event: int, item: int, version: int, ms: int) -> list[f.AnyFact]:
    at = ns(ms)
    return [
        f.StockChanged(at, sku, item, 7, version, -1, 100 - version, "sale", -1, ""),
        f.EventFired(at, event, f"e{event}", "shopify", LEVELS, sku=sku, version=version),
        f.DeliveryPlanned(at, event, event, f"w{event}", 1, LEVELS, at),
        f.AttemptEnded(at + 5, event, 1, at, at, at, at + 5, at, 200),
        f.DeliveryEnded(at + 5, event, "acknowledged"),
    ]


def test_what_some_of_them_lack_is_not_told_beside_it() -> None:
    def calm(number: int, since_change_ms: int, *, pushed: bool) -> Calm:
        since = {"push": 500 * MILLISECOND_NS, "change": since_change_ms * MILLISECOND_NS}
        told = frozenset(CHANNELS) if pushed else frozenset[str]()
        return Calm(f"SKU-{number}", ns(number), 5 * SECOND_NS, since, told, len(CHANNELS), last=True, tie=False)

    others = [calm(n, 500, pushed=True)._replace(since=dict.fromkeys(AFTER, 9 * SECOND_NS)) for n in range(100)]
    for since_ms, fits in ((500, True), (1_500, False)):
        unpushed = [calm(100 + n, since_ms if n == 0 else 500, pushed=False) for n in range(20)]
        best = Split("push", SECOND_NS, unpushed, others)
        assert _fits([*unpushed, *others], "change", best, unpushed) is fits


def found(*, soon_ms: int, unpushed: range, from_second_ms: int = 900) -> dict[str, Diagnosis]:
    return diagnosed(shop_of_bursts(soon_ms=soon_ms, unpushed=unpushed, from_second_ms=from_second_ms))


def test_the_last_change_of_each_burst_has_no_push() -> None:
    told = found(soon_ms=200, unpushed=range(10))
    assert list(told)[-1] == "burst_end"  # the first one: `diagnosed` turns them round
    assert told["burst_end"].cause.startswith("the last push of a burst is missing: of 10 changes that came less than")
    assert told["burst_end"].cause.endswith("10 were not pushed; these came as soon after another change of their SKU")
    assert told["burst_end"].evidence[0].endswith("with nothing after them for as long, 0 were not")
    assert "drift" in told["burst_end"].explains
    assert not {"lacking", "lost_events", "lost_alone", "wrong_listings"}.intersection(told)


@pytest.mark.parametrize("unpushed", [range(3, 30, 3), range(10, 20)])
def test_changes_without_a_push_that_did_not_end_a_burst_have_another_cause(unpushed: range) -> None:
    assert "burst_end" not in found(soon_ms=200, unpushed=unpushed)


def test_a_burst_in_one_second_is_told_by_the_second() -> None:
    told = found(soon_ms=200, unpushed=range(10), from_second_ms=100)
    assert "burst_end" not in told
    assert "of the same second as the change before" in told["lacking"].cause
