"""Polls the orders of marketplaces that notify nobody: sales, cancellations and returns, after a cursor.

Which these are is known when they refuse the registration of an address.
"""

import asyncio

from stockstorm.reference_service import metrics
from stockstorm.reference_service.feeds.polling import order_loop
from stockstorm.reference_service.wiring import Parts


class UnannouncedOrders:
    """A feed over the channels that were added to it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._added: asyncio.Queue[str] = asyncio.Queue()

    def add(self, channel: str) -> None:
        """The channel notifies nobody."""
        metrics.CHANNELS_POLLED.labels(channel).set(1)
        self._added.put_nowait(channel)

    async def catch_up(self) -> None:
        """There is nothing to read before a channel was added."""

    async def run(self) -> None:
        """Polls every added channel until cancelled, each by a task of its own."""
        async with asyncio.TaskGroup() as polling:
            while True:
                channel = await self._added.get()
                polling.create_task(order_loop(self._parts, channel).run())
