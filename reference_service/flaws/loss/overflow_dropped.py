"""The buffer in front of the queue holds 20 events and drops what comes while it is full, with a 200."""

import time

from msgspec.structs import replace

from stockstorm.reference_service.flaws.deciding import without_missed
from stockstorm.reference_service.ingress.endpoint import TakesMessages
from stockstorm.reference_service.queues.base import Message
from stockstorm.reference_service.seams import Seams

HOLDS = 20
TAKEN_PER_S = 60.0  # by what empties the buffer


class _Bounded:
    def __init__(self, inbox: TakesMessages) -> None:
        self._inbox = inbox
        self._held = 0.0
        self._at_s = time.monotonic()

    async def put(self, message: Message) -> None:
        now_s = time.monotonic()
        self._held = max(0.0, self._held - (now_s - self._at_s) * TAKEN_PER_S)
        self._at_s = now_s
        if self._held < HOLDS:
            self._held += 1
            await self._inbox.put(message)


def compose(seams: Seams) -> Seams:
    """What does not fit is acknowledged and dropped."""
    return replace(seams, wrap_endpoint=_Bounded, wrap_feeds=without_missed)
