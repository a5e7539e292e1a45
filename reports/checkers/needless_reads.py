"""Needless reads: whether the subject spends the shop's query points on reads that tell it nothing.

A read is paid for by its rows. One that shows a version of stock which an earlier answer had shown, or an order that
has not changed since, tells nothing. A subject that polls has such reads, and stays far below the limit. It is invalid
if they take at least SHARE_MAX of the points that the shop restores, in both halves of the load: what is left is too
little for its writes. Where most of these reads are throttled, it asks for more than it gets, and REFUSED_SHARE_MAX is
enough. The REST API has a bucket of its own, of calls. The bucket that is used up more is judged.

A marketplace restores no points. A read of its orders that finds none tells nothing. From FEED_PER_S_MAX of them a
second on, in both halves of the load, it is invalid: a feed that is read twice a second finds the same orders.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.checkers.throttling import is_throttled
from stockstorm.reports.history import History
from stockstorm.reports.history.reads import QUERIES_ON_STOCK, REST, is_read
from stockstorm.reports.result import Check, Incident, Tally
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.limits import REST_LEAK_PER_S, RESTORE_PER_S

SHARE_MAX: Final = 0.75
REFUSED_SHARE_MAX: Final = 0.5
SECONDS_MIN: Final = 4.0
FEED: Final = "GET orders"  # of a marketplace
FEED_PER_S_MAX: Final = 20.0  # reads that find nothing
# Queries that tell nothing if they show nothing.
EMPTY: Final = QUERIES_ON_STOCK | {"orders", f"{REST}GET orders", f"{REST}GET inventory_levels"}


class Read(NamedTuple):
    """A read of stock or orders by the Admin API, and how much of it told nothing."""

    at_ns: int
    operation: str
    cost: int
    rows: int
    old: int  # rows that told nothing

    @property
    def of_rest(self) -> bool:
        """Whether it is a call of the REST API."""
        return self.operation.startswith(REST)

    @property
    def needless(self) -> float:
        """Points spent for nothing."""
        return self.cost * (self.old / self.rows if self.rows else 1.0)


class NeedlessReads(Checker):
    name = "needless_reads"
    measures = (
        Measure(
            "needless_reads.points_per_s",
            "points spent on needless reads",
            "per second",
            "query points (of the REST API: calls) a second that were spent on reads which showed nothing new",
        ),
        Measure(
            "needless_reads.share",
            "share of points for needless reads",
            "share",
            "the same as a share of the points that the shop restores, in the half of the load with less of it",
        ),
        Measure(
            "needless_reads.rows",
            "rows read that were known",
            "share",
            "share of the rows of stock and orders read that earlier answers had shown",
        ),
        Measure(
            "needless_reads.feed_per_s",
            "reads of orders that found none",
            "per second",
            "reads of a marketplace's orders that found none, in the half of the load with fewer; of the marketplace "
            "with most",
        ),
    )

    def __call__(self, history: History) -> Check:
        found, feeds = list(reads_during_load(history)), feed_reads(history)
        check = self._judged(history, found)
        if feeds:
            check = _with_feed(history, check, *emptiest(history, feeds))
        exposure = {"reads of stock or orders": len(found)}
        if feeds:
            exposure["reads of marketplaces' orders"] = sum(map(len, feeds.values()))
        return msgspec.structs.replace(check, exposure=exposure)

    def _judged(self, history: History, found: list[Read]) -> Check:
        tally = Tally()
        seconds = history.load_ns / SECOND_NS
        if not found or seconds < SECONDS_MIN:
            return tally.check(self.name, "not_exercised", "stock and orders were not read during the load", {})
        found = fuller_bucket(history, found)
        unit = "calls" if found[0].of_rest else "points"
        points = sum(read.needless for read in found)
        rows, old = sum(read.rows for read in found), sum(read.old for read in found)
        share = needless_share(history, found)
        measures = {"needless_reads.points_per_s": points / seconds, "needless_reads.share": share}
        if rows:
            measures["needless_reads.rows"] = old / rows
        reason = f"{old:,} of {rows:,} rows read showed nothing new: {points / seconds:,.0f} {unit} a second"
        if refused := _refused(history, found):
            reason += f", and {refused:,} more reads were throttled"
        if share < (REFUSED_SHARE_MAX if refused >= len(found) else SHARE_MAX):
            return tally.check(self.name, "valid", reason, measures)
        tally.add(_incident(history, found, reason))
        return tally.check(
            self.name, "invalid", f"{reason}, of {_restored(history, found):,} that the shop restores", measures
        )


def _refused(history: History, found: list[Read]) -> int:
    """How many reads of the same kinds were throttled during the load."""
    operations = {read.operation for read in found}
    return sum(
        is_throttled(call) and call.operation in operations and _during_load(history, call)
        for call in history.all(f.ApiCalled)
    )


def feed_reads(history: History) -> dict[str, list[f.ApiCalled]]:
    """Reads of each marketplace's orders that were answered during the load."""
    found: defaultdict[str, list[f.ApiCalled]] = defaultdict(list)
    for call in history.all(f.ApiCalled):
        if call.operation == FEED and call.outcome == "ok" and _during_load(history, call):
            found[call.api].append(call)
    return dict(found)


