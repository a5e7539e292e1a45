"""The seam between receiver and worker: durable messages, claimed in bulk, settled together with their effects.

A queue keeps a message until a claim of it has settled. Claims run inside a transaction of the service's database, so
that effects and settlement commit together or not at all; a worker that dies gives its claim back at once.

A message of ours as bytes: what the receiver sends to a broker and the worker reads from it again. Pure.

JSON, with the webhook's body spliced in as it is. A body that is large or holds characters that brokers refuse is
packed instead.
"""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from enum import IntEnum
from typing import Protocol

import msgspec

from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.storage.database import Connection


class Message(msgspec.Struct, frozen=True, gc=False):
    """A webhook as it came. `source` is "shopify" or a channel, `body` JSON; times in nanoseconds since the epoch."""

    work_type: WorkType
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
    """Entries of one work_type, oldest first, held by the transaction of `connection` until the claim's block is left."""

    @property
    def entries(self) -> Sequence[Entry]: ...

    @property
    def connection(self) -> Connection: ...

    async def settle(self, verdicts: Sequence[Verdict]) -> None:
        """Records what became of entries, in the claim's transaction. Entries not named return to the queue."""
        ...


class Source(Protocol):
    """Where a work_type gets its work. All methods raise StoreUnavailable when the store is not to be reached."""

    def claim(self, work_type: WorkType, limit: int) -> AbstractAsyncContextManager[Claim]:
        """A claim of at most `limit` due entries; leaving the block commits, leaving it by an error gives all back."""
        ...

    async def wait(self, work_type: WorkType, timeout_s: float) -> None:
        """Returns when the work_type may hold something new, or after `timeout_s`."""
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


PACK_FROM_BYTES = 128 * 1024
_REFUSED = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")  # U+FFFE and U+FFFF are no XML characters, so SQS refuses them


class Unreadable(Exception):
    """A message in the queue that nobody of ours has sent, or that is damaged."""


class _Wire(msgspec.Struct, frozen=True):
    work_type: WorkType
    source: str
    webhook_id: str
    topic: str
    triggered_ns: int | None
    received_ns: int
    body: msgspec.Raw = msgspec.Raw(b"null")
    packed: str = ""


_decoder = msgspec.json.Decoder(_Wire)


def to_wire(message: Message) -> bytes:
    """UTF-8 text. `message.body` must be JSON."""
    body, packed = message.body, ""
    if len(body) >= PACK_FROM_BYTES or any(part in body for part in _REFUSED):
        body, packed = b"null", b64encode(zlib.compress(body, 1)).decode()
    wire = _Wire(
        message.work_type,
        message.source,
        message.webhook_id,
        message.topic,
        message.triggered_ns,
        message.received_ns,
        msgspec.Raw(body),
        packed,
    )
    return msgspec.json.encode(wire)


def of_wire(raw: bytes) -> Message:
    """The message again, its body byte for byte. Raises Unreadable."""
    try:
        wire = _decoder.decode(raw)
        body = zlib.decompress(b64decode(wire.packed)) if wire.packed else bytes(wire.body)
    except (msgspec.DecodeError, ValueError, zlib.error) as error:
        raise Unreadable(str(error)) from None
    return Message(wire.work_type, wire.source, wire.webhook_id, wire.topic, wire.triggered_ns, wire.received_ns, body)
