"""A message of ours as bytes: what the receiver sends to a broker and the worker reads from it again. Pure.

JSON, with the webhook's body spliced in as it is. A body that is large or holds characters that brokers refuse is
packed instead.
"""

import zlib
from base64 import b64decode, b64encode

import msgspec

from reference_service.queues import Message
from reference_service.topics import Lane

PACK_FROM_BYTES = 128 * 1024
_REFUSED = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")  # U+FFFE and U+FFFF are no XML characters, so SQS refuses them


class Unreadable(Exception):
    """A message in the queue that nobody of ours has sent, or that is damaged."""


class _Wire(msgspec.Struct, frozen=True):
    lane: Lane
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
        message.lane,
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
    return Message(wire.lane, wire.source, wire.webhook_id, wire.topic, wire.triggered_ns, wire.received_ns, body)
