"""Webhook and queue: the receiver answers once Amazon SQS has the event. The worker reads it from there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stockstorm.reference_service.queues.batching_sender import BatchingSender
from stockstorm.reference_service.queues.broker_queue import open_broker_queue, read_own, refuse_flaws
from stockstorm.reference_service.queues.sqs import open_sqs
from stockstorm.reference_service.settings import Settings, required
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.wiring import RECEIVER, WORKER, Inbox, Wiring, channels_url, shop_url


class QueueSqs:
    """REFERENCE_SQS_QUEUE_URL: the queue. It needs a redrive policy."""

    name = "queue-sqs"
    processes = (RECEIVER, WORKER)

    @asynccontextmanager
    async def open_receiver(self, settings: Settings, pool: Pool) -> AsyncIterator[Inbox]:  # noqa: ARG002 - required by the protocol
        refuse_flaws(settings, has_receiver=True)
        async with open_sqs(_queue_url()) as broker:
            yield BatchingSender(broker)

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Pool) -> AsyncIterator[Wiring]:
        refuse_flaws(settings, has_receiver=True)
        async with open_sqs(_queue_url()) as broker, open_broker_queue(pool, broker, read_own) as queue:
            yield Wiring(queue=queue, shop_uri=shop_url(settings), channels_url=channels_url(settings))


def _queue_url() -> str:
    return required("SQS_QUEUE_URL", "the queue by its URL")
