"""Genuine attempts that failed and count against the subject.

What overlaps a planned fault does not. A fault counts as over when the subject acknowledges something again,
RECOVERY_MAX_NS later at most; a timeout counts from the fault's own end.

An attempt that met a kept connection which the subject closed at that moment does not count: it is repeated at once.

A topic that the subject never subscribed to is delivered for completeness. If it refuses that topic only, each time in
the same way, that does not count either.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from stockstorm.reports.history.acks import TIMEOUTS
from stockstorm.reports.history.deliveries import Deliveries, Delivery
from stockstorm.reports.history.faults import FaultInterval, excused
from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.history.attempt_errors import failure_of

RECOVERY_MAX_NS: Final = 10 * SECOND_NS
OVERLOAD: Final = frozenset({429, 503})
SIGNATURE: Final = frozenset({401, 403})


class FailedAttempt(msgspec.Struct, frozen=True):
    """An attempt that failed outside a planned fault."""

    delivery: Delivery
    attempt: f.AttemptEnded

    @property
    def of_load(self) -> bool:
        """Whether a machine that is too slow explains it."""
        return self.attempt.error in TIMEOUTS or self.attempt.status in OVERLOAD

    @property
    def how(self) -> str:
        """ "answered 500", "no answer within the limit", "connection refused"."""
        return failure_of(self.attempt.status, self.attempt.error)


def failed_attempts(log: FactLog, deliveries: Deliveries, intervals: Iterable[FaultInterval]) -> list[FailedAttempt]:
    """Every failed attempt that counts, in the order of its delivery."""
    faults = [fault for fault in intervals if fault.planned]
    recovered = until_recovered(log, faults)
    found, tried = [], Counter[str]()
    for delivery in deliveries.by_id.values():
        if delivery.planned.forged:
            continue
        tried[delivery.planned.topic] += len(delivery.attempts)
        for attempt in _counted(delivery.attempts):
            if attempt.error or not 200 <= attempt.status < 300:
                of_fault = faults if attempt.error in TIMEOUTS else recovered
                if not excused(attempt, of_fault):
                    found.append(FailedAttempt(delivery, attempt))
    unwanted = _never_wanted(log, tried, found) if found else frozenset[str]()
    return [failure for failure in found if failure.delivery.planned.topic not in unwanted]


def _counted(attempts: list[f.AttemptEnded]) -> list[f.AttemptEnded]:
    """The attempts without the first one on a dropped connection, which was repeated at once. The next one counts."""
    if len(attempts) == 1:
        return attempts  # as of nearly every delivery
    place = next((place for place, attempt in enumerate(attempts) if attempt.error == "dropped"), -1)
    return attempts if place in (-1, len(attempts) - 1) else [*attempts[:place], *attempts[place + 1 :]]


def until_recovered(log: FactLog, faults: Sequence[FaultInterval]) -> list[FaultInterval]:
    """The planned faults, each until the first acknowledgement after its end."""
    if not faults:
        return []
    taken = sorted(attempt.at_ns for attempt in log.all(f.AttemptEnded) if 200 <= attempt.status < 300)
    found = []
    for fault in faults:
        index = bisect_left(taken, fault.end_ns)
        again_ns = taken[index] if index < len(taken) else log.end_ns
        until_ns = min(max(again_ns, fault.end_ns), fault.end_ns + RECOVERY_MAX_NS)
        found.append(msgspec.structs.replace(fault, end_ns=until_ns))
    return found


def _never_wanted(log: FactLog, tried: Counter[str], failures: Iterable[FailedAttempt]) -> frozenset[str]:
    """Topics that Stockstorm subscribed by itself and of which the subject refused every attempt in the same way.

    Not if it refuses every topic, or because of the signature.
    """
    asked = {created.topic for created in log.all(f.SubscriptionCreated) if created.by_api}
    declared = {created.topic for created in log.all(f.SubscriptionCreated) if not created.by_api} - asked
    how: dict[str, Counter[int]] = {}
    for failure in failures:
        how.setdefault(failure.delivery.planned.topic, Counter())[failure.attempt.status] += 1
    refused = {
        topic
        for topic, found in how.items()
        if topic in declared and len(found) == 1 and found.total() == tried[topic]
        if all(400 <= status < 500 and status not in SIGNATURE for status in found)
    }
    return frozenset(refused) if len(refused) < len(+tried) else frozenset()
