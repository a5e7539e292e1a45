"""Draft orders as draft_orders/create and draft_orders/update show them, in the order of the documents' example.

Staff writes a draft and completes it at once, so the first shows it open and the second completed, with its order.
"""

import msgspec
from msgspec import Raw, UnsetType

from stockstorm.simulator.events.encoding import Times, amount, derived_id, derived_token
from stockstorm.simulator.events.line_payload import VAT_RATE, Lines
from stockstorm.simulator.events.order_sums import bought_total, shipping_price, vat
from stockstorm.simulator.events.people_payload import People
from stockstorm.simulator.events.product_payload import full_title
from stockstorm.simulator.events.unusual import CUSTOM_TITLE, custom_line_id
from stockstorm.simulator.model import FIRST_ORDER_NUMBER, SHOP_ID, Order, OrderLine

NOTHING: tuple[()] = ()


class DraftTax(msgspec.Struct, frozen=True, gc=False):
    rate: Raw
    title: str
    price: str


class DraftLine(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A line. That of a service has neither SKU, variant nor product, and is `custom`."""

    id: int
    variant_id: int | None
    product_id: int | None
    title: str
    variant_title: str | None
    sku: str | None
    vendor: str | None
    quantity: int
    requires_shipping: bool
    taxable: bool = True
    gift_card: bool = False
    fulfillment_service: str = "manual"
    grams: int
    tax_lines: tuple[DraftTax, ...]
    applied_discount: None = None
    name: str
    properties: tuple[()] = NOTHING
    custom: bool
    price: str
    admin_graphql_api_id: str


class DraftShipping(msgspec.Struct, frozen=True, gc=False):
    title: str
    custom: bool
    handle: str | None
    price: str


class DraftBody(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The body of draft_orders/create and draft_orders/update."""

    id: int
    note: None = None
    email: str | UnsetType | None
    taxes_included: bool = True
    currency: str
    invoice_sent_at: None = None
    created_at: str
    updated_at: str
    tax_exempt: bool = False
    completed_at: str | None
    name: str
    allow_discounts: bool = msgspec.field(default=False, name="allow_discount_codes_in_checkout?")
    b2b: bool = msgspec.field(default=False, name="b2b?")
    status: str
    line_items: tuple[DraftLine, ...]
    api_client_id: None = None
    shipping_address: Raw
    billing_address: Raw
    invoice_url: str
    created_on_api_version_handle: None = None
    applied_discount: None = None
    order_id: int | None
    shipping_line: DraftShipping
    tax_lines: tuple[DraftTax, ...]
    tags: str = ""
    note_attributes: tuple[()] = NOTHING
    total_price: str
    subtotal_price: str
    total_tax: str
    payment_terms: None = None
    admin_graphql_api_id: str
    customer: Raw


class DraftPayload:
    """Builds drafts from the orders that were made of them."""

    def __init__(self, domain: str, lines: Lines, people: People, currency: str, times: Times) -> None:
        self._domain, self._lines, self._people = domain, lines, people
        self._currency, self._times = currency, times

    def body(self, order: Order, *, completed: bool) -> DraftBody:
        """The draft of an order: open, or completed."""
        draft, token = derived_id("draft", order.order_id), derived_token("draft", order.order_id)
        at, person = self._times.shop(order.created_ns), self._people.person(order.buyer)
        bought, shipping = bought_total(order), shipping_price(order)
        return DraftBody(
            id=draft,
            email=person.email,
            currency=self._currency,
            created_at=at,
            updated_at=at,
            completed_at=at if completed else None,
            name=f"#D{order.number - FIRST_ORDER_NUMBER + 1}",
            status="completed" if completed else "open",
            line_items=(*map(self._line, order.lines), _custom(order)),
            shipping_address=person.address,
            billing_address=person.address,
            invoice_url=f"https://{self._domain}/{SHOP_ID}/invoices/{token}",
            order_id=order.order_id if completed else None,
            shipping_line=DraftShipping("Standard", True, None, amount(shipping)),
            tax_lines=(_tax(bought),),
            total_price=amount(bought + shipping),
            subtotal_price=amount(bought),
            total_tax=amount(vat(bought)),
            admin_graphql_api_id=f"gid://shopify/DraftOrder/{draft}",
            customer=person.customer,
        )

    def _line(self, line: OrderLine) -> DraftLine:
        product, line_id = self._lines.products[line.sku], derived_id("draft_line", line.line_id)
        return DraftLine(
            id=line_id,
            variant_id=product.variant_id,
            product_id=product.product_id,
            title=product.title,
            variant_title=product.variant_title,
            sku=line.sku,
            vendor=product.vendor,
            quantity=line.quantity,
            requires_shipping=True,
            grams=product.grams,
            tax_lines=(_tax(line.price_minor * line.quantity),),
            name=full_title(product),
            custom=False,
            price=amount(line.price_minor),
            admin_graphql_api_id=f"gid://shopify/DraftOrderLineItem/{line_id}",
        )


def _tax(gross_minor: int) -> DraftTax:
    return DraftTax(VAT_RATE, "VAT", amount(vat(gross_minor)))


def _custom(order: Order) -> DraftLine:
    line_id = derived_id("draft_line", custom_line_id(order))
    return DraftLine(
        id=line_id,
        variant_id=None,
        product_id=None,
        title=CUSTOM_TITLE,
        variant_title=None,
        sku=None,
        vendor=None,
        quantity=1,
        requires_shipping=False,
        grams=0,
        tax_lines=(),
        name=CUSTOM_TITLE,
        custom=True,
        price="0.00",
        admin_graphql_api_id=f"gid://shopify/DraftOrderLineItem/{line_id}",
    )
