"""SKUs whose record is off, for a subject that names no orders: what is proven, and what fits.

What the subject wrote of a SKU, less what marketplaces sold and got back, is its *balance*. It tells by how many units
the record is off, and not which order was applied twice or lost. Two things tell more. A record that at some moment
lacked more units than all marketplaces had sold until then took some twice, whatever came later. And a subject that
writes each order event by itself leaves a row for each: a row too many was applied twice, an event without a row was
lost.
"""

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Collection, Iterable

import msgspec

from stockstorm.reports.history.channel_orders import ChannelOrders
from stockstorm.reports.history.log import FactLog
from stockstorm.reports.history.order_effects import SUBJECT_CAUSES, Effect
from stockstorm.simulator.history import facts as f


class OffBalance(msgspec.Struct, frozen=True):
    """One SKU whose record is off by `units` (negative: it lacks units that nobody sold)."""

    sku: str
    units: int
    at_ns: int  # when more was taken than had been sold, else the first row too many, else 0
    taken: int  # units proven to be written more than once
    extra: tuple[f.StockChanged, ...]  # rows that no order event explains
    missing: tuple[Effect, ...]  # order events that no row explains
    singly: bool  # rows match order events one by one, so `extra` and `missing` tell what happened
    lost_only: bool  # order events without a row explain all of it, so nothing was applied twice


def find_off_balance(log: FactLog, orders: ChannelOrders, set_skus: Collection[str]) -> list[OffBalance]:
    """SKUs that are off. `set_skus`: SKUs that were set without comparison, whose rows need not tell orders."""
    effects: defaultdict[str, list[Effect]] = defaultdict(list)
    rows: defaultdict[str, list[tuple[int, f.StockChanged]]] = defaultdict(list)
    balance: dict[str, int] = {}
    for effect in orders.effects:
        effects[effect.sku].append(effect)
        balance[effect.sku] = balance.get(effect.sku, 0) - effect.delta
    for seq, change in log.numbered(f.StockChanged):
        if change.cause in SUBJECT_CAUSES:
            rows[change.sku].append((seq, change))
            balance[change.sku] = balance.get(change.sku, 0) + change.delta
    scrapped = _scrapped(log)
    return [
        _off(sku, units, effects[sku], rows[sku], scrapped[sku], moved_by_sets=sku in set_skus)
        for sku, units in balance.items()
        if units
    ]


def _scrapped(log: FactLog) -> defaultdict[str, list[tuple[int, int]]]:
    """Returned units that do not go back on the shelf, as (time, units), by SKU."""
    found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for back in log.all(f.OrderReturned):
        if not back.restocked:
            for sku, units in zip(back.skus, back.quantities, strict=True):
                found[sku].append((back.at_ns, units))
    return found


def _off(
    sku: str,
    units: int,
    effects: list[Effect],
    rows: list[tuple[int, f.StockChanged]],
    scrapped: list[tuple[int, int]],
    *,
    moved_by_sets: bool,
) -> OffBalance:
    extra, missing = _unmatched(effects, rows)
    # A row too many of as many units may have put them back on the shelf, so it need not be an order written twice.
    shelved = any(row.delta == quantity and row.at_ns >= at_ns for row in extra for at_ns, quantity in scrapped)
    singly = not moved_by_sets and not (extra and missing) and not shelved
    overdrawn, at_ns = _overdrawn(effects, rows)
    taken = sum(abs(row.delta) for row in extra) if singly else 0 if moved_by_sets else overdrawn
    first = extra[0].at_ns if singly and extra else at_ns if taken else 0
    lost_only = singly and not extra and _certainly_lost(effects, missing)
    return OffBalance(sku, units, first, taken, tuple(extra), tuple(missing), singly, lost_only)


def _certainly_lost(effects: Iterable[Effect], missing: list[Effect]) -> bool:
    """Whether effects without a row can only be lost.

    A subject may net an order with its cancellation, and write neither. A row of another order's, written twice, then
    stands for one of the two, and the other one is left.
    """
    cancelled = {effect.order for effect in effects if effect.kind == "cancelled"}
    signs = {effect.delta > 0 for effect in missing}
    return len(signs) == 1 and all(effect.order not in cancelled for effect in missing)


def _unmatched(
    effects: Iterable[Effect], rows: Iterable[tuple[int, f.StockChanged]]
) -> tuple[list[f.StockChanged], list[Effect]]:
    """Rows and effects that are left when each row takes the first free effect of its units before it.

    Effects of one order that come to 0, such as it and its cancellation, need no row.
    """
    waiting: defaultdict[int, deque[Effect]] = defaultdict(deque)
    for effect in effects:
        waiting[effect.delta].append(effect)
    extra = []
    for seq, row in rows:
        queue = waiting[row.delta]
        if queue and queue[0].seq < seq:
            queue.popleft()
        else:
            extra.append(row)
    left = sorted((effect for queue in waiting.values() for effect in queue), key=lambda effect: effect.seq)
    return extra, _not_netted(left)


def _not_netted(left: list[Effect]) -> list[Effect]:
    """Without the effects of orders that come to 0, for example of one that was cancelled before it was written."""
    sums: defaultdict[int, int] = defaultdict(int)
    for effect in left:
        sums[effect.order] += effect.delta
    return [effect for effect in left if sums[effect.order]]


def _overdrawn(effects: Iterable[Effect], rows: Iterable[tuple[int, f.StockChanged]]) -> tuple[int, int]:
    """The most units by which rows had taken more than marketplaces had sold, and when that first happened."""
    sales = [(effect.seq, -effect.delta) for effect in effects if effect.kind == "sale"]
    seqs, totals, total = [seq for seq, _ in sales], [0], 0
    for _, sold in sales:
        total += sold
        totals.append(total)
    written = most = first_ns = 0
    for seq, row in rows:
        written -= row.delta
        over = written - totals[bisect_right(seqs, seq)]
        if over > 0 and not first_ns:
            first_ns = row.at_ns
        most = max(most, over)
    return most, first_ns
