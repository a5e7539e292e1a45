"""Every topic's body, by topic: the one door from an event to its bytes."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from stockstorm.simulator.catalogue import Catalogue
from stockstorm.simulator.clock import WallPair
from stockstorm.simulator.config import ShopConfig
from stockstorm.simulator.events.encoding import Money, Times, escaped
from stockstorm.simulator.events.marketplace_payload import STATUS, MarketplacePayload
from stockstorm.simulator.events.order_payload import Lines, OrderPayload, RefundPayload
from stockstorm.simulator.events.people_payload import People
from stockstorm.simulator.events.product_payload import InventoryPayload, ProductPayload
from stockstorm.simulator.model import Event

ORDER_TOPICS: Final = ("orders/create", "orders/paid", "orders/updated", "orders/cancelled")
SHOPIFY_TOPICS: Final = (*ORDER_TOPICS, "refunds/create", "inventory_levels/update", "products/update")
MARKETPLACE_TOPICS: Final = tuple(STATUS)


class Payloads:
    """Bodies of all events of one shop and its marketplaces."""

    def __init__(self, catalogue: Catalogue, shop: ShopConfig, wall: WallPair) -> None:
        self.catalogue, self.shop = catalogue, shop
        self.times = Times(wall)
        money = Money(shop.currency)
        lines = Lines(catalogue.by_sku, money)
        people = People(catalogue.buyers, shop.currency)
        self._refunds = RefundPayload(lines, money, self.times)
        self._orders = OrderPayload(
            shop.domain, lines=lines, refunds=self._refunds, people=people, money=money, times=self.times
        )
        self._products = ProductPayload(self.times)
        self._encode = msgspec.json.Encoder().encode
        inventory = InventoryPayload(catalogue.products, self.times)
        marketplace = MarketplacePayload(shop.currency, self.times)
        self._builders: dict[str, Callable[[Event], bytes]] = {
            "inventory_levels/update": inventory.body,
            "refunds/create": self._refund,
            "products/update": self._product,
            **dict.fromkeys(ORDER_TOPICS, self._order),
            **dict.fromkeys(MARKETPLACE_TOPICS, marketplace.body),
        }

    def body(self, event: Event) -> bytes:
        """The event's bytes, the same at every call. ValueError: the topic is unknown or its snapshot is missing."""
        build = self._builders.get(event.topic)
        if build is None:
            raise ValueError(f"event {event.event}: topic {event.topic} is none of {', '.join(self._builders)}")
        return build(event)

    def _order(self, event: Event) -> bytes:
        if event.order is None:
            raise _missing(event, "order")
        return self._written(self._orders.body(event.order))

    def _refund(self, event: Event) -> bytes:
        if event.order is None or event.refund is None:
            raise _missing(event, "order or refund")
        return self._written(self._refunds.body(event.order, event.refund))

    def _product(self, event: Event) -> bytes:
        if event.product is None:
            raise _missing(event, "product")
        return self._written(self._products.body(event.product, event.level, event.at_ns))

    def _written(self, body: Any) -> bytes:
        return escaped(self._encode(body))


def _missing(event: Event, what: str) -> ValueError:
    return ValueError(f"event {event.event} on {event.topic} has no {what}")
