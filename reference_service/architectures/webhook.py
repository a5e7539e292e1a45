"""Webhooks processed synchronously: one process does all of an event's work in its request and then answers.

The answer is sent when the effect is committed, the channels show it and the order is written to the master. A kill
loses nothing: uncommitted events were not acknowledged and are delivered again, and the next start acts on committed
ones.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stockstorm.reference_service.architectures.architecture import WorkerAlone
from stockstorm.reference_service.feeds.missed import repairing_feeds
from stockstorm.reference_service.ingress.changes import ChangeListener
from stockstorm.reference_service.ingress.synchronous import SynchronousInbox
from stockstorm.reference_service.seams import Seams, handlers_of
from stockstorm.reference_service.settings import Settings
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.wiring import Wiring, channels_url, shop_url


class Webhook(WorkerAlone):
    """Acknowledged after all work is done."""

    name = "webhook"
    reconciles = True

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Pool, seams: Seams) -> AsyncIterator[Wiring]:
        inbox = SynchronousInbox(pool, handlers_of(seams))
        yield Wiring(
            work_types=(),
            shop_uri=shop_url(settings),
            channels_url=channels_url(settings),
            inbox=inbox,
            feeds=lambda parts: [ChangeListener(parts, inbox), *repairing_feeds(parts)],
        )
