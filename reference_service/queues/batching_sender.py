"""Sends to a broker for many requests at once: what waits goes out in one call, several calls are under way.

Each request is answered by its own entry's result. An idle sender sends at once; while a call is under way the others
gather for a few milliseconds, since a call costs the same for one entry and for ten.
"""

import asyncio
import time
from collections import deque
from typing import Any

import structlog

from stockstorm.reference_service import limits
from stockstorm.reference_service.queues.base import (
    Message,
)
from stockstorm.reference_service.queues.broker import Broker, BrokerGone, Wrapped
from stockstorm.reference_service.queues.group_commit import InboxFull
from stockstorm.reference_service.storage.database import StoreUnavailable
from stockstorm.reference_service.telemetry import metrics
from stockstorm.reference_service.telemetry.logs import reason_of

log = structlog.get_logger()
Waiting = tuple[Wrapped, "asyncio.Future[str]"]


class BatchingSender:
    """The receiver's inbox over a broker."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._waiting: deque[Waiting] = deque()
        self._waiting_bytes = 0
        self._calls: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def put(self, message: Message) -> None:
        """Returns once the broker has the message; InboxFull at once, or StoreUnavailable when it was not taken."""
        if len(self._waiting) >= limits.WAITING_EVENTS_MAX or self._waiting_bytes >= limits.WAITING_BYTES_MAX:
            raise InboxFull
        try:
            wrapped = self._broker.wrap(message)
        except ValueError as error:
            raise StoreUnavailable(str(error)) from error
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.append((wrapped, answer))
        self._waiting_bytes += wrapped.size_bytes
        self._arrange()
        if reason := await answer:
            raise StoreUnavailable(reason)

    async def run(self) -> None:
        """Calls are made as messages come; there is nothing to do besides."""
        await asyncio.get_running_loop().create_future()

    async def drain(self) -> None:
        """Sends what waits and awaits the calls under way."""
        while self._waiting or self._calls:
            self._dispatch()
            await asyncio.gather(*self._calls)

    def _arrange(self) -> None:
        """Sends now if nothing is under way or a call is full; else soon."""
        if not self._waiting:
            return
        most = self._broker.send_limits
        if not self._calls or len(self._waiting) >= most.entries_max or self._waiting_bytes >= most.bytes_max:
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
        self._arrange()

    def _next_batch(self) -> list[Waiting]:
        most, size_bytes = self._broker.send_limits, 0
        batch: list[Waiting] = []
        while self._waiting and len(batch) < most.entries_max:
            size_bytes += self._waiting[0][0].size_bytes
            if batch and size_bytes > most.bytes_max:
                break
            batch.append(self._waiting.popleft())
            self._waiting_bytes -= batch[-1][0].size_bytes
        return batch

    async def _call(self, batch: list[Waiting]) -> None:
        entries: list[Any] = [wrapped.entry for wrapped, _ in batch]
        started = time.monotonic()
        try:
            async with asyncio.timeout(limits.STORE_TIMEOUT_S):
                reasons = list(await self._broker.send(entries))
        except (BrokerGone, TimeoutError) as error:
            reasons = [str(error) or "the broker did not answer in time"] * len(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, requests wait for an answer
            reasons = [reason_of(error)] * len(batch)
        metrics.COMMIT_SECONDS.observe(time.monotonic() - started)
        metrics.COMMIT_EVENTS.observe(len(batch))
        if any(reasons):
            log.warning("send_failed", events=sum(map(bool, reasons)), reason=next(filter(None, reasons)))
        for (_, answer), reason in zip(batch, reasons, strict=True):
            if not answer.done():
                answer.set_result(reason)
