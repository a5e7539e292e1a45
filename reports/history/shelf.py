"""Physical stock over time, of a few SKUs: what was on the shelf, which only the simulator knows."""

from bisect import bisect_left
from collections.abc import Collection, Iterator
from itertools import accumulate

import msgspec

from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import SHELF_CAUSES


class Shelf(msgspec.Struct, frozen=True):
    """Units of one SKU after each movement."""

    seqs: list[int]
    times_ns: list[int]
    units: list[int]

    def short_since(self, wanted: int, seq: int) -> int:
        """When fewer than `wanted` units began to be on the shelf, for a moment at which they were not there."""
        index = bisect_left(self.seqs, seq) - 1
        while index > 0 and self.units[index - 1] < wanted:
            index -= 1
        return self.times_ns[max(0, index)]

    def enough_since(self, wanted: int, seq: int) -> int:
        """When `wanted` units began to be on the shelf, for a moment at which they were there."""
        index = bisect_left(self.seqs, seq) - 1
        while index > 0 and self.units[index - 1] >= wanted:
            index -= 1
        return self.times_ns[max(0, index)]


def build_shelves(log: FactLog, skus: Collection[str]) -> dict[str, Shelf]:
    """Shelves of these SKUs, as far as they were stocked."""
    moves: dict[str, list[tuple[int, int, int]]] = {}
    for seq, stocked in log.numbered(f.ItemStocked):
        if stocked.sku in skus:
            moves[stocked.sku] = [(seq, stocked.at_ns, stocked.available)]
    for seq, at_ns, sku, units in _movements(log, frozenset(skus)):
        if sku in moves:
            moves[sku].append((seq, at_ns, units))
    for found in moves.values():
        found.sort()
    return {
        sku: Shelf(
            [seq for seq, _, _ in found],
            [at_ns for _, at_ns, _ in found],
            list(accumulate(units for _, _, units in found)),
        )
        for sku, found in moves.items()
    }


def _movements(log: FactLog, skus: frozenset[str]) -> Iterator[tuple[int, int, str, int]]:
    for seq, sale in log.numbered(f.PurchaseAccepted):
        if skus.isdisjoint(sale.skus):
            continue
        yield from ((seq, sale.at_ns, sku, -units) for sku, units in zip(sale.skus, sale.quantities, strict=True))
    for seq, gone in log.numbered(f.OrderCancelled):
        yield from ((seq, gone.at_ns, sku, units) for sku, units in zip(gone.skus, gone.quantities, strict=True))
    for seq, back in log.numbered(f.OrderReturned):
        if back.restocked:
            yield from ((seq, back.at_ns, sku, units) for sku, units in zip(back.skus, back.quantities, strict=True))
    for seq, change in log.numbered(f.StockChanged):
        if change.cause in SHELF_CAUSES:
            yield seq, change.at_ns, change.sku, change.delta
