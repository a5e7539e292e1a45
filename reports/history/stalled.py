"""Connections that timed out because other programs had the machine for a moment.

Where a process stands still while many connections come, its queue of them is full. The next try of the network comes
after a second, which is the limit of Shopify, too. So a few of these prove nothing of a service where other programs
took a fifth of the time, which is less than what excuses an answer (`cpu_waits`).
"""

from typing import Final

from stockstorm.reports.history.cpu_waits import CpuWaits
from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

STALLED_MIN: Final = 0.2
FEW_MAX: Final = 0.05  # of all attempts


def stalled_connections(log: FactLog, waits: CpuWaits) -> dict[tuple[int, int], int]:
    """When each was due, by (delivery, attempt). Empty where the machine was not sampled, as in older histories."""
    attempts = log.all(f.AttemptEnded) if waits.intervals else []
    found = [attempt for attempt in attempts if attempt.error == "connect_timeout"]
    if len(found) > FEW_MAX * len(attempts):
        return {}
    return {
        (attempt.delivery, attempt.attempt): attempt.due_ns
        for attempt in found
        if _is_stalled(waits, attempt.started_ns - SECOND_NS, attempt.at_ns)
    }


def _is_stalled(waits: CpuWaits, begin_ns: int, end_ns: int) -> bool:
    return waits.excused_ms(begin_ns, (end_ns - begin_ns) / 1e6) * 1e6 >= STALLED_MIN * (end_ns - begin_ns)
