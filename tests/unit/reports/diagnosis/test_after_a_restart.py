"""A service that keeps nothing writes all of its past again after a restart."""

import pytest

from stockstorm.reports.history import History
from stockstorm.simulator.history import facts as f
from tests.literal_history import ns
from tests.unit.reports.diagnosis.shop import AVAILABLE, SKUS, Change, Shop, diagnosed

AT_ORDER = 60


class Restarted(Shop):
    """It ends before an order. `again`: then it writes all that it had written once more, in one call."""

    def __init__(self, *, again: bool) -> None:
        self.again, self.ended_ns = again, 0
        super().__init__(named=False)

    def _order(self, order: int) -> None:
        if order == AT_ORDER:
            self.ended_ns = ns(self.ms + 25)
            if self.again:
                self.write_again()
        super()._order(order)

    def write_again(self) -> None:
        for place, sku in enumerate(SKUS):
            delta = self.available[sku] - AVAILABLE
            self.available[sku] += delta
            self.versions[sku] += 1
            self.facts.append(
                f.StockChanged(
                    ns(self.ms + 30), sku, 2**53 + 2 * place + 1, 7, self.versions[sku], delta,
                    self.available[sku], "subject_adjust", -1, "", request=self.requests,
                )
            )  # fmt: skip
        self.call("inventoryAdjustQuantities")

    def history(self) -> History:
        fault: list[f.AnyFact] = [
            f.FaultStarted(self.ended_ns, "kill_worker", "worker"),
            f.FaultEnded(self.ended_ns + 1, "kill_worker", "worker"),
        ]
        return History.of([*super().history().facts, *fault])


def test_all_that_was_written_before_a_restart_counts_twice() -> None:
    found = next(iter(diagnosed(Restarted(again=True).history()).values()))
    assert found.name == "exact_units"
    assert found.cause.startswith("all writes from before the last start of the service, at ")
    assert found.cause.endswith(", count twice: the master is wrong by exactly their units")
    assert "where a restart does not empty it" in found.remedy


def test_that_events_count_twice_with_nothing_in_common_is_not_told_beside_it() -> None:
    assert "applied_twice" not in diagnosed(Restarted(again=True).history())


def test_a_service_that_keeps_what_it_wrote_is_told_nothing() -> None:
    assert diagnosed(Restarted(again=False).history()) == {}


class Forgetting(Shop):
    """Webhook ids are in memory: what came before an end of the service counts once more if it comes again after it.

    Each seventh order of the first half comes again, after the end, as well as some of the second half. `forgets`: only
    then are copies taken again.
    """

    def __init__(self, *, named: bool, forgets: bool = True) -> None:
        self.ended_ns = 0
        super().__init__(named=named)
        self.ended_ns, known = ns(self.ms + 25), [fact for fact in self.facts if isinstance(fact, f.EventFired)]
        sales = {fact.order: fact for fact in self.facts if isinstance(fact, f.PurchaseAccepted)}
        again = [fact for fact in known if fact.topic == "order.created" and fact.order % 7 == 1]
        for fact in again:
            self.ms += 50.0
            at, number, sale = ns(self.ms), self.deliveries, sales[fact.order]
            self.deliveries += 1
            self.facts += [
                f.DeliveryPlanned(at, number, fact.event, f"w{fact.event}", 2, fact.topic, at, 3),
                f.AttemptEnded(at + 5_000_000, number, 1, at, at, at, at + 5_000_000, at, 200),
                f.DeliveryEnded(at + 5_000_000, number, "acknowledged"),
            ]
            if forgets:
                lines = tuple(zip(sale.skus, sale.quantities, strict=True))
                change = Change("sale", fact.order, fact.source, lines)
                self.record(change, f"{fact.source}:{fact.source}-{1001 + fact.order}")

    def history(self) -> History:
        fault: list[f.AnyFact] = [
            f.FaultStarted(self.ended_ns, "kill_receiver", "receiver"),
            f.FaultEnded(self.ended_ns + 1, "kill_receiver", "receiver"),
        ]
        return History.of([*super().history().facts, *fault])


@pytest.mark.parametrize("named", [True, False])
def test_copies_that_count_twice_because_a_restart_forgot_what_came(named: bool) -> None:
    found = diagnosed(Forgetting(named=named).history())
    told = [
        one
        for one in found.values()
        if "ones that came before a process of the service ended, and again after it" in one.cause
    ]
    assert told, [one.cause for one in found.values()]
    assert "webhook ids in memory are forgotten" in told[0].remedy


def test_copies_after_a_restart_that_are_recognised() -> None:
    assert diagnosed(Forgetting(named=True, forgets=False).history()) == {}


class Polling(Shop):
    """Every order is read by API. Just after some reads the service ends.

    `lost`: it ends before it tries to write them, and never reads them again. Another one ends while it tries.
    """

    def __init__(self, *lost: int, tried: int = -1) -> None:
        self.lost, self.tried, self.ends = lost, tried, list[int]()
        super().__init__(lambda change: int(change.order not in lost), named=False)

    def happen(self, change: Change) -> None:
        super().happen(change)
        self.facts.append(f.OrdersShown(ns(self.ms + 2), 10_000 + self.events, change.channel, (change.order,)))
        if change.order in (*self.lost, self.tried):
            self.ends.append(ns(self.ms + 4))
        if change.order == self.tried:
            self.call("inventoryAdjustQuantities", status=0, outcome="failed", injected="dropped")

    def history(self) -> History:
        faults: list[f.AnyFact] = []
        for at_ns in self.ends:
            faults += [
                f.FaultStarted(at_ns, "kill_subject", "subject"),
                f.FaultEnded(at_ns + 1, "kill_subject", "subject"),
            ]
        return History.of(sorted([*super().history().facts, *faults], key=lambda fact: fact.at_ns))


def test_orders_that_were_read_just_before_an_end_and_never_again() -> None:
    found = next(iter(diagnosed(Polling(40, 64, 81, tried=100).history()).values()))
    assert found.name == "exact_units"
    assert "read less than 0.5 s before a process of it ended, and before its next write" in found.cause
    assert "3 orders: " in found.evidence[1]
    assert found.remedy.startswith("store how far a feed was read together with the orders that were read")


def test_orders_that_were_read_just_before_an_end_and_again_after_it() -> None:
    assert diagnosed(Polling(tried=100).history()) == {}
