"""Queries on the own store's orders: search, sort, page, and the fields of an order."""

from collections.abc import Callable
from typing import Final

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.pages import Key, Page, keyed_page_of, page_of
from stockstorm.simulator.api.admin.base.search import Term, known_terms, number_bounds, text_pattern, time_bounds
from stockstorm.simulator.api.admin.base.views import Counted, LineView, Money, RefundView, gid, number_of
from stockstorm.simulator.api.not_played import not_played
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
from stockstorm.simulator.shop import order_search
from stockstorm.simulator.shop.order_search import ANY, NEVER, Column, Condition, FoundOrders

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


_TIMES: Final[dict[str, Column]] = {
    "created_at": "created_ns",
    "processed_at": "created_ns",
    "updated_at": "updated_ns",
}
_SORTS: Final[dict[str, Column]] = {
    "PROCESSED_AT": "created_ns",
    "CREATED_AT": "created_ns",
    "ORDER_NUMBER": "created_ns",
    "ID": "id",
    "UPDATED_AT": "updated_ns",
}
_KEYS: Final[dict[Column, Callable[[Order], Key]]] = {
    "created_ns": lambda order: (order.created_ns, order.order_id),
    "updated_ns": lambda order: (order.updated_ns, order.order_id),
    "id": lambda order: (order.order_id, order.order_id),
}


def orders(_source: None, arguments: Arguments, call: Call) -> Page[Order]:
    """A page of orders. Shopify's default sort is PROCESSED_AT, which is the time of creation in this shop."""
    column = _SORTS.get(arguments["sortKey"])
    if column is None:
        raise not_played("sort key", f"{arguments['sortKey']} of orders")
    found = _found("orders", arguments.get("query"), call)
    page = keyed_page_of(found.sorted_by(column), _KEYS[column], arguments)
    call.rows += len(page.nodes)
    call.show_orders(page.nodes)
    return page


def orders_count(_source: None, arguments: Arguments, call: Call) -> Counted:
    limit = arguments.get("limit")
    found = _found("ordersCount", arguments.get("query"), call).count(None if limit is None else max(0, limit) + 1)
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


def _found(root: str, query: str | None, call: Call) -> FoundOrders:
    return call.world.orders([_condition(term, call) for term in known_terms(root, query, SEARCHED, call)])


def _condition(term: Term, call: Call) -> Condition:
    if (column := _TIMES.get(term.field)) is not None:
        return order_search.between(column, *time_bounds(term, call))
    match term.field:
        case "id":
            return order_search.between("id", *number_bounds(term))
        case "status":
            return _status_condition(term.value)
        case "fulfillment_status":  # fulfilments are not simulated
            return ANY if term.value in ("any", "unfulfilled", "unshipped") else NEVER
    return _word_condition(term, *text_pattern(term))


def _word_condition(term: Term, wanted: str, prefix: bool) -> Condition:
    match term.field:
        case "name":
            return order_search.name(wanted, prefix=prefix)
        case "financial_status":
            return ANY if term.value == "any" else order_search.status(wanted, prefix=prefix)
    return order_search.sku(wanted, prefix=prefix)


def _status_condition(status: str) -> Condition:
    match status:
        case "open" | "not_closed":
            return order_search.closed(False)
        case "closed" | "cancelled":
            return order_search.closed(True)
    return ANY


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
