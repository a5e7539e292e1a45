"""The gRPC methods of the double: google.pubsub.v1.Publisher and .Subscriber over one broker, on one event loop."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from itertools import count
from typing import Any, Final

from google.protobuf import empty_pb2
from google.pubsub_v1 import types

from stockstorm.loadtests.backing.pubsub_double.broker import Broker
from stockstorm.loadtests.backing.pubsub_double.subscription import (
    UNLIMITED,
    Consumer,
    Handout,
    Message,
    Reason,
    Refusal,
    Settings,
    Subscription,
)

PULL_WAIT_S: Final = 5.0  # how long a Pull waits for its first message; Google names no figure
STREAM_ANSWER_MAX: Final = 100
PUBLISH_MAX: Final = 1_000  # messages a request, Google's limit
TICK_S: Final = 0.05
UNSUPPORTED: Final = (
    "push_config",
    "bigquery_config",
    "cloud_storage_config",
    "bigtable_config",
    "retry_policy",
    "filter",
    "enable_message_ordering",
    "enable_exactly_once_delivery",
    "retain_acked_messages",
    "message_transforms",
)

_PublishResponse = types.PublishResponse.pb()
_PullResponse = types.PullResponse.pb()
_StreamingPullResponse = types.StreamingPullResponse.pb()
_ReceivedMessage = types.ReceivedMessage.pb()
_Empty = empty_pb2.Empty


class Services:
    """One method for each gRPC method. It takes the request message and returns the response, or raises Refusal."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._ids = count(broker.first_id)
        self._waiters: defaultdict[str, set[asyncio.Event]] = defaultdict(set)  # by subscription
        self._pullers: defaultdict[str, Consumer] = defaultdict(Consumer)  # unary pulls share one, without limits

    def create_topic(self, request: Any) -> Any:
        self._broker.create_topic(request.name)
        return request

    def delete_topic(self, request: Any) -> Any:
        self._broker.delete_topic(request.topic)
        return _Empty()

    def create_subscription(self, request: Any) -> Any:
        present = {field.name for field, _ in request.ListFields()}
        if unsupported := present.intersection(UNSUPPORTED):
            raise Refusal(Reason.UNIMPLEMENTED, f"the double has no {', '.join(sorted(unsupported))}")
        policy = request.dead_letter_policy
        settings = Settings(
            name=request.name,
            topic=request.topic,
            ack_deadline_s=request.ack_deadline_seconds or 10,
            dead_letter_topic=policy.dead_letter_topic,
            deliveries_max=(policy.max_delivery_attempts or 5) if policy.dead_letter_topic else 0,
        )
        self._broker.create_subscription(settings)
        return _described(settings)

    def get_subscription(self, request: Any) -> Any:
        return _described(self._broker.subscription(request.subscription).settings)

    def delete_subscription(self, request: Any) -> Any:
        self._broker.delete_subscription(request.subscription)
        self._wake([request.subscription])
        return _Empty()

    def publish(self, request: Any) -> Any:
        if not 1 <= len(request.messages) <= PUBLISH_MAX:
            raise Refusal(Reason.INVALID_ARGUMENT, f"1 to {PUBLISH_MAX} messages may be published at once")
        wall_ns = time.time_ns()
        messages = []
        for wire in request.messages:
            if not wire.data and not wire.attributes:
                raise Refusal(Reason.INVALID_ARGUMENT, "a message needs data or attributes")
            wire.message_id = str(next(self._ids))
            wire.publish_time.FromNanoseconds(wall_ns)
            messages.append(Message(wire, wire.ByteSize()))
        self._wake(self._broker.publish(request.topic, messages))
        return _PublishResponse(message_ids=[message.wire.message_id for message in messages])

    def acknowledge(self, request: Any) -> Any:
        self._broker.acknowledge(request.subscription, request.ack_ids)
        self._wake([request.subscription])  # a stream may have room again
        return _Empty()

    def modify_ack_deadline(self, request: Any) -> Any:
        now_ns = time.monotonic_ns()
        deadline_s = request.ack_deadline_seconds
        self._wake(self._broker.modify(request.subscription, request.ack_ids, deadline_s, now_ns))
        return _Empty()

    async def pull(self, request: Any) -> Any:
        if request.max_messages < 1:
            raise Refusal(Reason.INVALID_ARGUMENT, "max_messages must be positive")
        wait_s = 0.0 if request.return_immediately else PULL_WAIT_S
        deadline = time.monotonic() + wait_s
        with _Waiting(self._waiters[request.subscription]) as arrived:
            while True:
                subscription = self._broker.subscription(request.subscription)
                consumer = self._pullers[request.subscription]
                handouts = subscription.take(consumer, request.max_messages, time.monotonic_ns())
                left_s = deadline - time.monotonic()
                if handouts or left_s <= 0:
                    return _PullResponse(received_messages=_received(subscription, handouts))
                await arrived.within(left_s)

    async def streaming_pull(self, requests: AsyncIterator[Any], write: Callable[[Any], Awaitable[None]]) -> None:
        """Sends messages until the client closes its side or cancels, or the subscription is deleted."""
        first = await anext(requests)
        name = first.subscription
        consumer = Consumer(
            ack_deadline_s=self._stream_deadline(first.stream_ack_deadline_seconds),
            messages_max=first.max_outstanding_messages if first.max_outstanding_messages > 0 else UNLIMITED,
            bytes_max=first.max_outstanding_bytes if first.max_outstanding_bytes > 0 else UNLIMITED,
        )
        self._broker.subscription(name)
        with _Waiting(self._waiters[name]) as arrived:
            reader = asyncio.create_task(self._listen(name, consumer, requests))
            reader.add_done_callback(lambda _: arrived.event.set())
            try:
                while not reader.done():
                    subscription = self._broker.subscription(name)
                    handouts = subscription.take(consumer, STREAM_ANSWER_MAX, time.monotonic_ns())
                    if handouts:
                        await write(_StreamingPullResponse(received_messages=_received(subscription, handouts)))
                    else:
                        await arrived.within(None)
                reader.result()  # raises the Refusal of a later request
            finally:
                reader.cancel()

    async def _listen(self, name: str, consumer: Consumer, requests: AsyncIterator[Any]) -> None:
        """Handles requests after the first one. Today's libraries acknowledge by unary calls instead."""
        async for request in requests:
            now_ns = time.monotonic_ns()
            if request.stream_ack_deadline_seconds:
                consumer.ack_deadline_s = self._stream_deadline(request.stream_ack_deadline_seconds)
            self._broker.acknowledge(name, request.ack_ids)
            deadlines = zip(request.modify_deadline_ack_ids, request.modify_deadline_seconds, strict=False)
            for ack_id, deadline_s in deadlines:
                self._wake(self._broker.modify(name, [ack_id], deadline_s, now_ns))
            self._wake([name])

    def _stream_deadline(self, seconds: int) -> int:
        """0 stands for the subscription's own."""
        if seconds:
            self._broker.check_deadline("stream_ack_deadline_seconds", seconds)
        return seconds

    async def keep_deadlines(self) -> None:
        """Ends leases that ran out, for as long as the double runs."""
        while True:
            await asyncio.sleep(TICK_S)
            self._wake(self._broker.expire(time.monotonic_ns()))

    def _wake(self, names: Iterable[str]) -> None:
        for name in names:
            for event in self._waiters[name]:
                event.set()


