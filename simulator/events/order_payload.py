"""Orders as payloads show them: one shape for orders/create, orders/paid, orders/updated and orders/cancelled.

What differs between the topics is the order's own state at that moment, which the event carries.

A cancellation takes the lines off the order and moves no money: an order that was paid stays `paid`, without refunds,
as in Shopify where the merchant chooses to refund later. This merchant never gets round to it within a run, so that
status, `refunds` and the webhooks (no refunds/create) tell the same story. An order cancelled unpaid is `voided`.
"""

from typing import Final

import msgspec

from stockstorm.simulator.events.encoding import Money, Times, amount, derived_id, derived_token
from stockstorm.simulator.events.line_payload import Lines, left, refunded, vat
from stockstorm.simulator.events.order_shape import OrderBody, ShippingLine
from stockstorm.simulator.events.people_payload import People
from stockstorm.simulator.events.refund_payload import RefundPayload
from stockstorm.simulator.model import Order

SHIPPING_MINOR: Final = 495
SHOP_ID: Final = 548_380_009
FIRST_NUMBER: Final = 1001  # order numbers start above a thousand, `number` at one


class Totals(msgspec.Struct, frozen=True, gc=False):
    """Sums of an order in minor units: as bought, and as it stands after refunds or cancellation."""

    bought: int
    current: int
    shipping_current: int
    grams: int

    @classmethod
    def of(cls, order: Order, lines: Lines) -> "Totals":
        back = refunded(order)
        bought = sum(line.price_minor * line.quantity for line in order.lines)
        current = sum(line.price_minor * left(order, line, back) for line in order.lines)
        grams = sum(lines.products[line.sku].grams * line.quantity for line in order.lines)
        return cls(bought, current, 0 if order.cancelled_ns is not None else SHIPPING_MINOR, grams)


def financial_status(order: Order) -> str:
    """Shopify's word for where the money is: it comes back by refunds alone, not by a cancellation."""
    if order.paid_ns is None:
        return "voided" if order.cancelled_ns is not None else "pending"
    back = refunded(order)
    if all(back.get(line.line_id, 0) >= line.quantity for line in order.lines):
        return "refunded"
    return "partially_refunded" if back else "paid"


class OrderPayload:
    """Builds orders."""

    def __init__(
        self, domain: str, *, lines: Lines, refunds: RefundPayload, people: People, money: Money, times: Times
    ) -> None:
        self._domain = domain
        self._lines, self._refunds, self._people = lines, refunds, people
        self._money, self._times = money, times

    def body(self, order: Order) -> OrderBody:
        """The order with all its documented fields."""
        totals = Totals.of(order, self._lines)
        person = self._people.person(order.buyer)
        money, currency = self._money.in_both, self._money.currency
        token = derived_token("order", order.order_id)
        created, cancelled = self._times.shop(order.created_ns), self._optional(order.cancelled_ns)
        price, current_price = totals.bought + SHIPPING_MINOR, totals.current + totals.shipping_current
        tax, current_tax = vat(totals.bought), vat(totals.current)
        return OrderBody(
            id=order.order_id,
            admin_graphql_api_id=f"gid://shopify/Order/{order.order_id}",
            browser_ip=person.browser_ip,
            cancel_reason=None if cancelled is None else "customer",
            cancelled_at=cancelled,
            cart_token=token[:24],
            checkout_token=token[::-1],
            client_details=person.client_details,
            closed_at=cancelled,
            confirmation_number=token[:9].upper(),
            contact_email=person.email,
            created_at=created,
            currency=currency,
            current_shipping_price_set=money(totals.shipping_current),
            current_subtotal_price=amount(totals.current),
            current_subtotal_price_set=money(totals.current),
            current_total_discounts_set=money(0),
            current_total_price=amount(current_price),
            current_total_price_set=money(current_price),
            current_total_tax=amount(current_tax),
            current_total_tax_set=money(current_tax),
            email=person.email,
            financial_status=financial_status(order),
            name=f"#{order.number}",
            number=order.number - FIRST_NUMBER + 1,
            order_number=order.number,
            order_status_url=f"https://{self._domain}/{SHOP_ID}/orders/{token}/authenticate?key={token[:16]}&none=VQ",
            phone=person.phone,
            presentment_currency=currency,
            processed_at=created,
            subtotal_price=amount(totals.bought),
            subtotal_price_set=money(totals.bought),
            tax_lines=(self._lines.tax(tax),),
            token=token,
            total_cash_rounding_payment_adjustment_set=money(0),
            total_cash_rounding_refund_adjustment_set=money(0),
            total_discounts_set=money(0),
            total_line_items_price=amount(totals.bought),
            total_line_items_price_set=money(totals.bought),
            total_outstanding="0.00" if order.paid_ns is not None else amount(current_price),
            total_price=amount(price),
            total_price_set=money(price),
            total_shipping_price_set=money(SHIPPING_MINOR),
            total_tax=amount(tax),
            total_tax_set=money(tax),
            total_weight=totals.grams,
            updated_at=self._times.shop(order.updated_ns),
            billing_address=person.address,
            customer=person.customer,
            line_items=self._lines.bodies(order),
            refunds=self._refunds.bodies(order),
            shipping_address=person.address,
            shipping_lines=(self._shipping(order),),
        )

    def _shipping(self, order: Order) -> ShippingLine:
        price, price_set = amount(SHIPPING_MINOR), self._money.in_both(SHIPPING_MINOR)
        return ShippingLine(
            id=derived_id("shipping_line", order.order_id),
            current_discounted_price_set=self._money.in_both(0 if order.cancelled_ns is not None else SHIPPING_MINOR),
            discounted_price=price,
            discounted_price_set=price_set,
            price=price,
            price_set=price_set,
        )

    def _optional(self, at_ns: int | None) -> str | None:
        return None if at_ns is None else self._times.shop(at_ns)
