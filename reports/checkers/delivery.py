"""Delivery: whether Stockstorm brought every delivery to an outcome, and the rates offered and acknowledged.

Offered load counts deliveries that were due during load. Throughput counts those acknowledged by its end.
"""

from collections import Counter

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.deliveries import Delivery as Tried
from stockstorm.reports.result import Check, counted, unknown, verb
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import PRIVACY_TOPICS

OUTCOMES = ("acknowledged", "given_up", "refused", "subscription_removed", "pending", "never_sent")


class Delivery(Checker):
    name = "delivery"
    level = "acknowledgement"
    measures = (
        Measure(
            "delivery.offered_per_s",
            "offered load",
            "per second",
            "deliveries that fell due during load, a second",
            more_is_worse=None,
            headline=True,
        ),
        Measure(
            "delivery.throughput_per_s",
            "throughput",
            "per second",
            "events acknowledged a second",
            more_is_worse=False,
            headline=True,
            speed=True,
        ),
        Measure("delivery.planned", "deliveries planned", "count", "deliveries planned", more_is_worse=None),
        Measure("delivery.unheard", "events unheard", "count", "events that nobody was subscribed to"),
        Measure(
            "delivery.acknowledged",
            "deliveries acknowledged",
            "count",
            "deliveries acknowledged at any attempt",
            more_is_worse=False,
        ),
        Measure("delivery.given_up", "deliveries given up", "count", "deliveries given up after the last retry"),
        Measure(
            "delivery.refused",
            "deliveries refused",
            "count",
            "forged deliveries that the subject refused",
            more_is_worse=None,
        ),
        Measure(
            "delivery.subscription_removed",
            "deliveries without subscription",
            "count",
            "deliveries ended because their subscription was removed",
        ),
        Measure(
            "delivery.never_sent",
            "deliveries never sent",
            "count",
            "deliveries that the scenario lost before the first attempt",
            more_is_worse=None,
        ),
        Measure(
            "delivery.pending", "deliveries pending", "count", "deliveries without an outcome at the end of the run"
        ),
    )
    when_polling = ()

    def exposure(self, history: History) -> dict[str, int]:
        return {"notifications planned": history.count(f.DeliveryPlanned)}

    def __call__(self, history: History) -> Check:
        deliveries = history.deliveries.by_id
        if not deliveries:
            return unknown(self.name, "no delivery was planned")
        ended = Counter(delivery.outcome for delivery in deliveries.values())
        told = (outcome for outcome in OUTCOMES if outcome != "never_sent" or ended[outcome])
        measures = {f"delivery.{outcome}": float(ended[outcome]) for outcome in told}
        measures["delivery.planned"] = float(len(deliveries))
        measures["delivery.unheard"] = float(len(history.all(f.EventUnheard)))
        measures |= _rates(history)
        open_ = len(deliveries) - sum(ended[outcome] for outcome in OUTCOMES)
        if open_:
            return unknown(self.name, f"the history does not say how {counted(open_, 'delivery')} ended", measures)
        unawaited = sum(one.outcome == "pending" and is_unawaited(one) for one in deliveries.values())
        if pending := ended["pending"] - unawaited:
            return unknown(
                self.name,
                f"{pending} of {len(deliveries)} deliveries {verb(pending, 'were')} pending at the end",
                measures,
            )
        reason = f"{counted(len(deliveries) - unawaited, 'notification')} with a known outcome"
        if unawaited:
            reason += f"; {counted(unawaited, 'request')} for privacy {verb(unawaited, 'were')} refused at each try"
        return Check(self.name, "measured", reason, measures)


def is_unawaited(delivery: Tried) -> bool:
    """Whether it is a request for privacy that was refused so far: no run waits for its next try."""
    return delivery.planned.topic in PRIVACY_TOPICS and bool(delivery.attempts)


def _rates(history: History) -> dict[str, float]:
    if history.load_ns <= 0:
        return {}
    stop_ns, seconds = history.start_ns + history.load_ns, history.load_ns / SECOND_NS
    deliveries = [one for one in history.deliveries.by_id.values() if history.start_ns <= one.planned.due_ns]
    offered = sum(one.planned.due_ns <= stop_ns for one in deliveries)
    taken = sum(one.outcome == "acknowledged" and one.ended_ns <= stop_ns for one in deliveries)
    return {"delivery.offered_per_s": offered / seconds, "delivery.throughput_per_s": taken / seconds}