class _Waiting:
    """One waiter for messages of a subscription, until the block ends."""

    def __init__(self, waiters: set[asyncio.Event]) -> None:
        self._waiters, self.event = waiters, asyncio.Event()

    def __enter__(self) -> "_Waiting":
        self._waiters.add(self.event)
        return self

    def __exit__(self, *_: object) -> None:
        self._waiters.discard(self.event)

    async def within(self, seconds: float | None) -> None:
        """Returns when a message may have arrived since the last call, or after `seconds`."""
        try:
            await asyncio.wait_for(self.event.wait(), seconds)
        except TimeoutError:
            return
        self.event.clear()


def _described(settings: Settings) -> Any:
    described = types.Subscription.pb()(
        name=settings.name,
        topic=settings.topic,
        ack_deadline_seconds=settings.ack_deadline_s,
    )
    if settings.dead_letter_topic:
        described.dead_letter_policy.dead_letter_topic = settings.dead_letter_topic
        described.dead_letter_policy.max_delivery_attempts = settings.deliveries_max
    return described


def _received(subscription: Subscription, handouts: Iterable[Handout]) -> list[Any]:
    """`delivery_attempt` is set only with a dead-letter policy, as Pub/Sub does."""
    counted = subscription.settings.deliveries_max > 0
    return [
        _ReceivedMessage(
            ack_id=handout.ack_id,
            message=handout.message.wire,
            delivery_attempt=handout.attempt if counted else 0,
        )
        for handout in handouts
    ]
