"""Webhook and queue: the receiver answers once Google Pub/Sub has the event; the worker takes it from there.

No ordering keys are asked for: what is applied is guarded by versions, so order does not matter.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from stockstorm.reference_service.queues.batching_sender import BatchingSender
from stockstorm.reference_service.queues.opening import open_broker_queue, read_own, refuse_flaws
from stockstorm.reference_service.queues.pubsub import open_pubsub
from stockstorm.reference_service.settings import Settings, needed
from stockstorm.reference_service.wiring import RECEIVER, WORKER, Inbox, Wiring, channels_url, shop_url


class QueuePubSub:
    """REFERENCE_PUBSUB_TOPIC and REFERENCE_PUBSUB_SUBSCRIPTION; the latter needs a dead-letter policy."""

    name = "queue-pubsub"
    processes = (RECEIVER, WORKER)

    @asynccontextmanager
    async def open_receiver(self, settings: Settings, pool: Any) -> AsyncIterator[Inbox]:  # noqa: ARG002 - not by pool
        refuse_flaws(settings, has_receiver=True)
        topic = needed("PUBSUB_TOPIC", "the topic as projects/…/topics/…")
        async with open_pubsub(topic=topic) as broker:
            yield BatchingSender(broker)

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Any) -> AsyncIterator[Wiring]:
        refuse_flaws(settings, has_receiver=True)
        subscription = needed("PUBSUB_SUBSCRIPTION", "the subscription as projects/…/subscriptions/…")
        async with (
            open_pubsub(subscription=subscription) as broker,
            open_broker_queue(pool, broker, read_own) as queue,
        ):
            yield Wiring(queue=queue, shop_uri=shop_url(settings), channels_url=channels_url(settings))
