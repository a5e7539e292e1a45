"""The own store's orders, their refunds and their fulfilments. An order has the shape that webhooks show."""

from collections.abc import Iterator
from typing import Final

from stockstorm.simulator.api.admin.base.pages import Key
from stockstorm.simulator.api.rest.call import Refused, RestCall
from stockstorm.simulator.api.rest.pages import page, take_page_info
from stockstorm.simulator.api.rest.resources.bodies import chosen, chosen_each
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.model import Order
from stockstorm.simulator.shop import order_search
from stockstorm.simulator.shop.order_search import ANY, NEVER, Column, Condition

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
    "cancelled": order_search.closed(True),
    "any": ANY,
}
_UNSHIPPED: Final = frozenset({"", "any", "unshipped", "unfulfilled"})
UNPLAYED_FILTERS: Final = ("attribution_app_id", "customer_id", "tag", "source_name")


def orders(call: RestCall) -> tuple[int, object]:
    cursor = take_page_info(call)
    column, descending = _sort(call)
    rows = call.world.orders(list(_conditions(call))).sorted_by(column)
    found = page(call, cursor, rows, lambda order: _key(order, column), descending=descending)
    call.show_orders(found)
    return 200, {"orders": chosen_each(call, [call.payloads.orders.body(order) for order in found])}


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


# -- filters and order ---------------------------------------------------------------------------------------------


def _conditions(call: RestCall) -> Iterator[Condition]:
    call.without(*UNPLAYED_FILTERS)
    yield _STATUSES.get(call.text("status") or "open", ANY)
    yield ANY if call.text("fulfillment_status") in _UNSHIPPED else NEVER  # nothing is fulfilled in this shop
    if (status := call.text("financial_status")) not in ("", "any"):
        yield order_search.status("pending" if status == "unpaid" else status, prefix=False)
    if numbers := call.id_list("ids"):
        yield order_search.one_of(numbers)
    if (since := call.whole("since_id")) is not None:
        yield order_search.between("id", since + 1, _FAR)
    if name := call.text("name"):
        yield order_search.name(name, prefix=False)
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
