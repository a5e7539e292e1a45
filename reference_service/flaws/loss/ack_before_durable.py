"""The sender gets its 200 while the event is only in memory. A crash loses it."""

import asyncio

import structlog
from msgspec.structs import replace

from stockstorm.reference_service import limits
from stockstorm.reference_service.flaws.deciding import without_missed
from stockstorm.reference_service.queues.base import InboxFull, Message
from stockstorm.reference_service.queues.group_commit import Store
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.storage.database import StoreUnavailable

HOLD_S = 1.5
log = structlog.get_logger()


class HoldInMemory:
    """Accepts messages at once and stores them after `hold_s` seconds."""

    def __init__(self, store: Store, hold_s: float = HOLD_S) -> None:
        self._store = store
        self._hold_s = hold_s
        self._in_memory: list[Message] = []

    async def put(self, message: Message) -> None:
        """Returns at once. Raises InboxFull if too many messages are in memory."""
        if len(self._in_memory) >= limits.WAITING_EVENTS_MAX:
            raise InboxFull
        self._in_memory.append(message)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._hold_s)
            await self.drain()

    async def drain(self) -> None:
        count = len(self._in_memory)  # messages that arrive meanwhile wait for the next drain
        for start in range(0, count, limits.COMMIT_EVENTS_MAX):
            taken = min(limits.COMMIT_EVENTS_MAX, count - start)
            part = {message.identity: message for message in self._in_memory[:taken]}
            del self._in_memory[:taken]
            try:
                await self._store(list(part.values()))
            except StoreUnavailable as error:
                log.warning("commit_failed", events=len(part), reason=str(error))


def compose(seams: Seams) -> Seams:
    """The answer does not wait for the commit."""
    return replace(seams, make_inbox=HoldInMemory, wrap_feeds=without_missed)
