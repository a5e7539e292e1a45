"""Orders, their lines and their refunds as payloads show them.

One shape serves orders/create, orders/paid, orders/updated and orders/cancelled. The topics differ only in the state of
the order, which the event carries. Prices include 20 % VAT.

A cancellation of a paid order refunds what is left of it, shipping included, and puts the units back as "cancel": the
order is `refunded`, and its last refund says so. An order cancelled before payment is `voided` and has no refund.
"""

from typing import Final

import msgspec
from msgspec import UNSET, Raw

from stockstorm.simulator.events.encoding import Money, Times, amount, derived_id, derived_token
from stockstorm.simulator.events.line_payload import Lines
from stockstorm.simulator.events.order_shape import Edit, EditBody, EditedLine, EditedLines, FulfilmentBody, OrderBody
from stockstorm.simulator.events.order_sums import (
    bought_total,
    closed_ns,
    current_shipping,
    current_total,
    financial_status,
    order_name,
    outstanding,
    shipping_price,
    shipping_status,
    vat,
)
from stockstorm.simulator.events.people_payload import People
from stockstorm.simulator.events.refund_payload import RefundPayload, shipping_line
from stockstorm.simulator.events.unusual import as_placed
from stockstorm.simulator.model import API_CLIENT_ID, FIRST_ORDER_NUMBER, SHOP_ID, Fulfilment, Order, Written
from stockstorm.simulator.versions import ApiVersion, in_force


def edit_body(order: Order, times: Times) -> EditBody:
    """The newest edit of an order."""
    edit = order.edits[-1]
    added, removed = (
        tuple(EditedLine(line_id, units) for line_id, units in rows) for rows in (edit.added, edit.removed)
    )
    at, lines = times.shop(edit.at_ns), EditedLines(added, removed)
    return EditBody(Edit(id=edit.edit_id, created_at=at, order_id=order.order_id, line_items=lines))


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
        line_items=tuple(lines.body(sold[line_id], units, 0, units) for line_id, units in fulfilment.lines),
        name=f"{order_name(order)}.{order.fulfilments.index(fulfilment) + 1}",
        admin_graphql_api_id=f"gid://shopify/Fulfillment/{fulfilment.fulfilment_id}",
    )


def _with_what_the_subject_gave(body: OrderBody, written: Written) -> OrderBody:
    attributes = [{"name": name, "value": value} for name, value in written.attributes]
    return msgspec.structs.replace(
        body,
        note=written.note,
        note_attributes=Raw(msgspec.json.encode(attributes)),
        po_number=written.po_number,
        source_name=written.source_name or str(API_CLIENT_ID),
        source_identifier=written.source_identifier,
        tags=", ".join(written.tags),
        test=written.test,
        app_id=API_CLIENT_ID,
    )


def status_url(domain: str, token: str) -> str:
    """Where the buyer of an order sees its status."""
    return f"https://{domain}/{SHOP_ID}/orders/{token}/authenticate?key={token[:16]}&none=VQ"


REMEMBERED_MAX: Final = 1_000  # bodies, of about 3 KB


def _differ_in_payment(placed: Order, order: Order) -> bool:
    """Whether an order is the same as it was before, but for its payment."""
    return msgspec.structs.replace(placed, paid_ns=order.paid_ns, updated_ns=order.updated_ns) == order


class OrderPayload:
    """Builds orders."""

    def __init__(
        self,
        domain: str,
        version: ApiVersion,
        *,
        lines: Lines,
        refunds: RefundPayload,
        people: People,
        money: Money,
        times: Times,
    ) -> None:
        self._domain, self._has_checkout = domain, in_force("checkout_id in orders", version)
        self._lines, self._refunds, self._people = lines, refunds, people
        self._money, self._times = money, times
        self._placed: dict[int, tuple[Order, OrderBody]] = {}  # by id, those that wait for their payment, oldest first

    def body(self, order: Order) -> OrderBody:
        """The order with all documented fields."""
        if order.written is not None:
            return _with_what_the_subject_gave(self._body(order), order.written)
        if order.origin != "web" or order.large_kb:
            return as_placed(self._body(order), order, self._money)
        if order.refunds or order.fulfilments or order.edits or order.cancelled_ns is not None:
            return self._body(order)
        return self._placed_body(order) if order.paid_ns is None else self._paid_body(order)

    def _placed_body(self, order: Order) -> OrderBody:
        """The body of an order that waits for its payment. It is remembered, because the payment changes little."""
        body = self._body(order)
        if len(self._placed) >= REMEMBERED_MAX:
            del self._placed[next(iter(self._placed))]
        self._placed[order.order_id] = order, body
        return body

    def _paid_body(self, order: Order) -> OrderBody:
        """The body of an order that was paid, and to which nothing else happened."""
        placed, body = self._placed.pop(order.order_id, (None, None))
        if placed is None or body is None or not _differ_in_payment(placed, order):
            return self._body(order)
        return msgspec.structs.replace(
            body,
            financial_status=financial_status(order),
            total_outstanding=amount(outstanding(order)),
            updated_at=self._times.shop(order.updated_ns),
        )

    def _body(self, order: Order) -> OrderBody:
        bought, current, shipping = bought_total(order), current_total(order), current_shipping(order)
        written = order.written
        person = self._people.person(order.buyer) if written is None else self._people.written(order.order_id, written)
        money, currency = self._money.in_both, self._money.currency
        token = derived_token("order", order.order_id)
        created, cancelled = self._times.shop(order.created_ns), self._optional(order.cancelled_ns)
        price, current_price = bought + shipping_price(order), current + shipping
        tax, current_tax = vat(bought), vat(current)
        nothing, bought_set, bought_text = money(0), money(bought), amount(bought)
        return OrderBody(
            id=order.order_id,
            admin_graphql_api_id=f"gid://shopify/Order/{order.order_id}",
            browser_ip=person.browser_ip,
            cancel_reason=None if cancelled is None else order.cancel_reason,
            cancelled_at=cancelled,
            cart_token=token[:24],
            checkout_id=derived_id("checkout", order.order_id) if self._has_checkout else UNSET,
            checkout_token=token[::-1],
            client_details=person.client_details,
            closed_at=self._optional(closed_ns(order)),
            confirmation_number=token[:9].upper(),
            contact_email=person.email,
            created_at=created,
            currency=currency,
            current_shipping_price_set=money(shipping),
            current_subtotal_price=amount(current),
            current_subtotal_price_set=money(current),
            current_total_discounts_set=nothing,
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
            order_status_url=UNSET if person.email is UNSET else status_url(self._domain, token),
            phone=person.phone,
            presentment_currency=currency,
            processed_at=created,
            subtotal_price=bought_text,
            subtotal_price_set=bought_set,
            tax_lines=(self._lines.tax(tax),),
            token=token,
            total_cash_rounding_payment_adjustment_set=nothing,
            total_cash_rounding_refund_adjustment_set=nothing,
            total_discounts_set=nothing,
            total_line_items_price=bought_text,
            total_line_items_price_set=bought_set,
            total_outstanding=amount(current_price if order.paid_ns is None else outstanding(order)),
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
            shipping_lines=(shipping_line(order, self._money),),
        )

    def _optional(self, at_ns: int | None) -> str | None:
        return None if at_ns is None else self._times.shop(at_ns)
