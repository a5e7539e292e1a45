"""The body of every topic: from an event to its bytes."""

from collections.abc import Callable

import msgspec

from stockstorm.simulator.catalogue import Catalogue
from stockstorm.simulator.clock import WallPair
from stockstorm.simulator.config import AppConfig, ShopConfig, app_version
from stockstorm.simulator.events.app_payload import AppPayload
from stockstorm.simulator.events.draft_payload import DraftBody, DraftPayload
from stockstorm.simulator.events.encoding import Money, Times, escaped
from stockstorm.simulator.events.line_payload import Lines
from stockstorm.simulator.events.marketplace_payload import MarketplacePayload
from stockstorm.simulator.events.order_payload import OrderPayload, edit_body, fulfilment_body
from stockstorm.simulator.events.order_shape import EditBody, FulfilmentBody, OrderBody
from stockstorm.simulator.events.people_payload import People
from stockstorm.simulator.events.product_payload import (
    InventoryPayload,
    ItemBody,
    ProductBody,
    ProductPayload,
    item_body,
)
from stockstorm.simulator.events.refund_payload import RefundPayload
from stockstorm.simulator.events.refund_shape import RefundBody
from stockstorm.simulator.model import APP_TOPICS, MARKETPLACE_TOPICS, ORDER_TOPICS, Event, Order, Product, Topic
from stockstorm.simulator.versions import ApiVersion


class Payloads:
    """Bodies of all events of one shop and its marketplaces, as far as the app may see them.

    They are those of an API version: of the app's own, unless another one is given.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        shop: ShopConfig,
        wall: WallPair,
        app: AppConfig | None = None,
        version: ApiVersion | None = None,
    ) -> None:
        self.catalogue, self.shop = catalogue, shop
        self.times = Times(wall)
        money = Money(shop.currency)
        lines = self._lines = Lines(catalogue.by_sku, money)
        people = People(catalogue.buyers, shop.currency, shown=app is None or app.customer_data == "all")
        self.refunds = RefundPayload(lines, money, self.times, people)
        self.orders = OrderPayload(
            shop.domain,
            version or app_version(shop),
            lines=lines,
            refunds=self.refunds,
            people=people,
            money=money,
            times=self.times,
        )
        self._drafts = DraftPayload(shop.domain, lines, people, shop.currency, self.times)
        self.products = ProductPayload(self.times)
        self._encode = msgspec.json.Encoder().encode
        self._last_order: tuple[Order | None, bytes] = (None, b"")
        inventory = InventoryPayload(catalogue, self.times)
        marketplace = MarketplacePayload(shop.currency, self.times)
        self._builders: dict[Topic, Callable[[Event], bytes]] = {
            "inventory_levels/update": inventory.body,
            "inventory_levels/connect": inventory.body,
            "inventory_levels/disconnect": inventory.gone,
            "refunds/create": self._refund,
            "products/update": self._product,
            "inventory_items/update": self._item,
            "fulfillments/create": self._parcel,
            "orders/edited": self._edit,
            **dict.fromkeys(("draft_orders/create", "draft_orders/update"), self._draft),
            **dict.fromkeys((*ORDER_TOPICS, "orders/fulfilled", "orders/partially_fulfilled"), self._order),
            **dict.fromkeys(MARKETPLACE_TOPICS, marketplace.body),
            **dict.fromkeys(APP_TOPICS, AppPayload(shop, catalogue.locations, catalogue.buyers, self.times).body),
        }

    def body(self, event: Event) -> bytes:
        """The event's bytes, the same at every call. ValueError for an unknown topic or a missing snapshot."""
        if event.body is not None:
            return event.body
        build = self._builders.get(event.topic)
        if build is None:
            raise ValueError(f"event {event.event}: unknown topic {event.topic}; known are {', '.join(self._builders)}")
        return build(event)

    def _order(self, event: Event) -> bytes:
        if event.order is None:
            raise _missing(event, "order")
        order, body = self._last_order
        if order is not event.order:  # one action fires orders/paid and orders/updated, whose bodies are the same
            body = self._encoded(self.orders.body(event.order))
            self._last_order = (event.order, body)
        return body

    def _refund(self, event: Event) -> bytes:
        if event.order is None or event.refund is None:
            raise _missing(event, "order or refund")
        return self._encoded(self.refunds.body(event.order, event.refund))

    def _product(self, event: Event) -> bytes:
        if event.product is None:
            raise _missing(event, "product")
        return self._encoded(self.products.body(_variants(event, event.product), event.at_ns))

    def _item(self, event: Event) -> bytes:
        if event.product is None:
            raise _missing(event, "product")
        return self._encoded(item_body(event.product, self.times.shop(event.at_ns)))

    def _parcel(self, event: Event) -> bytes:
        if event.order is None or not event.order.fulfilments:
            raise _missing(event, "order with a parcel")
        return self._encoded(fulfilment_body(event.order, event.order.fulfilments[-1], self._lines, self.times))

    def _edit(self, event: Event) -> bytes:
        if event.order is None or not event.order.edits:
            raise _missing(event, "order with an edit")
        return self._encoded(edit_body(event.order, self.times))

    def _draft(self, event: Event) -> bytes:
        if event.order is None:
            raise _missing(event, "order")
        return self._encoded(self._drafts.body(event.order, completed=event.topic == "draft_orders/update"))

    def _encoded(
        self, body: OrderBody | RefundBody | ProductBody | ItemBody | FulfilmentBody | EditBody | DraftBody
    ) -> bytes:
        return escaped(self._encode(body))


def _variants(event: Event, product: Product) -> tuple[tuple[Product, int], ...]:
    """The variants of a product when the event fires; a forged event claims one and a level instead."""
    if event.variants:
        return event.variants
    return ((product, product.initial_available if event.level is None else event.level.available),)


def _missing(event: Event, what: str) -> ValueError:
    return ValueError(f"event {event.event} on {event.topic} has no {what}")
