"""Fields of products, variants and collections. A product is its first variant; each has one item."""

from typing import Final

import msgspec

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.pages import Page, page_of
from stockstorm.simulator.api.admin.base.views import Counted, Money, ProductView, Variant, gid, number_of
from stockstorm.simulator.api.admin.resolvers import stock
from stockstorm.simulator.api.admin.resolvers.products import pictures
from stockstorm.simulator.api.admin.resolvers.products.index import Collection, Ranked, index_of
from stockstorm.simulator.api.admin.resolvers.products.metafields import metafields_of
from stockstorm.simulator.api.admin.resolvers.products.searches import page, tags_of
from stockstorm.simulator.api.not_played import not_played
from stockstorm.simulator.events.encoding import amount
from stockstorm.simulator.events.metafields import collection_metafields, product_metafields, variant_metafields
from stockstorm.simulator.events.product_payload import option_name, variant_title
from stockstorm.simulator.model import Product

Row = ProductView | Variant | Ranked  # each has a `product`


class Prices(msgspec.Struct, frozen=True):
    """The lowest and the highest price of a product's variants."""

    lowest: Money
    highest: Money


class Measured(msgspec.Struct, frozen=True):
    """The measures of an inventory item."""

    product: Product


def edited(row: Row, call: Call) -> Product:
    """The product as it is now."""
    return call.world.edits.of(row.product)


def available(row: Row, call: Call) -> int:
    """Units that can be sold; the history records that the answer shows them."""
    for level in stock.levels_of(row.product, call):
        call.show_level(row.product, level)
    return call.world.available(row.product.inventory_item_id)


def _siblings(row: Row, call: Call) -> tuple[Product, ...]:
    return index_of(call.state).variants_of(row.product)


def _availables(row: Row, call: Call) -> list[int]:
    """Units of each variant that can be sold."""
    return [available(Variant(each), call) for each in _siblings(row, call)]


def _prices(row: Row, _arguments: Arguments, call: Call) -> Prices:
    found = [call.world.edits.of(each).price_minor for each in _siblings(row, call)]
    return Prices(Money(min(found)), Money(max(found)))


def _description(row: Row) -> str:
    return f"{row.product.title} – très chic & made to last."


def _cut(text: str, arguments: Arguments) -> str:
    limit = arguments.get("truncateAt")
    return text if limit is None or len(text) <= limit else text[: max(0, limit - 3)] + "..."


def _variants(row: Row, arguments: Arguments, call: Call) -> Page[Ranked]:
    found = index_of(call.state).variants_of(row.product)
    return page([Ranked(each.position, each) for each in found], arguments, call)


def _collections(row: Row, arguments: Arguments, call: Call) -> Page[Collection]:
    if arguments.get("query"):
        raise not_played("search term", "a search of Product.collections")
    return page_of([index_of(call.state).collection_of(row.product)], collection_key, arguments)


def collection_key(row: Collection) -> tuple[int, int]:
    return row.collection_id, row.collection_id


def _in_collection(row: Row, arguments: Arguments, call: Call) -> bool:
    return number_of("Collection", arguments["id"]) == index_of(call.state).collection_of(row.product).collection_id


# -- collections ---------------------------------------------------------------------------------------------------


def _collection_products(row: Collection, arguments: Arguments, call: Call) -> Page[Ranked]:
    sort = arguments["sortKey"]
    if sort not in ("COLLECTION_DEFAULT", "ID", "CREATED", "MANUAL", "RELEVANCE"):
        raise not_played("sort key", f"{sort} of Collection.products")
    return page(row.products, arguments, call)


def _has_product(row: Collection, arguments: Arguments, _call: Call) -> bool:
    wanted = number_of("Product", arguments["id"])
    return any(each.product.product_id == wanted for each in row.products)


