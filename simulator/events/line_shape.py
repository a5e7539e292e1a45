"""Lines of orders, of their shipping, and of refunds, as bodies show them, in the order of Shopify's examples."""

from typing import Final

import msgspec
from msgspec import Raw

EMPTY: tuple[()] = ()
SHIPPING_CODE: Final = "Standard"
SHIPPING_SOURCE: Final = "shopify"
SHIPPING_TITLE: Final = "Standard – 2/3 days, tracked & insured"


class TaxLine(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    price: str
    rate: Raw
    title: str = "VAT"
    price_set: Raw
    channel_liable: bool = False


class LineBody(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An element of `line_items`."""

    id: int
    admin_graphql_api_id: str
    attributed_staffs: tuple[()] = EMPTY
    current_quantity: int
    fulfillable_quantity: int
    fulfillment_service: str = "manual"
    fulfillment_status: str | None = None
    gift_card: bool = False
    grams: int
    name: str
    price: str
    price_set: Raw
    product_exists: bool = True
    product_id: int | None
    properties: tuple[()] = EMPTY
    quantity: int
    requires_shipping: bool = True
    sales_line_item_group_id: None = None
    sku: str | None
    taxable: bool = True
    title: str
    total_discount: str = "0.00"
    total_discount_set: Raw
    variant_id: int | None
    variant_inventory_management: str | None = "shopify"
    variant_title: str | None = None
    vendor: str | None
    tax_lines: tuple[TaxLine, ...]
    duties: tuple[()] = EMPTY
    discount_allocations: tuple[()] = EMPTY


class ShippingLine(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    id: int
    carrier_identifier: None = None
    code: str = SHIPPING_CODE
    current_discounted_price_set: Raw
    discounted_price: str
    discounted_price_set: Raw
    is_removed: bool = False
    phone: None = None
    price: str
    price_set: Raw
    requested_fulfillment_service_id: None = None
    source: str = SHIPPING_SOURCE
    title: str = SHIPPING_TITLE
    tax_lines: tuple[()] = EMPTY
    discount_allocations: tuple[()] = EMPTY


class RefundedItem(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The `line_item` of a refunded line: 27 fields of a line, in another order."""

    id: int
    variant_id: int | None
    title: str
    quantity: int
    sku: str | None
    variant_title: str | None = None
    vendor: str | None
    fulfillment_service: str = "manual"
    product_id: int | None
    requires_shipping: bool = True
    taxable: bool = True
    gift_card: bool = False
    name: str
    variant_inventory_management: str | None = "shopify"
    properties: tuple[()] = EMPTY
    product_exists: bool = True
    fulfillable_quantity: int
    grams: int
    price: str
    total_discount: str = "0.00"
    fulfillment_status: str | None = None
    price_set: Raw
    total_discount_set: Raw
    discount_allocations: tuple[()] = EMPTY
    duties: tuple[()] = EMPTY
    admin_graphql_api_id: str
    tax_lines: tuple[TaxLine, ...]
