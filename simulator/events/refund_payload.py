"""Refunds: the units and the money that go back, and what moved the money."""

from typing import Final

from msgspec import Raw

from stockstorm.simulator.events.encoding import Money, Times, amount, derived_id, number
from stockstorm.simulator.events.line_payload import Lines
from stockstorm.simulator.events.line_shape import ShippingLine
from stockstorm.simulator.events.order_sums import (
    current_shipping,
    due_units,
    moves_money,
    refund_total,
    shipped_units,
    shipping_price,
    vat,
)
from stockstorm.simulator.events.people_payload import People
from stockstorm.simulator.events.refund_shape import Adjustment, RefundBody, RefundedLine, RefundedShipping, Transaction
from stockstorm.simulator.model import Order, OrderLine, Refund, RefundLine

REFUND_NOTE: Final = "Doesn’t fit / sent back & checked"  # of the plan's returns


def shipping_line(order: Order, money: Money) -> ShippingLine:
    """The shipping of an order."""
    minor = shipping_price(order)
    price, price_set = amount(minor), money.in_both(minor)
    return ShippingLine(
        id=derived_id("shipping_line", order.order_id),
        current_discounted_price_set=money.in_both(current_shipping(order)),
        discounted_price=price,
        discounted_price_set=price_set,
        price=price,
        price_set=price_set,
    )


class RefundPayload:
    """Builds refunds. A paid order's refund has one transaction, an unpaid order's has none."""

    def __init__(self, lines: Lines, money: Money, times: Times, people: People) -> None:
        self._lines, self._money, self._times, self._people = lines, money, times, people
        currency = money.currency
        nothing = f'{{"amount":"0.0","currency":"{currency}"}}'  # not `currency_code`, and with one decimal
        self._unsettled = Raw(f'{{"presentment_money":{nothing},"shop_money":{nothing}}}'.encode())

    def bodies(self, order: Order) -> tuple[RefundBody, ...]:
        """All refunds of the order, oldest first."""
        return tuple(self.body(order, refund) for refund in order.refunds)

    def body(self, order: Order, refund: Refund) -> RefundBody:
        """One refund of the order."""
        at = self._times.shop(refund.at_ns)
        by_id, due, shipped = {line.line_id: line for line in order.lines}, due_units(order), shipped_units(order)
        rows = tuple(
            self._line(refund, line, by_id[line.line_id], due[line.line_id], shipped.get(line.line_id, 0))
            for line in refund.lines
        )
        return RefundBody(
            id=refund.refund_id,
            order_id=order.order_id,
            created_at=at,
            processed_at=at,
            total_duties_set=self._money.in_both(0),
            note=REFUND_NOTE if refund.note is None else refund.note,
            restock=refund.restock,
            refund_shipping_lines=(self._shipping(order, refund),) if refund.shipping_minor else (),
            admin_graphql_api_id=f"gid://shopify/Refund/{refund.refund_id}",
            order_adjustments=(self._adjustment(order, refund),) if refund.discrepancy_minor else (),
            refund_line_items=rows,
            transactions=(self._transaction(order, refund, at),) if moves_money(order, refund) else (),
        )

    def _line(self, refund: Refund, line: RefundLine, sold: OrderLine, due: int, shipped: int) -> RefundedLine:
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
            line_item=self._lines.refunded(sold, due, shipped),
        )

    def _adjustment(self, order: Order, refund: Refund) -> Adjustment:
        return Adjustment(
            id=derived_id("adjustment", refund.refund_id),
            order_id=order.order_id,
            refund_id=refund.refund_id,
            amount=amount(refund.discrepancy_minor),
            amount_set=self._money.in_both(refund.discrepancy_minor),
            tax_amount_set=self._money.in_both(0),
        )

    def _shipping(self, order: Order, refund: Refund) -> RefundedShipping:
        return RefundedShipping(
            id=derived_id("refund_shipping", refund.refund_id),
            shipping_line=shipping_line(order, self._money),
            subtotal_amount_set=self._money.in_both(refund.shipping_minor),
            tax_amount_set=self._money.in_both(0),
        )

    def _transaction(self, order: Order, refund: Refund, at: str) -> Transaction:
        transaction = derived_id("transaction", refund.refund_id)
        return Transaction(
            id=transaction,
            order_id=order.order_id,
            created_at=at,
            parent_id=derived_id("transaction", order.order_id),
            processed_at=at,
            amount=amount(refund_total(order, refund)),
            currency=self._money.currency,
            payment_id=f"#{order.number}.1",
            total_unsettled_set=self._unsettled,
            payment_details=self._people.card(order.buyer),
            admin_graphql_api_id=f"gid://shopify/OrderTransaction/{transaction}",
        )
