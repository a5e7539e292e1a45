"""The fields of orders, lines and refunds in Shopify's payloads, in the order in which they are written.

Fields that are constant in this shop have their value here; the builders set the others. `Raw` is encoded JSON.
Source of names and order: docs/sources.md, S8 (93 fields of an order, 30 of a line, 15 of a refund).
"""

from typing import Literal

import msgspec
from msgspec import UNSET, Raw, UnsetType

from stockstorm.simulator.model import SHOP_ID

EMPTY: tuple[()] = ()

FinancialStatus = Literal["pending", "partially_paid", "paid", "partially_refunded", "refunded", "voided"]
ShippingStatus = Literal["unfulfilled", "partial", "fulfilled"]


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
    code: str = "Standard"
    current_discounted_price_set: Raw
    discounted_price: str
    discounted_price_set: Raw
    is_removed: bool = False
    phone: None = None
    price: str
    price_set: Raw
    requested_fulfillment_service_id: None = None
    source: str = "shopify"
    title: str = "Standard – 2/3 days, tracked & insured"
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


class RefundedLine(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    id: int
    quantity: int
    line_item_id: int
    location_id: int | None
    restock_type: Literal["return", "cancel", "no_restock"]
    subtotal: Raw
    total_tax: Raw
    subtotal_set: Raw
    total_tax_set: Raw
    line_item: RefundedItem


class RefundedShipping(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Shipping that was refunded. Members as GraphQL's RefundShippingLine has them; no capture shows one."""

    id: int
    shipping_line: ShippingLine
    subtotal_amount_set: Raw
    tax_amount_set: Raw


class PaymentDetails(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How a card was charged, in the fields of a captured refund."""

    credit_card_bin: str = "424242"
    avs_result_code: str = "Y"
    cvv_result_code: str = "M"
    credit_card_number: str = "•••• •••• •••• 4242"
    credit_card_company: str = "Visa"
    buyer_action_info: None = None
    credit_card_name: str | None
    credit_card_wallet: None = None
    credit_card_expiration_month: int = 12
    credit_card_expiration_year: int = 2030
    payment_method_name: str = "visa"


class RefundAttributes(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What Shopify Payments says of a refund."""

    status: str = "success"
    acquirer_reference_number: None = None


class Transaction(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    id: int
    order_id: int
    kind: str = "refund"
    gateway: str = "shopify_payments"
    status: str = "success"
    message: str = "Transaction approved"
    created_at: str
    test: bool = False
    authorization: None = None
    location_id: None = None
    user_id: None = None
    parent_id: int
    processed_at: str
    device_id: None = None
    error_code: None = None
    source_name: str = "web"
    receipt: Raw = Raw(b"{}")
    amount: str
    currency: str
    payment_id: str
    total_unsettled_set: Raw
    manual_payment_gateway: bool = False
    payment_details: Raw
    payments_refund_attributes: RefundAttributes = RefundAttributes()
    amount_rounding: None = None
    admin_graphql_api_id: str


class Adjustment(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An element of `order_adjustments`: what a refund returned besides the price of its lines and shipping."""

    id: int
    order_id: int
    refund_id: int
    amount: str
    tax_amount: str = "0.00"
    kind: str = "refund_discrepancy"
    reason: str = "Refund discrepancy"
    amount_set: Raw
    tax_amount_set: Raw


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


class RefundBody(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The body of refunds/create, and an element of an order's `refunds`."""

    id: int
    order_id: int
    created_at: str
    note: str
    user_id: None = None
    processed_at: str
    duties: tuple[()] = EMPTY
    total_duties_set: Raw
    return_: None = msgspec.field(default=None, name="return")
    refund_shipping_lines: tuple[RefundedShipping, ...] = EMPTY
    restock: bool
    admin_graphql_api_id: str
    order_adjustments: tuple[Adjustment, ...] = EMPTY
    refund_line_items: tuple[RefundedLine, ...]
    transactions: tuple[Transaction, ...]


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
