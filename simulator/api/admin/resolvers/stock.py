"""Queries on stock: locations, inventory items, levels, quantities, products and variants."""

from collections.abc import Callable
from typing import Final

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.pages import Page, page_of
from stockstorm.simulator.api.admin.base.problems import bad_request
from stockstorm.simulator.api.admin.base.search import (
    Bounds,
    Plays,
    Predicates,
    known_terms,
    number_bounds,
    searched,
    terms_of_query,
    text_test,
    time_bounds,
)
from stockstorm.simulator.api.admin.base.views import (
    QUANTITY_NAMES,
    Counted,
    ProductView,
    Quantity,
    QuantityName,
    Variant,
    gid,
    number_of,
)
from stockstorm.simulator.events.encoding import amount
from stockstorm.simulator.events.product_payload import variant_title
from stockstorm.simulator.model import Level, Product
from stockstorm.simulator.searching import Term

LAST: Final = (
    "The product couldn't be unstocked from {} because products need to be stocked at a minimum of 1 location."
)
COMMITTED: Final = "The product couldn't be unstocked from {} because it has committed inventory there."


def levels_of(product: Product, call: Call) -> tuple[Level, ...]:
    """The levels of a product at all its locations, by ascending location."""
    return call.world.levels(product.inventory_item_id)


def level_gid(level: Level, call: Call) -> str:
    number = call.catalogue.level_id(call.catalogue.by_item[level.inventory_item_id], level.location_id)
    return f"gid://shopify/InventoryLevel/{number}?inventory_item_id={level.inventory_item_id}"


def named_level(text: str, call: Call) -> Level | None:
    """The level of a global id. None if there is none, or none any more."""
    number = number_of("InventoryLevel", text)
    found = None if number is None else call.state.level_ids.named(number)
    return None if found is None else call.world.level(found[0].inventory_item_id, found[1])


def item_of(text: str, call: Call) -> Product | None:
    """The product of an inventory item's global id."""
    number = number_of("InventoryItem", text)
    return None if number is None else call.catalogue.by_item.get(number)


# -- roots ---------------------------------------------------------------------------------------------------------


def inventory_item(_source: None, arguments: Arguments, call: Call) -> Product | None:
    return item_of(arguments["id"], call)


def inventory_level(_source: None, arguments: Arguments, call: Call) -> Level | None:
    return named_level(arguments["id"], call)


def product_variant(_source: None, arguments: Arguments, call: Call) -> Variant | None:
    number = number_of("ProductVariant", arguments["id"])
    product = None if number is None else call.state.by_variant.get(number)
    return None if product is None else Variant(product)


def inventory_items(_source: None, arguments: Arguments, call: Call) -> Page[Product]:
    plays = {
        **_ITEM_SEARCH,
        "created_at": _item_time(created_ns, call),
        "updated_at": _item_time(item_updated_ns, call),
    }
    test = searched("inventoryItems", arguments.get("query"), plays, Predicates(), call)
    rows = call.state.items
    if test is not None:
        call.test(len(rows), len(terms_of_query(arguments.get("query"))))
        rows = tuple(filter(test, rows))
    page = page_of(rows, _item_key, arguments)
    call.rows += len(page.nodes)
    return page


def _sku_test(term: Term) -> Callable[[Product], bool]:
    test = text_test(term)
    return lambda product: test(product.shown_sku or "")


def _item_time(of: Callable[[Product, Call], int], call: Call) -> Callable[[Term], Callable[[Product], bool]]:
    def test(term: Term) -> Callable[[Product], bool]:
        bounds = time_bounds(term, call)
        return lambda product: bounds.holds(of(product, call))

    return test


def _id_test(term: Term) -> Callable[[Product], bool]:
    bounds = number_bounds(term)
    return lambda product: bounds.holds(product.inventory_item_id)


_ITEM_SEARCH: Final[Plays[Callable[[Product], bool]]] = {"id": _id_test, "sku": _sku_test}


def _item_key(product: Product) -> tuple[int, int]:
    return product.inventory_item_id, product.inventory_item_id


# -- levels --------------------------------------------------------------------------------------------------------


def level_key(level: Level) -> tuple[int, int]:
    return level.inventory_item_id, level.location_id


def _item_level(product: Product, arguments: Arguments, call: Call) -> Level | None:
    number = number_of("Location", arguments["locationId"])
    return None if number is None else call.world.level(product.inventory_item_id, number)


def _item_levels(product: Product, arguments: Arguments, call: Call) -> Page[Level]:
    return page_of(updated_levels(list(levels_of(product, call)), arguments, call), level_key, arguments)


def updated_levels(levels: list[Level], arguments: Arguments, call: Call) -> list[Level]:
    terms = known_terms("inventoryLevels", arguments.get("query"), frozenset({"updated_at"}), call)
    bounds: list[Bounds] = [time_bounds(term, call) for term in terms]
    call.test(len(levels), len(bounds))
    return [level for level in levels if all(each.holds(level.updated_ns) for each in bounds)]


def deactivation_alert(level: Level, call: Call) -> str | None:
    """Why the item cannot be stocked here no longer; None if it can."""
    if len(call.world.levels(level.inventory_item_id)) > 1 and not level.committed:
        return None
    reason = COMMITTED if level.committed else LAST
    return reason.format(f"Warehouse {call.state.locations[level.location_id].index}")


