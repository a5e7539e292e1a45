"""The bodies of products/update and inventory_levels/update.

An item's levels, one for each location, are told one by one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from stockstorm.simulator.catalogue import Catalogue
from stockstorm.simulator.events.encoding import Times, amount, escaped
from stockstorm.simulator.model import Event, Level, Product

DEFAULT_TITLE: Final = "Default Title"  # of the only variant of a product
LISTED_SINCE: Final = "2025-03-01T10:15:00-05:00"
LISTED_S: Final = int(datetime.fromisoformat(LISTED_SINCE).timestamp())


class Variant(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    admin_graphql_api_id: str
    barcode: str | None = None
    compare_at_price: str | None = None
    created_at: str = LISTED_SINCE
    id: int
    inventory_policy: str = "deny"
    position: int
    price: str
    product_id: int
    sku: str | None
    taxable: bool = True
    title: str
    updated_at: str
    option1: str
    option2: None = None
    option3: None = None
    image_id: None = None
    inventory_item_id: int
    inventory_quantity: int
    old_inventory_quantity: int


class Option(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    name: str
    id: int
    product_id: int
    position: int = 1
    values: tuple[str, ...]


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
    sku: str | None
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
        sku=product.shown_sku,
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

    def body(self, variants: Sequence[tuple[Product, int]], at_ns: int) -> ProductBody:
        """The product as edited at `at_ns`: its variants by position, and the units of each that can be sold."""
        at, product = self._times.shop(at_ns), variants[0][0]
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
            variants=tuple([self._variant(each, available, at) for each, available in variants]),
            options=(
                Option(
                    name=option_name(product),
                    id=product.product_id + 1,
                    product_id=product.product_id,
                    values=tuple([variant_title(each) for each, _ in variants]),
                ),
            ),
            variant_gids=tuple([VariantGid(admin_graphql_api_id=_gid(each), updated_at=at) for each, _ in variants]),
        )

    def _variant(self, product: Product, available: int, at: str) -> Variant:
        title = variant_title(product)
        return Variant(
            admin_graphql_api_id=_gid(product),
            barcode=product.barcode,
            compare_at_price=None if product.compare_at_minor is None else amount(product.compare_at_minor),
            taxable=product.taxable,
            id=product.variant_id,
            position=product.position,
            price=amount(product.price_minor),
            product_id=product.product_id,
            sku=product.shown_sku,
            title=title,
            option1=title,
            updated_at=at,
            inventory_item_id=product.inventory_item_id,
            inventory_quantity=available,
            old_inventory_quantity=available,
        )


def variant_title(product: Product) -> str:
    """What distinguishes a variant from the others of its product."""
    return product.variant_title or DEFAULT_TITLE


def option_name(product: Product) -> str:
    """By what the variants of a product differ."""
    return "Title" if product.variant_title is None else "Size"


def full_title(product: Product) -> str:
    """The name of a variant on the lines of orders: without its own title where it is the only one."""
    return product.title if product.variant_title is None else f"{product.title} - {product.variant_title}"


def _gid(product: Product) -> str:
    return f"gid://shopify/ProductVariant/{product.variant_id}"


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
