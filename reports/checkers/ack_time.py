"""Ack time: from when an attempt was due to the complete 2xx answer, including the wait for a connection.

An attempt that takes more than 1 s to connect or 5 s in all is a timeout, as with Shopify. It counts as infinite,
because leaving it out would make the slowest subject look fast. Refusals and broken connections have no ack time;
delivery success counts them. Fewer than 30 attempts give no verdict.
"""

import math
from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure, quantile_measures
from stockstorm.reports.history import History
from stockstorm.reports.history.acks import quickest_answer_ms
from stockstorm.reports.result import Check, counted, unknown
from stockstorm.reports.statistics.quantiles import quantiles
from stockstorm.simulator.limits import ACK_SAMPLES_MIN

SHARES: Final = (0.25, 0.5, 0.95, 0.99)


class AckTime(Checker):
    name = "ack_time"
    level = "acknowledgement"
    measures = (
        *quantile_measures("ack_time_ms", "ack time", "due to the complete 2xx answer", headline=True),
        Measure(
            "ack_time_ms.p25",
            "ack time, quickest quarter",
            "ms",
            "due to the complete 2xx answer, 25th percentile: what waited for nothing else, so it varies least",
        ),
        Measure(
            "answer_time_ms.p2",
            "answer time, quickest fiftieth",
            "ms",
            "last byte sent to the last byte of a 2xx answer, first attempts, 2nd percentile of each topic, in their "
            "mean: the subject's own time when nothing else wants the machine",
        ),
        Measure(
            "ack_time.acknowledged",
            "attempts acknowledged",
            "count",
            "attempts with a complete 2xx answer in time",
            more_is_worse=False,
        ),
        Measure(
            "ack_time.timeouts", "attempts timed out", "count", "attempts that took over 1 s to connect or 5 s in all"
        ),
    )
    speed = True
    when_polling = ()

    def __call__(self, history: History) -> Check:
        samples = history.acks.ordered
        timeouts = sum(map(math.isinf, samples))
        measures = {"ack_time.acknowledged": float(len(samples) - timeouts), "ack_time.timeouts": float(timeouts)}
        if not samples:
            return unknown(self.name, "no attempt was acknowledged or timed out", measures)
        measures = {**quantiles("ack_time_ms", samples, SHARES), **measures}
        if (quickest_ms := quickest_answer_ms(history, history.deliveries)) is not None:
            measures["answer_time_ms.p2"] = quickest_ms
        if len(samples) < ACK_SAMPLES_MIN:
            few = counted(len(samples), "attempt")
            reason = f"only {few} acknowledged or timed out, {ACK_SAMPLES_MIN} are needed"
            return unknown(self.name, reason, measures)
        reason = f"{counted(len(samples) - timeouts, 'attempt')} acknowledged, {timeouts} timed out"
        return Check(self.name, "measured", reason, measures)

    def exposure(self, history: History) -> dict[str, int]:
        return {"attempts acknowledged or timed out": len(history.acks)}
