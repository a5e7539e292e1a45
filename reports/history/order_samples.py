"""How long each marketplace order took to reach the master. Infinite if it never did.

An order that is not included while something is pending counts as at least the time until the end of the run. Orders
that were cancelled before they were written, and so netted to nothing, are left out. Time in which a marketplace that
is polled was down, so that nobody could read the order, is not counted.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from stockstorm.reports.history.channel_orders import ChannelOrders
from stockstorm.reports.history.log import FactLog
from stockstorm.reports.history.marketplaces import Silences
from stockstorm.reports.history.pending import PendingItems


class OrderSample(NamedTuple):
    """A marketplace order that owed the master something. `open`: it was still pending when the run ended."""

    sold_ns: int
    latency_ms: float  # infinite: never included; a lower bound if open
    open: bool = False


def find_order_samples(
    log: FactLog, orders: ChannelOrders, pending: PendingItems, silences: Silences
) -> Iterator[OrderSample]:
    """Every marketplace order that owed the master something."""
    end_ns = log.rest.seen_until_ns or log.end_ns
    for effects in orders.by_order.values():
        sales = [effect for effect in effects if effect.kind == "sale" and not effect.settled]
        if not sales:
            continue
        sold_ns, order = sales[0].at_ns, sales[0].order
        if min([effect.version for effect in sales]) >= 0:
            included_ns = max([effect.version_ns for effect in sales])
            untold_ns = silences.within(sales[0].channel, order, sold_ns, included_ns) if silences else 0
            yield OrderSample(sold_ns, (included_ns - sold_ns - untold_ns) / 1e6)
        elif log.unrest or order in pending.orders:
            yield OrderSample(sold_ns, max(0, end_ns - sold_ns) / 1e6, open=True)
        else:
            yield OrderSample(sold_ns, math.inf)
