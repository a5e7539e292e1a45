"""What a marketplace's notification means for the stock: a pure function of the order's known state.

A sale takes units. A cancellation or a restocked return gives them back, each once and never more than were sold. A
cancellation that arrives before its order leaves a tombstone, so that the two net to zero. A cancellation that arrives
while the sale is not yet written to Shopify removes the sale.
"""

from collections.abc import Iterable, Mapping

import msgspec

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain import topics
from stockstorm.reference_service.domain.payloads import ChannelLine, ChannelNotification, Unusable


class KnownOrder(msgspec.Struct, frozen=True):
    """A marketplace's order as recorded. `created` is false if only a cancellation or a return has arrived.

    `returned`: units per SKU that restocked returns have given back.
    """

    channel: str
    order_id: str
    created: bool
    cancelled: bool
    lines: dict[str, int]
    returned: dict[str, int] = {}

    @property
    def key(self) -> tuple[str, str]:
        return (self.channel, self.order_id)

    @property
    def token(self) -> str:
        return f"{self.channel}:{self.order_id}"


class Effect(msgspec.Struct, frozen=True):
    """A change of stock to write to Shopify: units per SKU, negative for a sale.

    `token` identifies the order, cancellation or return in referenceDocumentUri.
    """

    token: str
    units: dict[str, int]

    @property
    def sold(self) -> dict[str, int]:
        """Sold units per SKU. Units that come back count only once they are written to Shopify."""
        return {sku: -units for sku, units in self.units.items() if units < 0}


class Outcome(msgspec.Struct, frozen=True):
    """What one notification does. `order` None: nothing. `removes_sale`: the order's waiting sale is deleted."""

    order: KnownOrder | None = None
    effect: Effect | None = None
    removes_sale: bool = False
    return_id: str | None = None


def units_of(lines: Iterable[ChannelLine]) -> dict[str, int]:
    """Units per SKU of an order's lines; Unusable for a negative quantity or too many SKUs."""
    total: dict[str, int] = {}
    for line in lines:
        if line.quantity < 0:
            raise Unusable("a line has a negative quantity")
        if line.quantity:
            total[line.sku] = total.get(line.sku, 0) + line.quantity
    if len(total) > limits.ADJUST_CHANGES_MAX:
        raise Unusable(f"more than {limits.ADJUST_CHANGES_MAX} SKUs: they do not fit into one call to Shopify")
    return total


def units_from_json(text: str) -> dict[str, int]:
    """Units per SKU as the database stores them."""
    return msgspec.json.decode(text, type=dict[str, int])


def outcome_of(
    channel: str,
    notification: ChannelNotification,
    known: KnownOrder | None,
    *,
    sale_waits: bool,
    returns: Iterable[str],
) -> Outcome:
    """What the notification does, given the known state of its order and the ids of known returns.

    `sale_waits`: the order's sale is not yet written to Shopify. Unusable if the notification can never be applied.
    """
    lines = units_of(notification.order.lines)
    fresh = KnownOrder(channel, notification.order.order_id, created=False, cancelled=False, lines=lines)
    order = known or fresh
    match notification.topic:
        case topics.ORDER_CREATED:
            return _created(order, lines)
        case topics.ORDER_CANCELLED:
            return _cancelled(order, sale_waits=sale_waits)
        case topics.ORDER_RETURNED:
            return _returned(order, notification, returns)
        case _:
            raise Unusable("an unknown topic")


def _created(order: KnownOrder, lines: dict[str, int]) -> Outcome:
    if order.created:
        return Outcome()
    recorded = msgspec.structs.replace(order, created=True, lines=lines)
    if order.cancelled:  # the cancellation came first: the two net to zero, and an earlier return is taken back
        return Outcome(recorded, _effect(order.token, order.returned, -1))
    return Outcome(recorded, _effect(order.token, lines, -1))


def _cancelled(order: KnownOrder, *, sale_waits: bool) -> Outcome:
    if order.cancelled:
        return Outcome()
    recorded = msgspec.structs.replace(order, cancelled=True)
    if not order.created:
        return Outcome(recorded)
    if sale_waits and not order.returned:
        return Outcome(recorded, removes_sale=True)
    left = {sku: units - order.returned.get(sku, 0) for sku, units in order.lines.items()}
    return Outcome(recorded, _effect(f"{order.token}:cancelled", left, +1))


def _returned(order: KnownOrder, notification: ChannelNotification, returns: Iterable[str]) -> Outcome:
    returned = notification.order.return_
    if returned is None:
        raise Unusable("an order.returned without its return")
    if returned.return_id in returns:
        return Outcome()
    if not returned.restock or order.cancelled:  # a cancellation has already given back what was left
        return Outcome(order, return_id=returned.return_id)
    units = units_of(returned.lines)
    back = {sku: order.returned.get(sku, 0) + units.get(sku, 0) for sku in {**order.returned, **units}}
    effect = _effect(f"{order.token}:returned:{returned.return_id}", units, +1)
    return Outcome(msgspec.structs.replace(order, returned=back), effect, return_id=returned.return_id)


def _effect(token: str, lines: Mapping[str, int], sign: int) -> Effect | None:
    moved = {sku: sign * units for sku, units in lines.items() if units > 0}
    return Effect(token, moved) if moved else None
