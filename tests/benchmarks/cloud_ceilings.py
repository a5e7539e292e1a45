"""`python -m tests.benchmarks.cloud_ceilings [events]`: the ceilings of emulators (in loadtests/backing/cloud/base.py).

Not a test: figures depend on the machine. One event through is sent alone by one of eight senders and received and
deleted in batches of ten by one of four workers, all at the same time; also sends alone, and receives alone.
"""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
from aiobotocore.session import get_session

from stockstorm.loadtests.backing.cloud.aws_backings import open_eventbridge, open_sqs
from stockstorm.loadtests.backing.cloud.base import EventBridgeBacking, PubSubBacking, PubSubQueue, SqsQueue
from stockstorm.loadtests.backing.cloud.pubsub import open_pubsub
from stockstorm.loadtests.orchestrator.cloud import start_publisher

SENDERS, WORKERS, BATCH = 8, 4, 10
BODY = b'{"padding":"' + b"x" * 2_000 + b'"}'
HEADERS = {"X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": "benchmark"}

Send = Callable[[], Awaitable[object]]
Receive = Callable[[], Awaitable[int]]


async def timed_sends(events: int, send: Send) -> float:
    """Sends a second."""
    left = iter(range(events))

    async def sender() -> None:
        for _ in left:
            await send()

    began = time.perf_counter()
    await asyncio.gather(*(sender() for _ in range(SENDERS)))
    return events / (time.perf_counter() - began)


async def timed_receives(events: int, receive: Receive) -> float:
    """Messages received and deleted, a second. Workers that then still wait for more do not count."""
    got, began, ended = 0, time.perf_counter(), 0.0

    async def worker() -> None:
        nonlocal got, ended
        while got < events:
            found = await receive()  # not `got += await …`, which reads `got` before it waits
            got += found
            if found:
                ended = time.perf_counter()

    await asyncio.gather(*(worker() for _ in range(WORKERS)))
    return events / (ended - began)


async def report(name: str, events: int, send: Send, receive: Receive) -> None:
    """Prints the three figures."""
    sends = await timed_sends(events, send)
    receives = await timed_receives(events, receive)
    _, through = await asyncio.gather(timed_sends(events, send), timed_receives(events, receive))
    print(f"{name}: {sends:,.0f} sends/s, {receives:,.0f} receives/s, {through:,.0f} events/s through", flush=True)


def sqs_receive(sqs: Any, queue: SqsQueue) -> Receive:
    async def receive() -> int:
        answer = await sqs.receive_message(QueueUrl=queue.url, MaxNumberOfMessages=BATCH, WaitTimeSeconds=1)
        found = answer.get("Messages", [])
        entries = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(found)]
        if entries:
            await sqs.delete_message_batch(QueueUrl=queue.url, Entries=entries)
        return len(entries)

    return receive


def pubsub_receive(subscriber: Any, queue: PubSubQueue) -> Receive:
    async def receive() -> int:
        answer = await subscriber.pull(subscription=queue.subscription, max_messages=BATCH)
        ids = [one.ack_id for one in answer.received_messages]
        if ids:
            await subscriber.acknowledge(subscription=queue.subscription, ack_ids=ids)
        return len(ids)

    return receive


def post_to(http: aiohttp.ClientSession, url: str) -> Send:
    async def send() -> None:
        async with http.post(url, data=BODY, headers=HEADERS) as answer:
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {await answer.text()}")

    return send


async def measure_sqs(cloud: str, events: int) -> None:
    with open_sqs("benchmark", cloud) as backing:
        os.environ.update(backing.environment)
        async with get_session().create_client("sqs") as sqs:
            text = BODY.decode()
            send = lambda: sqs.send_message(QueueUrl=backing.queue.url, MessageBody=text)  # noqa: E731 - one call
            await report(f"SQS, {cloud}", events, send, sqs_receive(sqs, backing.queue))


async def measure_bus(name: str, backing: EventBridgeBacking | PubSubBacking, events: int) -> None:
    """Through the publisher, as a run does it."""
    os.environ.update(backing.environment)
    async with AsyncExitStack() as stack:
        publisher = stack.enter_context(start_publisher(backing))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        if isinstance(backing, EventBridgeBacking):
            sqs = await stack.enter_async_context(get_session().create_client("sqs"))
            receive = sqs_receive(sqs, backing.queue)
        else:
            subscriber = _subscriber(backing.environment["PUBSUB_EMULATOR_HOST"])
            stack.push_async_callback(subscriber.transport.close)
            receive = pubsub_receive(subscriber, backing.queue)
        await report(name, events, post_to(http, publisher.url), receive)


def _subscriber(host: str) -> Any:
    import grpc.aio
    from google.pubsub_v1 import SubscriberAsyncClient

    channel = grpc.aio.insecure_channel(host)
    return SubscriberAsyncClient(transport=SubscriberAsyncClient.get_transport_class("grpc_asyncio")(channel=channel))


def main() -> None:
    events = int(sys.argv[1]) if sys.argv[1:] else 2_000
    asyncio.run(measure_sqs("fauxqs", events))
    asyncio.run(measure_sqs("moto", events // 5))
    for cloud, share in (("fauxqs", 1), ("moto", 5)):
        with open_eventbridge("benchmark", cloud) as bus:
            asyncio.run(measure_bus(f"EventBridge by moto to SQS by {cloud}", bus, events // share))
    with open_pubsub("benchmark", "double") as topic:
        asyncio.run(measure_bus("Pub/Sub double", topic, events))


if __name__ == "__main__":
    main()
