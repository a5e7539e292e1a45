"""Further behaviour of queues over a broker: kills, leases, and the broker's own dead letters."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import pytest

from stockstorm.loadtests.backing.cloud.base import PubSubBacking, QueueRules, SqsBacking
from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.queues.base import DeadLetter, Retry, State
from stockstorm.reference_service.settings import BadSettings
from tests.contract.cloud_queues import client_of, empty_queue
from tests.contract.reference_queues import (
    empty_database,
    json_of,
    messages,
    open_emulator,
    open_watched,
    set_sdk_environment,
)

pytestmark = pytest.mark.e2e
STRICT = QueueRules(lease_s=30, deliveries_max=5)


class Backend(NamedTuple):
    """The database and the queue that a test opens more than once."""

    url: str  # of the database
    backing: SqsBacking | PubSubBacking


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as server:
        yield server


@pytest.fixture(scope="module", params=["sqs", "pubsub"])
def emulator(request: pytest.FixtureRequest) -> Iterator[Any]:
    with open_emulator(request.param) as backing:
        yield backing


@pytest.fixture
def backend(emulator: Any, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> Backend:
    set_sdk_environment(emulator, monkeypatch)
    monkeypatch.setattr(limits, "LEASE_S", 3)
    monkeypatch.setattr(limits, "LEASE_CHECK_S", 0.2)
    return Backend(empty_database(postgres), empty_queue(emulator, STRICT))


def dead_letters(backing: SqsBacking | PubSubBacking) -> list[str]:
    """The bodies in the broker's own dead-letter queue. Waits for the first one."""
    with client_of(backing) as queue:
        for _ in range(15):
            if found := queue.receive_dead_letters():
                return [one.body for one in found]
    return []


@pytest.mark.asyncio
async def test_messages_of_a_killed_worker_reach_the_next_when_the_lease_ends(backend: Backend) -> None:
    async with open_watched(*backend, dies=True) as first:
        await first.queue.put(messages("a"))
        await first.wait_for_bodies(1)
    killed = time.monotonic()
    async with open_watched(*backend) as second:
        (entry,) = await second.apply_all(1)
        assert (entry.body, entry.attempts > 0) == (json_of("a"), True)
        assert time.monotonic() - killed < limits.LEASE_S + 7


@pytest.mark.asyncio
async def test_a_kill_between_commit_and_ack_does_not_repeat_the_work(backend: Backend) -> None:
    async with open_watched(*backend, dies=True) as first:
        await first.queue.put(messages("a"))
        await first.apply_all(1)
    async with open_watched(*backend) as second:
        await asyncio.sleep(limits.LEASE_S + 1)
        assert await second.apply_all(0) == []
        row = await second.pool.fetchrow("SELECT state, times FROM inbox")
        assert row is not None
        assert tuple(row) == (State.APPLIED, 1)
    with client_of(backend.backing) as queue:
        assert queue.receive() == []


@pytest.mark.asyncio
async def test_a_clean_shutdown_releases_messages_at_once(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LEASE_S", 60)
    async with open_watched(*backend) as first:
        await first.queue.put(messages("a"))
        await first.wait_for_bodies(1)
    async with open_watched(*backend) as second:
        assert len(await second.apply_all(1)) == 1  # within seconds, although the lease has most of a minute left


@pytest.mark.asyncio
async def test_leases_are_renewed_during_long_work(backend: Backend) -> None:
    async with open_watched(*backend) as under_test:
        await under_test.queue.put(messages("a"))
        await under_test.wait_for_bodies(1)
        async with under_test.queue.claim(WorkType.STOCK, 9) as claim:
            await asyncio.sleep(limits.LEASE_S + 1.5)
            assert await under_test.claimable() == []
            await claim.settle([Retry(claim.entries[0], 0.0)])
        assert [entry.attempts for entry in await under_test.apply_all(1)] == [1]


@pytest.mark.asyncio
async def test_a_dead_letter_reaches_the_brokers_dead_letter_queue_and_can_be_sent_again(backend: Backend) -> None:
    async with open_watched(*backend) as under_test:
        await under_test.queue.put(messages("a"))
        await under_test.wait_for_bodies(1)
        async with under_test.queue.claim(WorkType.STOCK, 9) as claim:
            await claim.settle([DeadLetter(claim.entries[0], "poison")])

        finding = asyncio.create_task(asyncio.to_thread(dead_letters, backend.backing))
        while not finding.done():  # it is delivered and released as often as the broker allows
            async with under_test.queue.claim(WorkType.STOCK, 9) as claim:
                assert list(claim.entries) == []
            await asyncio.sleep(0.05)
        (letter,) = await finding
        with client_of(backend.backing) as queue:
            queue.send(letter)
        assert [(entry.body, entry.attempts) for entry in await under_test.apply_all(1)] == [(json_of("a"), 0)]
        assert await under_test.pool.fetchval("SELECT state FROM inbox") == State.APPLIED


@pytest.mark.asyncio
async def test_a_failure_at_the_last_delivery_is_a_dead_letter_with_its_reason(backend: Backend) -> None:
    async with open_watched(*backend) as under_test:
        await under_test.queue.put(messages("a"))
        for attempt in range(STRICT.deliveries_max):
            await under_test.wait_for_bodies(1)
            async with under_test.queue.claim(WorkType.STOCK, 9) as claim:
                assert claim.entries[0].attempts == attempt
                await claim.settle([Retry(claim.entries[0], 0.0, f"failure {attempt}")])
        row = await under_test.pool.fetchrow("SELECT reason, attempts, state FROM dead_letter JOIN inbox USING (seq)")
        assert row is not None
        assert tuple(row) == ("failure 4", 5, State.DEAD_LETTERED)
        assert await under_test.apply_all(0) == []


@pytest.mark.asyncio
async def test_a_foreign_message_is_dead_lettered_by_the_broker(backend: Backend) -> None:
    with client_of(backend.backing) as queue:
        queue.send('{"hello": "you"}')
    async with open_watched(*backend) as under_test:
        await under_test.queue.put(messages("a"))
        assert [entry.body for entry in await under_test.apply_all(1)] == [json_of("a")]
        assert await asyncio.to_thread(dead_letters, backend.backing) == ['{"hello": "you"}']


@pytest.mark.asyncio
async def test_a_missing_queue_fails_the_start_with_the_brokers_message(backend: Backend) -> None:
    match backend.backing:
        case SqsBacking(queue=sqs):
            gone: Any = msgspec.structs.replace(backend.backing, queue=msgspec.structs.replace(sqs, url=f"{sqs.url}-x"))
        case PubSubBacking(queue=pubsub):
            name = f"{pubsub.subscription}-x"
            gone = msgspec.structs.replace(backend.backing, queue=msgspec.structs.replace(pubsub, subscription=name))
    with pytest.raises(BadSettings, match="does not exist"):
        async with open_watched(backend.url, gone):
            pass


@pytest.mark.asyncio
async def test_a_queue_without_a_dead_letter_queue_is_refused(backend: Backend) -> None:
    match backend.backing:
        case SqsBacking(queue=sqs):
            bare: Any = msgspec.structs.replace(sqs, url=sqs.dead_letter_url)
        case PubSubBacking(queue=pubsub):
            bare = msgspec.structs.replace(pubsub, subscription=pubsub.dead_letter_subscription)
    with pytest.raises(BadSettings, match="has no dead-letter"):
        async with open_watched(backend.url, msgspec.structs.replace(backend.backing, queue=bare)):
            pass
