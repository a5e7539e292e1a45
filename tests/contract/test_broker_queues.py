"""What queues over a broker promise besides: kills, leases, and the broker's own dead letters."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec
import pytest

from stockstorm.loadtests.backing.cloud.base import PubSubBacking, QueueRules, SqsBacking
from stockstorm.loadtests.backing.cloud.gcp import clients
from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.queues.base import DeadLetter, Retry, State
from stockstorm.reference_service.settings import BadSettings
from tests.contract.cloud_queues import CloudQueue, PubSubClient, SqsClient
from tests.contract.reference_queues import emulator as emulator_of
from tests.contract.reference_queues import (
    fresh,
    fresh_database,
    json_of,
    messages,
    opened,
    tell_sdks,
)

pytestmark = pytest.mark.e2e
STRICT = QueueRules(lease_s=30, deliveries_max=5)


class Place(NamedTuple):
    """A queue that is opened more than once."""

    url: str  # of the database
    backing: SqsBacking | PubSubBacking


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as server:
        yield server


@pytest.fixture(scope="module", params=["sqs", "pubsub"])
def emulator(request: pytest.FixtureRequest) -> Iterator[Any]:
    with emulator_of(request.param) as backing:
        yield backing


@pytest.fixture
def place(emulator: Any, postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> Place:
    tell_sdks(emulator, monkeypatch)
    if isinstance(emulator, SqsBacking):  # Pub/Sub has no shorter leases than ours
        monkeypatch.setattr(limits, "LEASE_S", 2)
        monkeypatch.setattr(limits, "LEASE_CHECK_S", 0.4)
    return Place(fresh_database(postgres), fresh(emulator, STRICT))


@contextmanager
def outside(backing: SqsBacking | PubSubBacking) -> Iterator[CloudQueue]:
    """The queue as an operator sees it."""
    if isinstance(backing, SqsBacking):
        yield SqsClient(backing)
    else:
        with clients(backing.environment) as use:
            yield PubSubClient(backing, use)


def dead_letters(backing: SqsBacking | PubSubBacking) -> list[str]:
    """The bodies in the broker's own dead-letter queue, once there is one."""
    with outside(backing) as queue:
        for _ in range(15):
            if found := queue.receive_dead_letters():
                return [one.body for one in found]
    return []


@pytest.mark.asyncio
async def test_what_a_killed_worker_held_comes_to_the_next_when_the_lease_ends(place: Place) -> None:
    async with opened(*place, dies=True) as first:
        await first.queue.put(messages("a"))
        await first.bodies(1)
    killed = time.monotonic()
    async with opened(*place) as second:
        assert [(e.body, e.attempts) for e in await second.work_off(1)] == [(json_of("a"), 1)]
        assert time.monotonic() - killed < limits.LEASE_S + 3


@pytest.mark.asyncio
async def test_a_worker_killed_between_its_commit_and_its_ack_leaves_nothing_to_be_done_twice(place: Place) -> None:
    async with opened(*place, dies=True) as first:
        await first.queue.put(messages("a"))
        await first.work_off(1)
    async with opened(*place) as second:
        await asyncio.sleep(limits.LEASE_S + 1)
        assert await second.work_off(0) == []
        row = await second.pool.fetchrow("SELECT state, times FROM inbox")
        assert tuple(row) == (State.APPLIED, 1)
    with outside(place.backing) as queue:
        assert queue.receive() == []


@pytest.mark.asyncio
async def test_a_clean_end_gives_back_at_once(place: Place) -> None:
    async with opened(*place) as first:
        await first.queue.put(messages("a"))
        await first.bodies(1)
    async with opened(*place) as second:
        started = time.monotonic()
        assert len(await second.work_off(1)) == 1
        assert time.monotonic() - started < 1.5


