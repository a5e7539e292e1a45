"""Crisis time: seconds in which any fast mover was more than 30 s stale on some channel.

A fast mover sells at least once in 30 s on average. A listing is stale from the oldest movement that it does not
reflect.
"""

from collections import Counter

from stockstorm.reports.checkers.checker import Checker, Measure, with_open
from stockstorm.reports.history import History
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.reports.result import Check, Incident, Tally, counted, unknown
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

CRISIS_NS = 30 * SECOND_NS


class CrisisTime(Checker):
    name = "crisis_time"
    measures = (
        Measure(
            "crisis_time_s.total",
            "crisis time",
            "s",
            "seconds in which a fast mover was more than 30 s stale on some channel",
            headline=True,
        ),
        Measure(
            "crisis_time.fast_movers",
            "fast movers",
            "count",
            "SKUs that sold once in 30 s or more often",
            more_is_worse=None,
        ),
        Measure(
            "crisis_time.open",
            "changes of fast movers still open",
            "count",
            "changes of fast movers that were not reflected when the run ended with work pending",
        ),
    )
    speed = True

    def exposure(self, history: History) -> dict[str, int]:
        fast = fast_movers(history)
        return {"fast movers": len(fast), "sales of them": sum(fast.values())}

    def __call__(self, history: History) -> Check:
        fast = fast_movers(history)
        if not fast or not history.marketplaces:
            return unknown(self.name, "no fast mover was sold, or there was no marketplace")
        intervals, open_ = [], 0
        for pair in history.sync_pairs.pairs:
            open_ += pair.open and pair.sku in fast
            if pair.ended_ns - pair.fired_ns <= CRISIS_NS:
                continue  # as nearly every pair
            end_ns = history.end_ns if pair.ended_ns == NEVER_NS else pair.ended_ns
            begin_ns = pair.fired_ns + pair.excused_ns + CRISIS_NS
            if pair.sku in fast and end_ns > begin_ns:
                intervals.append((begin_ns, end_ns, pair.channel, pair.sku))
        tally, total_ns, reached = Tally(), 0, 0
        for begin, end, channel, sku in sorted(intervals):
            if begin > reached:
                text = f"{channel} showed {sku} more than 30 s stale from {history.offset(begin)}"
                tally.add(Incident("crisis", begin, text, channel=channel, sku=sku))
            total_ns += max(0, end - max(begin, reached))
            reached = max(reached, end)
        measures = {"crisis_time_s.total": total_ns / SECOND_NS, "crisis_time.fast_movers": float(len(fast))}
        reason = f"{total_ns / SECOND_NS:.1f} s of crisis over {counted(len(fast), 'fast mover')}"
        return with_open(tally.check(self.name, "measured", reason, measures), "crisis_time.open", open_, "movement")


def fast_movers(history: History) -> dict[str, int]:
    """SKUs that sold as often as once in the time after which staleness is a crisis: how often each did."""
    sales = Counter(sku for sale in history.all(f.PurchaseAccepted) for sku in sale.skus)
    return {sku: count for sku, count in sales.items() if count * CRISIS_NS >= history.load_ns}
