"""What came to the subject more than once, or in an unusual order: the cases that tests of duplicates and order need.

Only notifications of marketplace orders count, because only they make a subject write to the master.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final

import msgspec

from stockstorm.reports.history.deliveries import NEVER_NS, Deliveries, Delivery
from stockstorm.reports.history.faults import KILLS, FaultInterval
from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.history.attempt_errors import UNCONNECTED

ORDER_TOPICS: Final = frozenset({"order.created", "order.cancelled", "order.returned"})
AT_ONCE_NS: Final = 5 * MILLISECOND_NS
LATE_NS: Final = 2 * SECOND_NS
BEFORE_KILL_NS: Final = SECOND_NS


class Repeats(msgspec.Struct):
    """How often each case occurred, over notifications of marketplace orders."""

    again: int = 0  # deliveries of an event beyond its first one that were tried
    at_once: int = 0  # of these, within 5 ms of the one before
    late: int = 0  # of these, more than 2 s after the first one
    horizon_ns: int = 0  # of these, the longest time after the first one
    new_id: int = 0  # of these, under another webhook id than the first one
    after_cancel: int = 0  # of these, of an order that had been reported as cancelled
    retried: int = 0  # attempts after one that failed and may have had an effect
    cancel_first: int = 0  # orders whose cancellation was delivered before the order itself
    before_kill: int = 0  # notifications acknowledged in the second before a process was killed


def find_repeats(log: FactLog, deliveries: Deliveries, faults: Iterable[FaultInterval]) -> Repeats:
    """Counts every case in one pass over the events of marketplace orders."""
    found = Repeats()
    marketplaces = frozenset(log.marketplaces)
    for event in deliveries.events.values():
        if event.topic in ORDER_TOPICS and event.source in marketplaces:
            of_event = deliveries.by_event.get(event.event, ())
            if event.topic == "order.created":
                found.cancel_first += _cancelled_by(event, deliveries) < _first(deliveries, event.event)
            if len(of_event) > 1:
                _count_copies(found, event, of_event, _cancelled_by(event, deliveries))
            for delivery in of_event:
                if len(delivery.attempts) > 1:
                    found.retried += sum(_may_have_acted(attempt) for attempt in delivery.attempts[:-1])
    kills = [fault.begin_ns for fault in faults if fault.fault in KILLS]
    if kills:
        found.before_kill = sum(_before(kills, ended_ns) for ended_ns in _acknowledged(deliveries, marketplaces))
    return found


def _count_copies(found: Repeats, event: f.EventFired, of_event: Iterable[Delivery], cancelled_ns: int) -> None:
    tried = sorted((delivery for delivery in of_event if delivery.attempts), key=_began)
    for before, delivery in pairwise(tried):
        began = _began(delivery)
        found.again += 1
        found.at_once += began - _began(before) <= AT_ONCE_NS
        found.late += began - _began(tried[0]) > LATE_NS
        found.horizon_ns = max(found.horizon_ns, began - _began(tried[0]))
        found.new_id += delivery.planned.webhook_id != tried[0].planned.webhook_id
        found.after_cancel += event.topic == "order.created" and cancelled_ns < began


def _began(delivery: Delivery) -> int:
    first = delivery.attempts[0]
    return first.started_ns or first.at_ns


def _first(deliveries: Deliveries, event: int) -> int:
    return deliveries.first_attempt_ns.get(event, NEVER_NS)


def _cancelled_by(event: f.EventFired, deliveries: Deliveries) -> int:
    """When the first attempt to report the cancellation of an event's order began."""
    return _first(deliveries, deliveries.order_event.get((event.order, "order.cancelled"), -1))


def _may_have_acted(attempt: f.AttemptEnded) -> bool:
    return attempt.error not in UNCONNECTED


def count_read_again(log: FactLog) -> int:
    """Orders that an API answer showed although an earlier one had."""
    shown = Counter(order for told in log.all(f.OrdersShown) for order in told.orders)
    return sum(count > 1 for count in shown.values())


def _acknowledged(deliveries: Deliveries, marketplaces: frozenset[str]) -> Iterator[int]:
    events: Mapping[int, f.EventFired] = deliveries.events
    for number, of_event in deliveries.by_event.items():
        event = events.get(number)
        if event is not None and event.topic in ORDER_TOPICS and event.source in marketplaces:
            yield from (delivery.ended_ns for delivery in of_event if delivery.outcome == "acknowledged")


def _before(kills: list[int], ended_ns: int) -> bool:
    return any(kill - BEFORE_KILL_NS <= ended_ns <= kill for kill in kills)
