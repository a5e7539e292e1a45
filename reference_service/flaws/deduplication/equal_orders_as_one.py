"""An order with the same lines as one of its marketplace less than 2 s before is taken for a double click."""

import time
from collections.abc import Iterable

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder, Outcome
from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.domain.topics import ORDER_CREATED
from stockstorm.reference_service.flaws.deciding import without_missed
from stockstorm.reference_service.seams import Seams

WITHIN_S = 2.0


def compose(seams: Seams) -> Seams:
    """The lines are the key."""
    seen: dict[tuple[str, tuple[tuple[str, int], ...]], tuple[float, str]] = {}

    def decide(
        channel: str,
        notification: ChannelNotification,
        known: KnownOrder | None,
        *,
        sale_waits: bool,
        returns: Iterable[str],
    ) -> Outcome:
        order = notification.order
        if notification.topic == ORDER_CREATED:
            key = channel, tuple(sorted((line.sku, line.quantity) for line in order.lines))
            before_s, number = seen.get(key, (-WITHIN_S, order.order_id))
            seen[key] = time.monotonic(), order.order_id
            if number != order.order_id and seen[key][0] - before_s < WITHIN_S:
                return Outcome()
        return seams.decide(channel, notification, known, sale_waits=sale_waits, returns=returns)

    return replace(seams, decide=decide, wrap_feeds=without_missed)
