"""The interface between receiver and worker: durable messages, claimed in bulk and settled with their effects.

A queue keeps a message until a claim of it has been settled. A claim runs in a transaction of the service's database,
so effects and settlement commit together or not at all. When a worker dies, its claim returns to the queue.

This file also has the byte format in which the receiver sends a message through a broker: JSON that contains the
webhook's body unchanged. A body that is large, that has characters which brokers refuse, or that is not JSON, is
compressed instead.
"""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from enum import IntEnum
from typing import Protocol

import msgspec
import structlog

from stockstorm.reference_service import metrics
from stockstorm.reference_service.domain.payloads import UNREADABLE_JSON, check_json
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.storage.database import Connection

log = structlog.get_logger()


class Message(msgspec.Struct, frozen=True, gc=False):
    """A received webhook. `source` is "shopify" or a channel. Times: nanoseconds since the epoch.

    `body` is what was signed, which need not be JSON.
    """

    work_type: WorkType
    source: str
    webhook_id: str
    topic: str
    triggered_ns: int | None
    received_ns: int
    body: bytes

    @property
    def identity(self) -> tuple[str, str]:
        """What makes a webhook unique: source and webhook id."""
        return (self.source, self.webhook_id)


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A message in a claim. `entry`: its id in the queue. `seq`: its id in the inbox. `attempts`: earlier attempts."""

    entry: int
    seq: int
    source: str
    topic: str
    triggered_ns: int | None
    attempts: int
    body: bytes


class State(IntEnum):
    """The state of a webhook, as stored in the inbox."""

    PENDING = 0
    APPLIED = 1
    SUPERSEDED = 2
    DEAD_LETTERED = 3
    IGNORED = 4


class Settled(msgspec.Struct, frozen=True, gc=False):
    """The entry is done: it had an effect (APPLIED) or no longer needed one (SUPERSEDED)."""

    entry: Entry
    state: State


class Retry(msgspec.Struct, frozen=True, gc=False):
    """The entry is to be delivered again after `delay_s` seconds. `reason`: recorded if the queue does not allow it."""

    entry: Entry
    delay_s: float
    reason: str = ""


class DeadLetter(msgspec.Struct, frozen=True, gc=False):
    """The entry can never be applied. It is stored as a dead letter with the reason."""

    entry: Entry
    reason: str


Verdict = Settled | Retry | DeadLetter


def count_verdict(work_type: str, verdict: Verdict) -> None:
    """Counts the verdict in the metrics under the work type's name in lower case, and logs a dead letter."""
    match verdict:
        case Settled(state=state):
            metrics.EVENTS.labels(work_type, state.name.lower()).inc()
        case Retry():
            metrics.EVENTS.labels(work_type, "retried").inc()
        case DeadLetter(entry=entry, reason=reason):
            metrics.EVENTS.labels(work_type, "dead_lettered").inc()
            log.error("dead_letter", topic=entry.topic, source=entry.source, seq=entry.seq, reason=reason)


class InboxFull(Exception):
    """Too many events wait in this process. The webhook must not be acknowledged."""


class Claim(Protocol):
    """Entries of one work type, oldest first. They belong to the transaction of `connection` until the block ends."""

    @property
    def entries(self) -> Sequence[Entry]: ...

    @property
    def connection(self) -> Connection: ...

    async def settle(self, verdicts: Sequence[Verdict]) -> None:
        """Records the verdicts in the claim's transaction. Entries without a verdict return to the queue."""
        ...


class Source(Protocol):
    """Where a work type's entries come from. Methods raise StoreUnavailable when the store cannot be reached."""

    def claim(self, work_type: WorkType, limit: int) -> AbstractAsyncContextManager[Claim]:
        """A claim of at most `limit` due entries. The end of the block commits; an exception returns all entries."""
        ...

    async def wait(self, work_type: WorkType, timeout_s: float) -> None:
        """Returns when the work type may have new entries, or after `timeout_s` seconds."""
        ...


class Queue(Source, Protocol):
    """Where webhooks wait for the worker. Methods raise StoreUnavailable when the store cannot be reached."""

    async def put(self, messages: Sequence[Message]) -> int:
        """Stores messages durably. Returns how many of them are new, as far as the queue can tell.

        Known messages, by (source, webhook id), are skipped here or in `claim`.
        """
        ...

    async def watch(self) -> None:
        """Listens for new messages until cancelled, so that `wait` returns promptly."""
        ...


# --- the byte format of messages

COMPRESS_FROM_BYTES = 128 * 1024
_REFUSED = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")  # U+FFFE and U+FFFF: not XML characters, so SQS refuses them


class Unreadable(Exception):
    """A message in the queue that this service did not send, or that is damaged."""


class _EncodedMessage(msgspec.Struct, frozen=True):
    work_type: WorkType
    source: str
    webhook_id: str
    topic: str
    triggered_ns: int | None
    received_ns: int
    body: msgspec.Raw = msgspec.Raw(b"null")
    packed: str = ""  # base64 of the compressed body, if it is not in `body`


_decoder = msgspec.json.Decoder(_EncodedMessage)


def encode_message(message: Message) -> bytes:
    """UTF-8 JSON, whatever the body is."""
    body, packed = message.body, ""
    if len(body) >= COMPRESS_FROM_BYTES or any(part in body for part in _REFUSED) or not _readable(body):
        body, packed = b"null", b64encode(zlib.compress(body, 1)).decode()
    encoded = _EncodedMessage(
        message.work_type,
        message.source,
        message.webhook_id,
        message.topic,
        message.triggered_ns,
        message.received_ns,
        msgspec.Raw(body),
        packed,
    )
    return msgspec.json.encode(encoded)


def _readable(body: bytes) -> bool:
    try:
        check_json(body)
    except UNREADABLE_JSON:
        return False
    return True


def decode_message(raw: bytes) -> Message:
    """The inverse of `encode_message`; the body is identical byte for byte. Raises Unreadable."""
    try:
        found = _decoder.decode(raw)
        body = zlib.decompress(b64decode(found.packed)) if found.packed else bytes(found.body)
    except (*UNREADABLE_JSON, ValueError, zlib.error) as error:
        raise Unreadable(str(error)) from None
    return Message(
        found.work_type, found.source, found.webhook_id, found.topic, found.triggered_ns, found.received_ns, body
    )
