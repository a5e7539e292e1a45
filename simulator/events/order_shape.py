"""The fields of orders in Shopify's payloads, of their parcels and edits, in the order in which they are written.

Fields that are constant in this shop have their value here; the builders set the others. `Raw` is encoded JSON.
Source of names and order: docs/sources.md, S8 (93 fields of an order, 30 of a line, 15 of a refund).
"""

from typing import Literal

import msgspec
from msgspec import UNSET, Raw, UnsetType

from stockstorm.simulator.events.line_shape import EMPTY, LineBody, ShippingLine, TaxLine
from stockstorm.simulator.events.refund_shape import RefundBody
from stockstorm.simulator.model import SHOP_ID

FinancialStatus = Literal["pending", "partially_paid", "paid", "partially_refunded", "refunded", "voided"]
ShippingStatus = Literal["unfulfilled", "partial", "fulfilled"]


class EditedLine(msgspec.Struct, frozen=True, gc=False):
    id: int
    delta: int


class EditedLines(msgspec.Struct, frozen=True, gc=False):
    additions: tuple[EditedLine, ...] = ()
    removals: tuple[EditedLine, ...] = ()


class EditedDiscounts(msgspec.Struct, frozen=True, gc=False):
    line_item: EditedLines = EditedLines()


class Edit(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    id: int
    app_id: None = None
    created_at: str
    notify_customer: bool = False
    order_id: int
    staff_note: str = ""
    user_id: int = SHOP_ID
    line_items: EditedLines
    discounts: EditedDiscounts = EditedDiscounts()
    shipping_lines: EditedLines = EditedLines()


class EditBody(msgspec.Struct, frozen=True, gc=False):
    """The body of orders/edited, which is no order."""

    order_edit: Edit


class FulfilmentBody(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The body of fulfillments/create, and an element of an order's `fulfillments`."""

    id: int
    order_id: int
    status: str = "success"
    created_at: str
    service: str = "manual"
    updated_at: str
    tracking_company: str | None
    shipment_status: None = None
    location_id: None = None
    origin_address: None = None
    tracking_number: str | None
    tracking_numbers: tuple[str, ...]
    tracking_url: str | None
    tracking_urls: tuple[str, ...]
    receipt: Raw = Raw(b"{}")
    line_items: tuple[LineBody, ...]
    name: str
    admin_graphql_api_id: str


class OrderBody(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The body of orders/create, orders/paid, orders/updated and orders/cancelled."""

    id: int
    admin_graphql_api_id: str
    app_id: int = 580111  # Shopify's own online store
    browser_ip: str | None
    buyer_accepts_marketing: bool = False
    cancel_reason: str | None
    cancelled_at: str | None
    cart_token: str | None
    checkout_id: int | UnsetType = UNSET
    checkout_token: str | None
    client_details: Raw
    closed_at: str | None
    confirmation_number: str
    confirmed: bool = True
    contact_email: str | UnsetType | None
    created_at: str
    currency: str
    current_shipping_price_set: Raw
    current_subtotal_price: str
    current_subtotal_price_set: Raw
    current_total_additional_fees_set: None = None
    current_total_discounts: str = "0.00"
    current_total_discounts_set: Raw
    current_total_duties_set: None = None
    current_total_price: str
    current_total_price_set: Raw
    current_total_tax: str
    current_total_tax_set: Raw
    customer_locale: str = "en-GB"
    device_id: None = None
    discount_codes: tuple[()] = EMPTY
    duties_included: bool = False
    email: str | UnsetType | None
    estimated_taxes: bool = False
    financial_status: FinancialStatus
    fulfillment_status: str | None = None
    landing_site: str | None = "/collections/all?utm_source=newsletter&utm_medium=email"
    landing_site_ref: None = None
    location_id: None = None
    merchant_business_entity_id: str = "MTU0ODM4MDAwOQ"
    merchant_of_record_app_id: None = None
    name: str
    note: str | None = None
    note_attributes: Raw = Raw(b"[]")
    number: int
    order_number: int
    order_status_url: str | UnsetType
    original_total_additional_fees_set: None = None
    original_total_duties_set: None = None
    payment_gateway_names: tuple[str, ...] = ("shopify_payments",)
    phone: str | UnsetType | None
    po_number: str | None = None
    presentment_currency: str
    processed_at: str
    reference: None = None
    referring_site: str | None = "https://www.example.org/search?q=<sale>&page=1"
    source_identifier: str | None = None
    source_name: str = "web"
    source_url: None = None
    subtotal_price: str
    subtotal_price_set: Raw
    tags: str = ""
    tax_exempt: bool = False
    tax_lines: tuple[TaxLine, ...]
    taxes_included: bool = True
    test: bool = False
    token: str
    total_cash_rounding_payment_adjustment_set: Raw
    total_cash_rounding_refund_adjustment_set: Raw
    total_discounts: str = "0.00"
    total_discounts_set: Raw
    total_line_items_price: str
    total_line_items_price_set: Raw
    total_outstanding: str
    total_price: str
    total_price_set: Raw
    total_shipping_price_set: Raw
    total_tax: str
    total_tax_set: Raw
    total_tip_received: str = "0.00"
    total_weight: int
    updated_at: str
    user_id: None = None
    billing_address: Raw
    customer: Raw
    discount_applications: tuple[()] = EMPTY
    fulfillments: tuple[FulfilmentBody, ...] = EMPTY
    line_items: tuple[LineBody, ...]
    payment_terms: None = None
    refunds: tuple[RefundBody, ...] = EMPTY
    shipping_address: Raw
    shipping_lines: tuple[ShippingLine, ...]
    returns: tuple[()] = EMPTY
    line_item_groups: tuple[()] = EMPTY