@pytest.mark.asyncio
async def test_leases_are_renewed_while_the_work_takes_long(place: Place) -> None:
    async with opened(*place) as held:
        await held.queue.put(messages("a"))
        await held.bodies(1)
        async with held.queue.claim(WorkType.STOCK, 9) as claim:
            await asyncio.sleep(limits.LEASE_S + 1.5)
            assert await held.claimable() == []
            await claim.settle([Retry(claim.entries[0], 0.0)])
        assert [entry.attempts for entry in await held.work_off(1)] == [1]


@pytest.mark.asyncio
async def test_what_can_never_be_applied_ends_in_the_brokers_dead_letters_and_can_be_sent_back(place: Place) -> None:
    async with opened(*place) as held:
        await held.queue.put(messages("a"))
        await held.bodies(1)
        async with held.queue.claim(WorkType.STOCK, 9) as claim:
            await claim.settle([DeadLetter(claim.entries[0], "poison")])

        finding = asyncio.create_task(asyncio.to_thread(dead_letters, place.backing))
        while not finding.done():  # it comes again, is recognised and let go, as often as the broker allows
            async with held.queue.claim(WorkType.STOCK, 9) as claim:
                assert list(claim.entries) == []
            await asyncio.sleep(0.05)
        (letter,) = await finding
        with outside(place.backing) as queue:
            queue.send(letter)
        assert [(entry.body, entry.attempts) for entry in await held.work_off(1)] == [(json_of("a"), 0)]
        assert await held.pool.fetchval("SELECT state FROM inbox") == State.APPLIED


@pytest.mark.asyncio
async def test_what_fails_at_the_brokers_last_delivery_is_a_dead_letter_with_its_reason(place: Place) -> None:
    async with opened(*place) as held:
        await held.queue.put(messages("a"))
        for attempt in range(STRICT.deliveries_max):
            await held.bodies(1)
            async with held.queue.claim(WorkType.STOCK, 9) as claim:
                assert claim.entries[0].attempts == attempt
                await claim.settle([Retry(claim.entries[0], 0.0, f"failure {attempt}")])
        row = await held.pool.fetchrow("SELECT reason, attempts, state FROM dead_letter JOIN inbox USING (seq)")
        assert tuple(row) == ("failure 4", 5, State.DEAD_LETTERED)
        assert await held.work_off(0) == []


@pytest.mark.asyncio
async def test_a_message_of_nobody_we_know_is_left_to_the_broker_to_bury(place: Place) -> None:
    with outside(place.backing) as queue:
        queue.send('{"hello": "you"}')
    async with opened(*place) as held:
        await held.queue.put(messages("a"))
        assert [entry.body for entry in await held.work_off(1)] == [json_of("a")]
        assert await asyncio.to_thread(dead_letters, place.backing) == ['{"hello": "you"}']


@pytest.mark.asyncio
async def test_a_queue_that_is_not_there_ends_the_start_with_the_brokers_words(place: Place) -> None:
    match place.backing:
        case SqsBacking(queue=sqs):
            gone: Any = msgspec.structs.replace(place.backing, queue=msgspec.structs.replace(sqs, url=f"{sqs.url}-x"))
        case PubSubBacking(queue=pubsub):
            name = f"{pubsub.subscription}-x"
            gone = msgspec.structs.replace(place.backing, queue=msgspec.structs.replace(pubsub, subscription=name))
    with pytest.raises(BadSettings, match="does not exist"):
        async with opened(place.url, gone):
            pass


@pytest.mark.asyncio
async def test_a_queue_without_dead_letters_is_refused(place: Place) -> None:
    match place.backing:
        case SqsBacking(queue=sqs):
            bare: Any = msgspec.structs.replace(sqs, url=sqs.dead_letter_url)
        case PubSubBacking(queue=pubsub):
            bare = msgspec.structs.replace(pubsub, subscription=pubsub.dead_letter_subscription)
    with pytest.raises(BadSettings, match="has no dead-letter"):
        async with opened(place.url, msgspec.structs.replace(place.backing, queue=bare)):
            pass
