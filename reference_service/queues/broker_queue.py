"""A queue over a cloud broker. PostgreSQL makes its effects exactly-once: the webhook id commits with the effect.

The broker delivers at least once. A claim's transaction inserts the inbox rows of its messages; a message that is
already settled there is only deleted at the broker. Effects, inbox rows and settlement commit together, and the broker
is called afterwards. If the worker dies in between, the leases end, the messages come again, and the next worker finds
their ids and deletes them. Leases are short, so that a killed worker's messages come back soon, and are renewed.

A failed message is released with a delay; the broker counts deliveries. At the last delivery that its redrive policy
allows, and for a message that can never be applied, the reason is recorded in `dead_letter`. The message is released
until the broker dead-letters it. From there it can be sent again once the cause is repaired.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import structlog

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.clients.backoff import backoff_s
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.logs import REASON_CHARS_MAX, reason_of
from stockstorm.reference_service.queues.base import Claim, Message, Unreadable, decode_message
from stockstorm.reference_service.queues.batching_sender import BatchingSender
from stockstorm.reference_service.queues.broker import Broker, BrokerGone, Received
from stockstorm.reference_service.queues.broker_claim import BrokerClaim, open_claim
from stockstorm.reference_service.queues.prefetch_buffer import Leases, PrefetchBuffer, Prefetched
from stockstorm.reference_service.settings import BadSettings
from stockstorm.reference_service.storage.database import STORE_GONE, Connection, Pool, StoreUnavailable

log = structlog.get_logger()
Read = Callable[[Received], Message | None]


class BrokerQueue:
    """Queue over a broker. `read` makes a message of a delivery; None: the delivery is not for this service.

    Messages for which `is_incomplete` is true wait until their body was fetched: see `next_incomplete`.
    """

    def __init__(
        self, pool: Pool, broker: Broker, read: Read, *, is_incomplete: Callable[[Message], bool] = lambda _: False
    ) -> None:
        self._pool = pool
        self._broker = broker
        self._read = read
        self._is_incomplete = is_incomplete
        self._sender = BatchingSender(broker)
        self._buffer = PrefetchBuffer()
        self._leases = Leases()
        self._incomplete: asyncio.Queue[Prefetched] = asyncio.Queue()
        self._settlements: set[asyncio.Task[None]] = set()
        self._closed = False

    async def put(self, messages: Sequence[Message]) -> int:
        """Counts all messages as new: only the worker can tell, by the inbox."""
        await asyncio.gather(*(self._sender.put(message) for message in messages))
        return len(messages)

    @asynccontextmanager
    async def claim(self, work_type: WorkType, limit: int) -> AsyncIterator[Claim]:
        if self._closed:
            raise StoreUnavailable("the queue is closed")
        taken = self._take(work_type, limit)
        if not taken:
            yield BrokerClaim(cast(Connection, None), self._broker.deliveries_max)  # empty: nobody uses its connection
            return
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                claim = await open_claim(connection, taken, self._broker.deliveries_max)
                yield claim
        except STORE_GONE as error:
            self._buffer.put_back(taken)
            raise StoreUnavailable(reason_of(error)) from error
        except BaseException:
            self._buffer.put_back(taken)
            raise
        self._buffer.put_back(claim.unsettled)
        self._delete(claim.done)
        for delay_s, handles in claim.releases.items():
            self._release(handles, delay_s)

    async def wait(self, work_type: WorkType, timeout_s: float) -> None:
        await self._buffer.wait(work_type, timeout_s)

    async def watch(self) -> None:
        """Receives until cancelled. The buffer is kept for the next session of this process."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._receive())
            tasks.create_task(self._keep_leases())

    async def next_incomplete(self) -> Prefetched:
        """A message whose body has to be fetched. The caller passes it to `complete` or `give_back`."""
        return await self._incomplete.get()

    def complete(self, prefetched: Prefetched) -> None:
        """The message has its body now and can be claimed."""
        self._buffer.add(prefetched)

    def give_back(self, prefetched: Prefetched, delay_s: float) -> None:
        """Releases the message. It comes again after the delay, as a further delivery."""
        self._release(prefetched.handles, delay_s)

    async def close(self) -> None:
        """Finishes calls to the broker and releases all leases, within the time of a shutdown."""
        self._closed = True
        self._release(self._leases.all(), 0.0)
        if self._settlements:
            await asyncio.wait(self._settlements, timeout=limits.SHUTDOWN_S)

    def _take(self, work_type: WorkType, limit: int) -> list[Prefetched]:
        """The oldest messages of the work type, together with ignored ones."""
        if work_type is WorkType.IGNORED:
            return []
        return [*self._buffer.take(work_type, limit), *self._buffer.take(WorkType.IGNORED, limit)]

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(limits.LEASE_CHECK_S)
            if handles := self._leases.to_renew(time.monotonic()):
                self._leases.begin(handles, time.monotonic())
                self._start(self._broker.release(handles, limits.LEASE_S))

    async def _receive(self) -> None:
        rng, failures = random.Random(), 0
        while True:
            try:
                async for batch in self._broker.receive():
                    failures = 0
                    for received in batch:
                        self._accept(received)
                    await self._buffer.wait_for_room()
            except BrokerGone as error:
                failures += 1
                log.warning("receive_failed", attempt=failures, reason=str(error)[:REASON_CHARS_MAX])
                await asyncio.sleep(backoff_s(min(failures, limits.BROKER_BACKOFF_STEPS), rng))

    def _accept(self, received: Received) -> None:
        self._leases.begin([received.handle], time.monotonic())
        try:
            message = self._read(received)
        except Unreadable as error:
            metrics.EVENTS_UNREADABLE.inc()
            log.error("message_unreadable", message=received.message_id, reason=str(error)[:REASON_CHARS_MAX])
            self._release([received.handle], 0.0)  # until the broker dead-letters it
            return
        if message is None:
            self._delete([received.handle])
            return
        prefetched = Prefetched(message, [received.handle], received.receives)
        if self._is_incomplete(message):
            self._incomplete.put_nowait(prefetched)
        else:
            self._buffer.add(prefetched)

    def _delete(self, handles: Sequence[str]) -> None:
        if handles:
            self._leases.end(handles)
            self._start(self._broker.delete(handles))

    def _release(self, handles: Sequence[str], delay_s: float) -> None:
        if handles:
            self._leases.end(handles)
            self._start(self._broker.release(handles, delay_s))

    def _start(self, call: Coroutine[Any, Any, None]) -> None:
        """Calls the broker in the background. If the call fails, the messages come again and are recognised."""
        task = asyncio.create_task(_log_failure(call))
        self._settlements.add(task)
        task.add_done_callback(self._settlements.discard)


async def _log_failure(call: Coroutine[Any, Any, None]) -> None:
    try:
        await call
    except BrokerGone as error:
        log.warning("settlement_failed", reason=str(error)[:REASON_CHARS_MAX])


@asynccontextmanager
async def open_broker_queue(
    pool: Pool, broker: Broker, read: Read, *, is_incomplete: Callable[[Message], bool] = lambda _: False
) -> AsyncIterator[BrokerQueue]:
    """The worker's queue; at the end its messages are released. Raises BadSettings if the queue cannot be used."""
    try:
        await broker.check()
    except BrokerGone as error:
        raise BadSettings(str(error)) from error
    queue = BrokerQueue(pool, broker, read, is_incomplete=is_incomplete)
    try:
        yield queue
    finally:
        await queue.close()


def read_own(received: Received) -> Message:
    """A message that this service's receiver sent. Raises Unreadable."""
    return decode_message(received.body)
