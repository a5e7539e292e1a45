"""Google Pub/Sub by its generated asyncio clients: batched publishes, one streaming pull, leases by ack deadline.

The client library's own batching publisher and its pull callbacks run in threads of their own; here batches form in the
event loop that serves the requests, and an ack is sent only after a commit. The emulator at PUBSUB_EMULATOR_HOST is
used if that is set, else Google's default credentials.
"""

import asyncio
import math
import os
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from typing import Any

from stockstorm.reference_service import limits
from stockstorm.reference_service.queues.base import Message, to_wire
from stockstorm.reference_service.queues.broker import BrokerGone, Received, SendLimits, Wrapped
from stockstorm.reference_service.settings import BadSettings

EXTRA = "make setup, or pip install -e '.[gcp]' in the clone"
EMULATOR = "PUBSUB_EMULATOR_HOST"
MESSAGE_BYTES_MAX = 10_000_000  # Google's limit on a message and on a request
SETTLE_MAX = 1_000  # ack ids of a call: Google's limit is 512 KiB, and an id may be 200 bytes
CALL_TIMEOUT_S = 10.0


class PubSub:
    """A topic to send to, a subscription to pull from; either may be "" where only the other is used."""

    send_limits = SendLimits(entries_max=100, bytes_max=9_000_000, calls_max=8)

    def __init__(self, publisher: Any, subscriber: Any, topic: str, subscription: str) -> None:
        from google.pubsub_v1 import types  # noqa: PLC0415 - an optional extra

        self._types = types
        self._publisher, self._subscriber = publisher, subscriber
        self._topic, self._subscription = topic, subscription
        self.deliveries_max = 0

    async def check(self) -> None:
        with _explaining():
            found = await self._subscriber.get_subscription(subscription=self._subscription, timeout=CALL_TIMEOUT_S)
        self.deliveries_max = found.dead_letter_policy.max_delivery_attempts
        if self.deliveries_max < 1:
            remedy = "give it a dead-letter policy with a topic and max_delivery_attempts"
            raise BadSettings(f"the Pub/Sub subscription has nowhere to put poison: {remedy}")

    def wrap(self, message: Message) -> Wrapped:
        entry = self._types.PubsubMessage.pb()(data=to_wire(message))
        size_bytes = entry.ByteSize()
        if size_bytes > MESSAGE_BYTES_MAX:
            raise ValueError(f"{size_bytes} bytes are more than Pub/Sub takes")
        return Wrapped(entry, size_bytes)

    async def send(self, batch: Sequence[Any]) -> Sequence[str]:
        raw = self._types.PublishRequest.pb()(topic=self._topic, messages=batch)
        with _explaining():
            await self._publisher.publish(request=self._types.PublishRequest.wrap(raw), timeout=limits.STORE_TIMEOUT_S)
        return [""] * len(batch)  # a call is taken as a whole or not at all

    async def receive(self) -> AsyncIterator[Sequence[Received]]:
        """One stream until the server ends it, which Google does every so often; then it is simply opened again."""
        with _explaining():
            stream = await self._subscriber.streaming_pull(requests=self._requests())
            try:
                async for answer in stream:
                    yield [_received(one) for one in type(answer).pb(answer).received_messages]
            finally:
                stream.cancel()

    async def delete(self, handles: Iterable[str]) -> None:
        for part in _parts(handles):
            with _explaining():
                await self._subscriber.acknowledge(
                    subscription=self._subscription, ack_ids=part, timeout=CALL_TIMEOUT_S
                )

    async def release(self, handles: Iterable[str], delay_s: float) -> None:
        for part in _parts(handles):
            with _explaining():
                await self._subscriber.modify_ack_deadline(
                    subscription=self._subscription,
                    ack_ids=part,
                    ack_deadline_seconds=math.ceil(delay_s),
                    timeout=CALL_TIMEOUT_S,
                )

    async def _requests(self) -> AsyncIterator[Any]:
        """The only thing said on the stream; settlements go by calls of their own."""
        yield self._types.StreamingPullRequest(
            subscription=self._subscription,
            stream_ack_deadline_seconds=limits.LEASE_S,
            max_outstanding_messages=limits.HELD_MAX,
        )
        await asyncio.get_running_loop().create_future()


@asynccontextmanager
async def open_pubsub(topic: str = "", subscription: str = "") -> AsyncIterator[PubSub]:
    """Both names as projects/…/…/…; channels are closed in the end. BadSettings without the extra or credentials."""
    try:
        import grpc  # noqa: PLC0415 - an optional extra
        from google import pubsub_v1  # noqa: PLC0415 - an optional extra
        from google.auth.exceptions import DefaultCredentialsError  # noqa: PLC0415 - an optional extra
    except ImportError as error:  # `google` alone may be there, as a namespace of another package
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
    # Without a dead-letter policy attempts are not told; `check` sees to it that there is one.
    return Received(
        one.ack_id, message.message_id, max(1, one.delivery_attempt), message.data, dict(message.attributes)
    )


def _parts(handles: Iterable[str]) -> Iterator[list[str]]:
    rest = iter(handles)
    while part := list(islice(rest, SETTLE_MAX)):
        yield part


@contextmanager
def _explaining() -> Iterator[None]:
    """Turns the library's errors into ours."""
    import grpc  # noqa: PLC0415 - an optional extra
    from google.api_core.exceptions import GoogleAPIError  # noqa: PLC0415 - an optional extra
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - an optional extra

    try:
        yield
    except (GoogleAPIError, GoogleAuthError, grpc.RpcError, grpc.aio.UsageError) as error:
        raise BrokerGone(f"Google Pub/Sub: {error}") from error
