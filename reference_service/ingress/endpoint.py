"""The HTTP face that Shopify and the marketplaces send to: check who sent it, make it durable, answer, no more.

The two webhook endpoints are plain ASGI apps under Starlette's routes, since they are the hot path.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import msgspec
import structlog
from starlette.types import Message as AsgiMessage
from starlette.types import Receive, Scope, Send

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.timestamps import nanoseconds_or_none
from stockstorm.reference_service.domain.topics import CHANNEL_TOPICS, SHOPIFY, SHOPIFY_TOPICS, WorkType
from stockstorm.reference_service.ingress.signatures import is_genuine
from stockstorm.reference_service.queues.base import (
    Message,
)
from stockstorm.reference_service.queues.group_commit import InboxFull
from stockstorm.reference_service.storage.database import StoreUnavailable
from stockstorm.reference_service.telemetry import metrics

log = structlog.get_logger()
REASONS = {
    200: b"ok",
    400: b"a header is missing or too long, or the body is not JSON",
    401: b"the signature does not fit the body",
    403: b"not a shop of ours",
    404: b"not a channel of ours",
    408: b"the body did not come in time",
    413: b"the body is too large",
    503: b"not stored; send it again",
}


class Refused(Exception):
    """A request that must not be acknowledged; `status` is the HTTP answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class TakesMessages(Protocol):
    """Where accepted webhooks go; returning means that they are durable."""

    async def put(self, message: Message) -> None: ...


class Headers(msgspec.Struct, frozen=True):
    """The names under which one sender puts what we need, in lower case."""

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
    """Somebody whose webhooks we take. `secret` is None where signatures are, by a flaw, not looked at."""

    source: str
    headers: Headers
    secret: bytes | None
    topics: Mapping[str, WorkType]
    name: str  # what the sender header must say
    status_if_stranger: int


def shopify_sender(shop_domain: str, secret: bytes | None) -> Sender:
    """The shop that we serve."""
    return Sender(SHOPIFY, SHOPIFY_HEADERS, secret, SHOPIFY_TOPICS, shop_domain, 403)


def channel_sender(channel: str, secret: bytes | None) -> Sender:
    """One of the marketplaces that we serve."""
    return Sender(channel, CHANNEL_HEADERS, secret, CHANNEL_TOPICS, channel, 400)


def read_message(sender: Sender, pairs: Iterable[tuple[bytes, bytes]], body: bytes, now_ns: int) -> Message:
    """The message of a genuine request; Refused otherwise. The signature comes first: strangers learn nothing else."""
    headers = dict(pairs)
    names = sender.headers
    if sender.secret is not None and not is_genuine(sender.secret, body, headers.get(names.signature, b"")):
        raise Refused(401)
    try:
        topic = headers[names.topic].decode("ascii")
        webhook_id = headers[names.webhook_id].decode("ascii")
        name = headers[names.sender].decode("ascii")
        msgspec.json.decode(body, type=msgspec.Raw)  # checks the grammar and builds nothing
    except (KeyError, UnicodeDecodeError, msgspec.DecodeError):
        raise Refused(400) from None
    if name != sender.name:
        raise Refused(sender.status_if_stranger)
    if not 0 < len(webhook_id) <= limits.NAME_MAX or not 0 < len(topic) <= limits.NAME_MAX:
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
    """An ASGI app for POSTs of one face ("shopify" or "channels"); `senders` by the channel in the path, or ""."""

    def __init__(self, face: str, senders: Mapping[str, Sender], inbox: TakesMessages) -> None:
        self._senders = senders
        self._inbox = inbox
        self._bodies = Bodies(limits.READING_BYTES_MAX)
        self._counters = {status: metrics.WEBHOOKS.labels(face, str(status)) for status in REASONS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            status = await self._take(scope, receive)
        except Refused as refused:
            status = refused.status
        except ConnectionResetError:
            return  # the sender has gone before its body was complete; nobody waits for an answer
        self._counters[status].inc()
        for part in ANSWERS[status]:
            await send(part)

    async def _take(self, scope: Scope, receive: Receive) -> int:
        body = await self._bodies.read(scope, receive)
        sender = self._senders.get(scope.get("path_params", {}).get("channel", ""))
        if sender is None:
            raise Refused(404)
        message = read_message(sender, scope["headers"], body, time.time_ns())
        try:
            await self._inbox.put(message)
        except (InboxFull, StoreUnavailable):
            raise Refused(503) from None
        return 200


class Bodies:
    """Reads bodies, of which those that come in parts hold at most `bytes_max` in all: nobody has signed them yet."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._held = 0

    async def read(self, scope: Scope, receive: Receive) -> bytes:
        """The raw body, as signed. Refused(413) once it is known to exceed the limit, Refused(408) if the rest of it
        does not come, Refused(503) when too much is being read already, ConnectionResetError if cut off."""
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > limits.BODY_BYTES_MAX:
                raise Refused(413)
        event = await receive()
        if not event.get("more_body") and event["type"] == "http.request":
            return _bounded(event.get("body", b""))
        try:
            async with asyncio.timeout(limits.STORE_TIMEOUT_S):  # not on the way of those that are whole at once
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
                self._held += len(parts[-1])
                if size > limits.BODY_BYTES_MAX:
                    raise Refused(413)
                if self._held > self._bytes_max:
                    raise Refused(503)
                if not event.get("more_body"):
                    return b"".join(parts)
                event = await receive()
        finally:
            self._held -= size


def _bounded(body: bytes) -> bytes:
    if len(body) > limits.BODY_BYTES_MAX:
        raise Refused(413)
    return body


def _answer(status: int) -> tuple[AsgiMessage, AsgiMessage]:
    body = REASONS[status]
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    if status == 503:
        headers.append((b"retry-after", b"1"))
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )


ANSWERS = {status: _answer(status) for status in REASONS}


class SlowHandler:
    """The flaw `slow_handler`: every event stands in line for a slow step inside its own request."""

    def __init__(self, inbox: TakesMessages, step_s: float) -> None:
        self._inbox = inbox
        self._step_s = step_s
        self._turn = asyncio.Lock()
        self._in_line = 0

    async def put(self, message: Message) -> None:
        """Returns after its turn; InboxFull at once when too many stand in line."""
        if self._in_line >= limits.WAITING_EVENTS_MAX:
            raise InboxFull
        self._in_line += 1
        try:
            async with self._turn:
                await asyncio.sleep(self._step_s)
                await self._inbox.put(message)
        finally:
            self._in_line -= 1


def senders_of(
    shop_domain: str, channels: Iterable[str], client_secret: Any, channel_secret: Any
) -> Mapping[str, Sender]:
    """All senders by channel name, the shop under ""; a secret of None switches its check off."""
    found = {channel: channel_sender(channel, channel_secret) for channel in channels}
    return {"": shopify_sender(shop_domain, client_secret), **found}
