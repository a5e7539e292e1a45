"""Group commit towards a bus: what waits goes out in one call, and each delivery is answered by its own entry's result.

Nothing is delayed to fill a batch: a free call leaves at once with what is there.
"""

import asyncio
from collections import deque
from typing import Any, Final

from stockstorm.loadtests.bus_publisher.base import Bus, NotAccepted, Wrapped

WAITING_MAX: Final = 20_000
WAITING_MAX_BYTES: Final = 256 * 1024**2


class Batcher:
    """Puts deliveries on a bus. `calls` and `entries` count what was sent, for the curious."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._waiting: deque[tuple[Wrapped, asyncio.Future[str]]] = deque()
        self._waiting_bytes = 0
        self._under_way: set[asyncio.Task[None]] = set()
        self.calls = self.entries = 0

    async def put(self, wrapped: Wrapped) -> None:
        """Returns when the bus has accepted it. Raises NotAccepted."""
        if len(self._waiting) >= WAITING_MAX or self._waiting_bytes + wrapped.size_bytes > WAITING_MAX_BYTES:
            raise NotAccepted(503, "too many deliveries wait for the bus")
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.append((wrapped, answer))
        self._waiting_bytes += wrapped.size_bytes
        if len(self._under_way) < self._bus.limits.calls_max:
            task = asyncio.create_task(self._send_all())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        if reason := await answer:
            raise NotAccepted(502, reason)

    async def close(self) -> None:
        """Waits for the calls under way, then ends the bus's connections."""
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._bus.close()

    async def _send_all(self) -> None:
        while self._waiting:
            batch = self._next_batch()
            entries: list[Any] = [wrapped.entry for wrapped, _ in batch]
            self.calls, self.entries = self.calls + 1, self.entries + len(entries)
            try:
                reasons = await self._bus.publish(entries)
            except Exception as error:  # noqa: BLE001 - handed to each that waits, whatever it is
                for _, answer in batch:
                    answer.set_exception(error)
                continue
            for (_, answer), reason in zip(batch, reasons, strict=True):
                answer.set_result(reason)

    def _next_batch(self) -> list[tuple[Wrapped, asyncio.Future[str]]]:
        """At least one, even when that one alone is over the limit: the bus shall say so itself."""
        limits, size_bytes = self._bus.limits, 0
        batch: list[tuple[Wrapped, asyncio.Future[str]]] = []
        while self._waiting and len(batch) < limits.entries_max:
            size_bytes += self._waiting[0][0].size_bytes
            if batch and size_bytes > limits.bytes_max:
                break
            batch.append(self._waiting.popleft())
            self._waiting_bytes -= batch[-1][0].size_bytes
        return batch
