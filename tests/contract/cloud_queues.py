"""One interface to the cloud queues for the behaviour suite. Each uses its real client library."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

import msgspec
from google.api_core.exceptions import DeadlineExceeded

from stockstorm.loadtests.backing.cloud.aws import client, make_queue
from stockstorm.loadtests.backing.cloud.aws_backings import open_sqs
from stockstorm.loadtests.backing.cloud.base import CloudBacking, PubSubBacking, QueueRules, SqsBacking
from stockstorm.loadtests.backing.cloud.pubsub import clients, make_pubsub_queue, open_pubsub


class Received(NamedTuple):
    body: str
    handle: str
    attributes: dict[str, str]


class CloudQueue(Protocol):
    """`receive` waits about a second for at least one message."""

    @property
    def backing(self) -> CloudBacking: ...

    def send(self, body: str) -> None: ...

    def receive(self) -> list[Received]: ...

    def receive_dead_letters(self) -> list[Received]: ...

    def lease(self, handle: str, seconds: int) -> None: ...

    def acknowledge(self, handle: str) -> None: ...


class SqsClient:
    """A queue used through boto3."""

    def __init__(self, backing: SqsBacking) -> None:
        self.backing = backing
        self._sqs, self._queue = client("sqs", backing.environment), backing.queue

    def send(self, body: str) -> None:
        self._sqs.send_message(QueueUrl=self._queue.url, MessageBody=body)

    def receive(self) -> list[Received]:
        return self._receive(self._queue.url)

    def receive_dead_letters(self) -> list[Received]:
        return self._receive(self._queue.dead_letter_url)

    def lease(self, handle: str, seconds: int) -> None:
        self._sqs.change_message_visibility(QueueUrl=self._queue.url, ReceiptHandle=handle, VisibilityTimeout=seconds)

    def acknowledge(self, handle: str) -> None:
        self._sqs.delete_message(QueueUrl=self._queue.url, ReceiptHandle=handle)

    def _receive(self, url: str) -> list[Received]:
        answer = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        return [Received(one["Body"], one["ReceiptHandle"], {}) for one in answer.get("Messages", [])]


class PubSubClient:
    """A subscription pulled with google-cloud-pubsub's generated clients."""

    def __init__(self, backing: PubSubBacking, use: Any) -> None:
        self.backing = backing
        self._publisher, self._subscriber, self._queue = use.publisher, use.subscriber, backing.queue

    def send(self, body: str) -> None:
        self._publisher.publish(topic=self._queue.topic, messages=[{"data": body.encode()}])

    def receive(self) -> list[Received]:
        return self._receive(self._queue.subscription)

    def receive_dead_letters(self) -> list[Received]:
        return self._receive(self._queue.dead_letter_subscription)

    def lease(self, handle: str, seconds: int) -> None:
        request = {"subscription": self._queue.subscription, "ack_ids": [handle], "ack_deadline_seconds": seconds}
        self._subscriber.modify_ack_deadline(request=request)

    def acknowledge(self, handle: str) -> None:
        self._subscriber.acknowledge(subscription=self._queue.subscription, ack_ids=[handle])

    def _receive(self, subscription: str) -> list[Received]:
        try:
            answer = self._subscriber.pull(subscription=subscription, max_messages=10, retry=None, timeout=1.0)
        except DeadlineExceeded:
            return []
        return [
            Received(one.message.data.decode(), one.ack_id, dict(one.message.attributes))
            for one in answer.received_messages
        ]


@contextmanager
def open_backing(kind: str, rules: QueueRules) -> Iterator[SqsBacking | PubSubBacking]:
    """`kind`: `fauxqs`, `moto` or `docker-sqs` for SQS, `double` or `docker-pubsub` for Pub/Sub."""
    word = kind.partition("-")[0]
    if kind in ("double", "docker-pubsub"):
        with open_pubsub("20261124-flash_sale-7", word, rules) as pubsub:
            yield pubsub
    else:
        with open_sqs("20261124-flash_sale-7", word, rules) as sqs:
            yield sqs


def empty_queue(backing: SqsBacking | PubSubBacking, rules: QueueRules) -> SqsBacking | PubSubBacking:
    """A new queue in the same emulator."""
    name = f"t{uuid.uuid4().hex}"
    match backing:
        case SqsBacking(environment=environment):
            sqs = make_queue(client("sqs", environment), name, rules)
            return msgspec.structs.replace(backing, queue=sqs)
        case PubSubBacking(environment=environment, queue=given):
            with clients(environment) as use:
                pubsub = make_pubsub_queue(use, given.project, name, rules)
            return msgspec.structs.replace(backing, queue=pubsub)


@contextmanager
def client_of(backing: SqsBacking | PubSubBacking) -> Iterator[CloudQueue]:
    """The queue as an operator uses it."""
    if isinstance(backing, SqsBacking):
        yield SqsClient(backing)
    else:
        with clients(backing.environment) as use:
            yield PubSubClient(backing, use)
