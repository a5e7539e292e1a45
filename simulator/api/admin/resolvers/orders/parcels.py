"""Fulfilments and fulfilment orders. Each order has one fulfilment order, with the order's number as its id."""

from typing import Any, ClassVar, Final, NamedTuple

import msgspec

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.pages import Page, page_of
from stockstorm.simulator.api.admin.base.views import LineView, Location, Money, UserError, Variant, gid, number_of
from stockstorm.simulator.api.not_played import not_played
from stockstorm.simulator.events.order_sums import due_units, order_name, refunded_units, remaining_units
from stockstorm.simulator.model import Fulfilment, Order, OrderLine, Product

FULFILLMENT: Final = ("fulfillment",)  # the field of each recorded refusal


class Parcel(msgspec.Struct, frozen=True):
    """A fulfilment with its order."""

    graphql_type: ClassVar[str] = "Fulfillment"
    order: Order
    fulfilment: Fulfilment


class ParcelLine(NamedTuple):
    """Units of one line in a parcel."""

    parcel: Parcel
    line: OrderLine
    units: int


class Work(msgspec.Struct, frozen=True):
    """The fulfilment order of an order."""

    graphql_type: ClassVar[str] = "FulfillmentOrder"
    order: Order


class WorkLine(NamedTuple):
    """A line of a fulfilment order."""

    order: Order
    line: OrderLine


class ParcelPayload(msgspec.Struct, frozen=True):
    """What fulfillmentCreate answers."""

    parcel: Parcel | None = None
    errors: tuple[UserError, ...] = ()


def of_order(order: Order) -> list[Parcel]:
    """All parcels, oldest first."""
    return [Parcel(order, each) for each in order.fulfilments]


def parcel(_source: None, arguments: Arguments, call: Call) -> Parcel | None:
    number = number_of("Fulfillment", arguments["id"])
    order = None if number is None else call.world.order_by_parcel(number)
    if order is None:
        return None
    call.rows += 1
    call.show_orders([order])
    return next((each for each in of_order(order) if each.fulfilment.fulfilment_id == number), None)


def fulfilment_order(_source: None, arguments: Arguments, call: Call) -> Work | None:
    order = _order_of(arguments["id"], call)
    if order is not None:
        call.rows += 1
        call.show_orders([order])
    return None if order is None else Work(order)


def orders_of(order: Order, arguments: Arguments, _call: Call) -> Page[Work]:
    if arguments.get("query"):
        raise not_played("search term", "a search of Order.fulfillmentOrders")
    return page_of([Work(order)], lambda row: (row.order.order_id, row.order.order_id), arguments)


def _order_of(text: str, call: Call) -> Order | None:
    number = number_of("FulfillmentOrder", text)
    return None if number is None else call.world.order_by_id(number)


def due_of(order: Order, line: OrderLine) -> int:
    """Units of a line that are still to be shipped."""
    return due_units(order).get(line.line_id, 0)


# -- fulfillmentCreate ---------------------------------------------------------------------------------------------


def create(_source: None, arguments: Arguments, call: Call) -> ParcelPayload:
    """A parcel of the given lines, or of all that is due."""
    given = arguments["fulfillment"]
    groups = given["lineItemsByFulfillmentOrder"]
    orders = {number_of("FulfillmentOrder", each["fulfillmentOrderId"]) for each in groups}
    order = _order_of(groups[0]["fulfillmentOrderId"], call) if len(orders) == 1 else None
    if order is None:
        text = (
            "Fulfillment order does not exist." if len(orders) == 1 else "All fulfillment orders must be of one order."
        )
        return _refused(UserError(FULFILLMENT, text), call)
    lines = _wanted(groups, order)
    if isinstance(lines, UserError):
        return _refused(lines, call)
    tracking = given.get("trackingInfo") or {}
    number = tracking.get("number") or next(iter(tracking.get("numbers") or ()), None)
    url = tracking.get("url") or next(iter(tracking.get("urls") or ()), None)
    made = Fulfilment(call.world.next_parcel(), call.now_ns, lines, tracking.get("company"), number, url)
    order, changes = call.world.order_writes.fulfil(order, made, request=call.request, now_ns=call.now_ns)
    call.rows += 1
    call.changed(changes)
    return ParcelPayload(Parcel(order, made))


def _wanted(groups: list[dict[str, Any]], order: Order) -> tuple[tuple[int, int], ...] | UserError:
    by_id = {line.line_id: line for line in order.lines}
    units: dict[int, int] = {}
    for group in groups:
        rows = group.get("fulfillmentOrderLineItems")
        if not rows:
            units |= due_units(order)
            continue
        for row in rows:
            number = number_of("FulfillmentOrderLineItem", row["id"])
            if number not in by_id:
                return UserError(FULFILLMENT, "Fulfillment order line item does not exist.")
            units[number] = units.get(number, 0) + row["quantity"]
    if any(count < 0 or count > due_of(order, by_id[number]) for number, count in units.items()):
        return UserError(FULFILLMENT, "Invalid fulfillment order line item quantity requested.")
    wanted = tuple((number, count) for number, count in units.items() if count)
    if not wanted:
        return UserError(FULFILLMENT, f"Fulfillment order {order.order_id} has an unfulfillable status= closed.")
    return wanted


def _refused(error: UserError, call: Call) -> ParcelPayload:
    call.refuse([error.message])
    return ParcelPayload(errors=(error,))


# -- fields --------------------------------------------------------------------------------------------------------


def line_view(order: Order, line: OrderLine, call: Call) -> LineView:
    """A line as LineItem shows it."""
    refunded = refunded_units(order).get(line.line_id, 0)
    return LineView(order, line, call.catalogue.by_sku[line.sku], refunded)


