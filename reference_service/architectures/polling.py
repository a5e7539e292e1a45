"""Polling without webhooks: every REFERENCE_POLL_INTERVAL_S seconds the worker reads what has changed.

It reads the levels updated since the last poll, the own store's orders by `updated_at`, and each marketplace's orders
by its cursor. A notification that cannot be applied at once waits in the PostgreSQL queue. Cursors are committed with
what was read, so a kill loses nothing: the next poll continues from there.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from stockstorm.reference_service.architectures.architecture import WorkerAlone
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.feeds.polling import polling_feeds
from stockstorm.reference_service.feeds.shop_orders import ShopOrderReader
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.settings import Settings
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.wiring import Feed, Parts, Wiring


class Polling(WorkerAlone):
    """It subscribes to nothing."""

    name = "polling"

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Pool, seams: Seams) -> AsyncIterator[Wiring]:  # noqa: ARG002 - the protocol's
        yield Wiring(queue=seams.make_queue(pool), work_types=(WorkType.CHANNEL,), feeds=_feeds)


def _feeds(parts: Parts) -> Sequence[Feed]:
    own_orders = ShopOrderReader(parts.pool, parts.admin)
    return polling_feeds(parts, parts.settings.poll_interval_s, own_orders.read)
