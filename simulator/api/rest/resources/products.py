"""Products and variants. Stock in them can only be read, as in Shopify."""

from collections.abc import Callable
from typing import Final

import msgspec

from stockstorm.simulator.api.admin.base.views import gid
from stockstorm.simulator.api.admin.resolvers.products import changes
from stockstorm.simulator.api.rest.call import Body, Refused, RestCall
from stockstorm.simulator.api.rest.pages import SortedRows, page, take_page_info
from stockstorm.simulator.api.rest.resources.bodies import Kind, chosen, chosen_each, fitting, refused_by, shows
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.events.product_payload import ProductBody, Variant
from stockstorm.simulator.model import Product

# In webhooks and not in REST answers.
WEBHOOKS_ONLY: Final = ("media", "variant_gids", "has_variants_that_requires_components", "category")
UNPLAYED_FILTERS: Final = ("collection_id", "published_at_min", "published_at_max", "order")
# Fields of a variant that can be changed, by their names in GraphQL.
VARIANT_NAMES: Final = {
    "price": "price",
    "compare_at_price": "compareAtPrice",
    "barcode": "barcode",
    "taxable": "taxable",
    "inventory_policy": "inventoryPolicy",
}
VARIANT_KINDS: Final[dict[str, Kind]] = {
    "price": "money",
    "compare_at_price": "money",
    "barcode": "text",
    "taxable": "flag",
    "inventory_policy": "text",
}
STOCK_FIELDS: Final = ("inventory_quantity", "inventory_quantity_adjustment")
READ_ONLY: Final = (
    "Write requests to inventory_quantity and inventory_quantity_adjustment are no longer supported. Please use the "
    "Inventory Levels API."
)


def products(call: RestCall) -> tuple[int, object]:
    cursor = take_page_info(call)
    rows = SortedRows(_filtered(call), _product_key)
    found = page(call, cursor, rows, _product_key)
    return 200, {"products": chosen_each(call, [product_body(call, product) for product in found])}


def count(call: RestCall) -> tuple[int, object]:
    return 200, {"count": len(_filtered(call))}


def product(call: RestCall) -> tuple[int, object]:
    return 200, {"product": chosen(call, product_body(call, _product(call)))}


def variants_of(call: RestCall) -> tuple[int, object]:
    cursor = take_page_info(call)
    rows, since = call.index.variants_of(_product(call)), call.whole("since_id")
    kept = sorted((each for each in rows if since is None or each.variant_id > since), key=_variant_key)
    found = page(call, cursor, SortedRows(kept, _variant_key), _variant_key)
    return 200, {"variants": chosen_each(call, [variant_body(call, each) for each in found])}


def variant_count(call: RestCall) -> tuple[int, object]:
    return 200, {"count": len(call.index.variants_of(_product(call)))}


def variants(call: RestCall) -> tuple[int, object]:
    cursor = take_page_info(call)
    numbers, since = frozenset(call.id_list("ids")), call.whole("since_id")
    kept = [
        each
        for each in call.index.variants
        if (not numbers or each.variant_id in numbers) and (since is None or each.variant_id > since)
    ]
    found = page(call, cursor, SortedRows(kept, _variant_key), _variant_key)
    return 200, {"variants": chosen_each(call, [variant_body(call, each) for each in found])}


def variant(call: RestCall) -> tuple[int, object]:
    return 200, {"variant": chosen(call, variant_body(call, _variant(call)))}


def change_variant(call: RestCall) -> tuple[int, object]:
    """Price and the like. What is sent and not changed is ignored; stock is refused, as in Shopify."""
    found = _variant(call)
    given = call.resource("variant")
    if any(name in given for name in STOCK_FIELDS):
        raise Refused(400, READ_ONLY)
    shown: Body = msgspec.json.decode(msgspec.json.encode(variant_body(call, found)))
    new = {name: value for name, value in given.items() if shown.get(name, value) != value}
    if unknown := sorted(new.keys() - VARIANT_NAMES.keys()):
        raise call.unplayed_here("field", f"variant.{unknown[0]} in a change")
    row = {VARIANT_NAMES[name]: value for name, value in fitting(new, VARIANT_KINDS).items()}
    if row.get("inventoryPolicy"):
        row["inventoryPolicy"] = row["inventoryPolicy"].upper()
    row["id"] = gid("ProductVariant", found.variant_id)
    arguments = {"productId": gid("Product", found.product_id), "variants": [row]}
    payload = changes.update_variants(None, arguments, call)
    if payload.errors:
        raise refused_by(payload.errors, {graphql: name for name, graphql in VARIANT_NAMES.items()})
    return 200, {"variant": variant_body(call, found)}


