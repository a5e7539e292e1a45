"""Customers and addresses: a buyer of the shop, or what the subject gave of the buyer of its own order."""

from typing import ClassVar, Final, NamedTuple

import msgspec

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.views import gid, number_of
from stockstorm.simulator.api.admin.resolvers.products.metafields import metafields_of
from stockstorm.simulator.events.encoding import derived_id
from stockstorm.simulator.events.metafields import customer_metafields
from stockstorm.simulator.events.people_payload import CUSTOMER_SINCE
from stockstorm.simulator.model import Address, Buyer, Order


class MailingAddress(NamedTuple):
    """An address with its id. Only a buyer's has a place on the map."""

    address_id: int
    address: Address
    latitude: float | None = None
    longitude: float | None = None


class Customer(msgspec.Struct, frozen=True):
    """A customer. `buyer` is the place in the pool of buyers; None for the buyer of an order of the subject."""

    graphql_type: ClassVar[str] = "Customer"
    customer_id: int
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    buyer: int | None
    address: MailingAddress | None


def customer(_source: None, arguments: Arguments, call: Call) -> Customer | None:
    number = number_of("Customer", arguments["id"])
    found = [index for index, buyer in enumerate(call.catalogue.buyers) if buyer.customer_id == number]
    call.rows += len(found)
    return _customer(call.catalogue.buyers[found[0]], found[0]) if found else None


def customer_of(row: Order, call: Call) -> Customer | None:
    """Who placed an order; None where nobody is known."""
    written = row.written
    if written is None:
        return _customer(call.catalogue.buyers[row.buyer], row.buyer) if row.buyer >= 0 else None
    if not (written.email or written.first_name or written.last_name):
        return None
    number = derived_id("customer", row.order_id)
    address = address_of(row, call)
    return Customer(number, written.first_name, written.last_name, written.email, written.phone, None, address)


def address_of(row: Order, call: Call) -> MailingAddress | None:
    """Where an order goes."""
    if row.written is None:
        return _address(call.catalogue.buyers[row.buyer]) if row.buyer >= 0 else None
    address = row.written.address
    return None if address is None else MailingAddress(derived_id("address", row.order_id), address)


def email_of(row: Order, call: Call) -> str | None:
    if row.written is not None:
        return row.written.email
    return call.catalogue.buyers[row.buyer].email if row.buyer >= 0 else None


def phone_of(row: Order, call: Call) -> str | None:
    if row.written is not None:
        return row.written.phone
    return call.catalogue.buyers[row.buyer].phone if row.buyer >= 0 else None


def _customer(buyer: Buyer, index: int) -> Customer:
    number, first, last = buyer.customer_id, buyer.first_name, buyer.last_name
    return Customer(number, first, last, buyer.email, buyer.phone, index, _address(buyer))


def _address(buyer: Buyer) -> MailingAddress:
    address = Address(
        first_name=buyer.first_name,
        last_name=buyer.last_name,
        company=buyer.company,
        address1=buyer.address1,
        address2=buyer.address2,
        city=buyer.city,
        province=buyer.province,
        province_code=buyer.province_code,
        zip=buyer.zip,
        country=buyer.country,
        country_code=buyer.country_code,
        phone=buyer.phone,
    )
    return MailingAddress(derived_id("address", buyer.customer_id), address, buyer.latitude, buyer.longitude)


def _full_name(first: str | None, last: str | None) -> str | None:
    return " ".join(filter(None, (first, last))) or None


def _formatted(row: MailingAddress, arguments: Arguments, _call: Call) -> list[str]:
    address = row.address
    name = _full_name(address.first_name, address.last_name) if arguments["withName"] else None
    company = address.company if arguments["withCompany"] else None
    place = " ".join(filter(None, (address.city, address.zip)))
    return [text for text in (name, company, address.address1, address.address2, place, address.country) if text]


def _area(row: MailingAddress, _arguments: Arguments, _call: Call) -> str | None:
    return ", ".join(filter(None, (row.address.city, row.address.country))) or None


def _since(_row: Customer, _arguments: Arguments, _call: Call) -> str:
    return CUSTOMER_SINCE


def _display_name(row: Customer, _arguments: Arguments, _call: Call) -> str:
    return _full_name(row.first_name, row.last_name) or row.email or ""


CUSTOMER: Final[dict[str, Resolver]] = {
    "id": lambda row, _arguments, _call: gid("Customer", row.customer_id),
    "legacyResourceId": lambda row, _arguments, _call: str(row.customer_id),
    "firstName": lambda row, _arguments, _call: row.first_name,
    "lastName": lambda row, _arguments, _call: row.last_name,
    "displayName": _display_name,
    "email": lambda row, _arguments, _call: row.email,
    "phone": lambda row, _arguments, _call: row.phone,
    "note": lambda _row, _arguments, _call: None,
    "tags": lambda _row, _arguments, _call: [],
    "taxExempt": lambda _row, _arguments, _call: False,
    "verifiedEmail": lambda row, _arguments, _call: row.buyer is not None,
    "locale": lambda _row, _arguments, _call: "en-GB",
    "createdAt": _since,
    "updatedAt": _since,
    "defaultAddress": lambda row, _arguments, _call: row.address,
    "defaultEmailAddress": lambda row, _arguments, _call: row.email,
    "defaultPhoneNumber": lambda row, _arguments, _call: row.phone,
    "addresses": lambda row, _arguments, _call: [] if row.address is None else [row.address],
    **metafields_of(lambda row: customer_metafields(row.customer_id)),
}
EMAIL: Final[dict[str, Resolver]] = {
    "emailAddress": lambda text, _arguments, _call: text,
    "validFormat": lambda text, _arguments, _call: "@" in text,
}
PHONE: Final[dict[str, Resolver]] = {"phoneNumber": lambda text, _arguments, _call: text}
ADDRESS: Final[dict[str, Resolver]] = {
    "id": lambda row, _arguments, _call: f"{gid('MailingAddress', row.address_id)}?model_name=Address",
    "firstName": lambda row, _arguments, _call: row.address.first_name,
    "lastName": lambda row, _arguments, _call: row.address.last_name,
    "name": lambda row, _arguments, _call: _full_name(row.address.first_name, row.address.last_name),
    "company": lambda row, _arguments, _call: row.address.company,
    "address1": lambda row, _arguments, _call: row.address.address1,
    "address2": lambda row, _arguments, _call: row.address.address2,
    "city": lambda row, _arguments, _call: row.address.city,
    "province": lambda row, _arguments, _call: row.address.province,
    "provinceCode": lambda row, _arguments, _call: row.address.province_code,
    "zip": lambda row, _arguments, _call: row.address.zip,
    "country": lambda row, _arguments, _call: row.address.country,
    "countryCodeV2": lambda row, _arguments, _call: row.address.country_code,
    "phone": lambda row, _arguments, _call: row.address.phone,
    "latitude": lambda row, _arguments, _call: row.latitude,
    "longitude": lambda row, _arguments, _call: row.longitude,
    "formatted": _formatted,
    "formattedArea": _area,
}
