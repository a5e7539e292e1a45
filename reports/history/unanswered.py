"""Writes that were executed and of which the subject was not told, because a fault of the scenario took the answer.

Until a later answer tells, the subject does not know whether its write counts. By webhook it may see a level that
includes the units, and hold them back once more, which is the safe side.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

UNTOLD: Final = frozenset({"answer_lost", "failed_after", "cut_short"})
LATE: Final = "slow"
GRACE_NS: Final = SECOND_NS  # a slow answer, and a push that was under way when the answer came
NEVER: Final = 2**62
Call = tuple[int, f.ApiCalled]  # with its sequence number


def unanswered_writes(log: FactLog) -> dict[int, int]:
    """By request: the sequence number from which the subject can know that its write was executed."""
    untold = [call for call in log.all(f.ApiCalled) if call.injected in UNTOLD or call.injected == LATE]
    if not untold:
        return {}
    calls = list(log.numbered(f.ApiCalled))
    times = [call.at_ns for _, call in calls]
    answers: dict[tuple[str, str], list[int]] = {}
    for _, call in calls:
        if call.injected not in UNTOLD and 200 <= call.status < 300 and call.outcome != "in_progress":
            answers.setdefault(_name(call), []).append(call.at_ns)
    return {call.request: _told(call, answers.get(_name(call), ()), calls, times) for call in untold}


def _name(call: f.ApiCalled) -> tuple[str, str]:
    """What a later call has in common that tells of this one: its idempotency key, or else its operation."""
    return call.api, call.key or call.operation


def _told(call: f.ApiCalled, answered_ns: Sequence[int], calls: Sequence[Call], times: Sequence[int]) -> int:
    told_ns = call.at_ns
    if call.injected in UNTOLD:
        index = bisect_left(answered_ns, call.at_ns + 1)
        if index == len(answered_ns):
            return NEVER
        told_ns = answered_ns[index]
    following = bisect_left(times, told_ns + GRACE_NS)
    return calls[following][0] if following < len(calls) else NEVER
