"""The GraphQL documents of readers that ask at an interval: what was updated in a second or later."""

import msgspec

from stockstorm.reference_service.clients.documents import Identified, LevelNode, Operation, PageInfo
from stockstorm.reference_service.domain.timestamps import SECOND_NS, second_text


class LocationPage(msgspec.Struct, frozen=True, rename="camel"):
    nodes: list[Identified]
    page_info: PageInfo


class Locations(msgspec.Struct, frozen=True):
    locations: LocationPage


LOCATIONS = Operation(
    "Locations",
    """query Locations($after: String) {
  locations(first: 50, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }
}""",
    Locations,
    9,
)


class LevelPage(msgspec.Struct, frozen=True, rename="camel"):
    nodes: list[LevelNode]
    page_info: PageInfo


class PlaceLevels(msgspec.Struct, frozen=True, rename="camel"):
    inventory_levels: LevelPage


class ChangedLevels(msgspec.Struct, frozen=True):
    """`location` is null for one that has gone."""

    location: PlaceLevels | None


CHANGED_LEVELS = Operation(
    "ChangedLevels",
    """query ChangedLevels($location: ID!, $first: Int!, $after: String, $query: String!) {
  location(id: $location) {
    inventoryLevels(first: $first, after: $after, query: $query) {
      nodes { id item { id sku } location { id } quantities(names: ["available"]) { name quantity } }
      pageInfo { hasNextPage endCursor }
    }
  }
}""",
    ChangedLevels,
    56,
)


class ShopMoney(msgspec.Struct, frozen=True):
    amount: str


class MoneyBag(msgspec.Struct, frozen=True, rename="camel"):
    shop_money: ShopMoney


class RefundLineNode(msgspec.Struct, frozen=True, rename="camel"):
    restock_type: str


class RefundLines(msgspec.Struct, frozen=True):
    nodes: list[RefundLineNode]


class RefundNode(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    refund_line_items: RefundLines


class OrderNode(msgspec.Struct, frozen=True, rename="camel"):
    """An order of the shop's own store."""

    id: str
    name: str
    updated_at: str
    cancelled_at: str | None
    currency_code: str
    display_financial_status: str | None
    total_price_set: MoneyBag
    refunds: list[RefundNode]


class OrderPage(msgspec.Struct, frozen=True, rename="camel"):
    nodes: list[OrderNode]
    page_info: PageInfo


class ShopOrders(msgspec.Struct, frozen=True):
    orders: OrderPage


SHOP_ORDERS = Operation(
    "ShopOrders",
    """query ShopOrders($first: Int!, $after: String, $query: String) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes {
      id name updatedAt cancelledAt currencyCode displayFinancialStatus
      totalPriceSet { shopMoney { amount } }
      refunds(first: 10) { id refundLineItems(first: 10) { nodes { restockType } } }
    }
    pageInfo { hasNextPage endCursor }
  }
}""",
    ShopOrders,
    100,
)

ALL = (LOCATIONS, CHANGED_LEVELS, SHOP_ORDERS)


def updated_since(at_ns: int) -> str:
    """The search for what was updated in the second of `at_ns` (since the epoch) or later."""
    return f"updated_at:>='{second_text(at_ns - at_ns % SECOND_NS)}'"
