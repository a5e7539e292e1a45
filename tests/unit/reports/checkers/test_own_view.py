"""What a subject keeps itself is compared with the shop; the interval of the reads is the error bar."""

from dataclasses import dataclass

import msgspec
import pytest

from stockstorm.reports.checkers.own_view import OwnView
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from tests.literal_history import (
    SKU,
    at_rest,
    delivered,
    history,
    ns,
    opened,
    order_event,
    rest,
    sold,
    started,
    version,
)

CHANGES = 40
EVERY_MS = 100


@dataclass
class Kept:
    """A service whose own stock shows a change `late_ms` after it, and which ends `off` units away from the shop."""

    late_ms: float = 250
    off: int = 0
    orders: int = CHANGES
    failed: bool = False

    def judged(self) -> Check:
        run = msgspec.structs.replace(started(20_000), level="probe", reads_every_ns=EVERY_MS * 1_000_000)
        facts: list[f.AnyFact] = [run, *opened(100)[1:], self._read(1, 100, 0)]
        for number in range(1, CHANGES + 1):
            at = 200.0 * number
            facts += [sold(at, number, "online", before=100, shown=100), version(at, number, -1, 100 - number)]
            facts += [
                order_event(at, number, number, "shopify", "orders/create"),
                *delivered(at, number, "orders/create"),
            ]
            facts.append(self._read(at + self.late_ms, 100 - number, number))
        left = 100 - CHANGES
        facts += [f.LoadStopped(ns(15_000)), rest(16_000), *at_rest(17_000, left, left, left, left)]
        facts.append(self._read(17_001, left + self.off, self.orders, final=True))
        facts.append(f.RunEnded(ns(18_000), True))
        return OwnView()(history(*facts))

    def _read(self, ms: float, units: int, orders: int, *, final: bool = False) -> f.OwnViewRead:
        if final and self.failed:
            return f.OwnViewRead(ns(ms), ns(ms - 1), reason="ConnectError: refused", final=True)
        return f.OwnViewRead(ns(ms), ns(ms - 1), (SKU,), (units,), orders, final=final)


def test_a_service_that_follows_is_valid_and_its_lateness_has_an_error_bar() -> None:
    found = Kept().judged()
    assert (found.verdict, found.measures["own_view.drift"], found.measures["own_view.orders_missing"]) == (
        "valid",
        0,
        0,
    )
    assert found.measures["own_view_ms.p50"] == pytest.approx(250)
    assert found.measures["own_view.resolution_ms"] == EVERY_MS
    assert "40 changes seen in its own stock, ± 100 ms" in found.reason


def test_stock_that_differs_at_rest_is_named() -> None:
    found = Kept(off=3).judged()
    assert (found.verdict, found.measures["own_view.drift"]) == ("invalid", 1)
    assert found.incidents[0].text == f"it keeps {100 - CHANGES + 3} of {SKU}, and the shop has {100 - CHANGES}"


@pytest.mark.parametrize(("late_ms", "verdict"), [(8_950, "unknown"), (250, "invalid")])
def test_a_view_that_is_slow_may_still_follow_what_changed_last(late_ms: float, verdict: str) -> None:
    """It is filled once in a while, and the last read comes 9 s after the last change."""
    found = Kept(late_ms=late_ms, off=3).judged()
    assert found.verdict == verdict
    assert ("own_view.unsettled" in found.measures) == (verdict == "unknown")


def test_orders_that_it_acknowledged_and_does_not_count_are_missing() -> None:
    found = Kept(orders=CHANGES - 2).judged()
    assert (found.verdict, found.measures["own_view.orders_missing"]) == ("invalid", 2)


def test_a_service_that_counts_more_is_not_accused() -> None:
    assert Kept(orders=CHANGES + 5).judged().verdict == "valid"


def test_a_last_read_that_fails_is_unknown_with_its_reason() -> None:
    found = Kept(failed=True).judged()
    assert (found.verdict, found.reason) == (
        "unknown",
        "its own stock and orders could not be read at rest: ConnectError: refused",
    )


def test_a_service_without_reads_is_not_exercised() -> None:
    assert OwnView()(history(*opened())).verdict == "not_exercised"
