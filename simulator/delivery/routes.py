"""What stays the same for every delivery to one subscription: address, constant part of the head, secret."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from simulator.events.headers import marketplace_headers, marketplace_prefix, shopify_headers, shopify_prefix
from simulator.senders import Address
from simulator.shop.firing import SHOPIFY, Changes
from simulator.shop.model import Level, Subscription

ROUTES_MAX = 1_000  # of a subject that subscribes again and again


class DeliveryWorld(Protocol):
    """What deliveries need of the world; `simulator.world.World` is one."""

    def subscriptions(self, source: str, topic: str | None = None) -> list[Subscription]: ...

    def subscription(self, subscription_id: int) -> Subscription | None: ...

    def unsubscribe(self, subscription_id: int, *, by_policy: bool, now_ns: int) -> Changes: ...

    def level(self, inventory_item_id: int, location_id: int) -> Level | None: ...


class Secrets(msgspec.Struct, frozen=True):
    """Signing keys: of the app, and one for all marketplaces. Its text shows neither."""

    client_secret: bytes
    channel_secrets: bytes

    def __repr__(self) -> str:
        return "Secrets(…)"


class Route:
    """The way to one subscription. `acknowledged` counts its successes, so that failures in a row can be told."""

    __slots__ = ("_prefix", "acknowledged", "address", "removable", "secret", "subscription")

    def __init__(self, subscription: Subscription, address: Address, domain: str, secrets: Secrets) -> None:
        genuine = subscription.source == SHOPIFY
        self.subscription, self.address = subscription, address
        self.secret = secrets.client_secret if genuine else secrets.channel_secrets
        self.removable = genuine and subscription.by_api  # a marketplace keeps trying
        self.acknowledged = 0
        self._prefix = (
            shopify_prefix(address, subscription, domain) if genuine else marketplace_prefix(address, subscription)
        )

    def head(
        self, *, length: int, signature: str | None, topic: str, webhook_id: str, event_id: str, triggered_at: str
    ) -> bytes:
        """The complete request head of one delivery."""
        if self.subscription.source == SHOPIFY:
            return shopify_headers(
                self._prefix,
                length=length,
                signature=signature,
                webhook_id=webhook_id,
                event_id=event_id,
                triggered_at=triggered_at,
            )
        return marketplace_headers(
            self._prefix,
            length=length,
            signature=signature or "",
            topic=topic,
            webhook_id=webhook_id,
            triggered_at=triggered_at,
        )


class Routes:
    """Routes by subscription id, made when first needed and made anew when the subscription changed."""

    def __init__(self, domain: str, secrets: Secrets, addresses: Callable[[str], Address]) -> None:
        self._known: dict[int, Route] = {}
        self._domain, self._secrets, self._addresses = domain, secrets, addresses

    def learn(self, subscription: Subscription) -> Route:
        """The route to a subscription."""
        route = self._known.get(subscription.subscription_id)
        if route is None or route.subscription is not subscription:
            if len(self._known) >= ROUTES_MAX:
                self._known.clear()
            route = Route(subscription, self._addresses(subscription.uri), self._domain, self._secrets)
            self._known[subscription.subscription_id] = route
        return route

    def forget(self, subscription_id: int) -> None:
        """The subscription is gone."""
        self._known.pop(subscription_id, None)
