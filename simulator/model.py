"""The data of a shop: frozen values without behaviour, and the closed vocabularies of the simulator.

Ids are 64-bit integers. Money is in minor units (pence). Times are monotonic nanoseconds.
"""

from typing import Final, Literal, NewType, get_args

import msgspec

OrderKey = NewType("OrderKey", int)  # position of the purchase in the plan; the same in every run of a seed
Sku = NewType("Sku", str)
RngKey = tuple[str | int, ...]  # what a random number depends on besides the seed

ONLINE: Final = "online"  # the shop's own online store; every other channel is a marketplace
SHOPIFY: Final = "shopify"  # source of the shop's own events; a marketplace's source is its channel's name
SHOP_ID: Final = 548_380_009
API_CLIENT_ID: Final = 48_530_117  # of the subject's app, as the ARN of its event source holds it
FIRST_ORDER_NUMBER: Final = 1001  # of each channel
FIRST_WRITTEN_KEY: Final = 100_000_000  # of the orders that the subject creates; a plan has fewer items
EVERY_TOPIC: Final = "*"  # topic of a marketplace's subscription

OrderTopic = Literal["orders/create", "orders/paid", "orders/updated", "orders/cancelled"]
ShopifyTopic = Literal[OrderTopic, "refunds/create", "inventory_levels/update", "products/update"]
# What an app is told of itself and of privacy requests. An app-specific subscription of its TOML has them all.
AppTopic = Literal[
    "app/uninstalled", "app/scopes_update", "customers/data_request", "customers/redact", "shop/redact"
]  # fmt: skip
# Topics that calls of the Admin API fire, edits of orders, or drafts. An ordinary scenario plans none of them.
CallTopic = Literal[
    "bulk_operations/finish", "fulfillments/create", "inventory_items/update", "inventory_levels/connect",
    "inventory_levels/disconnect", "orders/fulfilled",
    "orders/partially_fulfilled", "orders/edited", "draft_orders/create", "draft_orders/update",
]  # fmt: skip
MarketplaceTopic = Literal["order.created", "order.cancelled", "order.returned"]
Topic = Literal[ShopifyTopic, CallTopic, MarketplaceTopic, AppTopic]

ORDER_TOPICS: Final[tuple[OrderTopic, ...]] = get_args(OrderTopic)
SHOPIFY_TOPICS: Final[tuple[ShopifyTopic, ...]] = get_args(ShopifyTopic)
CALL_TOPICS: Final[tuple[CallTopic, ...]] = get_args(CallTopic)
APP_TOPICS: Final[tuple[AppTopic, ...]] = get_args(AppTopic)
# They tell nothing about stock, so no run waits for what a subject refused of them.
PRIVACY_TOPICS: Final[frozenset[str]] = frozenset({"customers/data_request", "customers/redact", "shop/redact"})
LIFE_TOPICS: Final[dict[str, AppTopic]] = {
    "uninstall": "app/uninstalled",
    "scopes_update": "app/scopes_update",
    "data_request": "customers/data_request",
    "customer_redact": "customers/redact",
    "shop_redact": "shop/redact",
}  # what the app is told of each kind of `config.LifeKind`
MARKETPLACE_TOPICS: Final[tuple[MarketplaceTopic, ...]] = get_args(MarketplaceTopic)

OrderChange = Literal["payment", "cancellation", "return", "edit"]  # what can follow a purchase
# Where an order of the own store was placed: in its web shop; at its point of sale, by nobody known and without
# shipping; or by staff from a draft, with a line of its own that is no product of the shop.
Origin = Literal["web", "pos", "draft"]
ApiStockCause = Literal["subject_adjust", "subject_set"]
StockCause = Literal["sale", "cancellation", "return", "restock", "transfer", "order_edit", ApiStockCause]
# What moves units between the shelf and the rest of the world, and is told by the ledger alone.
SHELF_CAUSES: Final[frozenset[StockCause]] = frozenset({"restock", "order_edit"})
# "failed": an injected fault answered it, or closed its connection, before it was executed.
ApiOutcome = Literal[
    "ok", "user_error", "error", "throttled", "denied", "replayed", "in_progress", "bad_request", "failed"
]  # fmt: skip


class Stocked(msgspec.Struct, frozen=True):
    """A location that stocks an item, and its units before load."""

    location_id: int
    available: int


class Product(msgspec.Struct, frozen=True):
    """A variant of a product, and its inventory item. Variants of one product share its id, texts and handle.

    It is stocked at `location_id` and at the `others`. `level_id` is that of the first of them. `initial_available` is
    the sum over all. An empty `sku`: the shop keeps it for itself, without a SKU or with one that others have too, and
    no marketplace lists it. The history does not know it.
    """

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
    others: tuple[Stocked, ...] = ()
    own_sku: str | None = None  # what Shopify shows in place of an empty `sku`

    @property
    def shown_sku(self) -> str | None:
        """The SKU in Shopify. None where the shop gave it none."""
        return self.sku or self.own_sku

    @property
    def stocked(self) -> tuple[Stocked, ...]:
        """Every location of the item before load, by ascending id."""
        here = self.initial_available - sum(other.available for other in self.others)
        return tuple(sorted((Stocked(self.location_id, here), *self.others), key=lambda each: each.location_id))

    # What the subject can edit besides the price.
    barcode: str | None = None
    compare_at_minor: int | None = None
    taxable: bool = True
    cost_minor: int | None = None
    origin: str | None = None  # code of the country
    origin_province: str | None = None
    harmonized: str | None = None
    requires_shipping: bool = True
    position: int = 1  # among the variants of the product
    variant_title: str | None = None  # None: it is the only one


class Buyer(msgspec.Struct, frozen=True):
    """A person of the pool that Faker filled from the seed."""

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


