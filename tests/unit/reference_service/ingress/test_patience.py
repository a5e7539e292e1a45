"""A webhook waits for a store that is away for a moment, and is refused in time when it stays away."""

import asyncio

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.ingress.patience import PatientInbox
from stockstorm.reference_service.queues.base import InboxFull, Message
from stockstorm.reference_service.storage.database import StoreUnavailable, StoreUnreachable


def message(body: bytes = b"{}") -> Message:
    return Message(WorkType.STOCK, "shopify", "w", "inventory_levels/update", None, 1, body)


class Inbox:
    """Fails `fails` times, then accepts."""

    def __init__(self, fails: int, failure: Exception | None = None) -> None:
        self.tries = 0
        self._fails, self._failure = fails, failure or StoreUnreachable("away")

    async def put(self, _: Message) -> None:
        self.tries += 1
        if self.tries <= self._fails:
            raise self._failure


class Patient(PatientInbox):
    """Counts its announcements."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(inbox, self._count)
        self.announced = 0

    async def _count(self) -> None:
        self.announced += 1


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HOLD_S", 0.2)
    monkeypatch.setattr(limits, "HOLD_RETRY_S", 0.01)


@pytest.mark.asyncio
async def test_a_webhook_waits_until_the_store_is_back() -> None:
    inbox = Inbox(fails=3)
    await Patient(inbox).put(message())
    assert inbox.tries == 4


@pytest.mark.asyncio
async def test_it_is_refused_when_the_store_stays_away() -> None:
    inbox = Inbox(fails=1_000_000)
    with pytest.raises(StoreUnreachable):
        await Patient(inbox).put(message())
    assert inbox.tries > 2


@pytest.mark.asyncio
async def test_a_try_that_lasted_longer_than_that_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HOLD_S", 0.0)
    inbox = Inbox(fails=1_000_000)
    with pytest.raises(StoreUnreachable):
        await Patient(inbox).put(message())
    assert inbox.tries == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("failure", [InboxFull(), StoreUnavailable("this event cannot be stored")])
async def test_what_waiting_cannot_change_is_refused_at_once(failure: Exception) -> None:
    inbox = Inbox(fails=1, failure=failure)
    with pytest.raises(type(failure)):
        await Patient(inbox).put(message())
    assert inbox.tries == 1


@pytest.mark.asyncio
async def test_held_bodies_are_bounded_and_leave_when_they_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WAITING_BYTES_MAX", 10)
    inbox = Inbox(fails=1_000_000)
    patient = Patient(inbox)
    first = asyncio.create_task(patient.put(message(b"12345678")))
    await asyncio.sleep(0.01)
    before = inbox.tries
    with pytest.raises(StoreUnreachable):
        await patient.put(message(b"12345678"))
    assert inbox.tries <= before + 2  # not held: the first one's tries go on
    with pytest.raises(StoreUnreachable):
        await first
    inbox.tries = 999_999
    await patient.put(message(b"12345678"))


@pytest.mark.asyncio
async def test_what_was_refused_is_announced_once_when_the_store_is_back() -> None:
    inbox = Inbox(fails=1_000_000)
    patient = Patient(inbox)
    with pytest.raises(StoreUnreachable):
        await patient.put(message())
    assert patient.announced == 0
    inbox.tries = 1_000_000
    await patient.put(message())
    await patient.put(message())
    assert patient.announced == 1


@pytest.mark.asyncio
async def test_what_was_only_held_is_not_announced() -> None:
    patient = Patient(Inbox(fails=2))
    await patient.put(message())
    assert patient.announced == 0


def test_the_answer_is_in_time_for_shopify() -> None:
    assert limits.HOLD_S < limits.STORE_TIMEOUT_S < 5.0
