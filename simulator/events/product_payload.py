"""The bodies of products/update and inventory_levels/update.

A product has exactly one variant. Its levels, one for each location, are told one by one.
"""

from datetime import datetime
from typing import Final

import msgspec

from stockstorm.simulator.catalogue import Catalogue
from stockstorm.simulator.events.encoding import Times, amount, escaped
from stockstorm.simulator.model import Event, Level, Product

LISTED_SINCE: Final = "2025-03-01T10:15:00-05:00"
LISTED_S: Final = int(datetime.fromisoformat(LISTED_SINCE).timestamp())


class Variant(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    admin_graphql_api_id: str
    barcode: str | None = None
    compare_at_price: str | None = None
    created_at: str = LISTED_SINCE
    id: int
    inventory_policy: str = "deny"
    position: int = 1
    price: str
    product_id: int
    sku: str
    taxable: bool = True
    title: str = "Default Title"
    updated_at: str
    option1: str = "Default Title"
    option2: None = None
    option3: None = None
    image_id: None = None
    inventory_item_id: int
    inventory_quantity: int
    old_inventory_quantity: int


class Option(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    name: str = "Title"
    id: int
    product_id: int
    position: int = 1
    values: tuple[str, ...] = ("Default Title",)


class VariantGid(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    admin_graphql_api_id: str
    updated_at: str


class ProductBody(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The 22 documented fields, in Shopify's order."""

    admin_graphql_api_id: str
    body_html: str
    created_at: str = LISTED_SINCE
    handle: str
    id: int
    product_type: str
    published_at: str = LISTED_SINCE
    template_suffix: None = None
    title: str
    updated_at: str
    vendor: str
    status: str = "active"
    published_scope: str = "web"
    tags: str
    variants: tuple[Variant, ...]
    options: tuple[Option, ...]
    images: tuple[()] = ()
    image: None = None
    media: tuple[()] = ()
    variant_gids: tuple[VariantGid, ...]
    has_variants_that_requires_components: bool = False
    category: None = None


class ItemBody(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The body of inventory_items/update: the 14 documented fields, in Shopify's order."""

    id: int
    sku: str
    created_at: str = LISTED_SINCE
    updated_at: str
    requires_shipping: bool
    cost: str | None
    country_code_of_origin: str | None
    province_code_of_origin: str | None
    harmonized_system_code: str | None
    tracked: bool = True
    country_harmonized_system_codes: tuple[()] = ()
    weight_value: float
    weight_unit: str = "kg"
    admin_graphql_api_id: str


def item_body(product: Product, at: str) -> ItemBody:
    """The inventory item of a product as edited at a time (ISO 8601)."""
    return ItemBody(
        id=product.inventory_item_id,
        sku=product.sku,
        updated_at=at,
        requires_shipping=product.requires_shipping,
        cost=None if product.cost_minor is None else amount(product.cost_minor),
        country_code_of_origin=product.origin,
        province_code_of_origin=product.origin_province,
        harmonized_system_code=product.harmonized,
        weight_value=product.grams / 1_000,
        admin_graphql_api_id=f"gid://shopify/InventoryItem/{product.inventory_item_id}",
    )


class ProductPayload:
    """Builds products. The quantity is the sum over all locations when the event fired, so it may be old on arrival."""

    def __init__(self, times: Times) -> None:
        self._times = times

    def body(self, product: Product, available: int | None, at_ns: int) -> ProductBody:
        """The product as edited at `at_ns`, with the units that can be sold (None: those before load)."""
        at = self._times.shop(at_ns)
        gid = f"gid://shopify/ProductVariant/{product.variant_id}"
        return ProductBody(
            admin_graphql_api_id=f"gid://shopify/Product/{product.product_id}",
            body_html=f"<p>{product.title} – très chic & made to last.</p>",
            handle=product.handle,
            id=product.product_id,
            product_type=product.product_type,
            title=product.title,
            updated_at=at,
            vendor=product.vendor,
            tags="hot, sale" if product.hot else "sale",
            variants=(self._variant(product, available, gid, at),),
            options=(Option(id=product.product_id + 1, product_id=product.product_id),),
            variant_gids=(VariantGid(admin_graphql_api_id=gid, updated_at=at),),
        )

    def _variant(self, product: Product, available: int | None, gid: str, at: str) -> Variant:
        quantity = product.initial_available if available is None else available
        return Variant(
            admin_graphql_api_id=gid,
            barcode=product.barcode,
            compare_at_price=None if product.compare_at_minor is None else amount(product.compare_at_minor),
            taxable=product.taxable,
            id=product.variant_id,
            price=amount(product.price_minor),
            product_id=product.product_id,
            sku=product.sku,
            updated_at=at,
            inventory_item_id=product.inventory_item_id,
            inventory_quantity=quantity,
            old_inventory_quantity=quantity,
        )


class InventoryPayload:
    """Builds bodies of inventory_levels/update, the most frequent topic: constant text per item and two values."""

    def __init__(self, catalogue: Catalogue, times: Times) -> None:
        self._catalogue, self._times = catalogue, times
        self._texts: dict[tuple[int, int], tuple[str, str]] = {}

    def gone(self, event: Event) -> bytes:
        """inventory_levels/disconnect: two ids. ValueError if the event has no level."""
        if event.level is None:
            raise ValueError(f"event {event.event} on {event.topic} has no level")
        item, location = event.level.inventory_item_id, event.level.location_id
        return f'{{"inventory_item_id":{item},"location_id":{location}}}'.encode("ascii")

    def body(self, event: Event) -> bytes:
        """The five documented fields, with Shopify's escapes. ValueError if the event has no level."""
        level = event.level
        if level is None:
            raise ValueError(f"event {event.event} on {event.topic} has no level")
        before, after = self._texts.get((level.inventory_item_id, level.location_id)) or self._constant_text(level)
        return f'{before}{level.available},"updated_at":"{self._times.shop(level.updated_ns)}"{after}'.encode("ascii")

    def _constant_text(self, level: Level) -> tuple[str, str]:
        item, location = key = (level.inventory_item_id, level.location_id)
        gid = f"gid://shopify/InventoryLevel/{self._level_id(item, location)}?inventory_item_id={item}"
        before = f'{{"inventory_item_id":{item},"location_id":{location},"available":'
        after = escaped(f',"admin_graphql_api_id":"{gid}"}}'.encode()).decode()
        self._texts[key] = before, after
        return before, after

    def _level_id(self, item: int, location: int) -> int:
        product = self._catalogue.by_item.get(item)
        known = product is not None and (location == product.location_id or location in self._catalogue.locations)
        return self._catalogue.level_id(product, location) if product is not None and known else location
