"""The HTTP endpoints for Shopify and the marketplaces: check the signature, store the message, answer.

A signature is the base64 HMAC-SHA256 of the raw body. The endpoints are the hot path, so they are plain ASGI apps below
Starlette's routes.
"""

import asyncio
import hashlib
import hmac
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, Protocol

import msgspec
from starlette.types import Message as AsgiMessage
from starlette.types import Receive, Scope, Send

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.domain.timestamps import nanoseconds_or_none
from stockstorm.reference_service.domain.topics import CHANNEL_TOPICS, PRIVACY_TOPICS, SHOPIFY, SHOPIFY_TOPICS, WorkType
from stockstorm.reference_service.queues.base import InboxFull, Message
from stockstorm.reference_service.storage.database import StoreUnavailable

Status = Literal[200, 400, 401, 403, 404, 408, 413, 503]
REASONS: Mapping[Status, bytes] = {
    200: b"ok",
    400: b"a header is missing or too long",
    401: b"the signature does not match the body",
    403: b"unknown shop",
    404: b"unknown channel",
    408: b"the body was not complete in time",
    413: b"the body is too large",
    503: b"not stored, send it again",
}


class Refused(Exception):
    """A request that must not be acknowledged. `status` is the HTTP status of the answer."""

    def __init__(self, status: Status) -> None:
        super().__init__(status)
        self.status = status


class TakesMessages(Protocol):
    """Where accepted webhooks go. They are durable when `put` returns."""

    async def put(self, message: Message) -> None: ...


class Headers(msgspec.Struct, frozen=True):
    """The header names of one kind of sender, in lower case."""

    signature: bytes
    topic: bytes
    webhook_id: bytes
    sender: bytes
    triggered_at: bytes


SHOPIFY_HEADERS = Headers(
    signature=b"x-shopify-hmac-sha256",
    topic=b"x-shopify-topic",
    webhook_id=b"x-shopify-webhook-id",
    sender=b"x-shopify-shop-domain",
    triggered_at=b"x-shopify-triggered-at",
)
CHANNEL_HEADERS = Headers(
    signature=b"x-marketplace-signature",
    topic=b"x-marketplace-topic",
    webhook_id=b"x-marketplace-delivery-id",
    sender=b"x-marketplace-channel",
    triggered_at=b"x-marketplace-triggered-at",
)


class Sender(msgspec.Struct, frozen=True):
    """An accepted sender. `secret` is None if its signatures are not checked, as on a bus.

    `previous` is the secret from before the last rotation. Shopify signs with it for up to an hour.
    """

    source: str
    headers: Headers
    secret: bytes | None
    topics: Mapping[str, WorkType]
    name: str  # the required value of the sender header
    status_if_other: Status  # the answer if it has another value
    previous: bytes | None = None


def shopify_sender(shop_domain: str, secret: bytes | None, previous: bytes | None = None) -> Sender:
    """The served shop."""
    return Sender(SHOPIFY, SHOPIFY_HEADERS, secret, {**SHOPIFY_TOPICS, **PRIVACY_TOPICS}, shop_domain, 403, previous)


def channel_sender(channel: str, secret: bytes | None) -> Sender:
    """One of the served marketplaces."""
    return Sender(channel, CHANNEL_HEADERS, secret, CHANNEL_TOPICS, channel, 400)


def signature_of(secret: bytes, body: bytes) -> bytes:
    """The value of the signature header for these bytes."""
    return b64encode(hmac.digest(secret, body, hashlib.sha256))


def is_genuine(secret: bytes, body: bytes, signature: bytes) -> bool:
    """Whether `signature` (the header's bytes) was made with `secret`. Compares in constant time."""
    return hmac.compare_digest(signature_of(secret, body), signature.strip())


# Whether a signed request is genuine: its sender, the topic of its header ("" if it has none), the body, the signature.
SignatureCheck = Callable[[Sender, str, bytes, bytes], bool]


def check_signature(sender: Sender, topic: str, body: bytes, signature: bytes) -> bool:  # noqa: ARG001 - a SignatureCheck
    """Whether the signature was made with the sender's secret, or with the one before it."""
    if sender.secret is None:
        return True
    current = is_genuine(sender.secret, body, signature)
    return current or (sender.previous is not None and is_genuine(sender.previous, body, signature))


