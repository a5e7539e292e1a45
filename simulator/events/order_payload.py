"""Orders, their lines and their refunds as payloads show them.

One shape serves orders/create, orders/paid, orders/updated and orders/cancelled. The topics differ only in the state of
the order, which the event carries. Prices include 20 % VAT.

A cancellation removes the lines from the order and moves no money. An order that was paid stays `paid` and has no
refunds, as in Shopify when the merchant refunds later. No later refund is simulated, so status, `refunds` and webhooks
(no refunds/create) agree. An order cancelled before payment is `voided`.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET, Raw

from stockstorm.simulator.events.encoding import Money, Times, amount, derived_id, derived_token, number
from stockstorm.simulator.events.order_shape import (
    FinancialStatus,
    FulfilmentBody,
    LineBody,
    OrderBody,
    RefundBody,
    RefundedLine,
    ShippingLine,
    ShippingStatus,
    TaxLine,
    Transaction,
)
from stockstorm.simulator.events.people_payload import People
from stockstorm.simulator.model import (
    API_CLIENT_ID,
    FIRST_ORDER_NUMBER,
    SHOP_ID,
    Fulfilment,
    Order,
    OrderLine,
    Product,
    Refund,
    RefundLine,
    Sku,
    Written,
)

REFUND_NOTE: Final = "Doesn’t fit / sent back & checked"  # of the plan's returns
VAT_RATE: Final = Raw(b"0.20")  # a float with a trailing zero, which is lost when a receiver re-serialises
SHIPPING_MINOR: Final = 495
VAT_DIVISOR: Final = 6  # VAT of 20 % is one sixth of a gross price


def vat(gross_minor: int) -> int:
    """The VAT included in a gross amount, in minor units, rounded half up."""
    return (gross_minor * 2 + VAT_DIVISOR) // (VAT_DIVISOR * 2)


class Lines:
    """Builds `line_items`."""

    def __init__(self, products: Mapping[Sku, Product], money: Money) -> None:
        self.products, self._money = products, money
        self._zero = money.in_both(0)

    def bodies(self, order: Order) -> tuple[LineBody, ...]:
        """All lines. Refunded and cancelled units are no longer current."""
        refunded, shipped = refunded_units(order), shipped_units(order) if order.fulfilments else {}
        return tuple(
            self.body(line, remaining_units(order, line, refunded), shipped.get(line.line_id, 0))
            for line in order.lines
        )

    def body(self, line: OrderLine, current: int, shipped: int = 0) -> LineBody:
        """One line with `current` units neither cancelled nor refunded, and some of them shipped."""
        product = self.products[line.sku]
        return LineBody(
            id=line.line_id,
            admin_graphql_api_id=f"gid://shopify/LineItem/{line.line_id}",
            current_quantity=current,
            fulfillable_quantity=max(0, current - shipped),
            fulfillment_status=None if not shipped else "fulfilled" if shipped >= current else "partial",
            grams=product.grams,
            name=product.title,
            price=amount(line.price_minor),
            price_set=self._money.in_both(line.price_minor),
            product_id=product.product_id,
            quantity=line.quantity,
            sku=line.sku,
            title=product.title,
            total_discount_set=self._zero,
            variant_id=product.variant_id,
            vendor=product.vendor,
            tax_lines=(self.tax(vat(line.price_minor * line.quantity)),),
        )

    def grams(self, order: Order) -> int:
        """The weight of all units as bought."""
        return sum(self.products[line.sku].grams * line.quantity for line in order.lines)

    def tax(self, minor: int) -> TaxLine:
        """A tax line of this amount."""
        return TaxLine(price=amount(minor), rate=VAT_RATE, price_set=self._money.in_both(minor))


def refunded_units(order: Order) -> dict[int, int]:
    """Units refunded so far, by line id."""
    refunded: dict[int, int] = {}
    for refund in order.refunds:
        for line in refund.lines:
            refunded[line.line_id] = refunded.get(line.line_id, 0) + line.quantity
    return refunded


def remaining_units(order: Order, line: OrderLine, refunded: Mapping[int, int]) -> int:
    """Units of the line that are neither cancelled nor refunded."""
    return 0 if order.cancelled_ns is not None else line.quantity - refunded.get(line.line_id, 0)


def shipped_units(order: Order) -> dict[int, int]:
    """Units shipped so far, by line id."""
    shipped: dict[int, int] = {}
    for fulfilment in order.fulfilments:
        for line_id, units in fulfilment.lines:
            shipped[line_id] = shipped.get(line_id, 0) + units
    return shipped


def shipping_status(order: Order) -> ShippingStatus:
    """How much of what was neither cancelled nor refunded is shipped."""
    if not order.fulfilments:
        return "unfulfilled"
    shipped, refunded = shipped_units(order), refunded_units(order)
    due = sum(
        max(0, line.quantity - refunded.get(line.line_id, 0) - shipped.get(line.line_id, 0)) for line in order.lines
    )
    return "partial" if due else "fulfilled"


def shipping_price(order: Order) -> int:
    """The price of shipping as bought, in minor units."""
    return SHIPPING_MINOR if order.written is None else order.written.shipping_minor


def order_name(order: Order) -> str:
    """The name that people read: #1001, or what the subject chose for its own order."""
    return f"#{order.number}" if order.written is None or not order.written.name else order.written.name


