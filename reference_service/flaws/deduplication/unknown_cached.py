"""That a notification is new is cached for half a second, so one that comes again under another id counts twice."""

import time

from msgspec.structs import replace

from stockstorm.reference_service.domain.order import KnownOrder
from stockstorm.reference_service.domain.payloads import ChannelNotification
from stockstorm.reference_service.flaws.deciding import Memory, remembering
from stockstorm.reference_service.seams import Seams

KEPT_S = 0.5
Identity = tuple[str, str, str, str]  # channel, order id, topic, return id or nothing


class _Cache:
    """What was known of an order when one of its notifications was looked up last."""

    def __init__(self) -> None:
        self._found: dict[Identity, tuple[float, KnownOrder | None]] = {}

    def remembers(self, channel: str, notification: ChannelNotification, stored: Memory) -> Memory:
        returned = notification.order.return_
        identity = (channel, notification.order.order_id, notification.topic, returned.return_id if returned else "")
        found_s, found = self._found.get(identity, (0.0, None))
        if time.monotonic() - found_s < KEPT_S:
            return found, ()
        self._found[identity] = (time.monotonic(), stored[0])
        return stored


def compose(seams: Seams) -> Seams:
    """A cache in front of the table of orders, which remembers rows that are not there."""
    return replace(seams, decide=remembering(seams.decide, _Cache().remembers))
