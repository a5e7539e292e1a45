"""Opens a queue over a broker for the life of a process, and says in time what is wrong with it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from stockstorm.reference_service.flaws import Flaw
from stockstorm.reference_service.queues.base import Message, of_wire
from stockstorm.reference_service.queues.broker import Broker, BrokerGone, Received
from stockstorm.reference_service.queues.broker_queue import BrokerQueue, Read
from stockstorm.reference_service.settings import BadSettings, Settings

# Flaws of the way from a receiver into PostgreSQL, which brokers take the place of; and those of receivers.
_OF_POSTGRES = {Flaw.NO_ORDER_DEDUP, Flaw.ACK_BEFORE_DURABLE}
_OF_RECEIVERS = {Flaw.NO_SIGNATURE_CHECK, Flaw.SLOW_HANDLER}


@asynccontextmanager
async def open_broker_queue(
    pool: Any, broker: Broker, read: Read, *, is_incomplete: Callable[[Message], bool] = lambda _: False
) -> AsyncIterator[BrokerQueue]:
    """The worker's queue; what it holds in the end goes back to the broker. BadSettings if it cannot be used."""
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
    """A message that our receiver sent. Raises Unreadable."""
    return of_wire(received.body)


def refuse_flaws(settings: Settings, *, has_receiver: bool) -> None:
    """BadSettings for a flaw that an architecture over a broker has no place for."""
    if settings.flaw in _OF_POSTGRES or (settings.flaw in _OF_RECEIVERS and not has_receiver):
        raise BadSettings(f"REFERENCE_FLAW: {settings.flaw.value!r} goes with REFERENCE_ARCHITECTURE=queue-postgres")
