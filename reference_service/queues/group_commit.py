"""Group commit: requests that arrive together share one transaction. Each is answered only after the commit.

One commit is in progress at a time. Two at a time were measured at 1,300 webhooks a second, in four runs of each on two
cores: the median acknowledgement took 4.5 instead of 5.1 ms, but the 99th percentile 14 to 29 instead of 13 to 16 ms.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import structlog

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.logs import reason_of
from stockstorm.reference_service.queues.base import InboxFull, Message
from stockstorm.reference_service.storage.database import StoreUnavailable

Store = Callable[[Sequence[Message]], Awaitable[int]]
log = structlog.get_logger()


class GroupCommit:
    """Stores messages in batches. `put` returns only while `run` is running."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[tuple[Message, asyncio.Future[None]]] = deque()
        self._bytes = 0
        self._arrived = asyncio.Event()

    async def put(self, message: Message) -> None:
        """Returns once the message is durable. Raises InboxFull at once, or StoreUnavailable if the commit failed."""
        if len(self._waiting) >= limits.WAITING_EVENTS_MAX or self._bytes >= limits.WAITING_BYTES_MAX:
            raise InboxFull
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, future))
        self._bytes += len(message.body)
        self._arrived.set()
        await future

    async def run(self) -> None:
        """Commits batches until cancelled: at once when idle, at COMMIT_PACE_S when busy."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                started = time.monotonic()
                await self._commit(self._take())
                await asyncio.sleep(max(0.0, started + limits.COMMIT_PACE_S - time.monotonic()))

    async def drain(self) -> None:
        """Commits all waiting messages, for a clean shutdown."""
        while self._waiting:
            await self._commit(self._take())

    def _take(self) -> list[tuple[Message, asyncio.Future[None]]]:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), limits.COMMIT_EVENTS_MAX))]
        self._bytes -= sum(len(message.body) for message, _ in batch)
        return batch

    async def _commit(self, batch: list[tuple[Message, asyncio.Future[None]]]) -> None:
        distinct = {message.identity: message for message, _ in reversed(batch)}
        # The failure if the commit ends in another way, for example by cancellation.
        failure: StoreUnavailable | None = StoreUnavailable("the receiver stopped during the commit")
        started = time.monotonic()
        try:
            fresh = await self._store(list(reversed(distinct.values())))
            failure = None
            metrics.EVENTS_REPEATED.inc(max(0, len(batch) - fresh))
        except StoreUnavailable as error:
            failure = error
            log.warning("commit_failed", events=len(batch), reason=reason_of(error))
        except Exception as error:  # noqa: BLE001 - these requests are refused and repeated; later ones go on
            failure = StoreUnavailable(reason_of(error))
            log.error("commit_broken", events=len(batch), reason=reason_of(error))
        finally:
            metrics.COMMIT_SECONDS.observe(time.monotonic() - started)
            metrics.COMMIT_EVENTS.observe(len(batch))
            _answer(batch, failure)


def _answer(batch: list[tuple[Message, asyncio.Future[None]]], failure: StoreUnavailable | None) -> None:
    for _, future in batch:
        if future.done():
            continue
        if failure is None:
            future.set_result(None)
        else:
            future.set_exception(failure)
