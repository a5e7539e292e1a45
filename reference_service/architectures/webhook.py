"""Webhooks processed in place: one process does all of an event's work in its request and answers after it.

The answer comes when the effect is committed, the channels show it and the master has been told of the order. A kill
loses nothing: what was not committed was not acknowledged and is delivered again; what was committed is found at the
next start.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from stockstorm.reference_service.handlers.registry import handlers_of
from stockstorm.reference_service.ingress.changes import ChangeListener
from stockstorm.reference_service.ingress.synchronous import SynchronousInbox
from stockstorm.reference_service.settings import Settings
from stockstorm.reference_service.wiring import Wiring, WorkerAlone, channels_url, shop_url


class Webhook(WorkerAlone):
    """Acknowledged after the work."""

    name = "webhook"

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Any) -> AsyncIterator[Wiring]:
        inbox = SynchronousInbox(pool, handlers_of(settings.flaws))
        yield Wiring(
            work_types=(),
            shop_uri=shop_url(settings),
            channels_url=channels_url(settings),
            inbox=inbox,
            feeds=lambda parts: [ChangeListener(parts, inbox)],
        )
