"""Queries on the own store's orders: search, sort, page, and the fields of an order."""

from collections.abc import Callable, Sequence
from typing import Final

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.pages import Page, page_of
from stockstorm.simulator.api.admin.base.problems import not_supported
from stockstorm.simulator.api.admin.base.search import Term, known_terms, number_bounds, text_test, time_bounds
from stockstorm.simulator.api.admin.base.views import Counted, LineView, Money, RefundView, gid, number_of
from stockstorm.simulator.events.order_payload import (
    SHIPPING_MINOR,
    bought_total,
    current_shipping,
    current_total,
    financial_status,
    refund_total,
    refunded_units,
    remaining_units,
)
from stockstorm.simulator.model import Order

Test = Callable[[Order], bool]
Key = tuple[int, int]

SEARCHED: Final = frozenset(
    {
        "id",
        "name",
        "created_at",
        "processed_at",
        "updated_at",
        "financial_status",
        "fulfillment_status",
        "status",
        "sku",
    }
)


def _by_creation(order: Order) -> Key:
    return order.created_ns, order.order_id


def _by_update(order: Order) -> Key:
    return order.updated_ns, order.order_id


def _by_id(order: Order) -> Key:
    return order.order_id, order.order_id


_SORTS: Final[dict[str, Callable[[Order], Key]]] = {
    "PROCESSED_AT": _by_creation,
    "CREATED_AT": _by_creation,
    "ORDER_NUMBER": _by_creation,
    "ID": _by_id,
    "UPDATED_AT": _by_update,
}


def orders(_source: None, arguments: Arguments, call: Call) -> Page[Order]:
    """A page of orders. Shopify's default sort is PROCESSED_AT, which is the time of creation in this shop."""
    key_of = _SORTS.get(arguments["sortKey"])
    if key_of is None:
        raise not_supported(f"sorting orders by {arguments['sortKey']} (only by {', '.join(_SORTS)})")
    rows = _found("orders", arguments.get("query"), call)
    if key_of is _by_update:
        rows = sorted(rows, key=_by_update)  # orders are stored in order of creation
    page = page_of(rows, key_of, arguments)
    call.rows += len(page.nodes)
    call.show_orders(page.nodes)
    return page


def orders_count(_source: None, arguments: Arguments, call: Call) -> Counted:
    found, limit = len(_found("ordersCount", arguments.get("query"), call)), arguments.get("limit")
    if limit is not None and found > limit:
        return Counted(limit, "AT_LEAST")
    return Counted(found)


def order(_source: None, arguments: Arguments, call: Call) -> Order | None:
    number = number_of("Order", arguments["id"])
    found = None if number is None else call.world.order_by_id(number)
    if found is not None:
        call.rows += 1
        call.show_orders([found])
    return found


def _found(root: str, query: str | None, call: Call) -> Sequence[Order]:
    rows = call.world.orders()
    for term in known_terms(root, query, SEARCHED, call):
        test = _test(term, call)
        rows = [row for row in rows if test(row)]
    return rows


def _test(term: Term, call: Call) -> Test:
    match term.field:
        case "created_at" | "processed_at":
            low, high = time_bounds(term, call)
            return lambda row: low <= row.created_ns < high
        case "updated_at":
            low, high = time_bounds(term, call)
            return lambda row: low <= row.updated_ns < high
        case "id":
            low, high = number_bounds(term)
            return lambda row: low <= row.order_id < high
    return _word_test(term, text_test(term))


def _word_test(term: Term, test: Callable[[str], bool]) -> Test:
    match term.field:
        case "name":
            return lambda row: test(f"#{row.number}") or test(str(row.number))
        case "financial_status":
            return lambda row: term.value == "any" or test(financial_status(row))
        case "fulfillment_status":
            return lambda _row: term.value in ("any", "unfulfilled", "unshipped")
        case "status":
            return _status_test(term.value)
    return lambda row: any(test(line.sku) for line in row.lines)


def _status_test(status: str) -> Test:
    match status:
        case "open" | "not_closed":
            return lambda row: row.cancelled_ns is None
        case "closed" | "cancelled":
            return lambda row: row.cancelled_ns is not None
    return lambda _row: True


# -- an order ------------------------------------------------------------------------------------------------------


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
    return page_of(lines, _line_key, arguments)


def _line_key(view: LineView) -> Key:
    return view.line.line_id, view.line.line_id


def _refunds(row: Order, arguments: Arguments, _call: Call) -> list[RefundView]:
    return [RefundView(row, refund) for refund in row.refunds[: arguments.get("first")]]


def _cancelled_at(row: Order, _arguments: Arguments, call: Call) -> str | None:
    return None if row.cancelled_ns is None else call.time_text(row.cancelled_ns)


ORDER: dict[str, Resolver] = {
    "id": lambda row, _arguments, _call: gid("Order", row.order_id),
    "legacyResourceId": lambda row, _arguments, _call: str(row.order_id),
    "name": lambda row, _arguments, _call: f"#{row.number}",
    "number": lambda row, _arguments, _call: row.number,
    "createdAt": lambda row, _arguments, call: call.time_text(row.created_ns),
    "updatedAt": lambda row, _arguments, call: call.time_text(row.updated_ns),
    "processedAt": lambda row, _arguments, call: call.time_text(row.created_ns),
    "cancelledAt": _cancelled_at,
    "cancelReason": lambda row, _arguments, _call: None if row.cancelled_ns is None else "CUSTOMER",
    "closed": lambda row, _arguments, _call: row.cancelled_ns is not None,
    "closedAt": _cancelled_at,
    "confirmed": lambda _row, _arguments, _call: True,
    "test": lambda _row, _arguments, _call: False,
    "currencyCode": lambda _row, _arguments, call: call.world.config.shop.currency,
    "presentmentCurrencyCode": lambda _row, _arguments, call: call.world.config.shop.currency,
    "displayFinancialStatus": lambda row, _arguments, _call: financial_status(row).upper(),
    "displayFulfillmentStatus": lambda _row, _arguments, _call: "UNFULFILLED",  # fulfilments are not simulated
    "fullyPaid": lambda row, _arguments, _call: row.paid_ns is not None,
    "unpaid": lambda row, _arguments, _call: row.paid_ns is None,
    "email": lambda row, _arguments, call: call.catalogue.buyers[row.buyer].email,
    "note": lambda _row, _arguments, _call: None,
    "tags": lambda _row, _arguments, _call: [],
    "sourceName": lambda _row, _arguments, _call: "web",
    "sourceIdentifier": lambda _row, _arguments, _call: None,
    "requiresShipping": lambda _row, _arguments, _call: True,
    "taxesIncluded": lambda _row, _arguments, _call: True,
    "subtotalLineItemsQuantity": lambda row, _arguments, _call: sum(line.quantity for line in row.lines),
    "currentSubtotalLineItemsQuantity": _current_quantity,
    "totalPriceSet": lambda row, _arguments, _call: Money(bought_total(row) + SHIPPING_MINOR),
    "subtotalPriceSet": lambda row, _arguments, _call: Money(bought_total(row)),
    "currentTotalPriceSet": _current_total,
    "totalRefundedSet": _total_refunded,
    "lineItems": _line_items,
    "refunds": _refunds,
}
