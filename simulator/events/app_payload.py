"""The bodies of what an app is told of itself and of privacy requests: uninstalled, scopes changed, compliance topics.

The compliance bodies have the documented fields. That of app/uninstalled is the shop; its main fields are given.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from stockstorm.simulator.config import ShopConfig
from stockstorm.simulator.events.encoding import Times, escaped
from stockstorm.simulator.model import SHOP_ID, Buyer, Event

INSTALLATION_ID: Final = 1
SINCE: Final = "2025-03-01T10:15:00-05:00"
_encode: Final = msgspec.json.Encoder().encode


class AppPayload:
    """Builds the bodies of one shop."""

    def __init__(self, shop: ShopConfig, buyers: Sequence[Buyer], times: Times) -> None:
        self._shop, self._buyers, self._times = shop, buyers, times

    def body(self, event: Event) -> bytes:
        """The event's bytes. ValueError for a topic that is not of the app."""
        match event.topic:
            case "app/uninstalled":
                found = self._of_shop(event)
            case "app/scopes_update":
                found = self._scopes(event)
            case "customers/data_request":
                found = {**self._customer(event, "orders_requested"), "data_request": {"id": event.event + 1}}
            case "customers/redact":
                found = self._customer(event, "orders_to_redact")
            case "shop/redact":
                found = self._identity()
            case other:
                raise ValueError(f"event {event.event}: {other} is no topic of the app")
        return escaped(_encode(found))

    def _identity(self) -> dict[str, Any]:
        return {"shop_id": SHOP_ID, "shop_domain": self._shop.domain}

    def _customer(self, event: Event, orders: str) -> dict[str, Any]:
        """About the buyer of the newest order; about the first buyer as long as nobody has ordered."""
        order = event.order
        buyer = self._buyers[max(0, order.buyer) if order is not None else 0]
        who = {"id": buyer.customer_id, "email": buyer.email, "phone": buyer.phone}
        return {**self._identity(), "customer": who, orders: [] if order is None else [order.order_id]}

    def _scopes(self, event: Event) -> dict[str, Any]:
        previous, current = event.scopes or ((), ())
        return {
            "id": INSTALLATION_ID,
            "shop_id": str(SHOP_ID),
            "previous": list(previous),
            "current": list(current),
            "updated_at": self._times.shop(event.at_ns),
        }

    def _of_shop(self, event: Event) -> dict[str, Any]:
        domain = self._shop.domain
        return {
            "id": SHOP_ID,
            "name": domain.removesuffix(".myshopify.com"),
            "email": f"owner@{domain}",
            "domain": domain,
            "country": "CA",
            "primary_locale": "en",
            "created_at": SINCE,
            "updated_at": self._times.shop(event.at_ns),
            "currency": self._shop.currency,
            "timezone": "(GMT-05:00) America/New_York",
            "iana_timezone": "America/New_York",
            "plan_name": self._shop.plan,
            "myshopify_domain": domain,
        }
