"""The own store's orders, their refunds and their fulfilments. An order has the shape that webhooks show."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from stockstorm.simulator.api.admin.base.pages import Key
from stockstorm.simulator.api.admin.base.views import gid
from stockstorm.simulator.api.admin.resolvers.orders import endings
from stockstorm.simulator.api.rest.call import Refused, RestCall, required
from stockstorm.simulator.api.rest.pages import page, take_page_info
from stockstorm.simulator.api.rest.resources.bodies import chosen, chosen_each, is_whole, objects, refused_by
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.events.encoding import amount, derived_id
from stockstorm.simulator.events.order_sums import refund_total
from stockstorm.simulator.limits import ATTACHED_KB_MAX
from stockstorm.simulator.model import Order, Refund, RefundLine
from stockstorm.simulator.shop import order_search
from stockstorm.simulator.shop.order_search import ANY, NEVER, Column, Condition, Conditions

_FAR: Final = 1 << 62
_TIMES: Final[dict[str, Column]] = {
    "created_at": "created_ns",
    "processed_at": "created_ns",  # the same instant in this shop
    "updated_at": "updated_ns",
}
_SORTS: Final[dict[str, Column]] = {**_TIMES, "id": "id"}
_STATUSES: Final[dict[str, Condition]] = {
    "open": order_search.closed(False),
    "closed": order_search.closed(True),
    "cancelled": order_search.cancelled(),
    "any": ANY,
}
# Shopify's value of `fulfillment_status` → the states of an order that it means.
_SHIPPED: Final[dict[str, tuple[str, ...]]] = {
    "shipped": ("fulfilled",),
    "partial": ("partial",),
    "unshipped": ("unfulfilled",),
    "unfulfilled": ("unfulfilled", "partial"),
}
REASONS: Final = ("customer", "inventory", "fraud", "declined", "other", "staff")
RESTOCK_TYPES: Final = (None, "no_restock", "cancel", "return", "legacy_restock")
UNPLAYED_FILTERS: Final = ("attribution_app_id", "customer_id", "tag", "source_name")


def orders(call: RestCall) -> tuple[int, object]:
    cursor = take_page_info(call)
    column, descending = _sort(call)
    rows = call.world.orders(list(_conditions(call))).sorted_by(column)
    found = page(call, cursor, rows, lambda order: _key(order, column), descending=descending, fitting=_fitting)
    call.show_orders(found)
    return 200, {"orders": chosen_each(call, [call.payloads.orders.body(order) for order in found])}


def _fitting(found: Sequence[Order]) -> int:
    """How many of these orders fit into one answer, with what their buyers attached. Such an order is a megabyte."""
    left = ATTACHED_KB_MAX
    for place, each in enumerate(found):
        left -= each.large_kb
        if left < 0:
            return max(1, place)
    return len(found)


def count(call: RestCall) -> tuple[int, object]:
    return 200, {"count": call.world.orders(list(_conditions(call))).count()}


def order(call: RestCall) -> tuple[int, object]:
    return 200, {"order": chosen(call, call.payloads.orders.body(_order(call)))}


def refunds(call: RestCall) -> tuple[int, object]:
    found = call.payloads.refunds.bodies(_order(call))[: call.limit()]
    return 200, {"refunds": chosen_each(call, list(found))}


def refund(call: RestCall) -> tuple[int, object]:
    order, number = _order(call), call.ids[1]
    found = call.found("Refund", number, next((each for each in order.refunds if each.refund_id == number), None))
    return 200, {"refund": chosen(call, call.payloads.refunds.body(order, found))}


def fulfillments(call: RestCall) -> tuple[int, object]:
    return 200, {"fulfillments": list(call.payloads.orders.body(_order(call)).fulfillments)}


def fulfillment_count(call: RestCall) -> tuple[int, object]:
    return 200, {"count": len(call.payloads.orders.body(_order(call)).fulfillments)}


def _order(call: RestCall) -> Order:
    number = call.ids[0]
    found = call.found("Order", number, call.world.order_by_id(number))
    call.rows += 1
    call.show_orders([found])
    return found


# -- endings -------------------------------------------------------------------------------------------------------


def cancel(call: RestCall) -> tuple[int, object]:
    """The order cancelled. Without an amount or a refund no money goes back, and without `restock` no units."""
    old = _order(call)
    reason = call.value("reason") or "other"
    if reason not in REASONS:
        raise Refused(422, {"reason": [f"must be one of {', '.join(REASONS)}"]})
    arguments = {
        "orderId": gid("Order", old.order_id),
        "reason": str(reason).upper(),
        "restock": call.value("restock") in (True, "true"),
        "refund": bool(call.value("amount") or call.value("refund")),
        "staffNote": None,
    }
    payload = endings.cancel(None, arguments, call)
    if payload.errors:
        raise Refused(422, {"base": [error.message for error in payload.errors]})
    body = call.payloads.orders.body(call.world.order_by_id(old.order_id) or old)
    return 200, {"notice": "Order has been canceled", "order": body}


def create_refund(call: RestCall) -> tuple[int, object]:
    """Units given back, and money. REST has no idempotency keys: a call that is sent again refunds again."""
    old = _order(call)
    payload = endings.refund_once(_refund_input(call, old), call)
    if payload.refund is None:
        raise refused_by(payload.errors, {"lineItemId": "line_item_id", "restockType": "restock_type"})
    return 201, {"refund": call.payloads.refunds.body(payload.refund.order, payload.refund.refund)}


def calculate_refund(call: RestCall) -> tuple[int, object]:
    """What the units of the lines would bring back. Nothing changes."""
    old = _order(call)
    given = _refund_input(call, old)
    lines, errors = endings.refund_lines(given["refundLineItems"], old, call.catalogue)
    if errors:
        raise refused_by(errors, {"lineItemId": "line_item_id", "restockType": "restock_type"})
    minor = refund_total(old, Refund(0, call.now_ns, tuple(lines), restock=False))
    prices = {line.line_id: line.price_minor for line in old.lines}
    rows = [
        {
            "quantity": line.quantity,
            "line_item_id": line.line_id,
            "location_id": line.location_id or None,
            "restock_type": restock.lower(),
            "price": amount(prices[line.line_id]),
            "subtotal": amount(prices[line.line_id] * line.quantity),
        }
        for line, restock in _with_types(lines, given["refundLineItems"])
    ]
    money = {
        "order_id": old.order_id,
        "kind": "suggested_refund",
        "gateway": "shopify_payments",
        "parent_id": derived_id("transaction", old.order_id),
        "amount": amount(minor),
        "currency": call.world.config.shop.currency,
        "maximum_refundable": amount(minor),
    }
    shipping = {"amount": "0.00", "tax": "0.00", "maximum_refundable": "0.00"}
    transactions = [money] if minor and old.paid_ns is not None else []
    return 200, {"refund": {"shipping": shipping, "refund_line_items": rows, "transactions": transactions}}


def _with_types(lines: list[RefundLine], rows: list[dict[str, Any]]) -> Iterator[tuple[RefundLine, str]]:
    """Each line with the restock type of its row. A row has several lines if its units came from several locations."""
    pending = iter(lines)
    for row in rows:
        left = row["quantity"]
        while left > 0:
            line = next(pending)
            left -= line.quantity
            yield line, row["restockType"]


def _refund_input(call: RestCall, old: Order) -> dict[str, Any]:
    """The refund as GraphQL's input has it."""
    given = call.resource("refund")
    rows = objects(given.get("refund_line_items"), "refund_line_items")
    money = objects(given.get("transactions"), "transactions")
    if given.get("shipping"):
        raise call.unplayed_here("field", "refund.shipping")
    note = given.get("note")
    return {
        "orderId": gid("Order", old.order_id),
        "refundLineItems": [_refund_row(row) for row in rows],
        "transactions": [{"amount": str(each.get("amount", "0"))} for each in money],
        "note": note if isinstance(note, str) else "",
    }


