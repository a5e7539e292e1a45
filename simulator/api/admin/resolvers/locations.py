"""Locations, and the states that stock is in."""

from collections.abc import Callable, Sequence
from typing import Final

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.other_stock import ON_HAND
from stockstorm.simulator.api.admin.base.pages import Page, page_of
from stockstorm.simulator.api.admin.base.search import (
    Plays,
    Predicates,
    counted,
    listed,
    number_bounds,
    searched,
    text_test,
)
from stockstorm.simulator.api.admin.base.views import QUANTITY_NAMES, Counted, Location, address_of, gid, number_of
from stockstorm.simulator.api.admin.resolvers.products.metafields import metafields_of
from stockstorm.simulator.api.admin.resolvers.stock import created_at, item_of, level_key, updated_levels
from stockstorm.simulator.model import Level, Product
from stockstorm.simulator.searching import DEFAULT, Term

COUNTED: Final = ("available", "committed", *sorted(ON_HAND))  # states that on_hand is the sum of


def locations(_source: None, arguments: Arguments, call: Call) -> Page[Location]:
    test = searched("locations", arguments.get("query"), _LOCATION_SEARCH, Predicates(), call)
    rows = [each for each in call.state.locations.values() if test is None or test(each)]
    return page_of(rows, lambda row: (row.index, row.location_id), arguments)


def locations_count(_source: None, arguments: Arguments, call: Call) -> Counted:
    test = searched("locationsCount", arguments.get("query"), _LOCATION_SEARCH, Predicates(), call)
    found = sum(test is None or test(each) for each in call.state.locations.values())
    return counted(found, arguments.get("limit"))


def location(_source: None, arguments: Arguments, call: Call) -> Location | None:
    """A location by its id. Without an id, the shop's first location."""
    if arguments.get("id") is None:
        return next(iter(call.state.locations.values()))
    number = number_of("Location", arguments["id"])
    return None if number is None else call.state.locations.get(number)


def _location_name(term: Term) -> Callable[[Location], bool]:
    test = text_test(term)
    return lambda location: test(f"Warehouse {location.index}")


def _location_id(term: Term) -> Callable[[Location], bool]:
    bounds = [number_bounds(each) for each in listed(term)]
    return lambda location: any(each.holds(location.location_id) for each in bounds)


def _location_active(term: Term) -> Callable[[Location], bool]:
    """All of them are."""
    wanted = term.value.casefold() == "true"
    return lambda _location: wanted


_LOCATION_SEARCH: Final[Plays[Callable[[Location], bool]]] = {
    DEFAULT: _location_name,
    "name": _location_name,
    "id": _location_id,
    "ids": _location_id,
    "location_id": _location_id,
    "active": _location_active,
}


def _location_level(location: Location, arguments: Arguments, call: Call) -> Level | None:
    product = item_of(arguments["inventoryItemId"], call)
    return None if product is None else call.world.level(product.inventory_item_id, location.location_id)


def _at(products: Sequence[Product], location_id: int, call: Call) -> list[Level]:
    found = [call.world.level(product.inventory_item_id, location_id) for product in products]
    return [level for level in found if level is not None]


def _location_levels(location: Location, arguments: Arguments, call: Call) -> Page[Level]:
    items, place = call.world.stocked_at(location.location_id), location.location_id
    if arguments.get("query"):
        page = page_of(updated_levels(_at(items, place, call), arguments, call), level_key, arguments)
    else:  # page first, so that the time does not depend on the size of the catalogue
        found = page_of(items, lambda product: (product.inventory_item_id, place), arguments)
        page = Page(_at(found.nodes, place, call), level_key, found.has_next, found.has_previous)
    call.rows += len(page.nodes)
    return page


def inventory_properties(_source: None, _arguments: Arguments, _call: Call) -> object:
    return QUANTITY_NAMES


LOCATION: dict[str, Resolver] = {
    "id": lambda location, _arguments, _call: gid("Location", location.location_id),
    "legacyResourceId": lambda location, _arguments, _call: str(location.location_id),
    "name": lambda location, _arguments, _call: f"Warehouse {location.index}",
    "isActive": lambda _location, _arguments, _call: True,
    "isPrimary": lambda location, _arguments, _call: location.index == 1,
    "fulfillsOnlineOrders": lambda _location, _arguments, _call: True,
    "hasActiveInventory": lambda location, _arguments, call: bool(call.world.stocked_at(location.location_id)),
    "shipsInventory": lambda _location, _arguments, _call: True,
    "address": lambda location, _arguments, _call: address_of(location),
    "addressVerified": lambda _location, _arguments, _call: True,
    "fulfillmentService": lambda _location, _arguments, _call: None,  # all are the merchant's own
    "isFulfillmentService": lambda _location, _arguments, _call: False,
    **metafields_of(lambda _location: []),
    "createdAt": created_at,
    "updatedAt": created_at,
    "inventoryLevel": _location_level,
    "inventoryLevels": _location_levels,
}
ADDRESS: dict[str, Resolver] = {
    "address1": lambda address, _arguments, _call: address.address1,
    "address2": lambda address, _arguments, _call: address.address2,
    "city": lambda address, _arguments, _call: address.city,
    "country": lambda address, _arguments, _call: address.country,
    "countryCode": lambda address, _arguments, _call: address.country_code,
    "formatted": lambda address, _arguments, _call: [
        address.address1,
        f"{address.city} {address.zip}",
        address.country,
    ],
    "latitude": lambda _address, _arguments, _call: None,
    "longitude": lambda _address, _arguments, _call: None,
    "phone": lambda address, _arguments, _call: address.phone,
    "province": lambda address, _arguments, _call: address.province,
    "provinceCode": lambda address, _arguments, _call: address.province_code,
    "zip": lambda address, _arguments, _call: address.zip,
}
SERVICE: dict[str, Resolver] = dict.fromkeys(("id", "handle", "serviceName"), lambda _row, _arguments, _call: None)
PROPERTIES: dict[str, Resolver] = {"quantityNames": lambda _source, _arguments, _call: QUANTITY_NAMES}
QUANTITY_NAME: dict[str, Resolver] = {
    "name": lambda name, _arguments, _call: name,
    "displayName": lambda name, _arguments, _call: name.replace("_", " ").capitalize(),
    "belongsTo": lambda name, _arguments, _call: ["on_hand"] if name in COUNTED else [],
    "comprises": lambda name, _arguments, _call: COUNTED if name == "on_hand" else [],
    "isInUse": lambda _name, _arguments, _call: True,
}