def bought_total(order: Order) -> int:
    """The price of all lines as bought, without shipping, in minor units."""
    return sum(line.price_minor * line.quantity for line in order.lines)


def current_total(order: Order) -> int:
    """The price of the lines after refunds or cancellation, without shipping, in minor units."""
    refunded = refunded_units(order)
    return sum(line.price_minor * remaining_units(order, line, refunded) for line in order.lines)


def current_shipping(order: Order) -> int:
    """The price of shipping after a cancellation, in minor units."""
    return 0 if order.cancelled_ns is not None else shipping_price(order)


def refund_total(order: Order, refund: Refund) -> int:
    """The price of the refunded units, in minor units."""
    prices = {line.line_id: line.price_minor for line in order.lines}
    return sum(line.quantity * prices[line.line_id] for line in refund.lines)


class RefundPayload:
    """Builds refunds. A paid order's refund has one transaction, an unpaid order's has none."""

    def __init__(self, lines: Lines, money: Money, times: Times) -> None:
        self._lines, self._money, self._times = lines, money, times

    def bodies(self, order: Order) -> tuple[RefundBody, ...]:
        """All refunds of the order, oldest first."""
        return tuple(self.body(order, refund) for refund in order.refunds)

    def body(self, order: Order, refund: Refund) -> RefundBody:
        """One refund of the order."""
        at = self._times.shop(refund.at_ns)
        by_id = {line.line_id: line for line in order.lines}
        refunded = refunded_units(order)
        rows = tuple(
            self._line(refund, line, by_id[line.line_id], remaining_units(order, by_id[line.line_id], refunded))
            for line in refund.lines
        )
        total = refund_total(order, refund)
        return RefundBody(
            id=refund.refund_id,
            order_id=order.order_id,
            created_at=at,
            processed_at=at,
            total_duties_set=self._money.in_both(0),
            note=REFUND_NOTE if refund.note is None else refund.note,
            restock=refund.restock,
            admin_graphql_api_id=f"gid://shopify/Refund/{refund.refund_id}",
            refund_line_items=rows,
            transactions=(self._transaction(order, refund, at, total),) if order.paid_ns is not None else (),
        )

    def _line(self, refund: Refund, line: RefundLine, sold: OrderLine, current: int) -> RefundedLine:
        subtotal = line.quantity * sold.price_minor
        place = (line.location_id,) if line.location_id else ()
        return RefundedLine(
            id=derived_id("refund_line", refund.refund_id, line.line_id, *place),
            quantity=line.quantity,
            line_item_id=line.line_id,
            location_id=(line.location_id or self._lines.products[line.sku].location_id) if refund.restock else None,
            restock_type="no_restock" if not refund.restock else "cancel" if refund.cancelled else "return",
            subtotal=number(subtotal),
            total_tax=number(vat(subtotal)),
            subtotal_set=self._money.in_both(subtotal),
            total_tax_set=self._money.in_both(vat(subtotal)),
            line_item=self._lines.body(sold, current),
        )

    def _transaction(self, order: Order, refund: Refund, at: str, minor: int) -> Transaction:
        transaction = derived_id("transaction", refund.refund_id)
        return Transaction(
            id=transaction,
            order_id=order.order_id,
            created_at=at,
            parent_id=derived_id("transaction", order.order_id),
            processed_at=at,
            amount=amount(minor),
            currency=self._money.currency,
            payment_id=f"#{order.number}.1",
            total_unsettled_set=self._money.in_both(0),
            admin_graphql_api_id=f"gid://shopify/OrderTransaction/{transaction}",
        )


def fulfilment_body(order: Order, fulfilment: Fulfilment, lines: Lines, times: Times) -> FulfilmentBody:
    """One parcel of the order, as in fulfillments/create and in an order's `fulfillments`."""
    at, number = times.shop(fulfilment.at_ns), fulfilment.number
    sold = {line.line_id: line for line in order.lines}
    return FulfilmentBody(
        id=fulfilment.fulfilment_id,
        order_id=order.order_id,
        created_at=at,
        updated_at=at,
        tracking_company=fulfilment.company,
        tracking_number=number,
        tracking_numbers=(number,) if number else (),
        tracking_url=fulfilment.url,
        tracking_urls=(fulfilment.url,) if fulfilment.url else (),
        line_items=tuple(lines.body(sold[line_id], units, units) for line_id, units in fulfilment.lines),
        name=f"{order_name(order)}.{order.fulfilments.index(fulfilment) + 1}",
        admin_graphql_api_id=f"gid://shopify/Fulfillment/{fulfilment.fulfilment_id}",
    )