class OrderLine(msgspec.Struct, frozen=True, array_like=True):
    """One SKU of an order, in units and minor units a piece."""

    line_id: int
    sku: Sku
    quantity: int
    price_minor: int


class Drawn(msgspec.Struct, frozen=True, array_like=True):
    """Units of one SKU that an order of the own store takes from one of several locations."""

    sku: Sku
    location_id: int
    units: int


class RefundLine(msgspec.Struct, frozen=True, array_like=True):
    """Units of one order line that came back, to the location that they were drawn from (0: the item's only one)."""

    line_id: int
    sku: Sku
    quantity: int
    location_id: int = 0


class Refund(msgspec.Struct, frozen=True, array_like=True):
    """A refund (own store) or a return (marketplace). `restock` puts the units back into stock.

    `cancelled`: of units that were not shipped, so that Shopify restocks them as "cancel" and not as "return".
    `shipping_minor`: what of the price of shipping goes back too. `discrepancy_minor`: what goes back besides, because
    of edits that nobody paid for or was paid back for. `edited`: an edit took the units out of the order, which moves
    no money.
    """

    refund_id: int
    at_ns: int
    lines: tuple[RefundLine, ...]
    restock: bool
    cancelled: bool = False
    note: str | None = None
    shipping_minor: int = 0
    discrepancy_minor: int = 0
    edited: bool = False


class OrderEdit(msgspec.Struct, frozen=True, array_like=True):
    """An edit of an order's lines by the shop's staff: the ids and units of the lines that it added, and took out."""

    edit_id: int
    at_ns: int
    added: tuple[tuple[int, int], ...]
    removed: tuple[tuple[int, int], ...]


class Fulfilment(msgspec.Struct, frozen=True, array_like=True):
    """A parcel. `lines` has the id and the units of each line."""

    fulfilment_id: int
    at_ns: int
    lines: tuple[tuple[int, int], ...]
    company: str | None = None
    number: str | None = None
    url: str | None = None


class Address(msgspec.Struct, frozen=True, array_like=True):
    """An address that the subject wrote."""

    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    province_code: str | None = None
    zip: str | None = None
    country: str | None = None
    country_code: str | None = None
    phone: str | None = None


class Written(msgspec.Struct, frozen=True, array_like=True):
    """What the subject gave of an order that it created itself, and what the order did to stock.

    `claimed`: its units were taken from stock. `reference` names the marketplace's order that it stands for, as the
    `referenceDocumentUri` of an adjustment would; "" if it names none.
    """

    reference: str
    claimed: bool
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    note: str | None = None
    source_name: str | None = None
    source_identifier: str | None = None
    po_number: str | None = None
    tags: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    address: Address | None = None
    first_name: str | None = None
    last_name: str | None = None
    shipping_minor: int = 0
    test: bool = False


class Order(msgspec.Struct, frozen=True, array_like=True):
    """An accepted order at one moment. A change makes a new value.

    `ref` is the id that its channel shows: the Shopify order id for `online`, otherwise the marketplace's order number.
    """

    key: OrderKey  # from FIRST_WRITTEN_KEY on for an order of the subject
    order_id: int
    ref: str
    number: int  # 1001, 1002, … per channel
    channel: str
    buyer: int  # index into the pool of buyers; -1 for nobody in it
    lines: tuple[OrderLine, ...]
    created_ns: int
    updated_ns: int
    paid_ns: int | None = None
    cancelled_ns: int | None = None
    refunds: tuple[Refund, ...] = ()
    fulfilments: tuple[Fulfilment, ...] = ()
    cancel_reason: str = "customer"
    written: Written | None = None  # None: a buyer placed it
    drawn: tuple[Drawn, ...] = ()  # of the SKUs that several locations stock
    edits: tuple[OrderEdit, ...] = ()
    origin: Origin = "web"
    large_kb: int = 0  # size of what the buyer attached, such as pictures and texts to print


class Level(msgspec.Struct, frozen=True, array_like=True):
    """Stock of one inventory item at one location.

    `version` is the item's version that changed this level last (0 = initial). Versions count over all locations.
    """

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
    """A subscriber's address. `source` is `SHOPIFY`, with one topic each, or a channel's name, with `EVERY_TOPIC`.

    Shopify's topics are not limited to those of this shop: the subject may subscribe to any topic of the schema.
    """

    subscription_id: int
    source: str
    topic: str  # spelled "orders/create", not ORDERS_CREATE
    uri: str
    created_ns: int
    updated_ns: int
    by_api: bool = True  # False: declared in the app's TOML; the API neither lists nor removes it
    name: str | None = None
    include_fields: tuple[str, ...] = ()
    filter: str | None = None
    metafield_namespaces: tuple[str, ...] = ()


class Event(msgspec.Struct, frozen=True, array_like=True):
    """Something that happened. `event` is its serial in the run. Events of one merchant action share `event_id`.

    `rng_key` is the key of all random numbers for the event, so it is perturbed alike in every run of a seed:
    ("order", order key, topic, n-th of that topic), ("stock", item, location, n-th change), ("product", product id,
    n-th edit) or ("call", topic, serial). Only the snapshots that the topic needs are set.
    """

    event: int
    event_id: str
    source: str  # SHOPIFY or a channel's name
    topic: Topic
    at_ns: int
    rng_key: RngKey
    order: Order | None = None
    refund: Refund | None = None
    level: Level | None = None
    product: Product | None = None
    sale: int = -1  # key of the order whose sale fired it; -1 for every other event
    scopes: tuple[tuple[str, ...], tuple[str, ...]] | None = None  # app/scopes_update: before and after
    body: bytes | None = None  # of a topic whose body is made where it fires
    variants: tuple[tuple[Product, int], ...] = ()  # products/update: all of them, and units of each that can be sold
