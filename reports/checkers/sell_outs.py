"""Sell-outs: moments at which the last unit of a SKU went, the only ones at which it can be oversold."""

from reports.history import History
from simulator.history import facts as f


def exposures(history: History) -> int:
    """Sell-outs of SKUs that buyers on two or more channels wanted. A SKU restocked and sold out again counts again."""
    wanted: dict[str, set[str]] = {}
    attempts: list[f.PurchaseAccepted | f.PurchaseRefused] = [*history.all(f.PurchaseAccepted)]
    for attempt in [*attempts, *history.all(f.PurchaseRefused)]:
        for sku in attempt.skus:
            wanted.setdefault(sku, set()).add(attempt.channel)
    sell_outs = 0
    for sale in history.all(f.PurchaseAccepted):
        for sku, quantity, before in zip(sale.skus, sale.quantities, sale.physical_before, strict=True):
            if before > 0 and before - quantity <= 0 and len(wanted[sku]) > 1:
                sell_outs += 1
    return sell_outs
