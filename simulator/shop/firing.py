"""Events as they fire: each gets a serial, the event id of its action, and the key of its random numbers."""

from typing import Final

import msgspec

from stockstorm.simulator.events.order_sums import shipping_status
from stockstorm.simulator.history.facts import AnyFact, EventFired
from stockstorm.simulator.model import (
    SHOPIFY,
    AppTopic,
    CallTopic,
    Event,
    Level,
    Order,
    Product,
    Refund,
    RngKey,
    ShopifyTopic,
    Topic,
)
from stockstorm.simulator.seeds import Seeds

SALE_TOPICS: Final[frozenset[Topic]] = frozenset({"orders/create", "order.created"})


class Changes(msgspec.Struct):
    """The result of one command: facts for the history, in order, and events to deliver."""

    facts: list[AnyFact] = msgspec.field(default_factory=list)
    events: list[Event] = msgspec.field(default_factory=list)
    beside: tuple[AnyFact, ...] = ()  # about unlisted variants, which the history does not know


class Firing:
    """Numbers the events of a run and the edits of each product.

    `apart`: stock events that follow from an order have event ids of their own.
    """

    def __init__(self, seeds: Seeds, *, apart: bool = False) -> None:
        self._seeds, self.apart = seeds, apart
        self._count = 0
        self._edits: dict[int, int] = {}
        self.edited_ns: dict[int, int] = {}  # product id → time of the last edit

    def action(self, now_ns: int, *key: str | int) -> "Action":
        """A merchant action. All its events share one event id, derived from `key`, which is unique in the run."""
        return Action(self, now_ns, key)

    def event_id(self, key: RngKey) -> str:
        return self._seeds.uuid("event", *key)

    def next_serial(self) -> int:
        serial = self._count
        self._count = serial + 1
        return serial

    def next_edit(self, product_id: int) -> int:
        self._edits[product_id] = self._edits.get(product_id, 0) + 1
        return self._edits[product_id]