def read_message(
    sender: Sender,
    pairs: Iterable[tuple[bytes, bytes]],
    body: bytes,
    now_ns: int,
    check: SignatureCheck = check_signature,
) -> Message:
    """The message of a valid request. Raises Refused otherwise.

    The signature is checked first, so a sender without the secret learns nothing else. The body is not read: what its
    sender signed and nobody can read becomes a dead letter. If it were refused, it would come again until the
    subscription is removed.
    """
    headers = dict(pairs)
    names = sender.headers
    if not check(sender, headers.get(names.topic, b"").decode("latin-1"), body, headers.get(names.signature, b"")):
        raise Refused(401)
    try:
        topic = headers[names.topic].decode("ascii")
        webhook_id = headers[names.webhook_id].decode("ascii")
        name = headers[names.sender].decode("ascii")
    except (KeyError, UnicodeDecodeError):
        raise Refused(400) from None
    if name != sender.name:
        raise Refused(sender.status_if_other)
    if not 0 < len(webhook_id) <= limits.NAME_CHARS_MAX or not 0 < len(topic) <= limits.NAME_CHARS_MAX:
        raise Refused(400)
    return Message(
        work_type=sender.topics.get(topic, WorkType.IGNORED),
        source=sender.source,
        webhook_id=webhook_id,
        topic=topic,
        triggered_ns=nanoseconds_or_none(headers.get(names.triggered_at, b"").decode("latin-1")),
        received_ns=now_ns,
        body=body,
    )


class WebhookEndpoint:
    """An ASGI app for POSTs of one kind of sender: `endpoint` is "shopify" or "channels".

    `senders`: by the channel in the path, or "" where the path has none.
    """

    def __init__(
        self,
        endpoint: str,
        senders: Mapping[str, Sender],
        inbox: TakesMessages,
        check: SignatureCheck = check_signature,
    ) -> None:
        self._senders = senders
        self._check = check
        self._inbox = inbox
        self._bodies = BodyReader(limits.CHUNKED_BYTES_MAX)
        self._counters = {status: metrics.WEBHOOKS.labels(endpoint, str(status)) for status in REASONS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            status = await self._accept(scope, receive)
        except Refused as refused:
            status = refused.status
        except ConnectionResetError:
            return  # the sender closed the connection before its body was complete
        self._counters[status].inc()
        for part in ANSWERS[status]:
            await send(part)

    async def _accept(self, scope: Scope, receive: Receive) -> Status:
        body = await self._bodies.read(scope, receive)
        sender = self._senders.get(scope.get("path_params", {}).get("channel", ""))
        if sender is None:
            raise Refused(404)
        message = read_message(sender, scope["headers"], body, time.time_ns(), self._check)
        try:
            await self._inbox.put(message)
        except (InboxFull, StoreUnavailable):
            raise Refused(503) from None
        return 200


class BodyReader:
    """Reads request bodies. Chunked ones share `bytes_max`, because their signature cannot be checked yet."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._chunked_bytes = 0

    async def read(self, scope: Scope, receive: Receive) -> bytes:
        """The raw body, as signed.

        Raises Refused(413) once the body exceeds its limit, Refused(408) if it is not complete in time, Refused(503) if
        chunked bodies exceed `bytes_max`, and ConnectionResetError if the connection is closed.
        """
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > limits.BODY_BYTES_MAX:
                raise Refused(413)
        event = await receive()
        if not event.get("more_body") and event["type"] == "http.request":
            return _bounded(event.get("body", b""))
        try:
            async with asyncio.timeout(limits.STORE_TIMEOUT_S):  # only for chunked bodies: a complete one has returned
                return await self._read_parts(event, receive)
        except TimeoutError:
            raise Refused(408) from None

    async def _read_parts(self, event: AsgiMessage, receive: Receive) -> bytes:
        parts: list[bytes] = []
        size = 0
        try:
            while True:
                if event["type"] == "http.disconnect":
                    raise ConnectionResetError
                parts.append(event.get("body", b""))
                size += len(parts[-1])
                self._chunked_bytes += len(parts[-1])
                if size > limits.BODY_BYTES_MAX:
                    raise Refused(413)
                if self._chunked_bytes > self._bytes_max:
                    raise Refused(503)
                if not event.get("more_body"):
                    return b"".join(parts)
                event = await receive()
        finally:
            self._chunked_bytes -= size


def _bounded(body: bytes) -> bytes:
    if len(body) > limits.BODY_BYTES_MAX:
        raise Refused(413)
    return body


def _answer(status: Status) -> tuple[AsgiMessage, AsgiMessage]:
    body = REASONS[status]
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    if status == 503:
        headers.append((b"retry-after", b"1"))
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )


ANSWERS = {status: _answer(status) for status in REASONS}


def senders_of(
    shop_domain: str,
    channels: Iterable[str],
    client_secret: bytes | None,
    channel_secret: bytes | None,
    previous_client_secret: bytes | None = None,
) -> Mapping[str, Sender]:
    """All senders by channel name, the shop as "". A secret of None disables the check of signatures."""
    found = {channel: channel_sender(channel, channel_secret) for channel in channels}
    return {"": shopify_sender(shop_domain, client_secret, previous_client_secret), **found}
