"""What a cloud queue offers to the service: send, receive with a lease, delete or release. One broker per file.

A broker delivers at least once, in any order, and dead-letters by itself a message that it delivered too often. The
broker does not make effects exactly-once; the unique webhook id in PostgreSQL does (`broker_queue.BrokerQueue`).
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from stockstorm.reference_service.queues.base import Message


class BrokerGone(Exception):
    """The broker could not be reached or refused the whole call. The call may have been executed."""


class SendLimits(msgspec.Struct, frozen=True):
    """Limits of one call that sends, and the number of such calls in progress at once."""

    entries_max: int
    bytes_max: int
    calls_max: int


class Wrapped(msgspec.Struct, frozen=True, gc=False):
    """A message in the form that its broker's client library sends."""

    entry: Any
    size_bytes: int


class Received(msgspec.Struct, frozen=True):
    """A delivery by the broker. `handle` settles it; `receives` counts the deliveries so far, including this one."""

    handle: str
    message_id: str
    receives: int
    body: bytes
    attributes: Mapping[str, str] = {}


class Broker(Protocol):
    """A cloud queue. All methods raise BrokerGone; `check` also raises BadSettings for a queue that cannot be used."""

    send_limits: SendLimits
    deliveries_max: int  # set by `check`; after this many deliveries the broker dead-letters a message

    async def check(self) -> None:
        """Reads the properties of the queue that the worker needs."""
        ...

    def wrap(self, message: Message) -> Wrapped:
        """The message ready to be sent. Raises ValueError if the broker can never accept it."""
        ...

    async def send(self, batch: Sequence[Any]) -> Sequence[str]:
        """Sends entries of `wrap` in one call. Returns for each entry "" or why it was refused."""
        ...

    def receive(self) -> AsyncIterator[Sequence[Received]]:
        """Messages as they arrive, each leased for LEASE_S, whatever the queue's own setting is."""
        ...

    async def delete(self, handles: Iterable[str]) -> None:
        """Deletes these deliveries' messages. A message whose lease has ended may be delivered again."""
        ...

    async def release(self, handles: Iterable[str], delay_s: float) -> None:
        """Ends these leases after the delay, rounded up to whole seconds. Then the messages are delivered again."""
        ...
