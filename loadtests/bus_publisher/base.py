"""Shopify's way to an event bus, as a process of its own: HTTP in, EventBridge or Pub/Sub out.

`python -m loadtests.bus_publisher eventbridge|pubsub` listens on loopback. The generator posts a delivery as it would
to any webhook receiver, body and X-Shopify-* headers; the publisher wraps it as Shopify does and answers 200 once the
bus has accepted it. The SDKs live here because neither boto3 nor gRPC may run in the generator's gevent process.
Variants of `Bus`, one a file: `eventbridge`, `pubsub`. `face` is the HTTP side, `batching` groups what waits.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec


class Delivery(msgspec.Struct, frozen=True):
    """What was posted: the body's bytes, and the X-Shopify-* or X-Marketplace-* headers by their lower-case names."""

    body: bytes
    headers: Mapping[str, str]


class Wrapped(msgspec.Struct, frozen=True):
    """A delivery as its bus takes it."""

    entry: Any
    size_bytes: int


class BatchLimits(msgspec.Struct, frozen=True):
    """Of one call to the bus, and how many calls may be under way at once."""

    entries_max: int
    bytes_max: int
    calls_max: int


class NotAccepted(Exception):
    """The bus did not take it; `status` is what the poster is answered."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Bus(Protocol):
    """An event bus of a cloud."""

    limits: BatchLimits

    def wrap(self, delivery: Delivery) -> Wrapped:
        """Shopify's envelope. Raises NotAccepted (400) for a body that no bus would take."""

    async def publish(self, batch: Sequence[Any]) -> Sequence[str]:
        """One call; per entry "" or why the bus refused it. Raises NotAccepted when the whole call failed."""

    async def close(self) -> None:
        """Ends its connections."""
