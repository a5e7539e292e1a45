"""Webhook and queue: the receiver stores each event in PostgreSQL and answers. The worker reads it from there.

The queue is a table in the service's own database, so inbox and queue share one commit.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stockstorm.reference_service.flaws import ACK_BEFORE_DURABLE_HOLD_S
from stockstorm.reference_service.queues.group_commit import GroupCommit, HoldInMemory
from stockstorm.reference_service.queues.postgres import PostgresQueue
from stockstorm.reference_service.settings import Settings
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.wiring import RECEIVER, WORKER, Inbox, Wiring, channels_url, shop_url


class QueuePostgres:
    """Acknowledged after the event is durably enqueued."""

    name = "queue-postgres"
    processes = (RECEIVER, WORKER)

    @asynccontextmanager
    async def open_receiver(self, settings: Settings, pool: Pool) -> AsyncIterator[Inbox]:
        flaws = settings.flaws
        queue = _queue(settings, pool)
        if flaws.answers_before_commit:
            has_run_before = await pool.fetchval("SELECT EXISTS (SELECT FROM inbox)")
            yield HoldInMemory(queue.put, ACK_BEFORE_DURABLE_HOLD_S, 0 if has_run_before else flaws.crash_after)
        else:
            yield GroupCommit(queue.put)

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Pool) -> AsyncIterator[Wiring]:
        yield Wiring(queue=_queue(settings, pool), shop_uri=shop_url(settings), channels_url=channels_url(settings))


def _queue(settings: Settings, pool: Pool) -> PostgresQueue:
    return PostgresQueue(pool, repeats_channels=settings.flaws.repeats_channel_orders)
