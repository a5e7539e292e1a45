"""What had something pending at the end of the run, by the subject's own probe or at the delivery service.

What is pending is never counted as wrong, so checkers leave these items out and report them as unknown.
"""

from collections.abc import Iterable

import msgspec

from stockstorm.reports.history.channel_orders import ChannelOrders
from stockstorm.reports.history.event_outcomes import Classified
from stockstorm.simulator.model import PRIVACY_TOPICS


class PendingItems(msgspec.Struct, frozen=True):
    """Items that an event which is still pending concerns."""

    events: int
    orders: frozenset[int]
    skus: frozenset[str]


def find_pending(classified: Iterable[Classified], orders: ChannelOrders) -> PendingItems:
    """The items of every event that waits in the subject, or whose delivery has no outcome.

    Requests for privacy are left out: they concern no item.
    """
    waiting = [
        entry.event
        for entry in classified
        if (entry.effect == "pending" or entry.delivery == "pending") and entry.event.topic not in PRIVACY_TOPICS
    ]
    serials = frozenset(event.order for event in waiting if event.order >= 0)
    skus = {event.sku for event in waiting if event.sku}
    skus |= {effect.sku for order in serials for effect in orders.by_order.get(order, [])}
    return PendingItems(len(waiting), serials, frozenset(skus))
