"""Polling: no webhooks. Every REFERENCE_POLL_INTERVAL_S seconds the worker asks what has changed.

The levels updated since the last poll, the own store's orders by `updated_at`, each marketplace's orders by its cursor.
A notification that could not be applied at once waits in the PostgreSQL queue. Cursors are committed with what was
read, so a kill loses nothing: the next poll goes on from there.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.feeds.polling import polling_feeds
from stockstorm.reference_service.feeds.shop_orders import ShopOrderReader
from stockstorm.reference_service.queues.postgres import PostgresQueue
from stockstorm.reference_service.settings import Settings
from stockstorm.reference_service.wiring import Feed, Parts, Wiring, WorkerAlone


class Polling(WorkerAlone):
    """Nobody tells it anything."""

    name = "polling"

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Any) -> AsyncIterator[Wiring]:  # noqa: ARG002 - feeds have them
        yield Wiring(queue=PostgresQueue(pool), work_types=(WorkType.CHANNEL,), feeds=_feeds)


def _feeds(parts: Parts) -> Sequence[Feed]:
    own_orders = ShopOrderReader(parts.pool, parts.admin)
    return polling_feeds(parts, parts.settings.poll_interval_s, own_orders.read)
