"""Subscriptions: which address receives which events.

A Shopify subscription has one topic. A marketplace has one address for all its topics.
"""

import re
from typing import Final

from stockstorm.simulator.history.facts import SubscriptionChanged, SubscriptionCreated, SubscriptionRemoved
from stockstorm.simulator.model import EVERY_TOPIC, SHOPIFY, Subscription

FIRST_ID: Final = 1_190_000_000_001
TOLD_MAX: Final = 500  # characters of a filter or a field that a fact keeps
FIELDS_TOLD_MAX: Final = 100
_PUBSUB: Final = re.compile(r"pubsub://[^:/\s]+:[^:/\s]+")
_ARN: Final = re.compile(r"arn:aws:events:[a-z0-9-]+::event-source/aws\.partner/shopify\.com/\d+/\S+")


def is_bus(uri: str) -> bool:
    """Whether the address is an event bus: a Pub/Sub topic or the ARN of a partner event source."""
    return bool(_PUBSUB.fullmatch(uri) or _ARN.fullmatch(uri))


class Subscriptions:
    """Active subscriptions by id and by topic, oldest first."""

    def __init__(self) -> None:
        self._next_id = FIRST_ID
        self._by_id: dict[int, Subscription] = {}
        self._by_topic: dict[tuple[str, str], list[Subscription]] = {}

    def add(
        self,
        source: str,
        topic: str,
        uri: str,
        now_ns: int,
        *,
        name: str | None,
        include_fields: tuple[str, ...],
        filter_query: str | None,
        by_api: bool,
        metafield_namespaces: tuple[str, ...] = (),
    ) -> tuple[Subscription, SubscriptionCreated]:
        """A new subscription. The API checks beforehand whether it is allowed."""
        subscription = Subscription(
            self._next_id, source, topic, uri, now_ns, now_ns, by_api, name, include_fields, filter_query,
            metafield_namespaces,
        )  # fmt: skip
        self._next_id += 1
        self._by_id[subscription.subscription_id] = subscription
        self._by_topic.setdefault((source, topic), []).append(subscription)
        number, told = subscription.subscription_id, _told(subscription)
        return subscription, SubscriptionCreated(now_ns, number, source, topic, uri, by_api, *told)

    def change(self, new: Subscription) -> SubscriptionChanged:
        """Replace a subscription by a new value of it. KeyError for an unknown id."""
        old = self._by_id[new.subscription_id]
        of_topic = self._by_topic[old.source, old.topic]
        of_topic[of_topic.index(old)] = new
        self._by_id[new.subscription_id] = new
        return SubscriptionChanged(new.updated_ns, new.subscription_id, new.source, new.topic, new.uri, *_told(new))

    def remove(self, subscription_id: int, *, by_policy: bool, now_ns: int) -> SubscriptionRemoved | None:
        """Remove a subscription. None for an unknown id."""
        subscription = self._by_id.pop(subscription_id, None)
        if subscription is None:
            return None
        source, topic = subscription.source, subscription.topic
        self._by_topic[source, topic].remove(subscription)
        return SubscriptionRemoved(now_ns, subscription_id, source, topic, by_policy)

    def get(self, subscription_id: int) -> Subscription | None:
        """An active subscription by its id."""
        return self._by_id.get(subscription_id)

    def subscribed(self, source: str, topic: str | None) -> list[Subscription]:
        """Subscriptions to a topic of a source (None: to any topic). A marketplace's subscription has every topic."""
        if topic is None:
            return [each for each in self._by_id.values() if each.source == source]
        return list(self._by_topic.get((source, topic if source == SHOPIFY else EVERY_TOPIC), ()))


def _told(subscription: Subscription) -> tuple[str, tuple[str, ...]]:
    """Filter and chosen fields, as far as a fact keeps them."""
    fields = subscription.include_fields[:FIELDS_TOLD_MAX]
    return (subscription.filter or "")[:TOLD_MAX], tuple(field[:TOLD_MAX] for field in fields)