def _parcel_lines(row: Parcel, arguments: Arguments, _call: Call) -> Page[ParcelLine]:
    by_id = {line.line_id: line for line in row.order.lines}
    rows = [ParcelLine(row, by_id[number], units) for number, units in row.fulfilment.lines]
    return page_of(sorted(rows, key=_line_key), _line_key, arguments)


def _line_key(row: ParcelLine | WorkLine) -> tuple[int, int]:
    return row.line.line_id, row.line.line_id


def _tracking(row: Parcel, _arguments: Arguments, _call: Call) -> list[Fulfilment]:
    made = row.fulfilment
    return [made] if made.number or made.url or made.company else []


def _work_lines(row: Work, arguments: Arguments, _call: Call) -> Page[WorkLine]:
    return page_of([WorkLine(row.order, line) for line in row.order.lines], _line_key, arguments)


def _work_status(row: Work, _arguments: Arguments, _call: Call) -> str:
    if any(due_units(row.order).values()):
        return "IN_PROGRESS" if row.order.fulfilments else "OPEN"
    return "CLOSED"


def _location(row: Work | Parcel, call: Call) -> Location:
    return call.state.locations[_product(row.order.lines[0], call).location_id]


def _product(line: OrderLine, call: Call) -> Product:
    return call.catalogue.by_sku[line.sku]


PARCEL: Final[dict[str, Resolver]] = {
    "id": lambda row, _arguments, _call: gid("Fulfillment", row.fulfilment.fulfilment_id),
    "legacyResourceId": lambda row, _arguments, _call: str(row.fulfilment.fulfilment_id),
    "name": lambda row, _arguments, _call: f"{order_name(row.order)}.{row.order.fulfilments.index(row.fulfilment) + 1}",
    "status": lambda _row, _arguments, _call: "SUCCESS",
    "displayStatus": lambda _row, _arguments, _call: "FULFILLED",
    "createdAt": lambda row, _arguments, call: call.time_text(row.fulfilment.at_ns),
    "updatedAt": lambda row, _arguments, call: call.time_text(row.fulfilment.at_ns),
    "totalQuantity": lambda row, _arguments, _call: sum(units for _, units in row.fulfilment.lines),
    "requiresShipping": lambda _row, _arguments, _call: True,
    "location": lambda row, _arguments, call: _location(row, call),
    "trackingInfo": _tracking,
    "fulfillmentLineItems": _parcel_lines,
    "order": lambda row, _arguments, _call: row.order,
}
TRACKING: Final[dict[str, Resolver]] = {
    "company": lambda row, _arguments, _call: row.company,
    "number": lambda row, _arguments, _call: row.number,
    "url": lambda row, _arguments, _call: row.url,
}
PARCEL_LINE: Final[dict[str, Resolver]] = {
    "id": lambda row, _args, _call: gid("FulfillmentLineItem", row.line.line_id + row.parcel.fulfilment.fulfilment_id),
    "lineItem": lambda row, _arguments, call: line_view(row.parcel.order, row.line, call),
    "quantity": lambda row, _arguments, _call: row.units,
    "originalTotalSet": lambda row, _arguments, _call: Money(row.line.price_minor * row.units),
    "discountedTotalSet": lambda row, _arguments, _call: Money(row.line.price_minor * row.units),
}
WORK: Final[dict[str, Resolver]] = {
    "id": lambda row, _arguments, _call: gid("FulfillmentOrder", row.order.order_id),
    "orderId": lambda row, _arguments, _call: gid("Order", row.order.order_id),
    "orderName": lambda row, _arguments, _call: order_name(row.order),
    "orderProcessedAt": lambda row, _arguments, call: call.time_text(row.order.created_ns),
    "status": _work_status,
    "requestStatus": lambda _row, _arguments, _call: "UNSUBMITTED",
    "createdAt": lambda row, _arguments, call: call.time_text(row.order.created_ns),
    "updatedAt": lambda row, _arguments, call: call.time_text(row.order.updated_ns),
    "order": lambda row, _arguments, _call: row.order,
    "lineItems": _work_lines,
    "assignedLocation": lambda row, _arguments, call: _location(row, call),
    "fulfillments": lambda row, arguments, _call: page_of(
        of_order(row.order), lambda each: (each.fulfilment.at_ns, each.fulfilment.fulfilment_id), arguments
    ),
}
WORK_LINE: Final[dict[str, Resolver]] = {
    "id": lambda row, _arguments, _call: gid("FulfillmentOrderLineItem", row.line.line_id),
    "lineItem": lambda row, _arguments, call: line_view(row.order, row.line, call),
    "inventoryItemId": lambda row, _arguments, call: gid("InventoryItem", _product(row.line, call).inventory_item_id),
    "sku": lambda row, _arguments, _call: row.line.sku,
    "variant": lambda row, _arguments, call: Variant(_product(row.line, call)),
    "productTitle": lambda row, _arguments, call: _product(row.line, call).title,
    "requiresShipping": lambda _row, _arguments, _call: True,
    "totalQuantity": lambda row, _arguments, _call: remaining_units(row.order, row.line, refunded_units(row.order)),
    "remainingQuantity": lambda row, _arguments, _call: due_of(row.order, row.line),
}
ASSIGNED: Final[dict[str, Resolver]] = {
    "name": lambda location, _arguments, _call: f"Warehouse {location.index}",
    "countryCode": lambda _location, _arguments, _call: "GB",
    "location": lambda location, _arguments, _call: location,
}
PAYLOAD: Final[dict[str, Resolver]] = {
    "fulfillment": lambda payload, _arguments, _call: payload.parcel,
    "userErrors": lambda payload, _arguments, _call: payload.errors,
}
