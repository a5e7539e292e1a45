"""One behaviour suite over every queue of the reference service."""

import asyncio
import contextlib
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from loadtests.backing.embedded import EmbeddedPostgres
from loadtests.backing.server import create_database, with_database
from reference_service.database import apply_schema, open_pool
from reference_service.lane_worker import LaneWorker
from reference_service.lanes import LaneResult
from reference_service.queues import DeadLetter, Message, Queue, Retry, Settled, State, StoreUnavailable
from reference_service.queues.postgres import PostgresQueue
from reference_service.topics import Lane

pytestmark = pytest.mark.e2e
OpenQueue = Callable[[], AbstractAsyncContextManager[Queue]]


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as server:
        yield server


@pytest.fixture(params=["postgres"])
def open_queue(request: pytest.FixtureRequest, postgres: EmbeddedPostgres) -> OpenQueue:
    """Opens an empty queue; one more line for each new implementation."""
    name = f"q{uuid.uuid4().hex}"
    create_database(postgres.url, name)

    @asynccontextmanager
    async def open_postgres() -> AsyncIterator[Queue]:
        async with open_pool(with_database(postgres.url, name), size=6) as pool:
            await apply_schema(pool)
            yield PostgresQueue(pool)

    return {"postgres": open_postgres}[request.param]


def messages(*names: str, lane: Lane = Lane.STOCK) -> list[Message]:
    return [Message(lane, "shopify", name, "a/topic", 7, 1, name.encode()) for name in names]


async def bodies(queue: Queue, lane: Lane = Lane.STOCK, limit: int = 100) -> list[bytes]:
    """What can be claimed now; all of it goes back."""
    try:
        async with queue.claim(lane, limit) as claim:
            found = [entry.body for entry in claim.entries]
            raise LookupError
    except LookupError:
        return found


@pytest.mark.asyncio
async def test_what_was_put_is_claimed_in_order_with_everything_that_came_along(open_queue: OpenQueue) -> None:
    async with open_queue() as queue:
        assert await queue.put(messages("a", "b", "c")) == 3
        async with queue.claim(Lane.STOCK, 2) as claim:
            assert [(e.body, e.source, e.topic, e.triggered_ns, e.attempts) for e in claim.entries] == [
                (b"a", "shopify", "a/topic", 7, 0),
                (b"b", "shopify", "a/topic", 7, 0),
            ]


@pytest.mark.asyncio
async def test_a_webhook_id_is_taken_once_for_each_source(open_queue: OpenQueue) -> None:
    async with open_queue() as queue:
        await queue.put(messages("a"))
        assert await queue.put(messages("a", "b")) == 1
        assert await queue.put([Message(Lane.STOCK, "bazaar", "a", "t", None, 1, b"other")]) == 1
        assert await bodies(queue) == [b"a", b"b", b"other"]


@pytest.mark.asyncio
async def test_a_settled_webhook_is_still_known(open_queue: OpenQueue) -> None:
    async with open_queue() as queue:
        await queue.put(messages("a"))
        async with queue.claim(Lane.STOCK, 9) as claim:
            await claim.settle([Settled(entry, State.APPLIED) for entry in claim.entries])
        assert await queue.put(messages("a")) == 0
        assert await bodies(queue) == []


@pytest.mark.asyncio
async def test_lanes_do_not_see_each_other_and_the_ignored_are_nowhere(open_queue: OpenQueue) -> None:
    async with open_queue() as queue:
        await queue.put(messages("a") + messages("b", lane=Lane.SHOP) + messages("c", lane=Lane.IGNORED))
        assert await bodies(queue) == [b"a"]
        assert await bodies(queue, Lane.SHOP) == [b"b"]
        assert await bodies(queue, Lane.IGNORED) == []


@pytest.mark.asyncio
async def test_a_claim_is_not_seen_by_another_and_comes_back_when_it_fails(open_queue: OpenQueue) -> None:
    async with open_queue() as queue:
        await queue.put(messages("a", "b"))
        with contextlib.suppress(LookupError):
            async with queue.claim(Lane.STOCK, 1) as claim:
                await claim.settle([Settled(claim.entries[0], State.APPLIED)])
                assert await bodies(queue) == [b"b"]
                raise LookupError
        assert await bodies(queue) == [b"a", b"b"]


@pytest.mark.asyncio
async def test_a_retry_comes_back_after_its_delay_and_counts(open_queue: OpenQueue) -> None:
    async with open_queue() as queue:
        await queue.put(messages("a", "b"))
        async with queue.claim(Lane.STOCK, 1) as claim:
            await claim.settle([Retry(claim.entries[0], 0.3)])
        assert await bodies(queue) == [b"b"]
        await asyncio.sleep(0.35)
        async with queue.claim(Lane.STOCK, 9) as claim:
            assert [(entry.body, entry.attempts) for entry in claim.entries] == [(b"a", 1), (b"b", 0)]


@pytest.mark.asyncio
async def test_a_dead_letter_is_gone_from_the_lane(open_queue: OpenQueue) -> None:
    async with open_queue() as queue:
        await queue.put(messages("a", "b"))
        async with queue.claim(Lane.STOCK, 9) as claim:
            await claim.settle([DeadLetter(claim.entries[0], "poison")])
        assert await bodies(queue) == [b"b"]


@pytest.mark.asyncio
async def test_a_new_message_wakes_its_lane_soon(open_queue: OpenQueue) -> None:
    async with open_queue() as queue:
        watching = asyncio.create_task(queue.watch())
        await asyncio.sleep(0.3)
        waiting = asyncio.create_task(queue.wait(Lane.STOCK, 20.0))
        await queue.put(messages("z", lane=Lane.SHOP))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        started = time.monotonic()
        await queue.put(messages("a"))
        await waiting
        watching.cancel()
        assert time.monotonic() - started < 5.0


@pytest.mark.asyncio
async def test_a_poison_event_takes_nobody_along_and_dies_after_its_attempts(open_queue: OpenQueue) -> None:
    class Work:
        """Cannot stand one body."""

        async def apply(self, connection: Any, entries: Any) -> LaneResult:
            if any(entry.body == b"poison" for entry in entries):
                raise ZeroDivisionError
            return LaneResult([Settled(entry, State.APPLIED) for entry in entries])

    class NoWait(random.Random):
        def uniform(self, a: float, b: float) -> float:
            return a

    results: list[LaneResult] = []
    async with open_queue() as queue:
        await queue.put(messages("a", "poison", "b"))
        worker = LaneWorker(Lane.STOCK, queue, Work(), results.append, NoWait())
        counts = [await worker.work_once() for _ in range(9)]
        assert counts == [3, 1, 1, 1, 1, 1, 1, 1, 0]
        assert [entry.attempts for result in results for entry, _ in result.failed] == list(range(8))


@pytest.mark.asyncio
async def test_a_store_that_is_not_to_be_reached_says_so(open_queue: OpenQueue) -> None:
    async with open_queue() as queue:
        await queue.put(messages("a"))
    with pytest.raises(StoreUnavailable):
        await queue.put(messages("b"))
    with pytest.raises(StoreUnavailable):
        await bodies(queue)
