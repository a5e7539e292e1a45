"""Fields of an order."""

from collections.abc import Sequence
from typing import Final

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.pages import Key, Page, page_of
from stockstorm.simulator.api.admin.base.views import Counted, LineView, Money, RefundView, gid
from stockstorm.simulator.api.admin.resolvers.orders import parcels, payments, people
from stockstorm.simulator.api.admin.resolvers.products.metafields import metafields_of
from stockstorm.simulator.api.not_played import not_played
from stockstorm.simulator.events.encoding import amount
from stockstorm.simulator.events.metafields import order_metafields
from stockstorm.simulator.events.order_sums import (
    bought_total,
    closed_ns,
    current_shipping,
    current_total,
    financial_status,
    order_name,
    outstanding,
    received,
    refund_total,
    refunded_units,
    remaining_units,
    shipping_price,
    shipping_status,
    vat,
)
from stockstorm.simulator.events.unusual import CUSTOM_TITLE, SOURCES, attributes, custom_line_id
from stockstorm.simulator.limits import ANSWER_VALUES_MAX, ATTACHED_KB_MAX
from stockstorm.simulator.model import API_CLIENT_ID, Order, OrderLine, Product, Sku, Written

NOTHING: Final = Written("", claimed=False)  # what a buyer's order has of the fields that only an app gives
SHOWN_STATUS: Final = {"unfulfilled": "UNFULFILLED", "partial": "PARTIALLY_FULFILLED", "fulfilled": "FULFILLED"}


# The line of a draft that is no product of the shop.
CUSTOM: Final = Product(Sku(""), 0, 0, 0, 0, 0, CUSTOM_TITLE, "", "", "", 0, 0, 0, hot=False)


def given(row: Order) -> Written:
    """What the subject gave of the order."""
    return row.written or NOTHING