class Action:
    """Collects the changes of one command, all at one time."""

    __slots__ = ("_event_id", "_firing", "_key", "changes", "now_ns")

    def __init__(self, firing: Firing, now_ns: int, key: RngKey) -> None:
        self._firing, self._key, self._event_id = firing, key, ""
        self.now_ns = now_ns
        self.changes = Changes()

    def note(self, fact: AnyFact) -> None:
        """Record a fact."""
        self.changes.facts.append(fact)

    def note_of(self, sku: str, fact: AnyFact) -> None:
        """Record a fact about an item, for the history unless it is unlisted."""
        if sku:
            self.note(fact)
        else:
            self.changes.beside += (fact,)

    def order(self, source: str, topic: Topic, order: Order, nth: int = 1, refund: Refund | None = None) -> None:
        """Fire an event of an order. `nth` counts events of this topic and order, from 1."""
        serial, event_id, now_ns = self._firing.next_serial(), self._event_id or self._id(), self.now_ns
        rng_key = ("order", order.key, topic, nth)
        known = order.key if order.written is None else -1  # the history knows no orders that the subject created
        sale = known if topic in SALE_TOPICS else -1
        self.changes.events.append(
            Event(serial, event_id, source, topic, now_ns, rng_key, order, refund, None, None, sale)
        )
        self.changes.facts.append(EventFired(now_ns, serial, event_id, source, topic, known))

    def stock(self, level: Level, sku: str, order: int = -1, *, sale: bool = False) -> None:
        """Fire inventory_levels/update for a level that has just changed; `sale`: because the order was placed."""
        serial, event_id, now_ns = self._firing.next_serial(), self._event_id or self._id(), self.now_ns
        rng_key = ("stock", level.inventory_item_id, level.location_id, level.version)
        if order >= 0 and self._firing.apart:
            event_id = self._firing.event_id((*self._key, *rng_key))
        topic: ShopifyTopic = "inventory_levels/update"
        sold = order if sale else -1
        self.changes.events.append(
            Event(serial, event_id, SHOPIFY, topic, now_ns, rng_key, None, None, level, None, sold)
        )
        version = level.version if sku else -1
        self.changes.facts.append(EventFired(now_ns, serial, event_id, SHOPIFY, topic, order, sku, version))

    def connection(self, topic: CallTopic, level: Level, sku: str) -> None:
        """Fire that an item is stocked at one more location, or at one less."""
        serial, event_id, now_ns = self._firing.next_serial(), self._event_id or self._id(), self.now_ns
        rng_key = (topic, level.inventory_item_id, level.location_id, serial)
        self.changes.events.append(Event(serial, event_id, SHOPIFY, topic, now_ns, rng_key, level=level))
        self.changes.facts.append(EventFired(now_ns, serial, event_id, SHOPIFY, topic, sku=sku))

    def product(self, product: Product, variants: tuple[tuple[Product, int], ...]) -> None:
        """Fire products/update because of a variant. `variants`: all, and the units of each that can be sold now."""
        serial, event_id, now_ns = self._firing.next_serial(), self._event_id or self._id(), self.now_ns
        rng_key = ("product", product.product_id, self._firing.next_edit(product.product_id))
        topic: ShopifyTopic = "products/update"
        self._firing.edited_ns[product.product_id] = now_ns
        self.changes.events.append(
            Event(serial, event_id, SHOPIFY, topic, now_ns, rng_key, product=product, variants=variants)
        )
        self.changes.facts.append(EventFired(now_ns, serial, event_id, SHOPIFY, topic, sku=product.sku))

    def app(
        self,
        topic: AppTopic,
        nth: int,
        order: Order | None = None,
        scopes: tuple[tuple[str, ...], tuple[str, ...]] | None = None,
    ) -> None:
        """Fire an event about the app or a customer. `order` is the newest of that customer."""
        serial, event_id, now_ns = self._firing.next_serial(), self._event_id or self._id(), self.now_ns
        self.changes.events.append(
            Event(serial, event_id, SHOPIFY, topic, now_ns, ("app", topic, nth), order, scopes=scopes)
        )
        self.changes.facts.append(EventFired(now_ns, serial, event_id, SHOPIFY, topic))

    def parcel(self, order: Order) -> None:
        """Fire fulfillments/create for the newest parcel, and what it makes of the order."""
        whole: CallTopic = "orders/fulfilled" if shipping_status(order) == "fulfilled" else "orders/partially_fulfilled"
        self._called("fulfillments/create", order=order)
        self._called(whole, order=order)

    def order_edit(self, order: Order) -> None:
        """Fire orders/edited for the newest edit."""
        self._called("orders/edited", order=order)

    def draft(self, order: Order, *, completed: bool) -> None:
        """Fire draft_orders/create, or draft_orders/update when the order has been made of the draft."""
        self._called("draft_orders/update" if completed else "draft_orders/create", order=order)

    def item(self, product: Product) -> None:
        """Fire inventory_items/update."""
        self._called("inventory_items/update", product=product)

    def bulk(self, body: bytes) -> None:
        """Fire bulk_operations/finish with its whole body."""
        self._called("bulk_operations/finish", body=body)

    def _called(
        self,
        topic: CallTopic,
        *,
        order: Order | None = None,
        product: Product | None = None,
        body: bytes | None = None,
    ) -> None:
        serial, event_id, now_ns = self._firing.next_serial(), self._event_id or self._id(), self.now_ns
        known = order.key if order is not None and order.written is None else -1
        key = ("call", topic, serial)
        event = Event(serial, event_id, SHOPIFY, topic, now_ns, key, order=order, product=product, body=body)
        self.changes.events.append(event)
        sku = "" if product is None else product.sku
        self.changes.facts.append(EventFired(now_ns, serial, event_id, SHOPIFY, topic, known, sku))

    def _id(self) -> str:
        """The event id, made when the first event wants it."""
        self._event_id = self._firing.event_id(self._key)
        return self._event_id
