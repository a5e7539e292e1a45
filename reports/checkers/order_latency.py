"""Order latency: from a marketplace's sale until the master includes every line of it. Infinite if it never does.

Orders that were cancelled before they were written, and so netted to nothing, are left out.
"""

import math
from collections.abc import Iterator

from stockstorm.reports.checkers.checker import Checker, Measure, quantile_measures
from stockstorm.reports.history import History
from stockstorm.reports.history.channel_orders import NET_ONLY
from stockstorm.reports.result import Check, counted, unknown
from stockstorm.reports.statistics.quantiles import quantiles
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
    )
    speed = True

    def __call__(self, history: History) -> Check:
        samples = [latency for _, latency in order_samples(history)]
        never = sum(map(math.isinf, samples))
        measures = {
            **quantiles("order_latency_ms", samples),
            "order_latency.orders": float(len(samples)),
            "order_latency.never": float(never),
        }
        notes = (NET_ONLY,) if history.orders.net_only else ()
        if len(samples) < OWED_PAIRS_MIN:
            reason = f"only {counted(len(samples), 'marketplace order')}, {OWED_PAIRS_MIN} are needed"
            return unknown(self.name, reason, measures, notes)
        reason = f"{counted(len(samples), 'marketplace order')}, {never} of them never in the master"
        return Check(self.name, "valid", reason, measures, notes=notes)


def order_samples(history: History) -> Iterator[tuple[int, float]]:
    """(sold at, latency in ms or infinity) of every marketplace order that owed the master something."""
    for effects in history.orders.by_order.values():
        sales = [effect for effect in effects if effect.kind == "sale" and not effect.settled]
        if sales:
            written = min(effect.version for effect in sales) >= 0
            latest = max(effect.version_ns for effect in sales)
            yield sales[0].at_ns, (latest - sales[0].at_ns) / 1e6 if written else math.inf
