"""The deliveries of an event, one for each subscription, and the route to each subscription.

The webhook id is a name-based UUID of subscription and event, as Shopify's seem to be (docs/sources.md, S1). It is
the same for retries and copies. The event's serial is part of the name, so that two events of one action differ even on
one topic. A route holds what all deliveries to one subscription share: address, constant part of the head, secret.
"""

import hashlib
import uuid
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from stockstorm.simulator.delivery.attempts import Address, Delivery
from stockstorm.simulator.delivery.headers import (
    marketplace_headers,
    marketplace_prefix,
    shopify_headers,
    shopify_prefix,
)
from stockstorm.simulator.delivery.policy import Record
from stockstorm.simulator.delivery.shaping import shape_of
from stockstorm.simulator.model import SHOPIFY, Event, Level, Order, Subscription
from stockstorm.simulator.shop.firing import Changes
from stockstorm.simulator.versions import NEWEST, ApiVersion

NAMESPACE: Final = uuid.UUID("6f1b3c5a-53f0-5a3e-9c1d-7a0c3f6f2b10")
_NAMED: Final = hashlib.sha1(NAMESPACE.bytes, usedforsecurity=False)


def planned_deliveries(
    event: Event, subscriptions: Sequence[Subscription], due_ns: int | None = None
) -> list[Delivery]:
    """One delivery for each subscription, in their order, due at `due_ns` or else when the event happened."""
    topic, source, serial, event_id = event.topic, event.source, event.event, event.event_id
    at_ns = event.at_ns if due_ns is None else due_ns
    return [
        Delivery(
            named_uuid(f"{subscription.subscription_id}:{event_id}:{topic}:{serial}"),
            subscription.subscription_id,
            subscription.uri,
            source,
            topic,
            event,
            at_ns,
        )
        for subscription in subscriptions
    ]


def named_uuid(name: str) -> str:
    """`uuid.uuid5(NAMESPACE, name)` as text, three times as fast as the standard library's."""
    named = _NAMED.copy()
    named.update(name.encode())
    digits = named.digest()[:16].hex()
    return (
        f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{'89ab'[int(digits[16], 16) & 3]}{digits[17:20]}-{digits[20:]}"
    )


ROUTES_MAX = 1_000  # for a subject that subscribes again and again


class DeliveryWorld(Protocol):
    """What deliveries need of the world; `simulator.world.World` is one."""

    def subscriptions(self, source: str, topic: str | None = None) -> list[Subscription]: ...

    def subscription(self, subscription_id: int) -> Subscription | None: ...

    def unsubscribe(self, subscription_id: int, *, by_policy: bool, now_ns: int) -> Changes: ...

    def level(self, inventory_item_id: int, location_id: int) -> Level | None: ...

    def newest_order(self, channel: str) -> Order | None: ...


class Secrets(msgspec.Struct, frozen=True):
    """Signing keys of the app and of all marketplaces. The repr shows none.

    `next_client_secret` follows `client_secret` where the scenario rotates it; b"" without a rotation.
    """

    client_secret: bytes
    channel_secrets: bytes
    next_client_secret: bytes = b""

    def __repr__(self) -> str:
        return "Secrets(…)"


class Route:
    """The route to one subscription, as it is now.

    `record` has the successes and failures that its removal depends on; a change of the subscription keeps it. `shape`
    is what the subscription changes of its payloads, None where it changes nothing.
    """

    __slots__ = (
        "_prefix", "_version", "address", "record", "removable", "secret", "shape", "subscription",
    )  # fmt: skip

    def __init__(
        self,
        subscription: Subscription,
        address: Address,
        domain: str,
        secrets: Secrets,
        version: ApiVersion,
        debounce_s: float,
    ) -> None:
        genuine = subscription.source == SHOPIFY
        self.subscription, self.address = subscription, address
        self.secret = secrets.client_secret if genuine else secrets.channel_secrets
        self.removable = genuine and subscription.by_api  # a marketplace keeps the subscription
        self.record = Record()
        self.shape = shape_of(subscription, debounce_s)
        self._version = version
        self._prefix = (
            shopify_prefix(address, subscription, domain, version)
            if genuine
            else marketplace_prefix(address, subscription)
        )

    def head(
        self,
        *,
        length: int,
        signature: str | None,
        topic: str,
        webhook_id: str,
        event_id: str,
        triggered_at: str,
        domain: str | None = None,
    ) -> bytes:
        """The complete request head of one delivery. Only a forgery gives the `domain` of another shop."""
        if self.subscription.source == SHOPIFY:
            return shopify_headers(
                self._prefix
                if domain is None
                else shopify_prefix(self.address, self.subscription, domain, self._version),
                length=length,
                signature=signature,
                webhook_id=webhook_id,
                event_id=event_id,
                triggered_at=triggered_at,
            )
        return marketplace_headers(
            self._prefix,
            length=length,
            signature=signature,
            topic=topic,
            webhook_id=webhook_id,
            triggered_at=triggered_at,
        )


class Routes:
    """Routes by subscription id, made on first use and again when the subscription has changed."""

    def __init__(
        self,
        domain: str,
        secrets: Secrets,
        addresses: Callable[[str], Address],
        version: ApiVersion = NEWEST,
        debounce_s: float = 0.0,
    ) -> None:
        self._known: dict[int, Route] = {}
        self._version, self._debounce_s = version, debounce_s
        self.shapes = False  # whether any subscription so far changed its payloads
        self._domain, self._secrets, self._addresses = domain, secrets, addresses

    def learn(self, subscription: Subscription) -> Route:
        """The route to a subscription."""
        route = self._known.get(subscription.subscription_id)
        if route is None or route.subscription is not subscription:
            if len(self._known) >= ROUTES_MAX:
                self._known.clear()
            address = self._addresses(subscription.uri)
            made = Route(subscription, address, self._domain, self._secrets, self._version, self._debounce_s)
            if route is not None:
                made.record = route.record
            self._known[subscription.subscription_id] = route = made
            self.shapes = self.shapes or route.shape is not None
        return route

    def rotate(self) -> None:
        """From now on the shop's deliveries are signed with the next secret."""
        self._secrets = msgspec.structs.replace(self._secrets, client_secret=self._secrets.next_client_secret)
        for route in self._known.values():
            if route.subscription.source == SHOPIFY:
                route.secret = self._secrets.client_secret

    def forget(self, subscription_id: int) -> None:
        """Drops the route of a removed subscription."""
        self._known.pop(subscription_id, None)