def _product(call: RestCall) -> Product:
    number = call.ids[0]
    found = call.found("Product", number, call.index.by_product.get(number))
    call.rows += 1
    return found


def _variant(call: RestCall) -> Product:
    number = call.ids[-1]
    found = call.found("ProductVariant", number, call.index.by_variant.get(number))
    if len(call.ids) > 1 and found.product_id != call.ids[0]:
        call.found("Product", call.ids[0], None)
    call.rows += 1
    return found


def _product_key(each: Product) -> tuple[int, int]:
    return each.product_id, each.product_id


def _variant_key(each: Product) -> tuple[int, int]:
    return each.variant_id, each.variant_id


# -- filters -------------------------------------------------------------------------------------------------------


def _filtered(call: RestCall) -> list[Product]:
    call.without(*UNPLAYED_FILTERS)
    statuses = [each.strip() for each in call.text("status").split(",") if each.strip()]
    if (statuses and "active" not in statuses) or call.text("published_status") == "unpublished":
        return []
    if not _inside(call.listed_ns, *_bounds(call, "created_at")):
        return []
    tests = _tests(call)
    if not tests:
        return call.index.products
    return [each for each in call.index.products if all(test(each) for test in tests)]


def _tests(call: RestCall) -> list[Callable[[Product], bool]]:
    tests: list[Callable[[Product], bool]] = []
    if numbers := frozenset(call.id_list("ids")):
        tests.append(lambda each: each.product_id in numbers)
    if (since := call.whole("since_id")) is not None:
        tests.append(lambda each: each.product_id > since)
    texts = ("title", "vendor", "handle", "product_type")
    tests += [_has(name, frozenset(wanted.split(","))) for name in texts if (wanted := call.text(name))]
    low, high = _bounds(call, "updated_at")
    if low is not None or high is not None:
        tests.append(_updated(call, low, high))
    return tests


def _has(name: str, wanted: frozenset[str]) -> Callable[[Product], bool]:
    return lambda each: getattr(each, name) in wanted


def _updated(call: RestCall, low: int | None, high: int | None) -> Callable[[Product], bool]:
    unedited, edited_ns = _inside(call.wall.monotonic_ns, low, high), call.world.product_edited_ns

    def test(each: Product) -> bool:
        at = edited_ns(each.product_id)
        return unedited if at is None else _inside(at, low, high)

    return test


def _bounds(call: RestCall, name: str) -> tuple[int | None, int | None]:
    return call.moment(f"{name}_min"), call.moment(f"{name}_max")


def _inside(at_ns: int, low: int | None, high: int | None) -> bool:
    """Both bounds are inclusive, and times have whole seconds."""
    return (low is None or at_ns >= low) and (high is None or at_ns < high + SECOND_NS)


def updated_ns(call: RestCall, product: Product) -> int:
    """When a product was edited last: at the start of the run, if it was not."""
    edited = call.world.product_edited_ns(product.product_id)
    return call.wall.monotonic_ns if edited is None else edited


# -- bodies --------------------------------------------------------------------------------------------------------


def product_body(call: RestCall, product: Product) -> object:
    """A product as webhooks show it, less what only they have, and with its variant as REST shows it."""
    body = _webhook_body(call, product)
    shown = {name: value for name, value in msgspec.structs.asdict(body).items() if name not in WEBHOOKS_ONLY}
    rows = zip(call.index.variants_of(product), body.variants, strict=True) if shows(call, "variants") else ()
    shown["variants"] = [_variant_body(call, each, variant) for each, variant in rows]
    return shown


def variant_body(call: RestCall, product: Product) -> object:
    """A variant with the fields that only REST has."""
    return _variant_body(call, product, _webhook_body(call, product).variants[product.position - 1])


def _webhook_body(call: RestCall, product: Product) -> ProductBody:
    rows = [(call.world.edits.of(each), each.initial_available) for each in call.index.variants_of(product)]
    return call.payloads.products.body(rows, updated_ns(call, product))


def _variant_body(call: RestCall, product: Product, variant: Variant) -> object:
    for level in call.world.levels(product.inventory_item_id):
        call.show_level(product, level)
    available = call.world.available(product.inventory_item_id)
    return msgspec.structs.asdict(variant) | {
        "inventory_quantity": available,
        "old_inventory_quantity": available,
        "fulfillment_service": "manual",
        "grams": product.grams,
        "inventory_management": "shopify",
        "requires_shipping": call.world.edits.of(product).requires_shipping,
        "weight": product.grams / 1000,
        "weight_unit": "kg",
    }
