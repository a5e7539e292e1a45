"""The seam between receiver and worker: durable messages, claimed in bulk, settled together with their effects.

A queue keeps a message until a claim of it has settled. Claims run inside a transaction of the service's database, so
that effects and settlement commit together or not at all; a worker that dies gives its claim back at once.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from enum import IntEnum
from typing import Any, Protocol

import msgspec

from reference_service.topics import Lane

Connection = Any  # asyncpg has no types of its own


class StoreUnavailable(Exception):
    """The queue could not take the messages; nothing may be acknowledged."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """A webhook as it came. `source` is "shopify" or a channel, `body` JSON; times in nanoseconds since the epoch."""

    lane: Lane
    source: str
    webhook_id: str
    topic: str
    triggered_ns: int | None
    received_ns: int
    body: bytes

    @property
    def identity(self) -> tuple[str, str]:
        return (self.source, self.webhook_id)


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A message in a claim. `entry` names it in the queue, `seq` in the inbox; `attempts` ended before this one."""

    entry: int
    seq: int
    source: str
    topic: str
    triggered_ns: int | None
    attempts: int
    body: bytes


class State(IntEnum):
    """What became of a webhook, as the inbox keeps it."""

    PENDING = 0
    APPLIED = 1
    SUPERSEDED = 2
    DEAD_LETTERED = 3
    IGNORED = 4


class Settled(msgspec.Struct, frozen=True, gc=False):
    """The entry was worked on: it took effect (APPLIED) or had none to take any more (SUPERSEDED)."""

    entry: Entry
    state: State


class Retry(msgspec.Struct, frozen=True, gc=False):
    """The entry comes back after `delay_s` seconds; `reason` is for a queue that will not give it again."""

    entry: Entry
    delay_s: float
    reason: str = ""


class DeadLetter(msgspec.Struct, frozen=True, gc=False):
    """The entry cannot be applied; it is kept aside with the reason."""

    entry: Entry
    reason: str


Verdict = Settled | Retry | DeadLetter


class Claim(Protocol):
    """Entries of one lane, oldest first, held by the transaction of `connection` until the claim's block is left."""

    @property
    def entries(self) -> Sequence[Entry]: ...

    @property
    def connection(self) -> Connection: ...

    async def settle(self, verdicts: Sequence[Verdict]) -> None:
        """Records what became of entries, in the claim's transaction. Entries not named return to the queue."""
        ...


class Source(Protocol):
    """Where a lane gets its work. All methods raise StoreUnavailable when the store is not to be reached."""

    def claim(self, lane: Lane, limit: int) -> AbstractAsyncContextManager[Claim]:
        """A claim of at most `limit` due entries; leaving the block commits, leaving it by an error gives all back."""
        ...

    async def wait(self, lane: Lane, timeout_s: float) -> None:
        """Returns when the lane may hold something new, or after `timeout_s`."""
        ...


class Queue(Source, Protocol):
    """Where webhooks wait. All methods raise StoreUnavailable when the store is not to be reached."""

    async def put(self, messages: Sequence[Message]) -> int:
        """Makes messages durable and returns how many of them are new, as far as the queue can tell.

        Those known by (source, webhook id) are passed over, here or in `claim`.
        """
        ...

    async def watch(self) -> None:
        """Listens for new messages until cancelled, so that `wait` returns promptly."""
        ...
