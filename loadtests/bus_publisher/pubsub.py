"""Google Pub/Sub: Publish with Shopify's headers as attributes. A call succeeds or fails as a whole."""

import os
from collections.abc import Sequence
from typing import Any, Final

import grpc
from google.api_core.exceptions import DeadlineExceeded, GoogleAPICallError
from google.pubsub_v1 import PublisherAsyncClient, types
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport

from stockstorm.loadtests.bus_publisher.bus import BatchLimits, Delivery, NotAccepted, Wrapped, bus_attributes

ANSWER_WITHIN_S: Final = 5.0
LIMITS: Final = BatchLimits(entries_max=100, bytes_max=9_000_000, calls_max=4)

_Message = types.PubsubMessage.pb()


class PubSub:
    """A topic, on the emulator at PUBSUB_EMULATOR_HOST if that is set, otherwise with Google's default credentials."""

    limits = LIMITS

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._client: Any = None

    def wrap(self, delivery: Delivery) -> Wrapped:
        message = _Message(data=delivery.body, attributes=bus_attributes(delivery.headers))
        return Wrapped(message, message.ByteSize())

    async def publish(self, batch: Sequence[Any]) -> Sequence[str]:
        if self._client is None:
            self._client = _client()
        request = types.PublishRequest.wrap(types.PublishRequest.pb()(topic=self._topic, messages=batch))
        try:
            await self._client.publish(request=request, retry=None, timeout=ANSWER_WITHIN_S)
        except DeadlineExceeded as error:
            raise NotAccepted(504, str(error)) from error
        except GoogleAPICallError as error:
            raise NotAccepted(502, str(error)) from error
        return [""] * len(batch)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.transport.close()


def _client() -> PublisherAsyncClient:
    """Needs the running loop, to which its channel belongs."""
    if host := os.environ.get("PUBSUB_EMULATOR_HOST"):
        return PublisherAsyncClient(transport=PublisherGrpcAsyncIOTransport(channel=grpc.aio.insecure_channel(host)))
    return PublisherAsyncClient()
