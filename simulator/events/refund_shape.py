"""Refunds as bodies show them, in the order of Shopify's examples, with what moved the money."""

from typing import Literal

import msgspec
from msgspec import Raw

from stockstorm.simulator.events.line_shape import EMPTY, RefundedItem, ShippingLine


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
