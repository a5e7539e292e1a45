"""The GraphQL documents that fetch one resource whose webhook was too large for its bus, each with its answer's type.

`body` of an answer is what the webhook would have said, as far as the service uses it.
"""

from typing import Any, Protocol

import msgspec

from stockstorm.reference_service.clients.documents import Identified, Operation, number_of
from stockstorm.reference_service.domain.payloads import RefundLine, ShopOrder, ShopProduct, ShopRefund


class Whole(Protocol):
    """An answer."""

    def body(self) -> bytes | None:
        """JSON in the webhook's spelling; None when the resource is gone."""
        ...


class Amount(msgspec.Struct, frozen=True):
    amount: str


class Money(msgspec.Struct, frozen=True, rename="camel"):
    shop_money: Amount


class OrderNode(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    updated_at: str
    name: str
    currency_code: str
    total_price_set: Money
    display_financial_status: str | None = None
    cancelled_at: str | None = None


class WholeOrder(msgspec.Struct, frozen=True):
    node: OrderNode | None

    def body(self) -> bytes | None:
        node = self.node
        if node is None:
            return None
        status = node.display_financial_status
        order = ShopOrder(
            id=number_of(node.id),
            updated_at=node.updated_at,
            name=node.name,
            currency=node.currency_code,
            total_price=node.total_price_set.shop_money.amount,
            financial_status=status.lower() if status else None,
            cancelled_at=node.cancelled_at,
        )
        return msgspec.json.encode(order)


class RefundedLine(msgspec.Struct, frozen=True, rename="camel"):
    quantity: int
    restock_type: str


class RefundedLines(msgspec.Struct, frozen=True):
    nodes: list[RefundedLine]


class RefundNode(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    order: Identified
    refund_line_items: RefundedLines


class WholeRefund(msgspec.Struct, frozen=True):
    node: RefundNode | None

    def body(self) -> bytes | None:
        node = self.node
        if node is None:
            return None
        lines = [RefundLine(line.quantity, line.restock_type.lower()) for line in node.refund_line_items.nodes]
        return msgspec.json.encode(ShopRefund(number_of(node.id), number_of(node.order.id), lines))


class ProductNode(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    updated_at: str
    title: str
    status: str


class WholeProduct(msgspec.Struct, frozen=True):
    node: ProductNode | None

    def body(self) -> bytes | None:
        node = self.node
        if node is None:
            return None
        return msgspec.json.encode(ShopProduct(number_of(node.id), node.updated_at, node.title, node.status.lower()))


WHOLE_ORDER = Operation(
    "WholeOrder",
    """query WholeOrder($id: ID!) {
  node(id: $id) {
    ... on Order {
      id updatedAt name currencyCode totalPriceSet { shopMoney { amount } } displayFinancialStatus cancelledAt
    }
  }
}""",
    WholeOrder,
    2,
)
WHOLE_REFUND = Operation(
    "WholeRefund",
    """query WholeRefund($id: ID!) {
  node(id: $id) {
    ... on Refund { id order { id } refundLineItems(first: 100) { nodes { quantity restockType } } }
  }
}""",
    WholeRefund,
    14,
)
WHOLE_PRODUCT = Operation(
    "WholeProduct",
    """query WholeProduct($id: ID!) {
  node(id: $id) {
    ... on Product { id updatedAt title status }
  }
}""",
    WholeProduct,
    1,
)
ALL = (WHOLE_ORDER, WHOLE_REFUND, WHOLE_PRODUCT)
_BY_TOPIC: dict[str, tuple[str, Operation[Any]]] = {
    "orders": ("Order", WHOLE_ORDER),
    "refunds": ("Refund", WHOLE_REFUND),
    "products": ("Product", WHOLE_PRODUCT),
}


def whole_of(topic: str, number: int) -> tuple[Operation[Any], dict[str, str]] | None:
    """The operation for a topic such as `orders/paid`, with its variables; None for topics that are never too large."""
    kind, operation = _BY_TOPIC.get(topic.split("/", maxsplit=1)[0], ("", None))
    return None if operation is None else (operation, {"id": f"gid://shopify/{kind}/{number}"})
