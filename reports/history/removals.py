"""Subscriptions that Shopify removed because deliveries failed, and when the subject subscribed again.

Shopify tells nobody. What fires between is delivered to no one and never sent again, so a service has to notice by
itself, subscribe again, and read what it missed. A removal is *planned* if every failure behind it fell into a fault of
the scenario. Then the removal itself is not held against the subject, and neither is that nobody heard what fired until
the new subscription. Whether it learned of that later is judged all the same.
"""

from collections.abc import Iterable, Sequence

import msgspec

from stockstorm.reports.history.deliveries import LOST, NEVER_NS, Delivery
from stockstorm.reports.history.failed_attempts import until_recovered
from stockstorm.reports.history.faults import FaultInterval, excused
from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import SHOPIFY


class Removal(msgspec.Struct, frozen=True):
    """One subscription of the shop that was removed for failures. `again_ns` is NEVER_NS without a new one."""

    subscription: int
    topic: str
    gone_ns: int
    again_ns: int = NEVER_NS
    fault_end_ns: int = 0  # of the planned fault that caused it; 0: the subject failed by itself

    @property
    def planned(self) -> bool:
        return self.fault_end_ns > 0

    @property
    def renewed_after_ns(self) -> int:
        """How long the subject took, from when it was gone and the fault over. NEVER_NS: it never did."""
        if self.again_ns == NEVER_NS:
            return NEVER_NS
        return max(0, self.again_ns - max(self.gone_ns, self.fault_end_ns))


class Removals:
    """The removals of a run in order of time, and the deliveries that were given up because of a planned fault."""

    def __init__(self, all_of_them: Sequence[Removal], given_up: frozenset[int]) -> None:
        self.all, self.given_up = tuple(all_of_them), given_up

    def excuses(self, event: f.EventFired) -> bool:
        """Whether nobody could hear the event because of a planned fault, and the subject subscribed again."""
        return event.source == SHOPIFY and any(
            each.planned and each.topic == event.topic and each.gone_ns <= event.at_ns < each.again_ns < NEVER_NS
            for each in self.all
        )


def find_removals(log: FactLog, deliveries: Iterable[Delivery], intervals: Iterable[FaultInterval]) -> Removals:
    """`intervals`: all faults of the run. A planned one excuses until the subject is back."""
    faults = [fault for fault in intervals if fault.planned]
    recovered = until_recovered(log, faults)
    of_faults: set[int] = set()
    behind: dict[tuple[int, int], bool] = {}  # by subscription and time: whether faults explain all that ended there
    for delivery in deliveries:
        if delivery.outcome in LOST and not delivery.planned.forged:
            explained = all(excused(attempt, recovered) for attempt in delivery.attempts)
            key = (delivery.planned.subscription, delivery.ended_ns)
            behind[key] = behind.get(key, True) and explained
            if explained and delivery.outcome == "given_up":
                of_faults.add(delivery.planned.delivery)
    created = [each for each in log.all(f.SubscriptionCreated) if each.source == SHOPIFY]
    found = []
    for gone in log.all(f.SubscriptionRemoved):
        if gone.by_policy and gone.source == SHOPIFY:
            later = (each.at_ns for each in created if each.topic == gone.topic and each.at_ns >= gone.at_ns)
            end_ns = 0
            if behind.get((gone.subscription, gone.at_ns)):
                end_ns = max(each.end_ns for each in faults if each.begin_ns <= gone.at_ns)
            found.append(Removal(gone.subscription, gone.topic, gone.at_ns, next(later, NEVER_NS), end_ns))
    return Removals(found, frozenset(of_faults))
