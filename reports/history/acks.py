"""Times of genuine attempts. *Ack time*: from when an attempt was due to the complete 2xx answer.

An attempt that timed out counts as infinite, because leaving it out would make the slowest subject look fast. Not so
during a planned fault: whether the system holds connections for a paused process depends on the length of its queue.
Refusals and broken connections have no ack time.

*Answer time* is the subject's part of it: from the last byte sent to the last byte of the answer. The quickest of many
answers waited for nothing else on the machine, so they vary least from run to run.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from stockstorm.reports.history.deliveries import Deliveries
from stockstorm.reports.history.faults import FaultInterval, excused
from stockstorm.reports.history.log import FactLog
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.reports.statistics.samples import Samples
from stockstorm.simulator.history import facts as f

TIMEOUTS: Final = frozenset({"connect_timeout", "answer_timeout"})
QUICKEST: Final = 0.02  # of the answers of a topic
OF_A_TOPIC_MIN: Final = 20  # with fewer, topics count as one
ANSWER_MIN_MS: Final = 1e-3  # of a subject that answers before it has read all


def build_acks(log: FactLog, deliveries: Deliveries, faults: Iterable[FaultInterval]) -> Samples:
    """(due in ns, ack time in ms or infinity) of every genuine attempt that was acknowledged or timed out."""
    found, genuine = [], deliveries.genuine
    planned = [fault for fault in faults if fault.planned]
    for attempt in log.all(f.AttemptEnded):
        error = attempt.error
        if error:
            if error in TIMEOUTS and attempt.delivery in genuine and not excused(attempt, planned):
                found.append((attempt.due_ns, math.inf))
        elif 200 <= attempt.status < 300 and attempt.delivery in genuine:
            due_ns = attempt.due_ns
            found.append((due_ns, (attempt.answered_ns - due_ns) / 1e6))
    return Samples.of(found)


def quickest_answer_ms(log: FactLog, deliveries: Deliveries) -> float | None:
    """The 2nd percentile of answer times of each topic, in their geometric mean by attempts; None without an answer.

    A topic that the subject ignores does not stand for the others. Only first attempts of genuine deliveries count, and
    no duplicates: a subject answers what it knows more quickly.
    """
    by_topic: defaultdict[str, list[int]] = defaultdict(list)
    by_id = deliveries.by_id
    for attempt in log.all(f.AttemptEnded):
        if attempt.attempt == 1 and not attempt.error and 200 <= attempt.status < 300:
            known = by_id.get(attempt.delivery)
            if known is not None and not known.planned.copy and not known.planned.forged:
                by_topic[known.planned.topic].append(attempt.answered_ns - attempt.sent_ns)
    strata = [sorted(took) for took in by_topic.values() if len(took) >= OF_A_TOPIC_MIN]
    if rest := sorted(ns for took in by_topic.values() if len(took) < OF_A_TOPIC_MIN for ns in took):
        strata.append(rest)
    if not strata:
        return None
    logs = [(len(took), math.log(max(ANSWER_MIN_MS, quantile(took, QUICKEST) / 1e6))) for took in strata]
    return math.exp(math.fsum(count * log for count, log in logs) / sum(count for count, _ in logs))
