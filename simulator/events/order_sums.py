"""What of an order is refunded, shipped, due and paid: units by line, and prices in minor units.

Prices include 20 % VAT.
"""

from collections.abc import Mapping
from typing import Final

from stockstorm.simulator.events.order_shape import FinancialStatus, ShippingStatus
from stockstorm.simulator.model import Order, OrderLine, Refund

SHIPPING_MINOR: Final = 495
VAT_DIVISOR: Final = 6  # VAT of 20 % is one sixth of a gross price


def vat(gross_minor: int) -> int:
    """The VAT included in a gross amount, in minor units, rounded half up."""
    return (gross_minor * 2 + VAT_DIVISOR) // (VAT_DIVISOR * 2)


def refunded_units(order: Order) -> dict[int, int]:
    """Units refunded so far, by line id."""
    refunded: dict[int, int] = {}
    for refund in order.refunds:
        for line in refund.lines:
            refunded[line.line_id] = refunded.get(line.line_id, 0) + line.quantity
    return refunded


def remaining_units(order: Order, line: OrderLine, refunded: Mapping[int, int]) -> int:
    """Units of the line that are neither cancelled nor refunded."""
    return 0 if order.cancelled_ns is not None else line.quantity - refunded.get(line.line_id, 0)


def shipped_units(order: Order) -> dict[int, int]:
    """Units shipped so far, by line id."""
    shipped: dict[int, int] = {}
    for fulfilment in order.fulfilments:
        for line_id, units in fulfilment.lines:
            shipped[line_id] = shipped.get(line_id, 0) + units
    return shipped


def unshipped_refunds(order: Order) -> dict[int, int]:
    """Units that were refunded and had never been shipped, by line id.

    Those of a refund that is not a cancellation are of the units shipped until then, as far as there are any.
    """
    unshipped: dict[int, int] = {}
    came_back: dict[int, int] = {}  # of the shipped ones
    for refund in order.refunds:
        there: dict[int, int] = {}
        for parcel in order.fulfilments if not refund.cancelled else ():
            if parcel.at_ns <= refund.at_ns:
                for line_id, units in parcel.lines:
                    there[line_id] = there.get(line_id, 0) + units
        for line in refund.lines:
            back = min(line.quantity, max(0, there.get(line.line_id, 0) - came_back.get(line.line_id, 0)))
            came_back[line.line_id] = came_back.get(line.line_id, 0) + back
            unshipped[line.line_id] = unshipped.get(line.line_id, 0) + line.quantity - back
    return unshipped


def due_units(order: Order) -> dict[int, int]:
    """Units that are still to be shipped, by line id. A unit that was shipped and came back is not due again."""
    if order.cancelled_ns is not None:
        return dict.fromkeys([line.line_id for line in order.lines], 0)
    shipped, refunded = shipped_units(order), unshipped_refunds(order)
    return {
        line.line_id: max(0, line.quantity - shipped.get(line.line_id, 0) - refunded.get(line.line_id, 0))
        for line in order.lines
    }


def shipping_status(order: Order) -> ShippingStatus:
    """How much of what was neither cancelled nor refunded is shipped."""
    if not order.fulfilments:
        return "unfulfilled"
    return "partial" if any(due_units(order).values()) else "fulfilled"


def closed_ns(order: Order) -> int | None:
    """When the order was closed: by its cancellation, or once it was paid and shipped as a whole. None: it is open."""
    if order.cancelled_ns is not None:
        return order.cancelled_ns
    if order.paid_ns is None or shipping_status(order) != "fulfilled":
        return None
    return max(order.paid_ns, order.fulfilments[-1].at_ns)


def shipping_price(order: Order) -> int:
    """The price of shipping as bought, in minor units."""
    if order.written is not None:
        return order.written.shipping_minor
    return 0 if order.origin == "pos" else SHIPPING_MINOR


def order_name(order: Order) -> str:
    """The name that people read: #1001, or what the subject chose for its own order."""
    return f"#{order.number}" if order.written is None or not order.written.name else order.written.name


def bought_total(order: Order) -> int:
    """The price of all lines as bought, without shipping and without those that an edit added, in minor units."""
    total = sum(line.price_minor * line.quantity for line in order.lines)
    if not order.edits:
        return total
    added = {line_id for edit in order.edits for line_id, _ in edit.added}
    return total - sum(line.price_minor * line.quantity for line in order.lines if line.line_id in added)


def current_total(order: Order) -> int:
    """The price of the lines after refunds or cancellation, without shipping, in minor units."""
    refunded = refunded_units(order)
    return sum(line.price_minor * remaining_units(order, line, refunded) for line in order.lines)


def current_shipping(order: Order) -> int:
    """The price of shipping after a cancellation, in minor units."""
    return 0 if order.cancelled_ns is not None else shipping_price(order)


def refund_total(order: Order, refund: Refund) -> int:
    """The money that goes back with a refund of a paid order, in minor units: for units, for shipping, and besides."""
    if refund.edited:
        return 0
    prices = {line.line_id: line.price_minor for line in order.lines}
    return (
        sum(line.quantity * prices[line.line_id] for line in refund.lines)
        + refund.shipping_minor
        + refund.discrepancy_minor
    )


def received(order: Order) -> int:
    """What was paid for an order, before refunds, in minor units."""
    return 0 if order.paid_ns is None else bought_total(order) + shipping_price(order)


def outstanding(order: Order) -> int:
    """What is still to be paid, in minor units; negative where the buyer is owed something, after an edit."""
    if order.paid_ns is None:
        return current_total(order) + current_shipping(order)
    if not order.edits:
        return 0
    kept = received(order) - sum(refund_total(order, refund) for refund in order.refunds)
    return current_total(order) + current_shipping(order) - kept


def moves_money(order: Order, refund: Refund) -> bool:
    """Whether a refund has a transaction: the order was paid, and the refund is more than an edit."""
    return order.paid_ns is not None and not refund.edited


def financial_status(order: Order) -> FinancialStatus:
    """Shopify's status of the payment. Only a refund returns money, and not one that an edit made."""
    if order.paid_ns is None:
        return "voided" if order.cancelled_ns is not None else "pending"
    if not order.refunds or all(refund.edited for refund in order.refunds):
        return "partially_paid" if order.edits and outstanding(order) > 0 else "paid"
    refunded = refunded_units(order)
    if all(refunded.get(line.line_id, 0) >= line.quantity for line in order.lines):
        return "refunded"
    return "partially_refunded"
