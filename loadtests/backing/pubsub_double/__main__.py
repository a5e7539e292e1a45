"""The double as a gRPC server: `python -m stockstorm.loadtests.backing.pubsub_double [--host H] [--port P]`.

It runs until SIGTERM or SIGINT. A process that starts it as a child should make it end with itself, as
stockstorm.loadtests.processes does.
"""

import argparse
import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from inspect import isawaitable
from pathlib import Path
from typing import Any, Final

import grpc
import grpc.aio
from google.protobuf import empty_pb2
from google.pubsub_v1 import types

from stockstorm.loadtests.backing.pubsub_double.broker import BYTES_MAX, DEADLINE_MIN_S, Broker, restored
from stockstorm.loadtests.backing.pubsub_double.journal import FileJournal, read
from stockstorm.loadtests.backing.pubsub_double.services import Services
from stockstorm.loadtests.backing.pubsub_double.subscription import Refusal

STOP_GRACE_S: Final = 0.5
MESSAGE_MAX_BYTES: Final = 11_000_000  # Pub/Sub takes requests of up to 10 MB
OPTIONS: Final = (("grpc.max_receive_message_length", MESSAGE_MAX_BYTES), ("grpc.so_reuseport", 0))


def _make_server(services: Services, address: str) -> grpc.aio.Server:
    """Bound to `host:port`, not started. Raises RuntimeError when the port is taken."""
    server = grpc.aio.server(options=OPTIONS)
    for service, methods in _handlers(services).items():
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, methods),))
    server.add_insecure_port(address)
    return server


def _handlers(services: Services) -> dict[str, dict[str, Any]]:
    stream = grpc.stream_stream_rpc_method_handler(
        _streaming(services.streaming_pull),
        types.StreamingPullRequest.pb().FromString,
        types.StreamingPullResponse.pb().SerializeToString,
    )
    nothing = empty_pb2.Empty
    topic, subscription = types.Topic.pb(), types.Subscription.pb()
    return {
        "google.pubsub.v1.Publisher": {
            "CreateTopic": _unary(services.create_topic, topic, topic),
            "DeleteTopic": _unary(services.delete_topic, types.DeleteTopicRequest.pb(), nothing),
            "Publish": _unary(services.publish, types.PublishRequest.pb(), types.PublishResponse.pb()),
        },
        "google.pubsub.v1.Subscriber": {
            "CreateSubscription": _unary(services.create_subscription, subscription, subscription),
            "GetSubscription": _unary(services.get_subscription, types.GetSubscriptionRequest.pb(), subscription),
            "DeleteSubscription": _unary(services.delete_subscription, types.DeleteSubscriptionRequest.pb(), nothing),
            "Acknowledge": _unary(services.acknowledge, types.AcknowledgeRequest.pb(), nothing),
            "ModifyAckDeadline": _unary(services.modify_ack_deadline, types.ModifyAckDeadlineRequest.pb(), nothing),
            "Pull": _unary(services.pull, types.PullRequest.pb(), types.PullResponse.pb()),
            "StreamingPull": stream,
        },
    }


def _unary(handle: Callable[[Any], Any | Awaitable[Any]], request_type: Any, answer_type: Any) -> Any:
    async def answer(request: Any, context: Any) -> Any:
        try:
            found = handle(request)
            return await found if isawaitable(found) else found
        except Refusal as refusal:
            await context.abort(grpc.StatusCode[refusal.reason.value], refusal.text)

    return grpc.unary_unary_rpc_method_handler(answer, request_type.FromString, answer_type.SerializeToString)


def _streaming(handle: Callable[[AsyncIterator[Any], Callable[[Any], Awaitable[None]]], Awaitable[None]]) -> Any:
    async def answers(requests: AsyncIterator[Any], context: Any) -> None:
        try:
            await handle(requests, context.write)
        except Refusal as refusal:
            await context.abort(grpc.StatusCode[refusal.reason.value], refusal.text)

    return answers


def make_broker(bytes_max: int, deadline_min_s: int, path: Path | None) -> Broker:
    """A broker that continues the journal at `path`. None: one that forgets."""
    broker = Broker(bytes_max, deadline_min_s)
    if path is not None:
        restored(broker, read(path), types.PubsubMessage.pb().FromString)
        broker.writes_to(FileJournal(path))
    return broker


async def serve(address: str, broker: Broker) -> None:
    """Serves until a signal. Open streams get STOP_GRACE_S to end."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    services = Services(broker)
    server = _make_server(services, address)
    await server.start()
    print(f"Pub/Sub double on {address}; set PUBSUB_EMULATOR_HOST={address}", flush=True)
    expiring = asyncio.create_task(services.keep_deadlines())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({expiring, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await server.stop(STOP_GRACE_S)
    if expiring.done():
        expiring.result()  # it ends only by a defect, which must be visible
    expiring.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m stockstorm.loadtests.backing.pubsub_double", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8085)
    parser.add_argument("--memory-bytes", type=int, default=BYTES_MAX, help="bound on kept messages")
    parser.add_argument("--deadline-min-s", type=int, default=DEADLINE_MIN_S, help="shortest lease; Pub/Sub has 10 s")
    parser.add_argument("--journal", type=Path, help="a file from which it continues after a crash")
    given = parser.parse_args()
    broker = make_broker(given.memory_bytes, given.deadline_min_s, given.journal)
    asyncio.run(serve(f"{given.host}:{given.port}", broker))


if __name__ == "__main__":
    main()
