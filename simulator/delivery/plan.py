"""Who is told of an event: one delivery for each subscription that hears it, due when it happened.

The webhook id names (subscription, event) and stays the same over retries and copies; it is a name-based UUID, as
Shopify's own seem to be (docs/sources.md, S1). The event's serial is part of the name, so that two events of one action
on one topic, for two items, differ.
"""

import hashlib
import uuid
from collections.abc import Sequence
from typing import Final

from simulator.delivery import Delivery
from simulator.shop.model import Event, Subscription

NAMESPACE: Final = uuid.UUID("6f1b3c5a-53f0-5a3e-9c1d-7a0c3f6f2b10")
_NAMED: Final = hashlib.sha1(NAMESPACE.bytes, usedforsecurity=False)


def planned_deliveries(
    event: Event, subscriptions: Sequence[Subscription], due_ns: int | None = None
) -> list[Delivery]:
    """One delivery for each subscription, in their sequence; none when nobody hears it.

    They fall due at `due_ns`, or when the event happened.
    """
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