def financial_status(order: Order) -> FinancialStatus:
    """Shopify's status of the payment. Only a refund returns money; a cancellation does not."""
    if order.paid_ns is None:
        return "voided" if order.cancelled_ns is not None else "pending"
    refunded = refunded_units(order)
    if all(refunded.get(line.line_id, 0) >= line.quantity for line in order.lines):
        return "refunded"
    return "partially_refunded" if refunded else "paid"


def _with_what_the_subject_gave(body: OrderBody, written: Written) -> OrderBody:
    return msgspec.structs.replace(
        body,
        note=written.note,
        note_attributes=tuple({"name": name, "value": value} for name, value in written.attributes),
        po_number=written.po_number,
        source_name=written.source_name or str(API_CLIENT_ID),
        source_identifier=written.source_identifier,
        tags=", ".join(written.tags),
        test=written.test,
        app_id=API_CLIENT_ID,
    )


class OrderPayload:
    """Builds orders."""

    def __init__(
        self, domain: str, *, lines: Lines, refunds: RefundPayload, people: People, money: Money, times: Times
    ) -> None:
        self._domain = domain
        self._lines, self._refunds, self._people = lines, refunds, people
        self._money, self._times = money, times

    def _status_url(self, token: str) -> str:
        return f"https://{self._domain}/{SHOP_ID}/orders/{token}/authenticate?key={token[:16]}&none=VQ"

    def body(self, order: Order) -> OrderBody:
        """The order with all documented fields."""
        body = self._body(order)
        return body if order.written is None else _with_what_the_subject_gave(body, order.written)

    def _body(self, order: Order) -> OrderBody:
        bought, current, shipping = bought_total(order), current_total(order), current_shipping(order)
        written = order.written
        person = self._people.person(order.buyer) if written is None else self._people.written(order.order_id, written)
        money, currency = self._money.in_both, self._money.currency
        token = derived_token("order", order.order_id)
        created, cancelled = self._times.shop(order.created_ns), self._optional(order.cancelled_ns)
        price, current_price = bought + shipping_price(order), current + shipping
        tax, current_tax = vat(bought), vat(current)
        return OrderBody(
            id=order.order_id,
            admin_graphql_api_id=f"gid://shopify/Order/{order.order_id}",
            browser_ip=person.browser_ip,
            cancel_reason=None if cancelled is None else order.cancel_reason,
            cancelled_at=cancelled,
            cart_token=token[:24],
            checkout_token=token[::-1],
            client_details=person.client_details,
            closed_at=cancelled,
            confirmation_number=token[:9].upper(),
            contact_email=person.email,
            created_at=created,
            currency=currency,
            current_shipping_price_set=money(shipping),
            current_subtotal_price=amount(current),
            current_subtotal_price_set=money(current),
            current_total_discounts_set=money(0),
            current_total_price=amount(current_price),
            current_total_price_set=money(current_price),
            current_total_tax=amount(current_tax),
            current_total_tax_set=money(current_tax),
            email=person.email,
            financial_status=financial_status(order),
            fulfillment_status=None if not order.fulfilments else shipping_status(order),
            fulfillments=tuple(fulfilment_body(order, each, self._lines, self._times) for each in order.fulfilments),
            name=order_name(order),
            number=order.number - FIRST_ORDER_NUMBER + 1,
            order_number=order.number,
            order_status_url=UNSET if person.email is UNSET else self._status_url(token),
            phone=person.phone,
            presentment_currency=currency,
            processed_at=created,
            subtotal_price=amount(bought),
            subtotal_price_set=money(bought),
            tax_lines=(self._lines.tax(tax),),
            token=token,
            total_cash_rounding_payment_adjustment_set=money(0),
            total_cash_rounding_refund_adjustment_set=money(0),
            total_discounts_set=money(0),
            total_line_items_price=amount(bought),
            total_line_items_price_set=money(bought),
            total_outstanding="0.00" if order.paid_ns is not None else amount(current_price),
            total_price=amount(price),
            total_price_set=money(price),
            total_shipping_price_set=money(shipping_price(order)),
            total_tax=amount(tax),
            total_tax_set=money(tax),
            total_weight=self._lines.grams(order),
            updated_at=self._times.shop(order.updated_ns),
            billing_address=person.address,
            customer=person.customer,
            line_items=self._lines.bodies(order),
            refunds=self._refunds.bodies(order),
            shipping_address=person.address,
            shipping_lines=(self._shipping(order),),
        )

    def _shipping(self, order: Order) -> ShippingLine:
        minor = shipping_price(order)
        price, price_set = amount(minor), self._money.in_both(minor)
        return ShippingLine(
            id=derived_id("shipping_line", order.order_id),
            current_discounted_price_set=self._money.in_both(current_shipping(order)),
            discounted_price=price,
            discounted_price_set=price_set,
            price=price,
            price_set=price_set,
        )

    def _optional(self, at_ns: int | None) -> str | None:
        return None if at_ns is None else self._times.shop(at_ns)