def _refund_row(row: dict[str, Any]) -> dict[str, Any]:
    number, quantity, restock = row.get("line_item_id"), row.get("quantity", 0), row.get("restock_type")
    location = row.get("location_id")
    if not is_whole(number) or not is_whole(quantity) or restock not in RESTOCK_TYPES:
        raise required("refund_line_items")
    if location is not None and not is_whole(location):
        raise required("refund_line_items")
    return {
        "lineItemId": gid("LineItem", number),
        "quantity": quantity,
        "restockType": "NO_RESTOCK" if restock is None else str(restock).upper(),
        "locationId": None if location is None else gid("Location", location),
    }


# -- filters and order ---------------------------------------------------------------------------------------------


def _conditions(call: RestCall) -> Iterator[Condition]:
    call.without(*UNPLAYED_FILTERS)
    yield _STATUSES.get(call.text("status") or "open", ANY)
    if (shipped := call.text("fulfillment_status")) not in ("", "any"):
        states = [order_search.shipped(each) for each in _SHIPPED.get(shipped, ())]
        yield Conditions().some(states) if states else NEVER
    if (status := call.text("financial_status")) not in ("", "any"):
        yield order_search.status("pending" if status == "unpaid" else status, prefix=False)
    if numbers := call.id_list("ids"):
        yield order_search.one_of(numbers)
    if (since := call.whole("since_id")) is not None:
        yield order_search.between("id", since + 1, _FAR)
    if name := call.text("name"):
        of_app = order_search.word("name", name.casefold(), prefix=False)  # the app may name its own orders
        yield Conditions().some([order_search.name(name, prefix=False), of_app])
    for name, column in _TIMES.items():
        low, high = call.moment(f"{name}_min"), call.moment(f"{name}_max")
        if low is not None or high is not None:
            yield order_search.between(
                column, -_FAR if low is None else low, _FAR if high is None else high + SECOND_NS
            )


def _sort(call: RestCall) -> tuple[Column, bool]:
    """The newest first, or by id after `since_id`, or as `order` says: "updated_at asc"."""
    if not (text := call.text("order").lower()):
        return ("id", False) if call.text("since_id") else ("created_ns", True)
    name, _, direction = text.partition(" ")
    if name not in _SORTS:
        raise call.unplayed_here("sort key", "of orders by another column than " + ", ".join(_SORTS))
    if direction not in ("", "asc", "desc"):
        raise Refused(400, {"order": "order must be a column and asc or desc"})
    return _SORTS[name], direction != "asc"


def _key(order: Order, column: Column) -> Key:
    match column:
        case "id":
            return order.order_id, order.order_id
        case "updated_ns":
            return order.updated_ns, order.order_id
    return order.created_ns, order.order_id
