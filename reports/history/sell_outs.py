"""Sell-outs across channels: the occasions on which channels that sell on their own can oversell."""

from collections import defaultdict
from operator import attrgetter

from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.history import facts as f


def count_sell_outs(log: FactLog) -> int:
    """Sell-outs of SKUs that buyers on two or more channels wanted. A SKU restocked and sold out again counts again."""
    attempts: list[f.PurchaseAccepted | f.PurchaseRefused] = [*log.all(f.PurchaseAccepted)]
    attempts += log.all(f.PurchaseRefused)
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for channel, skus in set(map(attrgetter("channel", "skus"), attempts)):
        for sku in skus:
            wanted[sku].add(channel)
    sell_outs = 0
    for sale in log.all(f.PurchaseAccepted):
        if len(sale.skus) == 1 and sale.quantities < sale.physical_before:
            continue  # as nearly every order
        for sku, quantity, before in zip(sale.skus, sale.quantities, sale.physical_before, strict=True):
            if quantity >= before > 0 and len(wanted[sku]) > 1:
                sell_outs += 1
    return sell_outs
