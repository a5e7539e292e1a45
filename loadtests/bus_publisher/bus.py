"""A delivery on its way to an event bus: the `Bus` interface, and the batcher that groups concurrent deliveries.

Each call to the bus takes what waits at that moment. Nothing is delayed to fill a batch. Each delivery gets the result
of its own entry.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

WAITING_MAX: Final = 20_000
WAITING_MAX_BYTES: Final = 256 * 1024**2
# Shopify writes these on a bus as here, whatever their case on the way to us.
SPELLING: Final = {
    name.lower(): name
    for name in (
        "X-Shopify-Topic",
        "X-Shopify-Hmac-SHA256",
        "X-Shopify-Shop-Domain",
        "X-Shopify-API-Version",
        "X-Shopify-Webhook-Id",
        "X-Shopify-Event-Id",
        "X-Shopify-Triggered-At",
        "X-Shopify-Name",
        "X-Shopify-Order-Id",
        "X-Shopify-Product-Id",
        "X-Shopify-Test",
    )
}


class Delivery(msgspec.Struct, frozen=True):
    """A posted webhook: its body, and its X-Shopify-* or X-Marketplace-* headers by lower-case name."""

    body: bytes
    headers: Mapping[str, str]


class Wrapped(msgspec.Struct, frozen=True):
    """A delivery in the format of its bus."""

    entry: Any
    size_bytes: int


class BatchLimits(msgspec.Struct, frozen=True):
    """Limits of one call to the bus, and the number of concurrent calls."""

    entries_max: int
    bytes_max: int
    calls_max: int


class NotAccepted(Exception):
    """The bus did not accept the delivery. `status` is the HTTP status of the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Bus(Protocol):
    """An event bus of a cloud."""

    limits: BatchLimits

    def wrap(self, delivery: Delivery) -> Wrapped:
        """Adds Shopify's envelope. Raises NotAccepted (400) for a body that the bus cannot carry."""

    async def publish(self, batch: Sequence[Any]) -> Sequence[str]:
        """One call. Per entry "" or why the bus refused it. Raises NotAccepted if the whole call failed."""

    async def close(self) -> None:
        """Closes its connections."""


def bus_attributes(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers in Shopify's spelling on a bus: Pub/Sub's attributes, and part of EventBridge's metadata."""
    return {SPELLING.get(name, name.title()): value for name, value in headers.items()}


class Batcher:
    """Puts deliveries on a bus. `calls` and `entries` count what was sent."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._waiting: deque[tuple[Wrapped, asyncio.Future[str]]] = deque()
        self._waiting_bytes = 0
        self._in_flight: set[asyncio.Task[None]] = set()
        self.calls = self.entries = 0

    async def put(self, wrapped: Wrapped) -> None:
        """Returns when the bus has accepted it. Raises NotAccepted."""
        if len(self._waiting) >= WAITING_MAX or self._waiting_bytes + wrapped.size_bytes > WAITING_MAX_BYTES:
            raise NotAccepted(503, "too many deliveries wait for the bus")
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.append((wrapped, answer))
        self._waiting_bytes += wrapped.size_bytes
        if len(self._in_flight) < self._bus.limits.calls_max:
            task = asyncio.create_task(self._send_all())
            self._in_flight.add(task)
            task.add_done_callback(self._in_flight.discard)
        if reason := await answer:
            raise NotAccepted(502, reason)

    async def close(self) -> None:
        """Waits for calls in flight, then closes the bus's connections."""
        await asyncio.gather(*self._in_flight, return_exceptions=True)
        await self._bus.close()

    async def _send_all(self) -> None:
        while self._waiting:
            batch = self._next_batch()
            entries: list[Any] = [wrapped.entry for wrapped, _ in batch]
            self.calls, self.entries = self.calls + 1, self.entries + len(entries)
            try:
                reasons = await self._bus.publish(entries)
            except Exception as error:  # noqa: BLE001 - raised for each delivery of the batch
                for _, answer in batch:
                    answer.set_exception(error)
                continue
            for (_, answer), reason in zip(batch, reasons, strict=True):
                answer.set_result(reason)

    def _next_batch(self) -> list[tuple[Wrapped, asyncio.Future[str]]]:
        """At least one entry, even if it alone exceeds the limit: then the bus refuses it."""
        limits, size_bytes = self._bus.limits, 0
        batch: list[tuple[Wrapped, asyncio.Future[str]]] = []
        while self._waiting and len(batch) < limits.entries_max:
            size_bytes += self._waiting[0][0].size_bytes
            if batch and size_bytes > limits.bytes_max:
                break
            batch.append(self._waiting.popleft())
            self._waiting_bytes -= batch[-1][0].size_bytes
        return batch
