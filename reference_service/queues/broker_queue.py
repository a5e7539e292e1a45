"""A queue over a cloud's broker, with the exactness of PostgreSQL: the unique webhook id is written with the effect.

The broker delivers at least once. A claim's transaction inserts the inbox rows of what it holds; what is settled there
already is only deleted at the broker. Effects, inbox rows and settlement commit together, and the broker is told
afterwards: when a worker dies in between, the messages come again as soon as their leases end, and the next one finds
their ids and deletes them. So several workers and repeated deliveries do no harm. Leases are short, so that what a
killed worker held is not away for long, and are renewed while messages are held.

What fails goes back with a delay and comes again; the broker counts. At the last delivery that its redrive policy
allows, and for what can never be applied, the reason is recorded in `dead_letter` and the message is released until
the broker moves it to its own dead-letter queue, from where it can be sent back once the cause is mended.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.backoff import backoff_s
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.queues.base import (
    Claim,
    Message,
    Unreadable,
)
from stockstorm.reference_service.queues.batching_sender import BatchingSender
from stockstorm.reference_service.queues.broker import Broker, BrokerGone, Received
from stockstorm.reference_service.queues.broker_claim import BrokeredClaim, recognise
from stockstorm.reference_service.queues.prefetch_buffer import Holding, Leases, PrefetchBuffer
from stockstorm.reference_service.storage.database import STORE_GONE, StoreUnavailable
from stockstorm.reference_service.telemetry import metrics
from stockstorm.reference_service.telemetry.logs import reason_of

log = structlog.get_logger()
Read = Callable[[Received], Message | None]


class BrokerQueue:
    """Queue over a broker. `read` makes the message of what was received, or None for what is not meant for us.

    `is_incomplete` sets messages aside whose body has to be fetched first: see `next_incomplete`.
    """

    def __init__(
        self, pool: Any, broker: Broker, read: Read, *, is_incomplete: Callable[[Message], bool] = lambda _: False
    ) -> None:
        self._pool = pool
        self._broker = broker
        self._read = read
        self._is_incomplete = is_incomplete
        self._sending = BatchingSender(broker)
        self._holding = Holding()
        self._leases = Leases()
        self._incomplete: asyncio.Queue[PrefetchBuffer] = asyncio.Queue()
        self._telling: set[asyncio.Task[None]] = set()
        self._closed = False

    async def put(self, messages: Sequence[Message]) -> int:
        """All of them count as new: only the worker, by the inbox, knows which are."""
        await asyncio.gather(*(self._sending.put(message) for message in messages))
        return len(messages)

    @asynccontextmanager
    async def claim(self, work_type: WorkType, limit: int) -> AsyncIterator[Claim]:
        if self._closed:
            raise StoreUnavailable("the queue is closed")
        holding = self._holding
        helds = (
            []
            if work_type is WorkType.IGNORED
            else [*holding.take(work_type, limit), *holding.take(WorkType.IGNORED, limit)]
        )
        if not helds:
            yield BrokeredClaim(None, self._broker.deliveries_max)
            return
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                claim = await recognise(connection, helds, self._broker.deliveries_max)
                yield claim
        except STORE_GONE as error:
            holding.put_back(helds)
            raise StoreUnavailable(reason_of(error)) from error
        except BaseException:
            holding.put_back(helds)
            raise
        holding.put_back(claim.unsettled)
        self._delete(claim.done)
        for delay_s, handles in claim.releases.items():
            self._release(handles, delay_s)

    async def wait(self, work_type: WorkType, timeout_s: float) -> None:
        await self._holding.wait(work_type, timeout_s)

    async def watch(self) -> None:
        """Receives until cancelled. What is held then stays held for the next session of this process."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._receive())
            tasks.create_task(self._keep_leases())

    async def next_incomplete(self) -> PrefetchBuffer:
        """A message whose body has to be fetched; to be given to `complete` or `give_back`."""
        return await self._incomplete.get()

    def complete(self, held: PrefetchBuffer) -> None:
        """It has its body now and can be claimed."""
        self._holding.add(held)

    def give_back(self, held: PrefetchBuffer, delay_s: float) -> None:
        """It comes again after the delay, as a further delivery."""
        self._release(held.handles, delay_s)

    async def close(self) -> None:
        """Tells the broker what it was not told yet, and releases what is held, within the time of a shutdown."""
        self._closed = True
        self._release(self._leases.all(), 0.0)
        if self._telling:
            await asyncio.wait(self._telling, timeout=limits.SHUTDOWN_S)

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(limits.LEASE_CHECK_S)
            if handles := self._leases.to_renew(time.monotonic()):
                self._leases.begin(handles, time.monotonic())
                self._tell(self._broker.release(handles, limits.LEASE_S))

    async def _receive(self) -> None:
        dice, failures = random.Random(), 0
        while True:
            try:
                async for batch in self._broker.receive():
                    failures = 0
                    for received in batch:
                        self._take_in(received)
                    await self._holding.until_room()
            except BrokerGone as error:
                failures += 1
                log.warning("receive_failed", attempt=failures, reason=str(error)[:300])
                await asyncio.sleep(backoff_s(min(failures, limits.BROKER_BACKOFF_STEPS), dice))

    def _take_in(self, received: Received) -> None:
        self._leases.begin([received.handle], time.monotonic())
        try:
            message = self._read(received)
        except Unreadable as error:
            metrics.EVENTS_UNREADABLE.inc()
            log.error("message_unreadable", message=received.message_id, reason=str(error)[:300])
            self._release([received.handle], 0.0)  # until the broker buries it
            return
        if message is None:
            self._delete([received.handle])
            return
        held = PrefetchBuffer(message, [received.handle], received.receives)
        if self._is_incomplete(message):
            self._incomplete.put_nowait(held)
        else:
            self._holding.add(held)

    def _delete(self, handles: Sequence[str]) -> None:
        if handles:
            self._leases.end(handles)
            self._tell(self._broker.delete(handles))

    def _release(self, handles: Sequence[str], delay_s: float) -> None:
        if handles:
            self._leases.end(handles)
            self._tell(self._broker.release(handles, delay_s))

    def _tell(self, call: Coroutine[Any, Any, None]) -> None:
        """Tells the broker without keeping anybody waiting: if it fails, messages come again and are recognised."""
        task = asyncio.create_task(_quietly(call))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)


async def _quietly(call: Coroutine[Any, Any, None]) -> None:
    try:
        await call
    except BrokerGone as error:
        log.warning("settlement_failed", reason=str(error)[:300])
