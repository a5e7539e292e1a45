"""How and where a fulfilment order is delivered, and what can be done with it."""

from typing import Final, NamedTuple

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.views import gid
from stockstorm.simulator.api.admin.resolvers.orders.parcels import Work
from stockstorm.simulator.api.admin.resolvers.orders.people import address_of, email_of
from stockstorm.simulator.events.encoding import derived_id
from stockstorm.simulator.events.line_shape import SHIPPING_CODE, SHIPPING_TITLE
from stockstorm.simulator.events.order_sums import due_units
from stockstorm.simulator.model import Address, Order


class Destination(NamedTuple):
    """Where an order goes, and to whom."""

    order: Order
    address: Address
    email: str | None


def _destination(row: Work, _arguments: Arguments, call: Call) -> Destination | None:
    found = address_of(row.order, call)
    return None if found is None else Destination(row.order, found.address, email_of(row.order, call))


def _actions(row: Work, _arguments: Arguments, _call: Call) -> list[str]:
    return ["CREATE_FULFILLMENT"] if any(due_units(row.order).values()) else []


WORK: Final[dict[str, Resolver]] = {
    "deliveryMethod": lambda row, _arguments, _call: row.order,
    "destination": _destination,
    "fulfillAt": lambda row, _arguments, call: call.time_text(row.order.created_ns),
    "fulfillBy": lambda _row, _arguments, _call: None,
    "supportedActions": _actions,
}
METHOD: Final[dict[str, Resolver]] = {
    "id": lambda order, _arguments, _call: gid("DeliveryMethod", derived_id("delivery", order.order_id)),
    "methodType": lambda order, _arguments, _call: "RETAIL" if order.origin == "pos" else "SHIPPING",
    "presentedName": lambda order, _arguments, _call: None if order.origin == "pos" else SHIPPING_TITLE,
    "serviceCode": lambda order, _arguments, _call: None if order.origin == "pos" else SHIPPING_CODE,
}
DESTINATION: Final[dict[str, Resolver]] = {
    "id": lambda row, _args, _call: gid("FulfillmentOrderDestination", derived_id("destination", row.order.order_id)),
    "address1": lambda row, _arguments, _call: row.address.address1,
    "address2": lambda row, _arguments, _call: row.address.address2,
    "city": lambda row, _arguments, _call: row.address.city,
    "company": lambda row, _arguments, _call: row.address.company,
    "countryCode": lambda row, _arguments, _call: row.address.country_code,
    "email": lambda row, _arguments, _call: row.email,
    "firstName": lambda row, _arguments, _call: row.address.first_name,
    "lastName": lambda row, _arguments, _call: row.address.last_name,
    "phone": lambda row, _arguments, _call: row.address.phone,
    "province": lambda row, _arguments, _call: row.address.province,
    "zip": lambda row, _arguments, _call: row.address.zip,
}
ACTION: Final[dict[str, Resolver]] = {
    "action": lambda action, _arguments, _call: action,
    "externalUrl": lambda _action, _arguments, _call: None,
}
