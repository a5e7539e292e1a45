"""Messages of event buses: Shopify's envelope on Amazon EventBridge, and its attributes on Google Pub/Sub.

The bus authenticates its publishers: EventBridge accepts Shopify's source only from Shopify's account, and a topic
accepts messages only from accounts with the publisher role. So signatures are not checked. Marketplaces use the same
envelopes with their own X-Marketplace-* names.
"""

import time
from collections.abc import Callable, Iterable, Mapping

import msgspec

from stockstorm.reference_service.domain.payloads import UNREADABLE_JSON
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.ingress.endpoint import CHANNEL_HEADERS, Refused, Sender, read_message, senders_of
from stockstorm.reference_service.queues.base import Message, Unreadable
from stockstorm.reference_service.queues.broker import Received

FOREIGN = (403, 404)  # another shop or channel: the bus of an app carries the events of all its shops

ReadFrom = Callable[[Received, Mapping[str, Sender]], Message | None]


class _Detail(msgspec.Struct, frozen=True):
    payload: msgspec.Raw
    metadata: dict[str, object]


class _Envelope(msgspec.Struct, frozen=True):
    id: str
    detail: _Detail


class _Stub(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body that Shopify sends if the real one is too large for the bus."""

    id: int


_envelope = msgspec.json.Decoder(_Envelope)
_stub = msgspec.json.Decoder(_Stub)
STUB_BYTES_MAX = 64


def read_eventbridge(received: Received, senders: Mapping[str, Sender]) -> Message | None:
    """The message in an event that a rule sent to the queue, or None if it is for another shop. Raises Unreadable.

    If the metadata has no webhook id, the envelope's id is used: EventBridge's retries repeat it.
    """
    try:
        envelope = _envelope.decode(received.body)
    except UNREADABLE_JSON as error:
        raise Unreadable(f"not an EventBridge envelope: {error}") from None
    headers = {name: value for name, value in envelope.detail.metadata.items() if isinstance(value, str)}
    return _message(headers, bytes(envelope.detail.payload), envelope.id, senders)


def read_pubsub(received: Received, senders: Mapping[str, Sender]) -> Message | None:
    """The message published to the topic, or None if it is for another shop. Raises Unreadable."""
    return _message(received.attributes, received.body, received.message_id, senders)


def reader(read: ReadFrom, shop_domain: str, channels: Iterable[str]) -> Callable[[Received], Message | None]:
    """`read` with the senders of this shop and these channels."""
    senders = senders_of(shop_domain, channels, None, None)
    return lambda received: read(received, senders)


def stub_id(message: Message) -> int | None:
    """The id in the stub of a body that was too large for the bus, or None for a complete body."""
    if message.work_type is not WorkType.SHOP or len(message.body) > STUB_BYTES_MAX:
        return None
    try:
        return _stub.decode(message.body).id
    except UNREADABLE_JSON:
        return None


def _message(
    headers: Mapping[str, str], body: bytes, fallback_id: str, senders: Mapping[str, Sender]
) -> Message | None:
    pairs = {name.lower().encode(): value.encode() for name, value in headers.items()}
    channel = pairs.get(CHANNEL_HEADERS.sender, b"").decode()
    sender = senders.get(channel)
    if sender is None:
        return None
    pairs.setdefault(sender.headers.webhook_id, fallback_id.encode())
    try:
        return read_message(sender, pairs.items(), body, time.time_ns())
    except Refused as refused:
        if refused.status in FOREIGN:
            return None
        raise Unreadable("a header is missing or too long") from None
