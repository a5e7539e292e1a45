"""One behaviour suite for every queue of the reference service."""

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
from stockstorm.reference_service.queues.base import DeadLetter, Message, Retry, Settled, State
from stockstorm.reference_service.storage.database import StoreUnavailable
from tests.contract.cloud_queues import empty_queue
from tests.contract.reference_queues import (
    RULES,
    OpenQueue,
    empty_database,
    eventually,
    json_of,
    messages,
    open_emulator,
    open_watched,
    set_sdk_environment,
)

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as server:
        yield server


@pytest.fixture(scope="module", params=["postgres", "sqs", "pubsub"])
def emulator(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Add a parameter here for each new queue."""
    with open_emulator(request.param) as backing:
        yield backing


@pytest.fixture
def open_queue(emulator: Any, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> OpenQueue:
    """A function that opens an empty queue. Every call opens the same one."""
    set_sdk_environment(emulator, monkeypatch)
    backing = empty_queue(emulator, RULES) if emulator else None
    url = empty_database(postgres)
    return lambda: open_watched(url, backing)


@pytest.mark.asyncio
async def test_messages_are_claimed_with_all_their_fields(open_queue: OpenQueue) -> None:
    async with open_queue() as under_test:
        assert await under_test.queue.put(messages("a", "b", "c")) == 3
        found = [(e.body, e.source, e.topic, e.triggered_ns, e.attempts) for e in await under_test.apply_all(3)]
        assert found == [(json_of(name), "shopify", "a/topic", 7, 0) for name in "abc"]


@pytest.mark.asyncio
async def test_a_claim_has_at_most_the_requested_number_of_entries(open_queue: OpenQueue) -> None:
    async with open_queue() as under_test:
        await under_test.queue.put(messages("a", "b", "c"))
        await under_test.wait_for_bodies(3)
        async with under_test.queue.claim(WorkType.STOCK, 2) as claim:
            assert len(claim.entries) == 2


@pytest.mark.asyncio
async def test_a_webhook_id_is_accepted_once_per_source(open_queue: OpenQueue) -> None:
    async with open_queue() as under_test:
        await under_test.queue.put(messages("a"))
        await under_test.queue.put(messages("a", "b"))
        await under_test.queue.put([Message(WorkType.STOCK, "bazaar", "a", "t", None, 1, b'{"other": 1}')])
        found = [entry.body for entry in await under_test.apply_all(3)]
        assert found == [json_of("a"), json_of("b"), b'{"other": 1}']


@pytest.mark.asyncio
async def test_a_settled_webhook_is_still_known(open_queue: OpenQueue) -> None:
    async with open_queue() as under_test:
        await under_test.queue.put(messages("a"))
        await under_test.apply_all(1)
        await under_test.queue.put(messages("a", "b"))
        assert [entry.body for entry in await under_test.apply_all(1)] == [json_of("b")]
        rows = await under_test.pool.fetch("SELECT webhook_id, state, times FROM inbox ORDER BY webhook_id")
        assert [tuple(row) for row in rows] == [("a", State.APPLIED, 1), ("b", State.APPLIED, 1)]


@pytest.mark.asyncio
async def test_work_types_are_separate_and_ignored_messages_are_only_recorded(open_queue: OpenQueue) -> None:
    async with open_queue() as under_test:
        await under_test.queue.put(
            messages("a") + messages("b", work_type=WorkType.SHOP) + messages("c", work_type=WorkType.IGNORED)
        )
        assert [entry.body for entry in await under_test.apply_all(1)] == [json_of("a")]
        assert [entry.body for entry in await under_test.apply_all(1, WorkType.SHOP)] == [json_of("b")]
        assert await under_test.apply_all(0, WorkType.IGNORED) == []
        assert await under_test.pool.fetchval("SELECT state FROM inbox WHERE webhook_id = 'c'") == State.IGNORED


@pytest.mark.asyncio
async def test_claimed_entries_are_exclusive_and_return_if_the_claim_fails(open_queue: OpenQueue) -> None:
    async with open_queue() as under_test:
        await under_test.queue.put(messages("a", "b"))
        both = await under_test.wait_for_bodies(2)
        with contextlib.suppress(LookupError):
            async with under_test.queue.claim(WorkType.STOCK, 1) as claim:
                await claim.settle([Settled(claim.entries[0], State.APPLIED)])
                assert await under_test.claimable() == [body for body in both if body != claim.entries[0].body]
                raise LookupError
        assert await under_test.wait_for_bodies(2) == both


@pytest.mark.asyncio
async def test_unsettled_entries_return_to_the_queue(open_queue: OpenQueue) -> None:
    async with open_queue() as under_test:
        await under_test.queue.put(messages("a", "b"))
        await under_test.wait_for_bodies(2)
        async with under_test.queue.claim(WorkType.STOCK, 2) as claim:
            left = claim.entries[1].body
            await claim.settle([Settled(claim.entries[0], State.APPLIED)])
        assert await under_test.wait_for_bodies(1) == [left]


@pytest.mark.asyncio
async def test_a_retry_returns_after_its_delay_and_counts_as_an_attempt(open_queue: OpenQueue) -> None:
    async with open_queue() as under_test:
        await under_test.queue.put(messages("a", "b"))
        await under_test.wait_for_bodies(2)
        async with under_test.queue.claim(WorkType.STOCK, 1) as claim:
            first = claim.entries[0].body
            await claim.settle([Retry(claim.entries[0], 0.3)])
        assert len(await under_test.wait_for_bodies(1)) == 1
        await under_test.wait_for_bodies(2)
        attempts = {entry.body: entry.attempts for entry in await under_test.apply_all(2)}
        assert attempts == {json_of("a"): 0, json_of("b"): 0} | {first: 1}


@pytest.mark.asyncio
async def test_a_dead_letter_leaves_the_queue_and_is_stored_with_its_reason(open_queue: OpenQueue) -> None:
    async with open_queue() as under_test:
        await under_test.queue.put(messages("a", "b"))
        await under_test.wait_for_bodies(2)
        async with under_test.queue.claim(WorkType.STOCK, 9) as claim:
            dead = next(entry for entry in claim.entries if entry.body == json_of("a"))
            await claim.settle([DeadLetter(dead, "poison")])
        assert [entry.body for entry in await under_test.apply_all(1)] == [json_of("b")]
        row = await under_test.pool.fetchrow("SELECT webhook_id, topic, attempts, reason, body FROM dead_letter")
        assert row is not None
        assert tuple(row) == ("a", "a/topic", 1, "poison", json_of("a"))


@pytest.mark.asyncio
async def test_a_new_message_wakes_its_work_type(open_queue: OpenQueue) -> None:
    async with open_queue() as under_test:
        waiting = asyncio.create_task(under_test.queue.wait(WorkType.STOCK, 20.0))
        await under_test.queue.put(messages("z", work_type=WorkType.SHOP))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        started = time.monotonic()
        await under_test.queue.put(messages("a"))
        await waiting
        assert time.monotonic() - started < 15.0  # and not when its 20 s are over


@pytest.mark.asyncio
async def test_a_poison_event_blocks_no_other_and_is_a_dead_letter_after_its_attempts(open_queue: OpenQueue) -> None:
    class Work:
        """Fails for one body."""

        async def apply(self, connection: Any, entries: Any) -> WorkResult:
            if any(entry.body == json_of("poison") for entry in entries):
                raise ZeroDivisionError
            return WorkResult([Settled(entry, State.APPLIED) for entry in entries])

    class NoWait(random.Random):
        def uniform(self, a: float, b: float) -> float:
            return a

    results: list[WorkResult] = []
    async with open_queue() as under_test:
        await under_test.queue.put(messages("a", "poison", "b"))
        worker = WorkLoop(WorkType.STOCK, under_test.queue, Work(), results.append, NoWait())

        async def is_dead() -> bool:
            await worker.work_once()
            return bool(await under_test.pool.fetchval("SELECT count(*) FROM dead_letter"))

        assert await eventually(is_dead)
        assert [entry.attempts for result in results for entry, _ in result.failed] == list(range(8))
        assert await worker.work_once() == 0
        rows = await under_test.pool.fetch("SELECT webhook_id, state FROM inbox")
        assert dict(map(tuple, rows)) == {"a": 1, "b": 1, "poison": State.DEAD_LETTERED}
        assert "ZeroDivisionError" in await under_test.pool.fetchval("SELECT reason FROM dead_letter")


@pytest.mark.asyncio
async def test_an_unreachable_store_raises_store_unavailable(open_queue: OpenQueue) -> None:
    async with open_queue() as under_test:
        await under_test.queue.put(messages("a"))
    with pytest.raises(StoreUnavailable):
        await under_test.queue.put(messages("b"))
    with pytest.raises(StoreUnavailable):
        await under_test.claimable()
