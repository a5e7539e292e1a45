"""Refunds as payloads show them: the body of refunds/create, and `refunds` within an order."""

from stockstorm.simulator.events.encoding import Money, Times, amount, derived_id, number
from stockstorm.simulator.events.line_payload import Lines, left, refunded, vat
from stockstorm.simulator.events.order_shape import RefundBody, RefundedLine, Transaction
from stockstorm.simulator.model import Order, OrderLine, Refund, RefundLine


class RefundPayload:
    """Builds refunds. The money goes back in one transaction, if any had been paid."""

    def __init__(self, lines: Lines, money: Money, times: Times) -> None:
        self._lines, self._money, self._times = lines, money, times

    def bodies(self, order: Order) -> tuple[RefundBody, ...]:
        """All refunds of the order, oldest first."""
        return tuple(self.body(order, refund) for refund in order.refunds)

    def body(self, order: Order, refund: Refund) -> RefundBody:
        """One refund of the order."""
        at = self._times.shop(refund.at_ns)
        by_id = {line.line_id: line for line in order.lines}
        back = refunded(order)
        rows = tuple(
            self._line(refund, line, by_id[line.line_id], left(order, by_id[line.line_id], back))
            for line in refund.lines
        )
        total = sum(line.quantity * by_id[line.line_id].price_minor for line in refund.lines)
        return RefundBody(
            id=refund.refund_id,
            order_id=order.order_id,
            created_at=at,
            processed_at=at,
            total_duties_set=self._money.in_both(0),
            restock=refund.restock,
            admin_graphql_api_id=f"gid://shopify/Refund/{refund.refund_id}",
            refund_line_items=rows,
            transactions=(self._transaction(order, refund, at, total),) if order.paid_ns is not None else (),
        )

    def _line(self, refund: Refund, line: RefundLine, sold: OrderLine, current: int) -> RefundedLine:
        subtotal = line.quantity * sold.price_minor
        return RefundedLine(
            id=derived_id("refund_line", refund.refund_id, line.line_id),
            quantity=line.quantity,
            line_item_id=line.line_id,
            location_id=self._lines.products[line.sku].location_id if refund.restock else None,
            restock_type="return" if refund.restock else "no_restock",
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
