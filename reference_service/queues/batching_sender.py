"""Sends messages of many requests to a broker in shared calls, several of them at a time.

Each request gets the result of its own entry. An idle sender sends at once. While a call is in progress, further
messages wait a few milliseconds for each other, because a call costs the same for one entry and for ten.
"""

import asyncio
import time
from collections import deque
from typing import Any

import structlog

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.logs import reason_of
from stockstorm.reference_service.queues.base import InboxFull, Message
from stockstorm.reference_service.queues.broker import Broker, BrokerGone, Wrapped
from stockstorm.reference_service.storage.database import StoreUnavailable, StoreUnreachable

log = structlog.get_logger()
Waiting = tuple[Wrapped, "asyncio.Future[StoreUnavailable | None]"]


class BatchingSender:
    """The receiver's inbox in front of a broker."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._waiting: deque[Waiting] = deque()
        self._waiting_bytes = 0
        self._calls: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def put(self, message: Message) -> None:
        """Returns once the broker has the message. Raises InboxFull at once, or StoreUnavailable if it was refused."""
        if len(self._waiting) >= limits.WAITING_EVENTS_MAX or self._waiting_bytes >= limits.WAITING_BYTES_MAX:
            raise InboxFull
        try:
            wrapped = self._broker.wrap(message)
        except ValueError as error:
            raise StoreUnavailable(str(error)) from error
        answer: asyncio.Future[StoreUnavailable | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((wrapped, answer))
        self._waiting_bytes += wrapped.size_bytes
        self._schedule()
        if failure := await answer:
            raise failure

    async def run(self) -> None:
        """Waits until cancelled: `put` starts the calls."""
        await asyncio.get_running_loop().create_future()

    async def drain(self) -> None:
        """Sends all waiting messages and waits for the calls in progress."""
        while self._waiting or self._calls:
            self._dispatch()
            await asyncio.gather(*self._calls)

    def _schedule(self) -> None:
        """Sends now if no call is in progress or a call is full, otherwise after COMMIT_PACE_S."""
        if not self._waiting:
            return
        bounds = self._broker.send_limits
        if not self._calls or len(self._waiting) >= bounds.entries_max or self._waiting_bytes >= bounds.bytes_max:
            self._dispatch()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(limits.COMMIT_PACE_S, self._dispatch)

    def _dispatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting and len(self._calls) < self._broker.send_limits.calls_max:
            call = asyncio.create_task(self._call(self._next_batch()))
            self._calls.add(call)
            call.add_done_callback(self._ended)

    def _ended(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        self._schedule()

    def _next_batch(self) -> list[Waiting]:
        bounds, size_bytes = self._broker.send_limits, 0
        batch: list[Waiting] = []
        while self._waiting and len(batch) < bounds.entries_max:
            size_bytes += self._waiting[0][0].size_bytes
            if batch and size_bytes > bounds.bytes_max:
                break
            batch.append(self._waiting.popleft())
            self._waiting_bytes -= batch[-1][0].size_bytes
        return batch

    async def _call(self, batch: list[Waiting]) -> None:
        entries: list[Any] = [wrapped.entry for wrapped, _ in batch]
        started, kind = time.monotonic(), StoreUnavailable
        try:
            async with asyncio.timeout(limits.STORE_TIMEOUT_S):
                reasons = list(await self._broker.send(entries))
        except (BrokerGone, TimeoutError) as error:
            kind = StoreUnreachable
            reasons = [str(error) or "the broker did not answer in time"] * len(batch)
        except Exception as error:  # noqa: BLE001 - the requests need an answer in any case
            reasons = [reason_of(error)] * len(batch)
        metrics.COMMIT_SECONDS.observe(time.monotonic() - started)
        metrics.COMMIT_EVENTS.observe(len(batch))
        if any(reasons):
            log.warning("send_failed", events=sum(map(bool, reasons)), reason=next(filter(None, reasons)))
        for (_, answer), reason in zip(batch, reasons, strict=True):
            if not answer.done():
                answer.set_result(kind(reason) if reason else None)
