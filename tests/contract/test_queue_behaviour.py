"""One behaviour suite over every queue of the reference service."""

import asyncio
import contextlib
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.handlers import WorkResult
from stockstorm.reference_service.handlers.work_loop import WorkLoop
from stockstorm.reference_service.queues.base import (
    DeadLetter,
    Message,
    Retry,
    Settled,
    State,
)
from stockstorm.reference_service.storage.database import StoreUnavailable
from tests.contract.reference_queues import (
    OpenQueue,
    eventually,
    fresh,
    fresh_database,
    json_of,
    messages,
    opened,
    tell_sdks,
)
from tests.contract.reference_queues import emulator as emulator_of

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as server:
        yield server


@pytest.fixture(scope="module", params=["postgres", "sqs", "pubsub"])
def emulator(request: pytest.FixtureRequest) -> Iterator[Any]:
    """One more word for each new implementation."""
    with emulator_of(request.param) as backing:
        yield backing


@pytest.fixture
def open_queue(emulator: Any, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> OpenQueue:
    """Opens an empty queue; again the same one, if asked a second time."""
    tell_sdks(emulator, monkeypatch)
    backing, url = fresh(emulator), fresh_database(postgres)
    return lambda: opened(url, backing)


@pytest.mark.asyncio
async def test_what_was_put_is_claimed_with_everything_that_came_along(open_queue: OpenQueue) -> None:
    async with open_queue() as held:
        assert await held.queue.put(messages("a", "b", "c")) == 3
        found = [(e.body, e.source, e.topic, e.triggered_ns, e.attempts) for e in await held.work_off(3)]
        assert found == [(json_of(name), "shopify", "a/topic", 7, 0) for name in "abc"]


@pytest.mark.asyncio
async def test_a_claim_is_no_larger_than_asked_for(open_queue: OpenQueue) -> None:
    async with open_queue() as held:
        await held.queue.put(messages("a", "b", "c"))
        await held.bodies(3)
        async with held.queue.claim(WorkType.STOCK, 2) as claim:
            assert len(claim.entries) == 2


@pytest.mark.asyncio
async def test_a_webhook_id_is_taken_once_for_each_source(open_queue: OpenQueue) -> None:
    async with open_queue() as held:
        await held.queue.put(messages("a"))
        await held.queue.put(messages("a", "b"))
        await held.queue.put([Message(WorkType.STOCK, "bazaar", "a", "t", None, 1, b'{"other": 1}')])
        found = [entry.body for entry in await held.work_off(3)]
        assert found == [json_of("a"), json_of("b"), b'{"other": 1}']


@pytest.mark.asyncio
async def test_a_settled_webhook_is_still_known(open_queue: OpenQueue) -> None:
    async with open_queue() as held:
        await held.queue.put(messages("a"))
        await held.work_off(1)
        await held.queue.put(messages("a", "b"))
        assert [entry.body for entry in await held.work_off(1)] == [json_of("b")]
        rows = await held.pool.fetch("SELECT webhook_id, state, times FROM inbox ORDER BY webhook_id")
        assert [tuple(row) for row in rows] == [("a", State.APPLIED, 1), ("b", State.APPLIED, 1)]


@pytest.mark.asyncio
async def test_lanes_do_not_see_each_other_and_the_ignored_are_only_noted(open_queue: OpenQueue) -> None:
    async with open_queue() as held:
        await held.queue.put(
            messages("a") + messages("b", work_type=WorkType.SHOP) + messages("c", work_type=WorkType.IGNORED)
        )
        assert [entry.body for entry in await held.work_off(1)] == [json_of("a")]
        assert [entry.body for entry in await held.work_off(1, WorkType.SHOP)] == [json_of("b")]
        assert await held.work_off(0, WorkType.IGNORED) == []
        assert await held.pool.fetchval("SELECT state FROM inbox WHERE webhook_id = 'c'") == State.IGNORED


@pytest.mark.asyncio
async def test_a_claim_is_not_seen_by_another_and_comes_back_when_it_fails(open_queue: OpenQueue) -> None:
    async with open_queue() as held:
        await held.queue.put(messages("a", "b"))
        both = await held.bodies(2)
        with contextlib.suppress(LookupError):
            async with held.queue.claim(WorkType.STOCK, 1) as claim:
                await claim.settle([Settled(claim.entries[0], State.APPLIED)])
                assert await held.claimable() == [body for body in both if body != claim.entries[0].body]
                raise LookupError
        assert await held.bodies(2) == both


@pytest.mark.asyncio
async def test_what_a_claim_does_not_settle_comes_back(open_queue: OpenQueue) -> None:
    async with open_queue() as held:
        await held.queue.put(messages("a", "b"))
        await held.bodies(2)
        async with held.queue.claim(WorkType.STOCK, 2) as claim:
            left = claim.entries[1].body
            await claim.settle([Settled(claim.entries[0], State.APPLIED)])
        assert await held.bodies(1) == [left]


@pytest.mark.asyncio
async def test_a_retry_comes_back_after_its_delay_and_counts(open_queue: OpenQueue) -> None:
    async with open_queue() as held:
        await held.queue.put(messages("a", "b"))
        await held.bodies(2)
        async with held.queue.claim(WorkType.STOCK, 1) as claim:
            first = claim.entries[0].body
            await claim.settle([Retry(claim.entries[0], 0.3)])
        assert len(await held.bodies(1)) == 1
        await held.bodies(2)
        attempts = {entry.body: entry.attempts for entry in await held.work_off(2)}
        assert attempts == {json_of("a"): 0, json_of("b"): 0} | {first: 1}


@pytest.mark.asyncio
async def test_a_dead_letter_is_gone_from_the_lane_and_kept_with_its_reason(open_queue: OpenQueue) -> None:
    async with open_queue() as held:
        await held.queue.put(messages("a", "b"))
        await held.bodies(2)
        async with held.queue.claim(WorkType.STOCK, 9) as claim:
            dead = next(entry for entry in claim.entries if entry.body == json_of("a"))
            await claim.settle([DeadLetter(dead, "poison")])
        assert [entry.body for entry in await held.work_off(1)] == [json_of("b")]
        row = await held.pool.fetchrow("SELECT webhook_id, topic, attempts, reason, body FROM dead_letter")
        assert tuple(row) == ("a", "a/topic", 1, "poison", json_of("a"))


@pytest.mark.asyncio
async def test_a_new_message_wakes_its_lane_soon(open_queue: OpenQueue) -> None:
    async with open_queue() as held:
        waiting = asyncio.create_task(held.queue.wait(WorkType.STOCK, 20.0))
        await held.queue.put(messages("z", work_type=WorkType.SHOP))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        started = time.monotonic()
        await held.queue.put(messages("a"))
        await waiting
        assert time.monotonic() - started < 5.0


@pytest.mark.asyncio
async def test_a_poison_event_takes_nobody_along_and_dies_after_its_attempts(open_queue: OpenQueue) -> None:
    class Work:
        """Cannot stand one body."""

        async def apply(self, connection: Any, entries: Any) -> WorkResult:
            if any(entry.body == json_of("poison") for entry in entries):
                raise ZeroDivisionError
            return WorkResult([Settled(entry, State.APPLIED) for entry in entries])

    class NoWait(random.Random):
        def uniform(self, a: float, b: float) -> float:
            return a

    results: list[WorkResult] = []
    async with open_queue() as held:
        await held.queue.put(messages("a", "poison", "b"))
        worker = WorkLoop(WorkType.STOCK, held.queue, Work(), results.append, NoWait())

        async def is_dead() -> bool:
            await worker.work_once()
            return bool(await held.pool.fetchval("SELECT count(*) FROM dead_letter"))

        assert await eventually(is_dead)
        assert [entry.attempts for result in results for entry, _ in result.failed] == list(range(8))
        assert await worker.work_once() == 0
        rows = await held.pool.fetch("SELECT webhook_id, state FROM inbox")
        assert dict(map(tuple, rows)) == {"a": 1, "b": 1, "poison": State.DEAD_LETTERED}
        assert "ZeroDivisionError" in await held.pool.fetchval("SELECT reason FROM dead_letter")


@pytest.mark.asyncio
async def test_a_store_that_is_not_to_be_reached_says_so(open_queue: OpenQueue) -> None:
    async with open_queue() as held:
        await held.queue.put(messages("a"))
    with pytest.raises(StoreUnavailable):
        await held.queue.put(messages("b"))
    with pytest.raises(StoreUnavailable):
        await held.claimable()
