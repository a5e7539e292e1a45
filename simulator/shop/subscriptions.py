"""How an event bus is named where notifications are asked for: a partner event source's ARN, or a Pub/Sub topic.

Who asked to be told of what. Shopify takes one topic each; a marketplace has one address for everything.
"""

import re
from typing import Final

from stockstorm.simulator.history.facts import SubscriptionCreated, SubscriptionRemoved
from stockstorm.simulator.model import Subscription
from stockstorm.simulator.shop.firing import SHOPIFY

_PUBSUB: Final = re.compile(r"pubsub://[^:/\s]+:[^:/\s]+")
_ARN: Final = re.compile(r"arn:aws:events:[a-z0-9-]+::event-source/aws\.partner/shopify\.com/\d+/\S+")


def is_bus(uri: str) -> bool:
    """Whether deliveries to it go over a bus, which knows its publishers, rather than to anybody's HTTP address."""
    return bool(_PUBSUB.fullmatch(uri) or _ARN.fullmatch(uri))


FIRST_ID = 1_190_000_000_001
EVERY_TOPIC = "*"


class Subscriptions:
    """Living subscriptions, found by id and by what they hear, oldest first."""

    def __init__(self) -> None:
        self._next_id = FIRST_ID
        self._by_id: dict[int, Subscription] = {}
        self._hearers: dict[tuple[str, str], list[Subscription]] = {}

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
    ) -> tuple[Subscription, SubscriptionCreated]:
        """A new subscription; whether it is allowed is for the API to judge."""
        subscription = Subscription(
            self._next_id, source, topic, uri, now_ns, now_ns, by_api, name, include_fields, filter_query
        )
        self._next_id += 1
        self._by_id[subscription.subscription_id] = subscription
        self._hearers.setdefault((source, topic), []).append(subscription)
        return subscription, SubscriptionCreated(now_ns, subscription.subscription_id, source, topic, uri, by_api)

    def remove(self, subscription_id: int, *, by_policy: bool, now_ns: int) -> SubscriptionRemoved | None:
        """Forget a subscription; None if there is no such one."""
        subscription = self._by_id.pop(subscription_id, None)
        if subscription is None:
            return None
        source, topic = subscription.source, subscription.topic
        self._hearers[source, topic].remove(subscription)
        return SubscriptionRemoved(now_ns, subscription_id, source, topic, by_policy)

    def get(self, subscription_id: int) -> Subscription | None:
        return self._by_id.get(subscription_id)

    def hearing(self, source: str, topic: str | None) -> list[Subscription]:
        """Who hears a topic of a source (None: all of the source's). A marketplace's subscription hears every topic."""
        if topic is None:
            return [one for one in self._by_id.values() if one.source == source]
        return list(self._hearers.get((source, topic if source == SHOPIFY else EVERY_TOPIC), ()))
