"""The double under Google's own client library, as a subject uses it: streaming pull, nack, flow control."""

import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import pubsub_v1

from stockstorm.loadtests.backing.cloud.base import PubSubBacking
from stockstorm.loadtests.backing.cloud.pubsub import open_pubsub
from stockstorm.loadtests.processes.child import free_port
from tests.running import ROOT

WITHIN_S = 10.0


@pytest.fixture(scope="module")
def backing() -> Iterator[PubSubBacking]:
    with open_pubsub("double", "double") as opened, pytest.MonkeyPatch.context() as patch:
        for name, value in opened.environment.items():
            patch.setenv(name, value)  # the library's hand-written clients read the address only there
        yield opened


@pytest.fixture(scope="module")
def publisher(backing: PubSubBacking) -> Iterator[Any]:
    client = pubsub_v1.PublisherClient()
    yield client
    client.stop()
    client.transport.close()


@pytest.fixture(scope="module")
def subscriber(backing: PubSubBacking) -> Iterator[Any]:
    with pubsub_v1.SubscriberClient() as client:
        yield client


@pytest.fixture
def fresh(publisher: Any, subscriber: Any, request: pytest.FixtureRequest) -> Callable[..., tuple[str, str]]:
    """Makes a topic with a subscription for one test."""

    def make(**options: Any) -> tuple[str, str]:
        name = f"t{abs(hash(request.node.nodeid))}"
        topic, subscription = f"projects/stockstorm/topics/{name}", f"projects/stockstorm/subscriptions/{name}"
        publisher.create_topic(name=topic)
        subscriber.create_subscription(request={"name": subscription, "topic": topic, **options})
        return topic, subscription

    return make


@contextmanager
def listening(subscriber: Any, subscription: str, handle: Callable[[Any], None], **limits: int) -> Iterator[None]:
    """A streaming pull until the block ends."""
    control = pubsub_v1.types.FlowControl(**limits)
    stream = subscriber.subscribe(subscription, handle, flow_control=control)
    try:
        yield
    finally:
        stream.cancel()
        stream.result(timeout=WITHIN_S)


def test_a_streaming_pull_receives_every_message_once_and_acknowledges_it(
    fresh: Callable[..., tuple[str, str]], publisher: Any, subscriber: Any
) -> None:
    topic, subscription = fresh()
    got: queue.Queue[int] = queue.Queue()

    def handle(message: Any) -> None:
        message.ack()
        got.put(int(message.data))

    with listening(subscriber, subscription, handle):
        for future in [publisher.publish(topic, str(number).encode()) for number in range(500)]:
            assert future.result(WITHIN_S)
        assert sorted(got.get(timeout=WITHIN_S) for _ in range(500)) == list(range(500))
    with pytest.raises(exceptions.DeadlineExceeded):
        subscriber.pull(subscription=subscription, max_messages=1, retry=None, timeout=0.5)


def test_a_nack_returns_it_at_once(fresh: Callable[..., tuple[str, str]], publisher: Any, subscriber: Any) -> None:
    topic, subscription = fresh(ack_deadline_seconds=600)
    tries: queue.Queue[Any] = queue.Queue()

    def handle(message: Any) -> None:
        message.nack() if tries.empty() else message.ack()
        tries.put(message.message_id)

    with listening(subscriber, subscription, handle):
        published = publisher.publish(topic, b"a").result(WITHIN_S)
        assert [tries.get(timeout=WITHIN_S), tries.get(timeout=WITHIN_S)][1] == published


def test_a_stream_receives_no_more_than_its_flow_control_allows(
    fresh: Callable[..., tuple[str, str]], publisher: Any, subscriber: Any
) -> None:
    topic, subscription = fresh(ack_deadline_seconds=600)
    held: queue.Queue[Any] = queue.Queue()
    for _ in range(10):
        publisher.publish(topic, b"a").result(WITHIN_S)
    with listening(subscriber, subscription, held.put, max_messages=3):
        first = [held.get(timeout=WITHIN_S) for _ in range(3)]
        time.sleep(0.3)
        assert held.empty()
        assert len(subscriber.pull(subscription=subscription, max_messages=10, timeout=WITHIN_S).received_messages) == 7
        for message in first:
            message.ack()


def test_after_the_ack_deadline_the_message_returns_with_its_attempt_counted(
    fresh: Callable[..., tuple[str, str]], publisher: Any, subscriber: Any, backing: PubSubBacking
) -> None:
    policy = {"dead_letter_topic": backing.queue.dead_letter_topic, "max_delivery_attempts": 5}
    topic, subscription = fresh(dead_letter_policy=policy)
    publisher.publish(topic, b"a").result(WITHIN_S)
    (first,) = subscriber.pull(subscription=subscription, max_messages=1, timeout=WITHIN_S).received_messages
    subscriber.modify_ack_deadline(subscription=subscription, ack_ids=[first.ack_id], ack_deadline_seconds=1)
    began = time.monotonic()
    (again,) = subscriber.pull(subscription=subscription, max_messages=1, timeout=WITHIN_S).received_messages
    assert 0.9 < time.monotonic() - began < 9  # and not the subscription's own 10 s
    assert (first.delivery_attempt, again.delivery_attempt) == (1, 2)
    assert again.message.message_id == first.message.message_id


@pytest.mark.parametrize("option", ["enable_exactly_once_delivery", "enable_message_ordering"])
def test_an_unsupported_option_is_refused(fresh: Callable[..., tuple[str, str]], option: str) -> None:
    with pytest.raises(exceptions.MethodNotImplemented, match=option):
        fresh(**{option: True})


def test_an_unknown_topic_is_not_found(publisher: Any) -> None:
    with pytest.raises(exceptions.NotFound):
        publisher.publish("projects/stockstorm/topics/none", b"a").result(WITHIN_S)


def test_sigterm_stops_the_server_with_exit_code_0() -> None:
    port = free_port("127.0.0.1")
    command = [sys.executable, "-m", "stockstorm.loadtests.backing.pubsub_double", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ})
    try:
        assert process.stdout is not None
        assert f"PUBSUB_EMULATOR_HOST=127.0.0.1:{port}".encode() in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(WITHIN_S) == 0
    finally:
        process.kill()
        process.communicate()
