"""Webhook and queue: the receiver answers once Google Pub/Sub has the event. The worker reads it from there.

Ordering keys are not used: every effect is guarded by a version, so the order of messages does not matter.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stockstorm.reference_service.queues.batching_sender import BatchingSender
from stockstorm.reference_service.queues.broker_queue import open_broker_queue, read_own, refuse_flaws
from stockstorm.reference_service.queues.pubsub import open_pubsub
from stockstorm.reference_service.settings import Settings, required
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.wiring import RECEIVER, WORKER, Inbox, Wiring, channels_url, shop_url


class QueuePubSub:
    """REFERENCE_PUBSUB_TOPIC: the topic. REFERENCE_PUBSUB_SUBSCRIPTION: needs a dead-letter policy."""

    name = "queue-pubsub"
    processes = (RECEIVER, WORKER)

    @asynccontextmanager
    async def open_receiver(self, settings: Settings, pool: Pool) -> AsyncIterator[Inbox]:  # noqa: ARG002 - required by the protocol
        refuse_flaws(settings, has_receiver=True)
        topic = required("PUBSUB_TOPIC", "the topic as projects/…/topics/…")
        async with open_pubsub(topic=topic) as broker:
            yield BatchingSender(broker)

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Pool) -> AsyncIterator[Wiring]:
        refuse_flaws(settings, has_receiver=True)
        subscription = required("PUBSUB_SUBSCRIPTION", "the subscription as projects/…/subscriptions/…")
        async with (
            open_pubsub(subscription=subscription) as broker,
            open_broker_queue(pool, broker, read_own) as queue,
        ):
            yield Wiring(queue=queue, shop_uri=shop_url(settings), channels_url=channels_url(settings))
