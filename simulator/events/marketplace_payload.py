"""The body of a marketplace's notification. The channel's orders feed returns the same bytes.

The format is Stockstorm's own: plain JSON, times in UTC, prices as strings.
"""

from typing import Final, Literal

import msgspec

from stockstorm.simulator.events.encoding import Times, amount
from stockstorm.simulator.model import Event, Order, Refund, Topic

OrderStatus = Literal["open", "cancelled", "returned"]
_STATUS: Final[dict[Topic, OrderStatus]] = {
    "order.created": "open",
    "order.cancelled": "cancelled",
    "order.returned": "returned",
}


class SoldLine(msgspec.Struct, frozen=True, gc=False):
    sku: str
    quantity: int
    price: str


class ReturnedLine(msgspec.Struct, frozen=True, gc=False):
    sku: str
    quantity: int


class ReturnBody(msgspec.Struct, frozen=True, gc=False):
    return_id: str
    restock: bool
    lines: tuple[ReturnedLine, ...]


class MarketplaceOrder(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    order_id: str
    status: OrderStatus
    currency: str
    placed_at: str
    lines: tuple[SoldLine, ...]
    return_: ReturnBody | None = msgspec.field(name="return")


class Notification(msgspec.Struct, frozen=True, gc=False):
    """`id` is the event id, which is the same in the feed and in the notification."""

    id: str
    topic: str
    channel: str
    occurred_at: str
    order: MarketplaceOrder


class MarketplacePayload:
    """Builds notifications."""

    def __init__(self, currency: str, times: Times) -> None:
        self._currency, self._times = currency, times
        self._encode = msgspec.json.Encoder().encode

    def body(self, event: Event) -> bytes:
        """The notification as JSON. ValueError: the event has no order."""
        if event.order is None:
            raise ValueError(f"event {event.event} on {event.topic} has no order")
        at = self._times.utc(event.at_ns)
        return self._encode(
            Notification(event.event_id, event.topic, event.source, at, self._order(event, event.order))
        )

    def _order(self, event: Event, order: Order) -> MarketplaceOrder:
        return MarketplaceOrder(
            order_id=order.ref,
            status=_STATUS[event.topic],
            currency=self._currency,
            placed_at=self._times.utc(order.created_ns),
            lines=tuple(SoldLine(line.sku, line.quantity, amount(line.price_minor)) for line in order.lines),
            return_=_returned(event.refund) if event.refund is not None else None,
        )


def _returned(refund: Refund) -> ReturnBody:
    lines = tuple(ReturnedLine(line.sku, line.quantity) for line in refund.lines)
    return ReturnBody(str(refund.refund_id), refund.restock, lines)
