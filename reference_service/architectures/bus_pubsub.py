"""Event bus without a receiver: Shopify publishes to a Google Pub/Sub topic, the worker pulls from a subscription.

The acknowledgement is the topic's answer to Shopify. Only accounts that the topic's owner has authorised can publish.
Forged deliveries are impossible, so signatures are not checked.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stockstorm.reference_service.architectures.bus import bus_wiring, is_stub
from stockstorm.reference_service.ingress.bus_envelopes import read_pubsub, reader
from stockstorm.reference_service.queues.broker_queue import open_broker_queue, refuse_flaws
from stockstorm.reference_service.queues.pubsub import open_pubsub
from stockstorm.reference_service.settings import Settings, required
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.wiring import Wiring, WorkerAlone


class BusPubSub(WorkerAlone):
    """REFERENCE_BUS_URI: pubsub://project:topic. REFERENCE_PUBSUB_SUBSCRIPTION: a subscription to that topic."""

    name = "bus-pubsub"

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Pool) -> AsyncIterator[Wiring]:
        refuse_flaws(settings, has_receiver=False)
        subscription = required("PUBSUB_SUBSCRIPTION", "the subscription as projects/…/subscriptions/…")
        uri = required("BUS_URI", "the topic as pubsub://project:topic")
        read = reader(read_pubsub, settings.shop_domain, settings.channels)
        async with (
            open_pubsub(subscription=subscription) as broker,
            open_broker_queue(pool, broker, read, is_incomplete=is_stub) as queue,
        ):
            yield bus_wiring(queue, uri)