def emptiest(history: History, feeds: dict[str, list[f.ApiCalled]]) -> tuple[str, float]:
    """The marketplace whose orders were read most often in vain, and how often a second, in the half with fewer."""
    half_ns = max(1, history.load_ns // 2)
    found = []
    for channel, calls in feeds.items():
        second = sum(call.at_ns - history.start_ns >= half_ns for call in calls if not call.rows)
        first = sum(not call.rows for call in calls) - second
        found.append((min(first, second) / (half_ns / SECOND_NS), channel))
    often, channel = max(found)
    return channel, often


def _with_feed(history: History, check: Check, channel: str, often: float) -> Check:
    """The finding with what is seen of the marketplace's feed."""
    measures = {**check.measures, "needless_reads.feed_per_s": often}
    if often < FEED_PER_S_MAX or history.load_ns < SECONDS_MIN * SECOND_NS:
        verdict, reason = check.verdict, check.reason
        if verdict == "not_exercised":
            verdict, reason = "valid", f"orders of {channel} were read in vain {often:,.1f} times a second"
        return msgspec.structs.replace(check, verdict=verdict, reason=reason, measures=measures)
    told = f"the orders of {channel} were read {often:,.0f} times a second without finding any"
    incident = Incident("needless_reads", history.start_ns, f"{told}, all through the load", channel)
    reason = f"{check.reason}; {told}" if check.verdict == "invalid" else told
    incidents = (*check.incidents, incident)
    return msgspec.structs.replace(check, verdict="invalid", reason=reason, measures=measures, incidents=incidents)


def _during_load(history: History, call: f.ApiCalled) -> bool:
    return history.start_ns <= call.at_ns <= history.start_ns + history.load_ns


def reads_during_load(history: History) -> Iterator[Read]:
    """Every read by the Admin API that was executed, in order."""
    shown = {fact.request: fact for fact in history.all(f.StockShown)}
    orders = {fact.request: fact for fact in history.all(f.OrdersShown)}
    known: defaultdict[str, set[int]] = defaultdict(set)  # versions; levels of one item have each their own
    known_orders: dict[int, int] = {}
    changes = _changes(history) if orders else {}
    for call in history.all(f.ApiCalled):
        stock, listed = shown.get(call.request), orders.get(call.request)
        rows = old = 0
        for sku, version in zip(stock.skus, stock.versions, strict=True) if stock is not None else ():
            rows, old = rows + 1, old + (version in known[sku])
            known[sku].add(version)
        for order in listed.orders if listed is not None else ():
            state = bisect_right(changes.get(order, []), call.at_ns)
            rows, old = rows + 1, old + (known_orders.get(order, -1) >= state)
            known_orders[order] = state
        told = rows or call.operation in EMPTY
        paid = call.api == "admin" and call.outcome == "ok" and is_read(call.operation)
        if paid and told and _during_load(history, call):
            yield Read(call.at_ns, call.operation, call.cost, rows, old)


def fuller_bucket(history: History, found: list[Read]) -> list[Read]:
    """The reads by GraphQL or those by REST: those that use up more of what is restored to them."""
    buckets = [[read for read in found if read.of_rest is rest] for rest in (False, True)]
    return max((bucket for bucket in buckets if bucket), key=lambda bucket: needless_share(history, bucket), default=[])


def needless_share(history: History, found: list[Read]) -> float:
    """Points of needless reads of one API as a share of those restored, in the half of the load with less of it."""
    half_ns = max(1, history.load_ns // 2)
    halves = [0.0, 0.0]
    for read in found:
        halves[min(1, (read.at_ns - history.start_ns) // half_ns)] += read.needless
    return min(halves) / (half_ns / SECOND_NS * _restored(history, found))


def _changes(history: History) -> dict[int, list[int]]:
    """When each order changed, in order of time."""
    found: dict[int, list[int]] = {}
    changes: list[f.PurchaseAccepted | f.OrderPaid | f.OrderCancelled | f.OrderReturned] = [
        *history.all(f.PurchaseAccepted),
        *history.all(f.OrderPaid),
        *history.all(f.OrderCancelled),
        *history.all(f.OrderReturned),
    ]
    for fact in changes:
        found.setdefault(fact.order, []).append(fact.at_ns)
    for times in found.values():
        times.sort()
    return found


def _restored(history: History, found: list[Read]) -> int:
    """Points, or calls by REST, a second."""
    return (REST_LEAK_PER_S if found[0].of_rest else RESTORE_PER_S)[history.scenario.shop.plan]


def _incident(history: History, found: list[Read], seen: str) -> Incident:
    first, last = found[0], found[-1]
    text = (
        f"{len(found):,} reads from {history.offset(first.at_ns)} to {history.offset(last.at_ns)}, the first of them "
        f"{first.operation}: {seen}, and the shop restores {_restored(history, found):,}"
    )
    return Incident("needless_reads", first.at_ns, text)
