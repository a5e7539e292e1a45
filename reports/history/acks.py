"""Ack times of genuine attempts: from when an attempt was due to the complete 2xx answer.

An attempt that timed out counts as infinite, because leaving it out would make the slowest subject look fast. Refusals
and broken connections have no ack time.
"""

import math
from typing import Final

from stockstorm.reports.history.deliveries import Deliveries
from stockstorm.reports.history.log import FactLog
from stockstorm.reports.statistics.samples import Samples
from stockstorm.simulator.history import facts as f

TIMEOUTS: Final = frozenset({"connect_timeout", "answer_timeout"})


def build_acks(log: FactLog, deliveries: Deliveries) -> Samples:
    """(due in ns, ack time in ms or infinity) of every genuine attempt that was acknowledged or timed out."""
    found, genuine = [], deliveries.genuine
    for attempt in log.all(f.AttemptEnded):
        error = attempt.error
        if error:
            if error in TIMEOUTS and attempt.delivery in genuine:
                found.append((attempt.due_ns, math.inf))
        elif 200 <= attempt.status < 300 and attempt.delivery in genuine:
            due_ns = attempt.due_ns
            found.append((due_ns, (attempt.answered_ns - due_ns) / 1e6))
    return Samples.of(found)