def _quantities(level: Level, arguments: Arguments, call: Call) -> list[Quantity]:
    product = call.catalogue.by_item[level.inventory_item_id]
    call.show_level(product, level)
    return [Quantity(name, _amount(level, name, call), level, product) for name in arguments["names"]]


def _amount(level: Level, name: QuantityName, call: Call) -> int:
    place = level.inventory_item_id, level.location_id
    match name:
        case "available":
            return level.available
        case "on_hand":
            return level.on_hand + call.state.other_stock.on_hand(place)
        case "committed":
            return level.committed
    if name not in QUANTITY_NAMES:
        raise bad_request(f"The quantity name {name!r} is invalid. Names are: {', '.join(QUANTITY_NAMES)}.")
    return call.state.other_stock.of(place, name)


def _quantity_gid(quantity: Quantity, _arguments: Arguments, call: Call) -> str:
    level = level_gid(quantity.level, call).replace("InventoryLevel", "InventoryQuantity")
    return f"{level}&name={quantity.name}"


def _quantity_updated(quantity: Quantity, _arguments: Arguments, call: Call) -> str | None:
    return call.time_text(quantity.level.updated_ns) if quantity.name == "available" else None


def _variant_quantity(variant: Variant, _arguments: Arguments, call: Call) -> int:
    for level in levels_of(variant.product, call):
        call.show_level(variant.product, level)
    return call.world.available(variant.product.inventory_item_id)


def created_at(_source: object, _arguments: Arguments, call: Call) -> str:
    return call.time_text(call.listed_ns)


def created_ns(_product: Product, call: Call) -> int:
    return call.listed_ns


def item_updated_ns(product: Product, call: Call) -> int:
    """When the item was last changed."""
    edited_ns = call.world.product_edited_ns(product.product_id)
    return call.listed_ns if edited_ns is None else edited_ns


def _item_updated(product: Product, _arguments: Arguments, call: Call) -> str:
    return call.time_text(item_updated_ns(product, call))


def _product_updated(view: ProductView, _arguments: Arguments, call: Call) -> str:
    edited_ns = call.world.product_edited_ns(view.product.product_id)
    return call.time_text(call.wall.monotonic_ns if edited_ns is None else edited_ns)


ITEM: dict[str, Resolver] = {
    "id": lambda product, _arguments, _call: f"gid://shopify/InventoryItem/{product.inventory_item_id}",
    "legacyResourceId": lambda product, _arguments, _call: str(product.inventory_item_id),
    "sku": lambda product, _arguments, _call: product.shown_sku,
    "tracked": lambda _product, _arguments, _call: True,
    "requiresShipping": lambda _product, _arguments, _call: True,
    "duplicateSkuCount": lambda product, _arguments, call: max(0, call.state.sku_counts[product.shown_sku or ""] - 1),
    "createdAt": created_at,
    "updatedAt": _item_updated,
    "locationsCount": lambda product, _arguments, call: Counted(len(levels_of(product, call))),
    "inventoryLevel": _item_level,
    "inventoryLevels": _item_levels,
    "variant": lambda product, _arguments, _call: Variant(product),
}
LEVEL: dict[str, Resolver] = {
    "id": lambda level, _arguments, call: level_gid(level, call),
    "isActive": lambda _level, _arguments, _call: True,
    "canDeactivate": lambda level, _arguments, call: deactivation_alert(level, call) is None,
    "deactivationAlert": lambda level, _arguments, call: deactivation_alert(level, call),
    "createdAt": created_at,
    "updatedAt": lambda level, _arguments, call: call.time_text(level.updated_ns),
    "item": lambda level, _arguments, call: call.catalogue.by_item[level.inventory_item_id],
    "location": lambda level, _arguments, call: call.state.locations[level.location_id],
    "quantities": _quantities,
}
QUANTITY: dict[str, Resolver] = {
    "id": _quantity_gid,
    "name": lambda quantity, _arguments, _call: quantity.name,
    "quantity": lambda quantity, _arguments, _call: quantity.quantity,
    "updatedAt": _quantity_updated,
}
VARIANT: dict[str, Resolver] = {
    "id": lambda variant, _arguments, _call: gid("ProductVariant", variant.product.variant_id),
    "legacyResourceId": lambda variant, _arguments, _call: str(variant.product.variant_id),
    "sku": lambda variant, _arguments, _call: variant.product.shown_sku,
    "title": lambda variant, _arguments, _call: variant_title(variant.product),
    "displayName": lambda row, _arguments, _call: f"{row.product.title} - {variant_title(row.product)}",
    "price": lambda variant, _arguments, _call: amount(variant.product.price_minor),
    "inventoryQuantity": _variant_quantity,
    "inventoryItem": lambda variant, _arguments, _call: variant.product,
    "createdAt": created_at,
    "updatedAt": created_at,
}
PRODUCT: dict[str, Resolver] = {
    "id": lambda view, _arguments, _call: gid("Product", view.product.product_id),
    "legacyResourceId": lambda view, _arguments, _call: str(view.product.product_id),
    "title": lambda view, _arguments, _call: view.product.title,
    "handle": lambda view, _arguments, _call: view.product.handle,
    "vendor": lambda view, _arguments, _call: view.product.vendor,
    "productType": lambda view, _arguments, _call: view.product.product_type,
    "status": lambda _view, _arguments, _call: "ACTIVE",
    "createdAt": created_at,
    "updatedAt": _product_updated,
}