def _attached(row: Order, call: Call) -> Sequence[tuple[str, str]]:
    """What the subject or the buyer attached. It counts as fields of the answer, by its size."""
    if row.large_kb:
        call.spend(row.large_kb * ANSWER_VALUES_MAX // ATTACHED_KB_MAX)
    return given(row).attributes or attributes(row.large_kb)


def _transactions(row: Order, arguments: Arguments, _call: Call) -> list[payments.Transaction]:
    """All are captured, and none waits for somebody to resolve it."""
    if arguments.get("capturable") or arguments.get("manuallyResolvable"):
        return []
    return payments.of_order(row)[: arguments.get("first")]


def _fulfillments(row: Order, arguments: Arguments, _call: Call) -> list[parcels.Parcel]:
    if arguments.get("query"):
        raise not_played("search term", "a search of Order.fulfillments")
    return parcels.of_order(row)[: arguments.get("first")]


def _current_total(row: Order, _arguments: Arguments, _call: Call) -> Money:
    return Money(current_shipping(row) + current_total(row))


def _total_refunded(row: Order, _arguments: Arguments, _call: Call) -> Money:
    return Money(0 if row.paid_ns is None else sum(refund_total(row, refund) for refund in row.refunds))


def _current_quantity(row: Order, _arguments: Arguments, _call: Call) -> int:
    refunded = refunded_units(row)
    return sum(remaining_units(row, line, refunded) for line in row.lines)


def _line_items(row: Order, arguments: Arguments, call: Call) -> Page[LineView]:
    refunded = refunded_units(row)
    products = call.catalogue.by_sku
    lines = [LineView(row, line, products[line.sku], refunded.get(line.line_id, 0)) for line in row.lines]
    if row.origin == "draft":
        lines.append(LineView(row, OrderLine(custom_line_id(row), Sku(""), 1, 0), CUSTOM, 0))
    return page_of(lines, _line_key, arguments)


def _line_key(view: LineView) -> Key:
    return view.line.line_id, view.line.line_id


def _refunds(row: Order, arguments: Arguments, _call: Call) -> list[RefundView]:
    return [RefundView(row, refund) for refund in row.refunds[: arguments.get("first")]]


def _cancelled_at(row: Order, _arguments: Arguments, call: Call) -> str | None:
    return None if row.cancelled_ns is None else call.time_text(row.cancelled_ns)


def _closed_at(row: Order, _arguments: Arguments, call: Call) -> str | None:
    at_ns = closed_ns(row)
    return None if at_ns is None else call.time_text(at_ns)


def _own_source(row: Order) -> str:
    return SOURCES[row.origin] if row.written is None else str(API_CLIENT_ID)


def _outstanding(row: Order, _arguments: Arguments, _call: Call) -> Money:
    return Money(outstanding(row))


ORDER: dict[str, Resolver] = {
    "id": lambda row, _arguments, _call: gid("Order", row.order_id),
    "legacyResourceId": lambda row, _arguments, _call: str(row.order_id),
    "name": lambda row, _arguments, _call: order_name(row),
    "number": lambda row, _arguments, _call: row.number,
    "createdAt": lambda row, _arguments, call: call.time_text(row.created_ns),
    "updatedAt": lambda row, _arguments, call: call.time_text(row.updated_ns),
    "processedAt": lambda row, _arguments, call: call.time_text(row.created_ns),
    "cancelledAt": _cancelled_at,
    "cancelReason": lambda row, _arguments, _call: None if row.cancelled_ns is None else row.cancel_reason.upper(),
    "closed": lambda row, _arguments, _call: closed_ns(row) is not None,
    "closedAt": _closed_at,
    "confirmed": lambda _row, _arguments, _call: True,
    "test": lambda row, _arguments, _call: given(row).test,
    "currencyCode": lambda _row, _arguments, call: call.world.config.shop.currency,
    "presentmentCurrencyCode": lambda _row, _arguments, call: call.world.config.shop.currency,
    "displayFinancialStatus": lambda row, _arguments, _call: financial_status(row).upper(),
    "displayFulfillmentStatus": lambda row, _arguments, _call: SHOWN_STATUS[shipping_status(row)],
    "fullyPaid": lambda row, _arguments, _call: row.paid_ns is not None,
    "unpaid": lambda row, _arguments, _call: row.paid_ns is None,
    "email": lambda row, _arguments, call: people.email_of(row, call),
    "phone": lambda row, _arguments, call: people.phone_of(row, call),
    "note": lambda row, _arguments, _call: given(row).note,
    "tags": lambda row, _arguments, _call: given(row).tags,
    "poNumber": lambda row, _arguments, _call: given(row).po_number,
    "customAttributes": lambda row, _arguments, call: _attached(row, call),
    "sourceName": lambda row, _arguments, _call: given(row).source_name or _own_source(row),
    "sourceIdentifier": lambda row, _arguments, _call: given(row).source_identifier,
    "customer": lambda row, _arguments, call: people.customer_of(row, call),
    "shippingAddress": lambda row, _arguments, call: people.address_of(row, call),
    "billingAddress": lambda row, _arguments, call: people.address_of(row, call),
    "displayAddress": lambda row, _arguments, call: people.address_of(row, call),
    "requiresShipping": lambda _row, _arguments, _call: True,
    "taxesIncluded": lambda _row, _arguments, _call: True,
    "subtotalLineItemsQuantity": lambda row, _arguments, _call: sum(line.quantity for line in row.lines),
    "currentSubtotalLineItemsQuantity": _current_quantity,
    "totalPriceSet": lambda row, _arguments, _call: Money(bought_total(row) + shipping_price(row)),
    "subtotalPriceSet": lambda row, _arguments, _call: Money(bought_total(row)),
    "currentTotalPriceSet": _current_total,
    "totalRefundedSet": _total_refunded,
    "lineItems": _line_items,
    "refunds": _refunds,
    "totalPrice": lambda row, _arguments, _call: amount(bought_total(row) + shipping_price(row)),
    "subtotalPrice": lambda row, _arguments, _call: amount(bought_total(row)),
    "totalShippingPriceSet": lambda row, _arguments, _call: Money(shipping_price(row)),
    "totalTaxSet": lambda row, _arguments, _call: Money(vat(bought_total(row))),
    "totalDiscountsSet": lambda _row, _arguments, _call: Money(0),
    "totalOutstandingSet": _outstanding,
    "totalReceivedSet": lambda row, _arguments, _call: Money(received(row)),
    "netPaymentSet": lambda row, arguments, call: Money(received(row) - _total_refunded(row, arguments, call).minor),
    "currentSubtotalPriceSet": lambda row, _arguments, _call: Money(current_total(row)),
    "originalTotalPriceSet": lambda row, _arguments, _call: Money(bought_total(row) + shipping_price(row)),
    "paymentGatewayNames": lambda row, _arguments, _call: [] if row.paid_ns is None else [payments.GATEWAY],
    "transactions": _transactions,
    "transactionsCount": lambda row, _arguments, _call: Counted(len(payments.of_order(row))),
    "fulfillments": _fulfillments,
    "fulfillmentsCount": lambda row, _arguments, _call: Counted(len(row.fulfilments)),
    "fulfillmentOrders": parcels.orders_of,
    "refundable": lambda row, arguments, call: row.paid_ns is not None and _current_quantity(row, arguments, call) > 0,
    "fulfillable": lambda row, _arguments, _call: row.cancelled_ns is None and shipping_status(row) != "fulfilled",
    "edited": lambda row, _arguments, _call: bool(row.edits),
    "returnStatus": lambda _row, _arguments, _call: "NO_RETURN",
    **metafields_of(lambda row: order_metafields(row.order_id)),
}
ATTRIBUTE: dict[str, Resolver] = {
    "key": lambda pair, _arguments, _call: pair[0],
    "value": lambda pair, _arguments, _call: pair[1],
}
