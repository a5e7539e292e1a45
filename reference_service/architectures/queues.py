"""Webhook and queue: the receiver answers once a queue has stored the event. The worker reads the queue.

`queue-postgres`: a table in the service's own database, so inbox and queue share one commit. `queue-sqs`: Amazon SQS.
`queue-pubsub`: Google Pub/Sub, without ordering keys: every effect is guarded by a version, so the order of messages
does not matter.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stockstorm.reference_service.feeds.missed import missed_feeds, repairing_feeds
from stockstorm.reference_service.queues.batching_sender import BatchingSender
from stockstorm.reference_service.queues.broker_queue import open_broker_queue, read_own
from stockstorm.reference_service.queues.pubsub import open_pubsub
from stockstorm.reference_service.queues.sqs import open_sqs
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.settings import Settings, required
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.wiring import RECEIVER, WORKER, Inbox, Wiring, channels_url, shop_url


class QueuePostgres:
    """The queue is a table. It needs no settings."""

    name = "queue-postgres"
    processes = (RECEIVER, WORKER)
    reconciles = True

    @asynccontextmanager
    async def open_receiver(self, settings: Settings, pool: Pool, seams: Seams) -> AsyncIterator[Inbox]:  # noqa: ARG002 - the protocol's
        yield seams.make_inbox(seams.make_queue(pool).put)

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Pool, seams: Seams) -> AsyncIterator[Wiring]:
        yield Wiring(
            queue=seams.make_queue(pool),
            shop_uri=shop_url(settings),
            channels_url=channels_url(settings),
            feeds=missed_feeds,
        )


class QueueSqs:
    """REFERENCE_SQS_QUEUE_URL: the queue. It needs a redrive policy."""

    name = "queue-sqs"
    processes = (RECEIVER, WORKER)
    reconciles = True

    @asynccontextmanager
    async def open_receiver(self, settings: Settings, pool: Pool, seams: Seams) -> AsyncIterator[Inbox]:  # noqa: ARG002 - the protocol's
        async with open_sqs(_sqs_url()) as broker:
            yield BatchingSender(broker)

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Pool, seams: Seams) -> AsyncIterator[Wiring]:  # noqa: ARG002 - the protocol's
        async with open_sqs(_sqs_url()) as broker, open_broker_queue(pool, broker, read_own) as queue:
            yield Wiring(
                queue=queue, shop_uri=shop_url(settings), channels_url=channels_url(settings), feeds=repairing_feeds
            )


def _sqs_url() -> str:
    return required("SQS_QUEUE_URL", "the queue by its URL")


class QueuePubSub:
    """REFERENCE_PUBSUB_TOPIC: the topic. REFERENCE_PUBSUB_SUBSCRIPTION: needs a dead-letter policy."""

    name = "queue-pubsub"
    processes = (RECEIVER, WORKER)
    reconciles = True

    @asynccontextmanager
    async def open_receiver(self, settings: Settings, pool: Pool, seams: Seams) -> AsyncIterator[Inbox]:  # noqa: ARG002 - the protocol's
        topic = required("PUBSUB_TOPIC", "the topic as projects/…/topics/…")
        async with open_pubsub(topic=topic) as broker:
            yield BatchingSender(broker)

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Pool, seams: Seams) -> AsyncIterator[Wiring]:  # noqa: ARG002 - the protocol's
        subscription = required("PUBSUB_SUBSCRIPTION", "the subscription as projects/…/subscriptions/…")
        async with (
            open_pubsub(subscription=subscription) as broker,
            open_broker_queue(pool, broker, read_own) as queue,
        ):
            yield Wiring(
                queue=queue, shop_uri=shop_url(settings), channels_url=channels_url(settings), feeds=repairing_feeds
            )
