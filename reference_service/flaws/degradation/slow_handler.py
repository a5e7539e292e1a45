"""Requests queue for a slow step in the handler, so acknowledgements are late under load."""

import asyncio

from msgspec.structs import replace

from stockstorm.reference_service import limits
from stockstorm.reference_service.ingress.endpoint import TakesMessages
from stockstorm.reference_service.queues.base import InboxFull, Message
from stockstorm.reference_service.seams import Seams

STEP_S = 0.15


class SlowHandler:
    """Every event waits in its request for a slow step, one request at a time."""

    def __init__(self, inbox: TakesMessages, step_s: float = STEP_S) -> None:
        self._inbox = inbox
        self._step_s = step_s
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def put(self, message: Message) -> None:
        """Returns after its turn. Raises InboxFull at once if too many requests wait."""
        if self._waiting >= limits.WAITING_EVENTS_MAX:
            raise InboxFull
        self._waiting += 1
        try:
            async with self._turn:
                await asyncio.sleep(self._step_s)
                await self._inbox.put(message)
        finally:
            self._waiting -= 1


def compose(seams: Seams) -> Seams:
    """The work is done before the answer."""
    return replace(seams, wrap_endpoint=SlowHandler)
