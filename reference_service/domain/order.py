"""What notifications of the marketplaces mean for the master's stock: a pure fold over the known orders.

A sale takes units, a cancellation gives them back, a restocked return too, each once, and never more than were sold. A
cancellation that comes before its order leaves a tombstone, so that the two net to zero; one that comes while the sale
waits takes it away again.
"""

from collections.abc import Iterable, Mapping

import msgspec

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.payloads import ChannelLine, ChannelNotification, Unusable

Units = Mapping[str, int]  # SKU to units; positive ones go into stock


class KnownOrder(msgspec.Struct, frozen=True):
    """A marketplace's order as recorded. `created` is false while only its cancellation or a return was heard of.

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
    """What the master has to be told. `token` names the order, cancellation or return in referenceDocumentUri."""

    token: str
    units: dict[str, int]

    @property
    def sold(self) -> dict[str, int]:
        """Units that are sold and not yet in the master; what comes back does not count until it is there."""
        return {sku: -units for sku, units in self.units.items() if units < 0}


class Outcome(msgspec.Struct, frozen=True):
    """What one notification does. `order` None: nothing any more. `nets`: the waiting sale is to be taken away."""

    order: KnownOrder | None = None
    effect: Effect | None = None
    nets: bool = False
    return_id: str | None = None


def units_of(lines: Iterable[ChannelLine]) -> dict[str, int]:
    """Units per SKU of an order's lines; Unusable for negative quantities or too many SKUs."""
    total: dict[str, int] = {}
    for line in lines:
        if line.quantity < 0:
            raise Unusable("a line with a negative quantity")
        if line.quantity:
            total[line.sku] = total.get(line.sku, 0) + line.quantity
    if len(total) > limits.ADJUST_CHANGES_MAX:
        raise Unusable(f"more than {limits.ADJUST_CHANGES_MAX} SKUs, which the master cannot be told in one call")
    return total


def judge(
    channel: str,
    notice: ChannelNotification,
    known: KnownOrder | None,
    *,
    sale_waits: bool,
    returns: Iterable[str],
    repeats: bool = False,
) -> Outcome:
    """What the notification does, given what is known of its order and which returns are known.

    `repeats` is the flaw `no_order_dedup`: the notification is taken as new however often it came.
    """
    lines = units_of(notice.order.lines)
    fresh = KnownOrder(channel, notice.order.order_id, created=False, cancelled=False, lines=lines)
    order = known or fresh
    match notice.topic:
        case "order.created":
            return _created(order, lines, repeats=repeats)
        case "order.cancelled":
            return _cancelled(order, sale_waits=sale_waits, repeats=repeats)
        case "order.returned":
            return _returned(order, notice, returns, repeats=repeats)
        case _:
            raise Unusable("a topic without work")


def _created(order: KnownOrder, lines: dict[str, int], *, repeats: bool) -> Outcome:
    if order.created and not repeats:
        return Outcome()
    recorded = msgspec.structs.replace(order, created=True, lines=lines)
    if order.cancelled:  # the cancellation came first; together they are nothing, and so is a return before either
        return Outcome(recorded, _effect(order.token, order.returned, -1))
    return Outcome(recorded, _effect(order.token, lines, -1))


def _cancelled(order: KnownOrder, *, sale_waits: bool, repeats: bool) -> Outcome:
    if order.cancelled and not repeats:
        return Outcome()
    recorded = msgspec.structs.replace(order, cancelled=True)
    if not order.created:
        return Outcome(recorded)
    if sale_waits and not order.returned:
        return Outcome(recorded, nets=True)
    left = {sku: units - order.returned.get(sku, 0) for sku, units in order.lines.items()}
    return Outcome(recorded, _effect(f"{order.token}:cancelled", left, +1))


def _returned(order: KnownOrder, notice: ChannelNotification, returns: Iterable[str], *, repeats: bool) -> Outcome:
    returned = notice.order.return_
    if returned is None:
        raise Unusable("an order.returned without its return")
    if returned.return_id in returns and not repeats:
        return Outcome()
    if not returned.restock or order.cancelled:  # a cancellation has given back whatever was left
        return Outcome(order, return_id=returned.return_id)
    units = units_of(returned.lines)
    back = {sku: order.returned.get(sku, 0) + units.get(sku, 0) for sku in {**order.returned, **units}}
    effect = _effect(f"{order.token}:returned:{returned.return_id}", units, +1)
    return Outcome(msgspec.structs.replace(order, returned=back), effect, return_id=returned.return_id)


def _effect(token: str, lines: Units, sign: int) -> Effect | None:
    moved = {sku: sign * units for sku, units in lines.items() if units > 0}
    return Effect(token, moved) if moved else None
