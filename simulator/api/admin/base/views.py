"""Source objects of resolvers that the model does not have, the GraphQL type of each, and global ids.

An inventory item is represented by its `Product`, a level by its `Level`, an order by its `Order`.
"""

import re
from functools import lru_cache
from typing import Final, Literal, get_args

import msgspec

from stockstorm.simulator.model import Address, Level, Order, OrderLine, Product, Refund, RefundLine, Subscription

QuantityName = Literal[
    "available",
    "committed",
    "damaged",
    "incoming",
    "on_hand",
    "quality_control",
    "reserved",
    "safety_stock",
]
Reason = Literal[
    "correction",
    "cycle_count_available",
    "damaged",
    "movement_canceled",
    "movement_created",
    "movement_received",
    "movement_updated",
    "other",
    "promotion",
    "quality_control",
    "received",
    "reservation_created",
    "reservation_deleted",
    "reservation_updated",
    "restock",
    "safety_stock",
    "shrinkage",
]
QUANTITY_NAMES: Final[tuple[QuantityName, ...]] = get_args(QuantityName)
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)


class ShopView(msgspec.Struct, frozen=True):
    """The only shop."""


class AppView(msgspec.Struct, frozen=True):
    """The installation of the subject's app."""


class Location(msgspec.Struct, frozen=True):
    """A location. `index` counts from 1 in the order of the catalogue."""

    location_id: int
    index: int


class Variant(msgspec.Struct, frozen=True):
    """The only variant of a product."""

    product: Product


class Quantity(msgspec.Struct, frozen=True, gc=False):
    """One named quantity of a level."""

    name: QuantityName
    quantity: int
    level: Level
    product: Product


class Counted(msgspec.Struct, frozen=True):
    """A count, which stops at the limit that the caller gave."""

    count: int
    precision: Literal["EXACT", "AT_LEAST"] = "EXACT"


def address_of(location: Location) -> Address:
    """Where a location is."""
    return Address(
        address1=f"{location.index} Harbour Road",
        city="Bristol",
        province="England",
        province_code="ENG",
        zip="BS1 4RW",
        country="United Kingdom",
        country_code="GB",
    )


class Money(msgspec.Struct, frozen=True):
    """An amount in minor units. Both sides of a MoneyBag show it in the shop's currency."""

    minor: int


class LineView(msgspec.Struct, frozen=True):
    """A line of an order. `refunded` counts units."""

    order: Order
    line: OrderLine
    product: Product
    refunded: int


class ProductView(msgspec.Struct, frozen=True):
    """A product. A bare `Product` represents its inventory item."""

    product: Product


class RefundView(msgspec.Struct, frozen=True):
    """A refund with its order."""

    order: Order
    refund: Refund


class RefundLineView(msgspec.Struct, frozen=True):
    """A line of a refund. `index` counts from 0."""

    order: Order
    refund: Refund
    line: RefundLine
    index: int


class HttpEndpoint(msgspec.Struct, frozen=True):
    """A subscription's http(s) address."""

    uri: str


class EventBridgeEndpoint(msgspec.Struct, frozen=True):
    """`uri` is the ARN of a partner event source."""

    uri: str


class PubSubEndpoint(msgspec.Struct, frozen=True):
    """`uri` is pubsub://project:topic."""

    uri: str


class UserError(msgspec.Struct, frozen=True):
    """The reason why a mutation refused its input. Indexes in `field` are strings. Older mutations have no `code`."""

    field: tuple[str, ...] | None
    message: str
    code: str | None = None


class Change(msgspec.Struct, frozen=True, gc=False):
    """One row of an adjustment group: the delta of one named quantity at one location."""

    name: QuantityName
    delta: int
    product: Product
    location_id: int


class AdjustmentGroup(msgspec.Struct, frozen=True, array_like=True):
    """The changes of one inventory mutation. A repeated key shows them again, with the levels of that time.

    `items` (ids of inventory items), `deltas` and `locations` are parallel. Groups are kept for a day, so their rows
    are built only when shown.
    """

    group_id: int
    at_ns: int
    reason: Reason
    reference: str | None
    items: tuple[int, ...]
    deltas: tuple[int, ...]
    locations: tuple[int, ...]
    name: QuantityName = "available"
    names: tuple[QuantityName, ...] = ()  # of a move, the state of each row; otherwise all are of `name`


class InventoryPayload(msgspec.Struct, frozen=True):
    """The payload of both inventory mutations."""

    group: AdjustmentGroup | None = None
    errors: tuple[UserError, ...] = ()


class SubscriptionPayload(msgspec.Struct, frozen=True):
    """The payload of both subscription mutations."""

    subscription: Subscription | None = None
    deleted_id: str | None = None
    errors: tuple[UserError, ...] = ()


_TYPE_NAMES: Final[dict[type, str]] = {
    ShopView: "Shop",
    AppView: "AppInstallation",
    Location: "Location",
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


class RefusedNode(msgspec.Struct, frozen=True):
    """An object by its id, of a kind that the app may not read."""

    kind: str


def type_name_of(source: object) -> str:
    """The GraphQL type of an object, for interfaces and unions. A class of a resolver tells it as `graphql_type`."""
    if isinstance(source, RefusedNode):
        return source.kind
    known = _TYPE_NAMES.get(type(source))
    return known if known is not None else str(getattr(type(source), "graphql_type"))  # noqa: B009 - of any class


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
