"""What a cloud's queue is to the service: send, receive under a lease, delete or release. One variant a file.

A broker delivers at least once, in any order, and buries by itself what was delivered too often. What makes the effect
of an event exact is not the broker but the unique webhook id in PostgreSQL: see `reference_service.queues.brokered`.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from stockstorm.reference_service.queues.base import Message


class BrokerGone(Exception):
    """The broker was not to be reached or refused the whole call; it may have been executed all the same."""


class SendLimits(msgspec.Struct, frozen=True):
    """Of one call that sends, and how many such calls may be under way at once."""

    entries_max: int
    bytes_max: int
    calls_max: int


class Wrapped(msgspec.Struct, frozen=True, gc=False):
    """A message as its broker takes it."""

    entry: Any
    size_bytes: int


class Received(msgspec.Struct, frozen=True):
    """A message as the broker handed it out. `handle` settles it; `receives` counts hand-outs, this included."""

    handle: str
    message_id: str
    receives: int
    body: bytes
    attributes: Mapping[str, str] = {}


class Broker(Protocol):
    """A queue of a cloud. All methods raise BrokerGone; `check` also BadSettings for a queue that will not do."""

    send_limits: SendLimits
    deliveries_max: int  # known after `check`: then the broker's own dead-letter queue takes a message

    async def check(self) -> None:
        """Learns what the worker must know of the queue."""
        ...

    def wrap(self, message: Message) -> Wrapped:
        """The message ready to be sent; ValueError if the broker would never take it."""
        ...

    async def send(self, batch: Sequence[Any]) -> Sequence[str]:
        """One call with entries of `wrap`; for each "" or why it was not taken."""
        ...

    def receive(self) -> AsyncIterator[Sequence[Received]]:
        """Messages as they come, each leased to us for LEASE_S, whatever the queue's own setting."""
        ...

    async def delete(self, handles: Iterable[str]) -> None:
        """These are done with. Those whose lease has ended may come again."""
        ...

    async def release(self, handles: Iterable[str], delay_s: float) -> None:
        """Lets leases end after the delay, rounded up to whole seconds; then the messages come again."""
        ...
