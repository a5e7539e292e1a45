"""What event buses carry: Shopify's envelope on Amazon EventBridge, its attributes on Google Pub/Sub. Pure.

A bus authenticates whoever publishes to it: EventBridge takes Shopify's source from Shopify's account only, and a topic
takes messages from whom it grants the publisher's role. So no signature is looked at, and there is nothing that a
forger could send. Marketplaces deliver in the same envelopes with their own X-Marketplace-* names.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.ingress.endpoint import CHANNEL_HEADERS, Refused, Sender, read_message, senders_of
from stockstorm.reference_service.queues.base import Message, Unreadable
from stockstorm.reference_service.queues.broker import Received

FOREIGN = (403, 404)  # another shop's or another channel's: an app's bus carries all of its shops

ReadFrom = Callable[[Received, Mapping[str, Sender]], Message | None]


class _Detail(msgspec.Struct, frozen=True):
    payload: msgspec.Raw
    metadata: dict[str, Any]


class _Envelope(msgspec.Struct, frozen=True):
    id: str
    detail: _Detail


class _Stub(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left of a body that is too large for the bus."""

    id: int


_envelope = msgspec.json.Decoder(_Envelope)
_stub = msgspec.json.Decoder(_Stub)
STUB_BYTES_MAX = 64


def read_eventbridge(received: Received, senders: Mapping[str, Sender]) -> Message | None:
    """The message in what a rule put into our queue; None for another shop's. Raises Unreadable.

    A retry of EventBridge's own repeats the envelope's id, which stands in where the metadata hold no webhook id.
    """
    try:
        envelope = _envelope.decode(received.body)
    except msgspec.DecodeError as error:
        raise Unreadable(f"no envelope of EventBridge: {error}") from None
    headers = {name: value for name, value in envelope.detail.metadata.items() if isinstance(value, str)}
    return _message(headers, bytes(envelope.detail.payload), envelope.id, senders)


def read_pubsub(received: Received, senders: Mapping[str, Sender]) -> Message | None:
    """The message in what was published to the topic; None for another shop's. Raises Unreadable."""
    return _message(received.attributes, received.body, received.message_id, senders)


def reader(read: ReadFrom, shop_domain: str, channels: Iterable[str]) -> Callable[[Received], Message | None]:
    """`read` for the shop and the channels that we serve."""
    senders = senders_of(shop_domain, channels, None, None)
    return lambda received: read(received, senders)


def stub_id(message: Message) -> int | None:
    """The id that a body over the bus's limit was reduced to, or None for a body that is whole."""
    if message.work_type is not WorkType.SHOP or len(message.body) > STUB_BYTES_MAX:
        return None
    try:
        return _stub.decode(message.body).id
    except msgspec.DecodeError:
        return None


def _message(headers: Mapping[str, str], body: bytes, spare_id: str, senders: Mapping[str, Sender]) -> Message | None:
    pairs = {name.lower().encode(): value.encode() for name, value in headers.items()}
    channel = pairs.get(CHANNEL_HEADERS.sender, b"").decode()
    sender = senders.get(channel)
    if sender is None:
        return None
    pairs.setdefault(sender.headers.webhook_id, spare_id.encode())
    try:
        return read_message(sender, pairs.items(), body, time.time_ns())
    except Refused as refused:
        if refused.status in FOREIGN:
            return None
        raise Unreadable("a header is missing, or the payload is not JSON") from None
