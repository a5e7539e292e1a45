"""What a shop is made of: frozen values, no behaviour. Ids are 64-bit integers, money is in minor units (pence)."""

from typing import NewType

import msgspec

OrderKey = NewType("OrderKey", int)  # position of the purchase in the plan; the same in every run of a seed
Sku = NewType("Sku", str)

ONLINE = "online"  # the shop's own online store; every other channel is a marketplace


class Product(msgspec.Struct, frozen=True):
    """A product with its only variant and inventory item, stocked at exactly one location."""

    sku: Sku
    product_id: int
    variant_id: int
    inventory_item_id: int
    location_id: int
    level_id: int
    title: str
    handle: str
    vendor: str
    product_type: str
    price_minor: int
    grams: int
    initial_available: int
    hot: bool


class Buyer(msgspec.Struct, frozen=True):
    """A person out of the pool that Faker filled from the seed."""

    customer_id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    company: str | None
    address1: str
    address2: str | None
    city: str
    province: str
    province_code: str
    zip: str
    country: str
    country_code: str
    latitude: float
    longitude: float
    browser_ip: str


class OrderLine(msgspec.Struct, frozen=True):
    line_id: int
    sku: Sku
    quantity: int
    price_minor: int


class RefundLine(msgspec.Struct, frozen=True):
    line_id: int
    sku: Sku
    quantity: int


class Refund(msgspec.Struct, frozen=True):
    """A refund (own store) or a return (marketplace). `restock` puts the units back into stock."""

    refund_id: int
    at_ns: int
    lines: tuple[RefundLine, ...]
    restock: bool


class Order(msgspec.Struct, frozen=True):
    """An accepted order at one moment; a change makes a new value.

    `ref` is the id that its channel shows: the Shopify order id for `online`, else the marketplace's own order number.
    """

    key: OrderKey
    order_id: int
    ref: str
    number: int  # 1001, 1002, … per channel
    channel: str
    buyer: int  # index into the pool of buyers
    lines: tuple[OrderLine, ...]
    created_ns: int
    updated_ns: int
    paid_ns: int | None = None
    cancelled_ns: int | None = None
    refunds: tuple[Refund, ...] = ()


class Level(msgspec.Struct, frozen=True):
    """Stock of one inventory item at one location after ledger version `version` (0 = initial)."""

    inventory_item_id: int
    location_id: int
    version: int
    available: int
    committed: int
    updated_ns: int

    @property
    def on_hand(self) -> int:
        return self.available + self.committed


class Subscription(msgspec.Struct, frozen=True):
    """Where notifications go. `source` is "shopify" (one topic each) or a channel's name (topic "*")."""

    subscription_id: int
    source: str
    topic: str  # "orders/create" spelling, never the enum's
    uri: str
    created_ns: int
    updated_ns: int
    by_api: bool = True  # False: declared in the app's TOML; never listed, never removed
    name: str | None = None
    include_fields: tuple[str, ...] = ()
    filter: str | None = None


class Event(msgspec.Struct, frozen=True):
    """Something that happened. `event` counts within the run; `event_id` is shared by one merchant action.

    `dice` keys every perturbation of it, so the same purchase meets the same fate in every run: ("order", order key,
    topic, n-th of that topic), ("stock", item, location, n-th change) or ("product", product id, n-th edit). Exactly
    the snapshot that its topic needs is set.
    """

    event: int
    event_id: str
    source: str  # "shopify" or a channel's name
    topic: str
    at_ns: int
    dice: tuple[str | int, ...]
    order: Order | None = None
    refund: Refund | None = None
    level: Level | None = None
    product: Product | None = None
