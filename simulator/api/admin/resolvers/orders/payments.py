"""Transactions: the payment of an order, and one for each refund of a paid order."""

from typing import Final, NamedTuple

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.pages import Page, page_of
from stockstorm.simulator.api.admin.base.views import Money, RefundView, gid
from stockstorm.simulator.events.encoding import derived_id
from stockstorm.simulator.events.order_sums import moves_money, received, refund_total
from stockstorm.simulator.model import Order

GATEWAY: Final = "shopify_payments"


class Transaction(NamedTuple):
    """Money that moved."""

    transaction_id: int
    order: Order
    kind: str
    minor: int
    at_ns: int
    parent: "Transaction | None" = None


def of_order(order: Order) -> list[Transaction]:
    """All transactions, oldest first."""
    if order.paid_ns is None:
        return []
    sale = Transaction(derived_id("transaction", order.order_id), order, "SALE", received(order), order.paid_ns)
    moved = [index for index, refund in enumerate(order.refunds) if moves_money(order, refund)]
    return [sale, *(_of_refund(order, index, sale) for index in moved)]


def _of_refund(order: Order, index: int, sale: Transaction) -> Transaction:
    refund = order.refunds[index]
    number = derived_id("transaction", refund.refund_id)
    return Transaction(number, order, "REFUND", refund_total(order, refund), refund.at_ns, sale)


def of_refund(view: RefundView, arguments: Arguments, _call: Call) -> Page[Transaction]:
    """The transactions of one refund."""
    wanted = derived_id("transaction", view.refund.refund_id)
    rows = [each for each in of_order(view.order) if each.transaction_id == wanted]
    return page_of(rows, lambda row: (row.transaction_id, row.transaction_id), arguments)


TRANSACTION: Final[dict[str, Resolver]] = {
    "id": lambda row, _arguments, _call: gid("OrderTransaction", row.transaction_id),
    "amountSet": lambda row, _arguments, _call: Money(row.minor),
    "createdAt": lambda row, _arguments, call: call.time_text(row.at_ns),
    "processedAt": lambda row, _arguments, call: call.time_text(row.at_ns),
    "gateway": lambda _row, _arguments, _call: GATEWAY,
    "formattedGateway": lambda _row, _arguments, _call: "Shopify Payments",
    "kind": lambda row, _arguments, _call: row.kind,
    "status": lambda _row, _arguments, _call: "SUCCESS",
    "test": lambda _row, _arguments, _call: False,
    "paymentId": lambda row, _arguments, _call: f"#{row.order.number}.1",
    "manualPaymentGateway": lambda _row, _arguments, _call: False,
    "errorCode": lambda _row, _arguments, _call: None,
    "authorizationCode": lambda _row, _arguments, _call: None,
    "parentTransaction": lambda row, _arguments, _call: row.parent,
    "order": lambda row, _arguments, _call: row.order,
}
