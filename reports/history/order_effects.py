"""What marketplace orders should do to the master's record: one effect for each order event and SKU."""

from collections.abc import Iterator
from typing import Final

import msgspec

from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.history import facts as f

SUBJECT_CAUSES: Final = frozenset({"subject_adjust", "subject_set"})


Row = f.StockChanged | f.StockUnmoved  # what the subject wrote of one SKU


class Effect(msgspec.Struct, gc=False):
    """The change of `delta` units that one order event should make to one SKU in the master."""

    kind: str  # sale, cancelled, returned
    order: int
    channel: str
    token: str
    sku: str
    delta: int
    seq: int
    at_ns: int
    version: int = -1  # first version that includes it; -1: none does
    version_seq: int = -1
    version_ns: int = 0
    times: int = 0  # number of ledger rows that name it
    again: list[int] = []  # sequence numbers of the rows that name it after the first one
    settled: bool = False  # needs no version: netted with its opposite before either was written


def is_blind_set(row: Row) -> bool:
    """Whether the subject set the level without comparison. What such a row moved depends on what it erased."""
    return row.cause == "subject_set" and not row.compared


def expected_effects(log: FactLog) -> Iterator[Effect]:
    """Every effect of a run, by kind."""
    online = {fact.channel for fact in log.all(f.ChannelOpened) if fact.online}
    for seq, sale in log.numbered(f.PurchaseAccepted):
        if sale.channel not in online:
            token = f"{sale.channel}:{sale.ref}"
            for sku, units in _merged(sale.skus, sale.quantities):
                yield Effect("sale", sale.order, sale.channel, token, sku, -units, seq, sale.at_ns)
    for seq, gone in log.numbered(f.OrderCancelled):
        if gone.channel not in online:
            token = f"{gone.channel}:{gone.ref}:cancelled"
            for sku, units in _merged(gone.skus, gone.quantities):
                yield Effect("cancelled", gone.order, gone.channel, token, sku, units, seq, gone.at_ns)
    for seq, back in log.numbered(f.OrderReturned):
        if back.channel not in online and back.restocked:
            token = f"{back.channel}:{back.ref}:returned:{back.return_id}"
            for sku, units in _merged(back.skus, back.quantities):
                yield Effect("returned", back.order, back.channel, token, sku, units, seq, back.at_ns)


def _merged(skus: tuple[str, ...], quantities: tuple[int, ...]) -> Iterator[tuple[str, int]]:
    if len(skus) == 1:
        yield skus[0], quantities[0]
        return
    units: dict[str, int] = {}
    for sku, quantity in zip(skus, quantities, strict=True):
        units[sku] = units.get(sku, 0) + quantity
    yield from units.items()
