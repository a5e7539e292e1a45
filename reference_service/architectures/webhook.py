"""Webhooks processed in place: the receiver does an event's work in its request and answers after the commit.

The worker is the one writer: it tells the master and pushes to the channels what the receiver has committed. A kill of
either loses nothing: what was not committed was not acknowledged and is delivered again; what was committed is found
by the next worker.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from reference_service.changes import ChangeListener
from reference_service.in_request import InRequest
from reference_service.settings import Settings
from reference_service.wiring import RECEIVER, WORKER, Inbox, Wiring, channels_url, shop_url
from reference_service.works import works_of


class Webhook:
    """Acknowledged after the work."""

    name = "webhook"
    processes = (RECEIVER, WORKER)

    @asynccontextmanager
    async def open_receiver(self, settings: Settings, pool: Any) -> AsyncIterator[Inbox]:
        yield InRequest(pool, works_of(settings.flaws))

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Any) -> AsyncIterator[Wiring]:  # noqa: ARG002 - the protocol's
        yield Wiring(
            lanes=(),
            shop_uri=shop_url(settings),
            channels_url=channels_url(settings),
            feeds=lambda parts: [ChangeListener(parts)],
        )
