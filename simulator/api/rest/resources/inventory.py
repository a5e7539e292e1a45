"""Inventory levels and inventory items.

Writes have neither an idempotency key nor a comparison, as in Shopify: a call that is sent again counts again, and a
set overwrites what was written since the subject read.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

from stockstorm.simulator.api.admin.base.pages import Key
from stockstorm.simulator.api.admin.base.views import gid
from stockstorm.simulator.api.admin.resolvers.products import changes
from stockstorm.simulator.api.admin.resolvers.stock import level_gid
from stockstorm.simulator.api.rest.call import Refused, RestCall, required
from stockstorm.simulator.api.rest.pages import SortedRows, page, take_page_info
from stockstorm.simulator.api.rest.resources.bodies import Kind, chosen, chosen_each, fitting, refused_by
from stockstorm.simulator.events.product_payload import LISTED_SINCE, item_body
from stockstorm.simulator.limits import QUANTITY_MAX
from stockstorm.simulator.model import Level, Product
from stockstorm.simulator.versions import in_force
from stockstorm.simulator.world import LevelChange, LevelSet

ITEM_IDS_MAX: Final = 100  # in one call
LEVEL_IDS_MAX: Final = 50
# Fields of an inventory item that can be changed, by their names in GraphQL.
ITEM_NAMES: Final = {
    "cost": "cost",
    "sku": "sku",
    "tracked": "tracked",
    "requires_shipping": "requiresShipping",
    "country_code_of_origin": "countryCodeOfOrigin",
    "province_code_of_origin": "provinceCodeOfOrigin",
    "harmonized_system_code": "harmonizedSystemCode",
}
ITEM_KINDS: Final[dict[str, Kind]] = {
    "cost": "money",
    "sku": "text",
    "tracked": "flag",
    "requires_shipping": "flag",
    "country_code_of_origin": "text",
    "province_code_of_origin": "text",
    "harmonized_system_code": "text",
}
CHUNK: Final = 500  # products whose levels are read at once
# None of these texts is recorded.
_NOT_STOCKED: Final = "The inventory item is not stocked at this location"
_LAST: Final = "The inventory item must stay stocked at one location at least"
_COMMITTED: Final = "The inventory item has committed inventory at this location"  # as inventoryDeactivate refuses it
_NEITHER: Final = "Either inventory_item_ids or location_ids must be specified"


def level_body(call: RestCall, level: Level) -> dict[str, object]:
    """A level, which the answer then shows."""
    call.show_level(call.catalogue.by_item[level.inventory_item_id], level)
    return {
        "inventory_item_id": level.inventory_item_id,
        "location_id": level.location_id,
        "available": level.available,
        "updated_at": call.payloads.times.shop(level.updated_ns),
        "admin_graphql_api_id": level_gid(level, call),
    }


# -- reading -------------------------------------------------------------------------------------------------------


class _Levels:
    """Levels by item and location, read as far as a page needs them. `products` are sorted by their items."""

    def __init__(self, call: RestCall, products: Sequence[Product], locations: Iterable[int]) -> None:
        self._call, self._locations = call, sorted(locations)
        self._products = products if self._locations else ()
        self._since_ns = call.moment("updated_at_min")

    def between(self, low: Key | None, high: Key | None, limit: int, *, descending: bool = False) -> list[Level]:
        start = 0 if low is None else bisect_left(self._products, low[0], key=_item)
        end = len(self._products) if high is None else bisect_right(self._products, high[0], key=_item)
        order = -1 if descending else 1
        products, locations = self._products[start:end][::order], self._locations[::order]
        levels: list[Level] = []
        for first in range(0, len(products), CHUNK):  # a comprehension over many is several times faster than one each
            found = self._of(products[first : first + CHUNK], locations)
            levels += [level for level in found if _inside(level, low, high)]
            if len(levels) >= limit:
                break
        return levels[:limit]

    def _of(self, products: Sequence[Product], locations: Sequence[int]) -> list[Level]:
        level_of, since_ns = self._call.world.level, -1 if self._since_ns is None else self._since_ns
        return [
            level
            for product in products
            for location in locations
            if (level := level_of(product.inventory_item_id, location)) is not None and level.updated_ns >= since_ns
        ]


def _item(product: Product) -> int:
    return product.inventory_item_id


def _item_key(product: Product) -> Key:
    return product.inventory_item_id, product.inventory_item_id


def level_key(level: Level) -> Key:
    return level.inventory_item_id, level.location_id


def _inside(level: Level, low: Key | None, high: Key | None) -> bool:
    key = level_key(level)
    return (low is None or key > low) and (high is None or key < high)


def levels(call: RestCall) -> tuple[int, object]:
    cursor = take_page_info(call)
    items = call.id_list("inventory_item_ids", LEVEL_IDS_MAX)
    locations = call.id_list("location_ids", LEVEL_IDS_MAX)
    if not items and not locations:
        raise Refused(422, [_NEITHER])
    products = known_items(call, "inventory_item_ids", items) if items else call.index.items
    for number in locations:
        if number not in call.state.locations:
            call.nothing("location_ids", "Location", number)
    wanted = call.state.locations.keys() & locations if locations else call.state.locations
    rows = _Levels(call, products, wanted)
    found = page(call, cursor, rows, level_key)
    return 200, {"inventory_levels": [level_body(call, level) for level in found]}


def levels_at(call: RestCall) -> tuple[int, object]:
    cursor = take_page_info(call)
    (number,) = call.ids
    call.found("Location", number, call.state.locations.get(number))
    found = page(call, cursor, _Levels(call, call.index.items, (number,)), level_key)
    return 200, {"inventory_levels": [level_body(call, level) for level in found]}


def known_items(call: RestCall, name: str, numbers: Iterable[int]) -> list[Product]:
    """The products of inventory items, sorted by item. An unknown id is left out, as in Shopify, and remembered."""
    found = []
    for number in numbers:
        product = call.catalogue.by_item.get(number)
        if product is None:
            call.nothing(name, "InventoryItem", number)
        else:
            found.append(product)
    return sorted(found, key=_item)


def items(call: RestCall) -> tuple[int, object]:
    cursor = take_page_info(call)
    numbers = call.id_list("ids", ITEM_IDS_MAX)
    if not numbers:
        raise required("ids")
    found = page(call, cursor, SortedRows(known_items(call, "ids", numbers), _item_key), _item_key)
    return 200, {"inventory_items": chosen_each(call, [_item_body(call, product) for product in found])}


def item(call: RestCall) -> tuple[int, object]:
    (number,) = call.ids
    product = call.found("InventoryItem", number, call.catalogue.by_item.get(number))
    call.rows += 1
    return 200, {"inventory_item": chosen(call, _item_body(call, product))}


def change_item(call: RestCall) -> tuple[int, object]:
    """Cost, origin and the like. The fields that are left out stay."""
    (number,) = call.ids
    product = call.found("InventoryItem", number, call.catalogue.by_item.get(number))
    given = call.resource("inventory_item")
    values = {ITEM_NAMES[name]: value for name, value in fitting(given, ITEM_KINDS).items()}
    payload = changes.update_item(None, {"id": gid("InventoryItem", number), "input": values}, call)
    if payload.errors:
        raise refused_by(payload.errors, {graphql: name for name, graphql in ITEM_NAMES.items()})
    return 200, {"inventory_item": _item_body(call, product)}


def _item_body(call: RestCall, product: Product) -> object:
    edited_ns = call.world.product_edited_ns(product.product_id)
    at = LISTED_SINCE if edited_ns is None else call.payloads.times.shop(edited_ns)
    return item_body(call.world.edits.of(product), at)


# -- writing -------------------------------------------------------------------------------------------------------


def adjust(call: RestCall) -> tuple[int, object]:
    product, location = _place(call)
    delta = _units(call, "available_adjustment")
    if in_force("stocked items only", call.version):
        _require_stocked(call, product, location)
    _connect(call, product, location)
    row = LevelChange(product.inventory_item_id, location, delta, None)
    call.changed(call.world.adjust([row], reference="", request=call.request, now_ns=call.now_ns))
    return _written(call, 200, product, location)


def set_level(call: RestCall) -> tuple[int, object]:
    product, location = _place(call)
    quantity = _units(call, "available")
    _connect(call, product, location)  # documented: an item that is not stocked there is connected first
    row = LevelSet(product.inventory_item_id, location, quantity, None)
    call.changed(call.world.set_available([row], reference="", request=call.request, now_ns=call.now_ns))
    return _written(call, 200, product, location)


def connect(call: RestCall) -> tuple[int, object]:
    product, location = _place(call)
    call.rows += 1
    place = product.inventory_item_id, location
    kept = call.state.other_stock.take_back(place) if call.world.level(*place) is None else 0
    _connect(call, product, location)
    if kept and in_force("inactive levels keep their units", call.version):
        sets = [LevelSet(*place, kept, None)]
        call.changed(call.world.set_available(sets, reference="", request=call.request, now_ns=call.now_ns))
    return _written(call, 201, product, location)


def disconnect(call: RestCall) -> tuple[int, object]:
    product, location = _place(call)
    call.rows += 1
    item = product.inventory_item_id
    level = _require_stocked(call, product, location)
    if len(call.world.levels(item)) == 1:
        raise Refused(422, [_LAST])
    if level.committed:
        raise Refused(422, [_COMMITTED])
    keeps = in_force("inactive levels keep their units", call.version)
    call.state.other_stock.keep((item, location), level.available if keeps else 0)
    call.changed(call.world.disconnect(item, location, request=call.request, now_ns=call.now_ns))
    return 204, None


def _place(call: RestCall) -> tuple[Product, int]:
    location, number = call.number("location_id"), call.number("inventory_item_id")
    product = call.found("InventoryItem", number, call.catalogue.by_item.get(number))
    call.found("Location", location, call.state.locations.get(location))
    return product, location


def _require_stocked(call: RestCall, product: Product, location: int) -> Level:
    level = call.world.level(product.inventory_item_id, location)
    if level is None:
        raise Refused(422, [_NOT_STOCKED])
    return level


def _connect(call: RestCall, product: Product, location: int) -> None:
    call.changed(call.world.connect(product.inventory_item_id, location, now_ns=call.now_ns))


def _units(call: RestCall, name: str) -> int:
    units = call.number(name)
    if abs(units) > QUANTITY_MAX:
        raise required(name)
    call.rows += 1
    return units


def _written(call: RestCall, status: int, product: Product, location: int) -> tuple[int, object]:
    level = call.world.level(product.inventory_item_id, location)
    if level is None:
        raise LookupError(f"the world has no level for {product.sku} at {location}")
    return status, {"inventory_level": level_body(call, level)}
