"""GraphQL documents for the shop's own orders, refunds and products (Admin API 2026-10), with their answers' types.

One document reads pages of changed orders. Three read a single resource whose webhook was too large for its bus; the
`body` of such an answer has the webhook's fields that the service uses.
"""

from typing import Protocol

import msgspec

from stockstorm.reference_service.clients.documents import Identified, Operation, PageInfo, number_of
from stockstorm.reference_service.domain.payloads import RefundLine, ShopOrder, ShopProduct, ShopRefund


class ShopMoney(msgspec.Struct, frozen=True):
    amount: str


class MoneyBag(msgspec.Struct, frozen=True, rename="camel"):
    shop_money: ShopMoney


class OrderNode(msgspec.Struct, frozen=True, rename="camel"):
    """An order of the shop's own store."""

    id: str
    name: str
    updated_at: str
    cancelled_at: str | None
    currency_code: str
    display_financial_status: str | None
    total_price_set: MoneyBag

    def as_payload(self) -> ShopOrder:
        """The order as a webhook describes it."""
        status = self.display_financial_status
        return ShopOrder(
            id=number_of(self.id),
            updated_at=self.updated_at,
            name=self.name,
            currency=self.currency_code,
            total_price=self.total_price_set.shop_money.amount,
            financial_status=status.lower() if status else None,
            cancelled_at=self.cancelled_at,
        )


ORDER_FIELDS = (
    "id name updatedAt cancelledAt currencyCode displayFinancialStatus totalPriceSet { shopMoney { amount } }"
)

# --- changed orders


class RestockLine(msgspec.Struct, frozen=True, rename="camel"):
    restock_type: str


class RestockLines(msgspec.Struct, frozen=True):
    nodes: list[RestockLine]


class OrderRefund(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    refund_line_items: RestockLines


class ChangedOrder(OrderNode, frozen=True, rename="camel"):
    refunds: list[OrderRefund]


class OrderPage(msgspec.Struct, frozen=True, rename="camel"):
    nodes: list[ChangedOrder]
    page_info: PageInfo


class ShopOrders(msgspec.Struct, frozen=True):
    orders: OrderPage


SHOP_ORDERS = Operation(
    "ShopOrders",
    f"""query ShopOrders($first: Int!, $after: String, $query: String) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{
      {ORDER_FIELDS}
      refunds(first: 10) {{ id refundLineItems(first: 10) {{ nodes {{ restockType }} }} }}
    }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}""",
    ShopOrders,
    100,
)

# --- single resources


class Whole(Protocol):
    """The answer about one resource."""

    def body(self) -> bytes | None:
        """JSON with the webhook's field names, or None if the resource no longer exists."""
        ...


class WholeOrder(msgspec.Struct, frozen=True):
    node: OrderNode | None

    def body(self) -> bytes | None:
        return None if self.node is None else msgspec.json.encode(self.node.as_payload())


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


WHOLE_ORDER: Operation[Whole] = Operation(
    "WholeOrder",
    f"query WholeOrder($id: ID!) {{ node(id: $id) {{ ... on Order {{ {ORDER_FIELDS} }} }} }}",
    WholeOrder,
    2,
)
WHOLE_REFUND: Operation[Whole] = Operation(
    "WholeRefund",
    """query WholeRefund($id: ID!) {
  node(id: $id) {
    ... on Refund { id order { id } refundLineItems(first: 100) { nodes { quantity restockType } } }
  }
}""",
    WholeRefund,
    14,
)
WHOLE_PRODUCT: Operation[Whole] = Operation(
    "WholeProduct",
    """query WholeProduct($id: ID!) {
  node(id: $id) {
    ... on Product { id updatedAt title status }
  }
}""",
    WholeProduct,
    1,
)
ALL = (SHOP_ORDERS, WHOLE_ORDER, WHOLE_REFUND, WHOLE_PRODUCT)
_BY_TOPIC: dict[str, tuple[str, Operation[Whole]]] = {
    "orders": ("Order", WHOLE_ORDER),
    "refunds": ("Refund", WHOLE_REFUND),
    "products": ("Product", WHOLE_PRODUCT),
}


def whole_of(topic: str, number: int) -> tuple[Operation[Whole], dict[str, str]] | None:
    """The operation for a topic such as `orders/paid`, with its variables. None for a topic whose bodies are small."""
    found = _BY_TOPIC.get(topic.partition("/")[0])
    return None if found is None else (found[1], {"id": f"gid://shopify/{found[0]}/{number}"})
