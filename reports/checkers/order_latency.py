"""Order latency: from a marketplace's sale until the master includes every line of it. Infinite if it never does.

This is also how old the seller's own store is, because it sells from the master.

An order that is not included while something is pending counts as at least the time until the end of the run. Orders
that were cancelled before they were written, and so netted to nothing, are left out.
"""

import math

from stockstorm.reports.checkers.checker import Checker, Measure, quantile_measures, with_open
from stockstorm.reports.history import History
from stockstorm.reports.history.channel_orders import NET_ONLY
from stockstorm.reports.result import Check, counted, unknown
from stockstorm.reports.statistics.quantiles import quantile, quantiles
from stockstorm.simulator.limits import OWED_PAIRS_MIN


class OrderLatency(Checker):
    name = "order_latency"
    measures = (
        *quantile_measures(
            "order_latency_ms", "order latency", "a channel's sale to the master including it", headline=("p95",)
        ),
        Measure(
            "order_latency.orders",
            "marketplace orders",
            "count",
            "marketplace orders that owed the master something",
            more_is_worse=None,
        ),
        Measure(
            "order_latency.never",
            "orders never in the master",
            "count",
            "marketplace orders that the master did not include at rest",
        ),
        Measure(
            "order_latency.open",
            "orders still open",
            "count",
            "marketplace orders that the master did not include when the run ended with work pending",
        ),
    )
    speed = True

    def __call__(self, history: History) -> Check:
        found = history.order_samples
        samples = [sample.latency_ms for sample in found]
        never, open_ = sum(map(math.isinf, samples)), sum(sample.open for sample in found)
        counts = {"order_latency.orders": float(len(samples)), "order_latency.never": float(never)}
        if history.orders.net_only:
            return _estimated(self.name, samples, counts)
        measures = {**quantiles("order_latency_ms", samples), **counts}
        if len(samples) < OWED_PAIRS_MIN:
            reason = f"only {counted(len(samples), 'marketplace order')}, {OWED_PAIRS_MIN} are needed"
            return unknown(self.name, reason, measures)
        reason = f"{counted(len(samples), 'marketplace order')}, {never} of them never in the master"
        return with_open(Check(self.name, "measured", reason, measures), "order_latency.open", open_, "order")

    def exposure(self, history: History) -> dict[str, int]:
        return {"marketplace orders": len(history.order_samples)}


def _estimated(name: str, samples: list[float], counts: dict[str, float]) -> Check:
    """The finding for a subject that names no orders: an estimate, which no threshold may judge.

    Which order a write records is assumed to be the oldest one. A subject that writes an order and its cancellation as
    nothing shifts all later ones of that SKU, and would look slow.
    """
    reason = "the subject names no orders in its adjustments, so an order's latency is not known"
    if samples:
        reason += f"; first in, first out the median is {quantile(sorted(samples), 0.5):,.0f} ms"
    return Check(name, "not_exercised", reason, counts, notes=(NET_ONLY,))
