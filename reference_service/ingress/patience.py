"""Holds a webhook while the store cannot be reached, instead of refusing it at once.

A refused webhook comes again after Shopify's next gap: 10 s, then 30 s, then minutes. A database or broker that is
restarted is back within seconds, and Shopify waits 5 s for an answer. So a short outage costs a slower answer, and a
longer one is still refused in time, and what was refused is announced once the store is back. All held webhooks try
again at the same moments, so they share their calls.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.ingress.endpoint import TakesMessages
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.storage.database import StoreUnreachable


class PatientInbox:
    """An inbox in front of `inbox`, for as many bytes of held bodies as a receiver may keep.

    `announce_missed` is awaited after the first webhook that is stored after refused ones.
    """

    def __init__(self, inbox: TakesMessages, announce_missed: Callable[[], Awaitable[None]]) -> None:
        self._inbox = inbox
        self._announce_missed = announce_missed
        self._held_bytes = 0
        self._refused = False  # since the last announcement

    async def put(self, message: Message) -> None:
        """As the inbox's own. Its StoreUnreachable is raised only after HOLD_S, or when too much is held."""
        try:
            await self._put(message)
        except StoreUnreachable:
            self._refused = True
            raise
        if self._refused:
            self._refused = False
            await self._announce_missed()

    async def _put(self, message: Message) -> None:
        give_up = time.monotonic() + limits.HOLD_S
        try:
            return await self._inbox.put(message)
        except StoreUnreachable:
            full = self._held_bytes + len(message.body) > limits.WAITING_BYTES_MAX
            if full or time.monotonic() >= give_up:
                raise
        metrics.EVENTS_HELD.inc()
        self._held_bytes += len(message.body)
        try:
            await self._try_again(message, give_up)
        finally:
            self._held_bytes -= len(message.body)

    async def _try_again(self, message: Message, give_up: float) -> None:
        while True:
            await asyncio.sleep(limits.HOLD_RETRY_S - time.monotonic() % limits.HOLD_RETRY_S)
            try:
                return await self._inbox.put(message)
            except StoreUnreachable:
                if time.monotonic() >= give_up:
                    raise
