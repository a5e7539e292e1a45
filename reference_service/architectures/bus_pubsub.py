"""Event bus, no receiver: Shopify publishes to a Google Pub/Sub topic, the worker pulls from a subscription to it.

An acknowledgement is the topic's answer to Shopify. Whoever may publish was granted so by the topic's owner: there are
no forged deliveries, and no signature is looked at.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from stockstorm.reference_service.architectures.bus import bus_wiring, is_stub
from stockstorm.reference_service.ingress.bus_envelopes import read_pubsub, reader
from stockstorm.reference_service.queues.opening import open_broker_queue, refuse_flaws
from stockstorm.reference_service.queues.pubsub import open_pubsub
from stockstorm.reference_service.settings import Settings, needed
from stockstorm.reference_service.wiring import Wiring, WorkerAlone


class BusPubSub(WorkerAlone):
    """REFERENCE_BUS_URI is pubsub://project:topic, REFERENCE_PUBSUB_SUBSCRIPTION a subscription to that topic."""

    name = "bus-pubsub"

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Any) -> AsyncIterator[Wiring]:
        refuse_flaws(settings, has_receiver=False)
        subscription = needed("PUBSUB_SUBSCRIPTION", "the subscription as projects/…/subscriptions/…")
        uri = needed("BUS_URI", "the topic as pubsub://project:topic")
        read = reader(read_pubsub, settings.shop_domain, settings.channels)
        async with (
            open_pubsub(subscription=subscription) as broker,
            open_broker_queue(pool, broker, read, is_incomplete=is_stub) as queue,
        ):
            yield bus_wiring(queue, uri)