PRODUCT: Final[dict[str, Resolver]] = {
    **stock.PRODUCT,
    "description": lambda row, arguments, _call: _cut(_description(row), arguments),
    "descriptionHtml": lambda row, _arguments, _call: f"<p>{_description(row)}</p>",
    "tags": lambda row, _arguments, _call: tags_of(row.product),
    "totalInventory": lambda row, _arguments, call: sum(_availables(row, call)),
    "tracksInventory": lambda _row, _arguments, _call: True,
    "hasOnlyDefaultVariant": lambda row, _arguments, _call: row.product.variant_title is None,
    "hasOutOfStockVariants": lambda row, _arguments, call: min(_availables(row, call)) <= 0,
    "isGiftCard": lambda _row, _arguments, _call: False,
    "publishedAt": stock.created_at,
    "onlineStoreUrl": lambda row, _args, call: f"https://{call.world.config.shop.domain}/products/{row.product.handle}",
    "templateSuffix": lambda _row, _arguments, _call: None,
    "featuredImage": lambda _row, _arguments, _call: None,  # webhooks show no pictures either
    "priceRangeV2": _prices,
    "variantsCount": lambda row, _arguments, call: Counted(len(_siblings(row, call))),
    "totalVariants": lambda row, _arguments, call: len(_siblings(row, call)),
    "variants": _variants,
    "options": lambda row, _arguments, _call: [row],
    "collections": _collections,
    "inCollection": _in_collection,
    **metafields_of(lambda row: product_metafields(row.product)),
    **pictures.PRODUCT,
}
VARIANT: Final[dict[str, Resolver]] = {
    **stock.VARIANT,
    "price": lambda row, _arguments, call: amount(edited(row, call).price_minor),
    "barcode": lambda row, _arguments, call: edited(row, call).barcode,
    "compareAtPrice": lambda row, _args, call: _optional_amount(edited(row, call).compare_at_minor),
    "availableForSale": lambda row, _arguments, call: available(row, call) > 0,
    "inventoryPolicy": lambda _row, _arguments, _call: "DENY",
    "image": lambda _row, _arguments, _call: None,
    "position": lambda row, _arguments, _call: row.product.position,
    "product": lambda row, _arguments, call: ProductView(_siblings(row, call)[0]),
    "selectedOptions": lambda row, _arguments, _call: [row],
    "sellableOnlineQuantity": lambda row, _arguments, call: max(0, available(row, call)),
    "taxable": lambda row, _arguments, call: edited(row, call).taxable,
    **metafields_of(lambda row: variant_metafields(row.product)),
    **pictures.VARIANT,
    "updatedAt": stock.PRODUCT["updatedAt"],
}


def _optional_amount(minor: int | None) -> str | None:
    return None if minor is None else amount(minor)


def _cost(product: Product, _arguments: Arguments, call: Call) -> Money | None:
    minor = call.world.edits.of(product).cost_minor
    return None if minor is None else Money(minor)


def _history_url(product: Product, _arguments: Arguments, call: Call) -> str:
    address = f"https://{call.world.config.shop.domain}/admin/products"
    return f"{address}/{product.product_id}/variants/{product.variant_id}/inventory_history"


IMAGE: Final[dict[str, Resolver]] = dict.fromkeys(
    ("id", "altText", "height", "width", "url"), lambda _row, _arguments, _call: None
)  # no product has one
ITEM: Final[dict[str, Resolver]] = {
    **stock.ITEM,
    "unitCost": _cost,
    "inventoryHistoryUrl": _history_url,
    "countryCodeOfOrigin": lambda product, _arguments, call: call.world.edits.of(product).origin,
    "provinceCodeOfOrigin": lambda product, _arguments, call: call.world.edits.of(product).origin_province,
    "harmonizedSystemCode": lambda product, _arguments, call: call.world.edits.of(product).harmonized,
    "requiresShipping": lambda product, _arguments, call: call.world.edits.of(product).requires_shipping,
    "measurement": lambda product, _arguments, _call: Measured(product),
    "variants": pictures.variants_of_item,
}
MEASUREMENT: Final[dict[str, Resolver]] = {
    "id": lambda row, _arguments, _call: gid("InventoryItemMeasurement", row.product.inventory_item_id),
    "weight": lambda row, _arguments, _call: row,
}
WEIGHT: Final[dict[str, Resolver]] = {
    "unit": lambda _row, _arguments, _call: "KILOGRAMS",
    "value": lambda row, _arguments, _call: row.product.grams / 1_000,
}
PRICE_RANGE: Final[dict[str, Resolver]] = {
    "minVariantPrice": lambda prices, _arguments, _call: prices.lowest,
    "maxVariantPrice": lambda prices, _arguments, _call: prices.highest,
}
OPTION: Final[dict[str, Resolver]] = {
    "id": lambda row, _arguments, _call: gid("ProductOption", row.product.product_id + 1),
    "name": lambda row, _arguments, _call: option_name(row.product),
    "position": lambda _row, _arguments, _call: 1,
    "values": lambda row, _arguments, call: [variant_title(each) for each in _siblings(row, call)],
    **pictures.OPTION,
}
SELECTED: Final[dict[str, Resolver]] = {
    "name": lambda row, _arguments, _call: option_name(row.product),
    "value": lambda row, _arguments, _call: variant_title(row.product),
}
COLLECTION: Final[dict[str, Resolver]] = {
    "id": lambda row, _arguments, _call: gid("Collection", row.collection_id),
    "legacyResourceId": lambda row, _arguments, _call: str(row.collection_id),
    "title": lambda row, _arguments, _call: row.title,
    "handle": lambda row, _arguments, _call: row.handle,
    "description": lambda row, arguments, _call: _cut(f"All of type {row.title}.", arguments),
    "descriptionHtml": lambda row, _arguments, _call: f"<p>All of type {row.title}.</p>",
    "updatedAt": stock.created_at,
    "productsCount": lambda row, _arguments, _call: Counted(len(row.products)),
    "products": _collection_products,
    "hasProduct": _has_product,
    **metafields_of(lambda row: collection_metafields(row.collection_id)),
}
