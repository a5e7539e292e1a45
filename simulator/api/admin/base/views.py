"""Objects that resolvers stand on where the model has none of its own, and which GraphQL type each one is.

An inventory item is its `Product`, a level its `Level`, an order its `Order`.
"""

import re
from functools import lru_cache
from typing import Final

import msgspec

from stockstorm.simulator.model import Level, Order, OrderLine, Product, Refund, RefundLine, Subscription


class ShopView(msgspec.Struct, frozen=True):
    """The only shop."""


class AppView(msgspec.Struct, frozen=True):
    """The installation of the subject's app."""


class Place(msgspec.Struct, frozen=True):
    """A location; `index` counts from 1 in the sequence of the catalogue."""

    location_id: int
    index: int


class Variant(msgspec.Struct, frozen=True):
    """The only variant of a product."""

    product: Product


class Quantity(msgspec.Struct, frozen=True, gc=False):
    """One named quantity of a level."""

    name: str
    quantity: int
    level: Level
    product: Product


class Counted(msgspec.Struct, frozen=True):
    count: int
    precision: str = "EXACT"


class Money(msgspec.Struct, frozen=True):
    """An amount in minor units, shown in the shop's currency for both sides of a MoneyBag."""

    minor: int


class LineView(msgspec.Struct, frozen=True):
    """A line of an order, with what came back of it. `refunded` counts units."""

    order: Order
    line: OrderLine
    product: Product
    refunded: int


class ProductView(msgspec.Struct, frozen=True):
    """A product as such; a bare `Product` stands for its inventory item."""

    product: Product


class RefundView(msgspec.Struct, frozen=True):
    order: Order
    refund: Refund


class RefundLineView(msgspec.Struct, frozen=True):
    order: Order
    refund: Refund
    line: RefundLine
    index: int


class HttpEndpoint(msgspec.Struct, frozen=True):
    uri: str


class EventBridgeEndpoint(msgspec.Struct, frozen=True):
    uri: str


class PubSubEndpoint(msgspec.Struct, frozen=True):
    """`uri` is pubsub://project:topic."""

    uri: str


class UserError(msgspec.Struct, frozen=True):
    """Why a mutation refused its input. Index elements of `field` are strings; old mutations show no `code`."""

    field: tuple[str, ...] | None
    message: str
    code: str | None = None


class Change(msgspec.Struct, frozen=True, gc=False):
    """One row of an adjustment group: a delta of one named quantity. What it led to is read when it is shown."""

    name: str
    delta: int
    product: Product


class AdjustmentGroup(msgspec.Struct, frozen=True):
    """What one inventory mutation changed; replayed keys show it again, with levels as they are then.

    `products` and `deltas` are parallel. They are kept for a day, so they are kept small: rows are made when shown.
    """

    group_id: int
    at_ns: int
    reason: str
    reference: str | None
    products: tuple[Product, ...]
    deltas: tuple[int, ...]


class InventoryPayload(msgspec.Struct, frozen=True):
    """Answer of both inventory mutations."""

    group: AdjustmentGroup | None = None
    errors: tuple[UserError, ...] = ()


class SubscriptionPayload(msgspec.Struct, frozen=True):
    subscription: Subscription | None = None
    deleted_id: str | None = None
    errors: tuple[UserError, ...] = ()


_TYPE_NAMES: Final[dict[type, str]] = {
    ShopView: "Shop",
    AppView: "AppInstallation",
    Place: "Location",
    Product: "InventoryItem",
    ProductView: "Product",
    Variant: "ProductVariant",
    Level: "InventoryLevel",
    Quantity: "InventoryQuantity",
    Order: "Order",
    LineView: "LineItem",
    RefundView: "Refund",
    Subscription: "WebhookSubscription",
    AdjustmentGroup: "InventoryAdjustmentGroup",
    HttpEndpoint: "WebhookHttpEndpoint",
    EventBridgeEndpoint: "WebhookEventBridgeEndpoint",
    PubSubEndpoint: "WebhookPubSubEndpoint",
}


def type_name_of(source: object) -> str:
    """The GraphQL type of an object behind an interface or union."""
    return _TYPE_NAMES[type(source)]


_GID: Final = re.compile(r"gid://shopify/([A-Za-z]+)/(\d{1,20})(?:\?.*)?", re.ASCII)


def gid(kind: str, number: int) -> str:
    """The global id of a resource."""
    return f"gid://shopify/{kind}/{number}"


def parse_gid(text: str) -> tuple[str, int] | None:
    """Kind and number of a global id. None for other text."""
    found = _GID.fullmatch(text)
    return (found[1], int(found[2])) if found else None


def number_of(kind: str, text: str) -> int | None:
    """The number in a global id of that kind. None for other text."""
    found = parse_gid(text)
    return found[1] if found and found[0] == kind else None


@lru_cache(maxsize=1024)  # an adjustment of 250 levels parses the same few locations again and again
def parse_location(text: str) -> int | None:
    """The number in a location's global id. None for other text."""
    return number_of("Location", text)
