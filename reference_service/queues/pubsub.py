"""Google Pub/Sub with its generated asyncio clients: batched publishes, one streaming pull, leases by ack deadline.

The library's high-level publisher and subscriber use their own threads. Here batches are made in the event loop that
serves the requests, and an ack is sent only after a commit. If PUBSUB_EMULATOR_HOST is set, that emulator is used;
otherwise Google's default credentials are.
"""

import asyncio
import math
import os
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from typing import Any

from stockstorm.reference_service import limits
from stockstorm.reference_service.queues.base import Message, encode_message
from stockstorm.reference_service.queues.broker import BrokerGone, Received, SendLimits, Wrapped
from stockstorm.reference_service.settings import BadSettings

EXTRA = "pip install 'stockstorm[gcp]' (in a clone: make setup)"
EMULATOR = "PUBSUB_EMULATOR_HOST"
MESSAGE_BYTES_MAX = 10_000_000  # Google's limit per message and per request
SETTLE_MAX = 1_000  # ack ids per call: Google's limit is 512 KiB, and an id can have 200 bytes
CALL_TIMEOUT_S = 10.0


class PubSub:
    """A topic to send to and a subscription to pull from. Either may be "" if only the other is used."""

    send_limits = SendLimits(entries_max=100, bytes_max=9_000_000, calls_max=8)

    def __init__(self, publisher: Any, subscriber: Any, topic: str, subscription: str) -> None:
        from google.pubsub_v1 import types  # noqa: PLC0415 - an optional extra

        self._types = types
        self._publisher, self._subscriber = publisher, subscriber
        self._topic, self._subscription = topic, subscription
        self.deliveries_max = 0

    async def check(self) -> None:
        with _translated_errors():
            found = await self._subscriber.get_subscription(subscription=self._subscription, timeout=CALL_TIMEOUT_S)
        self.deliveries_max = found.dead_letter_policy.max_delivery_attempts
        if self.deliveries_max < 1:
            remedy = "give it a dead-letter policy with a topic and max_delivery_attempts"
            raise BadSettings(f"the Pub/Sub subscription has no dead-letter topic: {remedy}")

    def wrap(self, message: Message) -> Wrapped:
        entry = self._types.PubsubMessage.pb()(data=encode_message(message))
        size_bytes = entry.ByteSize()
        if size_bytes > MESSAGE_BYTES_MAX:
            raise ValueError(f"{size_bytes} bytes exceed the limit of Pub/Sub")
        return Wrapped(entry, size_bytes)

    async def send(self, batch: Sequence[Any]) -> Sequence[str]:
        raw = self._types.PublishRequest.pb()(topic=self._topic, messages=batch)
        with _translated_errors():
            await self._publisher.publish(request=self._types.PublishRequest.wrap(raw), timeout=limits.STORE_TIMEOUT_S)
        return [""] * len(batch)  # a call succeeds or fails as a whole

    async def receive(self) -> AsyncIterator[Sequence[Received]]:
        """One stream until the server ends it, as Google does from time to time. The caller opens the next one."""
        with _translated_errors():
            stream = await self._subscriber.streaming_pull(requests=self._requests())
            try:
                async for answer in stream:
                    yield [_received(one) for one in type(answer).pb(answer).received_messages]
            finally:
                stream.cancel()

    async def delete(self, handles: Iterable[str]) -> None:
        for part in _parts(handles):
            with _translated_errors():
                await self._subscriber.acknowledge(
                    subscription=self._subscription, ack_ids=part, timeout=CALL_TIMEOUT_S
                )

    async def release(self, handles: Iterable[str], delay_s: float) -> None:
        for part in _parts(handles):
            with _translated_errors():
                await self._subscriber.modify_ack_deadline(
                    subscription=self._subscription,
                    ack_ids=part,
                    ack_deadline_seconds=math.ceil(delay_s),
                    timeout=CALL_TIMEOUT_S,
                )

    async def _requests(self) -> AsyncIterator[Any]:
        """The only request on the stream. Settlements use separate calls."""
        yield self._types.StreamingPullRequest(
            subscription=self._subscription,
            stream_ack_deadline_seconds=limits.LEASE_S,
            max_outstanding_messages=limits.PREFETCH_MAX,
        )
        await asyncio.get_running_loop().create_future()


@asynccontextmanager
async def open_pubsub(topic: str = "", subscription: str = "") -> AsyncIterator[PubSub]:
    """Names are projects/…/…/…. Connections are closed at the end.

    Raises BadSettings without the extra or without credentials.
    """
    try:
        import grpc  # noqa: PLC0415 - an optional extra
        from google import pubsub_v1  # noqa: PLC0415 - an optional extra
        from google.auth.exceptions import DefaultCredentialsError  # noqa: PLC0415 - an optional extra
    except ImportError as error:  # `google` alone may exist, as a namespace of another package
        raise BadSettings(f"Google Pub/Sub needs a package that is not installed ({error}); run: {EXTRA}") from None
    host = os.environ.get(EMULATOR)
    make: Any = (lambda kind: _to_emulator(kind, grpc.aio.insecure_channel(host))) if host else (lambda kind: kind())
    try:
        publisher, subscriber = make(pubsub_v1.PublisherAsyncClient), make(pubsub_v1.SubscriberAsyncClient)
    except DefaultCredentialsError as error:
        remedy = "set GOOGLE_APPLICATION_CREDENTIALS"
        raise BadSettings(f"Google Pub/Sub: no credentials were found; {remedy} ({error})") from None
    try:
        yield PubSub(publisher, subscriber, topic, subscription)
    finally:
        await publisher.transport.close()
        await subscriber.transport.close()


def _to_emulator(kind: Any, channel: Any) -> Any:
    return kind(transport=kind.get_transport_class("grpc_asyncio")(channel=channel))


def _received(one: Any) -> Received:
    message = one.message
    # Attempts are counted only with a dead-letter policy, which `check` requires.
    return Received(
        one.ack_id, message.message_id, max(1, one.delivery_attempt), message.data, dict(message.attributes)
    )


def _parts(handles: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(handles)
    while part := list(islice(rest, SETTLE_MAX)):
        yield part


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Raises the library's errors as BrokerGone."""
    import grpc  # noqa: PLC0415 - an optional extra
    from google.api_core.exceptions import GoogleAPIError  # noqa: PLC0415 - an optional extra
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - an optional extra

    try:
        yield
    except (GoogleAPIError, GoogleAuthError, grpc.RpcError, grpc.aio.UsageError) as error:
        raise BrokerGone(f"Google Pub/Sub: {error}") from error
