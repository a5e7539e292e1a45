"""The double as a gRPC server: method names to handlers, refusals to status codes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from inspect import isawaitable
from typing import Any, Final

import grpc
import grpc.aio
from google.protobuf import empty_pb2
from google.pubsub_v1 import types

from stockstorm.loadtests.backing.pubsub_double.services import Faces
from stockstorm.loadtests.backing.pubsub_double.subscription import Refusal

MESSAGE_MAX_BYTES: Final = 11_000_000  # Pub/Sub takes requests of up to 10 MB
OPTIONS: Final = (("grpc.max_receive_message_length", MESSAGE_MAX_BYTES), ("grpc.so_reuseport", 0))


def make_server(faces: Faces, address: str) -> grpc.aio.Server:
    """Bound to `host:port`, not started. Raises RuntimeError when the port is taken."""
    server = grpc.aio.server(options=OPTIONS)
    for service, methods in _services(faces).items():
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, methods),))
    server.add_insecure_port(address)
    return server


def _services(faces: Faces) -> dict[str, dict[str, Any]]:
    stream = grpc.stream_stream_rpc_method_handler(
        _streaming(faces.streaming_pull),
        types.StreamingPullRequest.pb().FromString,
        types.StreamingPullResponse.pb().SerializeToString,
    )
    nothing = empty_pb2.Empty
    topic, subscription = types.Topic.pb(), types.Subscription.pb()
    return {
        "google.pubsub.v1.Publisher": {
            "CreateTopic": _unary(faces.create_topic, topic, topic),
            "GetTopic": _unary(faces.get_topic, types.GetTopicRequest.pb(), topic),
            "DeleteTopic": _unary(faces.delete_topic, types.DeleteTopicRequest.pb(), nothing),
            "Publish": _unary(faces.publish, types.PublishRequest.pb(), types.PublishResponse.pb()),
        },
        "google.pubsub.v1.Subscriber": {
            "CreateSubscription": _unary(faces.create_subscription, subscription, subscription),
            "GetSubscription": _unary(faces.get_subscription, types.GetSubscriptionRequest.pb(), subscription),
            "DeleteSubscription": _unary(faces.delete_subscription, types.DeleteSubscriptionRequest.pb(), nothing),
            "Acknowledge": _unary(faces.acknowledge, types.AcknowledgeRequest.pb(), nothing),
            "ModifyAckDeadline": _unary(faces.modify_ack_deadline, types.ModifyAckDeadlineRequest.pb(), nothing),
            "Pull": _unary(faces.pull, types.PullRequest.pb(), types.PullResponse.pb()),
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
