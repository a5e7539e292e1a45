"""Queries on the own store's orders: search, sort, page."""

from collections.abc import Callable
from typing import Final

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.pages import Key, Page, keyed_page_of
from stockstorm.simulator.api.admin.base.search import searched
from stockstorm.simulator.api.admin.base.views import Counted, number_of
from stockstorm.simulator.api.admin.resolvers.orders import endings, parcels, people
from stockstorm.simulator.api.admin.resolvers.orders.searches import order_plays
from stockstorm.simulator.api.not_played import not_played
from stockstorm.simulator.model import Order
from stockstorm.simulator.shop.order_search import Column, Conditions, FoundOrders, buyers

COUNTED_MAX: Final = 10_000
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
    column = _column(arguments["sortKey"])
    found = _found("orders", arguments.get("query"), call)
    page = keyed_page_of(found.sorted_by(column), _KEYS[column], arguments)
    call.rows += len(page.nodes)
    call.show_orders(page.nodes)
    return page


def _column(sort: str) -> Column:
    column = _SORTS.get(sort)
    if column is None:
        raise not_played("sort key", f"{sort} of orders")
    return column


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


def order_by_identifier(_source: None, arguments: Arguments, call: Call) -> Order | None:
    number = arguments["identifier"].get("id")
    return None if number is None else order(None, {"id": number}, call)


def _found(root: str, query: str | None, call: Call) -> FoundOrders:
    condition = searched(root, query, order_plays(call), Conditions(), call)
    return call.world.orders([] if condition is None else [condition])


def customer_orders(source: people.Customer, arguments: Arguments, call: Call) -> Page[Order]:
    """A page of the orders of one customer."""
    column = _column(arguments["sortKey"])
    conditions = [buyers([] if source.buyer is None else [source.buyer])]
    if (more := searched("orders", arguments.get("query"), order_plays(call), Conditions(), call)) is not None:
        conditions.append(more)
    page = keyed_page_of(call.world.orders(conditions).sorted_by(column), _KEYS[column], arguments)
    call.rows += len(page.nodes)
    call.show_orders(page.nodes)
    return page


def customer_orders_count(source: people.Customer, _arguments: Arguments, call: Call) -> str:
    return str(call.world.orders([buyers([] if source.buyer is None else [source.buyer])]).count(COUNTED_MAX))


QUERIES: Final[dict[str, Resolver]] = {
    "order": order,
    "orders": orders,
    "ordersCount": orders_count,
    "customer": people.customer,
    "fulfillment": parcels.parcel,
    "fulfillmentOrder": parcels.fulfilment_order,
    "job": endings.job,
    "orderByIdentifier": order_by_identifier,
}
